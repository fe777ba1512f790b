/**
 * Credentials that WeChat issues for a while: access tokens and tickets.
 *
 * @since 0.1.0
 */
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as App from "./App.ts"

/**
 * What a ticket signs: JS-SDK calls of web pages, or cards.
 *
 * @since 0.1.0
 */
export const TicketType = Schema.Literals(["jsapi", "wx_card"])
export type TicketType = typeof TicketType.Type

/**
 * Names a token: the access token of an account, or one of its tickets.
 *
 * @since 0.1.0
 */
export type Key =
  | { readonly _tag: "Access"; readonly app: App.App; readonly path: string }
  | { readonly _tag: "Ticket"; readonly app: App.App; readonly type: TicketType; readonly path: string }

/**
 * The access token of an account.
 *
 * @since 0.1.0
 */
export const Access = (app: App.App): Key => ({ _tag: "Access", app, path: `access:${App.key(app)}` })

/**
 * A ticket of an account.
 *
 * @since 0.1.0
 */
export const Ticket = (app: App.App, type: TicketType): Key => ({
  _tag: "Ticket",
  app,
  type,
  path: `ticket:${type}:${App.key(app)}`
})

/**
 * The key of the token that this one is made with: the platform's for an authorizer, the account's for a ticket.
 *
 * @since 0.1.0
 */
export const parent = (key: Key): Key | undefined =>
  key._tag === "Ticket"
    ? Access(key.app)
    : key.app._tag === "Authorizer"
      ? Access(App.component(key.app.component))
      : undefined

/**
 * A token, with its times in Unix milliseconds.
 *
 * @since 0.1.0
 */
export class Token extends Schema.Class<Token>("@wechat/core/Token")({
  value: Schema.RedactedFromValue(Schema.NonEmptyString),
  /** When WeChat stops taking it. */
  expires: Schema.Int,
  /** When a new one should be asked for: some minutes before it expires, and never within a minute of its issue. */
  due: Schema.Int,
  /** When it, or one before it, was forced upon WeChat in the last day; the latest last. */
  forced: Schema.Array(Schema.Int)
}) {
  /** Whether both hold the same secret. */
  same(that: Token): boolean {
    return Redacted.value(this.value) === Redacted.value(that.value)
  }

  /** Whether it need not be looked at again at `now`. */
  isFresh(now: number): boolean {
    return now < this.due
  }

  /** Whether it can be sent at `now`. One that was just issued can, whatever life WeChat gives it. */
  isLive(now: number): boolean {
    return now < Math.max(this.expires, this.due)
  }
}

/** The same token is not asked for twice within this time, in milliseconds: that would be a storm. */
const soonest = 60_000

/**
 * A token that WeChat has just issued.
 *
 * @since 0.1.0
 */
export const issued = (options: {
  readonly value: Redacted.Redacted
  /** Unix milliseconds. */
  readonly now: number
  /** Seconds, as WeChat says. */
  readonly expiresIn: number
  /** Seconds before the end at which a new one can be had. */
  readonly margin: number
  readonly forced?: ReadonlyArray<number>
}): Token => {
  const expires = options.now + options.expiresIn * 1000
  return new Token({
    value: options.value,
    expires,
    due: Math.max(expires - options.margin * 1000, options.now + soonest),
    forced: options.forced ?? []
  })
}
