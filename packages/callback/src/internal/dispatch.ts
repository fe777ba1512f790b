/** Finds the handler of a push. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Handler, Kind, Push, Table } from "../Push.ts"
import { type Answer, body } from "../Reply.ts"

/** Handlers whose types have been checked where they were written. */
export interface Handlers {
  readonly [name: string]: ((...args: ReadonlyArray<never>) => Effect.Effect<unknown, unknown, unknown>) | undefined
}

interface Entry {
  readonly name: string
  readonly kind: Kind<unknown>
}

/** What is known of the kind of a push. */
export type Find = (push: Push) => Entry | undefined

/** The field by which a push is recognised, and its value. */
export const identify = (fields: Push["fields"]): readonly ["MsgType" | "Event" | "InfoType", unknown] =>
  fields["InfoType"] !== undefined
    ? ["InfoType", fields["InfoType"]]
    : fields["Event"] !== undefined && (fields["MsgType"] === "event" || fields["MsgType"] === undefined)
      ? ["Event", fields["Event"]]
      : ["MsgType", fields["MsgType"]]

export const index = (table: Table): Find => {
  const known = new Map<string, Entry>()
  for (const [name, kind] of Object.entries(table)) {
    for (const [field, value] of Object.entries(kind.match)) {
      for (const one of [value, ...(kind.aka ?? [])]) known.set(`${field} ${one}`, { name, kind })
    }
  }
  return ({ fields }) => {
    const [field, value] = identify(fields)
    return typeof value === "string" ? known.get(`${field} ${value}`) : undefined
  }
}

type Call = (message: unknown, push: Push) => Effect.Effect<unknown, unknown, unknown>

const read = (kind: Kind<unknown>, push: Push): { readonly value: unknown } | { readonly problem: string } => {
  try {
    return { value: kind.codec(push.format).read(push.fields) }
  } catch (error) {
    return { problem: error instanceof Error ? error.message : "unreadable" }
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

interface Answering {
  readonly envelope?: boolean
  readonly reply: (format: Push["format"]) => { readonly write: (value: unknown) => unknown }
}

/** What an answer begins with that is addressed like a push: back to whoever caused it. */
const addressed = ({ fields, format }: Push, millis: number): Readonly<Record<string, unknown>> => {
  const seconds = Math.floor(millis / 1000)
  return {
    ToUserName: fields["FromUserName"],
    FromUserName: fields["ToUserName"],
    CreateTime: format === "xml" ? String(seconds) : seconds,
    MsgType: fields["MsgType"],
    Event: fields["Event"]
  }
}

/** The answer body that a kind wants, as it travels. */
const answerOf = (kind: Kind<unknown>, push: Push, answer: unknown, millis: number): Answer => {
  if (!("reply" in kind)) return answer as Answer
  if (answer === undefined) return undefined
  const { envelope, reply } = kind as Kind<unknown> & Answering
  const written = reply(push.format).write(answer)
  return body({ ...(envelope === true ? addressed(push, millis) : {}), ...(isObject(written) ? written : {}) })
}

export const handler = (find: Find, handlers: Handlers): Handler<unknown, unknown> => {
  const rest = handlers["unknown"] as ((push: Push) => Effect.Effect<Answer, unknown, unknown>) | undefined
  const unknown = (push: Push): Effect.Effect<Answer, unknown, unknown> =>
    rest === undefined ? Effect.void : rest(push)
  return (push) => {
    const found = find(push)
    const handle = found === undefined ? undefined : (handlers[found.name] as Call | undefined)
    if (found === undefined || handle === undefined) return unknown(push)
    const got = read(found.kind, push)
    if ("problem" in got) {
      return Effect.andThen(
        Effect.logWarning(`a push of the kind ${found.name} does not fit: ${got.problem}`),
        unknown(push)
      )
    }
    return Effect.flatMap(handle(got.value, push), (answer) =>
      Effect.map(Clock.currentTimeMillis, (millis) => answerOf(found.kind, push, answer, millis))
    )
  }
}
