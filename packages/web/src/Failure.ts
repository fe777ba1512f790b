/**
 * What goes wrong between a page and its server. Every failure says what to do; none holds a secret.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * WeChat refused a one-time code.
 *
 * @since 0.1.0
 */
export class CodeRefused extends Schema.TaggedError<CodeRefused>("@wechat/web/CodeRefused")("CodeRefused", {
  /** `used`: spent already, maybe by this very page, loaded twice. `stale`: too old, of another account, or made up. */
  why: Schema.Literals(["used", "stale"]),
  errcode: Schema.Int
}) {
  override get message(): string {
    const what = this.why === "used" ? "this one-time code was used already" : "WeChat does not know this one-time code"
    return `${what} (${this.errcode}): codes work once and for five minutes, so have the page ask for a new one`
  }
}

/**
 * The user's sign-in has ended: after 30 days (42002, 40030), or with a new password (42007).
 *
 * @since 0.1.0
 */
export class SignInEnded extends Schema.TaggedError<SignInEnded>("@wechat/web/SignInEnded")("SignInEnded", {
  errcode: Schema.Int
}) {
  override get message(): string {
    const why = this.errcode === 42007 ? "the user has changed the password" : "the refresh token has run out"
    return `${why} (${this.errcode}): the user must authorize again, no token brings the old sign-in back`
  }
}

/**
 * The user's token is not valid, or not for this openid: refresh it.
 *
 * @since 0.1.0
 */
export class UserTokenRefused extends Schema.TaggedError<UserTokenRefused>("@wechat/web/UserTokenRefused")(
  "UserTokenRefused",
  { errcode: Schema.Int }
) {
  override get message(): string {
    return `WeChat refused the user's token (${this.errcode}): refresh it with OAuth.refresh, or have the user authorize again`
  }
}

/**
 * A `state` that this server did not give to this browser, or not for this sign-in.
 *
 * @since 0.1.0
 */
export class StateRefused extends Schema.TaggedError<StateRefused>("@wechat/web/StateRefused")("StateRefused", {
  /** `forged` covers a state of another browser. */
  why: Schema.Literals(["missing", "forged", "expired", "replayed"])
}) {
  override get message(): string {
    return `the sign-in was not begun in this browser just now (its state is ${this.why}): do not use its code, and begin again`
  }
}

/**
 * There is no session key for a user: they have not signed in, or too many others have since.
 *
 * @since 0.1.0
 */
export class SessionKeyMissing extends Schema.TaggedError<SessionKeyMissing>("@wechat/web/SessionKeyMissing")(
  "SessionKeyMissing",
  { openid: Schema.String }
) {
  override get message(): string {
    return `no session key of ${this.openid} is kept: have the mini program call wx.login, and give the code to Session.login`
  }
}

/**
 * What the mini program sent was not made with the session key that is kept.
 *
 * @since 0.1.0
 */
export class SessionKeyStale extends Schema.TaggedError<SessionKeyStale>("@wechat/web/SessionKeyStale")(
  "SessionKeyStale",
  { openid: Schema.String }
) {
  override get message(): string {
    return (
      `the session key of ${this.openid} does not fit: wx.login has replaced it, or the data was changed on the way. ` +
      "Have the mini program call wx.login first, and ask for the data after it"
    )
  }
}

/**
 * Data that WeChat made for another account.
 *
 * @since 0.1.0
 */
export class ForeignData extends Schema.TaggedError<ForeignData>("@wechat/web/ForeignData")("ForeignData", {
  /** The account that it was made for. */
  appid: Schema.String,
  expected: Schema.String
}) {
  override get message(): string {
    return `the data belongs to ${this.appid === "" ? "no account" : this.appid}, not to ${this.expected}: do not use it`
  }
}

/**
 * Data that was made too long ago, or by a clock that is wrong.
 *
 * @since 0.1.0
 */
export class OldData extends Schema.TaggedError<OldData>("@wechat/web/OldData")("OldData", {
  /** Seconds. */
  age: Schema.Int
}) {
  override get message(): string {
    return `the data is ${this.age} seconds old: have the mini program ask for it again, or allow a greater maxAge`
  }
}

/**
 * A key, or what stands beside one, is not what it has to be.
 *
 * @since 0.1.0
 */
export class KeyRefused extends Schema.TaggedError<KeyRefused>("@wechat/web/KeyRefused")("KeyRefused", {
  /** Which one. */
  what: Schema.String,
  /** What it has to be. */
  expected: Schema.String
}) {
  override get message(): string {
    return `${this.what} has to be ${this.expected}`
  }
}

/**
 * An address that no page can have.
 *
 * @since 0.1.0
 */
export class UrlRefused extends Schema.TaggedError<UrlRefused>("@wechat/web/UrlRefused")("UrlRefused", {
  /** What it has to be. */
  expected: Schema.String
}) {
  override get message(): string {
    return `the address has to be ${this.expected}`
  }
}
