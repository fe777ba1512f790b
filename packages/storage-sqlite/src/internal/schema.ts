/** The tables, and how those of older versions become those of this one. */
import * as Effect from "effect/Effect"
import { type Connection, failed, run, snapshot, transaction } from "./database.ts"

/** Marks the file as ours: the letters WXTK. */
const applicationId = 0x5758544b

/**
 * `records` holds, per token, the last fence that was given out (it only grows, so a row is never deleted), the time of the
 * last lease, and the token with the fence that it was written under. `changed` numbers the writes of the whole file.
 */
const first = `
  CREATE TABLE records (
    path TEXT NOT NULL PRIMARY KEY,
    fence INTEGER NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    token TEXT,
    expires INTEGER,
    due INTEGER,
    forced TEXT,
    written INTEGER,
    refresh TEXT,
    changed INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX records_changed ON records (changed);
  CREATE TABLE tickets (
    component TEXT NOT NULL PRIMARY KEY,
    ticket TEXT NOT NULL,
    until INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE about (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`

/** Step n leads from version n to version n + 1. Steps that were released are never changed. */
export const steps: ReadonlyArray<string> = [first]

interface Header {
  readonly version: number
  readonly isOurs: boolean
  readonly isEmpty: boolean
}

const numberOf = (row: Record<string, unknown> | undefined): number => {
  const [value] = Object.values(row ?? {})
  return typeof value === "number" ? value : 0
}

const header = (connection: Connection) =>
  snapshot(connection, (database): Header => ({
    version: numberOf(database.prepare("PRAGMA user_version").get()),
    isOurs: numberOf(database.prepare("PRAGMA application_id").get()) === applicationId,
    isEmpty: numberOf(database.prepare("SELECT count(*) FROM sqlite_schema").get()) === 0
  }))

const intact = (connection: Connection) =>
  Effect.flatMap(
    run(connection, (database) => Object.values(database.prepare("PRAGMA quick_check(1)").get() ?? {})[0]),
    (answer) => (answer === "ok" ? Effect.void : Effect.fail(failed(connection.path, "is damaged")))
  )

/** Whether the file is one that this version can work with. Nothing is written. */
export const inspect = Effect.fnUntraced(function* (connection: Connection, known = steps) {
  const { isEmpty, isOurs, version } = yield* header(connection)
  if (isEmpty && !isOurs && version === 0) return
  if (!isOurs) return yield* failed(connection.path, "is the database of another program")
  if (version > known.length) {
    return yield* failed(
      connection.path,
      `was written by a later version of this program (tables of version ${version}; this one knows ${known.length})`
    )
  }
  yield* intact(connection)
})

/** Brings the tables up to date. Of several processes that start at once one does it. */
export const migrate = (connection: Connection, known = steps) =>
  transaction(connection, (database) => {
    const version = numberOf(database.prepare("PRAGMA user_version").get())
    if (version >= known.length) return
    for (const step of known.slice(version)) database.exec(step)
    database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${known.length}`)
  })
