import { assert, it } from "@effect/vitest"
import { Credentials } from "@wechat/core/Credentials"
import * as Server from "@wechat/hub/Server"
import * as Memory from "@wechat/storage-memory/Memory"
import { Simulator } from "@wechat/testing"
import { appid, secret } from "@wechat/testing/Simulator"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Tracer from "effect/Tracer"
import { inspect } from "node:util"
import { ask, Hub, shopSecret } from "./world.ts"

const token = `/client/access_token?appid=${appid}`

it.effect("no token, app secret or client's secret stands in logs, spans, metrics or refusals", () => {
  const seen: Array<string> = []
  const spans: Array<Tracer.NativeSpan> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  })
  const watched = Layer.mergeAll(
    Logger.layer([Logger.make(({ cause, message }) => void seen.push(inspect([message, cause], { depth: 20 })))]),
    Layer.succeed(Tracer.Tracer, tracer),
    Server.layerDiscreet
  )
  const world = Hub.layer().pipe(
    Layer.provide(Memory.layer),
    Layer.provide(Credentials.layer({ [appid]: { secret: Redacted.make(secret) } })),
    Layer.provideMerge(Simulator.layer()),
    Layer.provide(watched)
  )
  return Effect.gen(function* () {
    const first = String((yield* ask(token)).json["access_token"])
    const stuck = Simulator.use((simulator) => simulator.revoke(appid, { stuck: true }))
    yield* stuck
    const json = { appid, access_token: first }
    const second = String((yield* ask("/refresh/access_token", { json })).json["access_token"])
    yield* stuck
    yield* ask(`/key/${shopSecret}${token}`, { as: "" })
    const refusals = [
      yield* ask("/refresh/access_token", { json: { appid, access_token: second } }),
      yield* ask(`/key/${shopSecret}/client/access_token?appid=wxother`, { as: "" }),
      yield* ask(token, { as: `${shopSecret}!` }),
      yield* ask("/refresh/access_token", { body: `{"access_token":"${second}"` }),
      yield* ask("/metrics", { as: "" })
    ]
    const told = refusals.map(({ text }) => text)
    // What is exported of a span: its name, attributes and events, and the cause where it failed.
    const traced = spans.map(({ attributes, events, name, status }) =>
      inspect(
        [name, attributes, events, status._tag === "Ended" && Exit.isFailure(status.exit) ? status.exit.cause : ""],
        {
          depth: 20
        }
      )
    )
    const printed = [...seen, ...told, ...traced].join("\n")
    assert.isAbove(seen.length, 6)
    assert.isAbove(spans.length, 2)
    assert.include(printed, `access:Common:${appid}`)
    for (const value of [first, second, shopSecret, secret]) assert.notInclude(printed, value)
  }).pipe(Effect.provide(world))
})
