/** The contract of a vault. */
import * as Token from "@wechat/core/Token"
import { isLease, Vault } from "@wechat/core/Vault"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
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
  secretOf,
  textOf
} from "./case.ts"

const reading: ReadonlyArray<Case<Vault>> = [
  {
    name: "holds nothing under a key that nobody has written",
    run: Effect.gen(function* () {
      const vault = yield* Vault
      const { authorizer, component, key } = yield* authorization
      yield* expect((yield* vault.token(key)) === undefined, "there is a token")
      yield* expect((yield* vault.ticket(component)) === undefined, "there is a ticket")
      yield* expect((yield* vault.refresh(component, authorizer)) === undefined, "there is a refresh token")
    })
  },
  {
    name: "gives a token back as it was kept, with its times, to whoever asks",
    run: Effect.gen(function* () {
      const vault = yield* Vault
      const key = yield* account
      const token = yield* issued("密 token/+=\"'\\\n")
      yield* expect(yield* vault.keep(yield* granted(vault, key), { token }), "the token was not kept")
      const found = yield* Effect.all([vault.token(key), vault.token(Token.Access(key.app))])
      yield* expect(
        found.every((one) => isLike(one, token)),
        "the token, or one of its times, has changed"
      )
    })
  },
  {
    name: "gives a token back after its end as well",
    run: Effect.gen(function* () {
      const vault = yield* Vault
      const key = yield* account
      const token = Token.issued({ value: secretOf("old"), now: 1_000, expiresIn: 7200, margin: 600 })
      yield* expect(yield* vault.keep(yield* granted(vault, key), { token }), "the token was not kept")
      yield* expect((yield* vault.token(key))?.same(token) === true, "the token is gone")
    })
  },
  {
    name: "tells access tokens, tickets of either type, and accounts apart",
    run: Effect.gen(function* () {
      const vault = yield* Vault
      const key = yield* account
      const { key: other } = yield* authorization
      const keys = [key, Token.Ticket(key.app, "jsapi"), Token.Ticket(key.app, "wx_card"), other]
      for (const one of keys) {
        yield* vault.keep(yield* granted(vault, one), { token: yield* issued(one.path) })
      }
      for (const one of keys) {
        yield* expect(textOf((yield* vault.token(one))?.value) === one.path, `${one.path} holds another's token`)
      }
    })
  },
  {
    name: "replaces a token by the next one",
    run: Effect.gen(function* () {
      const vault = yield* Vault
      const key = yield* account
      const first = yield* granted(vault, key)
      yield* vault.keep(first, { token: yield* issued("one") })
      yield* vault.release(first)
      yield* vault.keep(yield* granted(vault, key), { token: yield* issued("two") })
      yield* expect(textOf((yield* vault.token(key))?.value) === "two", "the first token is still there")
    })
  },
  {
    name: "tells who listens that a token has changed",
    run: Effect.gen(function* () {
      const vault = yield* Vault
      const key = yield* account
      const token = yield* issued("new")
      const heard = yield* Deferred.make<void>()
      const listening = Stream.runForEach(vault.changes, (path) =>
        path === key.path ? Deferred.succeed(heard, undefined) : Effect.void
      )
      // Nobody knows when a listener is ready, so it is told until it has heard.
      const telling = Effect.gen(function* () {
        const lease = yield* granted(vault, key)
        yield* vault.keep(lease, { token })
        yield* vault.release(lease)
      }).pipe(Effect.andThen(Effect.sleep("20 millis")), Effect.forever)
      yield* Deferred.await(heard).pipe(
        Effect.raceFirst(listening),
        Effect.raceFirst(telling),
        Effect.timeoutOrElse({ duration: "5 seconds", orElse: () => expect(false, "nobody was told") })
      )
      yield* expect(yield* Deferred.isDone(heard), "the changes end")
    })
  }
]

const leases: ReadonlyArray<Case<Vault>> = [
  {
    name: "gives a lease to one alone, and says how long it lasts",
    run: Effect.gen(function* () {
      const vault = yield* Vault
      const key = yield* account
      const lease = yield* granted(vault, key)
      const answer = yield* vault.lease(key, long)
      if (isLease(answer)) return yield* expect(false, "two hold the lease")
      const left = Duration.toMillis(answer.left)
      yield* expect(left > 0 && left <= Duration.toMillis(long), `a lease of a minute has ${left} ms left`)
      yield* expect(yield* vault.holds(lease), "the lease does not count")
    })
  },
  {
    name: "of a hundred who ask at once, one gets the lease",
    run: Effect.gen(function* () {
      const vault = yield* Vault
      const key = yield* account
      const answers = yield* Effect.all(
        Array.from({ length: 100 }, () => vault.lease(key, long)),
        { concurrency: "unbounded" }
      )
      const count = answers.filter(isLease).length
      yield* expect(count === 1, `${count} hold the lease`)
    })
  },
  {
    name: "leases of different keys do not disturb each other",
    run: Effect.gen(function* () {
      const vault = yield* Vault
      const key = yield* account
      yield* granted(vault, key)
      yield* granted(vault, Token.Ticket(key.app, "jsapi"))
      yield* granted(vault, yield* account)
    })
  },
  {
    name: "gives the lease to the next one when it is released, under a greater fence",
    run: Effect.gen(function* () {
      const vault = yield* Vault
      const key = yield* account
      const first = yield* granted(vault, key)
      yield* vault.release(first)
      const second = yield* granted(vault, key)
      yield* expect(second.fence > first.fence, `fence ${second.fence} follows ${first.fence}`)
    })
  },
  {
    name: "ends a lease by itself, and then refuses what its holder writes",
    run: Effect.gen(function* () {
      const vault = yield* Vault
      const key = yield* account
      const late = yield* granted(vault, key, brief)
      const next = yield* grantedLater(vault, key)
      yield* expect(next.fence > late.fence, `fence ${next.fence} follows ${late.fence}`)
      yield* expect(!(yield* vault.holds(late)), "a lost lease counts")
      yield* expect(!(yield* vault.keep(late, { token: yield* issued("late") })), "a late write was taken")
      yield* expect((yield* vault.token(key)) === undefined, "a late write was kept")
      yield* expect(yield* vault.keep(next, { token: yield* issued("next") }), "the holder could not write")
      yield* expect(!(yield* vault.keep(late, { token: yield* issued("late") })), "a late write was taken")
      yield* expect(textOf((yield* vault.token(key))?.value) === "next", "a late write has replaced the token")
    })
  },
  {
    name: "takes what a holder writes after the end of its lease, where nobody else has taken it since",
    run: Effect.gen(function* () {
      const vault = yield* Vault
      const key = yield* account
      const lease = yield* granted(vault, key, brief)
      yield* Effect.sleep(Duration.times(brief, 2))
      yield* expect(yield* vault.keep(lease, { token: yield* issued("slow") }), "the token was thrown away")
    })
  },
  {
    name: "a holder that lost its lease cannot release that of the next one",
    run: Effect.gen(function* () {
      const vault = yield* Vault
      const key = yield* account
      const late = yield* granted(vault, key, brief)
      const next = yield* grantedLater(vault, key)
      yield* vault.release(late)
      yield* expect(yield* vault.holds(next), "the lease was lost")
      yield* expect(!isLease(yield* vault.lease(key, long)), "two hold the lease")
    })
  },
  {
    name: "fences only grow, whatever happens in between",
    run: Effect.gen(function* () {
      const vault = yield* Vault
      const { authorizer, component, key } = yield* authorization
      let last = 0
      for (let time = 0; time < 10; time++) {
        const lease = yield* granted(vault, key)
        yield* expect(lease.fence > last, `fence ${lease.fence} follows ${last}`)
        last = lease.fence
        if (time % 3 === 0) yield* vault.keep(lease, { token: yield* issued(`${time}`) })
        if (time % 3 === 1) yield* vault.unauthorize(component, authorizer)
        else yield* vault.release(lease)
      }
    })
  }
]

const rotating: ReadonlyArray<Case<Vault>> = [
  {
    name: "keeps the verify ticket that came last",
    run: Effect.gen(function* () {
      const vault = yield* Vault
      const { component } = yield* authorization
      yield* vault.keepTicket(component, secretOf("ticket@@@one"))
      yield* vault.keepTicket(component, secretOf("ticket@@@two"))
      yield* expect(textOf(yield* vault.ticket(component)) === "ticket@@@two", "it is another ticket")
    })
  },
  {
    name: "keeps a refresh token together with the token that it came with",
    run: Effect.gen(function* () {
      const vault = yield* Vault
      const { authorizer, component, key } = yield* authorization
      yield* vault.authorize(component, authorizer, { refresh: secretOf("first"), token: yield* issued("a") })
      const lease = yield* granted(vault, key)
      yield* expect(textOf((yield* vault.token(key))?.value) === "a", "the token of the authorization is not there")
      yield* vault.keep(lease, { token: yield* issued("b"), refresh: secretOf("second") })
      yield* expect(textOf((yield* vault.token(key))?.value) === "b", "the token was not kept")
      yield* expect(textOf(yield* vault.refresh(component, authorizer)) === "second", "the refresh token was lost")
    })
  },
  {
    name: "keeps the refresh token where a renewal brings none",
    run: Effect.gen(function* () {
      const vault = yield* Vault
      const { authorizer, component, key } = yield* authorization
      yield* vault.authorize(component, authorizer, { refresh: secretOf("only") })
      yield* vault.keep(yield* granted(vault, key), { token: yield* issued("a") })
      yield* expect(textOf(yield* vault.refresh(component, authorizer)) === "only", "the refresh token was lost")
    })
  },
  {
    name: "refuses a refresh token with the write that it belongs to",
    run: Effect.gen(function* () {
      const vault = yield* Vault
      const { authorizer, component, key } = yield* authorization
      yield* vault.authorize(component, authorizer, { refresh: secretOf("first") })
      const late = yield* granted(vault, key, brief)
      const next = yield* grantedLater(vault, key)
      yield* vault.keep(next, { token: yield* issued("b"), refresh: secretOf("second") })
      const late2 = yield* vault.keep(late, { token: yield* issued("c"), refresh: secretOf("late") })
      yield* expect(!late2, "a late write was taken")
      yield* expect(textOf(yield* vault.refresh(component, authorizer)) === "second", "the refresh token was lost")
    })
  },
  {
    name: "a new authorization voids what was there, and renewals under way",
    run: Effect.gen(function* () {
      const vault = yield* Vault
      const { authorizer, component, key } = yield* authorization
      yield* vault.authorize(component, authorizer, { refresh: secretOf("first"), token: yield* issued("a") })
      const lease = yield* granted(vault, key)
      yield* vault.authorize(component, authorizer, { refresh: secretOf("second") })
      yield* expect((yield* vault.token(key)) === undefined, "the old token is still there")
      yield* expect(!(yield* vault.holds(lease)), "the lease still counts")
      const old = yield* vault.keep(lease, { token: yield* issued("b"), refresh: secretOf("old") })
      yield* expect(!old, "a renewal of the old authorization was taken")
      yield* expect(textOf(yield* vault.refresh(component, authorizer)) === "second", "the refresh token was lost")
      yield* granted(vault, key)
    })
  },
  {
    name: "forgets an account that has withdrawn, and renewals under way, but no other",
    run: Effect.gen(function* () {
      const vault = yield* Vault
      const { authorizer, component, key } = yield* authorization
      const { authorizer: other } = yield* authorization
      yield* vault.authorize(component, other, { refresh: secretOf("other") })
      yield* vault.authorize(component, authorizer, { refresh: secretOf("first"), token: yield* issued("a") })
      const lease = yield* granted(vault, key)
      yield* vault.unauthorize(component, authorizer)
      const old = yield* vault.keep(lease, { token: yield* issued("b"), refresh: secretOf("old") })
      yield* expect(!old, "a renewal of the old authorization was taken")
      yield* expect((yield* vault.token(key)) === undefined, "the token is still there")
      yield* expect((yield* vault.refresh(component, authorizer)) === undefined, "the refresh token is still there")
      yield* expect(textOf(yield* vault.refresh(component, other)) === "other", "another account was forgotten")
    })
  },
  {
    name: "tells accounts apart whose appids differ in case only",
    run: Effect.gen(function* () {
      const vault = yield* Vault
      const { component } = yield* authorization
      yield* vault.authorize(component, "wx_a", { refresh: secretOf("one") })
      yield* vault.authorize(component, "wx_A", { refresh: secretOf("two") })
      yield* expect(textOf(yield* vault.refresh(component, "wx_a")) === "one", "an account has another's secret")
      yield* expect(textOf(yield* vault.refresh(component, "wx_A")) === "two", "an account has another's secret")
      yield* expect((yield* vault.refresh(component, "wx%a")) === undefined, "an account has another's secret")
    })
  }
]

export const vaultCases: ReadonlyArray<Case<Vault>> = [...reading, ...leases, ...rotating]
