/** @wechat/storage-hub against this hub: several programs, one owner of the tokens. */
import { assert, describe, it } from "@effect/vitest"
import * as App from "@wechat/core/App"
import * as Token from "@wechat/core/Token"
import { TokenStore, type Tokens } from "@wechat/core/TokenStore"
import { Vault } from "@wechat/core/Vault"
import * as Remote from "@wechat/storage-hub/Remote"
import { Simulator } from "@wechat/testing"
import { appid, authorizer, component } from "@wechat/testing/Simulator"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { adminSecret, clientOf, Hub, inTime, shopSecret, world } from "./world.ts"

const account = Token.Access(App.common(appid))
const platform = Token.Access(App.component(component))
const client = Token.Access(App.authorizer(component, authorizer))

/** A program of its own, which knows the hub and no secret of WeChat's. */
const program = (secret: string) =>
  Effect.gen(function* () {
    const { handle } = yield* Hub
    const http = Layer.succeed(HttpClient.HttpClient, clientOf(handle))
    const remote = Remote.layer({ url: "http://hub/", secret: Redacted.make(secret) })
    return Context.get(yield* Layer.build(Layer.fresh(Layer.provide(remote, http))), TokenStore)
  })

const programs = (count: number) => Effect.all(Array.from({ length: count }, () => program(adminSecret)))
const all = <A, E, R>(effects: ReadonlyArray<Effect.Effect<A, E, R>>) =>
  inTime(Effect.all(effects, { concurrency: "unbounded" }))
const valueOf = (token: Token.Token) => Redacted.value(token.value)
const mints = (of: string) => Simulator.use((simulator) => simulator.mints(of))
const pushed = Effect.gen(function* () {
  const ticket = yield* Simulator.use((simulator) => simulator.pushTicket(component))
  yield* Vault.use((vault) => vault.keepTicket(component, Redacted.make(ticket)))
})

const each = (stores: ReadonlyArray<Tokens>, times: number, get: (tokens: Tokens) => ReturnType<Tokens["get"]>) =>
  stores.flatMap((tokens) => Array.from({ length: times }, () => get(tokens)))

describe("five programs over one hub", () => {
  for (const key of [account, platform, client, Token.Ticket(App.common(appid), "jsapi")]) {
    it.effect(`share ${key.path}`, () =>
      Effect.gen(function* () {
        yield* pushed
        const stores = yield* programs(5)
        const got = yield* all(each(stores, 20, (tokens) => tokens.get(key)))
        assert.strictEqual(new Set(got.map(valueOf)).size, 1)
      }).pipe(Effect.scoped, Effect.provide(world()))
    )
  }

  for (const key of [account, platform, client]) {
    it.effect(`a hundred refusals of ${key.path} cost one refresh`, () =>
      Effect.gen(function* () {
        yield* pushed
        const stores = yield* programs(5)
        const [stale] = yield* all(each(stores, 1, (tokens) => tokens.get(key)))
        if (stale === undefined) return assert.fail("no token")
        yield* Simulator.use((simulator) => simulator.revoke(key.app.appid))
        const before = yield* mints(key.app.appid)
        const renewed = yield* all(each(stores, 20, (tokens) => tokens.renew(key, stale)))
        assert.strictEqual(new Set(renewed.map(valueOf)).size, 1)
        assert.isFalse(renewed[0]?.same(stale))
        assert.strictEqual(yield* mints(key.app.appid), before + 1)
      }).pipe(Effect.scoped, Effect.provide(world()))
    )
  }

  it.effect("take over the next token when the hub has it, without a refused call", () =>
    Effect.gen(function* () {
      const tokens = yield* program(shopSecret)
      const first = yield* inTime(tokens.get(account))
      yield* TestClock.adjust("6935 seconds")
      yield* inTime(tokens.get(account))
      yield* TestClock.adjust("1 second")
      assert.isFalse((yield* inTime(tokens.get(account))).same(first))
      assert.strictEqual(yield* mints(appid), 2)
    }).pipe(Effect.scoped, Effect.provide(world()))
  )

  it.effect("hear what the hub says: not allowed, refused by WeChat, no verify ticket", () =>
    Effect.gen(function* () {
      const shop = yield* program(shopSecret)
      const forbidden = yield* inTime(Effect.flip(shop.get(platform)))
      assert.include(forbidden.detail, "the hub at http://hub answered HTTP 403 forbidden")
      const admin = yield* program(adminSecret)
      const wrong = yield* inTime(Effect.flip(admin.get(Token.Access(App.common("wxwrong")))))
      assert.strictEqual(wrong.errcode, 40013)
      const waiting = yield* inTime(Effect.flip(admin.get(platform)))
      assert.strictEqual(waiting.missing, "ticket")
      const stranger = yield* program("wrong")
      const unknown = yield* inTime(Effect.flip(stranger.get(account)))
      assert.include(unknown.detail, "HTTP 401 unauthorized: the client's secret is missing or wrong")
    }).pipe(Effect.scoped, Effect.provide(world()))
  )
})
