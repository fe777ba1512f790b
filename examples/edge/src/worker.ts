/** The echo bot as an edge runtime takes it: a module whose default export has `fetch`. Nothing here needs Node. */
import { Receiver, Server } from "@wechat/callback"
import { bot } from "@wechat/example-echo-bot/bot"
import { Layer, Redacted } from "effect"

const receivers = Receiver.account({
  appid: "wxechobot",
  // Out of the runtime's secrets, in earnest.
  token: Redacted.make("echo-bot-token"),
  aesKey: Redacted.make("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG")
})

const { fetch } = Server.toWeb("/wechat", { receivers, handler: bot }, Layer.empty)

export default {
  fetch: (request: Request, _env: unknown, context: Parameters<typeof fetch>[1]) => fetch(request, context)
}
