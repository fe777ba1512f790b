/**
 * Whom pushes are for, and how they are protected: what stands in the console under "message push".
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"

/**
 * @since 0.1.0
 */
export interface Settings {
  readonly appid: string
  /** The token of the push settings; not an access token. */
  readonly token: Redacted.Redacted
  /** The EncodingAESKey: 43 characters. Without it pushes are read as they are. */
  readonly aesKey?: Redacted.Redacted | undefined
  /** The EncodingAESKey before a change: pushes under way may still use it. */
  readonly formerAesKey?: Redacted.Redacted | undefined
}

/**
 * An account of one's own, or a platform with the accounts that have authorized it.
 *
 * @since 0.1.0
 */
export interface Receiver extends Settings {
  readonly kind: "account" | "platform"
  /** Whether a push that is not encrypted is taken. */
  readonly plain: boolean
  /** Whether a push without any signature is taken, if it says that it comes from WeChat's cloud hosting. */
  readonly cloud: boolean
}

/**
 * An account of one's own. With an `aesKey` only encrypted pushes are taken, in the modes compatible and safe; `plain: true`
 * takes others too, for the time of a change of mode. Without one, pushes are plain or compatible.
 *
 * @since 0.1.0
 */
export const account = (settings: Settings & { readonly plain?: boolean | undefined }): Receiver => ({
  ...settings,
  kind: "account",
  plain: settings.plain ?? settings.aesKey === undefined,
  cloud: false
})

/**
 * A third-party platform: its authorization notices, and what is pushed for the accounts that have authorized it. All of
 * that is encrypted.
 *
 * @since 0.1.0
 */
export const platform = (settings: Settings & { readonly aesKey: Redacted.Redacted }): Receiver => ({
  ...settings,
  kind: "platform",
  plain: false,
  cloud: false
})

/**
 * An account whose pushes come through WeChat's cloud hosting, where they are not signed. Only for a server that nobody else
 * can reach: the header that tells them apart can be written by anyone.
 *
 * @since 0.1.0
 */
export const cloud = (appid: string): Receiver => ({
  appid,
  token: Redacted.make("cloud"),
  kind: "account",
  plain: false,
  cloud: true
})

/**
 * An account of one's own from the environment: `WECHAT_APPID`, `WECHAT_PUSH_TOKEN`, and where pushes are encrypted
 * `WECHAT_PUSH_AES_KEY` and during a change of key `WECHAT_PUSH_FORMER_AES_KEY`.
 *
 * @since 0.1.0
 */
export const config: Config.Config<Receiver> = Config.all({
  appid: Config.String("WECHAT_APPID"),
  token: Config.Redacted("WECHAT_PUSH_TOKEN"),
  aesKey: Config.option(Config.Redacted("WECHAT_PUSH_AES_KEY")),
  formerAesKey: Config.option(Config.Redacted("WECHAT_PUSH_FORMER_AES_KEY"))
}).pipe(
  Config.map(({ aesKey, appid, formerAesKey, token }) =>
    account({
      appid,
      token,
      aesKey: Option.getOrUndefined(aesKey),
      formerAesKey: Option.getOrUndefined(formerAesKey)
    })
  )
)

/**
 * A platform from the environment: `WECHAT_COMPONENT_APPID`, `WECHAT_COMPONENT_PUSH_TOKEN`, `WECHAT_COMPONENT_PUSH_AES_KEY`
 * and during a change of key `WECHAT_COMPONENT_PUSH_FORMER_AES_KEY`.
 *
 * @since 0.1.0
 */
export const platformConfig: Config.Config<Receiver> = Config.all({
  appid: Config.String("WECHAT_COMPONENT_APPID"),
  token: Config.Redacted("WECHAT_COMPONENT_PUSH_TOKEN"),
  aesKey: Config.Redacted("WECHAT_COMPONENT_PUSH_AES_KEY"),
  formerAesKey: Config.option(Config.Redacted("WECHAT_COMPONENT_PUSH_FORMER_AES_KEY"))
}).pipe(
  Config.map(({ formerAesKey, ...settings }) =>
    platform({ ...settings, formerAesKey: Option.getOrUndefined(formerAesKey) })
  )
)
