/**
 * What arrived at the simulator.
 *
 * @since 0.1.0
 */
import * as Predicate from "effect/Predicate"

/**
 * A request as it travels.
 *
 * @since 0.1.0
 */
export interface Request {
  readonly method: string
  readonly host: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
}

/**
 * A call, with its body read. Tokens and secrets are left out of query and body, unless the simulator was told to keep them.
 *
 * @since 0.1.0
 */
export interface Call {
  readonly method: string
  readonly host: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The JSON value, the parts of the form (files as name, type and data), the bytes, or nothing. */
  readonly body: unknown
  /** The account or platform whose token came with the call. */
  readonly appid: string | undefined
}

const secrets: ReadonlySet<string> = new Set([
  "access_token",
  "component_access_token",
  "authorizer_access_token",
  "secret",
  "appsecret",
  "component_secret",
  "component_appsecret",
  "component_verify_ticket",
  "authorizer_refresh_token",
  "refresh_token",
  "session_key"
])

const isPlain = (value: unknown): value is { readonly [name: string]: unknown } =>
  Predicate.isObject(value) && !(value instanceof Uint8Array)

const without = (value: unknown): unknown =>
  isPlain(value) ? Object.fromEntries(Object.entries(value).filter(([name]) => !secrets.has(name))) : value

/**
 * The same call without tokens and secrets.
 *
 * @since 0.1.0
 */
export const redact = (call: Call): Call => ({
  ...call,
  query: Object.fromEntries(Object.entries(call.query).filter(([name]) => !secrets.has(name))),
  body: without(call.body)
})

/**
 * What becomes of a request: an answer, one that breaks off in the middle, or no answer at all.
 *
 * @since 0.1.0
 */
export type Outcome =
  | {
      readonly _tag: "Answer" | "Half"
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: Uint8Array
    }
  | { readonly _tag: "Reset" | "NoConnection" }
