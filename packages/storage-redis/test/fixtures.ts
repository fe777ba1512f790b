/** A vault with something in it. */
import * as App from "@wechat/core/App"
import * as Token from "@wechat/core/Token"
import { isLease, type Keeping, Vault } from "@wechat/core/Vault"
import * as Redis from "@wechat/storage-redis/Redis"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import type * as Server from "./server.ts"

export const account = Token.Access(App.common("wx1"))
export const accountKey = "wechat:{access:Common:wx1}"
export const long = Duration.seconds(15)
export const key = (digit: string) => Redacted.make(digit.repeat(64))

export const open = (server: { readonly url: string }, options: Partial<Redis.Options> = {}) =>
  Layer.build(Layer.fresh(Redis.layerVault({ url: server.url, ...options }))).pipe(
    Effect.map(Context.get(Vault)),
    Effect.provideService(References.MinimumLogLevel, "Error")
  )

const opened = (server: { readonly url: string }, options?: Partial<Redis.Options>) =>
  Effect.scoped(Effect.asVoid(open(server, options)))

export const refused = (server: { readonly url: string }, options?: Partial<Redis.Options>) =>
  Effect.map(Effect.flip(opened(server, options)), (error) => error.message)

export const issued = Effect.map(Clock.currentTimeMillis, (now) =>
  Token.issued({ value: Redacted.make("the token"), now, expiresIn: 7200, margin: 600, forced: [now - 1000] })
)

export const granted = (vault: Keeping) =>
  Effect.flatMap(vault.lease(account, long), (answer) =>
    isLease(answer) ? Effect.succeed(answer) : Effect.die("somebody holds the lease")
  )

/** Keeps a token, a ticket and a refresh token. */
export const fill = Effect.fnUntraced(function* (vault: Keeping) {
  const lease = yield* granted(vault)
  yield* vault.keep(lease, { token: yield* issued })
  yield* vault.release(lease)
  yield* vault.keepTicket("wxplatform", Redacted.make("the ticket"))
  yield* vault.authorize("wxplatform", "wx2", { refresh: Redacted.make("the refresh token") })
})

export const readAll = Effect.fnUntraced(function* (vault: Keeping) {
  const all = [
    (yield* vault.token(account))?.value,
    yield* vault.ticket("wxplatform"),
    yield* vault.refresh("wxplatform", "wx2")
  ]
  return all.map((secret) => (secret === undefined ? undefined : Redacted.value(secret)))
})
export const everything = ["the token", "the ticket", "the refresh token"]

/** All that is in Redis, as text. */
export const dump = Effect.fnUntraced(function* (server: Server.Server) {
  const keys = (yield* server.cli("KEYS", "*")).split("\n").toSorted()
  return (yield* Effect.forEach(keys, (key) => server.cli("HGETALL", key))).join("\n")
})
