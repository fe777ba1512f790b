/** Opens the file, or says why it cannot be used. Nothing is written to one that is not ours. */
import { VaultError } from "@wechat/core/Vault"
import * as Effect from "effect/Effect"
import { closeSync, existsSync, openSync } from "node:fs"
import { resolve } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { type Connection, failed, run } from "./database.ts"
import { inspect, migrate } from "./schema.ts"

const systemMeanings: ReadonlyMap<unknown, string> = new Map([
  ["ENOENT", "cannot be made: its folder does not exist"],
  ["ENOTDIR", "cannot be made: its folder does not exist"],
  ["EACCES", "cannot be written: this user may not"],
  ["EPERM", "cannot be written: this user may not"],
  ["EROFS", "cannot be written: the file system is read-only"],
  ["EISDIR", "is a folder"],
  ["ENOSPC", "cannot be made: the disk is full"]
])

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "an unknown error"

/** What is in it are secrets, so a new file is for its owner alone. SQLite gives its other files the same rights. */
const touch = (path: string) =>
  Effect.try({
    try: () => closeSync(openSync(path, "a", 0o600)),
    catch: (error) => {
      const code = codeOf(error)
      return failed(path, systemMeanings.get(code) ?? `cannot be opened: ${code}`)
    }
  })

const connect = (path: string, readOnly: boolean) =>
  Effect.acquireRelease(
    Effect.try({
      try: (): Connection => ({ database: new DatabaseSync(path, { readOnly }), path }),
      catch: (error) =>
        failed(path, `cannot be opened: ${error instanceof Error ? error.message : "no reason is given"}`)
    }),
    ({ database }) => Effect.sync(() => database.close())
  )

/** A commit has reached the disk when it returns; a wait for other processes is ours, not SQLite's, which would block. */
const settle = (connection: Connection) =>
  Effect.flatMap(
    run(connection, (database) => {
      database.exec("PRAGMA busy_timeout = 0; PRAGMA trusted_schema = OFF; PRAGMA secure_delete = ON")
      const mode = Object.values(database.prepare("PRAGMA journal_mode = WAL").get() ?? {})[0]
      database.exec("PRAGMA synchronous = FULL")
      return mode
    }),
    (mode) =>
      mode === "wal"
        ? Effect.void
        : Effect.fail(failed(connection.path, "cannot be shared: its file system does not support a write-ahead log"))
  )

/** A connection to a file whose tables are there and up to date. */
export const open = Effect.fnUntraced(function* (name: string) {
  if (name.trim() === "" || name === ":memory:") {
    return yield* new VaultError({ detail: "the path has to name a file; for tokens in memory use storage-memory" })
  }
  const path = resolve(name)
  yield* touch(path)
  // A connection that may write would fold a foreign write-ahead log into its file when it closes. Without writing, on the
  // other hand, nobody can read a file whose writer was killed before there was such a log.
  const readOnly = !existsSync(`${path}-journal`)
  yield* Effect.scoped(Effect.flatMap(connect(path, readOnly), (connection) => inspect(connection)))
  const connection = yield* connect(path, false)
  yield* settle(connection)
  yield* migrate(connection)
  return connection
})
