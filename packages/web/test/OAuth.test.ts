import { assert, describe, it } from "@effect/vitest"
import { Simulator } from "@wechat/testing"
import * as OAuth from "@wechat/web/OAuth"
import { Signer } from "@wechat/web/Signer"
import { State } from "@wechat/web/State"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { asClient, authorizer, calls, client, code, signer, web, world } from "./fixtures.ts"

const page = { redirect: "https://example.com/back?a=1&b=二", state: "s1" }
const back = "https%3A%2F%2Fexample.com%2Fback%3Fa%3D1%26b%3D%E4%BA%8C"

describe("addresses", () => {
  it.effect("of an official account, with the parameters in the order that WeChat takes", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* OAuth.authorizeUrl(web, { ...page, scope: "snsapi_userinfo" }),
        `https://open.weixin.qq.com/connect/oauth2/authorize?appid=wxsimulator&redirect_uri=${back}&response_type=code&scope=snsapi_userinfo&state=s1#wechat_redirect`
      )
    })
  )

  it.effect("through a platform, which names itself", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* OAuth.authorizeUrl(client, { ...page, scope: "snsapi_base", forcePopup: true }),
        `https://open.weixin.qq.com/connect/oauth2/authorize?appid=wxauthorizer&redirect_uri=${back}&response_type=code&scope=snsapi_base&state=s1&forcePopup=true&component_appid=wxplatform#wechat_redirect`
      )
    })
  )

  it.effect("of a web application, with its QR code", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* OAuth.qrUrl(web, page),
        `https://open.weixin.qq.com/connect/qrconnect?appid=wxsimulator&redirect_uri=${back}&response_type=code&scope=snsapi_login&state=s1#wechat_redirect`
      )
    })
  )

  for (const wrong of [
    { ...page, redirect: "/back" },
    { ...page, redirect: "javascript:alert(1)" },
    { ...page, state: "" },
    { ...page, state: "with spaces" },
    { ...page, state: "x".repeat(129) }
  ]) {
    it.effect(`refuses ${JSON.stringify(wrong).slice(0, 60)}`, () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* Effect.flip(OAuth.qrUrl(web, wrong)))._tag, "UrlRefused")
      })
    )
  }
})

describe("codes and tokens", () => {
  it.effect("a code gives the user, once", () =>
    Effect.gen(function* () {
      const given = yield* code()
      const user = yield* OAuth.exchange(given)
      assert.strictEqual(user.expires, 7_200_000)
      assert.deepStrictEqual(user.scope, ["snsapi_userinfo"])
      assert.isTrue(yield* OAuth.check(user))
      assert.strictEqual((yield* OAuth.user(user)).openid, user.openid)
      const error = yield* Effect.flip(OAuth.exchange(given))
      assert(error._tag === "CodeRefused")
      assert.strictEqual(error.why, "used")
      assert.include(error.message, "have the page ask for a new one")
    }).pipe(Effect.provide(world()))
  )

  it.effect("a code that is too old, or made up, is stale, and no code is sent twice", () =>
    Effect.gen(function* () {
      const given = yield* code()
      yield* TestClock.adjust("6 minutes")
      for (const one of [given, "made-up", ""]) {
        const error = yield* Effect.flip(OAuth.exchange(one))
        assert(error._tag === "CodeRefused")
        assert.strictEqual(error.why, "stale")
      }
      yield* Simulator.use((simulator) => simulator.fail("/sns/oauth2/access_token", { errcode: -1 }))
      assert.strictEqual((yield* Effect.flip(OAuth.exchange(given)))._tag, "WeChatError")
      assert.strictEqual((yield* calls("/sns/oauth2/access_token")).length, 4)
    }).pipe(Effect.provide(world()))
  )

  it.effect("through a platform no secret is sent", () =>
    asClient(
      Effect.gen(function* () {
        const user = yield* OAuth.exchange(yield* code(authorizer))
        assert.isTrue(yield* OAuth.check(yield* OAuth.refresh(user)))
        for (const path of ["access_token", "refresh_token"]) {
          const [call] = yield* calls(`/sns/oauth2/component/${path}`)
          assert.isDefined(call?.query["component_access_token"])
          assert.strictEqual(call?.query["component_appid"], "wxplatform")
          assert.isUndefined(call?.query["secret"])
        }
      })
    ).pipe(Effect.provide(world()))
  )

  it.effect("after two hours the token is refused, and a refresh brings another", () =>
    Effect.gen(function* () {
      const user = yield* OAuth.exchange(yield* code())
      yield* TestClock.adjust("3 hours")
      assert.isFalse(yield* OAuth.check(user))
      assert.strictEqual((yield* Effect.flip(OAuth.user(user)))._tag, "UserTokenRefused")
      const again = yield* OAuth.refresh(user)
      assert.strictEqual(again.unionid, user.unionid)
      assert.isTrue(yield* OAuth.check(again))
      // A user's token is theirs: the account's own is not renewed for it.
      assert.strictEqual(yield* Simulator.use((simulator) => simulator.mints("wxsimulator")), 0)
    }).pipe(Effect.provide(world()))
  )

  it.effect("after 30 days, or with a new password, the user must authorize again", () =>
    Effect.gen(function* () {
      const user = yield* OAuth.exchange(yield* code())
      yield* TestClock.adjust("31 days")
      const error = yield* Effect.flip(OAuth.refresh(user))
      assert(error._tag === "SignInEnded")
      assert.include(error.message, "the user must authorize again")
      yield* Simulator.use((simulator) => simulator.fail("/sns/oauth2/refresh_token", { errcode: 42007 }))
      const other = yield* Effect.flip(OAuth.refresh(user))
      assert(other._tag === "SignInEnded")
      assert.include(other.message, "the user has changed the password")
    }).pipe(Effect.provide(world()))
  )
})

const states = Layer.provideMerge(State.layer(), signer)
const redeem = (state: string, browser: string) => State.use((states) => states.redeem(state, browser))
const why = (state: string, browser: string) => Effect.map(Effect.flip(redeem(state, browser)), ({ why }) => why)

describe("state", () => {
  it.effect("is good in its own browser, once", () =>
    Effect.gen(function* () {
      const state = yield* State.use((states) => states.issue("b1"))
      assert.match(state, /^[0-9a-f]{104}$/)
      assert.strictEqual(yield* why(state, "b2"), "forged")
      yield* redeem(state, "b1")
      assert.strictEqual(yield* why(state, "b1"), "replayed")
    }).pipe(Effect.provide(states))
  )

  it.effect("runs out, also one that would be replayed", () =>
    Effect.gen(function* () {
      const state = yield* State.use((states) => states.issue("b1"))
      yield* redeem(state, "b1")
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(yield* why(state, "b1"), "expired")
    }).pipe(Effect.provide(states))
  )

  it.effect("cannot be made up, prolonged or left out", () =>
    Effect.gen(function* () {
      const state = yield* State.use((states) => states.issue("b1"))
      const longer = `${state.slice(0, 32)}ffffffff${state.slice(40)}`
      for (const one of [longer, state.slice(1), `${state}00`, "x"]) assert.strictEqual(yield* why(one, "b1"), "forged")
      assert.strictEqual(yield* why("", "b1"), "missing")
      assert.strictEqual(yield* why(state, ""), "missing")
    }).pipe(Effect.provide(states))
  )
})

describe("Signer", () => {
  const secret = (text: string) => Redacted.make(text.repeat(32))
  const seal = Signer.use((signer) => signer.seal("a", "text with ü", 1000))
  const open = (purpose: string, text: string) => Signer.use((signer) => signer.open(purpose, text))

  it.effect("opens what it sealed, for the same purpose and in time", () =>
    Effect.gen(function* () {
      const sealed = yield* seal
      assert.strictEqual(yield* open("a", sealed), "text with ü")
      assert.isUndefined(yield* open("b", sealed))
      for (const changed of [`x${sealed}`, `${sealed}0`, `${sealed}.1`, "", "..", sealed.replace(".rs.", ".zz.")]) {
        assert.isUndefined(yield* open("a", changed))
      }
      yield* TestClock.adjust("1 second")
      assert.isUndefined(yield* open("a", sealed))
    }).pipe(Effect.provide(signer))
  )

  it.effect("opens what a former secret sealed", () =>
    Effect.gen(function* () {
      const sealed = yield* Effect.provide(seal, Signer.layer({ secret: secret("1") }))
      const rotated = Signer.layer({ secret: secret("2"), former: [secret("1")] })
      assert.strictEqual(yield* Effect.provide(open("a", sealed), rotated), "text with ü")
      assert.isUndefined(yield* Effect.provide(open("a", sealed), Signer.layer({ secret: secret("2") })))
    })
  )

  it.effect("takes its secrets from the environment", () =>
    Effect.gen(function* () {
      const sealed = yield* Effect.provide(seal, Signer.layer({ secret: secret("1") }))
      const env = ConfigProvider.fromUnknown({
        WECHAT_WEB_SECRET: "3".repeat(32),
        WECHAT_WEB_FORMER_SECRETS: `${"2".repeat(32)}, ${"1".repeat(32)}`
      })
      const layer = Layer.provide(Signer.layerConfig, ConfigProvider.layer(env))
      assert.strictEqual(yield* Effect.provide(open("a", sealed), layer), "text with ü")
    })
  )

  it.effect("refuses a secret that is too short", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.provide(seal, Signer.layer({ secret: Redacted.make("short") })))
      assert.strictEqual(error._tag, "KeyRefused")
      assert.notInclude(error.message, "short")
    })
  )
})
