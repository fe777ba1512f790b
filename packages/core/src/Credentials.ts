/**
 * The long-lived secrets of the accounts that this process acts for.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/**
 * One secret, or one for each number: a merchant number, a shop id.
 *
 * @since 0.1.0
 */
export type Keyed = Redacted.Redacted | Readonly<Record<string, Redacted.Redacted>>

/**
 * What an account has on mp.weixin.qq.com and its other consoles. Only what is used has to be given.
 *
 * @since 0.1.0
 */
export interface Account {
  /** The app secret. */
  readonly secret?: Redacted.Redacted | undefined
  /**
   * How its access token is issued: `stable`, so that several processes get the same one, or `plain`, where each new one
   * voids the last. Stable unless said otherwise.
   */
  readonly token?: "stable" | "plain" | undefined
  /** Virtual payment: the offer id. */
  readonly offerId?: string | undefined
  /** Virtual payment: the app key that signs live calls. */
  readonly payKey?: Redacted.Redacted | undefined
  /** Virtual payment: the app key that signs sandbox calls (`env` 1). */
  readonly sandboxPayKey?: Redacted.Redacted | undefined
  /** Mini game payment: the midas secret. */
  readonly midasKey?: Redacted.Redacted | undefined
  /** Mini game payment: the midas secret of the sandbox; {@link Account.midasKey} where it is left out. */
  readonly sandboxMidasKey?: Redacted.Redacted | undefined
  /** B2b payment: the app key of the merchant number, or of each merchant number. getAppKey reads it. */
  readonly b2bKey?: Keyed | undefined
  /** Instant delivery: the shop id that the courier service gave out. */
  readonly deliveryKey?: string | undefined
  /** Instant delivery: the secret that belongs to it, or to each shop id. */
  readonly deliverySecret?: Keyed | undefined
  /** The session key of a mini program's user, for calls that are signed with it. */
  readonly sessionKey?: ((openid: string) => Effect.Effect<Redacted.Redacted | undefined>) | undefined
}

/**
 * A credential that is not configured; the message says which one and how to set it.
 *
 * @since 0.1.0
 */
export class MissingCredential extends Schema.TaggedError<MissingCredential>("@wechat/core/MissingCredential")(
  "MissingCredential",
  {
    appid: Schema.String,
    /** As a field of {@link Account}. */
    name: Schema.String,
    /** The number that it belongs to, where there is one for each. */
    of: Schema.optionalKey(Schema.String)
  }
) {
  override get message(): string {
    const field = this.of === undefined ? `${this.name}: ...` : `${this.name}: { "${this.of}": ... }`
    return (
      `no ${this.name} for ${this.appid}: provide Credentials.layer({ "${this.appid}": { ${field} } })` +
      (this.name === "secret" ? ", or set WECHAT_APPID and WECHAT_SECRET and provide Credentials.layerConfig" : "")
    )
  }
}

/**
 * Where secrets come from. Only a process that mints tokens, or signs calls, needs it.
 *
 * @since 0.1.0
 */
export class Credentials extends Context.Service<
  Credentials,
  {
    readonly account: (appid: string) => Effect.Effect<Account>
  }
>()("@wechat/core/Credentials") {
  /** Accounts by appid. */
  static readonly layer = (accounts: Readonly<Record<string, Account>>): Layer.Layer<Credentials> =>
    Layer.succeed(Credentials, {
      account: (appid) => Effect.succeed(Object.hasOwn(accounts, appid) ? (accounts[appid] ?? {}) : {})
    })

  /**
   * One account from the environment: `WECHAT_APPID`, `WECHAT_SECRET`, and where they are used `WECHAT_OFFER_ID`,
   * `WECHAT_PAY_KEY`, `WECHAT_SANDBOX_PAY_KEY`.
   */
  static readonly layerConfig: Layer.Layer<Credentials, Config.ConfigError> = Layer.unwrap(
    Effect.map(
      Config.all({
        appid: Config.String("WECHAT_APPID"),
        secret: Config.Redacted("WECHAT_SECRET"),
        offerId: Config.option(Config.String("WECHAT_OFFER_ID")),
        payKey: Config.option(Config.Redacted("WECHAT_PAY_KEY")),
        sandboxPayKey: Config.option(Config.Redacted("WECHAT_SANDBOX_PAY_KEY"))
      }),
      ({ appid, offerId, payKey, sandboxPayKey, secret }) =>
        Credentials.layer({
          [appid]: {
            secret,
            offerId: Option.getOrUndefined(offerId),
            payKey: Option.getOrUndefined(payKey),
            sandboxPayKey: Option.getOrUndefined(sandboxPayKey)
          }
        })
    )
  )
}

/**
 * A credential that has to be there.
 *
 * @since 0.1.0
 */
export const need = <K extends keyof Account>(
  appid: string,
  account: Account,
  name: K
): Effect.Effect<NonNullable<Account[K]>, MissingCredential> => {
  const value = account[name]
  return value === undefined || value === null
    ? Effect.fail(new MissingCredential({ appid, name }))
    : Effect.succeed(value)
}

/**
 * A secret that has to be there for a number.
 *
 * @since 0.1.0
 */
export const needFor = (
  appid: string,
  account: Account,
  name: "b2bKey" | "deliverySecret",
  of: string
): Effect.Effect<Redacted.Redacted, MissingCredential> =>
  Effect.flatMap(need(appid, account, name), (keyed) => {
    if (Redacted.isRedacted(keyed)) return Effect.succeed(keyed)
    const secret = Object.hasOwn(keyed, of) ? keyed[of] : undefined
    return secret === undefined ? Effect.fail(new MissingCredential({ appid, name, of })) : Effect.succeed(secret)
  })
