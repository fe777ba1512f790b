/** What makes two pushes the same. */
import * as App from "@wechat/core/App"
import * as Json from "@wechat/core/Json"
import * as Effect from "effect/Effect"
import type { Push } from "../Push.ts"
import { identify } from "./dispatch.ts"
import * as Engine from "./engine.ts"

const isId = (id: unknown): id is string | number | bigint =>
  typeof id === "string" || typeof id === "number" || typeof id === "bigint"

/**
 * The id of a message; sender, time, name and all other fields of an event, because shops have several events of one name in
 * one second.
 */
export const keyOf = (push: Push): Effect.Effect<string> => {
  const { MsgId } = push.fields
  const isMessage = identify(push.fields)[0] === "MsgType" && isId(MsgId)
  // The kept answer is written in the format of its push.
  const prefix = `${App.key(push.app)}:${push.format}`
  return isMessage
    ? Effect.succeed(`${prefix}:${String(MsgId).slice(0, 64)}`)
    : Effect.map(Engine.best().sha1(Json.stringify(push.fields)), (digest) => `${prefix}:${digest}`)
}
