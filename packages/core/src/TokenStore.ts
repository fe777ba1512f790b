/**
 * Where usable tokens come from. The storage packages provide this service.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { NoToken } from "./Error.ts"
import { flights } from "./internal/flights.ts"
import * as Renewal from "./internal/renewal.ts"
import type { Mint } from "./Mint.ts"
import type * as Token from "./Token.ts"
import { Vault } from "./Vault.ts"

/**
 * The seam between calls and whoever manages tokens.
 *
 * @since 0.1.0
 */
export interface Tokens {
  /** A token that should work now. Concurrent calls for one key share one fetch; near its end it is renewed in the background. */
  readonly get: (key: Token.Key) => Effect.Effect<Token.Token, NoToken>
  /**
   * WeChat refused `stale`: answers with another one. Where somebody has replaced it already this only reads, so a burst of
   * refusals costs one fetch.
   */
  readonly renew: (key: Token.Key, stale: Token.Token) => Effect.Effect<Token.Token, NoToken>
  /**
   * The token in memory, if it needs no renewal at `now`, in unix milliseconds: a call that finds one here does not `get` it.
   * A store that keeps nothing in memory leaves this out.
   */
  readonly held?: ((key: Token.Key, now: number) => Token.Token | undefined) | undefined
}

/**
 * Tokens, whoever manages them.
 *
 * @since 0.1.0
 */
export class TokenStore extends Context.Service<TokenStore, Tokens>()("@wechat/core/TokenStore") {
  /** Mints tokens and keeps them in the vault: what a hub, or a single process, runs. */
  static readonly layer: Layer.Layer<TokenStore, never, Mint | Vault> = Layer.effect(
    TokenStore,
    Effect.gen(function* () {
      const vault = yield* Vault
      const fetch = yield* Renewal.make
      const parents: Tokens = yield* cached({
        fetch: (key, stale) => fetch(key, stale, parents),
        changes: vault.changes
      })
      return parents
    })
  )
}

/**
 * What {@link cached} stands on.
 *
 * @since 0.1.0
 */
export interface Source {
  /** A token from wherever it comes from, other than `stale`. */
  readonly fetch: (key: Token.Key, stale: Token.Token | undefined) => Effect.Effect<Token.Token, NoToken>
  /** The paths of keys that somebody else has changed. */
  readonly changes: Vault["Service"]["changes"]
}

/**
 * Tokens in memory, in front of a source: one fetch for any number of callers, renewal ahead of the end in the background,
 * renewal by comparison. A failure is not kept as an answer, but from the second one in a row on the source is asked at
 * growing intervals only.
 *
 * @since 0.1.0
 */
export const cached = (source: Source): Effect.Effect<Tokens, never, Scope.Scope> =>
  Effect.map(flights(source), (flights) => ({
    held: (key, now) => {
      const held = flights.held(key)
      return held?.isFresh(now) === true ? held : undefined
    },
    get: (key) =>
      Effect.withFiber((fiber) => {
        const now = fiber.getRef(Clock.Clock).currentTimeMillisUnsafe()
        const held = flights.held(key)
        if (held === undefined || !held.isLive(now)) return flights.fetch(key, undefined)
        return held.isFresh(now) ? Effect.succeed(held) : Effect.as(flights.ahead(key), held)
      }),
    renew: (key, stale) =>
      Effect.withFiber((fiber) => {
        const now = fiber.getRef(Clock.Clock).currentTimeMillisUnsafe()
        const held = flights.held(key)
        return held !== undefined && held.isLive(now) && !held.same(stale)
          ? Effect.succeed(held)
          : flights.fetch(key, stale)
      })
  }))
