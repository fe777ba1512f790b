/**
 * What WeChat pushes, as one typed value for XML and JSON. The modules beside this one are generated on top of it.
 *
 * @since 0.1.0
 */
import * as Wire from "@wechat/core/Wire"
import type { Format, Match } from "../Push.ts"

/**
 * What all messages and events begin with.
 *
 * @since 0.1.0
 */
export interface Envelope {
  /** The account that the push is for: its original id, `gh_` and 12 hex digits. */
  readonly ToUserName: string
  /** Who caused the push: an openid, or one of WeChat's own. */
  readonly FromUserName: string
  /** Unix time in seconds. */
  readonly CreateTime: number
}

/**
 * A message that a user sent.
 *
 * @since 0.1.0
 */
export interface MessageOf<Name extends string> extends Envelope {
  readonly MsgType: Name
  /** The same in every repetition of the message. */
  readonly MsgId: string
}

/**
 * An event. It has no identifier: the same sender, time and name mean the same event.
 *
 * @since 0.1.0
 */
export interface EventOf<Name extends string> extends Envelope {
  readonly MsgType: "event"
  readonly Event: Name
}

/**
 * A notice to a third-party platform, on its authorization address.
 *
 * @since 0.1.0
 */
export interface NoticeOf<Name extends string> {
  /** The platform's appid. */
  readonly AppId: string
  /** Unix time in seconds. */
  readonly CreateTime: number
  readonly InfoType: Name
}

/** A field with one value, whatever the push has in its place: the name by which it was recognised. */
const named = <const Name extends string>(name: Name): Wire.Codec<Name> => ({
  ...Wire.oneOf(name),
  read: () => name,
  write: () => name,
  empty: () => name
})

const envelope = { ToUserName: Wire.text, FromUserName: Wire.text, CreateTime: Wire.int }

/**
 * Codecs of the fields that every message has.
 *
 * @since 0.1.0
 */
export const messageOf = <const Name extends string>(name: Name): Wire.Fields<MessageOf<Name>> => ({
  ...envelope,
  MsgType: named(name),
  MsgId: Wire.id64
})

/**
 * Codecs of the fields that every event has.
 *
 * @since 0.1.0
 */
export const eventOf = <const Name extends string>(name: Name): Wire.Fields<EventOf<Name>> => ({
  ...envelope,
  MsgType: named("event"),
  Event: named(name)
})

/**
 * Codecs of the fields that every notice has.
 *
 * @since 0.1.0
 */
export const noticeOf = <const Name extends string>(name: Name): Wire.Fields<NoticeOf<Name>> => ({
  AppId: Wire.text,
  CreateTime: Wire.int,
  InfoType: named(name)
})

/**
 * What is known about a push.
 *
 * @since 0.1.0
 */
export interface Spec<A> {
  /** What it is called in a table of handlers: its `MsgType`, `Event` or `InfoType`. */
  readonly name: string
  readonly match: Match
  /** Other values of the matched field that mean the same. */
  readonly aka?: ReadonlyArray<string>
  /** The formats that it has been seen in; both are read. */
  readonly format: Format | "both"
  /** The page that describes it. */
  readonly doc?: string
  /** The element that holds the fields in XML, where they stand at the top in JSON. */
  readonly inside?: string
  /** Fields with another name in JSON, and that name. */
  readonly names?: Readonly<Record<string, string>>
  readonly fields: () => Wire.Codec<A>
}

/**
 * A message, event or notice: how it is recognised, and how it is read from and written in either format.
 *
 * @since 0.1.0
 */
export interface Event<in out A> extends Omit<Spec<A>, "fields"> {
  readonly codec: (format: Format) => Wire.Codec<A>
}

/**
 * An event that wants an answer body of its own.
 *
 * @since 0.1.0
 */
export interface Answered<in out A, in out B> extends Event<A> {
  /** Whether the answer body begins like a push, with sender and receiver swapped. */
  readonly envelope: boolean
  readonly reply: (format: Format) => Wire.Codec<B>
}

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The fields of a push where the codec looks for them: under their XML names, at the top. Tolerant: in either format. */
const flat = (value: unknown, inside: string | undefined, names: ReadonlyArray<readonly [string, string]>): unknown => {
  if (!isFields(value)) return value
  const inner = inside === undefined || !Object.hasOwn(value, inside) ? undefined : value[inside]
  const all: Record<string, unknown> = isFields(inner) ? { ...inner, ...value } : { ...value }
  for (const [name, other] of names) if (all[name] === undefined && Object.hasOwn(all, other)) all[name] = all[other]
  return all
}

const renamed = (fields: Fields, names: ReadonlyArray<readonly [string, string]>): Fields => {
  const other = new Map(names)
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [other.get(name) ?? name, value]))
}

const tops: ReadonlySet<string> = new Set(["ToUserName", "FromUserName", "CreateTime", "MsgType", "Event"])

const wrapped = (fields: Fields, inside: string): Fields => {
  const entries = Object.entries(fields)
  return {
    ...Object.fromEntries(entries.filter(([name]) => tops.has(name))),
    [inside]: Object.fromEntries(entries.filter(([name]) => !tops.has(name)))
  }
}

/** What XML can hold: text, elements, and elements that are repeated. An empty list has no element. */
const elements = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(elements)
  if (isFields(value)) {
    const entries = Object.entries(value).map(([name, inner]) => [name, elements(inner)] as const)
    return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined))
  }
  if (typeof value === "string") return value
  return typeof value === "number" || typeof value === "bigint" || typeof value === "boolean"
    ? String(value)
    : undefined
}

const written = (value: unknown, format: Format): unknown => (format === "xml" ? elements(value) : value)

const formatted = <A>(spec: Spec<A>, fields: Wire.Codec<A>, format: Format): Wire.Codec<A> => {
  const { inside } = spec
  const names = Object.entries(spec.names ?? {})
  return {
    ...fields,
    shape: { _tag: "Lazy", of: () => fields },
    read: (value) => fields.read(flat(value, inside, names)),
    write: (value) => {
      const all = fields.write(value)
      if (!isFields(all)) return all
      if (format === "json") return renamed(all, names)
      return elements(inside === undefined ? all : wrapped(all, inside))
    }
  }
}

/** Makes one codec for each format, when it is first asked for. */
const both = <A>(of: (format: Format) => Wire.Codec<A>): ((format: Format) => Wire.Codec<A>) => {
  const made: { [F in Format]?: Wire.Codec<A> } = {}
  return (format) => (made[format] ??= of(format))
}

/**
 * Makes a message, event or notice.
 *
 * @since 0.1.0
 */
export const make = <A>({ fields, ...spec }: Spec<A>): Event<A> => {
  const whole = Wire.lazy(fields)
  return { ...spec, codec: both((format) => formatted({ ...spec, fields }, whole, format)) }
}

/**
 * Makes an event that wants an answer body of its own.
 *
 * @since 0.1.0
 */
export const answered = <A, B>({
  envelope,
  reply,
  ...spec
}: Spec<A> & { readonly envelope: boolean; readonly reply: () => Wire.Codec<B> }): Answered<A, B> => ({
  ...make(spec),
  envelope,
  reply: answer(reply)
})

/** A codec that writes an answer as XML or JSON can hold it. */
const answer = <B>(reply: () => Wire.Codec<B>): ((format: Format) => Wire.Codec<B>) => {
  const whole = Wire.lazy(reply)
  return both((format) => ({ ...whole, write: (value) => written(whole.write(value), format) }))
}

/**
 * A reply to a message: its fields without those of the envelope.
 *
 * @since 0.1.0
 */
export interface Reply<in out B> {
  /** Its `MsgType`. */
  readonly name: string
  /** The page that describes it. */
  readonly doc?: string
  readonly codec: (format: Format) => Wire.Codec<B>
}

/**
 * Makes a reply to a message.
 *
 * @since 0.1.0
 */
export const reply = <B>({
  fields,
  ...spec
}: Omit<Reply<B>, "codec"> & { readonly fields: () => Wire.Codec<B> }): Reply<B> => ({
  ...spec,
  codec: answer(fields)
})
