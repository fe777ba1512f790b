/**
 * Tokens in one file, for the processes of one machine: they survive a restart, and a kill at any moment. The file is a SQLite
 * database in the mode with a write-ahead log; Node's own `node:sqlite` reads and writes it.
 *
 * @since 0.1.0
 */
import type { Credentials } from "@wechat/core/Credentials"
import { Mint } from "@wechat/core/Mint"
import * as Seal from "@wechat/core/Seal"
import { TokenStore } from "@wechat/core/TokenStore"
import { Vault, type VaultError } from "@wechat/core/Vault"
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { open } from "./internal/file.ts"
import { make } from "./internal/keeping.ts"
import { settleKey } from "./internal/rotation.ts"

/**
 * @since 0.1.0
 */
export interface Options extends Seal.Keys {
  /** The file, which is made if it is not there. Its folder has to exist, on a disk of this machine. */
  readonly path: string
}

/** How often a process looks for what others have written. */
const glance = Duration.millis(250)

const vault = Effect.fnUntraced(function* (options: Options) {
  const seal = yield* Seal.make(options)
  const connection = yield* open(options.path)
  yield* settleKey(connection, seal)
  const { keeping, look } = yield* make(connection, seal)
  yield* look.pipe(
    Effect.catch((error) => Effect.logWarning("changes of other processes are not seen", error)),
    Effect.schedule(Schedule.spaced(glance)),
    Effect.forkScoped
  )
  return Vault.of(keeping)
})

/**
 * A vault in a file. It fails at once, and changes nothing, where the file belongs to another program or a later version of
 * this one, is damaged, cannot be written, or is encrypted with another key.
 *
 * @since 0.1.0
 */
export const layerVault = (options: Options): Layer.Layer<Vault, VaultError> => Layer.effect(Vault, vault(options))

const stored = <E>(vault: Layer.Layer<Vault, E>) =>
  TokenStore.layer.pipe(Layer.provide(Mint.layer), Layer.provideMerge(vault))

/**
 * Tokens that this process mints and keeps in a file, together with every other process that opens it. The vault is there for
 * a platform's event server to write to.
 *
 * @since 0.1.0
 */
export const layer = (
  options: Options
): Layer.Layer<TokenStore | Vault, VaultError, Credentials | HttpClient.HttpClient> => stored(layerVault(options))

const config = Config.all({
  path: Config.withDefault(Config.String("WECHAT_STORAGE_PATH"), "wechat.sqlite"),
  keys: Seal.config
})

/**
 * A vault in the file that `WECHAT_STORAGE_PATH` names, which is `wechat.sqlite` in the working folder where it is not set. Its
 * keys are `WECHAT_STORAGE_KEY` and `WECHAT_STORAGE_FORMER_KEYS`.
 *
 * @since 0.1.0
 */
export const layerVaultConfig: Layer.Layer<Vault, VaultError | Config.ConfigError> = Layer.unwrap(
  Effect.map(config, ({ keys, path }) => layerVault({ path, ...keys }))
)

/**
 * As {@link layer}, configured as {@link layerVaultConfig}.
 *
 * @since 0.1.0
 */
export const layerConfig: Layer.Layer<
  TokenStore | Vault,
  VaultError | Config.ConfigError,
  Credentials | HttpClient.HttpClient
> = stored(layerVaultConfig)
