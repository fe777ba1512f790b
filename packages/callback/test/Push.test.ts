import { assert, describe, it } from "@effect/vitest"
import * as Push from "@wechat/callback/Push"
import type { Handler } from "@wechat/callback/Push"
import * as Reply from "@wechat/callback/Reply"
import * as App from "@wechat/core/App"
import { WeChat } from "@wechat/core/WeChat"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { appid, event, exhaustive, on, text } from "./world.ts"

class Database extends Context.Service<Database, { readonly name: string }>()("test/Database") {}

const push = (fields: Readonly<Record<string, unknown>>) => ({ app: App.common(appid), format: "xml" as const, fields })

describe("Push.on", () => {
  it.effect("calls the handler that fits, with a typed message and the push as it came", () =>
    Effect.gen(function* () {
      const handler = on({
        text: ({ Content, FromUserName }, { app }) =>
          Effect.succeed(Reply.text(`${FromUserName} to ${app._tag}: ${Content}`)),
        subscribe: ({ EventKey = "no scene" }) => Effect.succeed(Reply.text(EventKey))
      })
      const { FromUserName } = text("hi")
      assert.deepStrictEqual(yield* handler(push(text("hi"))), Reply.text(`${FromUserName} to Common: hi`))
      assert.deepStrictEqual(yield* handler(push(event("subscribe"))), Reply.text("no scene"))
      assert.isUndefined(yield* handler(push(event("VIEW"))))
    })
  )

  it.effect("addresses an answer body back to the sender, where the courier's pages ask for that", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_700_000_000_000)
      const handler = Push.on({ cancel_auth_account: () => Effect.succeed({ resultcode: 0, resultmsg: "ok" }) })
      const answer = yield* handler(push({ ...event("cancel_auth_account"), shopid: "s", wx_appid: "wx1" }))
      const { FromUserName, ToUserName } = event("cancel_auth_account")
      assert.deepStrictEqual(answer, {
        _tag: "Body",
        fields: {
          ToUserName: FromUserName,
          FromUserName: ToUserName,
          CreateTime: "1700000000",
          MsgType: "event",
          Event: "cancel_auth_account",
          resultcode: "0",
          resultmsg: "ok"
        }
      })
    })
  )

  it("knows failures and services of all handlers", () => {
    const handler = on({
      text: () => Effect.fail("no text" as const),
      subscribe: () => Effect.as(Database, Reply.text("welcome")),
      unknown: () => Effect.fail(404 as const)
    })
    const typed: Handler<"no text" | 404, Database> = handler
    // @ts-expect-error -- it needs the database
    const free: Handler<"no text" | 404> = handler
    // @ts-expect-error -- it fails
    const safe: Handler<never, Database> = handler
    assert.strictEqual(typed, free)
    assert.strictEqual(typed, safe)
  })

  it("takes neither names that the table does not have, nor answers that a kind does not want", () => {
    // @ts-expect-error -- a spelling mistake
    on({ subscirbe: () => Effect.void })
    // @ts-expect-error -- a message has no field of this name
    on({ text: ({ Contnet }) => Effect.succeed(Reply.text(Contnet)) })
    // @ts-expect-error -- the courier's own answer is wanted
    on({ cancel_waybill: () => Effect.succeed(Reply.text("yes")) })
    on({ cancel_waybill: () => Effect.succeed({ ResultCode: 0, ResultMsg: "ok" }) })
    // @ts-expect-error -- two are missing
    exhaustive({ text: () => Effect.void })
    exhaustive({ text: () => Effect.void, subscribe: () => Effect.void, cancel_waybill: () => Effect.void })
  })
})

describe("a late reply", () => {
  const sent = (reply: Reply.Reply) =>
    Effect.gen(function* () {
      const calls: Array<unknown> = []
      const client: WeChat["Service"] = {
        app: App.common("wxother"),
        call: () => Effect.die("unused"),
        download: () => Effect.die("unused"),
        request: ({ body, path }) => Effect.sync(() => void calls.push({ path, body })),
        as: (app) => ({ ...client, app })
      }
      yield* Effect.provideService(Reply.send(reply, push(text("hi"))), WeChat, client)
      return calls.map((call) => (call as { readonly body: Readonly<Record<string, unknown>> }).body)
    })
  const touser = text("hi").FromUserName

  it.effect("is the same message in the customer service API's words", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* sent(Reply.text("hi")), [{ touser, msgtype: "text", text: { content: "hi" } }])
      assert.deepStrictEqual(yield* sent(Reply.image("m1")), [{ touser, msgtype: "image", image: { media_id: "m1" } }])
      assert.deepStrictEqual(yield* sent(Reply.voice("m1")), [{ touser, msgtype: "voice", voice: { media_id: "m1" } }])
      const [video] = yield* sent(Reply.video({ mediaId: "m1", title: "t" }))
      assert.deepInclude(video?.["video"], { media_id: "m1", title: "t" })
      const [music] = yield* sent(Reply.music({ thumbMediaId: "m1", url: "http://music" }))
      assert.deepInclude(music?.["music"], {
        thumb_media_id: "m1",
        musicurl: "http://music",
        hqmusicurl: "http://music"
      })
      const [news] = yield* sent(Reply.news({ title: "t", url: "http://news" }))
      assert.deepStrictEqual(news?.["news"], {
        articles: [{ title: "t", description: "", picurl: "", url: "http://news" }]
      })
    })
  )

  it.effect("is dropped where that API has no such message", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* sent(Reply.transfer()), [])
      assert.deepStrictEqual(yield* sent(Reply.paid), [])
    })
  )
})
