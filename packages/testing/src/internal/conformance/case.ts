/** What the cases of the conformance suite are made of. */
import * as App from "@wechat/core/App"
import * as Token from "@wechat/core/Token"
import { isLease, type Keeping, type Lease, type VaultError } from "@wechat/core/Vault"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"

/**
 * One thing that a storage has to do.
 *
 * @since 0.1.0
 */
export interface Case<R> {
  readonly name: string
  /** Fails where the storage does not do it. */
  readonly run: Effect.Effect<void, unknown, R>
}

/**
 * A promise that a storage does not keep.
 *
 * @since 0.1.0
 */
export class Broken extends Schema.TaggedError<Broken>("@wechat/testing/Conformance/Broken")("Broken", {
  detail: Schema.String
}) {
  override get message(): string {
    return this.detail
  }
}

/**
 * Opens the storage under test as another process would. What is opened ends with the scope.
 *
 * @since 0.1.0
 */
export class Opening extends Context.Service<
  Opening,
  { readonly open: Effect.Effect<Keeping, VaultError, Scope.Scope> }
>()("@wechat/testing/Conformance/Opening") {}

export const expect = (holds: boolean, detail: string): Effect.Effect<void, Broken> =>
  holds ? Effect.void : Effect.fail(new Broken({ detail }))

/** Names that nothing else in the storage has. */
const fresh = Effect.sync(() => crypto.randomUUID().slice(0, 8))

/** An account of its own, for one case. */
export const account = Effect.map(fresh, (name) => Token.Access(App.common(`wxconform${name}`)))

/** A platform and an account that has authorized it, for one case. */
export const authorization = Effect.map(fresh, (name) => {
  const component = `wxplatform${name}`
  const authorizer = `wxauthorizer${name}`
  return { component, authorizer, key: Token.Access(App.authorizer(component, authorizer)) }
})

export const secretOf = (value: string): Redacted.Redacted => Redacted.make(value)

/** A token as WeChat has just issued it. */
export const issued = (value: string): Effect.Effect<Token.Token> =>
  Effect.map(Clock.currentTimeMillis, (now) =>
    Token.issued({ value: secretOf(value), now, expiresIn: 7200, margin: 600, forced: [now - 60_000] })
  )

export const textOf = (secret: Redacted.Redacted | undefined): string | undefined =>
  secret === undefined ? undefined : Redacted.value(secret)

export const long = Duration.minutes(1)
/** A lease that a case sees the end of. */
export const brief = Duration.millis(50)

/** A lease that nobody else holds, so it has to be granted. */
export const granted = (
  vault: Keeping,
  key: Token.Key,
  life: Duration.Duration = long
): Effect.Effect<Lease, Broken | VaultError> =>
  Effect.flatMap(vault.lease(key, life), (answer) =>
    isLease(answer) ? Effect.succeed(answer) : Effect.fail(new Broken({ detail: `${key.path}: no lease was granted` }))
  )

/** A lease that is granted when the one before it has ended. */
export const grantedLater = (vault: Keeping, key: Token.Key): Effect.Effect<Lease, Broken | VaultError> =>
  Effect.gen(function* () {
    for (let time = 0; time < 100; time++) {
      const answer = yield* vault.lease(key, long)
      if (isLease(answer)) return answer
      yield* expect(Duration.toMillis(answer.left) <= Duration.toMillis(brief), "a lease is told to last too long")
      yield* Effect.sleep(brief)
    }
    return yield* new Broken({ detail: "a lease does not end by itself" })
  })

/** Whether two readings of a token are the same one; its times may differ by what passes between two clocks. */
export const isLike = (found: Token.Token | undefined, kept: Token.Token): boolean =>
  found !== undefined &&
  found.same(kept) &&
  [
    [found.expires, kept.expires],
    [found.due, kept.due],
    ...kept.forced.map((time, index) => [found.forced[index] ?? 0, time])
  ].every(([one = 0, other = 0]) => Math.abs(one - other) < 2_000) &&
  found.forced.length === kept.forced.length
