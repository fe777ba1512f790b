import { assert, describe, it } from "@effect/vitest"
import * as Settings from "@wechat/core/Settings"
import { Fault, Simulator } from "@wechat/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/testing/TestClock"
import * as Catalog from "./catalog.ts"
import { layer } from "./client.ts"

/** One attempt only: what a fault looks like, not what is done about it. */
const once = Settings.layer({ backoff: Schedule.recurs(0) })
const world = layer({ endpoints: Catalog.endpoints }).pipe(Layer.provideMerge(once))

const write = Catalog.write({ name: "n", level: 1 })

/** The reason for which a call fails under a fault. */
const reasonUnder = (fault: Fault.Fault) =>
  Effect.gen(function* () {
    const simulator = yield* Simulator
    yield* simulator.fail("/test/write", fault)
    return (yield* Effect.flip(write)).reason
  })

describe("a fault", () => {
  const faults: ReadonlyArray<readonly [string, Fault.Fault, object]> = [
    ["an HTTP status", Fault.status(502), { _tag: "Unreachable", sent: true, status: 502 }],
    ["a web page", Fault.html, { _tag: "Malformed" }],
    ["an empty body", Fault.empty, { _tag: "Malformed", detail: "an empty answer" }],
    ["a text that is no JSON", Fault.text('{"errcode":'), { _tag: "Malformed" }],
    ["a redirect", Fault.redirect("https://example.com/"), { _tag: "Unreachable", status: 302 }],
    ["a compressed answer", Fault.gzip, { _tag: "Malformed" }],
    ["half an answer", Fault.half, { _tag: "Unreachable", sent: true, detail: "the answer was cut off (ECONNRESET)" }],
    [
      "a broken connection",
      Fault.reset,
      { _tag: "Unreachable", sent: true, detail: "the connection failed with ECONNRESET" }
    ],
    ["a lost answer", Fault.lost, { _tag: "Unreachable", sent: true }],
    ["a refused connection", Fault.noConnection, { _tag: "Unreachable", sent: false }],
    ["a return code", Fault.refuse(48001), { _tag: "Forbidden", errcode: 48001 }]
  ]
  for (const [what, fault, reason] of faults) {
    it.effect(`can be ${what}`, () =>
      Effect.gen(function* () {
        assert.deepInclude(yield* reasonUnder(fault), reason)
      }).pipe(Effect.provide(world))
    )
  }

  it.effect("can be no answer, ever", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(reasonUnder(Fault.hang))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "Timeout")
    }).pipe(Effect.provide(world))
  )

  it.effect("can be an answer that is late", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.fail("/test/write", Fault.delay("3 seconds"))
      const fiber = yield* Effect.forkChild(write, { startImmediately: true })
      yield* TestClock.adjust("2999 millis")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 milli")
      yield* Fiber.join(fiber)
    }).pipe(Effect.provide(world))
  )

  it.effect("comes as often as it says, then the latest that does not say", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.fail("/test/write", { errcode: 1 })
      yield* simulator.fail("/test/write", { errcode: 2 })
      yield* simulator.fail("/test/write", { ...Fault.refuse(3), times: 1 })
      yield* simulator.status("/test/write", 503, "", 1)
      const codes = yield* Effect.forEach(Array.from({ length: 4 }), () =>
        Effect.map(Effect.flip(write), (error) => error.errcode)
      )
      assert.deepStrictEqual(codes, [3, undefined, 2, 2])
    }).pipe(Effect.provide(world))
  )

  it.effect("can hit some calls of a path", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.fail((call) => call.query["openid"] === "o1", { errcode: 40003 })
      assert.strictEqual((yield* Effect.flip(Catalog.read({ openid: "o1" }))).errcode, 40003)
      assert.strictEqual((yield* Catalog.read({ openid: "o2" })).openid, "o2")
    }).pipe(Effect.provide(world))
  )
})
