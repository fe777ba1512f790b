import { assert, describe, it } from "@effect/vitest"
import * as App from "@wechat/core/App"
import * as Reply from "@wechat/callback/Reply"
import * as Receiver from "@wechat/callback/Receiver"
import type { Push } from "@wechat/callback/Push"
import * as Server from "@wechat/callback/Server"
import { KeyError } from "@wechat/callback/Crypt"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import * as World from "./world.ts"

const { aesKey, appid, authorizer, component, envelope, event, on, own, plain, platform, serve, text, wechat } = World

const echo = on({ text: ({ Content }) => Effect.succeed(Reply.text(`you said ${Content}`)) })

const said = (content: string) => ({
  _tag: "Reply" as const,
  fields: {
    ToUserName: envelope.FromUserName,
    FromUserName: envelope.ToUserName,
    CreateTime: "0",
    MsgType: "text",
    Content: content
  }
})

/** A handler that keeps what it gets. */
const collecting = () => {
  const got: Array<Push> = []
  return { got, handler: (push: Push) => Effect.sync(() => void got.push(push)) }
}

describe("an address", () => {
  it.effect("is verified by its echo", () =>
    Effect.gen(function* () {
      const { to } = yield* serve({ receivers: own, handler: echo })
      assert.isTrue(yield* wechat(to).verify)
      assert.isFalse(yield* wechat(to, { token: "another" }).verify)
    })
  )
})

describe("a push", () => {
  for (const [name, receivers, mode] of [
    ["plain", plain, "plain"],
    ["compatible, with the key", own, "compatible"],
    ["compatible, without the key", plain, "compatible"],
    ["safe", own, "safe"]
  ] as const) {
    it.effect(`${name}: XML and JSON, answered in the same way`, () =>
      Effect.gen(function* () {
        const { to } = yield* serve({ receivers, handler: echo })
        const xml = wechat(to, { mode })
        assert.deepStrictEqual(yield* xml.once(text("你好 😀 ]]>")), said("you said 你好 😀 ]]>"))
        const json = wechat(to, { mode, format: "json", seed: 1 })
        const answer = yield* json.once(text("hi"))
        assert.deepStrictEqual(answer, { _tag: "Reply", fields: { ...said("you said hi").fields, CreateTime: 0 } })
      })
    )
  }

  it.effect("says whom it is for: an account, an account of a platform, the platform itself", () =>
    Effect.gen(function* () {
      const { got, handler } = collecting()
      const { to } = yield* serve({ receivers: [own, platform], handler })
      const other = wechat(to, { appid: component, token: "platform", aesKey: World.otherKey })
      yield* wechat(to).once(text("one"))
      yield* wechat(to).once(text("two"), `/${appid}`)
      yield* other.once(text("three"), `/${authorizer}/callback`)
      yield* other.once({ AppId: component, CreateTime: 1, InfoType: "component_verify_ticket" })
      assert.deepStrictEqual(
        got.map(({ app }) => App.key(app)),
        [`Common:${appid}`, `Common:${appid}`, `Authorizer:${component}:${authorizer}`, `Component:${component}`]
      )
    })
  )

  it.effect("may be encrypted with the former key during a change of keys", () =>
    Effect.gen(function* () {
      const formerAesKey = Redacted.make(aesKey)
      const receivers = Receiver.account({ ...own, aesKey: Redacted.make(World.otherKey), formerAesKey })
      const { to } = yield* serve({ receivers, handler: echo })
      assert.deepStrictEqual(yield* wechat(to).once(text("old")), said("you said old"))
      assert.deepStrictEqual(yield* wechat(to, { aesKey: World.otherKey }).once(text("new")), said("you said new"))
    })
  )

  it.effect("of an event that wants its own answer gets that", () =>
    Effect.gen(function* () {
      const handler = on({ cancel_waybill: ({ WaybillId }) => Effect.succeed({ ResultCode: 0, ResultMsg: WaybillId }) })
      const { to } = yield* serve({ receivers: own, handler })
      const answer = yield* wechat(to, { format: "json" }).once(event("cancel_waybill", { WaybillId: "w1" }))
      assert.deepStrictEqual(answer, { _tag: "Reply", fields: { ResultCode: 0, ResultMsg: "w1" } })
    })
  )

  it.effect("may have anything in the place of a name", () =>
    Effect.gen(function* () {
      const { got, handler } = collecting()
      const { to } = yield* serve({
        receivers: own,
        handler: on({ subscribe: () => Effect.die("no"), unknown: handler })
      })
      const { once } = wechat(to, { format: "json" })
      for (const odd of [{ toString: 1, valueOf: null }, ["a"], null, 7, { toJSON: "x" }]) {
        for (const fields of [
          { Event: odd, MsgType: "event" },
          { MsgType: odd },
          { InfoType: odd },
          { MsgType: "text", MsgId: odd }
        ]) {
          assert.deepStrictEqual(yield* once({ ToUserName: odd, FromUserName: odd, ...fields, CreateTime: odd }), {
            _tag: "Success"
          })
        }
      }
      assert.isAbove(got.length, 15)
    })
  )

  it.effect("of a kind that nobody knows, or that does not fit, goes to `unknown` with all its fields", () =>
    Effect.gen(function* () {
      const { got, handler } = collecting()
      const { to } = yield* serve({
        receivers: own,
        handler: on({ cancel_waybill: () => Effect.die("no"), unknown: handler })
      })
      yield* wechat(to).once(event("of_next_year", { New: { Field: ["1", "2"] } }))
      yield* wechat(to).once(event("cancel_waybill", { NoId: "1" }))
      assert.deepStrictEqual(
        got.map(({ fields }) => [fields["Event"], fields["New"] ?? fields["NoId"]]),
        [
          ["of_next_year", { Field: ["1", "2"] }],
          ["cancel_waybill", "1"]
        ]
      )
    })
  )
})

describe("what is not WeChat's", () => {
  const status = (to: (request: Request) => Promise<Response>, request: Request) =>
    Effect.map(
      Effect.promise(() => to(request)),
      (response) => response.status
    )
  const changed = (request: Request, change: (url: URL) => void, body?: string) =>
    Effect.promise(async () => {
      const url = new URL(request.url)
      change(url)
      return new Request(url, { method: "POST", body: body ?? (await request.clone().text()) })
    })
  const nothing = () => {}

  it.effect("is refused by status, without a word", () =>
    Effect.gen(function* () {
      const { got, handler } = collecting()
      const { to } = yield* serve({ receivers: own, handler, limit: 4096 })
      const request = yield* wechat(to).request(text("hi"))
      const set = (name: string, value: string) => changed(request, (url) => url.searchParams.set(name, value))
      const body = (text: string) => changed(request, nothing, text)
      const refusals: ReadonlyArray<readonly [number, Request]> = [
        [401, yield* set("msg_signature", "0".repeat(40))],
        [401, yield* set("msg_signature", "")],
        [401, yield* set("nonce", "1")],
        [401, yield* set("timestamp", "301")],
        [400, yield* set("timestamp", "")],
        [400, yield* set("timestamp", "1e3")],
        [400, yield* set("nonce", "")],
        [400, yield* body("")],
        [400, yield* body("hello")],
        [400, yield* body("<xml><Encrypt>")],
        [400, yield* body("{}}")],
        [401, yield* body("<xml><Encrypt>x</Encrypt></xml>")],
        [401, yield* body("<xml><MsgType>text</MsgType></xml>")],
        [413, yield* body(`<xml><Encrypt>${"x".repeat(4096)}</Encrypt></xml>`)],
        [405, new Request(request.url, { method: "PUT", body: "x" })],
        [400, new Request(request.url)]
      ]
      for (const [expected, request] of refusals) {
        const response = yield* Effect.promise(() => to(request))
        assert.strictEqual(response.status, expected)
        assert.strictEqual(yield* Effect.promise(() => response.text()), "")
      }
      assert.deepStrictEqual(got, [])
    })
  )

  it.effect("is a push for somebody else, with the right token", () =>
    Effect.gen(function* () {
      const { to } = yield* serve({ receivers: own, handler: echo })
      const other = yield* wechat(to, { appid: "wx00000000000000bb" }).request(text("hi"))
      assert.strictEqual(yield* status(to, other), 401)
    })
  )

  it.effect("is a plain push where pushes are encrypted, unless that is said", () =>
    Effect.gen(function* () {
      const strict = yield* serve({ receivers: own, handler: echo })
      const both = yield* serve({ receivers: Receiver.account({ ...own, plain: true }), handler: echo })
      const push = wechat(strict.to, { mode: "plain" })
      assert.strictEqual(yield* status(strict.to, yield* push.request(text("hi"))), 401)
      assert.strictEqual(yield* status(both.to, yield* push.request(text("hi"))), 200)
    })
  )

  it.effect("is an old push, unless its time does not matter", () =>
    Effect.gen(function* () {
      const strict = yield* serve({ receivers: own, handler: echo })
      const any = yield* serve({ receivers: own, handler: echo, window: false })
      const old = yield* wechat(strict.to).request(text("hi"))
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual(yield* status(strict.to, old.clone()), 200)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* status(strict.to, old.clone()), 401)
      assert.strictEqual(yield* status(any.to, old.clone()), 200)
    })
  )

  it.effect("is what says that it comes from cloud hosting, except in cloud hosting", () =>
    Effect.gen(function* () {
      const { got, handler } = collecting()
      const request = () =>
        new Request("http://callback.invalid/", {
          method: "POST",
          headers: { "x-wx-sources": "wx" },
          body: JSON.stringify(text("hi"), (_, value: unknown) => (typeof value === "bigint" ? String(value) : value))
        })
      const open = yield* serve({ receivers: own, handler })
      assert.strictEqual(yield* status(open.to, request()), 400)
      const hosted = yield* serve({ receivers: Receiver.cloud(appid), handler })
      assert.strictEqual(yield* status(hosted.to, request()), 200)
      assert.strictEqual(got.length, 1)
    })
  )

  it.effect("but the check of a cloud container is answered", () =>
    Effect.gen(function* () {
      const { to } = yield* serve({ receivers: own, handler: echo })
      for (const body of ['{"action":"CheckContainerPath"}', "<xml><action>CheckContainerPath</action></xml>"]) {
        const response = yield* Effect.promise(() =>
          to(new Request("http://callback.invalid/", { method: "POST", body }))
        )
        assert.strictEqual(yield* Effect.promise(() => response.text()), "success")
      }
    })
  )
})

describe("mistakes in the settings", () => {
  const failing = (settings: Partial<Receiver.Receiver>) =>
    Effect.map(Effect.flip(serve({ receivers: { ...own, ...settings }, handler: echo })), ({ message }) => message)
  const key = Redacted.make<string>

  it.effect("are told without the secret", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* failing({ aesKey: key(aesKey.slice(1)) }),
        `${appid}: the EncodingAESKey has 42 characters, and must have 43`
      )
      assert.match(yield* failing({ aesKey: key(`${aesKey.slice(0, 41)}-_`) }), /the first at position 42/)
      assert.match(yield* failing({ aesKey: key(`${aesKey} `) }), /white space/)
      assert.match(yield* failing({ formerAesKey: key("") }), /the former EncodingAESKey has 0 characters/)
      assert.match(yield* failing({ token: key("") }), /the token must be/)
    })
  )

  it.effect("come up when the layer is built", () =>
    Effect.gen(function* () {
      const layer = Server.layer("/wechat", { receivers: { ...own, aesKey: key("short") }, handler: echo })
      const error = yield* Effect.flip(Effect.scoped(Layer.build(Layer.provide(layer, HttpRouter.layer))))
      assert.instanceOf(error, KeyError)
    })
  )

  it.effect("or are missing from the environment by name", () =>
    Effect.gen(function* () {
      const env = { WECHAT_APPID: appid, WECHAT_PUSH_TOKEN: "tok", WECHAT_PUSH_AES_KEY: aesKey }
      const provided = (env: Record<string, string>) =>
        Effect.provide(
          Effect.suspend(() => Receiver.config),
          ConfigProvider.layer(ConfigProvider.fromUnknown(env))
        )
      const receiver = yield* provided(env)
      assert.deepInclude(receiver, { appid, kind: "account", plain: false })
      assert.notInclude(JSON.stringify(receiver), aesKey)
      assert.match(String(yield* Effect.flip(provided({ WECHAT_APPID: appid }))), /WECHAT_PUSH_TOKEN/)
    })
  )
})

describe("where it is mounted", () => {
  class Greeting extends Context.Service<Greeting, { readonly text: string }>()("test/Greeting") {}
  const greeting = Layer.succeed(Greeting, { text: "hello" })
  const handler = on({ text: () => Greeting.use((greeting) => Effect.succeed(Reply.text(greeting.text))) })
  const receivers = [plain, platform]

  it.live("a router serves the address, with and without an appid", () =>
    Effect.gen(function* () {
      const layer = Server.layer("/wechat", { receivers, handler }).pipe(
        Layer.provide(greeting),
        Layer.provide(HttpServer.layerServices)
      )
      const { dispose, handler: to } = HttpRouter.toWebHandler(layer, { disableLogger: true })
      for (const path of ["/wechat", `/wechat/${appid}`, `/wechat/${appid}/callback`]) {
        const answer = yield* wechat(to, { mode: "plain", seed: path.length }).once(text("hi"), path)
        assert.deepInclude(answer, { _tag: "Reply" })
      }
      const platforms = wechat(to, { appid: component, token: "platform", aesKey: World.otherKey })
      assert.deepInclude(yield* platforms.once(text("hi"), `/wechat/${authorizer}/callback`), { _tag: "Reply" })
      yield* Effect.promise(dispose)
    })
  )

  it.live("a plain function does the same, and lets slow handlers finish", () =>
    Effect.gen(function* () {
      const done: Array<string> = []
      const slow = () => Effect.delay(Effect.sync(() => done.push("slow")).pipe(Effect.asVoid), "30 millis")
      const { dispose, fetch } = Server.toWeb("/wechat", { receivers: plain, handler: slow, patience: 5 }, greeting)
      const works: Array<Promise<unknown>> = []
      const to = (request: Request) => fetch(request, { waitUntil: (work) => works.push(work) })
      assert.deepStrictEqual(yield* wechat(to, { mode: "plain" }).once(text("hi"), "/wechat"), { _tag: "Success" })
      assert.deepStrictEqual(done, [])
      yield* Effect.promise(() => Promise.all(works))
      assert.deepStrictEqual(done, ["slow"])
      assert.strictEqual((yield* Effect.promise(() => fetch(new Request("http://x/elsewhere")))).status, 404)
      yield* Effect.promise(dispose)
    })
  )
})
