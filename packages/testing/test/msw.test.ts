import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import { HttpRequestInterceptor } from "@mswjs/interceptors/http"
import * as File from "@wechat/core/File"
import { Sample, Simulator } from "@wechat/testing"
import * as Msw from "@wechat/testing/Msw"
import { appid } from "@wechat/testing/Simulator"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { type AnyHandler, http, HttpResponse } from "msw"
import { defineNetwork, InterceptorSource } from "msw/experimental"
import { afterAll, afterEach, beforeAll } from "vitest"
import * as Catalog from "./catalog.ts"
import { over } from "./client.ts"

const token = http.post("*/cgi-bin/stable_token", () => HttpResponse.json({ access_token: "T", expires_in: 7200 }))

/** `setupServer` of msw watches `fetch` and `node:http`; this one watches sockets, and so sees undici as well. */
const network = defineNetwork({
  sources: [new InterceptorSource({ interceptors: [new HttpRequestInterceptor()] })],
  handlers: [],
  onUnhandledFrame: "error",
  context: { quiet: true }
})

beforeAll(() => network.enable())
afterEach(() => network.resetHandlers())
afterAll(() => network.disable())

const use = (...handlers: ReadonlyArray<AnyHandler>) => Effect.sync(() => network.use(...handlers, token))

for (const [name, client] of [
  ["fetch", FetchHttpClient.layer],
  ["undici", NodeHttpClient.layerUndici]
] as const) {
  const layer = over.pipe(Layer.provideMerge(client))

  describe(`with ${name}, msw`, () => {
    it.live("answers with a value", () =>
      Effect.gen(function* () {
        yield* use(Msw.handle(Catalog.read, { openid: "o1", big_id: "9007199254740993", total: 0, list: [] }))
        assert.strictEqual((yield* Catalog.read({ openid: "o1" })).big_id, "9007199254740993")
      }).pipe(Effect.provide(layer))
    )

    it.live("answers with what a function makes of the input", () =>
      Effect.gen(function* () {
        yield* use(
          Msw.handle(Catalog.read, ({ lang, openid }) => ({
            openid: `${openid} ${lang}`,
            big_id: "1",
            total: 0,
            list: []
          })),
          Msw.handle(Catalog.upload, ({ kind }) => Effect.succeed({ id: kind }))
        )
        assert.strictEqual((yield* Catalog.read({ openid: "o1" })).openid, "o1 en")
        const media = { name: "é.png", data: Sample.picture }
        assert.strictEqual((yield* Catalog.upload({ kind: "image", media })).id, "image")
      }).pipe(Effect.provide(layer))
    )

    it.live("answers with files, and with nothing", () =>
      Effect.gen(function* () {
        const about = { name: "图.txt", type: "text/plain", size: 2 }
        yield* use(
          Msw.handle(Catalog.download, () => File.make({ ...about, stream: Stream.succeed(Uint8Array.of(104, 105)) })),
          Msw.handle(Catalog.write, undefined)
        )
        const file = yield* Catalog.download({ name: "n" })
        assert.deepStrictEqual([file.name, yield* file.text], ["图.txt", "hi"])
        yield* Catalog.write({ name: "n", level: 1 })
      }).pipe(Effect.provide(layer))
    )

    it.live("tells endpoints at one path by their constants", () =>
      Effect.gen(function* () {
        yield* use(Msw.handle(Catalog.open, { did: "opened" }), Msw.handle(Catalog.close, { did: "closed" }))
        assert.deepStrictEqual([(yield* Catalog.close()).did, (yield* Catalog.open()).did], ["closed", "opened"])
      }).pipe(Effect.provide(layer))
    )

    it.live("refuses", () =>
      Effect.gen(function* () {
        yield* use(Msw.refuse(Catalog.write, 48001), Msw.refuse(Catalog.scores, 10001, "busy"))
        assert.strictEqual((yield* Effect.flip(Catalog.write({ name: "n", level: 1 }))).errcode, 48001)
        assert.strictEqual((yield* Effect.flip(Catalog.scores())).errcode, 10001)
      }).pipe(Effect.provide(layer))
    )

    it.live("answers with samples", () =>
      Effect.gen(function* () {
        yield* use(...Catalog.endpoints.map((endpoint) => Msw.sample(endpoint)))
        assert.strictEqual((yield* Catalog.read({ openid: "o1" })).openid, "o1")
        assert.deepStrictEqual(
          yield* Effect.flatMap(Catalog.download({ name: "n" }), ({ bytes }) => bytes),
          Sample.picture
        )
      }).pipe(Effect.provide(layer))
    )

    it.live("plays the whole simulator", () =>
      Effect.gen(function* () {
        const simulator = yield* Simulator
        yield* Effect.sync(() => network.use(Msw.simulate(simulator)))
        assert.strictEqual((yield* Catalog.read({ openid: "o1" })).openid, "o1")
        assert.strictEqual(yield* simulator.mints(appid, "stable"), 1)
      }).pipe(Effect.provide(layer), Effect.provide(Simulator.layerOnly({ endpoints: Catalog.endpoints })))
    )
  })
}

describe("an address", () => {
  it("is WeChat's or not", () => {
    assert.deepStrictEqual(
      ["https://api.weixin.qq.com/x", "https://mp.weixin.qq.com/x", "https://evilweixin.qq.com/x", "/x"].map(Msw.mine),
      [true, true, false, false]
    )
  })
})
