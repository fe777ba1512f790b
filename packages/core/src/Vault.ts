/**
 * What a process that mints keeps: tokens, and the secrets that WeChat pushes or rotates.
 *
 * A vault is shared by all processes that mint for the same accounts. It makes the renewal of a token exclusive by a lease
 * that ends by itself, and gives every lease a fence, a number that only grows: a holder that lost its lease can no longer
 * write. Leases run in the vault's own time, so the clocks of its users need not agree.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type * as Token from "./Token.ts"

/**
 * The vault is out of reach, or holds something that it cannot read.
 *
 * @since 0.1.0
 */
export class VaultError extends Schema.TaggedError<VaultError>("@wechat/core/VaultError")("VaultError", {
  /** What happened, without secrets. */
  detail: Schema.String
}) {
  override get message(): string {
    return `token vault: ${this.detail}`
  }
}

/**
 * The right to renew one token for a while.
 *
 * @since 0.1.0
 */
export interface Lease {
  readonly key: Token.Key
  readonly fence: number
}

/**
 * Somebody else holds the lease.
 *
 * @since 0.1.0
 */
export interface Busy {
  /** How long at most until it ends. */
  readonly left: Duration.Duration
}

/**
 * A token, and the refresh token that came with it.
 *
 * @since 0.1.0
 */
export interface Minted {
  readonly token: Token.Token
  /** Authorizers only: replaces the one that is kept. */
  readonly refresh?: Redacted.Redacted | undefined
}

/**
 * The contract that every storage keeps.
 *
 * @since 0.1.0
 */
export interface Keeping {
  /** The latest token, whether it is still good or not. Its times are told in the reader's clock. */
  readonly token: (key: Token.Key) => Effect.Effect<Token.Token | undefined, VaultError>
  /** Takes the lease, for at most `life`, if nobody holds it. */
  readonly lease: (key: Token.Key, life: Duration.Duration) => Effect.Effect<Lease | Busy, VaultError>
  /** Whether a lease still counts: nobody has taken a later one, and the account's authorization has not changed. */
  readonly holds: (lease: Lease) => Effect.Effect<boolean, VaultError>
  /** Keeps token and refresh token in one durable step. `false`: the lease was lost, and nothing is kept. */
  readonly keep: (lease: Lease, minted: Minted) => Effect.Effect<boolean, VaultError>
  /** Ends a lease early. Harmless where it is lost already. */
  readonly release: (lease: Lease) => Effect.Effect<void, VaultError>
  /** The paths of keys whose token has changed, by whomever. */
  readonly changes: Stream.Stream<string>

  /** The `component_verify_ticket` that WeChat pushed last. It lives for twelve hours. */
  readonly ticket: (component: string) => Effect.Effect<Redacted.Redacted | undefined, VaultError>
  readonly keepTicket: (component: string, ticket: Redacted.Redacted) => Effect.Effect<void, VaultError>

  /** The `authorizer_refresh_token` of an account. Losing it means asking the account's owner again. */
  readonly refresh: (component: string, authorizer: string) => Effect.Effect<Redacted.Redacted | undefined, VaultError>
  /** Keeps the tokens of a new authorization. What was there before is void at once, renewals under way included. */
  readonly authorize: (
    component: string,
    authorizer: string,
    minted: {
      readonly token?: Token.Token | undefined
      readonly refresh: Redacted.Redacted
    }
  ) => Effect.Effect<void, VaultError>
  /** Forgets an account whose authorization has ended. */
  readonly unauthorize: (component: string, authorizer: string) => Effect.Effect<void, VaultError>
}

/**
 * Where tokens and rotating secrets are kept.
 *
 * @since 0.1.0
 */
export class Vault extends Context.Service<Vault, Keeping>()("@wechat/core/Vault") {}

/**
 * Whether a lease was granted.
 *
 * @since 0.1.0
 */
export const isLease = (answer: Lease | Busy): answer is Lease => "fence" in answer
