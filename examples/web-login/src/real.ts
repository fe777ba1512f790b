/** The site on PORT, for the account of WECHAT_APPID. ORIGIN is where browsers see it, on a domain that the account knows. */
import { createServer } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Credentials, WeChat } from "@wechat/core"
import { Memory } from "@wechat/storage-memory"
import { SessionKeys, Signer, State } from "@wechat/web"
import { Config, Effect, Layer } from "effect"
import { HttpRouter } from "effect/http"
import { site } from "./site.ts"

const account = WeChat.layerConfig.pipe(Layer.provideMerge(Memory.layer), Layer.provide(Credentials.layerConfig))

const services = Layer.mergeAll(
  account,
  SessionKeys.layerMemory(),
  State.layer().pipe(Layer.provideMerge(Signer.layerConfig))
)

const server = Layer.unwrap(
  Effect.map(Config.all({ origin: Config.String("ORIGIN"), port: Config.Int("PORT") }), ({ origin, port }) =>
    HttpRouter.serve(site(origin)).pipe(Layer.provide(NodeHttpServer.layer(createServer, { port })))
  )
)

export const real = Layer.launch(Layer.provide(server, services))
