import { assert, describe, it } from "@effect/vitest"
import * as Card from "@wechat/web/Card"
import * as JsSdk from "@wechat/web/JsSdk"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { createHash } from "node:crypto"
import { appid, asClient, authorizer, calls, world } from "./fixtures.ts"
import { cards, jsSdk } from "./vectors.ts"

const sha1 = (text: string) => createHash("sha1").update(text).digest("hex")
const ticket = Redacted.make(jsSdk.jsapi_ticket)
const fixed = { nonce: jsSdk.noncestr, timestamp: jsSdk.timestamp }
const tickets = "/cgi-bin/ticket/getticket"

describe("JsSdk", () => {
  it.effect("signs as WeChat's own example does, whatever follows the #", () =>
    Effect.gen(function* () {
      const config = yield* JsSdk.signWith(ticket, "wx1", `${jsSdk.url}#top#more`, {
        ...fixed,
        jsApiList: ["scanQRCode"]
      })
      assert.deepStrictEqual(config, {
        debug: false,
        appId: "wx1",
        timestamp: jsSdk.timestamp,
        nonceStr: jsSdk.noncestr,
        signature: jsSdk.signature,
        jsApiList: ["scanQRCode"],
        openTagList: []
      })
    })
  )

  it.effect("takes the account's ticket from the store, once for all pages", () =>
    Effect.gen(function* () {
      const pages = ["https://example.com/a", "https://example.com/b"]
      const configs = yield* Effect.forEach(pages, (page) => JsSdk.sign(page))
      assert.strictEqual((yield* calls(tickets)).length, 1)
      assert.notStrictEqual(configs[0]?.nonceStr, configs[1]?.nonceStr)
      assert.strictEqual(configs[0]?.appId, appid)
    }).pipe(Effect.provide(world()))
  )

  it.effect("signs for an account that a platform acts for", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* asClient(JsSdk.sign("https://example.com/"))).appId, authorizer)
    }).pipe(Effect.provide(world()))
  )

  for (const url of ["/page", "example.com/page", "", "javascript:alert(1)", "https://"]) {
    it.effect(`refuses the address "${url}"`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(JsSdk.signWith(ticket, "wx1", url))
        assert.strictEqual(error._tag, "UrlRefused")
      })
    )
  }
})

describe("Card", () => {
  for (const { api_ticket, card_id, nonce_str, timestamp, signature, ...rest } of cards) {
    it.effect(`signs a card to add with ${Object.keys(rest).join(" and ") || "nothing more"}`, () =>
      Effect.gen(function* () {
        const { code, openid } = { code: undefined, openid: undefined, ...rest }
        const card = { cardId: card_id, code, openid, nonce: nonce_str, timestamp: Number(timestamp) }
        const { cardExt, cardId } = yield* Card.signWith(Redacted.make(api_ticket), card)
        assert.strictEqual(cardId, card_id)
        assert.deepStrictEqual(JSON.parse(cardExt), { ...rest, timestamp, nonce_str, signature })
      })
    )
  }

  it.effect("signs a choice: values that are empty do not count", () =>
    Effect.gen(function* () {
      const from = { cardType: "GROUPON", ...fixed }
      const chosen = yield* Card.chooseWith(ticket, "wx1", from)
      const values = [jsSdk.jsapi_ticket, "wx1", String(fixed.timestamp), fixed.nonce, "GROUPON"]
      assert.strictEqual(chosen.cardSign, sha1(values.toSorted().join("")))
      assert.strictEqual(chosen.signType, "SHA1")
    })
  )

  it.effect("takes the card ticket, not that of the JS-SDK", () =>
    Effect.gen(function* () {
      yield* Card.sign({ cardId: "p1" })
      yield* Card.choose()
      const asked = yield* calls(tickets)
      assert.deepStrictEqual(
        asked.map(({ query }) => query["type"]),
        ["wx_card"]
      )
    }).pipe(Effect.provide(world()))
  )
})
