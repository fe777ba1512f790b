/**
 * The signature of a web page that uses WeChat's JS-SDK.
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
import { UrlRefused } from "./Failure.ts"
import * as Bytes from "./internal/bytes.ts"

/**
 * What a page may do, and what a test may fix.
 *
 * @since 0.1.0
 */
export interface Options {
  /** The functions that the page calls, such as `chooseImage`. */
  readonly jsApiList?: ReadonlyArray<string> | undefined
  /** The tags that the page uses, such as `wx-open-launch-weapp`. */
  readonly openTagList?: ReadonlyArray<string> | undefined
  /** Lets WeChat show every call and its result in the page. */
  readonly debug?: boolean | undefined
  /** Random text; a new one unless given. */
  readonly nonce?: string | undefined
  /** Unix seconds; now unless given. */
  readonly timestamp?: number | undefined
}

/**
 * The argument of `wx.config`, whole.
 *
 * @since 0.1.0
 */
export interface Config {
  readonly debug: boolean
  readonly appId: string
  /** Unix seconds. */
  readonly timestamp: number
  readonly nonceStr: string
  readonly signature: string
  readonly jsApiList: ReadonlyArray<string>
  readonly openTagList: ReadonlyArray<string>
}

/**
 * Signs the address of a page with a given ticket. The address is the one that the browser shows; what follows `#` does not
 * count. Fails with `UrlRefused` where it is no web address.
 *
 * @since 0.1.0
 */
export const signWith = Effect.fnUntraced(function* (
  ticket: Redacted.Redacted,
  appid: string,
  url: string,
  options: Options = {}
) {
  const [page = ""] = url.split("#")
  if (!/^https?:\/\/[^/?\s]/i.test(page)) {
    return yield* new UrlRefused({ expected: "that of the page, whole: https://example.com/page?name=value" })
  }
  const nonceStr = options.nonce ?? Bytes.nonce()
  const timestamp = options.timestamp ?? Math.floor((yield* Clock.currentTimeMillis) / 1000)
  const signature = yield* Bytes.sha1(
    `jsapi_ticket=${Redacted.value(ticket)}&noncestr=${nonceStr}&timestamp=${timestamp}&url=${page}`
  )
  const config: Config = {
    debug: options.debug ?? false,
    appId: appid,
    timestamp,
    nonceStr,
    signature,
    jsApiList: options.jsApiList ?? [],
    openTagList: options.openTagList ?? []
  }
  return config
})

/**
 * Signs the address of a page for the account of the `WeChat` service. Its ticket comes from the token store, so it is
 * fetched once in two hours however many pages and processes sign.
 *
 * @since 0.1.0
 */
export const sign = (
  url: string,
  options?: Options
): Effect.Effect<Config, NoToken | UrlRefused, WeChat | TokenStore> =>
  Effect.gen(function* () {
    const { app } = yield* WeChat
    const ticket = yield* TokenStore.use((tokens) => tokens.get(Token.Ticket(app, "jsapi")))
    return yield* signWith(ticket.value, app.appid, url, options)
  })
