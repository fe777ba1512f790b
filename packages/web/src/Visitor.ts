/**
 * Signs the visitors of a web server in, and tells its routes who they are.
 *
 * @since 0.1.0
 */
import type { WeChatError } from "@wechat/core/Error"
import { WeChat } from "@wechat/core/WeChat"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import {
  type CodeRefused,
  KeyRefused,
  type SignInEnded,
  type StateRefused,
  type UrlRefused,
  type UserTokenRefused
} from "./Failure.ts"
import * as Bytes from "./internal/bytes.ts"
import { local } from "./internal/place.ts"
import * as OAuth from "./OAuth.ts"
import { Signer } from "./Signer.ts"
import { State } from "./State.ts"

/**
 * Who visits.
 *
 * @since 0.1.0
 */
export interface Visit {
  readonly openid: string
  readonly unionid: string | undefined
  readonly scope: ReadonlyArray<string>
  /** A stand-in: the visitor looks at a snapshot of the page, and the openid is nobody's. */
  readonly isSnapshot: boolean
  /** Unix milliseconds. */
  readonly since: number
}

/**
 * The visitor of the request that is being answered.
 *
 * @since 0.1.0
 */
export class Visitor extends Context.Service<Visitor, Visit>()("@wechat/web/Visitor") {}

/**
 * What ends in no sign-in.
 *
 * @since 0.1.0
 */
export type Failure = StateRefused | CodeRefused | Declined | UserTokenRefused | SignInEnded | UrlRefused | WeChatError

/**
 * The visitor did not agree.
 *
 * @since 0.1.0
 */
export class Declined extends Schema.TaggedError<Declined>("@wechat/web/Declined")("Declined", {}) {
  override get message(): string {
    return "the visitor has not agreed to sign in: offer it again, or go on without"
  }
}

/**
 * @since 0.1.0
 */
export interface Options {
  /** The site as browsers see it: `https://example.com`. Never read from a request. */
  readonly origin: string
  /** The path that WeChat sends browsers back to: `/wechat/callback`. */
  readonly callback?: `/${string}` | undefined
  /** `snsapi_base` unless said otherwise; `snsapi_login` shows a QR code to browsers outside WeChat. */
  readonly scope?: "snsapi_base" | "snsapi_userinfo" | "snsapi_login" | undefined
  /** How long a sign-in lasts: 7 days. */
  readonly life?: Duration.Input | undefined
  /** How old a cookie may be before the next answer brings another: an hour. */
  readonly rotate?: Duration.Input | undefined
  /** The cookie's name: `wechat`. Over https it gets the prefix `__Host-`, by which browsers keep other hosts from setting it. */
  readonly cookie?: string | undefined
  /**
   * Runs once for each sign-in, before the visitor goes on: to keep the user's tokens, or to read name and picture. The tokens
   * are kept nowhere else.
   */
  readonly onSignIn?: ((signedIn: OAuth.SignedIn) => Effect.Effect<void, Failure, WeChat>) | undefined
  /** What a browser sees that could not be signed in; the failure's own words unless given. */
  readonly onFailure?: ((failure: Failure) => Effect.Effect<HttpServerResponse.HttpServerResponse>) | undefined
}

const Kept = Schema.fromJsonString(
  Schema.Struct({
    /** Of this browser alone. */
    browser: Schema.String,
    /** Where the visitor wanted to go. */
    to: Schema.String
  })
)

const Session = Schema.fromJsonString(
  Schema.Struct({
    openid: Schema.NonEmptyString,
    unionid: Schema.optionalKey(Schema.String),
    scope: Schema.Array(Schema.String),
    isSnapshot: Schema.Boolean,
    since: Schema.Int,
    /** When this cookie was made. */
    made: Schema.Int
  })
)

const statusOf = (failure: Failure): number => {
  switch (failure._tag) {
    case "WeChatError":
      return 502
    case "UrlRefused":
      return 500
    case "Declined":
      return 403
    default:
      return 400
  }
}

const plain = (status: number, text: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(text, { status, headers: { "cache-control": "no-store" } })

const told = (failure: Failure): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
  Effect.succeed(
    // What WeChat said is for the log: it may name the account.
    plain(statusOf(failure), failure._tag === "WeChatError" ? "WeChat could not be asked: try again" : failure.message)
  )

/** A page that somebody looks at, and not a call that a script makes. */
const isLookedAt = ({ headers, method }: HttpServerRequest.HttpServerRequest): boolean =>
  (method === "GET" || method === "HEAD") &&
  (headers["sec-fetch-mode"] === undefined || headers["sec-fetch-mode"] === "navigate")

/** Where a request goes, with the path as browsers see it. Some servers know the whole address, some only the path. */
const placeOf = ({ originalUrl }: HttpServerRequest.HttpServerRequest): string => {
  if (!URL.canParse(originalUrl)) return originalUrl
  const { pathname, search } = new URL(originalUrl)
  return `${pathname}${search}`
}

const settle = (options: Options) => {
  const isOrigin = URL.canParse(options.origin) && new URL(options.origin).origin === options.origin.toLowerCase()
  const isSecure = options.origin.toLowerCase().startsWith("https:")
  const name = `${isSecure ? "__Host-" : ""}${options.cookie ?? "wechat"}`
  const cookie = { httpOnly: true, secure: isSecure, sameSite: "lax", path: "/" } as const
  return {
    isOrigin,
    name,
    cookie,
    callback: options.callback ?? "/wechat/callback",
    scope: options.scope ?? "snsapi_base",
    life: Duration.fromInputUnsafe(options.life ?? "7 days"),
    rotate: Duration.fromInputUnsafe(options.rotate ?? "1 hour")
  }
}

const prepare = Effect.fnUntraced(function* (options: Options) {
  const wechat = yield* WeChat
  const signer = yield* Signer
  const state = yield* State
  const { callback, cookie, isOrigin, life, name, rotate, scope } = settle(options)
  const { app } = wechat
  if (!isOrigin) return yield* new KeyRefused({ what: "origin", expected: "a site, such as https://example.com" })
  if (app._tag === "Component") {
    return yield* new KeyRefused({
      what: "the account that visitors sign in to",
      expected: "App.common or App.authorizer"
    })
  }
  const purpose = `session ${app.appid}`
  // Each sign-in has a cookie of its own, so that several can be under way.
  const stateCookie = (value: string) => `${name}-state-${/^[0-9a-f]{8}/.exec(value)?.[0] ?? "none"}`
  const queryOf = ({ url }: HttpServerRequest.HttpServerRequest) => new URL(url, options.origin).searchParams

  /** The session of the request's cookie, if it has a good one. */
  const session = (request: HttpServerRequest.HttpServerRequest) =>
    Effect.gen(function* () {
      const text = yield* signer.open(purpose, request.cookies[name] ?? "")
      if (text === undefined) return undefined
      return Option.getOrUndefined(yield* Effect.option(Schema.decodeEffect(Session)(text)))
    })

  const withSession = Effect.fnUntraced(function* (
    response: HttpServerResponse.HttpServerResponse,
    session: typeof Session.Type
  ) {
    const end = session.since + Duration.toMillis(life)
    const value = yield* signer.seal(purpose, yield* Effect.orDie(Schema.encodeEffect(Session)(session)), end)
    const maxAge = Duration.millis(Math.max(0, end - session.made))
    return HttpServerResponse.setCookieUnsafe(response, name, value, { ...cookie, maxAge })
  })

  /** Sends a browser to WeChat, with a cookie that it comes back with. */
  const begin = Effect.fnUntraced(function* (to: string) {
    const browser = Bytes.nonce()
    const value = yield* state.issue(browser)
    const page = { redirect: `${new URL(options.origin).origin}${callback}`, state: value }
    const url = yield* scope === "snsapi_login" ? OAuth.qrUrl(app, page) : OAuth.authorizeUrl(app, { ...page, scope })
    const end = (yield* Clock.currentTimeMillis) + Duration.toMillis(state.life)
    const text = yield* Effect.orDie(Schema.encodeEffect(Kept)({ browser, to: local(to) ?? "/" }))
    return HttpServerResponse.redirect(url, { headers: { "cache-control": "no-store" } }).pipe(
      HttpServerResponse.setCookieUnsafe(stateCookie(value), yield* signer.seal("state", text, end), {
        ...cookie,
        maxAge: state.life
      })
    )
  })

  /** Takes a browser back from WeChat. */
  const finish = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
    const query = queryOf(request)
    const given = query.get("state") ?? ""
    const text = yield* signer.open("state", request.cookies[stateCookie(given)] ?? "")
    const kept = Option.getOrUndefined(yield* Effect.option(Schema.decodeEffect(Kept)(text ?? "")))
    yield* state.redeem(given, kept?.browser ?? "")
    const code = query.get("code") ?? ""
    if (code === "") return yield* new Declined()
    const signedIn = yield* OAuth.exchange(code)
    if (options.onSignIn !== undefined) yield* options.onSignIn(signedIn)
    const now = yield* Clock.currentTimeMillis
    // What the cookie holds was checked when it was made; it is checked again where it is used.
    const onward = HttpServerResponse.redirect(local(kept?.to ?? "/") ?? "/", {
      headers: { "cache-control": "no-store" }
    })
    const { isSnapshot, openid, scope, unionid } = signedIn
    const who = { openid, ...(unionid === undefined ? {} : { unionid }), scope, isSnapshot }
    return yield* withSession(onward, { ...who, since: now, made: now })
  })

  const failed = (failure: Failure) =>
    Effect.logInfo("a visitor was not signed in", failure).pipe(Effect.andThen((options.onFailure ?? told)(failure)))

  return {
    callback,
    session,
    withSession,
    rotate,
    begin: (to: string) => Effect.catch(begin(to), failed),
    finish: (request: HttpServerRequest.HttpServerRequest) => {
      const name = stateCookie(queryOf(request).get("state") ?? "")
      return finish(request).pipe(
        Effect.catch(failed),
        Effect.provideService(WeChat, wechat),
        Effect.map((response) =>
          // Whatever came of it, the state is spent.
          name in request.cookies ? HttpServerResponse.expireCookieUnsafe(response, name, cookie) : response
        )
      )
    }
  }
})

/**
 * A middleware for routes whose visitors are to be signed in, and the route that takes them back from WeChat.
 *
 * A browser without a good cookie is sent to WeChat and comes back to where it wanted to go, which is always a place on this
 * site; a script without one gets status 401. The session cookie is signed, HttpOnly, SameSite=Lax and, over https, Secure;
 * it is made anew at each sign-in and every hour, and holds the openid in a form that its owner can read. There is no list of
 * sessions: to end them all, change the secret of the `Signer`.
 *
 * @since 0.1.0
 */
export const make = (options: Options) => {
  const prepared = prepare(options)

  const middleware = HttpRouter.middleware<{ provides: Visitor }>()(
    Effect.map(
      prepared,
      ({ begin, rotate, session, withSession }) =>
        (httpEffect) =>
          Effect.gen(function* () {
            const request = yield* HttpServerRequest.HttpServerRequest
            const found = yield* session(request)
            if (found === undefined) {
              return isLookedAt(request)
                ? yield* begin(placeOf(request))
                : plain(401, "sign in first: open a page of this site in a browser")
            }
            const { isSnapshot, openid, scope, since, unionid } = found
            const visit = { openid, unionid, scope, isSnapshot, since }
            const response = yield* Effect.provideService(httpEffect, Visitor, visit)
            const now = yield* Clock.currentTimeMillis
            return now - found.made < Duration.toMillis(rotate)
              ? response
              : yield* withSession(response, { ...found, made: now })
          })
    )
  )

  const callback = HttpRouter.use((router) =>
    Effect.flatMap(prepared, ({ callback, finish }) =>
      router.add("GET", callback, Effect.flatMap(HttpServerRequest.HttpServerRequest, finish))
    )
  )

  return { layer: middleware.layer, callback }
}
