/**
 * What the catalog says about an endpoint.
 *
 * @since 0.1.0
 */
import type * as Wire from "./Wire.ts"

/**
 * The token that an endpoint takes: the account's as `access_token`, the platform's under that same name (`component`) or
 * as `component_access_token`, or none.
 *
 * @since 0.1.0
 */
export type Auth = "access_token" | "component" | "component_access_token" | "none"

/**
 * What the client fills in where the caller leaves a field out: credentials, and signatures over what is sent.
 *
 * @since 0.1.0
 */
export type Fill = "appid" | "secret" | "offer_id" | "delivery_key" | "pay_sig" | "signature" | "sig" | "delivery_sign"

/**
 * How the fields that are not in the query travel: not at all, as a JSON object, as one JSON value, as raw bytes, as a
 * form, or as a form where a file is given and JSON otherwise.
 *
 * @since 0.1.0
 */
export type Body = "none" | "json" | "value" | "bytes" | "form" | "form-or-json"

export type KeyOf<I> = I extends unknown ? keyof I & string : never

/**
 * Everything that the catalog says about an endpoint and a call needs to know.
 *
 * @since 0.1.0
 */
export interface Spec<in out I, in out A> {
  /** `<product>.<Group>.<name>`, unique. Names spans, metrics and failures. */
  readonly id: string
  readonly method: "GET" | "POST"
  readonly path: `/${string}`
  /** Where it differs from the account's API host. */
  readonly host?: string
  readonly auth: Auth
  /** Repeating a call that may have arrived does no harm. */
  readonly safe: boolean
  /** The official page. */
  readonly doc?: string
  readonly body: Body
  readonly returns: "json" | "file" | "nothing"
  /** Fields that travel in the address. */
  readonly query?: ReadonlyArray<KeyOf<I>>
  /** Fields that travel as parts of a form. */
  readonly form?: ReadonlyArray<KeyOf<I>>
  readonly fill?: { readonly [K in KeyOf<I>]?: Fill }
  /** Where the answer holds its error code and message; dots lead into objects. */
  readonly failure?: { readonly code: string; readonly message: string }
  /** Made on first use: a program pays for the endpoints that it calls. */
  readonly input: () => Wire.Codec<I>
  readonly output: () => Wire.Codec<A>
}
