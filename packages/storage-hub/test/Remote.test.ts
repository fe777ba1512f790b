import { assert, describe, it } from "@effect/vitest"
import * as App from "@wechat/core/App"
import * as Token from "@wechat/core/Token"
import { TokenStore } from "@wechat/core/TokenStore"
import * as Remote from "@wechat/storage-hub/Remote"
import * as Clock from "effect/Clock"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { failure, hub, inTime, json, remote, secret, token, type Outcome } from "./hub.ts"

const account = Token.Access(App.common("wxA"))
const platform = Token.Access(App.component("wxC"))
const client = Token.Access(App.authorizer("wxC", "wxA"))
const ticket = Token.Ticket(App.common("wxA"), "jsapi")

const get = (key: Token.Key) => inTime(TokenStore.use((tokens) => tokens.get(key)))
const renew = (key: Token.Key, stale: Token.Token) => inTime(TokenStore.use((tokens) => tokens.renew(key, stale)))
const valueOf = (token: Token.Token) => Redacted.value(token.value)
const old = Token.issued({ value: Redacted.make("OLD"), now: 0, expiresIn: 7200, margin: 0 })

/** One request to a hub that always answers the same. */
const told = (outcome: Outcome, key = account) => {
  const one = hub(() => outcome)
  return Effect.provide(Effect.flip(get(key)), remote(one))
}

describe("what is asked", () => {
  const requests: ReadonlyArray<readonly [key: Token.Key, read: string, refresh: string, body: string]> = [
    [
      account,
      "GET /client/access_token?appid=wxA",
      "POST /refresh/access_token",
      `{"access_token":"OLD","appid":"wxA"}`
    ],
    [
      client,
      "GET /client/access_token?appid=wxC&authorizer_appid=wxA",
      "POST /refresh/access_token",
      `{"access_token":"OLD","appid":"wxC","authorizer_appid":"wxA"}`
    ],
    [
      platform,
      "GET /client/component_access_token?appid=wxC",
      "POST /client/refresh_component_access_token",
      `{"access_token":"OLD","appid":"wxC"}`
    ]
  ]

  for (const [key, read, refresh, body] of requests) {
    it.effect(`${key.path}: as Elixir clients ask, with the stale token where it was refused`, () => {
      const one = hub(() => token("NEW"))
      return Effect.gen(function* () {
        yield* get(key)
        assert.strictEqual(valueOf(yield* renew(key, old)), "NEW")
        yield* TestClock.adjust("3 hours")
        yield* renew(key, old)
        const [first, second] = one.asked
        assert.strictEqual(first?.line, read.replace(" ", " /with/a/path"))
        assert.strictEqual(second?.line, refresh.replace(" ", " /with/a/path"))
        assert.strictEqual(second?.body, body)
        assert.strictEqual(first?.authorization, `Bearer ${secret}`)
      }).pipe(Effect.provide(remote(one)))
    })
  }

  it.effect("tickets, of an account and of one that has authorized a platform", () => {
    const one = hub(() => json({ ticket: "T", type: null, expires_in: 7200, timestamp: 0 }))
    return Effect.gen(function* () {
      assert.strictEqual(valueOf(yield* get(ticket)), "T")
      yield* get(Token.Ticket(App.authorizer("wxC", "wxA"), "wx_card"))
      assert.deepStrictEqual(
        one.asked.map(({ line }) => line.replace("/with/a/path", "")),
        ["GET /client/ticket?appid=wxA&type=jsapi", "GET /client/ticket?appid=wxC&authorizer_appid=wxA&type=wx_card"]
      )
    }).pipe(Effect.provide(remote(one)))
  })

  it.effect("once for a hundred callers", () => {
    const one = hub(() => token("NEW"))
    return Effect.gen(function* () {
      yield* Effect.all(
        Array.from({ length: 100 }, () => get(account)),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(one.asked.length, 1)
    }).pipe(Effect.provide(remote(one)))
  })
})

describe("how long a token is kept", () => {
  it.effect(
    "an Elixir hub's until a minute before its end, counted from its birth; then it is renewed in the background",
    () => {
      const one = hub((_asked, count) => token(`T${count}`, count === 1 ? 1000 : 8000))
      return Effect.gen(function* () {
        yield* TestClock.setTime(4_000_000)
        assert.strictEqual(valueOf(yield* get(account)), "T1")
        yield* TestClock.setTime(8_139_000)
        yield* get(account)
        assert.strictEqual(one.asked.length, 1)
        yield* TestClock.setTime(8_140_000)
        assert.strictEqual(valueOf(yield* get(account)), "T1")
        yield* TestClock.adjust("1 second")
        assert.strictEqual(valueOf(yield* get(account)), "T2")
      }).pipe(Effect.provide(remote(one)))
    }
  )

  it.effect("a hub that says when it has the next one is asked then, and the old one is good until its end", () => {
    const one = hub((_asked, count) =>
      count === 1 ? json({ access_token: "T1", expires_in: 6930, timestamp: 0, valid_for: 7200 }) : "refused"
    )
    return Effect.gen(function* () {
      yield* get(account)
      yield* TestClock.adjust("6929 seconds")
      yield* get(account)
      assert.strictEqual(one.asked.length, 1)
      yield* TestClock.adjust("2 seconds")
      yield* get(account)
      yield* TestClock.adjust("10 seconds")
      assert.isAbove(one.asked.length, 1)
      yield* TestClock.setTime(7_199_000)
      assert.strictEqual(valueOf(yield* get(account)), "T1")
    }).pipe(Effect.provide(remote(one)))
  })

  it.effect("by the hub's clock, where the two disagree", () => {
    const hour = 3_600_000
    const one = hub((_asked, count) => ({
      ...token(`T${count}`, hour / 1000),
      headers: { "content-type": "application/json", date: new Date(hour).toUTCString() }
    }))
    return Effect.gen(function* () {
      // This process is three hours ahead, so by its own clock the token has run out.
      yield* TestClock.setTime(4 * hour)
      const got = yield* get(account)
      assert.isTrue(got.isFresh((yield* Clock.currentTimeMillis) + 7_000_000))
    }).pipe(Effect.provide(remote(one)))
  })

  it.effect("a life that cannot be is cut to a day", () => {
    const one = hub(() => token("T", 0, Number.MAX_SAFE_INTEGER))
    return Effect.gen(function* () {
      assert.strictEqual((yield* get(account)).expires, 86_400_000)
    }).pipe(Effect.provide(remote(one)))
  })

  it.effect("a token without any life left is used, but the hub is not asked for each call", () => {
    const one = hub(() => token("T", 0, 0))
    return Effect.gen(function* () {
      for (let count = 0; count < 20; count++) assert.strictEqual(valueOf(yield* get(account)), "T")
      assert.strictEqual(one.asked.length, 1)
    }).pipe(Effect.provide(remote(one)))
  })
})

describe("a hub in trouble", () => {
  it.effect("down: a token that is still valid is used, then the failure says that it was the hub", () => {
    let isDown = false
    const one = hub(() => (isDown ? "refused" : token("T", 0)))
    return Effect.gen(function* () {
      yield* get(account)
      isDown = true
      yield* TestClock.setTime(7_199_000)
      assert.strictEqual(valueOf(yield* get(account)), "T")
      yield* TestClock.setTime(7_300_000)
      const error = yield* Effect.flip(get(account))
      assert.strictEqual(error.detail, "the hub at http://hub:4000 is out of reach (ECONNREFUSED)")
      assert.isUndefined(error.errcode)
    }).pipe(Effect.provide(remote(one)))
  })

  it.effect("down for good: six attempts for a caller, and not one for each of a hundred", () => {
    const one = hub(() => "refused")
    return Effect.gen(function* () {
      yield* inTime(
        Effect.all(
          Array.from({ length: 100 }, () => Effect.flip(TokenStore.use((tokens) => tokens.get(account)))),
          { concurrency: "unbounded" }
        )
      )
      assert.strictEqual(one.asked.length, 6)
    }).pipe(Effect.provide(remote(one)))
  })

  it.effect("restarting: the caller waits some seconds and has its token", () => {
    const one = hub((_asked, count) =>
      count === 1
        ? "refused"
        : count === 2
          ? { status: 502, body: "<html>" }
          : count === 3
            ? { status: 500 }
            : token("T")
    )
    return Effect.gen(function* () {
      assert.strictEqual(valueOf(yield* get(account)), "T")
      assert.strictEqual(one.asked.length, 4)
      assert.isBelow(yield* Clock.currentTimeMillis, 6000)
    }).pipe(Effect.provide(remote(one)))
  })

  it.effect("silent: the caller is told within twenty seconds", () => {
    const one = hub(() => "silent")
    return Effect.gen(function* () {
      const error = yield* Effect.flip(get(account))
      assert.include(error.detail, "did not answer within 16s")
      assert.isAtMost(yield* Clock.currentTimeMillis, 20_500)
    }).pipe(Effect.provide(remote(one)))
  })

  it.effect("full: 429 is waited for", () => {
    const one = hub((_asked, count) => (count === 1 ? json(failureBody("too_many_requests"), 429) : token("T")))
    return Effect.map(Effect.provide(get(account), remote(one)), (token) => assert.strictEqual(valueOf(token), "T"))
  })
})

const failureBody = (reason: string) => ({ errcode: null, message: "why", reason, http_status: null })

describe("odd answers", () => {
  const cases: ReadonlyArray<readonly [what: string, outcome: Outcome, key: Token.Key, detail: string]> = [
    ["an error with status 200", failure("invalid_request"), account, "answered HTTP 200 invalid_request"],
    ["WeChat's refusal", failure(null, "invalid appid", 40013), account, "answered HTTP 200 40013 invalid appid"],
    [
      "200 without a token",
      json({ access_token: null, expires_in: null, timestamp: 1 }),
      account,
      "answered without a usable token"
    ],
    [
      "a ticket that is all nulls",
      json({ ticket: null, type: null, expires_in: null, timestamp: null }),
      ticket,
      "answered without a usable token"
    ],
    ["four nulls", failure(null), ticket, "answered HTTP 200 and did not say why"],
    ["500 with nothing", { status: 500 }, account, "failed with HTTP 500"],
    ["200 with nothing", { status: 200 }, account, "gave an empty answer"],
    ["a page", { status: 200, body: "<html>" }, account, "answered with something that is no JSON"],
    [
      "a page that is not there",
      { status: 404, body: "not here" },
      account,
      "answered HTTP 404, which no hub does: check the address"
    ],
    ["another place", { status: 302, headers: { location: "http://elsewhere" } }, account, "answered with a redirect"],
    [
      "a token in the wrong type",
      json({ access_token: 5, expires_in: 7200, timestamp: 0 }),
      account,
      "answered without a usable token"
    ]
  ]

  for (const [what, outcome, key, detail] of cases) {
    it.effect(what, () =>
      Effect.map(told(outcome, key), (error) => assert.include(error.detail, `the hub at http://hub:4000 ${detail}`))
    )
  }

  it.effect("what is missing is known by its word: a secret, a verify ticket, an authorization", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* told(failure("invalid_config"))).missing, "secret")
      assert.strictEqual((yield* told(failure("verify_ticket_not_found"))).missing, "ticket")
      assert.strictEqual((yield* told(failure("invalid_authorizer_appid"))).missing, "authorization")
      assert.strictEqual((yield* told(failure("invalid_component_verify_ticket", "expired", 61005))).errcode, 61005)
    })
  )

  it.effect("a refresh that brings the refused token again is a failure, not a loop", () => {
    const one = hub(() => token("OLD"))
    return Effect.gen(function* () {
      const error = yield* Effect.flip(renew(account, old))
      assert.include(error.detail, "answered with the very token that WeChat refused")
      assert.strictEqual(one.asked.length, 1)
    }).pipe(Effect.provide(remote(one)))
  })

  for (const [what, broken] of [
    ["invalid_request", failure("invalid_request")],
    ["500 with nothing", { status: 500 }]
  ] as const) {
    it.effect(`an Elixir hub cannot refresh a platform's token (${what}), but may have another one`, () => {
      const one = hub(({ line }) => (line.startsWith("POST") ? broken : token("NEW")))
      return Effect.gen(function* () {
        assert.strictEqual(valueOf(yield* renew(platform, old)), "NEW")
        assert.strictEqual(one.asked.length, 2)
      }).pipe(Effect.provide(remote(one)))
    })
  }

  it.effect("and where it has not, the attempts come to an end", () => {
    const one = hub(({ line }) => (line.startsWith("POST") ? { status: 500 } : token("OLD")))
    return Effect.gen(function* () {
      const error = yield* Effect.flip(renew(platform, old))
      assert.include(error.detail, "failed with HTTP 500")
      assert.isAtMost(one.asked.length, 12)
    }).pipe(Effect.provide(remote(one)))
  })
})

describe("configuration", () => {
  it.effect("WECHAT_HUB_URL and WECHAT_HUB_SECRET; an address may hold a secret, which no failure tells", () => {
    const one = hub(() => ({ status: 404 }))
    const env = ConfigProvider.layer(
      ConfigProvider.fromEnvRecord({ WECHAT_HUB_URL: "http://hub:4000/key/a-secret-in-a-path" })
    )
    return Effect.gen(function* () {
      const error = yield* Effect.flip(get(account))
      assert.strictEqual(one.asked[0]?.line, "GET /key/a-secret-in-a-path/client/access_token?appid=wxA")
      assert.isNull(one.asked[0]?.authorization)
      assert.notInclude(JSON.stringify(error) + String(error) + String(error.stack), "a-secret-in-a-path")
    }).pipe(Effect.provide(Remote.layerConfig.pipe(Layer.provide(one.layer), Layer.provide(env))))
  })

  it.effect("an address that is none", () => {
    const one = hub(() => token("T"))
    return Effect.gen(function* () {
      const error = yield* Effect.flip(get(account))
      assert.include(error.detail, "the address is not valid")
      assert.strictEqual(one.asked.length, 0)
    }).pipe(Effect.provide(remote(one, "no address")))
  })
})
