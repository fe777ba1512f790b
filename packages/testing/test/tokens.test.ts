import { assert, describe, it } from "@effect/vitest"
import { Simulator } from "@wechat/testing"
import { appid, secret } from "@wechat/testing/Simulator"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { get, plain, post, stable } from "./ask.ts"

/** The code with which WeChat answers a call that shows a token: 0 where it takes it. */
const codeOf = (token: string) =>
  Effect.map(get("/cgi-bin/ticket/getticket", { access_token: token, type: "jsapi" }), (answer) => answer.errcode)

const world = Simulator.layer()

describe("a plain token", () => {
  it.effect("lives for two hours", () =>
    Effect.gen(function* () {
      const { access_token, expires_in } = yield* plain()
      assert.strictEqual(expires_in, 7200)
      yield* TestClock.adjust("7199 seconds")
      assert.strictEqual(yield* codeOf(access_token), 0)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* codeOf(access_token), 42001)
    }).pipe(Effect.provide(world))
  )

  it.effect("voids the one before it after five minutes", () =>
    Effect.gen(function* () {
      const first = yield* plain()
      const second = yield* plain()
      assert.notStrictEqual(first.access_token, second.access_token)
      yield* TestClock.adjust("299 seconds")
      assert.strictEqual(yield* codeOf(first.access_token), 0)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* codeOf(first.access_token), 40001)
      assert.strictEqual(yield* codeOf(second.access_token), 0)
    }).pipe(Effect.provide(world))
  )

  it.effect("voids at once the one before the last", () =>
    Effect.gen(function* () {
      const first = yield* plain()
      yield* plain()
      yield* plain()
      assert.strictEqual(yield* codeOf(first.access_token), 40001)
    }).pipe(Effect.provide(world))
  )

  it.effect("is issued 2,000 times a day, which begins at midnight in Beijing", () =>
    Effect.gen(function* () {
      yield* Effect.forEach(Array.from({ length: 2000 }), () => plain(), { discard: true })
      assert.strictEqual((yield* plain()).errcode, 45009)
      yield* TestClock.adjust("16 hours")
      assert.isString((yield* plain()).access_token)
    }).pipe(Effect.provide(world))
  )
})

describe("a stable token", () => {
  it.effect("comes back until five minutes before its end, with the seconds that are left", () =>
    Effect.gen(function* () {
      const first = yield* stable()
      yield* TestClock.adjust("6900 seconds")
      assert.deepStrictEqual(yield* stable(), { access_token: first.access_token, expires_in: 300 })
    }).pipe(Effect.provide(world))
  )

  it.effect("is replaced in its last five minutes, during which both work", () =>
    Effect.gen(function* () {
      const first = yield* stable()
      yield* TestClock.adjust("6901 seconds")
      const second = yield* stable()
      assert.notStrictEqual(first.access_token, second.access_token)
      assert.strictEqual(second.expires_in, 7200)
      assert.deepStrictEqual([yield* codeOf(first.access_token), yield* codeOf(second.access_token)], [0, 0])
      yield* TestClock.adjust("299 seconds")
      assert.strictEqual(yield* codeOf(first.access_token), 42001)
    }).pipe(Effect.provide(world))
  )

  it.effect("is void at once when a refresh is forced", () =>
    Effect.gen(function* () {
      const first = yield* stable()
      const second = yield* stable({ force_refresh: true })
      assert.deepStrictEqual([yield* codeOf(first.access_token), yield* codeOf(second.access_token)], [40001, 0])
    }).pipe(Effect.provide(world))
  )

  it.effect("stays when a refresh is forced within 30 seconds of another", () =>
    Effect.gen(function* () {
      const first = yield* stable({ force_refresh: true })
      yield* TestClock.adjust("29 seconds")
      assert.strictEqual((yield* stable({ force_refresh: true })).access_token, first.access_token)
      yield* TestClock.adjust("1 second")
      assert.notStrictEqual((yield* stable({ force_refresh: true })).access_token, first.access_token)
    }).pipe(Effect.provide(world))
  )

  it.effect("can be forced 20 times a day", () =>
    Effect.gen(function* () {
      const forced = yield* Effect.forEach(Array.from({ length: 21 }), () =>
        Effect.andThen(TestClock.adjust("30 seconds"), stable({ force_refresh: true }))
      )
      assert.strictEqual(new Set(forced.map((answer) => answer.access_token)).size, 21)
      assert.strictEqual(forced.at(-1)?.errcode, 45009)
    }).pipe(Effect.provide(world))
  )

  it.effect("and a plain token do not touch each other", () =>
    Effect.gen(function* () {
      const one = yield* stable()
      const other = yield* plain()
      yield* stable({ force_refresh: true })
      assert.strictEqual(yield* codeOf(other.access_token), 0)
      const again = yield* stable()
      yield* plain()
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual([yield* codeOf(again.access_token), yield* codeOf(one.access_token)], [0, 40001])
    }).pipe(Effect.provide(world))
  )
})

describe("whoever asks for a token", () => {
  const refusals: ReadonlyArray<readonly [string, Record<string, unknown>, number]> = [
    ["without a grant type", { grant_type: undefined }, 40002],
    ["with another grant type", { grant_type: "password" }, 40002],
    ["without an appid", { appid: undefined }, 41002],
    ["without a secret", { secret: "" }, 41004],
    ["with an unknown appid", { appid: "wx0000000000000000" }, 40013],
    ["with a wrong secret", { secret: "wrong" }, 40125],
    ["as a third-party platform", { appid: "wxplatform" }, 61024]
  ]
  for (const [how, options, errcode] of refusals) {
    it.effect(`${how} gets ${errcode}`, () =>
      Effect.gen(function* () {
        const refused = yield* stable(options)
        assert.strictEqual(refused.errcode, errcode)
        assert.match(refused.errmsg, / rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$/)
      }).pipe(Effect.provide(world))
    )
  }

  it.effect("by the wrong method gets 43001 or 43002", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* post("/cgi-bin/token", {}, {})).errcode, 43001)
      assert.strictEqual((yield* get("/cgi-bin/stable_token")).errcode, 43002)
    }).pipe(Effect.provide(world))
  )

  it.effect("with the old secret gets 40125 as soon as it is reset, and tokens stay", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const { access_token } = yield* stable()
      yield* simulator.resetSecret(appid, "new")
      assert.strictEqual((yield* stable()).errcode, 40125)
      assert.strictEqual((yield* stable({ secret: "new" })).access_token, access_token)
      assert.strictEqual(yield* codeOf(access_token), 0)
    }).pipe(Effect.provide(world))
  )
})

describe("a call", () => {
  it.effect("needs a token that WeChat has issued", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* get("/cgi-bin/ticket/getticket", { type: "jsapi" })).errcode, 41001)
      assert.strictEqual(yield* codeOf("not a token"), 40014)
      assert.strictEqual(yield* codeOf("42_neverIssuedNeverIssuedNeverIssued"), 40001)
    }).pipe(Effect.provide(world))
  )

  it.effect("is refused when somebody else has replaced its token", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const { access_token } = yield* stable()
      yield* simulator.revoke(appid)
      assert.strictEqual(yield* codeOf(access_token), 40001)
      assert.strictEqual(yield* codeOf((yield* stable()).access_token), 0)
    }).pipe(Effect.provide(world))
  )

  it.effect("is refused until a refresh is forced when WeChat sticks to a void token", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const { access_token } = yield* stable()
      yield* simulator.revoke(appid, { stuck: true })
      assert.strictEqual((yield* stable()).access_token, access_token)
      assert.strictEqual(yield* codeOf(access_token), 40001)
      assert.strictEqual(yield* codeOf((yield* stable({ force_refresh: true })).access_token), 0)
    }).pipe(Effect.provide(world))
  )
})

describe("a ticket", () => {
  it.effect("lives for two hours, one for each purpose", () =>
    Effect.gen(function* () {
      const { access_token } = yield* stable()
      const ask = (type: string) => get("/cgi-bin/ticket/getticket", { access_token, type })
      const [jsapi, card] = [yield* ask("jsapi"), yield* ask("wx_card")]
      assert.deepInclude(jsapi, { errcode: 0, errmsg: "ok", expires_in: 7200 })
      assert.notStrictEqual(jsapi.ticket, card.ticket)
      assert.strictEqual((yield* ask("jsapi")).ticket, jsapi.ticket)
      assert.strictEqual((yield* ask("other")).errcode, 40097)
    }).pipe(Effect.provide(world))
  )

  it.effect("is no token", () =>
    Effect.gen(function* () {
      const { access_token } = yield* stable()
      const { ticket } = yield* get("/cgi-bin/ticket/getticket", { access_token, type: "jsapi" })
      assert.strictEqual(yield* codeOf(ticket), 40001)
    }).pipe(Effect.provide(world))
  )
})

describe("the counters", () => {
  it.effect("are cleared ten times a month", () =>
    Effect.gen(function* () {
      const clear = post("/cgi-bin/clear_quota/v2", {}, { appid, appsecret: secret })
      const answers = yield* Effect.forEach(Array.from({ length: 11 }), () => clear)
      assert.deepStrictEqual(
        answers.map((answer) => answer.errcode),
        [...Array.from({ length: 10 }, () => 0), 48006]
      )
    }).pipe(Effect.provide(world))
  )

  it.effect("count what was issued, not what was asked for", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* stable()
      yield* stable()
      yield* plain()
      assert.strictEqual(yield* simulator.mints(appid, "stable"), 1)
      assert.strictEqual(yield* simulator.mints(appid), 2)
      assert.strictEqual(yield* simulator.count("/cgi-bin/stable_token"), 2)
    }).pipe(Effect.provide(world))
  )
})
