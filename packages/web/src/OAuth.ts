/**
 * The sign-in of a user on a web page: where to send the browser, and what its code is good for.
 *
 * `Visitor` does all of this for a server of Effect's `HttpRouter`.
 *
 * @since 0.1.0
 */
import type * as App from "@wechat/core/App"
import { catchCode, type WeChatError } from "@wechat/core/Error"
import { WeChat } from "@wechat/core/WeChat"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import { type CodeRefused, SignInEnded, UrlRefused, UserTokenRefused } from "./Failure.ts"
import * as Api from "./internal/endpoints.ts"
import * as Refused from "./internal/refused.ts"

/**
 * An account that users sign in to: one of one's own, or one that a third-party platform acts for.
 *
 * @since 0.1.0
 */
export type Account = App.Common | App.Authorizer

/**
 * What a page of WeChat's is asked for.
 *
 * @since 0.1.0
 */
export interface Page {
  /** Where WeChat sends the browser back to: a whole address, on a domain that the account has registered. */
  readonly redirect: string
  /** Comes back with the browser; make it with `State`. At most 128 letters and digits. */
  readonly state: string
}

/**
 * As {@link Page}, in an official account.
 *
 * @since 0.1.0
 */
export interface InWeChat extends Page {
  /** `snsapi_base` gives the openid, unseen; `snsapi_userinfo` asks the user and gives name and picture too. */
  readonly scope: "snsapi_base" | "snsapi_userinfo"
  /** Asks the user again who has agreed before. */
  readonly forcePopup?: boolean | undefined
}

const address = (
  path: string,
  app: Account,
  { redirect, state }: Page,
  scope: string,
  rest: ReadonlyArray<readonly [string, string]>
): Effect.Effect<string, UrlRefused> => {
  if (!URL.canParse(redirect) || !/^https?:$/.test(new URL(redirect).protocol)) {
    return Effect.fail(new UrlRefused({ expected: "whole, to be sent back to: https://example.com/callback" }))
  }
  if (!/^[A-Za-z0-9]{1,128}$/.test(state)) {
    return Effect.fail(new UrlRefused({ expected: "given a state of 1 to 128 letters and digits: make it with State" }))
  }
  // WeChat takes the parameters in this order only.
  const query = [
    ["appid", app.appid],
    ["redirect_uri", redirect],
    ["response_type", "code"],
    ["scope", scope],
    ["state", state],
    ...rest,
    ...(app._tag === "Authorizer" ? [["component_appid", app.component]] : [])
  ].map(([name = "", value = ""]) => `${name}=${encodeURIComponent(value)}`)
  return Effect.succeed(`https://open.weixin.qq.com/connect/${path}?${query.join("&")}#wechat_redirect`)
}

/**
 * Where to send a browser inside WeChat. Fails with `UrlRefused` where redirect or state cannot be used.
 *
 * @since 0.1.0
 */
export const authorizeUrl = (app: Account, page: InWeChat): Effect.Effect<string, UrlRefused> =>
  address("oauth2/authorize", app, page, page.scope, page.forcePopup === true ? [["forcePopup", "true"]] : [])

/**
 * Where to send any other browser: a page with a QR code. The account is a web application of open.weixin.qq.com.
 *
 * @since 0.1.0
 */
export const qrUrl = (app: Account, page: Page): Effect.Effect<string, UrlRefused> =>
  address("qrconnect", app, page, "snsapi_login", [])

/**
 * A user who has signed in. Its tokens are the user's, not the account's.
 *
 * @since 0.1.0
 */
export interface SignedIn {
  readonly openid: string
  /** Where the account is bound to an account of open.weixin.qq.com. */
  readonly unionid: string | undefined
  readonly scope: ReadonlyArray<string>
  /** A stand-in: the user looks at a snapshot of the page and has not agreed. */
  readonly isSnapshot: boolean
  readonly token: Redacted.Redacted
  /** When the token ends, in Unix milliseconds: after two hours. */
  readonly expires: number
  /** Good for 30 days. */
  readonly refresh: Redacted.Redacted
}

const signedIn = (answer: {
  readonly access_token: Redacted.Redacted
  readonly expires_in: number
  readonly refresh_token: Redacted.Redacted
  readonly openid: string
  readonly scope: string
  readonly unionid?: string | undefined
  readonly is_snapshotuser: boolean
}): Effect.Effect<SignedIn> =>
  Effect.map(Clock.currentTimeMillis, (now) => ({
    openid: answer.openid,
    unionid: answer.unionid,
    scope: answer.scope === "" ? [] : answer.scope.split(","),
    isSnapshot: answer.is_snapshotuser,
    token: answer.access_token,
    expires: now + answer.expires_in * 1000,
    refresh: answer.refresh_token
  }))

/**
 * Exchanges the code that the browser came back with. It works once and for five minutes (ten for web applications), so the
 * call is never repeated; `CodeRefused` says that it was used or is too old.
 *
 * Look at the state first: `State.redeem`.
 *
 * @since 0.1.0
 */
export const exchange = (code: string): Effect.Effect<SignedIn, CodeRefused | WeChatError, WeChat> =>
  WeChat.use(({ app }) =>
    app._tag === "Authorizer" ? Api.componentExchange({ appid: app.appid, code }) : Api.exchange({ code })
  ).pipe(Refused.codes, Effect.flatMap(signedIn))

/**
 * A token for two more hours. After 30 days, or a new password, it fails with `SignInEnded`: the user must authorize again.
 *
 * @since 0.1.0
 */
export const refresh = (
  signIn: Pick<SignedIn, "refresh"> & Partial<Pick<SignedIn, "unionid">>
): Effect.Effect<SignedIn, SignInEnded | WeChatError, WeChat> =>
  WeChat.use(({ app }) =>
    app._tag === "Authorizer"
      ? Api.componentRefresh({ appid: app.appid, refresh_token: signIn.refresh })
      : Api.refresh({ refresh_token: signIn.refresh })
  ).pipe(
    catchCode([42002, 42007, 40030], ({ errcode }) => Effect.fail(new SignInEnded({ errcode }))),
    Effect.flatMap(signedIn),
    // The answer of a refresh leaves the unionid out.
    Effect.map((again) => ({ ...again, unionid: again.unionid ?? signIn.unionid }))
  )

/**
 * What a user shows of themselves.
 *
 * @since 0.1.0
 */
export interface User {
  readonly openid: string
  readonly unionid: string | undefined
  readonly nickname: string
  /** An address whose last part is the size: 0 for 640 pixels, 46, 64, 96 or 132. Empty where there is none. */
  readonly picture: string
  readonly privilege: ReadonlyArray<string>
}

const userToken = [40001, 40003, 40014, 42001] as const

/**
 * Name and picture of a user; needs the scope `snsapi_userinfo`. `UserTokenRefused`: refresh first. `SignInEnded`: the user
 * must authorize again.
 *
 * @since 0.1.0
 */
export const user = (
  signIn: Pick<SignedIn, "openid" | "token">,
  lang: "zh_CN" | "zh_TW" | "en" = "zh_CN"
): Effect.Effect<User, UserTokenRefused | SignInEnded | WeChatError, WeChat> =>
  Api.user({ access_token: signIn.token, openid: signIn.openid, lang }).pipe(
    catchCode(userToken, ({ errcode }) => Effect.fail(new UserTokenRefused({ errcode }))),
    catchCode([42007], ({ errcode }) => Effect.fail(new SignInEnded({ errcode }))),
    Effect.map(({ headimgurl, nickname, openid, privilege, unionid }) => ({
      openid,
      unionid,
      nickname,
      picture: headimgurl,
      privilege
    }))
  )

/**
 * Whether a user's token is good for its openid.
 *
 * @since 0.1.0
 */
export const check = (signIn: Pick<SignedIn, "openid" | "token">): Effect.Effect<boolean, WeChatError, WeChat> =>
  Api.check({ access_token: signIn.token, openid: signIn.openid }).pipe(
    Effect.as(true),
    catchCode([...userToken, 42007], () => Effect.succeed(false))
  )
