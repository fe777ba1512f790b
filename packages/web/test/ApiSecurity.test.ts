import { assert, describe, it } from "@effect/vitest"
import { getUserEncryptKey } from "@wechat/api/miniprogram/User"
import { getAllAccount } from "@wechat/api/miniprogram/Logistics"
import { getUserRiskRank } from "@wechat/api/miniprogram/Security"
import * as App from "@wechat/core/App"
import * as Settings from "@wechat/core/Settings"
import { WeChat } from "@wechat/core/WeChat"
import * as ApiSecurity from "@wechat/web/ApiSecurity"
import * as Sm from "@wechat/web/Sm"
import * as Suite from "@wechat/web/Suite"
import * as Cause from "effect/Cause"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/testing/TestClock"
import { generateKeyPairSync } from "node:crypto"
import { inspect } from "node:util"
import { appid, certificate, type Keys, platform, tokens, type Wrong } from "./platform.ts"
import { openssl, security } from "./vectors.ts"

const { asymmetric, symmetric } = security

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 })
const pem = rsa.publicKey.export({ type: "spki", format: "pem" }).toString()

const international: Keys = {
  cipher: Suite.aes256Gcm,
  signing: Suite.rsaPss,
  symmetric,
  publicKey: asymmetric.publicKey,
  sn: asymmetric.sn,
  privateKey: rsa.privateKey.export({ type: "pkcs8", format: "pem" }).toString()
}

const account: ApiSecurity.Account = {
  symmetric: { sn: symmetric.sn, key: Redacted.make(symmetric.key) },
  asymmetric: { sn: asymmetric.sn, privateKey: Redacted.make(asymmetric.privateKey) },
  certificates: [{ sn: certificate, pem }]
}

const risk = { errcode: 0, errmsg: "ok", risk_rank: 2, unoin_id: 2258658297 }
const ask = getUserRiskRank({ appid, openid: "o1", scene: 0, client_ip: "127.0.0.1" })

/** An account in the mode, against WeChat's side of it. */
const secured = Effect.fnUntraced(function* (options: {
  readonly answer?: object
  readonly wrongs?: ReadonlyArray<Wrong>
  readonly account?: Partial<ApiSecurity.Account>
  readonly keys?: Keys
  readonly app?: App.App
}) {
  const { seen, layer } = yield* platform(
    options.keys ?? international,
    options.answer ?? risk,
    ...(options.wrongs ?? [])
  )
  const client = WeChat.layer(options.app ?? App.common(appid)).pipe(
    Layer.provide([layer, tokens, Layer.orDie(ApiSecurity.layer({ [appid]: { ...account, ...options.account } }))])
  )
  return { seen, client }
})

describe("a call in the mode", () => {
  it.effect("is encrypted and signed, and its answer is read, by AES and RSA", () =>
    Effect.gen(function* () {
      const { client, seen } = yield* secured({})
      const { risk_rank, unoin_id } = yield* Effect.provide(ask, client)
      assert.strictEqual(risk_rank, 2)
      assert.strictEqual(unoin_id, "2258658297")
      const [call] = seen
      assert.isDefined(call)
      assert.strictEqual(call.url.search, "?access_token=T1")
      assert.deepStrictEqual(Object.keys(JSON.parse(call.body)), ["iv", "data", "authtag"])
      const { _n, ...fields } = call.fields
      assert.match(String(_n), /^[\w+/]{22}==$/)
      assert.deepStrictEqual(fields, {
        _appid: appid,
        _timestamp: 0,
        appid,
        openid: "o1",
        scene: 0,
        client_ip: "127.0.0.1"
      })
    })
  )

  it.effect("is encrypted and signed by SM4 and SM2, where the console says so", () =>
    Effect.gen(function* () {
      const key = "AAECAwQFBgcICQoLDA0ODw=="
      const sm = { cipher: Sm.sm4Gcm, signing: Sm.sm2Sm3 }
      const { client, seen } = yield* secured({
        keys: {
          ...sm,
          symmetric: { sn: "s", key },
          publicKey: openssl.certificate,
          sn: "a",
          privateKey: openssl.pkcs8
        },
        account: {
          ...sm,
          symmetric: { sn: "s", key: Redacted.make(key) },
          asymmetric: { sn: "a", privateKey: Redacted.make(openssl.pkcs8) },
          certificates: [{ sn: certificate, pem: openssl.certificate }]
        }
      })
      assert.strictEqual((yield* Effect.provide(ask, client)).risk_rank, 2)
      assert.strictEqual(seen[0]?.fields["openid"], "o1")
    })
  )

  it.effect("hides the fields of its address too, and is a POST whatever it was", () =>
    Effect.gen(function* () {
      const { client, seen } = yield* secured({ answer: { errcode: 0 } })
      yield* Effect.provide(getUserEncryptKey({ openid: "o1", signature: "s1" }), client)
      yield* Effect.provide(getAllAccount(), client)
      assert.deepInclude(seen[0]?.fields, { openid: "o1", signature: "s1", sig_method: "hmac_sha256" })
      for (const { method, url } of seen) {
        assert.strictEqual(method, "POST")
        assert.strictEqual(url.search, "?access_token=T1")
      }
    })
  )

  it.effect("may be one that no catalog has, if the account says so", () =>
    Effect.gen(function* () {
      const { client, seen } = yield* secured({ answer: { errcode: 0, a: 1 }, account: { paths: new Set(["/new"]) } })
      const call = WeChat.request({ path: "/new", query: { q: Redacted.make("hidden") }, body: { b: [2] } })
      assert.deepStrictEqual(yield* Effect.provide(call, client), { errcode: 0, a: 1 })
      assert.deepInclude(seen[0]?.fields, { q: "hidden", b: [2] })
    })
  )

  it.effect("is sealed anew for another token", () =>
    Effect.gen(function* () {
      const refused = { plain: { errcode: 40001, errmsg: "invalid credential" } }
      const { client, seen } = yield* secured({ wrongs: [refused, {}] })
      yield* Effect.provide(ask, client)
      assert.deepStrictEqual(
        seen.map(({ url }) => url.searchParams.get("access_token")),
        ["T1", "T2"]
      )
      assert.notStrictEqual(seen[0]?.body, seen[1]?.body)
    })
  )

  // Sealing takes real time, which a test clock would run ahead of: the pause is left out instead.
  it.effect("is sealed anew for another host, whose address is part of it", () =>
    Effect.gen(function* () {
      const busy = { plain: { errcode: -1, errmsg: "system error" } }
      const { client, seen } = yield* secured({ wrongs: [busy, {}] })
      const answer = yield* ask.pipe(Settings.provide({ backoff: Schedule.recurs(1) }), Effect.provide(client))
      assert.strictEqual(answer.risk_rank, 2)
      assert.deepStrictEqual(
        seen.map(({ url }) => url.host),
        ["api.weixin.qq.com", "api2.weixin.qq.com"]
      )
    })
  )

  it.effect("behind a proxy is signed for where WeChat sees it arrive", () =>
    Effect.gen(function* () {
      const { client } = yield* secured({ account: { origin: "https://api.weixin.qq.com" } })
      const error = yield* Effect.flip(
        ask.pipe(Effect.provide(Layer.provide(client, Settings.layerHost("http://proxy.internal"))))
      )
      // The platform of this test sees the proxy's address, and refuses.
      assert.strictEqual(error.errcode, 40234)
    })
  )

  for (const [what, app, paths] of [
    ["of another account", App.common("wxother"), undefined],
    ["of a platform", App.component(appid), undefined],
    ["that is not in the list", App.common(appid), new Set<string>()]
  ] as const) {
    it.effect(`${what} stays as it is`, () =>
      Effect.gen(function* () {
        const { client, seen } = yield* secured({ app, account: { paths } })
        yield* Effect.provide(ask, client)
        assert.strictEqual(JSON.parse(seen[0]?.body ?? "{}").openid, "o1")
      })
    )
  }

  it.effect("through a platform is made with the keys of the account", () =>
    Effect.gen(function* () {
      const { client, seen } = yield* secured({ app: App.authorizer("wxplatform", appid) })
      yield* Effect.provide(ask, client)
      assert.strictEqual(seen[0]?.fields["_appid"], appid)
    })
  )
})

describe("an answer", () => {
  const detail = (wrong: Wrong, account?: Partial<ApiSecurity.Account>) =>
    Effect.gen(function* () {
      const { client } = yield* secured({ wrongs: [wrong], ...(account === undefined ? {} : { account }) })
      const { reason } = yield* Effect.flip(Effect.provide(ask, client))
      assert(reason._tag === "Malformed")
      return reason.detail
    })

  const wrongs: ReadonlyArray<readonly [string, Wrong, string]> = [
    ["that was changed", { change: (body) => body.replace("data", "date") }, "does not fit"],
    ["in clear, though a success", { plain: risk }, "not signed"],
    ["without its signature", { headers: { "Wechatmp-Signature": undefined } }, "not signed"],
    ["with no base64 for a signature", { headers: { "Wechatmp-Signature": "?" } }, "does not fit"],
    ["by an unknown certificate", { headers: { "Wechatmp-Serial": "unknown" } }, "not configured (unknown)"],
    ["of another account", { headers: { "Wechatmp-AppId": "wxother" } }, "another account"],
    ["without a time", { headers: { "Wechatmp-TimeStamp": undefined } }, "no time"],
    ["with another time", { headers: { "Wechatmp-TimeStamp": "1" } }, "does not fit"],
    ["that is too old", { age: 300 }, "300 seconds old"],
    ["whose content is of another account", { fields: { _appid: "wxother" } }, "another account or another time"],
    ["whose content is of another time", { fields: { _timestamp: 9 } }, "another account or another time"]
  ]
  for (const [what, wrong, expected] of wrongs) {
    it.effect(`${what} is not taken`, () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(1_700_000_000_000)
        assert.include(yield* detail(wrong), expected)
      })
    )
  }

  it.effect("that another symmetric key sealed says which key to check", () =>
    Effect.gen(function* () {
      const { client } = yield* secured({
        account: { symmetric: { sn: "another", key: Redacted.make(symmetric.key) } }
      })
      assert.strictEqual((yield* Effect.flip(Effect.provide(ask, client))).errcode, 40234)
    })
  )

  it.effect("may refuse in clear, with WeChat's code", () =>
    Effect.gen(function* () {
      const { client } = yield* secured({ wrongs: [{ plain: { errcode: 40230, errmsg: "missing header" } }] })
      assert.strictEqual((yield* Effect.flip(Effect.provide(ask, client))).errcode, 40230)
    })
  )

  it.effect("in a rotation is verified by the certificate that is held, and one warning says so", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.layer([Logger.make(({ message }) => lines.push(String(message)))])
      const { client } = yield* secured({ wrongs: [{ isRotating: true }] })
      yield* Effect.forEach([1, 2], () => ask).pipe(Effect.provide([client, logger]))
      assert.strictEqual(lines.length, 1)
      assert.include(lines[0] ?? "", "download the-next-certificate from the console")
    })
  )

  it.effect("with integers of any size keeps every digit", () =>
    Effect.gen(function* () {
      const { client } = yield* secured({ answer: { errcode: 0, risk_rank: 0, unoin_id: "18446744073709551615" } })
      assert.strictEqual((yield* Effect.provide(ask, client)).unoin_id, "18446744073709551615")
    })
  )
})

describe("configuration", () => {
  const build = (change: Partial<ApiSecurity.Account>) =>
    Effect.flip(Effect.scoped(Layer.build(ApiSecurity.layer({ [appid]: { ...account, ...change } }))))

  it.effect("with keys that cannot be used is refused at once", () =>
    Effect.gen(function* () {
      const wrong = Redacted.make("AAAA")
      const errors = [
        yield* build({ symmetric: { sn: "1", key: wrong } }),
        yield* build({ asymmetric: { sn: "1", privateKey: wrong } }),
        yield* build({ certificates: [{ sn: "1", pem: "AAAA" }] }),
        yield* build({ certificates: [] }),
        yield* build({ cipher: Sm.sm4Gcm })
      ]
      for (const error of errors) {
        assert.strictEqual(error._tag, "KeyRefused")
        assert.notInclude(error.message, "AAAA")
      }
    })
  )

  it.effect("from the environment", () =>
    Effect.gen(function* () {
      const env = {
        WECHAT_APPID: appid,
        WECHAT_API_KEY: symmetric.key,
        WECHAT_API_KEY_SN: symmetric.sn,
        WECHAT_API_PRIVATE_KEY: asymmetric.privateKey,
        WECHAT_API_PRIVATE_KEY_SN: asymmetric.sn,
        WECHAT_API_CERTIFICATE: pem,
        WECHAT_API_CERTIFICATE_SN: certificate
      }
      const { layer, seen } = yield* platform(international, risk)
      const cover = Layer.provide(ApiSecurity.layerConfig(), ConfigProvider.layer(ConfigProvider.fromUnknown(env)))
      const client = Layer.provide(WeChat.layer(App.common(appid)), [layer, tokens, cover])
      yield* Effect.provide(ask, client)
      assert.strictEqual(seen[0]?.fields["openid"], "o1")
    })
  )

  it.effect("of a path that carries a file is told at the first call, and nothing is sent", () =>
    Effect.gen(function* () {
      const path = "/wxa/getwxacode"
      const { client, seen } = yield* secured({ account: { paths: new Set([path]) } })
      const calls = [
        WeChat.download({ path, body: {} }),
        WeChat.request({ path, body: new Uint8Array([1]) }),
        WeChat.request({ path, body: [1] })
      ]
      for (const call of calls) {
        const { reason } = yield* Effect.flip(Effect.provide(Effect.asVoid(call), client))
        assert.strictEqual(reason._tag, "InvalidInput")
      }
      assert.strictEqual(seen.length, 0)
    })
  )

  it.effect("leaves no key in a failure", () =>
    Effect.gen(function* () {
      const { client } = yield* secured({ wrongs: [{ change: () => "{}" }] })
      const exit = yield* Effect.exit(Effect.provide(ask, client))
      assert(Exit.isFailure(exit))
      const all = Cause.pretty(exit.cause) + inspect(exit, { depth: 20, showHidden: true })
      for (const secret of [symmetric.key, asymmetric.privateKey.slice(100, 160), "T1"]) assert.notInclude(all, secret)
    })
  )
})
