import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { isMissing } from "../../packages/storage-redis/test/server.ts"
import * as Redis from "../src/scenario/redis.ts"
import * as Storm from "../src/scenario/storm.ts"
import * as World from "../src/World.ts"

// The long versions, and those that wait for leases to end, are run by `pnpm faults`.
const size = { processes: 2, callers: 50 }
const patience = 60_000

const quiet = Effect.provide(Logger.layer([]))

it.live(
  "processes over one file: WeChat issues one token for each cold start and each refusal",
  () =>
    Effect.gen(function* () {
      const world = yield* World.make(yield* World.sqlite)
      const counts = yield* Storm.run(world, size)
      assert.strictEqual(counts["authorizer, refusal"], "1 mint")
    }).pipe(quiet),
  patience
)

describe.skipIf(isMissing)("processes over one Redis", () => {
  it.live(
    "WeChat issues one token for each cold start and each refusal, though their clocks are an hour apart",
    () =>
      Effect.gen(function* () {
        const world = yield* World.make(yield* World.redis)
        const counts = yield* Storm.run(world, { ...size, offsetOf: (index) => (index * 2 - 1) * 3_600_000 })
        assert.strictEqual(counts["authorizer, refusal"], "1 mint")
      }).pipe(quiet),
    patience
  )

  it.live(
    "nobody notices that Redis is restarted during a renewal",
    () =>
      Effect.map(quiet(Redis.restarted(size)), ({ failed, mints }) => assert.deepStrictEqual([failed, mints], [0, 1])),
    patience
  )

  it.live(
    "a Redis that has lost everything costs one token, and the refresh token is read from WeChat's list",
    () => Effect.map(quiet(Redis.flushed(size)), (counts) => assert.strictEqual(counts["read from the list"], 1)),
    patience
  )
})
