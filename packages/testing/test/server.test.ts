import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Settings from "@wechat/core/Settings"
import { Fault, Sample, Simulator } from "@wechat/testing"
import { Server } from "@wechat/testing/Server"
import { appid, component } from "@wechat/testing/Simulator"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import type { Answer } from "./ask.ts"
import * as Catalog from "./catalog.ts"
import { over } from "./client.ts"

/** Settings that send calls to the server, and do not repeat them. */
const settings = Layer.unwrap(
  Effect.map(Server, ({ url }) => Settings.layer({ hosts: [url], otherHosts: url, backoff: Schedule.recurs(0) }))
)

const served = Server.layer({ endpoints: Catalog.endpoints })

const clients = [
  ["fetch", FetchHttpClient.layer],
  ["undici", NodeHttpClient.layerUndici]
] as const

/** Asks the server as another process would. */
const steer = (method: string, path: string, body?: object) =>
  Effect.flatMap(Server, ({ url }) =>
    Effect.promise(async (): Promise<{ readonly status: number; readonly json: Answer }> => {
      const sent = body === undefined ? { method } : { method, body: JSON.stringify(body) }
      const response = await fetch(`${url}/_simulator/${path}`, sent)
      return { status: response.status, json: await response.json() }
    })
  )

describe("over a socket", () => {
  for (const [name, http] of clients) {
    const world = over.pipe(Layer.provideMerge(http), Layer.provideMerge(settings), Layer.provideMerge(served))

    it.live(`${name} reads answers, and sends files`, () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* Catalog.read({ openid: "o1" })).openid, "o1")
        assert.isString((yield* Catalog.upload({ kind: "image", media: { name: "é.png", data: Sample.picture } })).id)
        const file = yield* Catalog.download({ name: "n" })
        assert.deepStrictEqual(yield* file.bytes, Sample.picture)
      }).pipe(Effect.provide(world))
    )

    const faults: ReadonlyArray<readonly [string, Fault.Fault, object]> = [
      ["a connection break", Fault.reset, { _tag: "Unreachable", sent: true }],
      ["half an answer", Fault.half, { _tag: "Unreachable", sent: true }],
      ["an answer that is lost", Fault.lost, { _tag: "Unreachable", sent: true }],
      ["HTTP 502", Fault.status(502, "<html>"), { _tag: "Unreachable", status: 502 }],
      ["a redirect", Fault.redirect("https://example.com/"), { _tag: "Unreachable" }]
    ]
    for (const [what, fault, reason] of faults) {
      it.live(`${name} sees ${what}`, () =>
        Effect.gen(function* () {
          const simulator = yield* Simulator
          yield* simulator.fail("/test/write", fault)
          const error = yield* Effect.flip(Catalog.write({ name: "n", level: 1 }))
          assert.deepInclude(error.reason, reason)
          assert.strictEqual(yield* simulator.count("/test/write"), 1)
        }).pipe(Effect.provide(world))
      )
    }

    it.live(`${name} gives up when nothing comes`, () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        yield* simulator.fail("/test/write", Fault.hang)
        const error = yield* Catalog.write({ name: "n", level: 1 }).pipe(
          Effect.flip,
          Settings.provide({ attempt: Duration.millis(50) })
        )
        assert.strictEqual(error.reason._tag, "Timeout")
      }).pipe(Effect.provide(world))
    )
  }

  it.live("fetch unpacks a compressed answer", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.fail("/test/read", Fault.gzip)
      assert.strictEqual((yield* Catalog.read({ openid: "o1" })).openid, "o1")
    }).pipe(
      Effect.provide(
        over.pipe(Layer.provideMerge(FetchHttpClient.layer), Layer.provideMerge(settings), Layer.provideMerge(served))
      )
    )
  )
})

describe("another process", () => {
  it.live("sees what arrived, and how many tokens were issued", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.handle({
        method: "GET",
        host: "",
        path: "/test/read",
        query: {},
        headers: {},
        body: new Uint8Array()
      })
      const { json } = yield* steer("GET", "calls")
      assert.strictEqual(json[0].path, "/test/read")
      assert.deepStrictEqual((yield* steer("GET", `mints?appid=${appid}`)).json, { mints: 0 })
    }).pipe(Effect.provide(served))
  )

  it.live("lets calls fail, gives answers, and takes both back", () =>
    Effect.gen(function* () {
      const { url } = yield* Server
      const ask = Effect.promise(async () => await (await fetch(`${url}/unheard/of`)).text())
      yield* steer("POST", "answer", { path: "/unheard/of", answer: { heard: true } })
      assert.strictEqual(yield* ask, '{"heard":true}')
      yield* steer("POST", "fail", { path: "/unheard/of", fault: "empty", times: 1 })
      assert.deepStrictEqual([yield* ask, yield* ask], ["", '{"heard":true}'])
      yield* steer("POST", "heal")
      assert.include(yield* ask, "40066")
    }).pipe(Effect.provide(served))
  )

  it.live("revokes tokens, pushes tickets, and authorizes", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* steer("POST", "revoke", { appid })).json, { ok: true })
      assert.match((yield* steer("POST", "ticket", { component })).json.ticket, /^ticket@@@/)
      assert.match((yield* steer("POST", "authorize", { component, appid: "wxnew" })).json.code, /^queryauthcode@@@/)
    }).pipe(Effect.provide(served))
  )

  it.live("is told what it got wrong", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* steer("POST", "fail", {})).status, 400)
      assert.strictEqual((yield* steer("POST", "ticket", { component: "wxnone" })).status, 400)
      assert.include((yield* steer("GET", "what")).json.error, "GET calls")
    }).pipe(Effect.provide(served))
  )
})

describe("a port that is taken", () => {
  it.live("is said so", () =>
    Effect.gen(function* () {
      const { port } = yield* Server
      const error = yield* Effect.flip(Layer.build(Layer.fresh(Server.layer({ port }))))
      assert.include(error.message, "EADDRINUSE")
    }).pipe(Effect.provide(served))
  )
})
