/**
 * The command `wechat-simulator` as a value, to be run or to become part of another command.
 *
 * @since 0.1.0
 */
import * as CliError from "effect/cli/CliError"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { createRequire } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import type { Entry } from "./internal/catalog.ts"
import { Server } from "./Server.ts"
import * as Simulator from "./Simulator.ts"

/**
 * The simulator could not start.
 *
 * @since 0.1.0
 */
export class CommandError extends Schema.TaggedError<CommandError>("@wechat/testing/CommandError")("CommandError", {
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

/** Where the endpoints come from unless told otherwise. */
const usual = "@wechat/api/Registry"

const isEntry = (value: unknown): value is Entry =>
  Predicate.hasProperty(value, "path") && typeof value.path === "string" && Predicate.hasProperty(value, "method")

const noEndpoints = (module: string, detail: string): CommandError =>
  new CommandError({ detail: `no endpoints from ${module}: ${detail}` })

/** A module as the program sees it that is run in the working directory. */
const imported = (module: string): Effect.Effect<unknown, CommandError> =>
  Effect.tryPromise({
    try: (): Promise<unknown> => import(pathToFileURL(createRequire(join(process.cwd(), "_")).resolve(module)).href),
    catch: (error) => noEndpoints(module, error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error))
  })

const load = Effect.fnUntraced(function* (module: string) {
  const loaded = yield* imported(module)
  const endpoints = Predicate.hasProperty(loaded, "endpoints") ? loaded.endpoints : undefined
  if (!Array.isArray(endpoints)) return yield* noEndpoints(module, "it exports no list with the name endpoints")
  return endpoints.filter(isEntry)
})

const endpointsFrom = (module: Option.Option<string>): Effect.Effect<ReadonlyArray<Entry>, CommandError> =>
  Option.match(module, {
    onNone: () => Effect.orElseSucceed(load(usual), () => []),
    onSome: load
  })

/** What a person has to know to use it. */
const greeting = (url: string, account: { readonly appid: string; readonly secret: string }, count: number): string =>
  [
    `WeChat simulator: ${url}`,
    `  account    ${account.appid}  secret ${account.secret}`,
    `  platform   ${Simulator.component}  secret ${Simulator.componentSecret}, authorized by ${Simulator.authorizer}`,
    count === 0
      ? `  endpoints  tokens, materials, drafts, menus, users and QR codes; install @wechat/api for all others`
      : `  endpoints  ${count}`,
    "",
    "Point a program at it:",
    `  Layer.provide(Settings.layerHost("${url}"))   // import * as Settings from "@wechat/core/Settings"`,
    `  WECHAT_APPID=${account.appid} WECHAT_SECRET=${account.secret}`,
    "See what arrives, and let things fail:",
    `  curl ${url}/_simulator/calls`,
    `  curl ${url}/_simulator/fail -d '{"path":"/cgi-bin/user/info","errcode":45009,"times":1}'`
  ].join("\n")

/**
 * Runs a simulator until it is interrupted.
 *
 * @since 0.1.0
 */
export const command = Command.make(
  "wechat-simulator",
  {
    port: Flag.Int("port").pipe(
      Flag.withAlias("p"),
      Flag.withDefault(8080),
      Flag.withDescription("Where to listen; 0 takes a free port")
    ),
    host: Flag.String("host").pipe(Flag.withDefault("127.0.0.1"), Flag.withDescription("The address to listen on")),
    endpoints: Flag.String("endpoints").pipe(
      Flag.optional,
      Flag.withDescription(`A module that exports endpoints; ${usual} where that is installed`)
    ),
    seed: Flag.Int("seed").pipe(
      Flag.withDefault(0),
      Flag.withDescription("Another seed gives other users and answers")
    ),
    appid: Flag.String("appid").pipe(Flag.withDefault(Simulator.appid), Flag.withDescription("The account's appid")),
    secret: Flag.String("secret").pipe(Flag.withDefault(Simulator.secret), Flag.withDescription("The account's secret"))
  },
  Effect.fnUntraced(function* ({ appid, endpoints: module, host, port, secret, seed }) {
    const endpoints = yield* endpointsFrom(module)
    const greet = Effect.flatMap(Server, ({ url }) => Console.log(greeting(url, { appid, secret }, endpoints.length)))
    const server = Server.layer({ accounts: [{ appid, secret }], endpoints, host, port, seed })
    return yield* Effect.mapError(
      Layer.launch(Layer.provide(Layer.effectDiscard(greet), server)),
      (error) => new CommandError({ detail: error.message })
    )
  })
).pipe(Command.withDescription("Plays WeChat on a port, to try programs and run tests without an account"))
