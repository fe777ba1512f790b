/**
 * Signatures of WeChat cards in web pages: adding cards, and letting the user choose one.
 *
 * @since 0.1.0
 */
import type { NoToken } from "@wechat/core/Error"
import * as Token from "@wechat/core/Token"
import { TokenStore } from "@wechat/core/TokenStore"
import { WeChat } from "@wechat/core/WeChat"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Bytes from "./internal/bytes.ts"

interface Fixed {
  /** Random text; a new one unless given. */
  readonly nonce?: string | undefined
  /** Unix seconds; now unless given. */
  readonly timestamp?: number | undefined
}

/**
 * A card to add.
 *
 * @since 0.1.0
 */
export interface Add extends Fixed {
  readonly cardId: string
  /** The card's own code, where the account makes the codes. */
  readonly code?: string | undefined
  /** Who alone may take the card. */
  readonly openid?: string | undefined
  /** Where the user came from; the push about the card brings it back. It is not signed. */
  readonly outerStr?: string | undefined
}

/**
 * An entry of `wx.addCard`'s `cardList`.
 *
 * @since 0.1.0
 */
export interface Added {
  readonly cardId: string
  /** JSON. */
  readonly cardExt: string
}

/**
 * Which cards the user may choose from: all of the account, where nothing is given.
 *
 * @since 0.1.0
 */
export interface Choose extends Fixed {
  /** The store's id (`location_id`), for cards that are good there. */
  readonly shopId?: string | undefined
  /** Such as `GROUPON`. */
  readonly cardType?: string | undefined
  readonly cardId?: string | undefined
}

/**
 * The argument of `wx.chooseCard`.
 *
 * @since 0.1.0
 */
export interface Chosen {
  readonly shopId: string
  readonly cardType: string
  readonly cardId: string
  /** Unix seconds. */
  readonly timestamp: number
  readonly nonceStr: string
  readonly signType: "SHA1"
  readonly cardSign: string
}

/**
 * The signature of cards over any values, the ticket among them: SHA-1 of those that are not empty, sorted and joined.
 *
 * @since 0.1.0
 */
export const signature = (values: Iterable<string>): Effect.Effect<string> =>
  Bytes.sha1(
    Array.from(values)
      .filter((value) => value !== "")
      .toSorted()
      .join("")
  )

const fixed = ({ nonce, timestamp }: Fixed) =>
  Effect.map(Clock.currentTimeMillis, (now) => ({
    nonce: nonce ?? Bytes.nonce(),
    timestamp: timestamp ?? Math.floor(now / 1000)
  }))

/**
 * Signs a card to add, with a given ticket.
 *
 * @since 0.1.0
 */
export const signWith = Effect.fnUntraced(function* (ticket: Redacted.Redacted, card: Add) {
  const { cardId, code = "", openid = "", outerStr } = card
  const { nonce, timestamp } = yield* fixed(card)
  const signed = yield* signature([Redacted.value(ticket), String(timestamp), cardId, code, openid, nonce])
  const added: Added = {
    cardId,
    cardExt: JSON.stringify({
      ...(code === "" ? {} : { code }),
      ...(openid === "" ? {} : { openid }),
      timestamp: String(timestamp),
      nonce_str: nonce,
      signature: signed,
      ...(outerStr === undefined ? {} : { outer_str: outerStr })
    })
  }
  return added
})

/**
 * Signs a choice of cards, with a given ticket.
 *
 * @since 0.1.0
 */
export const chooseWith = Effect.fnUntraced(function* (ticket: Redacted.Redacted, appid: string, from: Choose) {
  const { cardId = "", cardType = "", shopId = "" } = from
  const { nonce, timestamp } = yield* fixed(from)
  const values = [Redacted.value(ticket), appid, shopId, String(timestamp), nonce, cardId, cardType]
  const chosen: Chosen = {
    shopId,
    cardType,
    cardId,
    timestamp,
    nonceStr: nonce,
    signType: "SHA1",
    cardSign: yield* signature(values)
  }
  return chosen
})

const ticket = Effect.gen(function* () {
  const { app } = yield* WeChat
  const token = yield* TokenStore.use((tokens) => tokens.get(Token.Ticket(app, "wx_card")))
  return { ticket: token.value, appid: app.appid }
})

/**
 * Signs a card to add, for `wx.addCard`. The ticket comes from the token store.
 *
 * @since 0.1.0
 */
export const sign = (card: Add): Effect.Effect<Added, NoToken, WeChat | TokenStore> =>
  Effect.flatMap(ticket, ({ ticket }) => signWith(ticket, card))

/**
 * Signs a choice of cards, for `wx.chooseCard`. The ticket comes from the token store.
 *
 * @since 0.1.0
 */
export const choose = (from: Choose = {}): Effect.Effect<Chosen, NoToken, WeChat | TokenStore> =>
  Effect.flatMap(ticket, ({ appid, ticket }) => chooseWith(ticket, appid, from))
