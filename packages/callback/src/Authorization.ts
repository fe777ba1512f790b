/**
 * A third-party platform's authorizations: the pages on which account owners give them, the codes that come back, and the
 * notices that keep the vault up to date.
 *
 * Everything here acts as a platform: the `WeChat` that is provided need not be that platform's own.
 *
 * @since 0.1.0
 */
import * as App from "@wechat/core/App"
import { catchCode, type WeChatError } from "@wechat/core/Error"
import * as Token from "@wechat/core/Token"
import { Vault, type VaultError } from "@wechat/core/Vault"
import { WeChat } from "@wechat/core/WeChat"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Platform from "./internal/platform.ts"
import type { Handler, Push } from "./Push.ts"
import type { Answer } from "./Reply.ts"

/**
 * A pre-authorization code: a page takes it once.
 *
 * @since 0.1.0
 */
export interface PreAuthCode {
  readonly code: string
  /** Unix milliseconds at which it ends; WeChat says how long it lives, half an hour as a rule. */
  readonly expires: number
}

/**
 * Asks for a code for one authorization page.
 *
 * @since 0.1.0
 */
export const preAuthCode = (component: string): Effect.Effect<PreAuthCode, WeChatError, WeChat> =>
  Effect.gen(function* () {
    const got = yield* Platform.preAuthCode({ component_appid: component })
    const now = yield* Clock.currentTimeMillis
    return { code: got.pre_auth_code, expires: now + got.expires_in * 1000 }
  }).pipe(WeChat.withApp(App.component(component)))

const kinds = { offiaccount: 1, miniprogram: 2, both: 3, promoter: 4, channels: 5, all: 6, talent: 8 }

/**
 * What an authorization page offers.
 *
 * @since 0.1.0
 */
export interface Page {
  readonly component: string
  /** A fresh {@link preAuthCode}. */
  readonly code: string
  /** Where the page leads back to, with `auth_code` and `expires_in`; on the platform's own domain. */
  readonly redirect: string
  /** Which accounts may be chosen: `all` unless said otherwise. */
  readonly accounts?: keyof typeof kinds | undefined
  /** The one account that may be chosen; wins over `accounts`. */
  readonly appid?: string | undefined
  /** The permission sets that are asked for; all of the platform's where left out. */
  readonly permissions?: ReadonlyArray<number> | undefined
}

const parameters = (page: Page): string => {
  const all = new URLSearchParams({
    component_appid: page.component,
    pre_auth_code: page.code,
    redirect_uri: page.redirect,
    auth_type: String(kinds[page.accounts ?? "all"])
  })
  if (page.appid !== undefined) all.set("biz_appid", page.appid)
  if (page.permissions !== undefined) all.set("category_id_list", page.permissions.join("|"))
  return all.toString()
}

/**
 * The page with a code to scan, for a browser on a computer. It has to be opened by a link of the platform's own domain.
 *
 * @since 0.1.0
 */
export const desktopPage = (page: Page): string =>
  `https://mp.weixin.qq.com/cgi-bin/componentloginpage?${parameters(page)}`

/**
 * The page for a browser inside WeChat, as it is sent to an owner in a chat.
 *
 * @since 0.1.0
 */
export const mobilePage = (page: Page): string =>
  `https://open.weixin.qq.com/wxaopen/safe/bindcomponent?action=bindcomponent&no_scan=1&${parameters(page)}#wechat_redirect`

/**
 * An account that has authorized the platform.
 *
 * @since 0.1.0
 */
export interface Authorized {
  readonly app: App.Authorizer
  /** The ids of the permission sets that were granted. */
  readonly permissions: ReadonlyArray<number>
}

const margin = 600

/**
 * Exchanges an authorization code, of the redirect or of a notice, and keeps the account's tokens. A code works once, within
 * the hour.
 *
 * @since 0.1.0
 */
export const complete = (
  component: string,
  code: Redacted.Redacted
): Effect.Effect<Authorized, WeChatError | VaultError, WeChat | Vault> =>
  Effect.gen(function* () {
    const vault = yield* Vault
    const { authorization_info: info } = yield* Platform.queryAuth({
      component_appid: component,
      authorization_code: code
    })
    const now = yield* Clock.currentTimeMillis
    const { authorizer_access_token: value, authorizer_refresh_token: refresh, expires_in: expiresIn } = info
    // Without permission for any API an account has no tokens.
    if (refresh !== undefined) {
      const token = value === undefined ? undefined : Token.issued({ value, now, expiresIn, margin })
      yield* vault.authorize(component, info.authorizer_appid, { token, refresh })
    }
    return {
      app: App.authorizer(component, info.authorizer_appid),
      permissions: info.func_info.map(({ funcscope_category }) => funcscope_category.id)
    }
  }).pipe(WeChat.withApp(App.component(component)))

const textOf = ({ fields }: Push, name: string): string | undefined => {
  const value = fields[name]
  return typeof value === "string" && value !== "" ? value : undefined
}

/** A code that is used up or too old: whoever used it has the tokens, and otherwise they are read from WeChat's list. */
const used = [61009, 61010]

const exchanged = (component: string, code: string) =>
  complete(component, Redacted.make(code)).pipe(
    Effect.asVoid,
    catchCode(used, (error) => Effect.logInfo(`an authorization code was not exchanged: ${error.message}`))
  )

const feed = (push: Push): Effect.Effect<void, WeChatError | VaultError, WeChat | Vault> => {
  if (push.app._tag !== "Component") return Effect.void
  const component = push.app.appid
  const ticket = textOf(push, "ComponentVerifyTicket")
  const code = textOf(push, "AuthorizationCode")
  const authorizer = textOf(push, "AuthorizerAppid")
  switch (push.fields["InfoType"]) {
    case "component_verify_ticket":
      return ticket === undefined
        ? Effect.void
        : Vault.use((vault) => vault.keepTicket(component, Redacted.make(ticket)))
    case "authorized":
    case "updateauthorized":
      return code === undefined ? Effect.void : exchanged(component, code)
    case "unauthorized":
      return authorizer === undefined ? Effect.void : Vault.use((vault) => vault.unauthorize(component, authorizer))
    default:
      return Effect.void
  }
}

/**
 * Feeds the vault with what a platform is told: verify tickets, new, changed and withdrawn authorizations. The handler that is
 * given comes after that, so that it can use the tokens already.
 *
 * @since 0.1.0
 */
export const feeding = <E = never, R = never>(
  next?: Handler<E, R>
): Handler<E | WeChatError | VaultError, R | WeChat | Vault> => {
  const then = Option.fromNullishOr(next)
  return (push): Effect.Effect<Answer, E | WeChatError | VaultError, R | WeChat | Vault> =>
    Effect.andThen(
      feed(push),
      Option.match(then, { onNone: () => Effect.void, onSome: (handle): Effect.Effect<Answer, E, R> => handle(push) })
    )
}
