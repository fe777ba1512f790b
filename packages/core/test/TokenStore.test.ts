import { assert, describe, it } from "@effect/vitest"
import * as App from "@wechat/core/App"
import { NoToken } from "@wechat/core/Error"
import * as Token from "@wechat/core/Token"
import { cached } from "@wechat/core/TokenStore"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as PubSub from "effect/PubSub"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"

const key = Token.Access(App.common("wx1"))
const valueOf = (token: Token.Token) => Redacted.value(token.value)

/** A source that takes a second and answers T1, T2, ..., each good for two hours; `fail` lets the next fetches fail. */
const source = Effect.gen(function* () {
  let fetches = 0
  let failing = 0
  const changes = yield* PubSub.unbounded<string>()
  const stales: Array<string | undefined> = []
  const tokens = yield* cached({
    changes: Stream.fromPubSub(changes),
    fetch: (key, stale) =>
      Effect.gen(function* () {
        const number = ++fetches
        stales.push(stale === undefined ? undefined : valueOf(stale))
        yield* Effect.sleep("1 second")
        if (failing-- > 0) return yield* new NoToken({ key: key.path, detail: `failure ${number}` })
        const now = yield* Clock.currentTimeMillis
        return Token.issued({ value: Redacted.make(`T${number}`), now, expiresIn: 7200, margin: 600 })
      })
  })
  return {
    tokens,
    stales,
    fetches: () => fetches,
    fail: (times: number) => {
      failing = times
    },
    change: (path: string) => PubSub.publish(changes, path)
  }
})

/** Runs an effect for the second that a fetch takes. */
const soon = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect)
    yield* TestClock.adjust("1 second")
    return yield* Fiber.join(fiber)
  })

describe("what is held", () => {
  it.effect("is there for calls until it is due, or somebody else has written", () =>
    Effect.gen(function* () {
      const { change, fetches, tokens } = yield* source
      const held = Effect.map(Clock.currentTimeMillis, (now) => tokens.held?.(key, now))
      assert.isUndefined(yield* held)
      const token = yield* soon(tokens.get(key))
      assert.strictEqual(yield* held, token)
      yield* TestClock.adjust("110 minutes")
      assert.isUndefined(yield* held)
      // Reading starts nothing.
      assert.strictEqual(fetches(), 1)

      assert.strictEqual(yield* tokens.get(key), token)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(valueOf((yield* held) ?? token), "T2")
      yield* change(key.path)
      yield* Effect.yieldNow
      assert.isUndefined(yield* held)
    })
  )
})

describe("one fetch for all", () => {
  it.effect("100 callers share it", () =>
    Effect.gen(function* () {
      const { fetches, tokens } = yield* source
      const all = yield* soon(
        Effect.all(
          Array.from({ length: 100 }, () => tokens.get(key)),
          { concurrency: "unbounded" }
        )
      )
      assert.deepStrictEqual([...new Set(all.map(valueOf))], ["T1"])
      assert.strictEqual(fetches(), 1)
    })
  )

  it.effect("it goes on when the caller that began it is interrupted", () =>
    Effect.gen(function* () {
      const { fetches, tokens } = yield* source
      const first = yield* Effect.forkChild(tokens.get(key), { startImmediately: true })
      const second = yield* Effect.forkChild(tokens.get(key), { startImmediately: true })
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(valueOf(yield* Fiber.join(second)), "T1")
      assert.strictEqual(fetches(), 1)
    })
  )

  it.effect("each key has its own", () =>
    Effect.gen(function* () {
      const { fetches, tokens } = yield* source
      yield* soon(Effect.all([tokens.get(key), tokens.get(Token.Ticket(key.app, "jsapi"))], { concurrency: 2 }))
      assert.strictEqual(fetches(), 2)
    })
  )
})

describe("renewal", () => {
  it.effect("ten minutes before the end it happens in the background, and nobody waits", () =>
    Effect.gen(function* () {
      const { fetches, tokens } = yield* source
      yield* soon(tokens.get(key))
      yield* TestClock.adjust("110 minutes")
      assert.strictEqual(valueOf(yield* tokens.get(key)), "T1")
      assert.strictEqual(valueOf(yield* tokens.get(key)), "T1")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(valueOf(yield* tokens.get(key)), "T2")
      assert.strictEqual(fetches(), 2)
    })
  )

  it.effect("after the end callers wait for it", () =>
    Effect.gen(function* () {
      const { tokens } = yield* source
      yield* soon(tokens.get(key))
      yield* TestClock.adjust("3 hours")
      assert.strictEqual(valueOf(yield* soon(tokens.get(key))), "T2")
    })
  )

  it.effect("100 refusals of one token cost one fetch, which is told what was refused", () =>
    Effect.gen(function* () {
      const { fetches, stales, tokens } = yield* source
      const stale = yield* soon(tokens.get(key))
      const all = yield* soon(
        Effect.all(
          Array.from({ length: 100 }, () => tokens.renew(key, stale)),
          { concurrency: "unbounded" }
        )
      )
      assert.deepStrictEqual([...new Set(all.map(valueOf))], ["T2"])
      assert.deepStrictEqual(stales, [undefined, "T1"])
      // A late refusal of the old one only reads.
      assert.strictEqual(valueOf(yield* tokens.renew(key, stale)), "T2")
      assert.strictEqual(fetches(), 2)
    })
  )

  it.effect("a refusal that meets a fetch that began before it is not answered with what was refused", () =>
    Effect.gen(function* () {
      const { tokens } = yield* source
      const refused = Token.issued({ value: Redacted.make("T1"), now: 0, expiresIn: 7200, margin: 600 })
      const get = yield* Effect.forkChild(tokens.get(key), { startImmediately: true })
      const renew = yield* Effect.forkChild(tokens.renew(key, refused), { startImmediately: true })
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(valueOf(yield* Fiber.join(get)), "T1")
      assert.strictEqual(valueOf(yield* Fiber.join(renew)), "T2")
    })
  )

  it.effect("when somebody else has changed a token, the next caller looks again", () =>
    Effect.gen(function* () {
      const { change, tokens } = yield* source
      yield* soon(tokens.get(key))
      yield* change(key.path)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(valueOf(yield* soon(tokens.get(key))), "T2")
    })
  )
})

describe("failures", () => {
  it.effect("one is told to all who waited, and not kept", () =>
    Effect.gen(function* () {
      const { fail, fetches, tokens } = yield* source
      fail(1)
      const failed = yield* soon(
        Effect.all([Effect.flip(tokens.get(key)), Effect.flip(tokens.get(key))], { concurrency: 2 })
      )
      assert.deepStrictEqual(
        failed.map((error) => error.detail),
        ["failure 1", "failure 1"]
      )
      assert.strictEqual(valueOf(yield* soon(tokens.get(key))), "T2")
      assert.strictEqual(fetches(), 2)
    })
  )

  it.effect("from the second in a row on, a storm of callers is no storm of requests", () =>
    Effect.gen(function* () {
      const { fail, fetches, tokens } = yield* source
      fail(1000)
      const storm = Effect.forever(Effect.andThen(Effect.ignore(tokens.get(key)), Effect.sleep("10 millis")))
      const fiber = yield* Effect.forkChild(storm)
      yield* TestClock.adjust("1 minute")
      yield* Fiber.interrupt(fiber)
      assert.isBelow(fetches(), 15)
      assert.isAbove(fetches(), 5)
    })
  )

  it.effect("a renewal ahead that fails leaves the old token in use, and is tried again after a while", () =>
    Effect.gen(function* () {
      const { fail, fetches, tokens } = yield* source
      yield* soon(tokens.get(key))
      yield* TestClock.adjust("111 minutes")
      fail(1)
      assert.strictEqual(valueOf(yield* soon(tokens.get(key))), "T1")
      assert.strictEqual(valueOf(yield* soon(tokens.get(key))), "T1")
      assert.strictEqual(fetches(), 2)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(valueOf(yield* soon(tokens.get(key))), "T1")
      assert.strictEqual(valueOf(yield* tokens.get(key)), "T3")
      assert.strictEqual(fetches(), 3)
    })
  )
})
