/**
 * One WeChat API as a value that is also the function that calls it.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type { WeChatError } from "./Error.ts"
import * as Page from "./Page.ts"
import * as Send from "./Send.ts"
import type { Auth, Body, Spec } from "./Spec.ts"
import { WeChat } from "./WeChat.ts"
import * as Wire from "./Wire.ts"

export type { Auth, Body, Fill, Spec } from "./Spec.ts"

/**
 * The arguments of a call: none are needed where no field is required.
 *
 * @since 0.1.0
 */
export type Arguments<I> = Wire.Empty extends I ? [input?: I] : [input: I]

/**
 * What an endpoint says about itself, whatever its types.
 *
 * @since 0.1.0
 */
export interface Any {
  /** `<product>.<Group>.<name>`, as in failures, spans and metrics. */
  readonly id: string
  readonly method: "GET" | "POST"
  readonly path: `/${string}`
  readonly host: string | undefined
  readonly auth: Auth
  readonly safe: boolean
  readonly doc: string | undefined
  /** The fields that travel in the address. */
  readonly query: ReadonlyArray<string>
  readonly body: Body
  readonly returns: "json" | "file" | "nothing"
  readonly failure: { readonly code: string; readonly message: string }
  /** The schema of the input: the type on one side, on the other one object of all fields as they travel. */
  readonly input: () => Schema.Codec<unknown, unknown>
  /** The schema of the answer. */
  readonly output: () => Schema.Codec<unknown, unknown>
  /** Codecs of input and answer, for whoever walks their shapes. */
  readonly wire: { readonly input: () => Wire.AnyCodec; readonly output: () => Wire.AnyCodec }
}

/**
 * An endpoint: call it, or read what it is.
 *
 * @since 0.1.0
 */
export interface Endpoint<in out I, in out A> extends Any {
  (...args: Arguments<I>): Effect.Effect<A, WeChatError, WeChat>
  readonly spec: Spec<I, A>
  readonly input: () => Schema.Codec<I, unknown>
  readonly output: () => Schema.Codec<A, unknown>
}

/**
 * An endpoint that answers in pages.
 *
 * @since 0.1.0
 */
export interface Paged<in out I, in out A, in out X> extends Endpoint<I, A> {
  readonly page: Page.Rule<I, A, X>
  /** All answers, one call at a time, as they are pulled. */
  readonly pages: (...args: Arguments<I>) => Stream.Stream<A, WeChatError, WeChat>
  /** The items of all answers, in order. */
  readonly items: (...args: Arguments<I>) => Stream.Stream<X, WeChatError, WeChat>
}

const once = <A>(make: () => A): (() => A) => {
  let made: { readonly value: A } | undefined
  return () => (made ??= { value: make() }).value
}

const describe = <I, A>(spec: Spec<I, A>) => ({
  id: spec.id,
  method: spec.method,
  path: spec.path,
  host: spec.host,
  auth: spec.auth,
  safe: spec.safe,
  doc: spec.doc,
  query: spec.query ?? [],
  body: spec.body,
  returns: spec.returns,
  failure: spec.failure ?? Send.failure,
  wire: { input: spec.input, output: spec.output },
  spec,
  input: once(() => Wire.schema(spec.input())),
  output: once(() => Wire.schema(spec.output()))
})

// Where nothing is given, nothing is required: `Arguments` has seen to it.
const given = <I>(args: Arguments<I>): I => args[0] ?? ({} as I)

const caller = <I, A>(spec: Spec<I, A>) => {
  const plan = once(() => Send.plan(spec))
  return (input: I): Effect.Effect<A, WeChatError, WeChat> => WeChat.use((wechat) => wechat.call(plan(), input))
}

const prepared = <I, A>(spec: Spec<I, A>): Spec<I, A> => ({
  ...spec,
  input: once(spec.input),
  output: once(spec.output)
})

/**
 * An endpoint from what the catalog says about it.
 *
 * @since 0.1.0
 */
export const make = <I, A>(spec: Spec<I, A>): Endpoint<I, A> => {
  const own = prepared(spec)
  const call = caller(own)
  return Object.assign((...args: Arguments<I>) => call(given(args)), describe(own))
}

/**
 * An endpoint that answers in pages.
 *
 * @since 0.1.0
 */
export const paged = <I, A, X>(spec: Spec<I, A> & { readonly page: Page.Rule<I, A, X> }): Paged<I, A, X> => {
  const own = prepared<I, A>(spec)
  const call = caller(own)
  const first = once(() => firstPage(own, spec.page))
  return Object.assign((...args: Arguments<I>) => call(given(args)), describe(own), {
    page: spec.page,
    pages: (...args: Arguments<I>) => Page.pages(call, spec.page, given(args), first()),
    items: (...args: Arguments<I>) => Page.items(call, spec.page, given(args), first())
  })
}

/** The number that the catalog sends where the caller leaves page number or offset out. */
const firstPage = <I, A, X>(spec: Spec<I, A>, rule: Page.Rule<I, A, X>): number | undefined => {
  if ("cursor" in rule) return undefined
  const field = Wire.fieldsOf(spec.input())["offset" in rule ? rule.offset : rule.number]?.shape
  return field?._tag === "Preset" ? Number(field.value) : undefined
}
