/** The endpoints that issue tokens, for core's own use. */
import type * as Redacted from "effect/Redacted"
import * as Send from "../Send.ts"
import type { TicketType } from "../Token.ts"
import * as Wire from "../Wire.ts"

const once = <A>(make: () => A): (() => A) => {
  let made: A | undefined
  return () => (made ??= make())
}

type Secret = Redacted.Redacted

/** Normal mode answers the current token until five minutes before its end; forced mode voids it at once. */
export const stable = once(() =>
  Send.plan<
    {
      readonly grant_type?: "client_credential" | undefined
      readonly appid: string
      readonly secret: Secret
      readonly force_refresh: boolean
    },
    { readonly access_token: Secret; readonly expires_in: number }
  >({
    id: "token.stable",
    method: "POST",
    path: "/cgi-bin/stable_token",
    auth: "none",
    safe: true,
    body: "json",
    returns: "json",
    input: () =>
      Wire.struct({
        grant_type: Wire.preset(Wire.oneOf("client_credential"), "client_credential"),
        appid: Wire.text,
        secret: Wire.secret,
        force_refresh: Wire.bool
      }),
    output: () => Wire.struct({ access_token: Wire.sure(Wire.secret), expires_in: Wire.int })
  })
)

/** Every call issues a new token and voids the last. */
export const plain = once(() =>
  Send.plan<
    { readonly grant_type?: "client_credential" | undefined; readonly appid: string; readonly secret: Secret },
    { readonly access_token: Secret; readonly expires_in: number }
  >({
    id: "token.plain",
    method: "GET",
    path: "/cgi-bin/token",
    auth: "none",
    safe: true,
    body: "none",
    returns: "json",
    query: ["grant_type", "appid", "secret"],
    input: () =>
      Wire.struct({
        grant_type: Wire.preset(Wire.oneOf("client_credential"), "client_credential"),
        appid: Wire.text,
        secret: Wire.secret
      }),
    output: () => Wire.struct({ access_token: Wire.sure(Wire.secret), expires_in: Wire.int })
  })
)

export const startPushTicket = once(() =>
  Send.plan<{ readonly component_appid: string; readonly component_secret: Secret }, void>({
    id: "token.startPushTicket",
    method: "POST",
    path: "/cgi-bin/component/api_start_push_ticket",
    auth: "none",
    safe: true,
    body: "json",
    returns: "nothing",
    input: () => Wire.struct({ component_appid: Wire.text, component_secret: Wire.secret }),
    output: () => Wire.nothing
  })
)

export const component = once(() =>
  Send.plan<
    {
      readonly component_appid: string
      readonly component_appsecret: Secret
      readonly component_verify_ticket: Secret
    },
    { readonly component_access_token: Secret; readonly expires_in: number }
  >({
    id: "token.component",
    method: "POST",
    path: "/cgi-bin/component/api_component_token",
    auth: "none",
    safe: true,
    body: "json",
    returns: "json",
    input: () =>
      Wire.struct({
        component_appid: Wire.text,
        component_appsecret: Wire.secret,
        component_verify_ticket: Wire.secret
      }),
    output: () => Wire.struct({ component_access_token: Wire.sure(Wire.secret), expires_in: Wire.int })
  })
)

/** May replace the refresh token that it takes, so an answer that was lost is not asked for blindly again. */
export const authorizer = once(() =>
  Send.plan<
    { readonly component_appid: string; readonly authorizer_appid: string; readonly authorizer_refresh_token: Secret },
    {
      readonly authorizer_access_token: Secret
      readonly authorizer_refresh_token?: Secret | undefined
      readonly expires_in: number
    }
  >({
    id: "token.authorizer",
    method: "POST",
    path: "/cgi-bin/component/api_authorizer_token",
    auth: "component_access_token",
    safe: false,
    body: "json",
    returns: "json",
    input: () =>
      Wire.struct({ component_appid: Wire.text, authorizer_appid: Wire.text, authorizer_refresh_token: Wire.secret }),
    output: () =>
      Wire.struct({
        authorizer_access_token: Wire.sure(Wire.secret),
        authorizer_refresh_token: Wire.maybe(Wire.secret),
        expires_in: Wire.int
      })
  })
)

export const authorizers = once(() =>
  Send.plan<
    { readonly component_appid: string; readonly offset: number; readonly count: number },
    {
      readonly total_count: number
      readonly list: ReadonlyArray<{ readonly authorizer_appid: string; readonly refresh_token?: Secret | undefined }>
    }
  >({
    id: "token.authorizers",
    method: "POST",
    path: "/cgi-bin/component/api_get_authorizer_list",
    auth: "component_access_token",
    safe: true,
    body: "json",
    returns: "json",
    input: () => Wire.struct({ component_appid: Wire.text, offset: Wire.int, count: Wire.int }),
    output: () =>
      Wire.struct({
        total_count: Wire.int,
        list: Wire.list(Wire.struct({ authorizer_appid: Wire.text, refresh_token: Wire.maybe(Wire.secret) }))
      })
  })
)

export const ticket = once(() =>
  Send.plan<{ readonly type: TicketType }, { readonly ticket: Secret; readonly expires_in: number }>({
    id: "token.ticket",
    method: "GET",
    path: "/cgi-bin/ticket/getticket",
    auth: "access_token",
    safe: true,
    body: "none",
    returns: "json",
    query: ["type"],
    input: () => Wire.struct({ type: Wire.oneOf("jsapi", "wx_card") }),
    output: () => Wire.struct({ ticket: Wire.sure(Wire.secret), expires_in: Wire.int })
  })
)
