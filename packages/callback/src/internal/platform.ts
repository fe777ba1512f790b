/** The endpoints that an authorization takes. */
import * as Endpoint from "@wechat/core/Endpoint"
import * as Wire from "@wechat/core/Wire"
import type * as Redacted from "effect/Redacted"

export const preAuthCode = Endpoint.make<
  { readonly component_appid: string },
  { readonly pre_auth_code: string; readonly expires_in: number }
>({
  id: "callback.preAuthCode",
  method: "POST",
  path: "/cgi-bin/component/api_create_preauthcode",
  auth: "component_access_token",
  safe: true,
  body: "json",
  returns: "json",
  input: () => Wire.struct({ component_appid: Wire.text }),
  output: () => Wire.struct({ pre_auth_code: Wire.sure(Wire.text), expires_in: Wire.int })
})

interface Info {
  readonly authorizer_appid: string
  readonly authorizer_access_token?: Redacted.Redacted | undefined
  readonly authorizer_refresh_token?: Redacted.Redacted | undefined
  readonly expires_in: number
  readonly func_info: ReadonlyArray<{ readonly funcscope_category: { readonly id: number } }>
}

/** The code works once, so it is not sent twice. */
export const queryAuth = Endpoint.make<
  { readonly component_appid: string; readonly authorization_code: Redacted.Redacted },
  { readonly authorization_info: Info }
>({
  id: "callback.queryAuth",
  method: "POST",
  path: "/cgi-bin/component/api_query_auth",
  auth: "component_access_token",
  safe: false,
  body: "json",
  returns: "json",
  input: () => Wire.struct({ component_appid: Wire.text, authorization_code: Wire.secret }),
  output: () =>
    Wire.struct({
      authorization_info: Wire.sure(
        Wire.struct<Info>({
          authorizer_appid: Wire.sure(Wire.text),
          authorizer_access_token: Wire.maybe(Wire.secret),
          authorizer_refresh_token: Wire.maybe(Wire.secret),
          expires_in: Wire.int,
          func_info: Wire.list(Wire.struct({ funcscope_category: Wire.struct({ id: Wire.int }) }))
        })
      )
    })
})
