/** The endpoints that this package calls, under the ids of the catalog. */
import * as Endpoint from "@wechat/core/Endpoint"
import * as Wire from "@wechat/core/Wire"
import type * as Redacted from "effect/Redacted"

// ---------------------------------------------------------------------------------------------------------------------
// Web pages
// ---------------------------------------------------------------------------------------------------------------------

interface UserToken {
  readonly access_token: Redacted.Redacted
  readonly expires_in: number
  readonly refresh_token: Redacted.Redacted
  readonly openid: string
  readonly scope: string
  readonly unionid?: string | undefined
  readonly is_snapshotuser: boolean
}

const userToken = () =>
  Wire.struct<UserToken>({
    access_token: Wire.sure(Wire.secret),
    expires_in: Wire.int,
    refresh_token: Wire.sure(Wire.secret),
    openid: Wire.sure(Wire.text),
    scope: Wire.text,
    unionid: Wire.maybe(Wire.text),
    is_snapshotuser: Wire.flag
  })

interface OwnExchange {
  readonly appid?: string | undefined
  readonly secret?: Redacted.Redacted | undefined
  readonly code: string
  readonly grant_type?: "authorization_code" | undefined
}

export const exchange: Endpoint.Endpoint<OwnExchange, UserToken> = Endpoint.make({
  id: "offiaccount.OAuth.snsAccessToken",
  method: "GET",
  path: "/sns/oauth2/access_token",
  auth: "none",
  safe: false,
  body: "none",
  returns: "json",
  query: ["appid", "secret", "code", "grant_type"],
  fill: { appid: "appid", secret: "secret" },
  input: () =>
    Wire.struct({
      appid: Wire.maybe(Wire.text),
      secret: Wire.maybe(Wire.secret),
      code: Wire.text,
      grant_type: Wire.preset(Wire.oneOf("authorization_code"), "authorization_code")
    }),
  output: userToken
})

interface ComponentExchange {
  readonly appid: string
  readonly component_appid?: string | undefined
  readonly code: string
  readonly grant_type?: "authorization_code" | undefined
}

export const componentExchange: Endpoint.Endpoint<ComponentExchange, UserToken> = Endpoint.make({
  id: "platform.Login.getUserAccessToken",
  method: "GET",
  path: "/sns/oauth2/component/access_token",
  auth: "component_access_token",
  safe: false,
  body: "none",
  returns: "json",
  query: ["appid", "component_appid", "code", "grant_type"],
  fill: { component_appid: "appid" },
  input: () =>
    Wire.struct({
      appid: Wire.text,
      component_appid: Wire.maybe(Wire.text),
      code: Wire.text,
      grant_type: Wire.preset(Wire.oneOf("authorization_code"), "authorization_code")
    }),
  output: userToken
})

interface OwnRefresh {
  readonly appid?: string | undefined
  readonly refresh_token: Redacted.Redacted
  readonly grant_type?: "refresh_token" | undefined
}

export const refresh: Endpoint.Endpoint<OwnRefresh, UserToken> = Endpoint.make({
  id: "offiaccount.OAuth.snsRefreshToken",
  method: "GET",
  path: "/sns/oauth2/refresh_token",
  auth: "none",
  safe: true,
  body: "none",
  returns: "json",
  query: ["appid", "refresh_token", "grant_type"],
  fill: { appid: "appid" },
  input: () =>
    Wire.struct({
      appid: Wire.maybe(Wire.text),
      refresh_token: Wire.secret,
      grant_type: Wire.preset(Wire.oneOf("refresh_token"), "refresh_token")
    }),
  output: userToken
})

interface ComponentRefresh {
  readonly appid: string
  readonly component_appid?: string | undefined
  readonly refresh_token: Redacted.Redacted
  readonly grant_type?: "refresh_token" | undefined
}

export const componentRefresh: Endpoint.Endpoint<ComponentRefresh, UserToken> = Endpoint.make({
  id: "platform.Login.refreshUserAccessToken",
  method: "GET",
  path: "/sns/oauth2/component/refresh_token",
  auth: "component_access_token",
  safe: true,
  body: "none",
  returns: "json",
  query: ["appid", "component_appid", "refresh_token", "grant_type"],
  fill: { component_appid: "appid" },
  input: () =>
    Wire.struct({
      appid: Wire.text,
      component_appid: Wire.maybe(Wire.text),
      refresh_token: Wire.secret,
      grant_type: Wire.preset(Wire.oneOf("refresh_token"), "refresh_token")
    }),
  output: userToken
})

interface Shown {
  readonly access_token: Redacted.Redacted
  readonly openid: string
}

export const check: Endpoint.Endpoint<Shown, void> = Endpoint.make({
  id: "offiaccount.OAuth.snsAuth",
  method: "GET",
  path: "/sns/auth",
  auth: "none",
  safe: true,
  body: "none",
  returns: "nothing",
  query: ["access_token", "openid"],
  input: () => Wire.struct({ access_token: Wire.secret, openid: Wire.text }),
  output: () => Wire.nothing
})

interface User {
  readonly openid: string
  readonly unionid?: string | undefined
  readonly nickname: string
  readonly headimgurl: string
  readonly privilege: ReadonlyArray<string>
}

export const user: Endpoint.Endpoint<Shown & { readonly lang: "zh_CN" | "zh_TW" | "en" }, User> = Endpoint.make({
  id: "offiaccount.OAuth.snsUserInfo",
  method: "GET",
  path: "/sns/userinfo",
  auth: "none",
  safe: true,
  body: "none",
  returns: "json",
  query: ["access_token", "openid", "lang"],
  input: () => Wire.struct({ access_token: Wire.secret, openid: Wire.text, lang: Wire.oneOf("zh_CN", "zh_TW", "en") }),
  output: () =>
    Wire.struct({
      openid: Wire.sure(Wire.text),
      unionid: Wire.maybe(Wire.text),
      nickname: Wire.text,
      headimgurl: Wire.text,
      privilege: Wire.list(Wire.text)
    })
})

// ---------------------------------------------------------------------------------------------------------------------
// Mini programs
// ---------------------------------------------------------------------------------------------------------------------

interface Session {
  readonly openid: string
  readonly unionid?: string | undefined
  readonly session_key: Redacted.Redacted
}

const session = () =>
  Wire.struct<Session>({
    openid: Wire.sure(Wire.text),
    unionid: Wire.maybe(Wire.text),
    session_key: Wire.sure(Wire.secret)
  })

interface OwnLogin {
  readonly appid?: string | undefined
  readonly secret?: Redacted.Redacted | undefined
  readonly js_code: string
  readonly grant_type?: "authorization_code" | undefined
}

export const login: Endpoint.Endpoint<OwnLogin, Session> = Endpoint.make({
  id: "miniprogram.User.code2Session",
  method: "GET",
  path: "/sns/jscode2session",
  auth: "none",
  safe: false,
  body: "none",
  returns: "json",
  query: ["appid", "secret", "js_code", "grant_type"],
  fill: { appid: "appid", secret: "secret" },
  input: () =>
    Wire.struct({
      appid: Wire.maybe(Wire.text),
      secret: Wire.maybe(Wire.secret),
      js_code: Wire.text,
      grant_type: Wire.preset(Wire.oneOf("authorization_code"), "authorization_code")
    }),
  output: session
})

interface ComponentLogin {
  readonly appid: string
  readonly component_appid?: string | undefined
  readonly js_code: string
  readonly grant_type?: "authorization_code" | undefined
}

export const componentLogin: Endpoint.Endpoint<ComponentLogin, Session> = Endpoint.make({
  id: "platform.Login.thirdpartyCode2Session",
  method: "GET",
  path: "/sns/component/jscode2session",
  auth: "component_access_token",
  safe: false,
  body: "none",
  returns: "json",
  query: ["appid", "component_appid", "js_code", "grant_type"],
  fill: { component_appid: "appid" },
  input: () =>
    Wire.struct({
      appid: Wire.text,
      component_appid: Wire.maybe(Wire.text),
      js_code: Wire.text,
      grant_type: Wire.preset(Wire.oneOf("authorization_code"), "authorization_code")
    }),
  output: session
})

interface Signed {
  readonly openid: string
  readonly signature: string
  readonly sig_method?: "hmac_sha256" | undefined
}

const signed = () =>
  Wire.struct<Signed>({
    openid: Wire.text,
    signature: Wire.text,
    sig_method: Wire.preset(Wire.oneOf("hmac_sha256"), "hmac_sha256")
  })

export const checkKey: Endpoint.Endpoint<Signed, void> = Endpoint.make({
  id: "miniprogram.User.checkSessionKey",
  method: "GET",
  path: "/wxa/checksession",
  auth: "access_token",
  safe: true,
  body: "none",
  returns: "nothing",
  query: ["openid", "signature", "sig_method"],
  input: signed,
  output: () => Wire.nothing
})

export const resetKey: Endpoint.Endpoint<Signed, { openid: string; session_key: Redacted.Redacted }> = Endpoint.make({
  id: "miniprogram.User.resetUserSessionKey",
  method: "GET",
  path: "/wxa/resetusersessionkey",
  auth: "access_token",
  safe: false,
  body: "none",
  returns: "json",
  query: ["openid", "signature", "sig_method"],
  input: signed,
  output: () => Wire.struct({ openid: Wire.sure(Wire.text), session_key: Wire.sure(Wire.secret) })
})

interface EncryptKeys {
  readonly key_info_list: ReadonlyArray<{
    readonly encrypt_key: Redacted.Redacted
    readonly iv: string
    readonly version: number
    readonly expire_in: number
    readonly create_time: number
  }>
}

export const encryptKeys: Endpoint.Endpoint<Signed, EncryptKeys> = Endpoint.make({
  id: "miniprogram.User.getUserEncryptKey",
  method: "POST",
  path: "/wxa/business/getuserencryptkey",
  auth: "access_token",
  safe: true,
  body: "json",
  returns: "json",
  query: ["openid", "signature", "sig_method"],
  input: signed,
  output: () =>
    Wire.struct({
      key_info_list: Wire.list(
        Wire.struct({
          encrypt_key: Wire.secret,
          iv: Wire.text,
          version: Wire.int,
          expire_in: Wire.int,
          create_time: Wire.int
        })
      )
    })
})

interface Phone {
  readonly phone_info: {
    readonly phoneNumber: string
    readonly purePhoneNumber: string
    readonly countryCode: string
    readonly watermark: { readonly appid: string; readonly timestamp: number }
  }
}

export const phone: Endpoint.Endpoint<{ readonly code: string; readonly openid?: string | undefined }, Phone> =
  Endpoint.make({
    id: "miniprogram.User.getPhoneNumber",
    method: "POST",
    path: "/wxa/business/getuserphonenumber",
    auth: "access_token",
    safe: false,
    body: "json",
    returns: "json",
    input: () => Wire.struct({ code: Wire.text, openid: Wire.maybe(Wire.text) }),
    output: () =>
      Wire.struct({
        phone_info: Wire.struct({
          phoneNumber: Wire.sure(Wire.text),
          purePhoneNumber: Wire.text,
          countryCode: Wire.text,
          watermark: Wire.struct({ appid: Wire.text, timestamp: Wire.int })
        })
      })
  })
