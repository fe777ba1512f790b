/** One connection to the file: what is run over it, and what its failures mean. */
import { VaultError } from "@wechat/core/Vault"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { DatabaseSync } from "node:sqlite"

/** A connection, and the name of its file for messages. */
export interface Connection {
  readonly database: DatabaseSync
  readonly path: string
}

/** How long an operation waits for the writes of other processes. */
const patience = Duration.seconds(10)
/** Between two tries: a write takes about a millisecond. */
const pause = Schedule.exponential("2 millis").pipe(
  Schedule.modifyDelay(({ duration }) => Effect.succeed(Duration.min(duration, Duration.millis(50)))),
  Schedule.jittered
)

/** SQLite's primary result codes, which are the low eight bits of the extended ones. */
const busy: ReadonlySet<number> = new Set([5, 6])
const meanings: ReadonlyMap<number, string> = new Map([
  [3, "may not be opened by this user"],
  [8, "is read-only"],
  [10, "cannot be read or written: the disk reports an error"],
  [11, "is damaged"],
  [13, "cannot grow: the disk is full"],
  [14, "cannot be opened: its folder has to exist, and this user has to be allowed to write in it"],
  [26, "is no SQLite database"]
])

/** SQLite's primary result code of a failure; 0 where it is none of SQLite's. */
const codeOf = (error: unknown): number =>
  error instanceof Error && "errcode" in error && typeof error.errcode === "number" ? error.errcode & 0xff : 0

export const failed = (path: string, detail: string): VaultError => new VaultError({ detail: `${path} ${detail}` })

interface Trouble {
  readonly code: number
  readonly error: VaultError
}

const troubleOf =
  (path: string) =>
  (error: unknown): Trouble => {
    const code = codeOf(error)
    const reason = error instanceof Error ? error.message : "no reason is given"
    return { code, error: failed(path, meanings.get(code) ?? `fails: ${reason}`) }
  }

/** Runs statements, and waits without blocking the process while another one writes. */
export const run = <A>({ database, path }: Connection, work: (database: DatabaseSync) => A) => {
  const once = Effect.try({ try: () => work(database), catch: troubleOf(path) })
  const isBusy = ({ code }: Trouble) => busy.has(code)
  const late = () => ({
    code: 0,
    error: failed(path, `has been locked by another process for ${Duration.format(patience)}`)
  })
  return once.pipe(
    Effect.catchIf(isBusy, () =>
      Effect.timeoutOrElse(Effect.retry(once, { schedule: pause, while: isBusy }), {
        duration: patience,
        orElse: () => Effect.fail(late())
      })
    ),
    Effect.mapError(({ error }) => error)
  )
}

const within =
  (begin: string) =>
  <A>(connection: Connection, work: (database: DatabaseSync) => A) =>
    run(connection, (database) => {
      database.exec(begin)
      try {
        const result = work(database)
        database.exec("COMMIT")
        return result
      } catch (error) {
        if (database.isTransaction) database.exec("ROLLBACK")
        throw error
      }
    })

/** All of it or nothing. */
export const transaction = within("BEGIN IMMEDIATE")

/** Reads that all see the same moment. */
export const snapshot = within("BEGIN")
