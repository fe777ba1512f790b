/** Endpoints that come from outside: which one a call means, and whether its fields fit. */
import type * as Endpoint from "@wechat/core/Endpoint"
import type * as Wire from "@wechat/core/Wire"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Body } from "./body.ts"
import { Refusal, refuse } from "./reply.ts"

/** An endpoint, or how to load it. */
export type Entry =
  | Endpoint.Any
  | {
      readonly id: string
      readonly method: "GET" | "POST"
      readonly path: string
      readonly host?: string | undefined
      readonly load: () => Promise<Endpoint.Any>
    }

type Fields = { readonly [name: string]: unknown }

/** An endpoint, and the values that it has in place of fields. */
export interface Candidate {
  readonly endpoint: Endpoint.Any
  readonly constants: ReadonlyArray<readonly [string, string]>
  readonly required: ReadonlyArray<string>
  readonly decode: (fields: unknown) => Result.Result<unknown, unknown>
}

const fieldsOf = ({ shape }: Wire.AnyCodec): Readonly<Record<string, Wire.AnyCodec>> =>
  shape._tag === "Lazy" ? fieldsOf(shape.of()) : shape._tag === "Struct" ? shape.fields : {}

const constantOf = ({ shape }: Wire.AnyCodec): string | undefined => {
  switch (shape._tag) {
    case "Literals":
      return shape.values.length === 1 && !shape.open ? String(shape.values[0]) : undefined
    case "Preset":
    case "Sure":
    case "Lazy":
      return constantOf(shape.of())
    default:
      return undefined
  }
}

const isRequired = ({ shape }: Wire.AnyCodec): boolean =>
  shape._tag === "Lazy"
    ? isRequired(shape.of())
    : shape._tag !== "Maybe" && shape._tag !== "Preset" && shape._tag !== "Any"

/** An endpoint as {@link choose} takes it. */
export const candidate = (endpoint: Endpoint.Any): Candidate => {
  const fields = Object.entries(fieldsOf(endpoint.wire.input()))
  return {
    endpoint,
    constants: fields.flatMap(([name, codec]) => {
      const constant = constantOf(codec)
      return constant === undefined ? [] : [[name, constant] as const]
    }),
    required: fields.flatMap(([name, codec]) => (isRequired(codec) ? [name] : [])),
    decode: Schema.decodeUnknownResult(endpoint.input())
  }
}

/** What an endpoint sees of a request. */
const fieldsFor = ({ endpoint }: Candidate, query: Fields, body: Body): Fields | Refusal => {
  if (endpoint.body === "bytes")
    return body._tag === "Bytes" || body._tag === "Empty" ? { ...query, body: bytesOf(body) } : refuse(47001)
  if (endpoint.body === "value") return body._tag === "Json" ? { ...query, body: body.value } : refuse(47001)
  switch (body._tag) {
    case "Empty":
      return query
    case "Form":
      return { ...query, ...body.parts }
    case "Bytes":
      return endpoint.body === "none" ? query : refuse(47001)
    case "Json":
      return Predicate.isObject(body.value) ? { ...query, ...body.value } : refuse(47001)
  }
}

const bytesOf = (body: Body): Uint8Array => (body._tag === "Bytes" ? body.bytes : new Uint8Array())

/** How well the constants of an endpoint fit, or -1. */
const score = ({ constants }: Candidate, fields: Fields): number =>
  constants.every(([name, value]) => String(fields[name]) === value) ? constants.length : -1

/** The call that an endpoint makes of a request. */
export interface Match {
  readonly endpoint: Endpoint.Any
  readonly fields: Fields
}

const isRefusal = (value: Fields | Refusal): value is Refusal => value instanceof Refusal

const fit = (candidate: Candidate, query: Fields, body: Body): Match | Refusal => {
  const fields = fieldsFor(candidate, query, body)
  if (isRefusal(fields)) return fields
  const missing = candidate.required.filter((name) => fields[name] === undefined || fields[name] === null)
  if (missing.length > 0) {
    return body._tag === "Empty" &&
      candidate.endpoint.method === "POST" &&
      missing.some((name) => !candidate.endpoint.query.includes(name))
      ? refuse(44002)
      : refuse(47001, `data format error hint: [missing ${missing.join(", ")}]`)
  }
  const decoded = candidate.decode(fields)
  return Result.isSuccess(decoded)
    ? { endpoint: candidate.endpoint, fields }
    : refuse(47001, `data format error hint: [${String(decoded.failure).replaceAll("\n", " ").trim()}]`)
}

const apiHosts = /^(?:api2?|(?:sh|sz|hk)\.api)\.weixin\.qq\.com$/

/** WeChat's hosts do not answer for each other; any other host is the simulator's own. */
const servedAt =
  (host: string) =>
  (entry: Entry): boolean =>
    host.endsWith("weixin.qq.com") ? (entry.host === undefined ? apiHosts.test(host) : entry.host === host) : true

export class Catalog {
  readonly #entries = new Map<string, Array<Entry>>()
  readonly #loaded = new Map<Entry, Candidate>()

  constructor(entries: Iterable<Entry>) {
    for (const entry of entries) {
      const same = this.#entries.get(entry.path)
      if (same === undefined) this.#entries.set(entry.path, [entry])
      else same.push(entry)
    }
  }

  #load(entry: Entry): Effect.Effect<Candidate> {
    const known = this.#loaded.get(entry)
    if (known !== undefined) return Effect.succeed(known)
    const keep = (endpoint: Endpoint.Any): Candidate => {
      const made = candidate(endpoint)
      this.#loaded.set(entry, made)
      return made
    }
    return "load" in entry ? Effect.map(Effect.promise(entry.load), keep) : Effect.sync(() => keep(entry))
  }

  /** All endpoints at a path, whatever their method. */
  at(host: string, path: string): Effect.Effect<ReadonlyArray<Candidate>> {
    return Effect.forEach((this.#entries.get(path) ?? []).filter(servedAt(host)), (entry) => this.#load(entry))
  }
}

const given = (query: Fields, body: Body): Fields => {
  const fields = body._tag === "Json" ? body.value : body._tag === "Form" ? body.parts : {}
  return Predicate.isObject(fields) ? { ...query, ...fields } : query
}

/** Whether a request carries the constants of an endpoint. */
export const isMeant = (candidate: Candidate, query: Fields, body: Body): boolean =>
  score(candidate, given(query, body)) >= 0

/** The endpoint that a request means: the most special one whose constants it carries and whose fields fit. */
export const choose = (candidates: ReadonlyArray<Candidate>, query: Fields, body: Body): Match | Refusal => {
  const fields = given(query, body)
  const ranked = candidates
    .map((candidate) => ({ candidate, rank: score(candidate, fields) }))
    .toSorted((left, right) => right.rank - left.rank)
  const [best] = ranked
  if (best === undefined) return refuse(40066)
  const usable = ranked.filter(({ rank }) => rank >= 0)
  const tried = (usable.length === 0 ? [best] : usable).map(({ candidate }) => fit(candidate, query, body))
  return tried.find((match) => "endpoint" in match) ?? tried[0] ?? refuse(40066)
}
