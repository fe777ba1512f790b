/**
 * Without settings the bot talks to a user whom the simulator plays, over real HTTP. With WECHAT_APPID, WECHAT_PUSH_TOKEN and
 * WECHAT_PUSH_AES_KEY, as they stand in the console, it listens on PORT (8080) under /wechat for WeChat itself.
 */
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Receiver, Server } from "@wechat/callback"
import { Config, Console, Effect, Layer, Option, Redacted } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { createServer } from "node:http"
import { bot } from "./bot.ts"
import { chat } from "./chat.ts"

const routes = (receiver: Receiver.Receiver) =>
  HttpRouter.serve(Server.layer("/wechat", { receivers: receiver, handler: bot }), {
    disableListenLog: true,
    disableLogger: true
  })

const listening = (port: number) => NodeHttpServer.layer(createServer, { port, host: "127.0.0.1" })

const real = (receiver: Receiver.Receiver) =>
  Effect.gen(function* () {
    const port = yield* Config.Int("PORT").pipe(Config.withDefault(8080))
    yield* Console.log(`the bot of ${receiver.appid} listens on port ${port}, path /wechat`)
    return yield* Layer.launch(Layer.provide(routes(receiver), listening(port)))
  })

const appid = "wxechobot"
const token = "echo-bot-token"
const aesKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"

const simulated = Effect.gen(function* () {
  const url = yield* HttpServer.addressFormattedWith((url) => Effect.succeed(`${url}/wechat`))
  for (const [mode, format] of [
    ["safe", "xml"],
    ["safe", "json"]
  ] as const) {
    yield* Console.log(`\nA bot at ${url}: ${mode} mode, ${format}`)
    yield* chat({ to: url, appid, token, aesKey, mode, format })
  }
  yield* Console.log("\nThat was real code over real HTTP. The bot is in examples/echo-bot/src/bot.ts.")
}).pipe(
  Effect.provide(
    routes(Receiver.account({ appid, token: Redacted.make(token), aesKey: Redacted.make(aesKey) })).pipe(
      Layer.provideMerge(listening(0))
    )
  )
)

const program = Effect.flatMap(Config.option(Receiver.config), (receiver): Effect.Effect<void, unknown> =>
  Option.isSome(receiver) ? real(receiver.value) : simulated
)

NodeRuntime.runMain(program)
