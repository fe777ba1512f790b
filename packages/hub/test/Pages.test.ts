import { assert, describe, it } from "@effect/vitest"
import { Api, Bearer, paths } from "@wechat/core/Hub"
import { Vault, VaultError } from "@wechat/core/Vault"
import { appid, component } from "@wechat/testing/Simulator"
import * as Effect from "effect/Effect"
import * as HttpApiClient from "effect/http-api/HttpApiClient"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpRouter from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Server from "@wechat/hub/Server"
import { adminSecret, ask, clientOf, Hub, inTime, world } from "./world.ts"

describe("pages without a secret", () => {
  it.effect("/health and /ready", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* ask("/health", { as: "" })).json, { status: "ok" })
      assert.deepStrictEqual((yield* ask("/ready", { as: "" })).json, { status: "ready" })
    }).pipe(Effect.provide(world()))
  )

  it.effect("/ready says when the storage is out of reach", () =>
    Effect.gen(function* () {
      const vault = Layer.mock(Vault)({ token: () => Effect.fail(new VaultError({ detail: "redis is down" })) })
      const { dispose, handler } = HttpRouter.toWebHandler(Layer.provide(Server.layerPages, vault), {
        disableLogger: true
      })
      yield* Effect.addFinalizer(() => Effect.promise(dispose))
      const response = yield* Effect.promise(() => handler(new Request("http://hub/ready")))
      assert.strictEqual(response.status, 503)
      assert.include(yield* Effect.promise(() => response.text()), "redis is down")
    })
  )

  it.effect("/metrics counts requests by route and status", () =>
    Effect.gen(function* () {
      yield* ask(`/client/access_token?appid=${appid}`)
      yield* ask(`/client/access_token?appid=${appid}`, { as: "" })
      const { text, type } = yield* ask("/metrics", { as: "" })
      assert.include(type, "text/plain")
      assert.include(text, `wechat_hub_requests_total{route="${paths.token}",status="200"}`)
      assert.include(text, `wechat_hub_requests_total{route="${paths.token}",status="401"}`)
      assert.include(text, "wechat_mints_total")
    }).pipe(Effect.provide(world()))
  )

  it.effect("/openapi.json and /docs describe the five routes", () =>
    Effect.gen(function* () {
      const { json } = yield* ask("/openapi.json", { as: "" })
      assert.sameMembers(Object.keys(Object(json["paths"])), Object.values(paths))
      assert.include((yield* ask("/docs", { as: "" })).text, "WeChat token hub")
    }).pipe(Effect.provide(world()))
  )
})

describe("the contract", () => {
  const bearer = HttpApiMiddleware.layerClient(Bearer, ({ next, request }) =>
    next(HttpClientRequest.bearerToken(request, Redacted.make(adminSecret)))
  )

  const client = Effect.gen(function* () {
    const { handle } = yield* Hub
    return yield* HttpApiClient.make(Api, { baseUrl: "http://hub" }).pipe(
      Effect.provideService(HttpClient.HttpClient, clientOf(handle)),
      Effect.provide(bearer)
    )
  })

  it.effect("a client made from it understands all that the hub answers", () =>
    Effect.gen(function* () {
      const hub = yield* client
      const first = yield* inTime(hub.tokens.token({ query: { appid } }))
      assert.strictEqual(first.valid_for, 7200)
      const stale = Redacted.value(first.access_token)
      const next = yield* inTime(hub.tokens.refresh({ payload: { appid, access_token: stale } }))
      assert.notStrictEqual(Redacted.value(next.access_token), stale)
      const ticket = yield* inTime(hub.tokens.ticket({ query: { appid, type: "jsapi" } }))
      assert.strictEqual(ticket.type, "jsapi")
      const failure = yield* inTime(Effect.flip(hub.tokens.componentToken({ query: { appid: component } })))
      assert.propertyVal(failure, "reason", "verify_ticket_not_found")
      const unknown = yield* inTime(Effect.flip(hub.tokens.token({ query: { appid: "wxunknown" } })))
      assert.propertyVal(unknown, "reason", "invalid_config")
    }).pipe(Effect.provide(world()))
  )

  it.effect("stands outside core's barrel, which loads no HTTP server", () =>
    Effect.gen(function* () {
      assert.isFalse(Object.hasOwn(yield* Effect.promise(() => import("@wechat/core")), "Hub"))
    })
  )
})
