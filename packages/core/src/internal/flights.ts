/** Fetches under way: at most one for each key, whoever waits for it. */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { NoToken } from "../Error.ts"
import type * as Token from "../Token.ts"
import type { Source } from "../TokenStore.ts"

interface Entry {
  token: Token.Token | undefined
  flight: Deferred.Deferred<Token.Token, NoToken> | undefined
  /** Failures in a row. */
  failures: number
  failure: NoToken | undefined
  /** Unix milliseconds before which callers get that failure, and the source is left alone. */
  quietUntil: number
  /** Unix milliseconds before which nothing is renewed ahead. */
  contentUntil: number
}

interface Flights {
  readonly held: (key: Token.Key) => Token.Token | undefined
  /** A token other than `stale`, from the flight under way or a new one. */
  readonly fetch: (key: Token.Key, stale: Token.Token | undefined) => Effect.Effect<Token.Token, NoToken>
  /** Sees to it that a flight is under way, and waits for nothing. */
  readonly ahead: (key: Token.Key) => Effect.Effect<void>
}

/** A token that has no successor yet is asked for again after this time, in milliseconds. */
const sameAgain = 60_000
/** A renewal ahead that failed is tried again after this time, in milliseconds. */
const failedAgain = 10_000
/** The first pause after failures in a row, and the longest. */
const shortest = 250
const longest = 10_000
/** More keys than this, and those that hold nothing are forgotten. */
const many = 10_000

const pauseAfter = (failures: number): number =>
  failures < 2 ? 0 : Math.min(longest, shortest * 2 ** Math.min(failures - 2, 10))

export const flights = Effect.fnUntraced(function* (source: Source) {
  const scope = yield* Effect.scope
  const entries = new Map<string, Entry>()

  const sweep = () => {
    for (const [path, entry] of entries) {
      if (entry.token === undefined && entry.flight === undefined) entries.delete(path)
    }
  }

  const entryOf = (key: Token.Key): Entry => {
    const known = entries.get(key.path)
    if (known !== undefined) return known
    if (entries.size >= many) sweep()
    const made: Entry = {
      token: undefined,
      flight: undefined,
      failures: 0,
      failure: undefined,
      quietUntil: 0,
      contentUntil: 0
    }
    entries.set(key.path, made)
    return made
  }

  const land = (
    entry: Entry,
    flight: Deferred.Deferred<Token.Token, NoToken>,
    now: number,
    exit: Exit.Exit<Token.Token, NoToken>
  ) => {
    entry.flight = undefined
    if (Exit.isSuccess(exit)) {
      entry.token = exit.value
      entry.failures = 0
      entry.failure = undefined
      entry.quietUntil = 0
      entry.contentUntil = exit.value.isFresh(now) ? 0 : now + sameAgain
    } else {
      entry.failures++
      entry.failure = Option.getOrUndefined(Exit.findErrorOption(exit))
      entry.quietUntil = now + pauseAfter(entry.failures)
      entry.contentUntil = now + failedAgain
    }
    Deferred.doneUnsafe(flight, exit)
  }

  /** A flight goes on when the caller that started it is interrupted. */
  const start = (key: Token.Key, entry: Entry, stale: Token.Token | undefined) => {
    const flight = Deferred.makeUnsafe<Token.Token, NoToken>()
    entry.flight = flight
    return source.fetch(key, stale).pipe(
      Effect.onExit((exit) => Effect.map(Clock.currentTimeMillis, (now) => land(entry, flight, now, exit))),
      Effect.forkIn(scope),
      Effect.as(flight)
    )
  }

  const fetch = (key: Token.Key, stale: Token.Token | undefined): Effect.Effect<Token.Token, NoToken> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const entry = entryOf(key)
      if (entry.flight !== undefined) {
        // It may have begun before the refusal, and bring what was refused.
        return Effect.flatMap(Deferred.await(entry.flight), (token) =>
          stale?.same(token) === true ? fetch(key, stale) : Effect.succeed(token)
        )
      }
      if (entry.failure !== undefined && now < entry.quietUntil) return Effect.fail(entry.failure)
      return Effect.flatMap(start(key, entry, stale), Deferred.await)
    })

  const ahead = (key: Token.Key): Effect.Effect<void> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const entry = entryOf(key)
      return entry.flight !== undefined || now < entry.contentUntil
        ? Effect.void
        : Effect.asVoid(start(key, entry, undefined))
    })

  // Somebody has written: what is held may be void, and the next caller looks again.
  yield* Effect.forkScoped(
    Stream.runForEach(source.changes, (path) =>
      Effect.sync(() => {
        const entry = entries.get(path)
        if (entry !== undefined) entry.token = undefined
      })
    )
  )

  return { held: (key) => entries.get(key.path)?.token, fetch, ahead } satisfies Flights
})
