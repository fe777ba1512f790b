import { assert, describe, it } from "@effect/vitest"
import { endpoints } from "@wechat/api/Registry"
import * as App from "@wechat/core/App"
import { Credentials } from "@wechat/core/Credentials"
import type * as Endpoint from "@wechat/core/Endpoint"
import { Vault } from "@wechat/core/Vault"
import { WeChat } from "@wechat/core/WeChat"
import * as Memory from "@wechat/storage-memory/Memory"
import { Simulator } from "@wechat/testing"
import * as Sample from "@wechat/testing/Sample"
import { appid, component, componentSecret, secret } from "@wechat/testing/Simulator"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

const sessionKey = () => Effect.succeed(Redacted.make("c2Vzc2lvbiBrZXk="))

const account = {
  offerId: "offer",
  payKey: Redacted.make("pay"),
  sandboxPayKey: Redacted.make("sandbox"),
  midasKey: Redacted.make("midas"),
  b2bKey: Redacted.make("b2b"),
  deliveryKey: "shop",
  deliverySecret: Redacted.make("delivery"),
  sessionKey
}

const credentials = Credentials.layer({
  [appid]: { ...account, secret: Redacted.make(secret) },
  [component]: { ...account, secret: Redacted.make(componentSecret) }
})

const live = WeChat.layer(App.common(appid)).pipe(
  Layer.provideMerge(Memory.layer),
  Layer.provide(credentials),
  Layer.provideMerge(Simulator.layer({ endpoints }))
)

const isPaged = (endpoint: Endpoint.Any): endpoint is Endpoint.Paged<unknown, unknown, unknown> => "items" in endpoint
const isCallable = (endpoint: Endpoint.Any): endpoint is Endpoint.Endpoint<unknown, unknown> =>
  typeof endpoint === "function"

/** The account or the platform, as the endpoint's token asks for. */
const caller = (endpoint: Endpoint.Any) =>
  endpoint.auth === "access_token" || endpoint.auth === "none" ? App.common(appid) : App.component(component)

const inputOf = (endpoint: Endpoint.Any): unknown => Schema.decodeUnknownSync(endpoint.input())(Sample.input(endpoint))

/** Calls every endpoint as an application does; what WeChat may well refuse is a refusal, and everything else an answer. */
const problemsOf = (call: (endpoint: Endpoint.Endpoint<unknown, unknown>) => Effect.Effect<unknown, unknown, WeChat>) =>
  Effect.gen(function* () {
    const ticket = yield* Simulator.use((simulator) => simulator.pushTicket(component))
    yield* Vault.use((vault) => vault.keepTicket(component, Redacted.make(ticket)))
    const problems: Array<string> = []
    for (const entry of endpoints) {
      const endpoint = yield* Effect.promise(entry.load)
      if (!isCallable(endpoint)) continue
      const exit = yield* Effect.result(WeChat.withApp(caller(endpoint))(call(endpoint)))
      if (exit._tag === "Failure") problems.push(String(exit.failure))
    }
    return problems
  })

// Sample inputs are made from shapes: what a stateful simulator does not know, it refuses by name, as WeChat does.
const isRefusal = (problem: string): boolean =>
  /: \d{4,} /.test(problem) || problem.includes("showQRCode: no usable answer")

describe("every endpoint of the catalog", () => {
  it.live(
    "can be called, with its token, its body and its answer",
    () =>
      Effect.gen(function* () {
        const problems = yield* problemsOf((endpoint) => endpoint(inputOf(endpoint)))
        assert.deepStrictEqual(
          problems.filter((problem) => !isRefusal(problem)),
          []
        )
        assert.isBelow(problems.length, 60)
      }).pipe(Effect.provide(live)),
    60_000
  )

  it.live(
    "that answers in pages comes to an end",
    () =>
      Effect.gen(function* () {
        const problems = yield* problemsOf((endpoint) =>
          isPaged(endpoint)
            ? Stream.runCollect(Stream.take(endpoint.items(inputOf(endpoint)), 1000)).pipe(
                Effect.flatMap((items) => (items.length < 1000 ? Effect.void : Effect.fail(`${endpoint.id}: no end`)))
              )
            : Effect.void
        )
        assert.deepStrictEqual(
          problems.filter((problem) => !isRefusal(problem)),
          []
        )
      }).pipe(Effect.provide(live)),
    60_000
  )
})
