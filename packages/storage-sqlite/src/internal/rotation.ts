/** The key of the file: whether it is the right one, and what becomes of what former keys have sealed. */
import type { Seal } from "@wechat/core/Seal"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type Connection, run, transaction } from "./database.ts"

/** Where a sealed text stands, and what it is sealed for. */
const columns = [
  { table: "records", id: "path", column: "token", place: (id: string) => `token of ${id}` },
  { table: "records", id: "path", column: "refresh", place: (id: string) => `refresh token of ${id}` },
  { table: "tickets", id: "component", column: "ticket", place: (id: string) => `ticket of ${id}` },
  { table: "about", id: "name", column: "value", place: (id: string) => id }
] as const

/** What a token, a refresh token and a ticket are sealed for. */
export const places = { token: columns[0].place, refresh: columns[1].place, ticket: columns[2].place }

const check = "key check"

/** A text that every process opens first: it tells a wrong key before anything is written with it. */
const prove = Effect.fnUntraced(function* (connection: Connection, seal: Seal) {
  const mine = yield* seal.seal(Redacted.make("the key is right"), check)
  const kept = yield* run(connection, (database) => {
    database.prepare("INSERT INTO about (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING").run(check, mine)
    return String(database.prepare("SELECT value FROM about WHERE name = ?").get(check)?.["value"])
  })
  yield* seal.open(kept, check)
})

const outdated = (connection: Connection, seal: Seal) =>
  run(connection, (database) =>
    columns.flatMap((where) =>
      database
        .prepare(
          `SELECT ${where.id} AS id, ${where.column} AS sealed FROM ${where.table} WHERE ${where.column} IS NOT NULL`
        )
        .all()
        .map(({ id, sealed }) => ({ where, id: String(id), sealed: String(sealed) }))
        .filter(({ sealed }) => !seal.isCurrent(sealed))
    )
  )

/** Seals anew what the key of today has not sealed. What somebody replaces meanwhile is left alone. */
const reseal = Effect.fnUntraced(function* (connection: Connection, seal: Seal) {
  const found = yield* outdated(connection, seal)
  if (found.length === 0) return
  const anew = yield* Effect.forEach(found, ({ id, sealed, where }) =>
    Effect.map(
      Effect.flatMap(seal.open(sealed, where.place(id)), (text) => seal.seal(text, where.place(id))),
      (fresh) => ({ id, sealed, where, fresh })
    )
  )
  yield* transaction(connection, (database) => {
    for (const { fresh, id, sealed, where } of anew) {
      database
        .prepare(`UPDATE ${where.table} SET ${where.column} = ? WHERE ${where.id} = ? AND ${where.column} = ?`)
        .run(fresh, id, sealed)
    }
  })
  yield* Effect.logInfo(`${connection.path}: ${anew.length} texts were sealed with the new key`)
})

/** Fails where the key is not that of the file. */
export const settleKey = (connection: Connection, seal: Seal) =>
  Effect.andThen(prove(connection, seal), reseal(connection, seal))
