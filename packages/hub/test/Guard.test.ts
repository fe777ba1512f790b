import { assert, describe, it } from "@effect/vitest"
import { appid, authorizer, component } from "@wechat/testing/Simulator"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { adminSecret, ask, platformSecret, shopSecret, world, type Answer } from "./world.ts"

const token = `/client/access_token?appid=${appid}`
const refreshing = "/refresh/access_token"

/** Whatever went wrong, an Elixir client needs the four keys and the content type. */
const refused = (answer: Answer, status: number, reason: string) => {
  assert.strictEqual(answer.status, status, answer.text)
  assert.strictEqual(answer.json["reason"], reason)
  assert.sameMembers(Object.keys(answer.json), ["errcode", "message", "reason", "http_status"])
  assert.isTrue(answer.type.startsWith("application/json"))
}

describe("who may ask", () => {
  it.effect("a client with its secret, as a bearer token or in the path", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* ask(token)).status, 200)
      assert.strictEqual((yield* ask(`/key/${shopSecret}${token}`, { as: "" })).status, 200)
    }).pipe(Effect.provide(world()))
  )

  it.effect("nobody without one, with a wrong one, or with a piece of one", () =>
    Effect.gen(function* () {
      for (const as of ["", "wrong", shopSecret.slice(1), `${shopSecret}x`]) {
        refused(yield* ask(token, { as }), 401, "unauthorized")
      }
      refused(yield* ask(`/key/wrong${token}`, { as: "" }), 401, "unauthorized")
      refused(yield* ask(`/key/wrong${token}`), 401, "unauthorized")
      refused(yield* ask("/refresh/access_token", { as: "", json: { appid, access_token: "x" } }), 401, "unauthorized")
    }).pipe(Effect.provide(world()))
  )

  it.effect("for the accounts on its list; a platform's list has those that have authorized it", () =>
    Effect.gen(function* () {
      const others = [
        "/client/access_token?appid=wxother",
        `/client/component_access_token?appid=${component}`,
        `/client/access_token?appid=${component}&authorizer_appid=${authorizer}`,
        `/client/ticket?appid=wxother&type=jsapi`
      ]
      for (const path of others) refused(yield* ask(path), 403, "forbidden")
      refused(yield* ask(refreshing, { json: { appid: "wxother", access_token: null } }), 403, "forbidden")
      refused(yield* ask(token, { as: platformSecret }), 403, "forbidden")
      const authorized = `/client/access_token?appid=${component}&authorizer_appid=${authorizer}`
      refused(yield* ask(authorized, { as: platformSecret }), 503, "verify_ticket_not_found")
    }).pipe(Effect.provide(world()))
  )

  it.effect("everybody, where the hub is open", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* ask(token, { as: "" })).status, 200)
      assert.strictEqual((yield* ask(`/key/whatever${token}`)).status, 200)
    }).pipe(Effect.provide(world({ clients: "open" })))
  )

  it.effect(
    "as often as the hub allows, each client for itself: a burst of twice the rate, then refusals until time has passed",
    () =>
      Effect.gen(function* () {
        const all = yield* Effect.all(
          Array.from({ length: 12 }, () => ask(`/client/access_token`, {})),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(
          all.map(({ status }) => status),
          [...Array.from({ length: 10 }, () => 400), 429, 429]
        )
        refused(all[11] ?? all[0] ?? assert.fail(), 429, "too_many_requests")
        assert.strictEqual((yield* ask(token, { as: adminSecret })).status, 200)
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* ask(token)).status, 200)
      }).pipe(Effect.provide(world({ limits: { rate: 5 } })))
  )
})

describe("bad input", () => {
  const cases: ReadonlyArray<readonly [what: string, path: string, asking: Parameters<typeof ask>[1], status: number]> =
    [
      ["no appid", "/client/access_token", {}, 400],
      ["an empty appid", "/client/access_token?appid=", {}, 400],
      ["two appids", `${token}&appid=wx2`, {}, 400],
      ["an appid with a space", "/client/access_token?appid=wx%201", {}, 400],
      ["an appid that would break a line of the log", "/client/access_token?appid=wx%1b1", {}, 400],
      ["an appid that is a path", "/client/access_token?appid=a:b", {}, 400],
      ["an endless appid", `/client/access_token?appid=${"w".repeat(200)}`, {}, 400],
      ["an empty authorizer", `${token}&authorizer_appid=`, {}, 400],
      ["no type of a ticket", `/client/ticket?appid=${appid}`, {}, 400],
      ["an unknown type of a ticket", `/client/ticket?appid=${appid}&type=paper`, {}, 400],
      ["no stale token", refreshing, { json: { appid } }, 400],
      ["a stale token in the address, not in the body", `${refreshing}?access_token=x`, { json: { appid } }, 400],
      ["a number as a token", refreshing, { json: { appid, access_token: 5 } }, 400],
      ["an array", refreshing, { json: [appid] }, 400],
      ["text", refreshing, { json: "appid" }, 400],
      ["no JSON", refreshing, { body: "{" }, 400],
      ["an empty body", refreshing, { body: "", method: "POST" }, 400],
      ["a prototype", refreshing, { body: `{"__proto__":{"appid":"${appid}","access_token":null}}` }, 400],
      ["XML", refreshing, { body: "<xml/>", type: "text/xml" }, 415],
      ["a body of another type", refreshing, { json: {}, type: "multipart/form-data" }, 415],
      ["too large a body", refreshing, { json: { appid, access_token: "x".repeat(17_000) } }, 413]
    ]

  for (const [what, path, asking, status] of cases) {
    it.effect(what, () =>
      Effect.gen(function* () {
        refused(yield* ask(path, asking), status, "invalid_request")
      }).pipe(Effect.provide(world()))
    )
  }

  it.effect("an account that the hub has no secret for", () =>
    Effect.gen(function* () {
      refused(yield* ask("/client/access_token?appid=wxunknown", { as: adminSecret }), 404, "invalid_config")
    }).pipe(Effect.provide(world()))
  )
})
