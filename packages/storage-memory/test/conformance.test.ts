import { describe, it } from "@effect/vitest"
import { Credentials } from "@wechat/core/Credentials"
import * as Memory from "@wechat/storage-memory/Memory"
import { Conformance, Simulator } from "@wechat/testing"
import { appid, secret } from "@wechat/testing/Simulator"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

describe("a vault in memory", () => {
  for (const { name, run } of Conformance.vault) {
    it.live(name, () => Effect.provide(run, Memory.layerVault))
  }
})

describe("tokens in memory", () => {
  const process = Memory.layer.pipe(
    Layer.provide(Credentials.layer({ [appid]: { secret: Redacted.make(secret) } })),
    Layer.provideMerge(Simulator.layer())
  )
  for (const { name, run } of Conformance.tokens) it.live(name, () => Effect.provide(run, process))
})
