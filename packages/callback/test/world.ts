/** A server with a small table of pushes, and WeChat on the other side. */
import * as Push from "@wechat/callback/Push"
import * as Receiver from "@wechat/callback/Receiver"
import * as Server from "@wechat/callback/Server"
import * as Wire from "@wechat/core/Wire"
import * as WeChatPush from "@wechat/testing/Push"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"

export const appid = "wx00000000000000aa"
export const component = "wx00000000000000cc"
export const authorizer = "wx00000000000000dd"
export const token = "tok"
export const aesKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
export const otherKey = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"

const secret = Redacted.make<string>

export const own = Receiver.account({ appid, token: secret(token), aesKey: secret(aesKey) })
export const plain = Receiver.account({ appid, token: secret(token) })
export const platform = Receiver.platform({ appid: component, token: secret("platform"), aesKey: secret(otherKey) })

interface Text {
  readonly FromUserName: string
  readonly Content: string
}
interface Subscribe {
  readonly FromUserName: string
  readonly EventKey?: string | undefined
}
interface Courier {
  readonly WaybillId: string
}
interface CourierAnswer {
  readonly ResultCode: number
  readonly ResultMsg: string
}

const kind = <A>(match: Push.Match, codec: () => Wire.Codec<A>): Push.Kind<A> => ({ match, codec })

/** A table as the events catalog generates it, but short. */
const table = {
  text: kind<Text>({ MsgType: "text" }, () => Wire.struct({ FromUserName: Wire.text, Content: Wire.text })),
  subscribe: kind<Subscribe>({ Event: "subscribe" }, () =>
    Wire.struct({ FromUserName: Wire.text, EventKey: Wire.maybe(Wire.text) })
  ),
  cancel_waybill: {
    ...kind<Courier>({ Event: "cancel_waybill" }, () => Wire.struct({ WaybillId: Wire.sure(Wire.text) })),
    reply: () => Wire.struct<CourierAnswer>({ ResultCode: Wire.int, ResultMsg: Wire.text })
  }
}

export const { exhaustive, on } = Push.over(table)

/** Starts a server; its `to` stands for its address. */
export const serve = <E, R>(options: Server.Options<E, R>) =>
  Effect.gen(function* () {
    const respond = yield* Server.make(options)
    const run = Effect.runPromiseWith(yield* Effect.context())
    const to = async (request: Request): Promise<Response> => {
      const [, name] = new URL(request.url).pathname.split("/")
      const response = await run(respond(HttpServerRequest.fromWeb(request), name === "" ? undefined : name))
      return HttpServerResponse.toWeb(response)
    }
    return { to, respond }
  })

export const wechat = (to: WeChatPush.Options["to"], options: Partial<WeChatPush.Options> = {}) =>
  WeChatPush.make({ to, appid, token, aesKey, ...options })

const openid = "obLatjgoYejavUtHsWwrX-2GtFJE"

export const envelope = { ToUserName: "gh_3fcea188bf78", FromUserName: openid, CreateTime: 0 }

let last = 7_000_000_000_000_000_000n

export const text = (content: string) => ({
  ...envelope,
  MsgType: "text",
  Content: content,
  MsgId: ++last
})

export const event = (name: string, fields: Readonly<Record<string, unknown>> = {}) => ({
  ...envelope,
  MsgType: "event",
  Event: name,
  ...fields
})

/** Runs an effect while time passes for it, in steps, so that answers arrive in between. */
export const inTime = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect)
    while (fiber.pollUnsafe() === undefined) {
      yield* TestClock.adjust("100 millis")
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    }
    return yield* Fiber.join(fiber)
  })
