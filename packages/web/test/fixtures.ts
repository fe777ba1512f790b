/** WeChat in memory, with an account of one's own and one that a third-party platform acts for. */
import * as App from "@wechat/core/App"
import { Credentials } from "@wechat/core/Credentials"
import { Vault } from "@wechat/core/Vault"
import { WeChat } from "@wechat/core/WeChat"
import * as Memory from "@wechat/storage-memory/Memory"
import { Simulator } from "@wechat/testing"
import { appid, authorizer, component, componentSecret, secret } from "@wechat/testing/Simulator"
import type { Entry } from "@wechat/testing/Simulator"
import { SessionKeys } from "@wechat/web/SessionKeys"
import { Signer } from "@wechat/web/Signer"
import { State } from "@wechat/web/State"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

export { appid, authorizer, secret }

export const web = App.common(appid)
export const client = App.authorizer(component, authorizer)

const credentials = Credentials.layer({
  [appid]: { secret: Redacted.make(secret) },
  [component]: { secret: Redacted.make(componentSecret) }
})

/** The simulator keeps the secrets of its calls, so that tests can see that they are sent. */
export const world = (endpoints: Iterable<Entry> = []) =>
  WeChat.layer(web).pipe(
    Layer.provideMerge(Memory.layer),
    Layer.provide(credentials),
    Layer.provideMerge(Layer.mergeAll(Simulator.layer({ endpoints, secrets: true }), SessionKeys.layerMemory()))
  )

export const signer = Signer.layer({ secret: Redacted.make("a secret of at least 32 characters") })

export const site = Layer.mergeAll(State.layer().pipe(Layer.provideMerge(signer)), world())

/** Runs an effect for the account that the platform acts for. */
export const asClient = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const ticket = yield* Simulator.use((simulator) => simulator.pushTicket(component))
    yield* Vault.use((vault) => vault.keepTicket(component, Redacted.make(ticket)))
    return yield* WeChat.withApp(client)(effect)
  })

export const calls = (path: string) =>
  Simulator.use((simulator) => Effect.map(simulator.calls, (calls) => calls.filter((call) => call.path === path)))

export const code = (account: string = appid, openid?: string) =>
  Simulator.use((simulator) => simulator.signIn(account, openid === undefined ? {} : { openid }))
