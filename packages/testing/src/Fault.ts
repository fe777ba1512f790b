/**
 * What can go wrong between a program and WeChat, as values for {@link Simulator.fail}. The Layer plays them as failures of
 * the `HttpClient`, the server on the socket.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"

/** How often it happens; always, where it is left out. */
interface Times {
  readonly times?: number | undefined
}

/**
 * @since 0.1.0
 */
export type Fault = Times &
  (
    | { readonly _tag: "Refuse"; readonly errcode: number; readonly errmsg?: string | undefined }
    | {
        readonly _tag: "Respond"
        readonly status: number
        readonly type: string
        readonly body: string
        readonly location?: string
      }
    | { readonly _tag: "Delay"; readonly duration: Duration.Input }
    | { readonly _tag: "Reset" | "NoConnection" | "Hang" | "Lost" | "Half" | "Gzip" }
  )

/**
 * A return code in place of an answer; the call has no effect. `errmsg` is WeChat's own where it is left out and known.
 *
 * @since 0.1.0
 */
export const refuse = (errcode: number, errmsg?: string): Fault => ({ _tag: "Refuse", errcode, errmsg })

/**
 * An HTTP status in place of an answer, with a text as its body.
 *
 * @since 0.1.0
 */
export const status = (status: number, body = ""): Fault => ({ _tag: "Respond", status, type: "text/plain", body })

/**
 * A text in place of an answer, as it is.
 *
 * @since 0.1.0
 */
export const text = (body: string, type = "application/json; encoding=utf-8"): Fault => ({
  _tag: "Respond",
  status: 200,
  type,
  body
})

/**
 * A web page in place of an answer, as a proxy or a sign-in page sends it.
 *
 * @since 0.1.0
 */
export const html: Fault = {
  _tag: "Respond",
  status: 200,
  type: "text/html; charset=utf-8",
  body: "<!doctype html><html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
}

/**
 * No body at all, with status 200.
 *
 * @since 0.1.0
 */
export const empty: Fault = { _tag: "Respond", status: 200, type: "text/plain", body: "" }

/**
 * A redirect to another place.
 *
 * @since 0.1.0
 */
export const redirect = (location: string, status = 302): Fault => ({
  _tag: "Respond",
  status,
  type: "text/html",
  body: "",
  location
})

/**
 * The right answer, late.
 *
 * @since 0.1.0
 */
export const delay = (duration: Duration.Input): Fault => ({ _tag: "Delay", duration })

/**
 * The right answer, compressed, whether or not the program asked for that.
 *
 * @since 0.1.0
 */
export const gzip: Fault = { _tag: "Gzip" }

/**
 * The first half of the right answer, after which the connection breaks. The call has had its effect.
 *
 * @since 0.1.0
 */
export const half: Fault = { _tag: "Half" }

/**
 * The connection breaks before an answer, and the call has had no effect.
 *
 * @since 0.1.0
 */
export const reset: Fault = { _tag: "Reset" }

/**
 * The connection breaks before an answer, but the call has had its effect.
 *
 * @since 0.1.0
 */
export const lost: Fault = { _tag: "Lost" }

/**
 * The connection is refused, so nothing is sent. A server that listens cannot do that, and resets the connection instead.
 *
 * @since 0.1.0
 */
export const noConnection: Fault = { _tag: "NoConnection" }

/**
 * No answer, ever. The call has no effect.
 *
 * @since 0.1.0
 */
export const hang: Fault = { _tag: "Hang" }
