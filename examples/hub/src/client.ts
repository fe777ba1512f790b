/** A program that calls WeChat. It is told where the hub is, and nothing of WeChat's secrets. */
import { getFans } from "@wechat/api/offiaccount/User"
import { App, Settings, Token, TokenStore, WeChat } from "@wechat/core"
import { Remote } from "@wechat/storage-hub"
import { Config, Effect, Layer, ManagedRuntime, Redacted } from "effect"
import { FetchHttpClient } from "effect/http"
import { createHash } from "node:crypto"

const live = Layer.unwrap(
  Effect.gen(function* () {
    const appid = yield* Config.String("WECHAT_APPID")
    const simulator = yield* Config.String("WECHAT_URL")
    return Layer.merge(WeChat.layer(App.common(appid)), Settings.layerHost(simulator))
  })
).pipe(Layer.provideMerge(Remote.layerConfig), Layer.provide(FetchHttpClient.layer))

const runtime = ManagedRuntime.make(live)

/** Calls WeChat, and tells which token that was done with. */
const call = Effect.gen(function* () {
  yield* getFans()
  const { app } = yield* WeChat
  const token = yield* TokenStore.use((tokens) => tokens.get(Token.Access(app)))
  return createHash("sha256").update(Redacted.value(token.value)).digest("hex").slice(0, 8)
})

process.on("message", () => {
  runtime.runPromise(call).then(
    (token) => process.send?.({ token }),
    (error: unknown) => process.send?.({ error: String(error) })
  )
})
