/** How tokens stand in Redis: the secret sealed, its end in the time of Redis, other times as distances from its end. */
import { VaultError } from "@wechat/core/Vault"
import type * as Seal from "@wechat/core/Seal"
import * as Token from "@wechat/core/Token"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** The words of a token for the scripts that write one. */
export const words = Effect.fnUntraced(function* (seal: Seal.Seal, place: string, token: Token.Token) {
  const value = yield* seal.seal(token.value, place)
  const now = yield* Clock.currentTimeMillis
  const distances = token.forced.map((time) => token.expires - time)
  return [value, String(token.expires - now), String(token.expires - token.due), distances.join(",")]
})

const Words = Schema.Tuple([Schema.String, Schema.NumberFromString, Schema.NumberFromString, Schema.String])
const decode = Schema.decodeUnknownEffect(Words)

/** A token from what the script says that reads one; `now` is when it was asked. */
export const token = Effect.fnUntraced(function* (seal: Seal.Seal, place: string, got: unknown, now: number) {
  if (Array.isArray(got) && got.length === 0) return undefined
  const [value, left, lead, forced] = yield* Effect.mapError(
    decode(got),
    () => new VaultError({ detail: `what is kept as ${place} cannot be read` })
  )
  const expires = now + left
  return new Token.Token({
    value: yield* seal.open(value, place),
    expires,
    due: expires - lead,
    forced: forced === "" ? [] : forced.split(",").map((distance) => expires - Number(distance))
  })
})
