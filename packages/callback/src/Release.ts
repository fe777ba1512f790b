/**
 * The check that WeChat makes before a third-party platform is released to the whole network: two messages to two accounts
 * of WeChat's own, which every platform has to answer in the same way.
 *
 * @since 0.1.0
 */
import type { WeChatError } from "@wechat/core/Error"
import type { Vault, VaultError } from "@wechat/core/Vault"
import { WeChat } from "@wechat/core/WeChat"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Authorization from "./Authorization.ts"
import { type Handler, later } from "./Push.ts"
import * as Reply from "./Reply.ts"

/**
 * The accounts that WeChat checks platforms with: an official account and a mini program.
 *
 * @since 0.1.0
 */
export const accounts: ReadonlyArray<string> = ["wx570bc396a51b8ff8", "wxd101a85aa106f53e"]

const question = "TESTCOMPONENT_MSG_TYPE_TEXT"
const prefix = "QUERY_AUTH_CODE:"

interface Question {
  readonly component: string
  readonly code: string
  readonly user: string
}

/** A code is answered with nothing at once; what it is exchanged for speaks. */
const speak = later(
  Effect.fnUntraced(function* ({ code, component, user }: Question) {
    const { app } = yield* Authorization.complete(component, Redacted.make(code))
    const body = { touser: user, msgtype: "text", text: { content: `${code}_from_api` } }
    yield* WeChat.request({ path: "/cgi-bin/message/custom/send", body }).pipe(WeChat.withApp(app))
  })
)

/**
 * Answers the check, and leaves every other push to the given handler. Only pushes for WeChat's own accounts are looked at,
 * unless others are named.
 *
 * @since 0.1.0
 */
export const passing =
  <E, R>(
    next: Handler<E, R>,
    options: { readonly accounts?: ReadonlyArray<string> | undefined } = {}
  ): Handler<E | WeChatError | VaultError, R | WeChat | Vault> =>
  (push): Effect.Effect<Reply.Answer, E | WeChatError | VaultError, R | WeChat | Vault> => {
    const { app, fields } = push
    const { Content: content, FromUserName: user } = fields
    const mine = options.accounts ?? accounts
    if (app._tag !== "Authorizer" || !mine.includes(app.appid)) return next(push)
    if (typeof content !== "string" || typeof user !== "string") return next(push)
    if (content === question) return Effect.succeed(Reply.text(`${question}_callback`))
    if (!content.startsWith(prefix)) return next(push)
    return speak({ component: app.component, code: content.slice(prefix.length), user }, push)
  }
