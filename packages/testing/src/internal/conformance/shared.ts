/** The contract of a vault that several processes share, and that outlives them. */
import { isLease, type Keeping } from "@wechat/core/Vault"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import {
  account,
  authorization,
  brief,
  type Case,
  expect,
  granted,
  grantedLater,
  issued,
  isLike,
  long,
  Opening,
  secretOf,
  textOf
} from "./case.ts"

const open = Effect.flatMap(Opening, ({ open }) => open)

/** What one process does, from its start to its end. */
const process = <A, E, R>(work: (vault: Keeping) => Effect.Effect<A, E, R>) => Effect.scoped(Effect.flatMap(open, work))

const living: ReadonlyArray<Case<Opening>> = [
  {
    name: "what one process keeps, the others read",
    run: Effect.scoped(
      Effect.gen(function* () {
        const [one, other] = [yield* open, yield* open]
        const { authorizer, component, key } = yield* authorization
        const token = yield* issued("shared")
        yield* one.keep(yield* granted(one, key), { token, refresh: secretOf("refresh") })
        yield* one.keepTicket(component, secretOf("ticket"))
        yield* expect(isLike(yield* other.token(key), token), "the other reads another token")
        yield* expect(
          textOf(yield* other.refresh(component, authorizer)) === "refresh",
          "the refresh token is not there"
        )
        yield* expect(textOf(yield* other.ticket(component)) === "ticket", "the ticket is not there")
      })
    )
  },
  {
    name: "of eight processes that ask at once, one gets the lease",
    run: Effect.scoped(
      Effect.gen(function* () {
        const all = yield* Effect.all(Array.from({ length: 8 }, () => open))
        const key = yield* account
        const asking = all.flatMap((vault) => Array.from({ length: 25 }, () => vault.lease(key, long)))
        const answers = yield* Effect.all(asking, { concurrency: "unbounded" })
        const count = answers.filter(isLease).length
        yield* expect(count === 1, `${count} hold the lease`)
      })
    )
  },
  {
    name: "a lease that another process has taken since refuses late writes",
    run: Effect.scoped(
      Effect.gen(function* () {
        const [one, other] = [yield* open, yield* open]
        const { authorizer, component, key } = yield* authorization
        const late = yield* granted(one, key, brief)
        const next = yield* grantedLater(other, key)
        yield* expect(!(yield* one.holds(late)), "a lost lease counts")
        yield* other.keep(next, { token: yield* issued("next"), refresh: secretOf("next") })
        const old = yield* one.keep(late, { token: yield* issued("late"), refresh: secretOf("late") })
        yield* expect(!old, "a late write was taken")
        yield* one.release(late)
        yield* expect(yield* other.holds(next), "a late release has ended the next lease")
        yield* expect(textOf((yield* one.token(key))?.value) === "next", "a late write was kept")
        yield* expect(textOf(yield* one.refresh(component, authorizer)) === "next", "the refresh token was lost")
      })
    )
  },
  {
    name: "an authorization that arrives at one process voids renewals of the others",
    run: Effect.scoped(
      Effect.gen(function* () {
        const [one, other] = [yield* open, yield* open]
        const { authorizer, component, key } = yield* authorization
        const lease = yield* granted(one, key)
        yield* other.authorize(component, authorizer, { refresh: secretOf("new") })
        const old = yield* one.keep(lease, { token: yield* issued("old"), refresh: secretOf("old") })
        yield* expect(!old, "a renewal of the old authorization was taken")
        yield* expect(textOf(yield* one.refresh(component, authorizer)) === "new", "the refresh token was lost")
      })
    )
  },
  {
    name: "a change in one process is told in the others within two seconds",
    run: Effect.scoped(
      Effect.gen(function* () {
        const [one, other] = [yield* open, yield* open]
        const key = yield* account
        const token = yield* issued("new")
        const heard = yield* Deferred.make<void>()
        const listening = Stream.runForEach(other.changes, (path) =>
          path === key.path ? Deferred.succeed(heard, undefined) : Effect.void
        )
        // Nobody knows when a listener is ready, so it is told until it has heard.
        const telling = Effect.gen(function* () {
          const lease = yield* granted(one, key)
          yield* one.keep(lease, { token })
          yield* one.release(lease)
        }).pipe(Effect.andThen(Effect.sleep("50 millis")), Effect.forever)
        yield* Deferred.await(heard).pipe(
          Effect.raceFirst(listening),
          Effect.raceFirst(telling),
          Effect.timeoutOrElse({ duration: "2 seconds", orElse: () => expect(false, "the other was not told") })
        )
        yield* expect(yield* Deferred.isDone(heard), "the changes end")
      })
    )
  }
]

const lasting: ReadonlyArray<Case<Opening>> = [
  {
    name: "tokens, tickets and refresh tokens outlive the process",
    run: Effect.gen(function* () {
      const { authorizer, component, key } = yield* authorization
      const token = yield* issued("lasting")
      yield* process((vault) =>
        Effect.gen(function* () {
          yield* vault.keep(yield* granted(vault, key), { token, refresh: secretOf("refresh") })
          yield* vault.keepTicket(component, secretOf("ticket"))
        })
      )
      yield* process((vault) =>
        Effect.gen(function* () {
          yield* expect(isLike(yield* vault.token(key), token), "the token is gone, or has changed")
          yield* expect(textOf(yield* vault.refresh(component, authorizer)) === "refresh", "the refresh token is gone")
          yield* expect(textOf(yield* vault.ticket(component)) === "ticket", "the ticket is gone")
        })
      )
    })
  },
  {
    name: "fences go on where the last process left them, and its leases end",
    run: Effect.gen(function* () {
      const key = yield* account
      const lost = yield* process((vault) => granted(vault, key, brief))
      yield* process((vault) =>
        Effect.gen(function* () {
          const lease = yield* grantedLater(vault, key)
          yield* expect(lease.fence > lost.fence, `fence ${lease.fence} follows ${lost.fence}`)
          yield* expect(!(yield* vault.keep(lost, { token: yield* issued("late") })), "a late write was taken")
        })
      )
    })
  },
  {
    name: "a lease outlives the process that holds it, until it ends",
    run: Effect.gen(function* () {
      const key = yield* account
      yield* process((vault) => granted(vault, key))
      yield* process((vault) =>
        Effect.gen(function* () {
          yield* expect(!isLease(yield* vault.lease(key, long)), "the lease is gone")
        })
      )
    })
  },
  {
    name: "an account that has withdrawn stays forgotten",
    run: Effect.gen(function* () {
      const { authorizer, component, key } = yield* authorization
      yield* process((vault) =>
        Effect.andThen(
          vault.authorize(component, authorizer, { refresh: secretOf("refresh") }),
          vault.unauthorize(component, authorizer)
        )
      )
      yield* process((vault) =>
        Effect.gen(function* () {
          yield* expect((yield* vault.refresh(component, authorizer)) === undefined, "the refresh token is back")
          yield* expect((yield* vault.token(key)) === undefined, "there is a token")
        })
      )
    })
  }
]

export const sharedCases: ReadonlyArray<Case<Opening>> = [...living, ...lasting]
