import { assert, describe, it } from "@effect/vitest"
import { type Account, Credentials } from "@wechat/core/Credentials"
import * as Endpoint from "@wechat/core/Endpoint"
import type { WeChat } from "@wechat/core/WeChat"
import * as Wire from "@wechat/core/Wire"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { account, answering, client, json } from "./fixtures.ts"

/** Sends bytes as they are, so that a known body can be signed to the letter. */
const exactly = (path: `/${string}`) =>
  Endpoint.make<
    {
      readonly pay_sig?: string | undefined
      readonly signature?: string | undefined
      readonly openid: string
      readonly body: Uint8Array
    },
    void
  >({
    id: "test.exactly",
    method: "POST",
    path,
    auth: "access_token",
    safe: false,
    body: "bytes",
    returns: "nothing",
    query: ["pay_sig", "signature", "openid"],
    fill: { pay_sig: "pay_sig", signature: "signature" },
    input: () =>
      Wire.struct({
        pay_sig: Wire.maybe(Wire.text),
        signature: Wire.maybe(Wire.text),
        openid: Wire.text,
        body: Wire.bytes
      }),
    output: () => Wire.nothing
  })

interface Coins {
  readonly appid?: string | undefined
  readonly offer_id?: string | undefined
  readonly openid: string
  readonly zone_id?: string | undefined
  readonly pf?: "android" | undefined
  readonly ts: number
  readonly user_ip?: string | undefined
  readonly sig?: string | undefined
}

const coins = (path: `/${string}`) =>
  Endpoint.make<Coins, void>({
    id: "test.coins",
    method: "POST",
    path,
    auth: "access_token",
    safe: false,
    body: "json",
    returns: "nothing",
    fill: { appid: "appid", offer_id: "offer_id", sig: "sig" },
    input: () =>
      Wire.struct({
        appid: Wire.maybe(Wire.text),
        offer_id: Wire.maybe(Wire.text),
        openid: Wire.text,
        zone_id: Wire.preset(Wire.text, "1"),
        pf: Wire.preset(Wire.oneOf("android"), "android"),
        ts: Wire.int,
        user_ip: Wire.maybe(Wire.text),
        sig: Wire.maybe(Wire.text)
      }),
    output: () => Wire.nothing
  })

interface Delivery {
  readonly shopid?: string | undefined
  readonly shop_order_id: string
  readonly delivery_sign?: string | undefined
}

const delivery = Endpoint.make<Delivery, void>({
  id: "test.delivery",
  method: "POST",
  path: "/cgi-bin/express/local/business/order/get",
  auth: "access_token",
  safe: false,
  body: "json",
  returns: "nothing",
  fill: { shopid: "delivery_key", delivery_sign: "delivery_sign" },
  input: () =>
    Wire.struct({ shopid: Wire.maybe(Wire.text), shop_order_id: Wire.text, delivery_sign: Wire.maybe(Wire.text) }),
  output: () => Wire.nothing
})

/** What a call sends: its address and its body. */
const sent = (call: Effect.Effect<void, unknown, WeChat>, keys: Account, appid = account.appid) =>
  Effect.gen(function* () {
    const http = answering(json({ errcode: 0 }))
    const layer = client(http).pipe(Layer.provide(Credentials.layer({ [appid]: keys })))
    yield* Effect.provide(call, layer)
    const [seen] = http.seen
    assert.isDefined(seen)
    return { query: seen.url.searchParams, body: seen.body }
  })

const utf8 = (text: string) => new TextEncoder().encode(text)
const session = Redacted.make("9hAb/NEYUlkaMBEsmFgzig==")
const sessionKey = () => Effect.succeed(session)

describe("signatures that WeChat has published", () => {
  it.effect("virtual payment: pay_sig and signature", () =>
    Effect.gen(function* () {
      const body = `{"openid": "xxx", "user_ip": "127.0.0.1", "env": 0}`
      const call = exactly("/xpay/query_user_balance")({ openid: "xxx", body: utf8(body) })
      const { query, ...rest } = yield* sent(call, { payKey: Redacted.make("12345"), sessionKey })
      assert.strictEqual(rest.body, body)
      assert.strictEqual(query.get("pay_sig"), "c37809f27c6d7fd1837ad2500a04512b66b34fd793a39a385fade56dca89a4b5")
      assert.strictEqual(query.get("signature"), "089d9e8dc5d308977360c4b79ec600a93d736802802a807d634192328032f6c7")
    })
  )

  it.effect("B2b payment, with a key of its own", () =>
    Effect.gen(function* () {
      const body = `{"mchid": "1230000109","out_trade_no": "1217752501201407033233368018"}`
      const call = exactly("/retail/B2b/getorder")({ openid: "xxx", body: utf8(body) })
      const { query } = yield* sent(call, { b2bKey: Redacted.make("12345"), sessionKey })
      assert.strictEqual(query.get("pay_sig"), "2cb3e9fda4da9774f0c6f747bbf6c56e9045969d9921db7344fffdc945c1dc23")
      assert.strictEqual(query.get("signature"), "47784191c740b0522d39d0a3926a19aa0e30c77975f689a9739c9553ffac2d9d")
    })
  )

  it.effect("mini game payment, first version, with the fields that the catalog presets", () =>
    Effect.gen(function* () {
      const call = coins("/cgi-bin/midas/getbalance")({
        appid: "wx1234567",
        openid: "odkx20ENSNa2w5y3g_qOkOvBNM1g",
        ts: 1507530737
      })
      const midasKey = Redacted.make("zNLgAGgqsEWJOg1nFVaO5r7fAlIQxr1u")
      const { body } = yield* sent(call, { midasKey, offerId: "12345678" })
      assert.strictEqual(JSON.parse(body).sig, "1ad64e8dcb2ec1dc486b7fdf01f4a15159fc623dc3422470e51cf6870734726b")
    })
  )

  it.effect("instant delivery", () =>
    Effect.gen(function* () {
      const { body } = yield* sent(delivery({ shop_order_id: "test_shop_order_id" }), {
        deliveryKey: "test_shop_id",
        deliverySecret: Redacted.make("test_app_secrect")
      })
      assert.deepStrictEqual(JSON.parse(body), {
        shopid: "test_shop_id",
        shop_order_id: "test_shop_order_id",
        delivery_sign: "a93d8d6bae9a9483c1b1d4e8670e7f6226ec94cb"
      })
    })
  )
})

describe("keys", () => {
  it.effect("a sandbox has its own, where one is given", () =>
    Effect.gen(function* () {
      const balance = { openid: "o1", ts: 1 }
      const live = Redacted.make("live-key")
      const sandbox = Redacted.make("sandbox-key")
      const sig = (path: `/${string}`, keys: Account) =>
        Effect.map(sent(coins(path)(balance), { offerId: "1", ...keys }), ({ body }): unknown => JSON.parse(body).sig)
      const path = "/cgi-bin/midas/sandbox/getbalance"
      const first = yield* sig(path, { midasKey: live })
      assert.notStrictEqual(yield* sig(path, { midasKey: live, sandboxMidasKey: sandbox }), first)
      assert.strictEqual(yield* sig(path, { midasKey: sandbox }), yield* sig(path, { sandboxMidasKey: sandbox }))
    })
  )

  it.effect("every field is signed, also those that may be left out", () =>
    Effect.gen(function* () {
      const sig = (user_ip?: string) =>
        Effect.map(
          sent(coins("/cgi-bin/midas/getbalance")({ openid: "o1", ts: 1, user_ip }), {
            offerId: "1",
            midasKey: Redacted.make("k")
          }),
          ({ body }): unknown => JSON.parse(body).sig
        )
      assert.notStrictEqual(yield* sig(), yield* sig("203.0.113.7"))
    })
  )

  it.effect("each courier has its own; the one that is missing is named", () =>
    Effect.gen(function* () {
      const deliverySecret = { test_shop_id: Redacted.make("test_app_secrect") }
      const { body } = yield* sent(delivery({ shopid: "test_shop_id", shop_order_id: "test_shop_order_id" }), {
        deliverySecret
      })
      assert.strictEqual(JSON.parse(body).delivery_sign, "a93d8d6bae9a9483c1b1d4e8670e7f6226ec94cb")
      const error = yield* Effect.flip(sent(delivery({ shopid: "another", shop_order_id: "1" }), { deliverySecret }))
      assert.include(String(error), `deliverySecret: { "another": ... }`)
    })
  )

  it.effect("a user who has not signed in cannot sign", () =>
    Effect.gen(function* () {
      const call = exactly("/xpay/query_user_balance")({ openid: "o1", body: utf8("{}") })
      const error = yield* Effect.flip(sent(call, { payKey: Redacted.make("1"), sessionKey: () => Effect.undefined }))
      assert.include(String(error), "have the user sign in first")
    })
  )
})
