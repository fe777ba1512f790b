/** The storage that was chosen; its package is loaded only then. */
import type { Credentials } from "@wechat/core/Credentials"
import type { TokenStore } from "@wechat/core/TokenStore"
import type { Vault, VaultError } from "@wechat/core/Vault"
import * as Memory from "@wechat/storage-memory/Memory"
import type * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { Settings } from "../Settings.ts"

type Storage = Layer.Layer<TokenStore | Vault, VaultError | Config.ConfigError, Credentials | HttpClient.HttpClient>

const chosen = (kind: Settings["storage"]["kind"]): Effect.Effect<Storage> => {
  switch (kind) {
    case "memory":
      return Effect.succeed(Memory.layer)
    case "sqlite":
      return Effect.map(
        Effect.promise(() => import("@wechat/storage-sqlite/Sqlite")),
        (sqlite) => sqlite.layerConfig
      )
    case "redis":
      return Effect.map(
        Effect.promise(() => import("@wechat/storage-redis/Redis")),
        (redis) => redis.layerConfig
      )
  }
}

/** The storages read the environment; what the file says stands behind it. */
const behind = ({ key, path, prefix, url }: Settings["storage"]) =>
  ConfigProvider.fromUnknown({
    ...(path === undefined ? {} : { WECHAT_STORAGE_PATH: path }),
    ...(url === undefined ? {} : { WECHAT_STORAGE_URL: Redacted.value(url) }),
    ...(prefix === undefined ? {} : { WECHAT_STORAGE_PREFIX: prefix }),
    ...(key === undefined ? {} : { WECHAT_STORAGE_KEY: Redacted.value(key) })
  })

export const storage = (settings: Settings["storage"]): Storage =>
  Layer.unwrap(chosen(settings.kind)).pipe(
    Layer.provide(
      ConfigProvider.layer(
        Effect.map(ConfigProvider.ConfigProvider, (environment) => ConfigProvider.orElse(environment, behind(settings)))
      )
    )
  )
