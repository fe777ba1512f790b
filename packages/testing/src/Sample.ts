/**
 * Values for an endpoint from its codecs: what WeChat might answer, or what a program might send. The same endpoint and seed
 * give the same value.
 *
 * @since 0.1.0
 */
import type * as Endpoint from "@wechat/core/Endpoint"
import * as Json from "@wechat/core/Json"
import type * as Wire from "@wechat/core/Wire"
import * as Predicate from "effect/Predicate"
import { type Fields, succeeded } from "./internal/failure.ts"
import * as Random from "./internal/random.ts"

/**
 * @since 0.1.0
 */
export interface Options {
  /** Another seed gives another value: 0. */
  readonly seed?: number | undefined
  /** The latest time that stands in a value, in Unix seconds: midnight of 2026-01-01 in Beijing. */
  readonly now?: number | undefined
  /** The fields that were asked with: an answer repeats those that it has too, and ends the pages of later ones. */
  readonly input?: { readonly [field: string]: unknown } | undefined
}

interface Walk {
  readonly random: Random.Random
  readonly now: number
  /** Of an answer: lists are empty, for there is no further page. */
  readonly isLast: boolean
  readonly isInput: boolean
}

type Rule<A> = readonly [RegExp, (walk: Walk) => A]

/** Objects inside objects, to this depth; types that contain themselves end there. */
const deepest = 5

const midnight = 1_767_196_800
const day = 86_400

const words = ["apple", "bamboo", "cloud", "dragon", "evening", "forest", "garden", "harbour", "island", "jade"]

const moment = ({ now, random }: Walk): number => Math.max(0, now - random.int(0, 30 * day))

const stamp = (seconds: number): string =>
  new Date((seconds + 8 * 3600) * 1000).toISOString().replace("T", " ").slice(0, 19)

/** Where there is no more to read. */
const cursor =
  /^(?:.*_)?(?:next|cursor|buffer|last_buf|last_index|next_key|page_ctx|page_token|scroll_id|lastid|last_id)(?:_.*)?$|^next|Cursor$|cursor$|_ctx$/

const more = /more|continue|has_next/i

const texts: ReadonlyArray<Rule<string>> = [
  [cursor, () => ""],
  [/open_?id/i, ({ random }) => `o${random.text(27)}`],
  [/union_?id/i, ({ random }) => `oU${random.text(26)}`],
  [/app_?id/i, ({ random }) => `wx${random.hex(16)}`],
  [/media_?id/i, ({ random }) => random.text(43)],
  [
    /url|link|avatar|headimg|head_img|logo|cover/i,
    ({ random }) => `https://example.com/${random.text(8).toLowerCase()}`
  ],
  [/ticket|token|session_key|code$/i, ({ random }) => random.text(32)],
  [/(^|_)date$|_day$/i, (walk) => stamp(moment(walk)).slice(0, 10)],
  [/time/i, (walk) => stamp(moment(walk))],
  [/phone|mobile|tel$/i, ({ random }) => `138${random.digits(8)}`],
  [/e?mail/i, ({ random }) => `${random.pick(words)}@example.com`],
  [/country/i, () => "CN"],
  [/province|city/i, () => "Guangdong"],
  [/language|^lang$/i, () => "zh_CN"],
  [/price|amount|fee|money|score|count|num$|size|width|height/i, ({ random }) => random.digits(3)],
  [/(^|_)id$|Id$|_no$|_sn$/i, ({ random }) => random.digits(10)],
  [/^errmsg$|^err_msg$/, () => "ok"]
]

const numbers: ReadonlyArray<Rule<number>> = [
  [cursor, () => 0],
  [more, () => 0],
  [/^errcode$|^ret$|^err_?code$/i, () => 0],
  [/time|_at$|timestamp|date$/i, moment],
  [/expires?_in|expire_seconds/i, () => 7200],
  [/status|state$/i, () => 0],
  [/(^|_)id$|Id$/, ({ random }) => random.int(1, 1_000_000)],
  [/price|amount|fee|money/i, ({ random }) => random.int(1, 100_000)]
]

const by = <A>(rules: ReadonlyArray<Rule<A>>, name: string, walk: Walk): A | undefined =>
  rules.find(([pattern]) => pattern.test(name))?.[1](walk)

const text = (name: string, walk: Walk): string =>
  by(texts, name, walk) ?? `${walk.random.pick(words)} ${walk.random.pick(words)}`

const int = (name: string, walk: Walk): number => by(numbers, name, walk) ?? walk.random.int(1, 100)

/** Half of them longer than a JavaScript number can hold. */
const id64 = (name: string, walk: Walk): number | bigint | string => {
  if (cursor.test(name)) return ""
  return walk.random.next() < 0.5 ? walk.random.int(1, 1_000_000) : BigInt(`7${walk.random.digits(18)}`)
}

const bool = (name: string, { random }: Walk): boolean => (more.test(name) ? false : random.next() < 0.5)

const literal = (values: ReadonlyArray<string | number>, { random }: Walk): string | number => random.pick(values) ?? ""

/** A field that may be absent mostly is not. */
const usually = 0.8

const valueOf = (codec: Wire.AnyCodec, name: string, depth: number, walk: Walk): unknown => {
  const { shape } = codec
  switch (shape._tag) {
    case "Text":
      return text(name, walk)
    case "Secret":
      return walk.random.text(64)
    case "Int":
      return int(name, walk)
    case "Float":
      return walk.random.int(1, 10_000) / 100
    case "Id64":
      return id64(name, walk)
    case "Bool":
      return bool(name, walk)
    case "Flag":
      return bool(name, walk) ? 1 : 0
    case "TextBool":
      return bool(name, walk) ? "true" : "false"
    case "Any":
      return {}
    case "Nothing":
      return {}
    case "Upload":
      return { name: "sample.png", type: "image/png", data: picture }
    case "Bytes":
      return picture
    case "Download":
      return undefined
    case "Literals":
      return more.test(name) && shape.values.includes(0) ? 0 : literal(shape.values, walk)
    case "Lazy":
    case "Sure":
      return valueOf(shape.of(), name, depth, walk)
    case "Json":
      return Json.stringify(valueOf(shape.of(), name, depth, walk))
    case "Maybe":
      return depth >= deepest || walk.random.next() > usually ? undefined : valueOf(shape.of(), name, depth, walk)
    case "Preset":
      return walk.isInput ? undefined : valueOf(shape.of(), name, depth, walk)
    case "List":
      return list(shape.of(), name, depth, walk)
    case "Joined":
      return list(shape.of(), name, depth, walk).join(shape.separator)
    case "Record":
      return depth >= deepest ? {} : { key1: valueOf(shape.of(), "value", depth + 1, walk) }
    case "Struct":
      return struct(shape.fields, depth, walk)
    case "Variants":
      return variant(shape, name, depth, walk)
  }
}

const list = (of: Wire.AnyCodec, name: string, depth: number, walk: Walk): ReadonlyArray<unknown> => {
  if (depth >= deepest || (walk.isLast && depth <= 2)) return []
  const length = walk.random.int(1, 3)
  return Array.from({ length }, () => valueOf(of, name.replace(/_?list$|s$/i, ""), depth + 1, walk) ?? {})
}

const variant = (
  { by, cases, otherwise }: Wire.Shape & { readonly _tag: "Variants" },
  name: string,
  depth: number,
  walk: Walk
): unknown => {
  const [key, codec] = walk.random.pick(Object.entries(cases)) ?? ["", otherwise]
  const made = valueOf(codec, name, depth, walk)
  if (!Predicate.isObject(made) || key === "") return made
  return { ...made, [by]: typeof made[by] === "number" ? Number(key) : key }
}

const total = /^(?:total|count|cnt|num)$|_(?:count|num|total|cnt)$|^(?:total|item|list)_?(?:count|num)?$/i

const isList = (codec: Wire.AnyCodec): boolean => {
  const { shape } = codec
  return (
    shape._tag === "List" ||
    ((shape._tag === "Maybe" || shape._tag === "Sure" || shape._tag === "Lazy") && isList(shape.of()))
  )
}

/** How long the first list is, in this object or in one right below it. */
const lengthOf = (fields: Fields): number | undefined => {
  const values = Object.values(fields)
  const direct = values.find(Array.isArray)
  if (direct !== undefined) return direct.length
  for (const value of values) {
    const inner = Predicate.isObject(value) ? Object.values(value).find(Array.isArray) : undefined
    if (inner !== undefined) return inner.length
  }
  return undefined
}

const struct = (fields: Readonly<Record<string, Wire.AnyCodec>>, depth: number, walk: Walk): Fields => {
  const made: Record<string, unknown> = {}
  const entries = Object.entries(fields)
  for (const [name, codec] of entries) {
    const one = valueOf(codec, name, isList(codec) ? depth : depth + 1, walk)
    if (one !== undefined) made[name] = one
  }
  const length = lengthOf(made)
  if (length === undefined) return made
  for (const [name] of entries) if (total.test(name) && typeof made[name] === "number") made[name] = length
  return made
}

const scalars: ReadonlySet<string> = new Set(["Text", "Id64", "Secret"])

const isScalar = (codec: Wire.AnyCodec): boolean => {
  const { shape } = codec
  return (
    scalars.has(shape._tag) ||
    ((shape._tag === "Maybe" || shape._tag === "Sure" || shape._tag === "Lazy") && isScalar(shape.of()))
  )
}

/** What was asked for comes back under its own name. */
const echoed = (fields: Readonly<Record<string, Wire.AnyCodec>>, input: Options["input"]): Fields =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, codec]) => {
      const given = Object.hasOwn(input ?? {}, name) ? input?.[name] : undefined
      const fits = typeof given === "string" ? given !== "" : typeof given === "number" || typeof given === "bigint"
      return fits && isScalar(codec) && !cursor.test(name) ? [[name, given]] : []
    })
  )

const preset = (codec: Wire.AnyCodec | undefined): number | undefined =>
  codec?.shape._tag === "Preset" ? Number(codec.shape.value) : undefined

const inputFields = (codec: Wire.AnyCodec): Readonly<Record<string, Wire.AnyCodec>> => {
  const { shape } = codec
  return shape._tag === "Struct" ? shape.fields : shape._tag === "Lazy" ? inputFields(shape.of()) : {}
}

const rule = (endpoint: Endpoint.Any): { readonly [key: string]: unknown } =>
  Predicate.hasProperty(endpoint, "page") && Predicate.isObject(endpoint.page) ? { ...endpoint.page } : {}

/** Whether a page after the first is asked for. There is one page only. */
const isLater = (endpoint: Endpoint.Any, input: Options["input"]): boolean => {
  const { cursor, number, offset } = rule(endpoint)
  if (input === undefined) return false
  if (typeof cursor === "string")
    return input[cursor] !== undefined && !["", "0", 0].some((none) => none === input[cursor])
  const field = typeof offset === "string" ? offset : number
  if (typeof field !== "string") return false
  const first = preset(inputFields(endpoint.wire.input())[field]) ?? (field === offset ? 0 : 1)
  return Number(input[field] ?? first) > first
}

const walkOf = (endpoint: Endpoint.Any, options: Options, isInput: boolean): Walk => ({
  random: Random.make(`${options.seed ?? 0} ${isInput ? "input" : "output"} ${endpoint.id}`),
  now: options.now ?? midnight,
  isLast: !isInput && isLater(endpoint, options.input),
  isInput
})

/**
 * A successful answer as it travels: times, identifiers, addresses and amounts look like what their names say, totals fit
 * their lists, and there is one page only. Of an endpoint that answers with a file it is `{}`.
 *
 * @since 0.1.0
 */
export const output = (endpoint: Endpoint.Any, options: Options = {}): { readonly [field: string]: unknown } => {
  if (endpoint.returns !== "json") return succeeded(endpoint, {})
  const codec = endpoint.wire.output()
  const made = valueOf(codec, "", 0, walkOf(endpoint, options, false))
  if (!Predicate.isObject(made)) return succeeded(endpoint, {})
  return succeeded(endpoint, { ...made, ...echoed(inputFields(codec), options.input) })
}

/**
 * An input as it travels, without the fields that have a default.
 *
 * @since 0.1.0
 */
export const input = (endpoint: Endpoint.Any, options: Options = {}): { readonly [field: string]: unknown } => {
  const made = valueOf(endpoint.wire.input(), "", 0, walkOf(endpoint, options, true))
  return Predicate.isObject(made) ? { ...made } : {}
}

/**
 * What a codec might be sent, whatever it is of. `id` is part of the seed.
 *
 * @since 0.1.0
 */
export const value = (codec: Wire.AnyCodec, id: string, options: Options = {}): unknown =>
  valueOf(codec, "", 0, {
    random: Random.make(`${options.seed ?? 0} value ${id}`),
    now: options.now ?? midnight,
    isLast: false,
    isInput: false
  })

/**
 * A PNG of one white pixel: what the simulator answers with where a file is asked for.
 *
 * @since 0.1.0
 */
export const picture: Uint8Array = Uint8Array.from(
  atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4//8/AAX+Av4N70a4AAAAAElFTkSuQmCC"),
  (character) => character.charCodeAt(0)
)
