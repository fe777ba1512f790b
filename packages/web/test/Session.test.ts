import { assert, describe, it } from "@effect/vitest"
import * as App from "@wechat/core/App"
import { WeChat } from "@wechat/core/WeChat"
import { Simulator } from "@wechat/testing"
import * as Session from "@wechat/web/Session"
import { SessionKeys } from "@wechat/web/SessionKeys"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { createCipheriv, createHmac } from "node:crypto"
import { inspect } from "node:util"
import { appid, asClient, authorizer, calls, code, world } from "./fixtures.ts"
import { emptyMessage, rawData, userData } from "./vectors.ts"

const openid = "o1"
const keep = (key: string, account: string = appid) =>
  SessionKeys.use((keys) => keys.set(account, openid, Redacted.make(key)))
const kept = (account: string, openid: string) =>
  Effect.map(
    SessionKeys.use((keys) => keys.get(account, openid)),
    (key) => (key === undefined ? undefined : Redacted.value(key))
  )

const key = "tiihtNczf5v6AKRyjwEUhQ=="
const iv = "r7BXXKkLb8qrSNn05n0qiA=="

/** What a mini program would send. */
const encrypt = (value: unknown, by: string = key) => {
  const cipher = createCipheriv("aes-128-cbc", Buffer.from(by, "base64"), Buffer.from(iv, "base64"))
  const text = typeof value === "string" ? value : JSON.stringify(value)
  return { openid, iv, encryptedData: Buffer.concat([cipher.update(text), cipher.final()]).toString("base64") }
}

const watermark = { appid, timestamp: 0 }

describe("signing in", () => {
  it.effect("keeps the session key and does not hand it out", () =>
    Effect.gen(function* () {
      const user = yield* Session.login(yield* code())
      assert.deepStrictEqual(Object.keys(user), ["openid", "unionid"])
      const key = (yield* kept(appid, user.openid)) ?? ""
      assert.match(key, /==$/)
      assert.notInclude(inspect(user, { depth: 9 }), key)
    }).pipe(Effect.provide(world()))
  )

  it.effect("through a platform sends no secret, and keeps the key for that account", () =>
    asClient(
      Effect.gen(function* () {
        const user = yield* Session.login(yield* code(authorizer))
        const [call] = yield* calls("/sns/component/jscode2session")
        assert.strictEqual(call?.query["appid"], authorizer)
        assert.isUndefined(call?.query["secret"])
        assert.isDefined(yield* kept(authorizer, user.openid))
        assert.isUndefined(yield* kept(appid, user.openid))
      })
    ).pipe(Effect.provide(world()))
  )

  it.effect("by a code that was used, or is stale, fails and is tried once", () =>
    Effect.gen(function* () {
      const given = yield* code()
      yield* Session.login(given)
      const failures = yield* Effect.forEach([given, "made-up"], (one) => Effect.flip(Session.login(one)))
      assert.deepStrictEqual(
        failures.map((error) => ("why" in error ? error.why : error._tag)),
        ["used", "stale"]
      )
      assert.strictEqual((yield* calls("/sns/jscode2session")).length, 3)
    }).pipe(Effect.provide(world()))
  )
})

describe("encrypted data", () => {
  it.effect("decrypts as WeChat's own example does", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1477314187 * 1000)
      yield* SessionKeys.use((keys) => keys.set(userData.appid, openid, Redacted.make(userData.sessionKey)))
      const data = yield* Session.decrypt({ openid, iv: userData.iv, encryptedData: userData.encryptedData })
      assert.deepStrictEqual(data, JSON.parse(userData.plaintext))
    }).pipe(WeChat.withApp(App.common(userData.appid)), Effect.provide(world()))
  )

  it.effect("of another account is not given out", () =>
    Effect.gen(function* () {
      yield* keep(key)
      const error = yield* Effect.flip(Session.decrypt(encrypt({ watermark: { ...watermark, appid: "wxother" } })))
      assert(error._tag === "ForeignData")
      assert.strictEqual(error.appid, "wxother")
    }).pipe(Effect.provide(world()))
  )

  it.effect("may be five minutes old, or as old as is allowed", () =>
    Effect.gen(function* () {
      yield* keep(key)
      const data = encrypt({ watermark, a: 1 })
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual((yield* Session.decrypt(data))["a"], 1)
      yield* TestClock.adjust("1 second")
      const error = yield* Effect.flip(Session.decrypt(data))
      assert(error._tag === "OldData")
      assert.strictEqual(error.age, 301)
      assert.strictEqual((yield* Session.decrypt({ ...data, maxAge: "1 hour" }))["a"], 1)
      const future = encrypt({ watermark: { appid, timestamp: 1000 } })
      assert.strictEqual((yield* Effect.flip(Session.decrypt(future)))._tag, "OldData")
    }).pipe(Effect.provide(world()))
  )

  it.effect("that does not fit the session key always fails in the same way", () =>
    Effect.gen(function* () {
      yield* keep(key)
      const good = encrypt({ watermark })
      const wrong = [
        encrypt({ watermark }, "AAAAAAAAAAAAAAAAAAAAAA=="),
        encrypt("no JSON"),
        encrypt({ watermark: { appid } }),
        encrypt("null"),
        { ...good, encryptedData: good.encryptedData.slice(0, -8) },
        { ...good, encryptedData: "not base64!" },
        { ...good, encryptedData: "" }
      ]
      for (const one of wrong) {
        const error = yield* Effect.flip(Session.decrypt(one))
        assert.strictEqual(error._tag, "SessionKeyStale")
        assert.include(error.message, "call wx.login first")
      }
    }).pipe(Effect.provide(world()))
  )

  it.effect("needs a key and an iv of 16 bytes, and a user who has signed in", () =>
    Effect.gen(function* () {
      const data = encrypt({ watermark })
      assert.strictEqual((yield* Effect.flip(Session.decrypt(data)))._tag, "SessionKeyMissing")
      yield* keep("c2hvcnQ=")
      const short = yield* Effect.flip(Session.decrypt(data))
      assert(short._tag === "KeyRefused")
      assert.strictEqual(short.message, "the session key has to be 16 bytes, as base64")
      yield* keep(key)
      for (const wrong of ["c2hvcnQ=", "", "?"]) {
        const error = yield* Effect.flip(Session.decrypt({ ...data, iv: wrong }))
        assert.strictEqual(error.message, "the iv has to be 16 bytes, as base64")
      }
    }).pipe(Effect.provide(world()))
  )

  it.effect("leaves no key in a failure", () =>
    Effect.gen(function* () {
      yield* keep(key)
      const exit = yield* Effect.exit(Session.decrypt(encrypt("no JSON")))
      assert(Exit.isFailure(exit))
      assert.notInclude(Cause.pretty(exit.cause) + inspect(exit, { depth: 20, showHidden: true }), key)
    }).pipe(Effect.provide(world()))
  )
})

describe("signed data", () => {
  it.effect("fits as in WeChat's own example, and not when it was changed", () =>
    Effect.gen(function* () {
      yield* keep(rawData.sessionKey)
      const signed = { openid, rawData: rawData.rawData, signature: rawData.signature }
      yield* Session.verify(signed)
      for (const wrong of [
        { ...signed, rawData: signed.rawData.replace("Band", "Bond") },
        { ...signed, signature: "" },
        { ...signed, signature: signed.signature.slice(1) }
      ]) {
        assert.strictEqual((yield* Effect.flip(Session.verify(wrong)))._tag, "SessionKeyStale")
      }
    }).pipe(Effect.provide(world()))
  )
})

describe("asking WeChat", () => {
  const answer = (path: string, value: object) => Simulator.use((simulator) => simulator.answer(path, value))

  it.effect("whether the key is still valid: shown by a signature of nothing", () =>
    Effect.gen(function* () {
      yield* keep(emptyMessage.sessionKey)
      yield* answer("/wxa/checksession", { errcode: 0 })
      assert.isTrue(yield* Session.check(openid))
      const [call] = yield* calls("/wxa/checksession")
      assert.strictEqual(call?.query["signature"], emptyMessage.signature)
      assert.strictEqual(call?.query["sig_method"], "hmac_sha256")
      yield* answer("/wxa/checksession", { errcode: 87009, errmsg: "invalid signature" })
      assert.isFalse(yield* Session.check(openid))
    }).pipe(Effect.provide(world()))
  )

  it.effect("for another key, which takes the place of the old one", () =>
    Effect.gen(function* () {
      yield* keep(key)
      yield* answer("/wxa/resetusersessionkey", { errcode: 0, openid, session_key: "new==" })
      yield* Session.reset(openid)
      assert.strictEqual(yield* kept(appid, openid), "new==")
      yield* answer("/wxa/resetusersessionkey", { errcode: 87009 })
      assert.strictEqual((yield* Effect.flip(Session.reset(openid)))._tag, "SessionKeyStale")
      assert.strictEqual(yield* kept(appid, openid), "new==")
    }).pipe(Effect.provide(world()))
  )

  it.effect("for the keys of the network, with the signature of nothing though a body is sent", () =>
    Effect.gen(function* () {
      yield* keep(emptyMessage.sessionKey)
      const entry = { encrypt_key: "VI6BpyrK9XH4i4AIGe86tg==", iv: "6003f73ec441c3866003f73ec441c386", version: 10 }
      yield* answer("/wxa/business/getuserencryptkey", {
        errcode: 0,
        key_info_list: [{ ...entry, expire_in: 3597, create_time: 1616572301 }]
      })
      const [first] = yield* Session.encryptKeys(openid)
      assert.isDefined(first)
      assert.strictEqual(Redacted.value(first.key), entry.encrypt_key)
      assert.strictEqual(first.left, 3597)
      const [call] = yield* calls("/wxa/business/getuserencryptkey")
      assert.strictEqual(
        call?.query["signature"],
        createHmac("sha256", emptyMessage.sessionKey).update("").digest("hex")
      )
      yield* answer("/wxa/business/getuserencryptkey", { errcode: 87009 })
      assert.strictEqual((yield* Effect.flip(Session.encryptKeys(openid)))._tag, "SessionKeyStale")
    }).pipe(Effect.provide(world()))
  )

  const phone = (of: string) => ({
    errcode: 0,
    phone_info: {
      phoneNumber: "+4930",
      purePhoneNumber: "30",
      countryCode: "49",
      watermark: { appid: of, timestamp: 9 }
    }
  })

  it.effect("for a phone number, of this account only", () =>
    Effect.gen(function* () {
      const path = "/wxa/business/getuserphonenumber"
      yield* answer(path, phone(appid))
      assert.deepStrictEqual(yield* Session.phone("c1"), { number: "+4930", pure: "30", country: "49", timestamp: 9 })
      yield* answer(path, phone("wxother"))
      assert.strictEqual((yield* Effect.flip(Session.phone("c2")))._tag, "ForeignData")
      yield* answer(path, { errcode: 40029 })
      assert.strictEqual((yield* Effect.flip(Session.phone("c3")))._tag, "CodeRefused")
    }).pipe(Effect.provide(world()))
  )
})

describe("where keys are kept", () => {
  it.effect("memory forgets who signed in longest ago", () =>
    Effect.gen(function* () {
      const keys = yield* SessionKeys
      for (const user of ["o1", "o2", "o1", "o3"]) yield* keys.set("wx1", user, Redacted.make(user))
      assert.isUndefined(yield* keys.get("wx1", "o2"))
      assert.isDefined(yield* keys.get("wx1", "o1"))
      assert.isUndefined(yield* keys.get("wx2", "o1"))
    }).pipe(Effect.provide(SessionKeys.layerMemory({ capacity: 2 })))
  )

  it.effect("a KeyValueStore keeps them for all processes", () =>
    Effect.gen(function* () {
      const keys = yield* SessionKeys
      yield* keys.set("wx1", "o1", Redacted.make("k1"))
      assert.strictEqual(yield* kept("wx1", "o1"), "k1")
      assert.isUndefined(yield* keys.get("wx1", "o2"))
    }).pipe(Effect.provide(Layer.provide(SessionKeys.layerStore, KeyValueStore.layerMemory)))
  )

  it.effect("a store that is out of reach is a failure of its own", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(SessionKeys.use((keys) => keys.get("wx1", "o1")))
      assert.strictEqual(error.message, "session keys: the store cannot be read")
    }).pipe(
      Effect.provide(
        SessionKeys.layerStore.pipe(
          Layer.provide(
            Layer.succeed(
              KeyValueStore.KeyValueStore,
              KeyValueStore.makeStringOnly({
                get: () => Effect.fail(new KeyValueStore.KeyValueStoreError({ method: "get", message: "down" })),
                set: () => Effect.void,
                remove: () => Effect.void,
                clear: Effect.void,
                size: Effect.succeed(0),
                keys: Effect.succeed([])
              })
            )
          )
        )
      )
    )
  )
})
