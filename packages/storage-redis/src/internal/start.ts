/** What is looked at before anything is read or written: whose data it is, and which key it is sealed with. */
import type * as Seal from "@wechat/core/Seal"
import { VaultError } from "@wechat/core/Vault"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { Connection } from "./connection.ts"
import * as Scripts from "./scripts.ts"
import { keyOf } from "./vault.ts"

const markPath = "wechat-tokens"
const mark = Redacted.make("wechat tokens")

/** The fields that hold secrets. */
const secrets = ["token", "refresh", "ticket"]

const Page = Schema.Tuple([Schema.String, Schema.Array(Schema.String)])
const page = Schema.decodeUnknownEffect(Page)

interface Place {
  readonly connection: Connection
  readonly seal: Seal.Seal
  readonly prefix: string
}

/** The characters of a prefix that mean something in a pattern. */
const literal = (prefix: string): string => prefix.replace(/[\\*?[\]]/g, "\\$&")

const resealField = Effect.fnUntraced(function* ({ connection, seal }: Place, key: string, field: string) {
  const sealed = yield* connection.run(Scripts.field, key, [field])
  if (typeof sealed !== "string" || seal.isCurrent(sealed)) return 0
  const place = `${key}.${field}`
  const secret = yield* seal.open(sealed, place)
  const done = yield* connection.run(Scripts.replaceField, key, [field, sealed, yield* seal.seal(secret, place)])
  return done === 1 ? 1 : 0
})

/** Seals everything with the key of today. A secret that is replaced meanwhile is left alone. */
const reseal = Effect.fnUntraced(function* (place: Place) {
  let cursor = "0"
  let count = 0
  do {
    const answer = yield* place.connection.ask("SCAN", cursor, "MATCH", `${literal(place.prefix)}:{*`, "COUNT", "1000")
    const [next, keys] = yield* Effect.mapError(
      page(answer),
      () => new VaultError({ detail: "Redis answers SCAN in a form that is not known" })
    )
    for (const key of keys) {
      for (const field of secrets) count += yield* resealField(place, key, field)
    }
    cursor = next
  } while (cursor !== "0")
  return count
})

/** Where the least used keys are thrown away, a refresh token may be among them. */
const checkEviction = Effect.fnUntraced(function* ({ connection }: Place) {
  const info = yield* connection.ask("INFO", "memory")
  const policy = /maxmemory_policy:(allkeys-\w+)/.exec(String(info))?.[1]
  if (policy !== undefined) {
    yield* Effect.logWarning(
      `Redis throws keys away when its memory is full (maxmemory-policy ${policy}), refresh tokens among them: use noeviction`
    )
  }
})

/** A failure means that nothing was overwritten. */
export const check = Effect.fnUntraced(function* (place: Place, hasFormer: boolean) {
  const { connection, prefix, seal } = place
  const key = keyOf(prefix, markPath)
  const placeOf = `${key}.mark`
  const claimed = String(yield* connection.run(Scripts.claimField, key, ["mark", yield* seal.seal(mark, placeOf)]))
  const opened = yield* seal.open(claimed, placeOf)
  if (Redacted.value(opened) !== Redacted.value(mark)) {
    return yield* new VaultError({
      detail: `what is kept as ${key} is not the mark of this program: choose another prefix`
    })
  }
  if (hasFormer || !seal.isCurrent(claimed)) {
    const count = yield* reseal(place)
    if (!seal.isCurrent(claimed)) {
      yield* connection.run(Scripts.replaceField, key, ["mark", claimed, yield* seal.seal(mark, placeOf)])
    }
    yield* Effect.logInfo(`${count} secrets in Redis were sealed with the key ${seal.id ?? "none"} anew`)
  }
  yield* Effect.ignore(checkEviction(place))
})
