/**
 * Remembers pushes for as long as WeChat repeats them, so that each one is handled once.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as BackingPersistence from "effect/persistence/Persistence"
import * as Redis from "effect/persistence/Redis"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"

/**
 * The inbox is out of reach. The push is answered with an error, and WeChat repeats it.
 *
 * @since 0.1.0
 */
export class InboxError extends Schema.TaggedError<InboxError>("@wechat/callback/InboxError")("InboxError", {
  /** What happened. */
  detail: Schema.String
}) {
  override get message(): string {
    return `push inbox: ${this.detail}`
  }
}

/**
 * What is known of a push: nothing, so that whoever asked has it now; that somebody is at it; or its answer.
 *
 * @since 0.1.0
 */
export type Claim =
  | { readonly _tag: "First" }
  | { readonly _tag: "Pending" }
  | { readonly _tag: "Answered"; readonly answer: string }

/**
 * The contract of an inbox. Keys are text of at most 200 characters.
 *
 * @since 0.1.0
 */
export interface Remembering {
  /** Takes a push, unless somebody has it; for at most `life`, after which it is free again. */
  readonly claim: (key: string, life: Duration.Duration) => Effect.Effect<Claim, InboxError>
  /** Keeps the answer for `life`. */
  readonly settle: (key: string, answer: string, life: Duration.Duration) => Effect.Effect<void, InboxError>
  /** Gives a push back that could not be handled. */
  readonly release: (key: string) => Effect.Effect<void, InboxError>
}

const first: Claim = { _tag: "First" }
const pending: Claim = { _tag: "Pending" }
const answered = (answer: string): Claim => ({ _tag: "Answered", answer })

interface Kept {
  readonly claim: Claim
  /** Unix milliseconds. */
  readonly until: number
}

/** Milliseconds between sweeps. */
const sweep = 60_000

const memory = Effect.sync((): Remembering => {
  const all = new Map<string, Kept>()
  let swept = 0
  const clean = (now: number): void => {
    if (now - swept < sweep) return
    swept = now
    for (const [key, { until }] of all) if (now >= until) all.delete(key)
  }
  return {
    claim: (key, life) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        clean(now)
        const kept = all.get(key)
        if (kept !== undefined && now < kept.until) return kept.claim
        all.set(key, { claim: pending, until: now + Duration.toMillis(life) })
        return first
      }),
    settle: (key, answer, life) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        all.set(key, { claim: answered(answer), until: now + Duration.toMillis(life) })
      }),
    release: (key) => Effect.sync(() => void all.delete(key))
  }
})

/** The store's own words are left out: they may hold the answer. */
const failed = (what: string) => () => new InboxError({ detail: `${what} failed` })

const isAnswer = (value: object): value is { readonly answer: string } =>
  Predicate.hasProperty(value, "answer") && typeof value.answer === "string"

const persisted = Effect.gen(function* () {
  const store = yield* Effect.flatMap(BackingPersistence.BackingPersistence, (backing) =>
    backing.make("wechat-push-inbox")
  )
  // The store cannot test and set; within the process, claims wait for each other.
  const turn = yield* Semaphore.make(1)
  const remembering: Remembering = {
    claim: (key, life) =>
      Effect.gen(function* () {
        const kept = yield* store.get(key)
        if (kept !== undefined) return isAnswer(kept) ? answered(kept.answer) : pending
        yield* store.set(key, {}, life)
        return first
      }).pipe(turn.withPermits(1), Effect.mapError(failed("looking a push up"))),
    settle: (key, answer, life) => Effect.mapError(store.set(key, { answer }, life), failed("keeping an answer")),
    release: (key) => Effect.mapError(store.remove(key), failed("giving a push back"))
  }
  return remembering
})

/** Marks a claim, and stands before an answer. */
const mark = "?"
const sign = "="

const redis = Effect.fnUntraced(function* (prefix: string) {
  const { send } = yield* Redis.Redis
  const millis = (life: Duration.Duration) => String(Math.ceil(Duration.toMillis(life)))
  const remembering: Remembering = {
    claim: (key, life) =>
      Effect.gen(function* () {
        const taken = yield* send<string | null>("SET", prefix + key, mark, "NX", "PX", millis(life))
        if (taken !== null) return first
        const kept = yield* send<string | null>("GET", prefix + key)
        return typeof kept === "string" && kept.startsWith(sign) ? answered(kept.slice(sign.length)) : pending
      }).pipe(Effect.mapError(failed("looking a push up"))),
    settle: (key, answer, life) =>
      Effect.mapError(send("SET", prefix + key, sign + answer, "PX", millis(life)), failed("keeping an answer")),
    release: (key) => Effect.mapError(send("DEL", prefix + key), failed("giving a push back"))
  }
  return remembering
})

/**
 * Where pushes are remembered. A server without one remembers in its own memory.
 *
 * @since 0.1.0
 */
export class Inbox extends Context.Service<Inbox, Remembering>()("@wechat/callback/Inbox") {
  /** In this process. */
  static readonly layerMemory: Layer.Layer<Inbox> = Layer.effect(Inbox, memory)

  /** In Redis, for any number of processes: exactly one of them gets a push. */
  static readonly layerRedis = (
    options: { readonly prefix?: string | undefined } = {}
  ): Layer.Layer<Inbox, never, Redis.Redis> => Layer.effect(Inbox, redis(options.prefix ?? "wechat:push:"))

  /**
   * In whatever Effect persists to: files, SQL, a key-value store. Such a store cannot test and set in one step, so two
   * processes that get the same push within a few milliseconds both handle it; WeChat's repetitions are seconds apart.
   */
  static readonly layerPersistence: Layer.Layer<Inbox, never, BackingPersistence.BackingPersistence> = Layer.effect(
    Inbox,
    persisted
  )
}

/** An inbox for a server that was given none. */
export const make: Effect.Effect<Remembering> = memory
