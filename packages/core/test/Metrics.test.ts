import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as TestClock from "effect/testing/TestClock"
import { answering, broken, client, followers, json, never, send } from "./fixtures.ts"

const page = json({ total: 1, data: { openid: ["o1"] }, next_openid: "" })
const refused = json({ errcode: 40001, errmsg: "invalid credential" })

/** What an effect counts: `name endpoint outcome` to a number. */
const counted = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(Effect.exit(effect))
    yield* TestClock.adjust("1 hour")
    yield* Fiber.interrupt(fiber)
    const series = yield* Metric.snapshot
    return Object.fromEntries(
      series.map(({ attributes, id, state }) => [
        [id, ...Object.values(attributes ?? {})].join(" "),
        "count" in state ? state.count : undefined
      ])
    )
  }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))

describe("metrics", () => {
  it.effect("an answer", () =>
    Effect.gen(function* () {
      const counts = yield* counted(followers().pipe(Effect.provide(client(answering(page)))))
      assert.deepStrictEqual(counts, { "wechat_calls_total test.followers Success": 1 })
    })
  )

  it.effect("a refusal, by what it says, once however often it was tried", () =>
    Effect.gen(function* () {
      const counts = yield* counted(followers().pipe(Effect.provide(client(answering(broken("ECONNRESET"))))))
      assert.deepStrictEqual(counts, { "wechat_calls_total test.followers Unreachable": 1, wechat_retries_total: 3 })
    })
  )

  it.effect("a refused token, and the answer after it", () =>
    Effect.gen(function* () {
      const counts = yield* counted(followers().pipe(Effect.provide(client(answering(refused, page)))))
      assert.deepStrictEqual(counts, { "wechat_calls_total test.followers Success": 1, wechat_renewals_total: 1 })
    })
  )

  it.effect("input that does not fit", () =>
    Effect.gen(function* () {
      const call = send({ touser: "o1", count: 1.5 })
      const counts = yield* counted(call.pipe(Effect.provide(client(answering(page)))))
      assert.deepStrictEqual(counts, { "wechat_calls_total test.send InvalidInput": 1 })
    })
  )

  it.effect("an interruption", () =>
    Effect.gen(function* () {
      const call = followers().pipe(Effect.provide(client(answering(never))))
      const counts = yield* counted(Effect.timeout(call, "1 second"))
      assert.deepStrictEqual(counts, { "wechat_calls_total test.followers Interrupt": 1 })
    })
  )
})
