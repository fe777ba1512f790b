import { assert, describe, it } from "@effect/vitest"
import * as Durable from "@wechat/callback/Durable"
import type { Push } from "@wechat/callback/Push"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PersistedQueue from "effect/persistence/PersistedQueue"
import * as World from "./world.ts"

const { inTime, own, serve, text, wechat } = World

/** Stands for a database: what it holds outlives the processes. */
const database = Layer.provide(PersistedQueue.layer, PersistedQueue.layerStoreMemory)

const storing = Effect.flatMap(Durable.storing(), (handler) => serve({ receivers: own, handler }))

describe("a stored push", () => {
  it.effect("is handled by a process that comes later, as it was", () =>
    Effect.gen(function* () {
      const { to } = yield* storing
      const message = text("hi")
      assert.deepStrictEqual(yield* inTime(wechat(to, { format: "json" }).once(message)), { _tag: "Success" })
      const got: Array<Push> = []
      const handler = (push: Push) => Effect.sync(() => void got.push(push))
      yield* Layer.build(Durable.workers({ handler }))
      yield* inTime(Effect.sleep("1 second"))
      assert.deepStrictEqual(
        got.map(({ fields }) => fields),
        [message]
      )
    }).pipe(Effect.provide(database))
  )

  it.effect("is tried again when its handler fails, and stored once however often it is pushed", () =>
    Effect.gen(function* () {
      const [one, other] = [yield* storing, yield* storing]
      const tries: Array<Push> = []
      const handler = (push: Push) =>
        Effect.andThen(
          Effect.sync(() => tries.push(push)),
          tries.length < 2 ? Effect.fail("not yet") : Effect.void
        )
      yield* Layer.build(Durable.workers({ handler, concurrency: 2 }))
      const message = text("hi")
      yield* inTime(wechat(one.to).once(message))
      yield* inTime(wechat(other.to).once(message))
      yield* inTime(Effect.sleep("2 minutes"))
      assert.strictEqual(tries.length, 3)
    }).pipe(Effect.provide(database))
  )
})
