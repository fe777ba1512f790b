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
import { tokensOf } from "./tokens.ts"

/** How long a mint may take. It has to be shorter than the lease, or two could be under way. */
const mintDeadline = Duration.seconds(10)
const leaseLife = Duration.seconds(15)
/** How long a caller waits in all, for others and for WeChat. */
const patience = Duration.seconds(20)
/** How long giving a lease back may keep those waiting who have their answer; it ends by itself anyway. */
const farewell = Duration.seconds(1)
/** When a waiting process looks whether the holder is done: a mint mostly takes less than a second. */
const glance = (time: number): Duration.Duration => Duration.millis(Math.min(1_000, 50 * 1.5 ** time))

const parentOf = (key: Token.Key, tokens: Tokens): Send.Tokens | undefined => {
  const parent = Token.parent(key)
  return parent === undefined ? undefined : tokensOf(tokens, parent)
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
    const lacking = (error: Reason.Reason) =>
      new Reason.NoToken({
        key: key.path,
        detail: error._tag === "NoToken" ? error.detail : Reason.describe(error),
        ...("errcode" in error && error.errcode !== undefined ? { errcode: error.errcode } : {}),
        ...("missing" in error && error.missing !== undefined ? { missing: error.missing } : {})
      })
    const parent = parentOf(key, tokens)

    const usable = (token: Token.Token | undefined) =>
      token === undefined || stale?.same(token) === true ? undefined : token
    /** What is kept, if it is not the one that was refused. */
    const kept = Effect.map(vault.token(key), usable)

    const mintUnder = (lease: Vault.Lease) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const last = yield* vault.token(key)
        const meanwhile = usable(last)
        if (meanwhile?.isFresh(now) === true) return meanwhile
        if (!(yield* vault.holds(lease))) return undefined
        // What a client of a hub calls stale is a bare text: only the vault knows what was forced before.
        const forced = (last ?? stale)?.forced ?? []
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
          ),
          // Whoever took the lease since may know better: a new authorization voids the refresh token that was just used.
          Effect.catch((error) =>
            Effect.flatMap(
              Effect.orElseSucceed(vault.holds(lease), () => true),
              (isHeld) => (isHeld ? Effect.fail(error) : Effect.succeed({ token: undefined }))
            )
          )
        )
        if (minted.token === undefined) return undefined
        if (minted.token === meanwhile) return meanwhile
        return (yield* vault.keep(lease, { ...minted, token: minted.token })) ? minted.token : undefined
      })

    const release = (lease: Vault.Lease) =>
      Effect.ignore(Effect.timeoutOption(Effect.interruptible(vault.release(lease)), farewell))

    const attempt = (waits: number): Effect.Effect<Token.Token, Reason.NoToken | Vault.VaultError> =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const before = yield* kept
        if (before?.isFresh(now) === true) return before
        const lease = yield* vault.lease(key, leaseLife)
        if (!Vault.isLease(lease)) {
          // Somebody is at it.
          if (before?.isLive(now) === true) return before
          yield* Effect.sleep(Duration.min(lease.left, glance(waits)))
          return yield* attempt(waits + 1)
        }
        const token = yield* Effect.ensuring(mintUnder(lease), release(lease))
        return token ?? (yield* attempt(waits))
      })

    /** The parent's token comes before the lease: fetching it must not eat the lease up. */
    const prepared: Effect.Effect<unknown, Reason.Reason> = parent === undefined ? Effect.void : parent.get

    const answer = Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const before = yield* kept
      if (before?.isFresh(now) === true) return before
      const failure = yield* Effect.match(prepared, { onFailure: lacking, onSuccess: () => undefined })
      if (failure === undefined) return yield* attempt(0)
      if (before?.isLive(now) === true) return before
      return yield* failure
    })

    return answer.pipe(
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
