import { assert, describe, it } from "@effect/vitest"
import { getBalance, midasPay, midasSandboxGetBalance } from "@wechat/api/minigame/Payment"
import { addTips } from "@wechat/api/miniprogram/Delivery"
import { getOrder } from "@wechat/api/miniprogram/Retail"
import { downloadBill, queryUserBalance } from "@wechat/api/miniprogram/VirtualPayment"
import { type Account, Credentials } from "@wechat/core/Credentials"
import { WeChat } from "@wechat/core/WeChat"
import { Memory } from "@wechat/storage-memory"
import { Simulator } from "@wechat/testing"
import * as Session from "@wechat/web/Session"
import { SessionKeys } from "@wechat/web/SessionKeys"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { createHash, createHmac } from "node:crypto"
import { appid, code, secret, web } from "./fixtures.ts"

const hmac = (key: string, message: string) => createHmac("sha256", key).update(message).digest("hex")

const account: Account = {
  secret: Redacted.make(secret),
  offerId: "offer-1",
  payKey: Redacted.make("pay-key"),
  sandboxPayKey: Redacted.make("sandbox-pay-key"),
  midasKey: Redacted.make("midas-key"),
  sandboxMidasKey: Redacted.make("sandbox-midas-key"),
  b2bKey: { "1900": Redacted.make("b2b-key") },
  deliveryKey: "shop-1",
  deliverySecret: Redacted.make("courier-secret")
}

interface Sent {
  readonly path: string
  readonly query: URLSearchParams
  readonly body: string
}

/** A mini program's server, and the bytes that it sends. */
const world = (sent: Array<Sent>) => {
  const watched = Layer.effect(
    HttpClient.HttpClient,
    Effect.map(HttpClient.HttpClient, (client) =>
      HttpClient.make((request, url) => {
        const body = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
        sent.push({ path: url.pathname, query: url.searchParams, body })
        return client.execute(request)
      })
    )
  )
  const endpoints = [getBalance, midasPay, midasSandboxGetBalance, addTips, getOrder, downloadBill, queryUserBalance]
  return WeChat.layer(web).pipe(
    Layer.provide(Memory.layer),
    Layer.provide(Session.layerCredentials),
    Layer.provide(Credentials.layer({ [appid]: account })),
    Layer.provide(watched),
    Layer.provideMerge(Layer.mergeAll(Simulator.layer({ endpoints }), SessionKeys.layerMemory()))
  )
}

/** The last thing that a call sends, for a user who has signed in. */
const last = (
  call: (openid: string) => Effect.Effect<unknown, unknown, WeChat>
): Effect.Effect<Sent & { readonly sessionKey: string }, unknown> => {
  const sent: Array<Sent> = []
  return Effect.gen(function* () {
    const { openid } = yield* Session.login(yield* code())
    const key = yield* SessionKeys.use((keys) => keys.get(appid, openid))
    yield* call(openid)
    const found = sent.at(-1)
    assert.isDefined(found)
    return { ...found, sessionKey: Redacted.value(key ?? Redacted.make("")) }
  }).pipe(Effect.provide(world(sent)))
}

describe("a caller writes no signature", () => {
  it.effect("in virtual payment: the account's over path and body, the user's over the body", () =>
    Effect.gen(function* () {
      const { body, path, query, sessionKey } = yield* last((openid) =>
        queryUserBalance({ openid, env: 0, user_ip: "203.0.113.7" })
      )
      assert.strictEqual(query.get("pay_sig"), hmac("pay-key", `${path}&${body}`))
      assert.strictEqual(query.get("signature"), hmac(sessionKey, body))
    })
  )

  it.effect("in its sandbox, by the key of the sandbox", () =>
    Effect.gen(function* () {
      const { body, path, query } = yield* last(() => downloadBill({ env: 1, begin_ds: 20260101, end_ds: 20260102 }))
      assert.strictEqual(query.get("pay_sig"), hmac("sandbox-pay-key", `${path}&${body}`))
      assert.isNull(query.get("signature"))
    })
  )

  it.effect("in B2b payment, by the key of the merchant number", () =>
    Effect.gen(function* () {
      const { body, path, query } = yield* last(() => getOrder({ mchid: "1900", out_trade_no: "n1" }))
      assert.strictEqual(query.get("pay_sig"), hmac("b2b-key", `${path}&${body}`))
    })
  )

  it.effect("in mini games, second version, with letters of any script", () =>
    Effect.gen(function* () {
      const { body, path, query, sessionKey } = yield* last((openid) =>
        getBalance({ openid, env: 0, ts: 1700000000, zone_id: "一区" })
      )
      assert.strictEqual(JSON.parse(body).offer_id, "offer-1")
      assert.strictEqual(query.get("pay_sig"), hmac("midas-key", `${path}&${body}`))
      assert.strictEqual(query.get("signature"), hmac(sessionKey, body))
      assert.strictEqual(query.get("sig_method"), "hmac_sha256")
    })
  )

  it.effect("in mini games, first version: over every field that is sent", () =>
    Effect.gen(function* () {
      const { body } = yield* last((openid) => midasPay({ openid, ts: 1700000000, bill_no: "b1", amt: 3 }))
      const { sig, ...fields }: Record<string, unknown> = JSON.parse(body)
      const signed = Object.keys(fields)
        .toSorted()
        .map((name) => `${name}=${String(fields[name])}`)
        .join("&")
      assert.deepInclude(fields, { appid, offer_id: "offer-1", pf: "android", zone_id: "1", amt: 3 })
      const rest = "org_loc=/cgi-bin/midas/pay&method=POST&secret=midas-key"
      assert.strictEqual(sig, hmac("midas-key", `${signed}&${rest}`))
    })
  )

  it.effect("in the sandbox of the first version, by its own key", () =>
    Effect.gen(function* () {
      const { body } = yield* last((openid) => midasSandboxGetBalance({ openid, ts: 1700000000 }))
      const { sig, ...fields }: Record<string, unknown> = JSON.parse(body)
      const signed = Object.keys(fields)
        .toSorted()
        .map((name) => `${name}=${String(fields[name])}`)
        .join("&")
      const rest = "org_loc=/cgi-bin/midas/sandbox/getbalance&method=POST&secret=sandbox-midas-key"
      assert.strictEqual(sig, hmac("sandbox-midas-key", `${signed}&${rest}`))
    })
  )

  it.effect("in instant delivery: over shop, order and secret", () =>
    Effect.gen(function* () {
      const { body } = yield* last(() =>
        addTips({ shop_order_id: "o1", shop_no: "n1", waybill_id: "w1", tips: 1.5, remark: "" })
      )
      const { delivery_sign, shopid } = JSON.parse(body)
      assert.strictEqual(shopid, "shop-1")
      assert.strictEqual(delivery_sign, createHash("sha1").update("shop-1o1courier-secret").digest("hex"))
    })
  )
})

it.effect("a user whose session key is not kept has to sign in first", () =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(queryUserBalance({ openid: "nobody", env: 0, user_ip: "203.0.113.7" }))
    assert.strictEqual(error.reason._tag, "InvalidInput")
    assert.include(error.message, "have the user sign in first")
  }).pipe(Effect.provide(world([])))
)
