/**
 * The seam of WeChat's API security mode, in which a call is encrypted and signed and its answer verified and decrypted.
 * Core knows when; `@wechat/web/ApiSecurity` knows how.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as App from "./App.ts"
import type { Reason } from "./Error.ts"
import type { Body } from "./Spec.ts"

/**
 * An answer as it arrives, with its header names in lower case.
 *
 * @since 0.1.0
 */
export interface Answer {
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

/**
 * A call as it is sent, and the way to read its answer.
 *
 * @since 0.1.0
 */
export interface Covered {
  readonly headers: Readonly<Record<string, string>>
  /** JSON; it stands for all fields, those of the address too. */
  readonly body: string
  /** The JSON that the answer stands for. */
  readonly open: (answer: Answer) => Effect.Effect<string, Reason>
}

/**
 * Covers one attempt. `url` is the whole address without its query, and differs from host to host.
 *
 * @since 0.1.0
 */
export type Covering = (url: string, fields: Readonly<Record<string, unknown>>) => Effect.Effect<Covered, Reason>

/**
 * What calls are covered, and how. Calls go as they are where it is not provided.
 *
 * @since 0.1.0
 */
export class Cover extends Context.Service<
  Cover,
  {
    /** `undefined`: the call goes as it is. */
    readonly of: (
      app: App.App,
      call: { readonly path: string; readonly body: Body; readonly returns: "json" | "file" | "nothing" }
    ) => Covering | undefined
  }
>()("@wechat/core/Cover") {}
