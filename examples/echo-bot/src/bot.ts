/** What the bot says: one handler for every kind of push that it cares about. */
import { Push, Reply } from "@wechat/callback"
import { Effect } from "effect"

const menu = "Say something, send a picture, or tap the menu."

export const bot = Push.on({
  text: ({ Content }) => Effect.succeed(Content === "human" ? Reply.transfer() : Reply.text(`You said: ${Content}`)),
  image: ({ MediaId }) => Effect.succeed(Reply.image(MediaId)),
  subscribe: ({ EventKey }) =>
    Effect.succeed(Reply.text(EventKey?.startsWith("qrscene_") ? `You come from ${EventKey.slice(8)}. ${menu}` : menu)),
  CLICK: ({ EventKey }) =>
    Effect.succeed(
      EventKey === "news"
        ? Reply.news({ title: "Today's news", description: "Nothing happened.", url: "https://example.com/news" })
        : Reply.text(`There is nothing behind ${EventKey} yet.`)
    ),
  // Nobody waits for an answer to this one.
  TEMPLATESENDJOBFINISH: Push.later(({ MsgID, Status }) => Effect.log(`template message ${MsgID}: ${Status}`)),
  unknown: ({ fields }) => Effect.logDebug(`not handled: ${String(fields["Event"] ?? fields["MsgType"])}`)
})
