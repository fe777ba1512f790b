import { assert, describe, it } from "@effect/vitest"
import { Vault } from "@wechat/core/Vault"
import * as Redis from "@wechat/storage-redis/Redis"
import * as Effect from "effect/Effect"
import * as Server from "./server.ts"
import * as Topology from "./topology.ts"

describe.skipIf(Server.isMissing)("Redis over TLS, with a password", () => {
  it.live("is reached with its certificate, and without it there is a failure", () =>
    Effect.gen(function* () {
      const { ca, port, url } = yield* Topology.tls
      const read = Vault.use((vault) => vault.ticket("wxplatform"))
      assert.isUndefined(yield* Effect.provide(read, Redis.layerVault({ url, tls: { ca } })))
      const untrusted = yield* Effect.flip(Effect.provide(read, Redis.layerVault({ url, timeout: "300 millis" })))
      assert.include(untrusted.message, "self-signed certificate")
      const wrong = { url: `rediss://:wrong@localhost:${port}`, tls: { ca } }
      assert.include((yield* Effect.flip(Effect.provide(read, Redis.layerVault(wrong)))).message, "WRONGPASS")
    })
  )
})
