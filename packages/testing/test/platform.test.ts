import { assert, describe, it } from "@effect/vitest"
import { Simulator } from "@wechat/testing"
import { authorizer, component, componentSecret } from "@wechat/testing/Simulator"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { get, post, stable } from "./ask.ts"

const world = Simulator.layer()

const componentToken = (component_verify_ticket: string) =>
  post(
    "/cgi-bin/component/api_component_token",
    {},
    {
      component_appid: component,
      component_appsecret: componentSecret,
      component_verify_ticket
    }
  )

/** A platform that has just got its token. */
const platform = Effect.gen(function* () {
  const simulator = yield* Simulator
  const { component_access_token } = yield* componentToken(yield* simulator.pushTicket(component))
  const call = (name: string, fields: Readonly<Record<string, unknown>>) =>
    post(`/cgi-bin/component/${name}`, { component_access_token }, { component_appid: component, ...fields })
  return { simulator, token: String(component_access_token), call }
})

const renew = (call: Effect.Success<typeof platform>["call"], authorizer_refresh_token: string) =>
  call("api_authorizer_token", { authorizer_appid: authorizer, authorizer_refresh_token })

const refreshTokenOf = (call: Effect.Success<typeof platform>["call"]) =>
  Effect.map(
    call("api_get_authorizer_list", { offset: 0, count: 100 }),
    (answer): string => answer.list[0].refresh_token
  )

const codeOf = (access_token: string) =>
  Effect.map(get("/cgi-bin/ticket/getticket", { access_token, type: "jsapi" }), (answer) => answer.errcode)

describe("a platform's token", () => {
  it.effect("is issued against a verify ticket, which works for 12 hours", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const ticket = yield* simulator.pushTicket(component)
      assert.deepInclude(yield* componentToken(ticket), { expires_in: 7200 })
      assert.strictEqual((yield* componentToken("ticket@@@made-up")).errcode, 61006)
      yield* TestClock.adjust("12 hours")
      assert.strictEqual((yield* componentToken(ticket)).errcode, 61005)
    }).pipe(Effect.provide(world))
  )

  it.effect("travels as component_access_token or as access_token", () =>
    Effect.gen(function* () {
      const { token } = yield* platform
      const fields = { component_appid: component }
      const one = yield* post("/cgi-bin/component/api_create_preauthcode", { component_access_token: token }, fields)
      const other = yield* post("/cgi-bin/component/api_create_preauthcode", { access_token: token }, fields)
      assert.strictEqual(one.expires_in, 1800)
      assert.notStrictEqual(one.pre_auth_code, other.pre_auth_code)
    }).pipe(Effect.provide(world))
  )

  it.effect("runs out after two hours", () =>
    Effect.gen(function* () {
      const { call } = yield* platform
      yield* TestClock.adjust("2 hours")
      assert.strictEqual((yield* call("api_create_preauthcode", {})).errcode, 42006)
    }).pipe(Effect.provide(world))
  )

  it.effect("is not for an account's calls, nor an account's for a platform's", () =>
    Effect.gen(function* () {
      const { token } = yield* platform
      assert.strictEqual(yield* codeOf(token), 61015)
      const { access_token } = yield* stable()
      const refused = yield* post(
        "/cgi-bin/component/api_create_preauthcode",
        { access_token },
        { component_appid: component }
      )
      assert.strictEqual(refused.errcode, 61014)
    }).pipe(Effect.provide(world))
  )

  it.effect("is for its own platform only", () =>
    Effect.gen(function* () {
      const { call } = yield* platform
      assert.strictEqual((yield* call("api_create_preauthcode", { component_appid: "wxother" })).errcode, 61011)
    }).pipe(Effect.provide(world))
  )
})

describe("the push of verify tickets", () => {
  it.effect("is started with the secret", () =>
    Effect.gen(function* () {
      const start = (component_secret: string) =>
        post("/cgi-bin/component/api_start_push_ticket", {}, { component_appid: component, component_secret })
      assert.deepStrictEqual(yield* start(componentSecret), { errcode: 0, errmsg: "in a normal state" })
      assert.strictEqual((yield* start("wrong")).errcode, 40125)
    }).pipe(Effect.provide(world))
  )
})

describe("an authorizer's token", () => {
  it.effect("is renewed with a refresh token, which is replaced by that", () =>
    Effect.gen(function* () {
      const { call } = yield* platform
      const first = yield* refreshTokenOf(call)
      const renewed = yield* renew(call, first)
      assert.strictEqual(renewed.expires_in, 7200)
      assert.strictEqual(yield* codeOf(renewed.authorizer_access_token), 0)
      assert.strictEqual((yield* renew(call, first)).errcode, 61023)
      assert.strictEqual((yield* renew(call, renewed.authorizer_refresh_token)).expires_in, 7200)
    }).pipe(Effect.provide(world))
  )

  it.effect("can be renewed with the same refresh token again where that does not rotate", () =>
    Effect.gen(function* () {
      const { call } = yield* platform
      const first = yield* refreshTokenOf(call)
      assert.strictEqual((yield* renew(call, first)).authorizer_refresh_token, first)
      assert.strictEqual((yield* renew(call, first)).expires_in, 7200)
    }).pipe(
      Effect.provide(
        Simulator.layer({
          components: [{ appid: component, secret: componentSecret, authorizers: [authorizer], rotates: false }]
        })
      )
    )
  )

  it.effect("works for five minutes after it was renewed", () =>
    Effect.gen(function* () {
      const { call } = yield* platform
      const first = yield* renew(call, yield* refreshTokenOf(call))
      yield* renew(call, first.authorizer_refresh_token)
      yield* TestClock.adjust("299 seconds")
      assert.strictEqual(yield* codeOf(first.authorizer_access_token), 0)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* codeOf(first.authorizer_access_token), 40001)
    }).pipe(Effect.provide(world))
  )

  it.effect("is not for the platform's calls", () =>
    Effect.gen(function* () {
      const { call } = yield* platform
      const { authorizer_access_token } = yield* renew(call, yield* refreshTokenOf(call))
      const refused = yield* post(
        "/cgi-bin/component/api_get_authorizer_list",
        { access_token: authorizer_access_token },
        { component_appid: component, offset: 0, count: 10 }
      )
      assert.strictEqual(refused.errcode, 61014)
    }).pipe(Effect.provide(world))
  )
})

describe("an authorization", () => {
  it.effect("is finished with a code that works once, within an hour", () =>
    Effect.gen(function* () {
      const { call, simulator } = yield* platform
      const query = (authorization_code: string) => call("api_query_auth", { authorization_code })
      const code = yield* simulator.authorize(component, "wxnew")
      const { authorization_info } = yield* query(code)
      assert.strictEqual(authorization_info.authorizer_appid, "wxnew")
      assert.strictEqual(yield* codeOf(authorization_info.authorizer_access_token), 0)
      assert.strictEqual((yield* query(code)).errcode, 61009)
      const late = yield* simulator.authorize(component, "wxnew")
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* query(late)).errcode, 61010)
    }).pipe(Effect.provide(world))
  )

  it.effect("that is given again voids the tokens of the one before", () =>
    Effect.gen(function* () {
      const { call, simulator } = yield* platform
      const before = yield* renew(call, yield* refreshTokenOf(call))
      yield* simulator.authorize(component, authorizer)
      assert.strictEqual(yield* codeOf(before.authorizer_access_token), 40001)
      assert.strictEqual((yield* renew(call, before.authorizer_refresh_token)).errcode, 61023)
    }).pipe(Effect.provide(world))
  )

  it.effect("that is withdrawn ends everything", () =>
    Effect.gen(function* () {
      const { call, simulator } = yield* platform
      const before = yield* renew(call, yield* refreshTokenOf(call))
      yield* simulator.unauthorize(component, authorizer)
      assert.strictEqual(yield* codeOf(before.authorizer_access_token), 40001)
      assert.strictEqual((yield* renew(call, before.authorizer_refresh_token)).errcode, 61003)
      assert.strictEqual((yield* call("api_get_authorizer_list", { offset: 0, count: 10 })).total_count, 0)
    }).pipe(Effect.provide(world))
  )

  it.effect("is listed in pages of up to 500", () =>
    Effect.gen(function* () {
      const { call } = yield* platform
      const list = (offset: number, count: number) => call("api_get_authorizer_list", { offset, count })
      const page = yield* list(500, 500)
      assert.deepStrictEqual([page.total_count, page.list.length], [501, 1])
      assert.strictEqual((yield* list(0, 501)).errcode, 40097)
    }).pipe(
      Effect.provide(
        Simulator.layer({
          components: [
            {
              appid: component,
              secret: componentSecret,
              authorizers: Array.from({ length: 501 }, (_, at) => `wx${at}`)
            }
          ]
        })
      )
    )
  )
})
