/**
 * What WeChat pushes, and handlers for it.
 *
 * @since 0.1.0
 */
import type * as App from "@wechat/core/App"
import type * as Wire from "@wechat/core/Wire"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { type Pushes, pushes } from "./events/Table.ts"
import * as Dispatching from "./internal/dispatch.ts"
import type { Answer } from "./Reply.ts"

/**
 * How a push is written. Its answer is written the same way.
 *
 * @since 0.1.0
 */
export type Format = "xml" | "json"

/**
 * A push after verification, decryption and parsing.
 *
 * @since 0.1.0
 */
export interface Push {
  /** Whom it is for: an account of one's own, an account that a platform acts for, or the platform itself. */
  readonly app: App.App
  readonly format: Format
  /**
   * The fields as they came. In XML an element is its text, or an object of its elements; one that is repeated is a list; an
   * empty one is `""`.
   */
  readonly fields: Readonly<Record<string, unknown>>
}

/**
 * Names a kind of push by the value of one field.
 *
 * @since 0.1.0
 */
export type Match = { readonly MsgType: string } | { readonly Event: string } | { readonly InfoType: string }

/**
 * What is needed of a `Wire.Codec` to read.
 *
 * @since 0.1.0
 */
export interface Reader<out A> extends Wire.AnyCodec {
  readonly read: (value: unknown) => A
}

/**
 * What is needed of a `Wire.Codec` to write.
 *
 * @since 0.1.0
 */
export interface Writer<in B> extends Wire.AnyCodec {
  readonly write: (value: B) => unknown
}

/**
 * A kind of push, and how its fields are read.
 *
 * @since 0.1.0
 */
export interface Kind<out A> {
  readonly match: Match
  /** Other values of the matched field that mean the same. */
  readonly aka?: ReadonlyArray<string>
  /** The codec of its fields; asked for when the first one arrives. */
  readonly codec: (format: Format) => Reader<A>
}

/**
 * A kind of push that wants an answer body of its own.
 *
 * @since 0.1.0
 */
export interface Answered<out A, in B> extends Kind<A> {
  /** Whether the answer body begins like a push, with sender and receiver swapped: no, where it is left out. */
  readonly envelope?: boolean
  readonly reply: (format: Format) => Writer<B>
}

/**
 * Kinds of pushes by name.
 *
 * @since 0.1.0
 */
export interface Table {
  readonly [name: string]: Kind<unknown> | Answered<unknown, never>
}

/**
 * What a handler takes a push of this kind as.
 *
 * @since 0.1.0
 */
export type TypeOf<K> = K extends Kind<infer A> ? A : never

/**
 * What a handler may answer to a push of this kind: a reply or nothing, or the answer body that the kind wants.
 *
 * @since 0.1.0
 */
export type AnswerOf<K> = K extends { readonly reply: (format: Format) => Writer<infer B> } ? B | void : Answer

/**
 * Does something about a push, and may answer it.
 *
 * @since 0.1.0
 */
export interface Handler<out E = never, out R = never> {
  (push: Push): Effect.Effect<Answer, E, R>
}

/**
 * Handlers by the name of what they handle. `unknown` takes every push that no other does: one of a kind that nobody knows
 * yet, and one whose fields do not fit, included.
 *
 * @since 0.1.0
 */
export type Handlers<T extends Table> = {
  readonly [K in keyof T]?: (message: TypeOf<T[K]>, push: Push) => Effect.Effect<AnswerOf<T[K]>, unknown, unknown>
} & { readonly unknown?: (push: Push) => Effect.Effect<Answer, unknown, unknown> }

/** A name that the table does not have is a spelling mistake. */
type Known<T extends Table, H> = { readonly [K in Exclude<keyof H, keyof T | "unknown">]: never }

type Returned<H> = { readonly [K in keyof H]: H[K] extends (...args: never) => infer F ? F : never }[keyof H]
type ErrorOf<F> = F extends Effect.Effect<unknown, infer E, unknown> ? E : never
type ServicesOf<F> = F extends Effect.Effect<unknown, unknown, infer R> ? R : never

/**
 * Makes handlers over a table of kinds.
 *
 * @since 0.1.0
 */
export interface Dispatch<T extends Table> {
  /** Handles some kinds; a push of any other is answered with `success`. */
  readonly on: <const H extends Handlers<T>>(
    handlers: H & Known<T, H>
  ) => Handler<ErrorOf<Returned<H>>, ServicesOf<Returned<H>>>
  /** Handles all kinds of the table: one that is left out does not compile. */
  readonly exhaustive: <const H extends Required<Omit<Handlers<T>, "unknown">> & Handlers<T>>(
    handlers: H & Known<T, H>
  ) => Handler<ErrorOf<Returned<H>>, ServicesOf<Returned<H>>>
}

/**
 * Handlers over a table of one's own: some chapters of WeChat's, or what a catalog of one's own generates.
 *
 * @since 0.1.0
 */
export const over = <const T extends Table>(table: T): Dispatch<T> => {
  let find: Dispatching.Find | undefined
  const dispatch = (handlers: Dispatching.Handlers) =>
    Dispatching.handler((find ??= Dispatching.index(table)), handlers)
  return { on: dispatch, exhaustive: dispatch } as Dispatch<T>
}

const all: Dispatch<Pushes> = /* @__PURE__ */ over(pushes)

/**
 * Handles some of the kinds that WeChat has; a push of any other is answered with `success`.
 *
 * @since 0.1.0
 */
export const on: Dispatch<Pushes>["on"] = (handlers) => all.on(handlers)

/**
 * Lets work go on that a push does not wait for.
 *
 * @since 0.1.0
 */
export interface Run {
  <E, R>(work: Effect.Effect<unknown, E, R>, push: Push): Effect.Effect<void, never, R>
}

/**
 * How work goes on in the background; the server sets it. Elsewhere, as in a test of a handler, the work is done in place.
 *
 * @since 0.1.0
 */
export const Background = Context.Reference<Run>("@wechat/callback/Background", {
  defaultValue: () => (work) => Effect.ignore(work)
})

/**
 * A handler whose push is answered with `success` at once, while it goes on in the background. Its failures are logged.
 *
 * @since 0.1.0
 */
export const later =
  <A, E, R>(handle: (message: A, push: Push) => Effect.Effect<unknown, E, R>) =>
  (message: A, push: Push): Effect.Effect<void, never, R> =>
    Effect.flatMap(Background, (run) => run(handle(message, push), push))
