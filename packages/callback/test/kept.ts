/**
 * What decoding a push loses of its fields. On payloads from elsewhere, one JSON object a line with `xml` or `json`:
 *   node --conditions=@wechat/source packages/callback/test/kept.ts FILE
 */
import type * as Event from "@wechat/callback/events/Event"
import { pushes, replies } from "@wechat/callback/events/Table"
import type { Format } from "@wechat/callback/Push"
import * as Xml from "@wechat/callback/Xml"
import * as Json from "@wechat/core/Json"
import type * as Wire from "@wechat/core/Wire"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as fs from "node:fs"
import { fileURLToPath } from "node:url"

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

interface Kind extends Omit<Event.Spec<unknown>, "fields"> {
  readonly codec: (format: Format) => { readonly read: (value: unknown) => unknown } & Wire.AnyCodec
  readonly reply?: (format: Format) => { readonly read: (value: unknown) => unknown } & Wire.AnyCodec
}

const kinds: ReadonlyArray<Kind> = Object.values(pushes)
const known = new Map(
  kinds.flatMap((kind) =>
    Object.entries(kind.match).flatMap(([field, value]) =>
      [value, ...(kind.aka ?? [])].map((each) => [`${field} ${each}`, kind] as const)
    )
  )
)

const textOf = (fields: Fields, name: string): string => {
  const value = fields[name]
  return typeof value === "string" ? value.trim() : ""
}

/** The kind of a push. */
export const kindOf = (fields: Fields): Kind | undefined => {
  const field =
    fields["InfoType"] === undefined ? (textOf(fields, "MsgType") === "event" ? "Event" : "MsgType") : "InfoType"
  return known.get(`${field} ${textOf(fields, field)}`)
}

/** A push as it arrives. */
export const parse = (text: string): { readonly format: Format; readonly fields: Fields } => {
  const format = text.trimStart().startsWith("<") ? "xml" : "json"
  const fields = format === "xml" ? Result.getOrThrow(Xml.parse(text.trim())) : Json.parse(text)
  if (!isFields(fields)) throw new Error("no fields")
  return { format, fields }
}

const truths: ReadonlyArray<unknown> = ["1", "true"]

const sameLeaf = (raw: unknown, read: unknown): boolean => {
  const text = String(raw)
  if (typeof read === "boolean") return truths.includes(text) === read
  if (typeof read === "number") return Number(text) === read
  if (isFields(read)) return text === "" || JSON.stringify(JSON.parse(text)) === JSON.stringify(read)
  if (Array.isArray(read)) return text === read.map(String).join("|")
  return read === undefined ? text === "" : text === read
}

/** The ways to what stands in `raw` and not in `read`. */
const missing = (raw: unknown, read: unknown, path: string): ReadonlyArray<string> => {
  const value = Redacted.isRedacted(read) ? Redacted.value(read) : read
  const lone = Array.isArray(value) && value.length === 1 ? value[0] : value
  if (Array.isArray(raw)) {
    if (!Array.isArray(value) || value.length !== raw.length) return [path]
    return raw.flatMap((each, at) => missing(each, value[at], `${path}[${at}]`))
  }
  if (isFields(raw)) {
    return Object.entries(raw).flatMap(([name, inner]) =>
      missing(inner, isFields(lone) ? lone[name] : undefined, path === "" ? name : `${path}.${name}`)
    )
  }
  return sameLeaf(raw, lone) || sameLeaf(raw, value) ? [] : [path]
}

/** The fields of a push under the names and in the place that its type has for them. */
const placed = ({ inside, match, names = {} }: Kind, fields: Fields): Fields => {
  const inner = inside === undefined ? undefined : fields[inside]
  const renamed = new Map(Object.entries(names).map(([name, other]) => [other, name]))
  const all = isFields(inner) ? { ...fields, ...inner } : fields
  const left = [...Object.keys(match), "MsgType", ...(isFields(inner) && inside !== undefined ? [inside] : [])]
  const entries = Object.entries(all).filter(([name]) => !left.includes(name))
  return Object.fromEntries(entries.map(([name, value]) => [renamed.get(name) ?? name, value]))
}

/** The ways to all fields that decoding a push loses or changes; `name` is for one that does not tell its kind rightly. */
export const lost = (text: string, name?: string): ReadonlyArray<string> => {
  const { fields, format } = parse(text)
  const kind = kinds.find((each) => each.name === name) ?? kindOf(fields)
  return kind === undefined ? ["unknown"] : missing(placed(kind, fields), kind.codec(format).read(fields), "")
}

/** The same for what answers a push: `name` is that of the reply, or of the event. */
const lostOfReply = (name: string, text: string): ReadonlyArray<string> => {
  const { fields, format } = parse(text)
  const reply = Object.entries(replies).find(([each]) => each === name)?.[1].codec ?? known.get(`Event ${name}`)?.reply
  const envelope = ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Event"]
  const own = Object.fromEntries(Object.entries(fields).filter(([each]) => !envelope.includes(each)))
  return reply === undefined ? ["unknown"] : missing(own, reply(format).read(own), "")
}

const check = (file: string): void => {
  const lines = fs.readFileSync(file, "utf8").trim().split("\n")
  const bad = lines.flatMap((line) => {
    const { event, json, xml } = JSON.parse(line)
    const text = typeof xml === "string" ? xml : JSON.stringify(json)
    const gone = String(event).startsWith("reply:")
      ? lostOfReply(String(event).slice(6), text)
      : lost(text, String(event))
    return gone.length === 0 ? [] : [`${event}: ${gone.join(", ")}`]
  })
  for (const line of bad) console.log(line)
  console.log(`${lines.length - bad.length} of ${lines.length} keep all their fields`)
}

const [, main = "", file] = process.argv
if (file !== undefined && main === fileURLToPath(import.meta.url)) check(file)
