/** What WeChat pushes to a third-party platform, verify tickets and authorizations: without them it has no tokens. */
import * as Authorization from "@wechat/callback/Authorization"
import type { KeyError } from "@wechat/callback/Crypt"
import * as Receiver from "@wechat/callback/Receiver"
import * as Pushes from "@wechat/callback/Server"
import * as App from "@wechat/core/App"
import type { TokenStore } from "@wechat/core/TokenStore"
import type { Vault } from "@wechat/core/Vault"
import { WeChat } from "@wechat/core/WeChat"
import type * as HttpClient from "effect/http/HttpClient"
import type * as HttpRouter from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import type { Settings } from "../Settings.ts"

export const layerPushes = (
  apps: Settings["apps"]
): Layer.Layer<never, KeyError, HttpRouter.HttpRouter | TokenStore | Vault | HttpClient.HttpClient> => {
  const receivers = Object.entries(apps).flatMap(([appid, { push }]) =>
    push === undefined ? [] : [Receiver.platform({ appid, ...push })]
  )
  const [first] = receivers
  return first === undefined
    ? Layer.empty
    : Pushes.layer("/push", { receivers, handler: Authorization.feeding() }).pipe(
        Layer.provide(WeChat.layer(App.component(first.appid)))
      )
}
