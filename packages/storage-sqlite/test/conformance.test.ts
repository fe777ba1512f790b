import { describe, it } from "@effect/vitest"
import { Credentials } from "@wechat/core/Credentials"
import { Vault } from "@wechat/core/Vault"
import * as Sqlite from "@wechat/storage-sqlite/Sqlite"
import { Conformance, Simulator } from "@wechat/testing"
import { appid, secret } from "@wechat/testing/Simulator"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { file, key } from "./file.ts"

for (const [name, keys] of [
  ["in clear", {}],
  ["encrypted", { key }]
] as const) {
  const vault = Layer.unwrap(Effect.map(file, (path) => Sqlite.layerVault({ path, ...keys })))
  const opening = Layer.effect(
    Conformance.Opening,
    Effect.map(file, (path) => ({
      // Every opening is a connection of its own.
      open: Effect.map(Layer.build(Layer.fresh(Sqlite.layerVault({ path, ...keys }))), Context.get(Vault))
    }))
  )

  describe(`a vault in a file, ${name}`, () => {
    for (const { name, run } of Conformance.vault) it.live(name, () => Effect.provide(run, vault))
    for (const { name, run } of Conformance.shared) it.live(name, () => Effect.provide(run, opening))
  })
}

describe("tokens in a file", () => {
  const process = Layer.unwrap(Effect.map(file, (path) => Sqlite.layer({ path, key }))).pipe(
    Layer.provide(Credentials.layer({ [appid]: { secret: Redacted.make(secret) } })),
    Layer.provideMerge(Simulator.layer())
  )
  for (const { name, run } of Conformance.tokens) it.live(name, () => Effect.provide(run, process))
})
