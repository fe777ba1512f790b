/**
 * Tokens in Redis: shared by any number of processes on any number of machines, which renew each token once among all of
 * them. Redis 6.2 or later, or Valkey; single, behind sentinels, or as a cluster.
 *
 * @since 0.1.0
 */
import type { Credentials } from "@wechat/core/Credentials"
import { Mint } from "@wechat/core/Mint"
import * as Seal from "@wechat/core/Seal"
import { TokenStore } from "@wechat/core/TokenStore"
import { Vault, VaultError } from "@wechat/core/Vault"
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as Address from "./internal/address.ts"
import * as Changes from "./internal/changes.ts"
import * as Connection from "./internal/connection.ts"
import * as Start from "./internal/start.ts"
import * as Keeping from "./internal/vault.ts"

/**
 * @since 0.1.0
 */
export interface Options extends Seal.Keys {
  /**
   * Where Redis is: `redis://user:password@host:6379/0`, `redis+sentinel://user:password@host:26379,host:26379/master/0`
   * (sentinels with a password of their own: `?sentinel_username=...&sentinel_password=...`), or
   * `redis+cluster://user:password@host:6379,host:6379`. With `rediss` in place of `redis` over TLS.
   */
  readonly url: string | Redacted.Redacted
  /** In front of every key, and of the channel: `wechat`. Programs that share tokens have the same one. */
  readonly prefix?: string | undefined
  /** How long an operation may take, with reconnecting: 5 seconds. */
  readonly timeout?: Duration.Input | undefined
  /** Certificates as PEM, where those of the system are not enough. */
  readonly tls?: Connection.Tls | undefined
}

const make = Effect.fnUntraced(function* (options: Options) {
  const prefix = options.prefix ?? "wechat"
  if (/[{}\s]/.test(prefix) || prefix === "") {
    return yield* new VaultError({ detail: "the prefix of the keys in Redis has to be text without spaces and braces" })
  }
  const address = yield* Address.read(options.url)
  const seal = yield* Seal.make(options)
  const connection = yield* Connection.connect(address, {
    tls: options.tls ?? {},
    timeout: Duration.fromInputUnsafe(options.timeout ?? "5 seconds")
  })
  yield* Start.check({ connection, seal, prefix }, (options.former ?? []).length > 0)
  const channel = `${prefix}:changes`
  const changes = yield* Changes.make(connection, channel)
  const keeping = Keeping.make({ connection, seal, prefix, channel, changes: changes.stream })
  return { ...keeping, token: changes.watch(keeping.token) }
})

/**
 * A vault in Redis. It fails at the start where Redis is out of reach, holds data of another program or of a later version,
 * or data that the key does not open; nothing is overwritten then.
 *
 * @since 0.1.0
 */
export const layerVault = (options: Options): Layer.Layer<Vault, VaultError> => Layer.effect(Vault, make(options))

/**
 * Tokens that this process mints and shares through Redis. The vault is there for a platform's event server to write to.
 *
 * @since 0.1.0
 */
export const layer = (
  options: Options
): Layer.Layer<TokenStore | Vault, VaultError, Credentials | HttpClient.HttpClient> =>
  TokenStore.layer.pipe(Layer.provide(Mint.layer), Layer.provideMerge(layerVault(options)))

/**
 * As {@link layer}, from the configuration: `WECHAT_STORAGE_URL`, `WECHAT_STORAGE_PREFIX`, and for encryption
 * `WECHAT_STORAGE_KEY` and `WECHAT_STORAGE_FORMER_KEYS`.
 *
 * @since 0.1.0
 */
export const layerConfig: Layer.Layer<
  TokenStore | Vault,
  VaultError | Config.ConfigError,
  Credentials | HttpClient.HttpClient
> = Layer.unwrap(
  Effect.map(
    Config.all({
      url: Config.Redacted("WECHAT_STORAGE_URL"),
      prefix: Config.withDefault(Config.String("WECHAT_STORAGE_PREFIX"), "wechat"),
      keys: Seal.config
    }),
    ({ keys, ...options }) => layer({ ...options, ...keys })
  )
)
