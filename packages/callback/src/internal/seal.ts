/** From an answer to the body of a response. */
import * as Json from "@wechat/core/Json"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Format, Push } from "../Push.ts"
import type { Answer, Reply } from "../Reply.ts"
import * as Xml from "../Xml.ts"
import type { Query, Seal } from "./open.ts"

export interface Body {
  readonly type: "text/plain" | "application/xml" | "application/json"
  readonly text: string
}

/** What tells WeChat that all is well. */
export const success: Body = { type: "text/plain", text: "success" }

const types = { xml: "application/xml", json: "application/json" } as const

const write = (format: Format, fields: Readonly<Record<string, unknown>>): string =>
  format === "xml" ? Xml.write(fields) : Json.stringify(fields)

const fieldsOf = (reply: Reply, { fields }: Push, seconds: number): Readonly<Record<string, unknown>> =>
  reply._tag === "Body"
    ? reply.fields
    : {
        ToUserName: fields["FromUserName"],
        FromUserName: fields["ToUserName"],
        CreateTime: seconds,
        MsgType: reply.type,
        ...reply.fields
      }

/** An answer as text, as it may be kept for a repetition; `""` is success. */
export const textOf = (answer: Answer, push: Push): Effect.Effect<string> =>
  answer === undefined || push.app._tag === "Component"
    ? Effect.succeed("")
    : Effect.map(Clock.currentTimeMillis, (now) => write(push.format, fieldsOf(answer, push, Math.floor(now / 1000))))

/** The text as it travels: in the mode and format of the push. */
export const bodyOf = (text: string, push: Push, seal: Seal | undefined, query: Query): Effect.Effect<Body> => {
  if (text === "") return Effect.succeed(success)
  if (seal === undefined) return Effect.succeed({ type: types[push.format], text })
  const { box, format, receiver } = seal
  return Effect.flatMap(box.seal(receiver.appid, text), (Encrypt) =>
    Effect.map(receiver.crypt.sign([query.timestamp, query.nonce, Encrypt]), (MsgSignature) => {
      const envelope = { Encrypt, MsgSignature, TimeStamp: Number(query.timestamp), Nonce: query.nonce }
      return { type: types[format], text: write(format, envelope) }
    })
  )
}
