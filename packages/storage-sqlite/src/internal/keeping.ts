/** The vault over one connection. Every operation is one statement, so a kill leaves all of it or nothing. */
import * as App from "@wechat/core/App"
import type { Seal } from "@wechat/core/Seal"
import * as Token from "@wechat/core/Token"
import type { Keeping, VaultError } from "@wechat/core/Vault"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import type * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { type Connection, run } from "./database.ts"
import { places } from "./rotation.ts"

const ticketLife = Duration.toMillis(Duration.hours(12))

const nextChange = "(SELECT coalesce(max(changed), 0) + 1 FROM records)"

/**
 * A lease counts until its end. A clock that was set back prolongs it by its own length at most; less than that has to count,
 * since the time of one who had to wait for the file may be from before the begin of a lease that was granted meanwhile.
 */
const statements = {
  token: "SELECT token, expires, due, forced FROM records WHERE path = ?",
  lease: `
    INSERT INTO records (path, fence, since, until, changed) VALUES (?1, 1, ?2, ?3, 0)
    ON CONFLICT (path) DO UPDATE SET fence = fence + 1, since = ?2, until = ?3
    WHERE NOT (?2 >= since - (until - since) AND ?2 < until)
    RETURNING fence`,
  until: "SELECT until FROM records WHERE path = ?",
  fence: "SELECT fence FROM records WHERE path = ?",
  keep: `
    UPDATE records SET token = ?3, expires = ?4, due = ?5, forced = ?6, written = fence,
      refresh = coalesce(?7, refresh), changed = ${nextChange}
    WHERE path = ?1 AND fence = ?2`,
  release: "UPDATE records SET until = 0 WHERE path = ?1 AND fence = ?2",
  replace: `
    INSERT INTO records (path, fence, since, until, token, expires, due, forced, written, refresh, changed)
    VALUES (?1, 1, 0, 0, ?2, ?3, ?4, ?5, 1, ?6, ${nextChange})
    ON CONFLICT (path) DO UPDATE SET fence = fence + 1, until = 0, token = ?2, expires = ?3, due = ?4, forced = ?5,
      written = fence + 1, refresh = ?6, changed = ${nextChange}`,
  refresh: "SELECT refresh FROM records WHERE path = ?",
  ticket: "SELECT ticket FROM tickets WHERE component = ?1 AND until > ?2",
  keepTicket: `
    INSERT INTO tickets (component, ticket, until) VALUES (?1, ?2, ?3)
    ON CONFLICT (component) DO UPDATE SET ticket = ?2, until = ?3`,
  changed: "SELECT path, changed FROM records WHERE changed > ? ORDER BY changed",
  lastChange: "SELECT coalesce(max(changed), 0) AS changed FROM records",
  version: "PRAGMA data_version"
} as const

const account = (component: string, authorizer: string) => Token.Access(App.authorizer(component, authorizer)).path

const numbers = (text: unknown): ReadonlyArray<number> =>
  typeof text === "string" && text !== "" ? text.split(",").map(Number) : []

export const make = Effect.fnUntraced(function* (connection: Connection, seal: Seal) {
  const prepare = (sql: string) => run(connection, (database) => database.prepare(sql))
  const sql = yield* Effect.all({
    token: prepare(statements.token),
    lease: prepare(statements.lease),
    until: prepare(statements.until),
    fence: prepare(statements.fence),
    keep: prepare(statements.keep),
    release: prepare(statements.release),
    replace: prepare(statements.replace),
    refresh: prepare(statements.refresh),
    ticket: prepare(statements.ticket),
    keepTicket: prepare(statements.keepTicket),
    changed: prepare(statements.changed),
    lastChange: prepare(statements.lastChange),
    version: prepare(statements.version)
  })
  const changes = yield* PubSub.unbounded<string>()
  const tell = (path: string) => Effect.asVoid(PubSub.publish(changes, path))

  const opened = (text: unknown, place: string): Effect.Effect<Redacted.Redacted | undefined, VaultError> =>
    typeof text === "string" ? seal.open(text, place) : Effect.succeed(undefined)
  const sealed = (text: Redacted.Redacted | undefined, place: string): Effect.Effect<string | null> =>
    text === undefined ? Effect.succeed(null) : seal.seal(text, place)

  /** Takes an account's tokens away and puts others in their place, where there are any. */
  const replace = Effect.fnUntraced(function* (
    path: string,
    token: Token.Token | undefined,
    refresh: Redacted.Redacted | undefined
  ) {
    const value = yield* sealed(token?.value, places.token(path))
    const rotating = yield* sealed(refresh, places.refresh(path))
    const times = [token?.expires ?? null, token?.due ?? null, token?.forced.join(",") ?? null] as const
    yield* run(connection, () => sql.replace.run(path, value, ...times, rotating))
    yield* tell(path)
  })

  const keeping: Keeping = {
    token: ({ path }) =>
      Effect.gen(function* () {
        const row = yield* run(connection, () => sql.token.get(path))
        const value = yield* opened(row?.["token"], places.token(path))
        if (row === undefined || value === undefined) return undefined
        return new Token.Token({
          value,
          expires: Number(row["expires"]),
          due: Number(row["due"]),
          forced: numbers(row["forced"])
        })
      }),
    lease: (key, life) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const until = now + Math.ceil(Duration.toMillis(life))
        const row = yield* run(connection, () => sql.lease.get(key.path, now, until))
        if (row !== undefined) return { key, fence: Number(row["fence"]) }
        const held = yield* run(connection, () => sql.until.get(key.path))
        // It may have been given back in between: the wait is short then.
        return { left: Duration.millis(Math.max(1, Number(held?.["until"] ?? 0) - now)) }
      }),
    holds: ({ fence, key }) =>
      Effect.map(
        run(connection, () => sql.fence.get(key.path)),
        (row) => row?.["fence"] === fence
      ),
    keep: ({ fence, key: { path } }, { refresh, token }) =>
      Effect.gen(function* () {
        const value = yield* sealed(token.value, places.token(path))
        const rotating = yield* sealed(refresh, places.refresh(path))
        const { changes } = yield* run(connection, () =>
          sql.keep.run(path, fence, value, token.expires, token.due, token.forced.join(","), rotating)
        )
        if (Number(changes) === 0) return false
        yield* tell(path)
        return true
      }),
    release: ({ fence, key }) => Effect.asVoid(run(connection, () => sql.release.run(key.path, fence))),
    changes: Stream.fromPubSub(changes),

    ticket: (component) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const row = yield* run(connection, () => sql.ticket.get(component, now))
        return yield* opened(row?.["ticket"], places.ticket(component))
      }),
    keepTicket: (component, ticket) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const text = yield* seal.seal(ticket, places.ticket(component))
        yield* run(connection, () => sql.keepTicket.run(component, text, now + ticketLife))
      }),

    refresh: (component, authorizer) =>
      Effect.gen(function* () {
        const path = account(component, authorizer)
        const row = yield* run(connection, () => sql.refresh.get(path))
        return yield* opened(row?.["refresh"], places.refresh(path))
      }),
    authorize: (component, authorizer, { refresh, token }) => replace(account(component, authorizer), token, refresh),
    unauthorize: (component, authorizer) => replace(account(component, authorizer), undefined, undefined)
  }

  const seenOf = run(connection, () => Number(sql.lastChange.get()?.["changed"] ?? 0))
  const versionOf = run(connection, () => Number(sql.version.get()?.["data_version"] ?? 0))
  // In this order, what is written in between is told rather than missed.
  let version = yield* versionOf
  let seen = yield* seenOf

  /** Tells what other processes have written since the last time. */
  const look = Effect.gen(function* () {
    const now = yield* versionOf
    if (now === version) return
    const rows = yield* run(connection, () => sql.changed.all(seen))
    for (const { changed, path } of rows) {
      seen = Number(changed)
      yield* tell(String(path))
    }
    version = now
  })

  return { keeping, look }
})
