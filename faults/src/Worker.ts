/** A process of its own, with its own memory and its own clock, over a storage that it shares with others. */
import { Credentials } from "@wechat/core/Credentials"
import { Mint } from "@wechat/core/Mint"
import * as Settings from "@wechat/core/Settings"
import * as Token from "@wechat/core/Token"
import { TokenStore } from "@wechat/core/TokenStore"
import { type Keeping, Vault } from "@wechat/core/Vault"
import * as Redis from "@wechat/storage-redis/Redis"
import * as Sqlite from "@wechat/storage-sqlite/Sqlite"
import { componentSecret, secret } from "@wechat/testing/Simulator"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { FetchHttpClient } from "effect/http"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import { component, keyOf, type Message, type Name, type Order, type Setup, type Told } from "./Protocol.ts"

const setup: Setup = JSON.parse(process.argv[2] ?? "{}")
const say = (message: Message) => process.send?.(message)

/** What a test has told it to do with tokens that are about to be kept. */
let gate: Deferred.Deferred<void> | undefined
let refused = 0

const wrong = (clock: Clock.Clock): Clock.Clock => ({
  currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() + setup.offset,
  currentTimeMillis: Effect.map(clock.currentTimeMillis, (now) => now + setup.offset),
  currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe() + BigInt(setup.offset) * 1_000_000n,
  currentTimeNanos: Effect.map(clock.currentTimeNanos, (now) => now + BigInt(setup.offset) * 1_000_000n),
  monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
  monotonicTimeNanos: clock.monotonicTimeNanos,
  sleep: (duration) => clock.sleep(duration)
})

const watched = (vault: Keeping): Keeping => ({
  ...vault,
  keep: (lease, minted) =>
    Effect.gen(function* () {
      if (gate !== undefined) {
        say({ is: "holding" })
        yield* Deferred.await(gate)
      }
      const kept = yield* vault.keep(lease, minted)
      if (!kept) refused++
      return kept
    })
})

const credentials = Layer.succeed(Credentials, {
  account: (appid) =>
    Effect.succeed({
      secret: Redacted.make(appid === component ? componentSecret : secret),
      token: appid.startsWith("wxplain") ? ("plain" as const) : ("stable" as const)
    })
})

const vault: Layer.Layer<Vault, unknown> =
  setup.storage.kind === "redis" ? Redis.layerVault(setup.storage) : Sqlite.layerVault(setup.storage)

const layer = TokenStore.layer.pipe(
  Layer.provide(Mint.layer),
  Layer.provideMerge(Layer.effect(Vault, Effect.map(Vault, watched)).pipe(Layer.provide(vault))),
  Layer.provide(credentials),
  Layer.provide(FetchHttpClient.layer),
  Layer.provideMerge(
    Layer.mergeAll(
      Settings.layerHost(setup.wechat),
      Logger.layer([]),
      Layer.effect(Clock.Clock, Effect.map(Clock.Clock, wrong))
    )
  )
)

const staleToken = (value: string) => new Token.Token({ value: Redacted.make(value), expires: 1, due: 1, forced: [] })

const ask = Effect.fnUntraced(function* (name: Name, callers: number, stale: string | undefined) {
  const tokens = yield* TokenStore
  const key = keyOf(name)
  const began = performance.now()
  const one = (stale === undefined ? tokens.get(key) : tokens.renew(key, staleToken(stale))).pipe(
    Effect.result,
    Effect.map((result) => ({ result, took: performance.now() - began }))
  )
  const all = yield* Effect.all(
    Array.from({ length: callers }, () => one),
    { concurrency: "unbounded" }
  )
  const got = all.flatMap(({ result }) => (result._tag === "Success" ? [result.success] : []))
  const failures = all.flatMap(({ result }) => (result._tag === "Failure" ? [result.failure.message] : []))
  const now = yield* Clock.currentTimeMillis
  const told: Told = {
    tokens: [...new Set(got.map((token) => Redacted.value(token.value)))],
    failures: [...new Set(failures)],
    failed: failures.length,
    slowest: Math.round(Math.max(...all.map(({ took }) => took))),
    left: got[0] === undefined ? 0 : Math.round((got[0].expires - now) / 1000),
    refused
  }
  return told
})

const churn = (name: Name): Effect.Effect<never, never, TokenStore> =>
  TokenStore.use((tokens) =>
    Effect.gen(function* () {
      const held = yield* tokens.get(keyOf(name))
      yield* tokens.renew(keyOf(name), held)
      say({ is: "renewed" })
    })
  ).pipe(Effect.ignore, Effect.forever)

const obey = (order: Order): Effect.Effect<unknown, unknown, TokenStore | Vault> => {
  switch (order.do) {
    case "ask":
      return ask(order.name, order.callers, order.stale)
    case "churn":
      return Effect.forEach(order.names, churn, { concurrency: "unbounded" })
    case "hold":
      return Effect.map(Deferred.make<void>(), (made) => {
        gate = made
      })
    case "go":
      return Effect.suspend(() => {
        const waiting = gate
        gate = undefined
        return waiting === undefined ? Effect.void : Deferred.succeed(waiting, undefined)
      })
    case "ticket":
      return Vault.use((vault) => vault.keepTicket(component, Redacted.make(order.ticket)))
    case "refresh":
      return Effect.map(
        Vault.use((vault) => vault.refresh(component, order.appid)),
        (refresh) => (refresh === undefined ? null : Redacted.value(refresh))
      )
  }
}

const main = Effect.gen(function* () {
  const context = yield* Layer.build(layer)
  const fork = Effect.runForkWith(Context.merge(yield* Effect.context(), context))
  process.on("message", ({ id, order }: { readonly id: number; readonly order: Order }) => {
    fork(
      obey(order).pipe(
        Effect.matchCause({
          onSuccess: (answer) => say({ is: "answer", id, answer }),
          onFailure: (cause) => say({ is: "failed", detail: String(cause) })
        })
      )
    )
  })
  say({ is: "ready" })
  return yield* Effect.never
}).pipe(
  Effect.scoped,
  Effect.tapCause((cause) => Effect.sync(() => say({ is: "failed", detail: String(cause) })))
)

process.on("disconnect", () => process.exit(0))
Effect.runFork(main)
