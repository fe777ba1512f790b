import * as Seal from "@wechat/core/Seal"
import * as Effect from "effect/Effect"
import { DatabaseSync } from "node:sqlite"
import { make } from "../src/internal/keeping.ts"
import { migrate } from "../src/internal/schema.ts"

/** The vault's own tables and statements, without a disk, for virtual time. */
export const inProcess = Effect.gen(function* () {
  const database = yield* Effect.acquireRelease(
    Effect.sync(() => new DatabaseSync(":memory:")),
    (database) => Effect.sync(() => database.close())
  )
  const connection = { database, path: ":memory:" }
  yield* migrate(connection)
  const { keeping } = yield* make(connection, yield* Seal.make({}))
  return keeping
})
