import { describe, layer } from "@effect/vitest"
import { Credentials } from "@wechat/core/Credentials"
import { Vault } from "@wechat/core/Vault"
import * as Redis from "@wechat/storage-redis/Redis"
import * as Conformance from "@wechat/testing/Conformance"
import { appid, secret, Simulator } from "@wechat/testing/Simulator"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"

/** Where the Redis under test is. */
interface Where {
  readonly url: string
  readonly prefix?: string
}
class Place extends Context.Service<Place, Where>()("test/Place") {}

const key = Redacted.make("0123456789abcdef".repeat(4))
const optionsOf = ({ prefix = "wechat", url }: Where) => ({ url, prefix, key })

const opening = Layer.effect(
  Conformance.Opening,
  Effect.map(Place, (place) => ({
    open: Effect.map(Layer.build(Layer.fresh(Redis.layerVault(optionsOf(place)))), Context.get(Vault))
  }))
)
const vault = Layer.unwrap(Effect.map(Place, (place) => Redis.layerVault(optionsOf(place))))
const tokens = Layer.unwrap(
  Effect.map(Place, (place) =>
    Redis.layer({ ...optionsOf(place), prefix: `${optionsOf(place).prefix}-tokens` }).pipe(
      Layer.provide(Credentials.layer({ [appid]: { secret: Redacted.make(secret) } })),
      Layer.provideMerge(Simulator.layer())
    )
  )
)

/** All that a storage has to do. */
export const conforms = <E>(name: string, isSkipped: boolean, place: Effect.Effect<Where, E, Scope.Scope>): void => {
  describe.skipIf(isSkipped)(name, () => {
    layer(Layer.effect(Place, place), { excludeTestServices: true })((it) => {
      it.layer(Layer.merge(vault, opening))((it) => {
        for (const { name, run } of [...Conformance.vault, ...Conformance.shared]) it.effect(name, () => run)
      })
      it.layer(tokens)((it) => {
        for (const { name, run } of Conformance.tokens) it.effect(name, () => run)
      })
    })
  })
}
