/**
 * The command `wechat-hub` as a value, to be run or to become part of another command.
 *
 * @since 0.1.0
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Credentials } from "@wechat/core/Credentials"
import * as CallSettings from "@wechat/core/Settings"
import { Undici } from "@wechat/undici"
import * as CliError from "effect/cli/CliError"
import * as CliCommand from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Http from "node:http"
import { notFound } from "./internal/answer.ts"
import * as Log from "./internal/log.ts"
import { layerPushes } from "./internal/pushes.ts"
import { storage } from "./internal/storage.ts"
import * as Server from "./Server.ts"
import * as Settings from "./Settings.ts"

/**
 * The hub could not start.
 *
 * @since 0.1.0
 */
export class CommandError extends Schema.TaggedError<CommandError>("@wechat/hub/CommandError")("CommandError", {
  /** What happened. */
  detail: Schema.String
}) {
  override get message(): string {
    return this.detail
  }

  /** What a person gets to see. */
  override get [CliError.userMessage](): string {
    return this.detail
  }
}

const failed = (error: { readonly message: string }) => new CommandError({ detail: error.message })

/** A client that sends slowly, or nothing, does not hold a connection for ever. Times in milliseconds, sizes in bytes. */
const slow = { headersTimeout: 10_000, requestTimeout: 20_000, keepAliveTimeout: 60_000, maxHeaderSize: 8192 }

const listener = () => {
  const server = Http.createServer(slow)
  // A server that stops waits for its connections, and clients keep them open.
  server.on("request", (_request, response) => {
    response.on("finish", () => {
      if (!server.listening) setImmediate(() => server.closeIdleConnections())
    })
  })
  return server
}

/**
 * Logs as the command does: one line for each entry as logfmt, written ten times a second and when the scope ends.
 *
 * @since 0.1.0
 */
export const layerLog: Layer.Layer<never> = Log.layerLog

const platforms = (apps: Settings.Settings["apps"]): ReadonlyArray<string> =>
  Object.entries(apps).flatMap(([appid, { push }]) => (push === undefined ? [] : [appid]))

const greeting = (url: string, { apps, clients, storage }: Settings.Settings): string =>
  [
    `WeChat token hub: ${url}`,
    `  apps      ${Object.keys(apps).join(", ")}`,
    `  clients   ${clients === "open" ? "everybody who reaches it" : Object.keys(clients).join(", ")}`,
    `  storage   ${storage.kind}${storage.kind === "memory" ? ": tokens are gone when it stops" : ""}`,
    ...platforms(apps).map((appid) => `  pushes    of the platform ${appid} to ${url}/push`),
    `  pages     ${url}/docs  ${url}/ready  ${url}/metrics`,
    "",
    "Point a program at it:",
    `  Layer.provide(Remote.layer({ url: "${url}", secret }))   // import { Remote } from "@wechat/storage-hub"`
  ].join("\n")

const greet = (settings: Settings.Settings) =>
  Layer.effectDiscard(HttpServer.addressFormattedWith((url) => Console.log(greeting(url, settings))))

const routes = (settings: Settings.Settings) =>
  Layer.mergeAll(
    Server.layer({
      clients: settings.clients,
      log: settings.log,
      limits: settings.rate === undefined ? undefined : { rate: settings.rate }
    }),
    layerPushes(settings.apps),
    HttpRouter.add("*", "/*", notFound)
  )

/**
 * A hub on a port, until the scope ends: then it takes no new requests, and answers those under way within ten seconds. It
 * listens when everything else is ready: until then connections are refused.
 *
 * @since 0.1.0
 */
export const layer = (settings: Settings.Settings) =>
  Layer.unwrap(
    // A layer is built after what it needs, and HttpRouter.serve needs a server that listens already.
    Effect.map(HttpRouter.toHttpEffect(routes(settings)), (handler) =>
      Layer.merge(HttpServer.serve(handler), greet(settings)).pipe(
        Layer.provide(
          NodeHttpServer.layer(listener, {
            host: settings.host,
            port: settings.port,
            gracefulShutdownTimeout: "10 seconds"
          })
        )
      )
    )
  ).pipe(
    Layer.provide(storage(settings.storage)),
    Layer.provide([
      Server.layerDiscreet,
      Credentials.layer(settings.apps),
      Undici.layer,
      settings.wechat === undefined ? Layer.empty : CallSettings.layerHost(settings.wechat)
    ])
  )

/**
 * Runs a hub until it is interrupted.
 *
 * @since 0.1.0
 */
export const command = CliCommand.make(
  "wechat-hub",
  {
    config: Flag.String("config").pipe(
      Flag.withAlias("c"),
      Flag.optional,
      Flag.withDescription("A JSON file with apps and clients; WECHAT_HUB_CONFIG")
    ),
    host: Flag.String("host").pipe(Flag.optional, Flag.withDescription("The address to listen on; 127.0.0.1")),
    port: Flag.Int("port").pipe(
      Flag.withAlias("p"),
      Flag.optional,
      Flag.withDescription("Where to listen; 4000, and 0 takes a free port")
    ),
    memory: Flag.Boolean("memory").pipe(
      Flag.withDefault(false),
      Flag.withDescription("Keep tokens in memory, not in a file")
    ),
    open: Flag.Boolean("open").pipe(
      Flag.between(0, 2),
      Flag.withDescription("Answer everybody without a secret; said twice, even where other machines reach it")
    )
  },
  Effect.fnUntraced(function* ({ config, host, memory, open, port }) {
    const settings = yield* Settings.read({
      config: Option.getOrUndefined(config),
      host: Option.getOrUndefined(host),
      port: Option.getOrUndefined(port),
      memory,
      open: open.filter(Boolean).length
    })
    return yield* Layer.launch(Layer.provide(layer(settings), layerLog))
  }, Effect.mapError(failed))
).pipe(CliCommand.withDescription("Owns the tokens of WeChat accounts, so that all other programs can share them"))
