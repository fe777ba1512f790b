/** A client of the simulator's own account, with a token store that is as simple as can be. */
import * as App from "@wechat/core/App"
import * as Token from "@wechat/core/Token"
import { TokenStore } from "@wechat/core/TokenStore"
import { WeChat } from "@wechat/core/WeChat"
import { Simulator } from "@wechat/testing"
import { appid, type Options } from "@wechat/testing/Simulator"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { stable } from "./ask.ts"

const store: Layer.Layer<TokenStore, never, HttpClient.HttpClient> = Layer.effect(
  TokenStore,
  Effect.map(HttpClient.HttpClient, (http) => {
    const mint = Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const { access_token, expires_in } = yield* Effect.orDie(stable())
      return Token.issued({ value: Redacted.make(access_token), now, expiresIn: expires_in, margin: 270 })
    }).pipe(Effect.provideService(HttpClient.HttpClient, http))
    return { get: () => mint, renew: () => mint }
  })
)

/** Calls go over whichever HTTP client is provided. */
export const over: Layer.Layer<WeChat, never, HttpClient.HttpClient> = WeChat.layer(App.common(appid)).pipe(
  Layer.provide(store)
)

export const layer = (options: Options = {}): Layer.Layer<WeChat | Simulator | HttpClient.HttpClient> =>
  over.pipe(Layer.provideMerge(Simulator.layer(options)))
