import { assert, describe, it } from "@effect/vitest"
import * as App from "@wechat/core/App"
import { Credentials } from "@wechat/core/Credentials"
import type { NoToken } from "@wechat/core/Error"
import { Mint } from "@wechat/core/Mint"
import * as Token from "@wechat/core/Token"
import { TokenStore } from "@wechat/core/TokenStore"
import { Vault } from "@wechat/core/Vault"
import * as Memory from "@wechat/storage-memory/Memory"
import { Simulator } from "@wechat/testing"
import { appid, authorizer, component, componentSecret, secret } from "@wechat/testing/Simulator"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"

const account = Token.Access(App.common(appid))
const platform = Token.Access(App.component(component))
const client = Token.Access(App.authorizer(component, authorizer))

const credentials = (token: "stable" | "plain" = "stable") =>
  Credentials.layer({
    [appid]: { secret: Redacted.make(secret), token },
    [component]: { secret: Redacted.make(componentSecret) },
    wxwrong: { secret: Redacted.make("wrong") }
  })

/** One process: tokens in memory over the simulator. */
const process = (token?: "stable" | "plain") =>
  Memory.layer.pipe(Layer.provide(credentials(token)), Layer.provideMerge(Simulator.layer()))

const valueOf = (token: Token.Token): string => Redacted.value(token.value)
const get = (key: Token.Key) => TokenStore.use((tokens) => tokens.get(key))
const renew = (key: Token.Key, stale: Token.Token) => TokenStore.use((tokens) => tokens.renew(key, stale))
const mints = (appid: string) => Simulator.use((simulator) => simulator.mints(appid))
const requests = (path: string) => Simulator.use((simulator) => simulator.count(path))
const stable = "/cgi-bin/stable_token"

/** Runs an effect while time passes for it, in steps, so that answers arrive in between. */
const inTime = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect)
    while (fiber.pollUnsafe() === undefined) yield* TestClock.adjust("100 millis")
    return yield* Fiber.join(fiber)
  })

const refused = (effect: Effect.Effect<Token.Token, NoToken, TokenStore>) => inTime(Effect.flip(effect))

describe("an account of one's own", () => {
  it.effect("100 callers, cold: one request", () =>
    Effect.gen(function* () {
      const all = yield* inTime(
        Effect.all(
          Array.from({ length: 100 }, () => get(account)),
          { concurrency: "unbounded" }
        )
      )
      assert.strictEqual(new Set(all.map(valueOf)).size, 1)
      assert.strictEqual(yield* requests(stable), 1)
    }).pipe(Effect.provide(process()))
  )

  it.effect("four and a half minutes before the end the next one is fetched behind the callers' backs", () =>
    Effect.gen(function* () {
      const first = yield* inTime(get(account))
      yield* TestClock.adjust("7000 seconds")
      assert.isTrue((yield* get(account)).same(first))
      yield* TestClock.adjust("1 second")
      const second = yield* get(account)
      assert.isFalse(second.same(first))
      assert.strictEqual(yield* requests(stable), 2)
    }).pipe(Effect.provide(process()))
  )

  it.effect("a token that another process has voided is replaced by asking once, without force", () =>
    Effect.gen(function* () {
      const stale = yield* inTime(get(account))
      yield* Simulator.use((simulator) => simulator.revoke(appid))
      const all = yield* inTime(
        Effect.all(
          Array.from({ length: 100 }, () => renew(account, stale)),
          { concurrency: "unbounded" }
        )
      )
      assert.strictEqual(new Set(all.map(valueOf)).size, 1)
      assert.isFalse(all[0]?.same(stale))
      assert.strictEqual(yield* requests(stable), 2)
    }).pipe(Effect.provide(process()))
  )

  it.effect("a refused token that comes back is forced, but not twice within thirty seconds", () =>
    Effect.gen(function* () {
      const stuck = Simulator.use((simulator) => simulator.revoke(appid, { stuck: true }))
      const first = yield* inTime(get(account))
      yield* stuck
      const second = yield* inTime(renew(account, first))
      assert.isFalse(second.same(first))
      yield* stuck
      assert.include(
        (yield* refused(renew(account, second))).detail,
        "takes no forced refresh now (1 of 20 today, 30 s apart)"
      )
      yield* TestClock.adjust("30 seconds")
      assert.isFalse((yield* inTime(renew(account, second))).same(second))
    }).pipe(Effect.provide(process()))
  )

  it.effect("nor more than twenty times a day", () =>
    Effect.gen(function* () {
      const stuck = Simulator.use((simulator) => simulator.revoke(appid, { stuck: true }))
      let token = yield* inTime(get(account))
      for (let time = 1; time <= 20; time++) {
        yield* stuck
        token = yield* inTime(renew(account, token))
        yield* TestClock.adjust("1 minute")
      }
      yield* stuck
      assert.include((yield* refused(renew(account, token))).detail, "(20 of 20 today")
      yield* TestClock.adjust("1 day")
      yield* inTime(renew(account, token))
    }).pipe(Effect.provide(process()))
  )

  it.effect("plain tokens where the account says so: each new one voids the last", () =>
    Effect.gen(function* () {
      const stale = yield* inTime(get(account))
      const fresh = yield* inTime(renew(account, stale))
      assert.isFalse(fresh.same(stale))
      assert.strictEqual(yield* requests("/cgi-bin/token"), 2)
      assert.strictEqual(yield* requests(stable), 0)
    }).pipe(Effect.provide(process("plain")))
  )

  it.effect("a ticket is made with the account's token, and heals with it", () =>
    Effect.gen(function* () {
      const first = yield* inTime(get(Token.Ticket(App.common(appid), "jsapi")))
      yield* Simulator.use((simulator) => simulator.revoke(appid))
      const second = yield* inTime(get(Token.Ticket(App.common(appid), "wx_card")))
      assert.isFalse(first.same(second))
      assert.strictEqual(yield* mints(appid), 2)
    }).pipe(Effect.provide(process()))
  )

  it.effect("what is missing or wrong is said: the secret, the appid, WeChat's own words", () =>
    Effect.gen(function* () {
      const unknown = yield* refused(get(Token.Access(App.common("wxunknown"))))
      assert.include(
        unknown.detail,
        `no secret for wxunknown: provide Credentials.layer({ "wxunknown": { secret: ... } })`
      )
      const wrong = yield* refused(get(Token.Access(App.common("wxwrong"))))
      assert.strictEqual(wrong.errcode, 40013)
      yield* Simulator.use((simulator) => simulator.resetSecret(appid, "another"))
      const reset = yield* refused(get(account))
      assert.strictEqual(reset.errcode, 40125)
      assert.include(reset.detail, "the app secret is wrong or was reset")
      assert.notInclude(reset.message + reset.detail, secret)
    }).pipe(Effect.provide(process()))
  )

  it.effect("WeChat out of reach near the end of a token: the token is used until it ends", () =>
    Effect.gen(function* () {
      const first = yield* inTime(get(account))
      yield* Simulator.use((simulator) => simulator.status(stable, 502))
      yield* TestClock.adjust("119 minutes")
      assert.isTrue((yield* inTime(get(account))).same(first))
      yield* TestClock.adjust("1 minute")
      const failure = yield* refused(get(account))
      assert.include(failure.detail, "HTTP 502")
      yield* Simulator.use((simulator) => simulator.heal)
      yield* TestClock.adjust("1 minute")
      assert.isFalse((yield* inTime(get(account))).same(first))
    }).pipe(Effect.provide(process()))
  )
})

describe("a third-party platform", () => {
  const pushed = Effect.gen(function* () {
    const ticket = yield* Simulator.use((simulator) => simulator.pushTicket(component))
    yield* Vault.use((vault) => vault.keepTicket(component, Redacted.make(ticket)))
  })

  it.effect("without a verify ticket WeChat is asked to push one, and the failure says so", () =>
    Effect.gen(function* () {
      const failure = yield* refused(get(platform))
      assert.include(failure.detail, "no component_verify_ticket has arrived; WeChat has been asked to push a new one")
      assert.strictEqual(yield* requests("/cgi-bin/component/api_start_push_ticket"), 1)
    }).pipe(Effect.provide(process()))
  )

  it.effect(
    "an authorizer's token: from the list where the refresh token is not known, then with the one that rotates",
    () =>
      Effect.gen(function* () {
        yield* pushed
        const first = yield* inTime(get(client))
        assert.strictEqual(yield* requests("/cgi-bin/component/api_get_authorizer_list"), 1)
        const kept = yield* Vault.use((vault) => vault.refresh(component, authorizer))
        const second = yield* inTime(renew(client, first))
        assert.isFalse(second.same(first))
        assert.notStrictEqual(yield* Vault.use((vault) => vault.refresh(component, authorizer)), kept)
        assert.strictEqual(yield* requests("/cgi-bin/component/api_get_authorizer_list"), 1)
        assert.strictEqual(yield* mints(component), 1)
      }).pipe(Effect.provide(process()))
  )

  it.effect("a refresh token that WeChat refuses is read from the list", () =>
    Effect.gen(function* () {
      yield* pushed
      yield* Vault.use((vault) => vault.authorize(component, authorizer, { refresh: Redacted.make("lost") }))
      yield* inTime(get(client))
      assert.strictEqual(yield* requests("/cgi-bin/component/api_get_authorizer_list"), 1)
    }).pipe(Effect.provide(process()))
  )

  it.effect("an account that has withdrawn is named", () =>
    Effect.gen(function* () {
      yield* pushed
      yield* Simulator.use((simulator) => simulator.unauthorize(component, authorizer))
      const failure = yield* refused(get(client))
      assert.include(failure.detail, `${authorizer} has not authorized the platform ${component}`)
    }).pipe(Effect.provide(process()))
  )

  it.effect("a new authorization replaces what is held at once", () =>
    Effect.gen(function* () {
      yield* pushed
      const first = yield* inTime(get(client))
      yield* Vault.use((vault) => vault.authorize(component, authorizer, { refresh: Redacted.make("new") }))
      yield* TestClock.adjust("1 millis")
      assert.isFalse((yield* inTime(get(client))).same(first))
    }).pipe(Effect.provide(process()))
  )

  it.effect("a renewal that WeChat refuses because of a new authorization is made again with that one", () =>
    Effect.gen(function* () {
      yield* pushed
      const first = yield* inTime(get(client))
      const refresh = yield* Vault.use((vault) => vault.refresh(component, authorizer))
      if (refresh === undefined) return assert.fail("no refresh token")
      const late = Effect.delay(Effect.succeed({ errcode: 61003, errmsg: "component is not authorized" }), "1 second")
      yield* Simulator.use((simulator) => simulator.answer("/cgi-bin/component/api_authorizer_token", () => late))
      const renewing = yield* Effect.forkChild(renew(client, first))
      yield* TestClock.adjust("500 millis")
      yield* Vault.use((vault) => vault.authorize(component, authorizer, { refresh }))
      yield* Simulator.use((simulator) => simulator.heal)
      assert.isFalse((yield* inTime(Fiber.join(renewing))).same(first))
    }).pipe(Effect.provide(process()))
  )
})

describe("several processes over one vault", () => {
  it.effect("one of them asks WeChat, and the others read", () =>
    Effect.gen(function* () {
      const shared = yield* Effect.context<Vault | Mint>()
      const store = Effect.map(Layer.build(Layer.fresh(TokenStore.layer)), Context.get(TokenStore))
      const stores = yield* Effect.all(Array.from({ length: 8 }, () => Effect.provide(store, shared)))
      const all = yield* inTime(
        Effect.all(
          stores.flatMap((tokens) => Array.from({ length: 25 }, () => tokens.get(account))),
          { concurrency: "unbounded" }
        )
      )
      assert.strictEqual(new Set(all.map(valueOf)).size, 1)
      assert.strictEqual(yield* requests(stable), 1)
      const [stale] = all
      if (stale === undefined) return assert.fail("no token")
      yield* Simulator.use((simulator) => simulator.revoke(appid))
      const renewed = yield* inTime(
        Effect.all(
          stores.map((tokens) => tokens.renew(account, stale)),
          { concurrency: "unbounded" }
        )
      )
      assert.strictEqual(new Set(renewed.map(valueOf)).size, 1)
      assert.strictEqual(yield* requests(stable), 2)
    }).pipe(
      Effect.scoped,
      Effect.provide(
        Mint.layer.pipe(
          Layer.provideMerge(Memory.layerVault),
          Layer.provide(credentials()),
          Layer.provideMerge(Simulator.layer())
        )
      )
    )
  )

  it.effect("a holder that lost its lease cannot write any more", () =>
    Effect.gen(function* () {
      const vault = yield* Vault
      const token = Token.issued({ value: Redacted.make("late"), now: 0, expiresIn: 7200, margin: 600 })
      const first = yield* vault.lease(account, Duration.seconds(15))
      assert("fence" in first)
      assert.notProperty(yield* vault.lease(account, Duration.seconds(15)), "fence")
      yield* TestClock.adjust("15 seconds")
      const second = yield* vault.lease(account, Duration.seconds(15))
      assert("fence" in second)
      assert.isAbove(second.fence, first.fence)
      assert.isFalse(yield* vault.keep(first, { token }))
      assert.isUndefined(yield* vault.token(account))
      yield* vault.release(first)
      assert.isTrue(yield* vault.holds(second))
      assert.isTrue(yield* vault.keep(second, { token }))
    }).pipe(Effect.provide(Memory.layerVault))
  )
})
