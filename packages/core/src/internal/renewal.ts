/**
 * The rules of a renewal, which hold for every vault: read, lease, look again, mint, write under the fence.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Reason from "../Error.ts"
import { Mint } from "../Mint.ts"
import type * as Send from "../Send.ts"
import * as Token from "../Token.ts"
import type { Tokens } from "../TokenStore.ts"
import * as Vault from "../Vault.ts"

/** How long a mint may take. It has to be shorter than the lease, or two could be under way. */
const mintDeadline = Duration.seconds(10)
const leaseLife = Duration.seconds(15)
/** How long a caller waits in all, for others and for WeChat. */
const patience = Duration.seconds(20)
/** How often a waiting process looks whether the holder is done. */
const glance = Duration.millis(100)

const parentOf = (key: Token.Key, tokens: Tokens): Send.Tokens | undefined => {
  const parent = Token.parent(key)
  return parent === undefined ? undefined : { get: tokens.get(parent), renew: (stale) => tokens.renew(parent, stale) }
}

export const make = Effect.gen(function* () {
  const vault = yield* Vault.Vault
  const { mint } = yield* Mint

  return (
    key: Token.Key,
    stale: Token.Token | undefined,
    tokens: Tokens
  ): Effect.Effect<Token.Token, Reason.NoToken> => {
    const noToken = (detail: string) => new Reason.NoToken({ key: key.path, detail })
    const parent = parentOf(key, tokens)

    /** What is kept, if it is not the one that was refused. */
    const kept = Effect.map(vault.token(key), (token) =>
      token === undefined || stale?.same(token) === true ? undefined : token
    )

    const mintUnder = (lease: Vault.Lease) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const meanwhile = yield* kept
        if (meanwhile?.isFresh(now) === true) return meanwhile
        if (!(yield* vault.holds(lease))) return undefined
        const forced = (meanwhile ?? stale)?.forced ?? []
        const minted = yield* mint(key, { parent, stale, forced }).pipe(
          Effect.timeoutOrElse({
            duration: mintDeadline,
            orElse: () => Effect.fail(noToken(`WeChat issued no token within ${Duration.format(mintDeadline)}`))
          }),
          // An old token that still works is better than none.
          Effect.catchIf(
            () => meanwhile?.isLive(now) === true,
            (error) =>
              Effect.logWarning("WeChat issued no new token; the old one still works", error).pipe(
                Effect.as({ token: meanwhile })
              )
          )
        )
        if (minted.token === undefined) return undefined
        if (minted.token === meanwhile) return meanwhile
        return (yield* vault.keep(lease, { ...minted, token: minted.token })) ? minted.token : undefined
      })

    const attempt: Effect.Effect<Token.Token, Reason.NoToken | Vault.VaultError> = Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const before = yield* kept
      if (before?.isFresh(now) === true) return before
      const lease = yield* vault.lease(key, leaseLife)
      if (!Vault.isLease(lease)) {
        // Somebody is at it.
        if (before?.isLive(now) === true) return before
        yield* Effect.sleep(Duration.min(lease.left, glance))
        return yield* attempt
      }
      const token = yield* Effect.ensuring(mintUnder(lease), Effect.ignore(vault.release(lease)))
      return token ?? (yield* attempt)
    })

    // The parent's token comes first: fetching it must not eat up the lease.
    const prepared: Effect.Effect<unknown, Reason.Reason> = parent === undefined ? Effect.void : parent.get

    return prepared.pipe(
      Effect.mapError((error) => (error._tag === "NoToken" ? noToken(error.detail) : noToken(Reason.describe(error)))),
      Effect.andThen(attempt),
      Effect.catchTag("VaultError", (error) => Effect.fail(noToken(error.message))),
      Effect.timeoutOrElse({
        duration: patience,
        orElse: () =>
          Effect.fail(
            noToken(`no token within ${Duration.format(patience)}: another process is renewing it, or WeChat is slow`)
          )
      })
    )
  }
})
