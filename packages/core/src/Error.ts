/**
 * One failure, {@link WeChatError}, whose `reason` says what went wrong, sorted by what a caller would do about it.
 *
 * No token, secret or session key is ever part of a failure.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { codes } from "./internal/codes.ts"

const code = {
  errcode: Schema.Int,
  /** WeChat's own words. */
  errmsg: Schema.String,
  /** Names the call towards WeChat's support, and in getRidInfo. */
  rid: Schema.optionalKey(Schema.String)
}

/** The token was not accepted, not even after it was renewed: 40001, 40014, 42001. */
export class InvalidToken extends Schema.TaggedError<InvalidToken>("@wechat/core/InvalidToken")("InvalidToken", code) {
  override get message(): string {
    return describe(this)
  }
}

/** The account, or the user, may not do this: 48001, 61007, 43101. */
export class Forbidden extends Schema.TaggedError<Forbidden>("@wechat/core/Forbidden")("Forbidden", code) {
  override get message(): string {
    return describe(this)
  }
}

/** A daily quota or a frequency limit: 45009, 45011. */
export class RateLimited extends Schema.TaggedError<RateLimited>("@wechat/core/RateLimited")("RateLimited", code) {
  override get message(): string {
    return describe(this)
  }
}

/** WeChat asks to try later: -1. */
export class Busy extends Schema.TaggedError<Busy>("@wechat/core/Busy")("Busy", code) {
  override get message(): string {
    return describe(this)
  }
}

/** The caller's address is not on the account's list: 40164, 61004. */
export class AddressNotAllowed extends Schema.TaggedError<AddressNotAllowed>("@wechat/core/AddressNotAllowed")(
  "AddressNotAllowed",
  code
) {
  override get message(): string {
    return describe(this)
  }
}

/** Every other errcode. */
export class Rejected extends Schema.TaggedError<Rejected>("@wechat/core/Rejected")("Rejected", code) {
  override get message(): string {
    return describe(this)
  }
}

/** No usable answer: the connection failed, the body was cut, or the HTTP status is not 2xx. */
export class Unreachable extends Schema.TaggedError<Unreachable>("@wechat/core/Unreachable")("Unreachable", {
  /** Whether the request may have arrived. */
  sent: Schema.Boolean,
  status: Schema.optionalKey(Schema.Int),
  detail: Schema.String
}) {
  override get message(): string {
    return describe(this)
  }
}

/** No answer in time; the request may have arrived. */
export class Timeout extends Schema.TaggedError<Timeout>("@wechat/core/Timeout")("Timeout", {
  after: Schema.Duration
}) {
  override get message(): string {
    return describe(this)
  }
}

/** The answer does not have the documented shape. */
export class Malformed extends Schema.TaggedError<Malformed>("@wechat/core/Malformed")("Malformed", {
  detail: Schema.String
}) {
  override get message(): string {
    return describe(this)
  }
}

/** The input does not have the documented shape, or a credential for it is missing; nothing was sent. */
export class InvalidInput extends Schema.TaggedError<InvalidInput>("@wechat/core/InvalidInput")("InvalidInput", {
  /** Names the field. */
  detail: Schema.String
}) {
  override get message(): string {
    return describe(this)
  }
}

/** No usable token: no secret, no ticket, no authorization, WeChat refused to issue one, or the store is out of reach. */
export class NoToken extends Schema.TaggedError<NoToken>("@wechat/core/NoToken")("NoToken", {
  /** Which token, as `access:Common:wx1`. */
  key: Schema.String,
  /** What happened, and what to do. */
  detail: Schema.String,
  /** WeChat's code, where it refused. */
  errcode: Schema.optionalKey(Schema.Int),
  /** What has to be provided first, where that is known: the app secret, a verify ticket, the account's authorization. */
  missing: Schema.optionalKey(Schema.Literals(["secret", "ticket", "authorization"]))
}) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * Why a call failed.
 *
 * @since 0.1.0
 */
export const Reason = Schema.Union([
  InvalidToken,
  Forbidden,
  RateLimited,
  Busy,
  AddressNotAllowed,
  Rejected,
  Unreachable,
  Timeout,
  Malformed,
  InvalidInput,
  NoToken
])
export type Reason = typeof Reason.Type

/** What to do about a return code, where it is known. */
export const advice = (errcode: number): string | undefined => codes.get(errcode)?.advice

/** A reason in words: what happened, and for known codes what to do. */
export const describe = (reason: Reason): string => {
  switch (reason._tag) {
    case "Unreachable":
      return `no usable answer from WeChat: ${reason.detail}${reason.sent ? "" : " (nothing was sent)"}`
    case "Timeout":
      return `no answer from WeChat within ${Duration.format(reason.after)}`
    case "Malformed":
      return `WeChat's answer is not what its documentation says: ${reason.detail}`
    case "InvalidInput":
      return `not sent: ${reason.detail}`
    case "NoToken":
      return `no token (${reason.key}): ${reason.detail}`
    default: {
      const hint = advice(reason.errcode)
      return `${reason.errcode} ${reason.errmsg}${hint === undefined ? "" : ` (${hint})`}`
    }
  }
}

/**
 * A call that failed. `reason` is a tagged error of its own: use `Effect.catchReason("WeChatError", "RateLimited", ...)`
 * for a kind of failure and {@link catchCode} for single return codes.
 *
 * @since 0.1.0
 */
export class WeChatError extends Schema.TaggedError<WeChatError>("@wechat/core/WeChatError")("WeChatError", {
  /** The endpoint's id, as `offiaccount.User.userInfo`. */
  endpoint: Schema.String,
  reason: Reason
}) {
  override get message(): string {
    return `${this.endpoint}: ${describe(this.reason)}`
  }

  /** WeChat's return code, where it sent one. */
  get errcode(): number | undefined {
    return "errcode" in this.reason ? this.reason.errcode : undefined
  }
}

const ridOf = (errmsg: string): string | undefined => /\brid: ?([0-9a-f-]+)/.exec(errmsg)?.[1]

const kinds = { InvalidToken, Forbidden, RateLimited, Busy, AddressNotAllowed, Rejected }

/**
 * The reason that a return code stands for.
 *
 * @since 0.1.0
 */
export const fromCode = (errcode: number, errmsg: string): Reason => {
  const rid = ridOf(errmsg)
  const Kind = kinds[codes.get(errcode)?.kind ?? "Rejected"]
  return new Kind({ errcode, errmsg, ...(rid === undefined ? {} : { rid }) })
}

const isWeChatError = Schema.is(WeChatError)

/**
 * Recovers from the given return codes and leaves every other failure as it is.
 *
 * @since 0.1.0
 */
export const catchCode =
  <const Codes extends ReadonlyArray<number>, A2, E2, R2>(
    errcodes: Codes,
    recover: (error: WeChatError & { readonly errcode: Codes[number] }) => Effect.Effect<A2, E2, R2>
  ) =>
  <A, E, R>(self: Effect.Effect<A, E | WeChatError, R>): Effect.Effect<A | A2, E | WeChatError | E2, R | R2> => {
    const isWanted = (error: unknown): error is WeChatError & { readonly errcode: Codes[number] } =>
      isWeChatError(error) && error.errcode !== undefined && errcodes.includes(error.errcode)
    return Effect.catch(self, (error): Effect.Effect<A2, E | WeChatError | E2, R2> =>
      isWanted(error) ? recover(error) : Effect.fail(error)
    )
  }
