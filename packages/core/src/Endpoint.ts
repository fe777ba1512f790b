/**
 * One WeChat API as a value that is also the function that calls it.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
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

// A program may load hundreds of endpoints and look at few, so an endpoint is a function with two properties, and what it
// says of itself is read from them when somebody asks.
class About<I, A> extends Function {
  declare readonly spec: Spec<I, A>
  declare readonly plan: () => Send.Plan<I, A>

  get id() {
    return this.spec.id
  }
  get method() {
    return this.spec.method
  }
  get path() {
    return this.spec.path
  }
  get host() {
    return this.spec.host
  }
  get auth() {
    return this.spec.auth
  }
  get safe() {
    return this.spec.safe
  }
  get doc() {
    return this.spec.doc
  }
  get query() {
    return this.spec.query ?? []
  }
  get body() {
    return this.spec.body
  }
  get returns() {
    return this.spec.returns
  }
  get failure() {
    return this.spec.failure ?? Send.failure
  }
  get wire() {
    const { plan } = this
    return { input: () => plan().input, output: () => plan().output }
  }
  get input() {
    const { plan } = this
    return () => Wire.schema(plan().input)
  }
  get output() {
    const { plan } = this
    return () => Wire.schema(plan().output)
  }
}

class AboutPages<I, A, X> extends About<I, A> {
  declare readonly spec: PagedSpec<I, A, X>

  get page() {
    return this.spec.page
  }
  get pages() {
    const { plan, spec } = this
    return (...args: Arguments<I>) => Page.pages(call(plan), spec.page, given(args), firstPage(plan(), spec.page))
  }
  get items() {
    const { plan, spec } = this
    return (...args: Arguments<I>) => Page.items(call(plan), spec.page, given(args), firstPage(plan(), spec.page))
  }
}

interface PagedSpec<in out I, in out A, in out X> extends Spec<I, A> {
  readonly page: Page.Rule<I, A, X>
}

// Where nothing is given, nothing is required: `Arguments` has seen to it.
const given = <I>(args: Arguments<I>): I => args[0] ?? ({} as I)

const call =
  <I, A>(plan: () => Send.Plan<I, A>) =>
  (input: I): Effect.Effect<A, WeChatError, WeChat> =>
    Effect.contextWith((caller: Context.Context<WeChat>) => Context.get(caller, WeChat).call(plan(), input, caller))

/** A plan is made with the first call: a program pays for the endpoints that it uses. */
const planned = <I, A>(spec: Spec<I, A>): (() => Send.Plan<I, A>) => {
  let plan: Send.Plan<I, A> | undefined
  return () => (plan ??= Send.plan(spec))
}

/** The number that the catalog sends where the caller leaves page number or offset out. */
const firstPage = <I, A, X>(plan: Send.Plan<I, A>, rule: Page.Rule<I, A, X>): number | undefined => {
  if ("cursor" in rule) return undefined
  const field = Wire.fieldsOf(plan.input)["offset" in rule ? rule.offset : rule.number]?.shape
  return field?._tag === "Preset" ? Number(field.value) : undefined
}

const shaped = <F extends object, P extends object>(run: F, prototype: P): F & P =>
  Object.setPrototypeOf(run, prototype)

const caller =
  <I, A>(plan: () => Send.Plan<I, A>) =>
  (...args: Arguments<I>): Effect.Effect<A, WeChatError, WeChat> =>
    call(plan)(given(args))

/**
 * An endpoint from what the catalog says about it.
 *
 * @since 0.1.0
 */
export const make = <I, A>(spec: Spec<I, A>): Endpoint<I, A> => {
  const plan = planned(spec)
  const about: About<I, A> = About.prototype
  return Object.assign(shaped(caller(plan), about), { spec, plan })
}

/**
 * An endpoint that answers in pages.
 *
 * @since 0.1.0
 */
export const paged = <I, A, X>(spec: PagedSpec<I, A, X>): Paged<I, A, X> => {
  const plan = planned<I, A>(spec)
  const about: AboutPages<I, A, X> = AboutPages.prototype
  return Object.assign(shaped(caller(plan), about), { spec, plan })
}
