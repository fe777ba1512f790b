import { assert, describe, it } from "@effect/vitest"
import { catchCode } from "@wechat/core/Error"
import { Sample, Simulator } from "@wechat/testing"
import { appid } from "@wechat/testing/Simulator"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { get, post, stable } from "./ask.ts"
import * as Catalog from "./catalog.ts"
import { layer } from "./client.ts"

const world = layer({ endpoints: Catalog.endpoints })

const token = Effect.map(stable(), (answer): string => answer.access_token)

describe("an endpoint of the catalog", () => {
  it.effect("answers what its codec promises", () =>
    Effect.gen(function* () {
      const answer = yield* Catalog.read({ openid: "o1" })
      assert.strictEqual(answer.total, answer.list.length)
      assert.isAbove(answer.list.length, 0)
    }).pipe(Effect.provide(world))
  )

  it.effect("repeats what it was asked for", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Catalog.read({ openid: "o1" })).openid, "o1")
    }).pipe(Effect.provide(world))
  )

  it.effect("answers the same to the same, and something else with another seed", () =>
    Effect.gen(function* () {
      const ask = Catalog.read({ openid: "o1" })
      const first = yield* Effect.provide(ask, world)
      const again = yield* Effect.provide(ask, layer({ endpoints: Catalog.endpoints }))
      const other = yield* Effect.provide(ask, layer({ endpoints: Catalog.endpoints, seed: 1 }))
      assert.deepStrictEqual(again, first)
      assert.notDeepEqual(other, first)
    })
  )

  it.effect("that answers nothing answers that all is well", () =>
    Effect.gen(function* () {
      const access_token = yield* token
      const answer = yield* post("/test/write", { access_token }, { name: "n", level: 1 })
      assert.deepStrictEqual(answer, { errcode: 0, errmsg: "ok" })
    }).pipe(Effect.provide(world))
  )

  it.effect("that answers with a file answers with a picture", () =>
    Effect.gen(function* () {
      const file = yield* Catalog.download({ name: "n" })
      assert.strictEqual(file.type, "image/png")
      assert.deepStrictEqual(yield* file.bytes, Sample.picture)
    }).pipe(Effect.provide(world))
  )

  it.effect("takes files", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* Catalog.upload({ kind: "image", media: { name: "é.png", data: Sample.picture } })
      const [, call] = yield* simulator.calls
      assert.deepStrictEqual(call?.body, { media: { name: "é.png", type: "image/png", data: Sample.picture } })
    }).pipe(Effect.provide(world))
  )

  it.effect("has one page", () =>
    Effect.gen(function* () {
      const names = yield* Stream.runCollect(Catalog.pages.items())
      assert.isAbove(names.length, 0)
    }).pipe(Effect.provide(world))
  )

  it.effect("is told from others at its path by its constants", () =>
    Effect.gen(function* () {
      assert.isString((yield* Catalog.open()).did)
      assert.notStrictEqual((yield* Catalog.open()).did, (yield* Catalog.close()).did)
    }).pipe(Effect.provide(world))
  )
})

describe("a call is refused", () => {
  const refused = (fields: Readonly<Record<string, unknown>>) =>
    Effect.flatMap(token, (access_token) => post("/test/write", { access_token }, fields))

  it.effect("with 40066 where no endpoint is", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* get("/test/nothing")).errcode, 40066)
    }).pipe(Effect.provide(world))
  )

  it.effect("with 43002 where it has to be a POST", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* get("/test/write", { access_token: yield* token })).errcode, 43002)
    }).pipe(Effect.provide(world))
  )

  it.effect("with 41001 without a token", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* post("/test/write", {}, { name: "n", level: 1 })).errcode, 41001)
    }).pipe(Effect.provide(world))
  )

  it.effect("with 48001 where it takes a platform's token and gets an account's", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* post("/test/mine", { access_token: yield* token }, {})).errcode, 48001)
    }).pipe(Effect.provide(world))
  )

  it.effect("with 47001 where a field is missing, or is not what it should be", () =>
    Effect.gen(function* () {
      const missing = yield* refused({ name: "n" })
      assert.strictEqual(missing.errcode, 47001)
      assert.include(missing.errmsg, "missing level")
      assert.strictEqual((yield* refused({ name: "n", level: "high" })).errcode, 47001)
    }).pipe(Effect.provide(world))
  )
})

describe("a given answer", () => {
  it.effect("takes the place of the simulator's", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.answer("/test/read", { openid: "o2", big_id: 9007199254740993n, list: [] })
      const answer = yield* Catalog.read({ openid: "o1" })
      assert.deepStrictEqual(answer, { openid: "o2", big_id: "9007199254740993", total: 0, list: [] })
      yield* simulator.heal
      assert.strictEqual((yield* Catalog.read({ openid: "o1" })).openid, "o1")
    }).pipe(Effect.provide(world))
  )

  it.effect("can depend on the call", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.answer("/test/read", (call) => Effect.succeed({ openid: `${call.query["openid"]}!` }))
      assert.strictEqual((yield* Catalog.read({ openid: "o1" })).openid, "o1!")
    }).pipe(Effect.provide(world))
  )

  it.effect("is for good tokens only", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.answer("/test/read", { openid: "o2" })
      yield* simulator.answer("/unheard/of", { heard: true })
      const bad = { access_token: "42_neverIssuedNeverIssuedNeverIssued", openid: "o1" }
      assert.strictEqual((yield* get("/test/read", bad)).errcode, 40001)
      assert.strictEqual((yield* get("/unheard/of", bad)).errcode, 40001)
      assert.deepStrictEqual(yield* get("/unheard/of", { access_token: yield* token }), { heard: true })
    }).pipe(Effect.provide(world))
  )
})

describe("what arrived", () => {
  it.effect("is kept without tokens and secrets", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* Catalog.read({ openid: "o1" })
      const calls = yield* simulator.calls
      assert.deepStrictEqual(
        calls.map(({ appid, body, method, path, query }) => ({ appid, body, method, path, query })),
        [
          {
            appid,
            method: "POST",
            path: "/cgi-bin/stable_token",
            query: {},
            body: { grant_type: "client_credential", appid }
          },
          { appid, method: "GET", path: "/test/read", query: { openid: "o1", lang: "en" }, body: undefined }
        ]
      )
    }).pipe(Effect.provide(world))
  )

  it.effect("is kept with them where a test asks for that", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const access_token = yield* token
      yield* get("/test/read", { access_token, openid: "o1" })
      assert.strictEqual((yield* simulator.calls).at(-1)?.query["access_token"], access_token)
    }).pipe(Effect.provide(layer({ endpoints: Catalog.endpoints, secrets: true })))
  )
})

describe("a forced refresh elsewhere", () => {
  it.effect("does not reach the caller", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* Catalog.read({ openid: "o1" })
      yield* simulator.revoke(appid)
      assert.strictEqual((yield* Catalog.read({ openid: "o1" })).openid, "o1")
      assert.strictEqual(yield* simulator.mints(appid), 2)
    }).pipe(Effect.provide(world))
  )
})

describe("an errcode on demand", () => {
  it.effect("comes as often as it is asked for", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.fail("/test/read", { errcode: 45009, times: 1 })
      const read = Effect.map(Catalog.read({ openid: "o1" }), ({ openid }) => openid).pipe(
        catchCode([45009], (error) => Effect.succeed(error.errcode))
      )
      assert.deepStrictEqual([yield* read, yield* read], [45009, "o1"])
    }).pipe(Effect.provide(world))
  )

  it.effect("stands where the endpoint has it", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      yield* simulator.fail("/test/scores", { errcode: 10001, errmsg: "busy" })
      const answer = yield* post("/test/scores", { access_token: yield* token }, {})
      assert.strictEqual(answer.base_resp.ret, 10001)
      assert.strictEqual((yield* Effect.flip(Catalog.scores())).errcode, 10001)
    }).pipe(Effect.provide(world))
  )
})
