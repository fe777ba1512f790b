import { assert, describe, it } from "@effect/vitest"
import { Simulator } from "@wechat/testing"
import { appid, authorizer, component, componentSecret, secret } from "@wechat/testing/Simulator"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { get, post } from "./ask.ts"

const world = Simulator.layer()

const exchange = (code: string) =>
  get("/sns/oauth2/access_token", { appid, secret, code, grant_type: "authorization_code" })
const refresh = (refresh_token: string) =>
  get("/sns/oauth2/refresh_token", { appid, refresh_token, grant_type: "refresh_token" })
const profile = (access_token: string, openid: string) => get("/sns/userinfo", { access_token, openid, lang: "en" })
const login = (js_code: string) =>
  get("/sns/jscode2session", { appid, secret, js_code, grant_type: "authorization_code" })

describe("a one-time code", () => {
  it.effect("is exchanged once", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const [openid] = yield* simulator.followers(appid)
      const code = yield* simulator.signIn(appid)
      assert.deepInclude(yield* exchange(code), { openid, expires_in: 7200, scope: "snsapi_userinfo" })
      assert.strictEqual((yield* exchange(code)).errcode, 40163)
    }).pipe(Effect.provide(world))
  )

  it.effect("works for five minutes, and has to be WeChat's", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const code = yield* simulator.signIn(appid)
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual((yield* exchange(code)).errcode, 40029)
      assert.strictEqual((yield* exchange("made-up")).errcode, 40029)
      assert.strictEqual((yield* exchange("")).errcode, 41008)
    }).pipe(Effect.provide(world))
  )

  it.effect("gives a mini program its session", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const code = yield* simulator.signIn(appid, { openid: "oNewUser" })
      const session = yield* login(code)
      assert.strictEqual(session.openid, "oNewUser")
      assert.match(session.session_key, /^\w{22}==$/)
      assert.strictEqual((yield* login(code)).errcode, 40163)
    }).pipe(Effect.provide(world))
  )

  it.effect("can be exchanged by a platform for accounts that have authorized it", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const { component_access_token } = yield* post(
        "/cgi-bin/component/api_component_token",
        {},
        {
          component_appid: component,
          component_appsecret: componentSecret,
          component_verify_ticket: yield* simulator.pushTicket(component)
        }
      )
      const login = (appid: string, js_code: string) =>
        get("/sns/component/jscode2session", {
          appid,
          js_code,
          grant_type: "authorization_code",
          component_appid: component,
          component_access_token
        })
      assert.isString((yield* login(authorizer, yield* simulator.signIn(authorizer))).session_key)
      assert.strictEqual((yield* login(appid, yield* simulator.signIn(appid))).errcode, 61003)
    }).pipe(Effect.provide(world))
  )
})

describe("a user's token", () => {
  it.effect("reads the profile for two hours", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const { access_token, openid } = yield* exchange(yield* simulator.signIn(appid))
      assert.strictEqual((yield* profile(access_token, openid)).openid, openid)
      assert.strictEqual((yield* profile(access_token, "oOther")).errcode, 40003)
      yield* TestClock.adjust("2 hours")
      assert.strictEqual((yield* get("/sns/auth", { access_token, openid })).errcode, 42001)
    }).pipe(Effect.provide(world))
  )

  it.effect("reads no profile where the user has not agreed to it", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const code = yield* simulator.signIn(appid, { scope: "snsapi_base" })
      const { access_token, openid } = yield* exchange(code)
      assert.strictEqual((yield* profile(access_token, openid)).errcode, 48001)
    }).pipe(Effect.provide(world))
  )

  it.effect("is prolonged while it is good, then replaced, for 30 days", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const first = yield* exchange(yield* simulator.signIn(appid))
      yield* TestClock.adjust("1 hour")
      const prolonged = yield* refresh(first.refresh_token)
      assert.deepInclude(prolonged, { access_token: first.access_token, expires_in: 7200 })
      yield* TestClock.adjust("2 hours")
      const replaced = yield* refresh(first.refresh_token)
      assert.notStrictEqual(replaced.access_token, first.access_token)
      yield* TestClock.adjust("30 days")
      assert.strictEqual((yield* refresh(first.refresh_token)).errcode, 42002)
    }).pipe(Effect.provide(world))
  )
})
