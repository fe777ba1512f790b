/**
 * What the command `wechat-hub` is told: by a file, by the environment, by its flags. The later ones win.
 *
 * @since 0.1.0
 */
import { AppId } from "@wechat/core/App"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Guard from "./Guard.ts"

const Secret = Schema.RedactedFromValue(Schema.NonEmptyString)

const Apps = Schema.Record(
  AppId,
  Schema.Struct({
    /** The app secret. */
    secret: Secret,
    /** How its access token is issued; `stable` where left out. */
    token: Schema.optionalKey(Schema.Literals(["stable", "plain"])),
    /** A third-party platform: token and EncodingAESKey of its pushes, which come to `/push`. */
    push: Schema.optionalKey(Schema.Struct({ token: Secret, aesKey: Secret }))
  })
)

const Clients = Schema.Record(
  Schema.NonEmptyString,
  Schema.Struct({
    secret: Secret,
    /** Whose tokens it may read; `"*"` stands for all. */
    appids: Schema.Array(Schema.NonEmptyString)
  })
)

const Storage = Schema.Struct({
  kind: Schema.Literals(["memory", "sqlite", "redis"]),
  /** SQLite: the file, `wechat.sqlite` in the working folder where left out. `WECHAT_STORAGE_PATH`. */
  path: Schema.optionalKey(Schema.NonEmptyString),
  /** Redis: `WECHAT_STORAGE_URL`. */
  url: Schema.optionalKey(Secret),
  /** Redis: what its keys begin with. `WECHAT_STORAGE_PREFIX`. */
  prefix: Schema.optionalKey(Schema.NonEmptyString),
  /** Encrypts what is kept: 32 random bytes as base64. `WECHAT_STORAGE_KEY`. */
  key: Schema.optionalKey(Secret)
})
const Port = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 65_535 })))
const Rate = Schema.Int.pipe(Schema.check(Schema.isGreaterThan(0)))

/**
 * The configuration file, as JSON.
 *
 * @since 0.1.0
 */
export const File = Schema.Struct({
  /** `127.0.0.1`, which only this machine reaches. */
  host: Schema.optionalKey(Schema.NonEmptyString),
  /** 4000. */
  port: Schema.optionalKey(Port),
  apps: Schema.optionalKey(Apps),
  clients: Schema.optionalKey(Clients),
  /** Everybody who reaches it may ask; `"everywhere"`: even where other machines reach it. */
  open: Schema.optionalKey(Schema.Union([Schema.Boolean, Schema.Literal("everywhere")])),
  /** `sqlite`, unless said otherwise. */
  storage: Schema.optionalKey(Storage),
  /** Where WeChat is, for a proxy or a simulator. */
  wechat: Schema.optionalKey(Schema.NonEmptyString),
  /** Requests in a second from one client: 1,000. */
  rate: Schema.optionalKey(Rate),
  /** Whether every request is logged: yes. */
  log: Schema.optionalKey(Schema.Boolean)
})
export type File = typeof File.Type

/**
 * What the hub runs with.
 *
 * @since 0.1.0
 */
export interface Settings {
  readonly host: string
  readonly port: number
  readonly apps: typeof Apps.Type
  readonly clients: Guard.Clients
  readonly storage: typeof Storage.Type
  readonly wechat: string | undefined
  readonly rate: number | undefined
  readonly log: boolean
}

/**
 * What the flags say.
 *
 * @since 0.1.0
 */
export interface Flags {
  readonly config?: string | undefined
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly memory?: boolean | undefined
  /** How often `--open` was said. */
  readonly open?: number | undefined
}

/**
 * The hub cannot run with what it was told.
 *
 * @since 0.1.0
 */
export class SettingsError extends Schema.TaggedError<SettingsError>("@wechat/hub/SettingsError")("SettingsError", {
  /** What is wrong, all of it, and what to do. */
  detail: Schema.String
}) {
  override get message(): string {
    return this.detail
  }
}

const wrong = (detail: string) => new SettingsError({ detail })

const decodeFile = Schema.decodeUnknownEffect(Schema.fromJsonString(File), {
  errors: "all",
  onExcessProperty: "error"
})

const fromFile = Effect.fnUntraced(function* (path: string) {
  const files = yield* FileSystem.FileSystem
  const text = yield* Effect.mapError(files.readFileString(path), (error) =>
    wrong(`${path} cannot be read (${error.reason._tag})`)
  )
  return yield* Effect.mapError(decodeFile(text), (error) => wrong(`${path} is not as expected:\n${error.message}`))
})

const optional = <A>(config: Config.Config<A>): Config.Config<A | undefined> =>
  Config.map(Config.option(config), Option.getOrUndefined)

const environment = Config.all({
  host: optional(Config.NonEmptyString("WECHAT_HUB_HOST")),
  port: optional(Config.Port("WECHAT_HUB_PORT")),
  apps: optional(Config.schema(Schema.fromJsonString(Apps), "WECHAT_HUB_APPS")),
  clients: optional(Config.schema(Schema.fromJsonString(Clients), "WECHAT_HUB_CLIENTS")),
  open: optional(Config.Literals(["yes", "everywhere"], "WECHAT_HUB_OPEN")),
  storage: optional(Config.schema(Storage.fields.kind, "WECHAT_HUB_STORAGE")),
  wechat: optional(Config.NonEmptyString("WECHAT_HUB_WECHAT")),
  rate: optional(Config.schema(Rate, "WECHAT_HUB_RATE")),
  log: optional(Config.Boolean("WECHAT_HUB_LOG")),
  appid: optional(Config.NonEmptyString("WECHAT_APPID")),
  appSecret: optional(Config.Redacted("WECHAT_SECRET")),
  component: optional(Config.NonEmptyString("WECHAT_COMPONENT_APPID")),
  componentSecret: optional(Config.Redacted("WECHAT_COMPONENT_SECRET")),
  pushToken: optional(Config.Redacted("WECHAT_COMPONENT_PUSH_TOKEN")),
  pushKey: optional(Config.Redacted("WECHAT_COMPONENT_PUSH_AES_KEY")),
  secret: optional(Config.Redacted("WECHAT_HUB_SECRET"))
})
type Environment = Config.Success<typeof environment>

/** Shorter secrets can be guessed, and others do not fit into a header. */
const good = /^[\x21-\x7e]{16,256}$/

const loopback = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/

const own = ({ appid, appSecret: secret }: Environment): Settings["apps"] =>
  appid === undefined || secret === undefined ? {} : { [appid]: { secret } }

const platform = ({
  component,
  componentSecret: secret,
  pushKey: aesKey,
  pushToken: token
}: Environment): Settings["apps"] =>
  component === undefined || secret === undefined
    ? {}
    : { [component]: { secret, ...(token === undefined || aesKey === undefined ? {} : { push: { token, aesKey } }) } }

/** Half of what belongs together is a mistake. */
const halves = (env: Environment): ReadonlyArray<string> => [
  ...((env.appid === undefined) === (env.appSecret === undefined)
    ? []
    : ["WECHAT_APPID and WECHAT_SECRET belong together"]),
  ...((env.component === undefined) === (env.componentSecret === undefined)
    ? []
    : ["WECHAT_COMPONENT_APPID and WECHAT_COMPONENT_SECRET belong together"]),
  ...((env.pushToken === undefined) === (env.pushKey === undefined)
    ? []
    : ["WECHAT_COMPONENT_PUSH_TOKEN and WECHAT_COMPONENT_PUSH_AES_KEY belong together"])
]

const appsOf = (file: File, env: Environment): Settings["apps"] => ({
  ...file.apps,
  ...env.apps,
  ...own(env),
  ...platform(env)
})

const clientsOf = (file: File, env: Environment): typeof Clients.Type => ({
  ...file.clients,
  ...env.clients,
  ...(env.secret === undefined ? {} : { client: { secret: env.secret, appids: ["*"] } })
})

/** How openly: not at all, to this machine, to all. */
const openness = (file: File, env: Environment, flags: Flags): 0 | 1 | 2 => {
  const said = env.open ?? file.open
  if (said === "everywhere" || (flags.open ?? 0) > 1) return 2
  return said === "yes" || said === true || flags.open === 1 ? 1 : 0
}

const troublesWithClients = (clients: typeof Clients.Type): ReadonlyArray<string> => {
  const entries = Object.entries(clients)
  const bad = entries.filter(([, { secret }]) => !good.test(Redacted.value(secret)))
  const secrets = entries.map(([, { secret }]) => Redacted.value(secret))
  return [
    ...bad.map(
      ([name]) =>
        `the secret of the client ${name} has to be 16 to 256 characters, without spaces: openssl rand -hex 24 makes one`
    ),
    ...entries.filter(([, { appids }]) => appids.length === 0).map(([name]) => `the client ${name} may read nothing`),
    ...(new Set(secrets).size < secrets.length ? ["two clients have the same secret"] : [])
  ]
}

const troubles = (settings: Settings, open: 0 | 1 | 2, clients: typeof Clients.Type): ReadonlyArray<string> => [
  ...(Object.keys(settings.apps).length === 0
    ? ["there is no app: set WECHAT_APPID and WECHAT_SECRET, or apps in a file"]
    : []),
  ...(open === 0 && Object.keys(clients).length === 0
    ? ["nobody may ask: set WECHAT_HUB_SECRET, or clients in a file, or say --open for a hub that answers everybody"]
    : []),
  ...(open > 0 && Object.keys(clients).length > 0 ? ["a hub is open, or it has clients, but not both"] : []),
  ...(open === 1 && !loopback.test(settings.host)
    ? [
        `a hub without secrets on ${settings.host} gives every token to whoever reaches it: set WECHAT_HUB_SECRET, or say --open twice`
      ]
    : []),
  ...troublesWithClients(clients)
]

/**
 * Reads, merges and checks everything.
 *
 * @since 0.1.0
 */
export const read = Effect.fnUntraced(function* (flags: Flags) {
  const env = yield* Effect.mapError(environment, (error) =>
    wrong(`the environment is not as expected:\n${error.cause.message}`)
  )
  const path = flags.config ?? (yield* Effect.orDie(optional(Config.NonEmptyString("WECHAT_HUB_CONFIG"))))
  const file: File = path === undefined ? {} : yield* fromFile(path)
  const open = openness(file, env, flags)
  const clients = clientsOf(file, env)
  const settings: Settings = {
    host: flags.host ?? env.host ?? file.host ?? "127.0.0.1",
    port: flags.port ?? env.port ?? file.port ?? 4000,
    apps: appsOf(file, env),
    clients: open > 0 ? "open" : clients,
    storage: {
      ...file.storage,
      kind: flags.memory === true ? "memory" : (env.storage ?? file.storage?.kind ?? "sqlite")
    },
    wechat: env.wechat ?? file.wechat,
    rate: env.rate ?? file.rate,
    log: env.log ?? file.log ?? true
  }
  const found = [...halves(env), ...troubles(settings, open, clients)]
  if (found.length > 0) return yield* wrong(found.join("\n"))
  return settings
})
