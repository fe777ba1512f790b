/**
 * What a mini program needs from its server: sign-in, and what WeChat encrypts or signs for it. Session keys stay in
 * {@link SessionKeys} and are never handed out.
 *
 * @since 0.1.0
 */
import { Credentials } from "@wechat/core/Credentials"
import { catchCode, type WeChatError } from "@wechat/core/Error"
import * as Json from "@wechat/core/Json"
import { WeChat } from "@wechat/core/WeChat"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import { type CodeRefused, ForeignData, KeyRefused, OldData, SessionKeyMissing, SessionKeyStale } from "./Failure.ts"
import * as Bytes from "./internal/bytes.ts"
import * as Api from "./internal/endpoints.ts"
import * as Refused from "./internal/refused.ts"
import { SessionKeys, type SessionStoreError } from "./SessionKeys.ts"

/**
 * Who has signed in.
 *
 * @since 0.1.0
 */
export interface User {
  readonly openid: string
  /** Where the account is bound to an account of open.weixin.qq.com. */
  readonly unionid: string | undefined
}

/**
 * Signs a user in by the code of `wx.login`, for an account of one's own or as a third-party platform, and keeps the session
 * key. The code works once and for five minutes, so the call is never repeated; `CodeRefused` says that it was used or is too old.
 *
 * @since 0.1.0
 */
export const login = (
  code: string
): Effect.Effect<User, CodeRefused | SessionStoreError | WeChatError, WeChat | SessionKeys> =>
  Effect.gen(function* () {
    const { app } = yield* WeChat
    const keys = yield* SessionKeys
    const answer = yield* Refused.codes(
      app._tag === "Authorizer" ? Api.componentLogin({ appid: app.appid, js_code: code }) : Api.login({ js_code: code })
    )
    yield* keys.set(app.appid, answer.openid, answer.session_key)
    return { openid: answer.openid, unionid: answer.unionid }
  })

const keyOf = Effect.fnUntraced(function* (openid: string) {
  const { app } = yield* WeChat
  const key = yield* SessionKeys.use((keys) => keys.get(app.appid, openid))
  if (key === undefined) return yield* new SessionKeyMissing({ openid })
  return { key, appid: app.appid }
})

// ---------------------------------------------------------------------------------------------------------------------
// What a mini program sends
// ---------------------------------------------------------------------------------------------------------------------

/**
 * What the mini program got from WeChat, encrypted.
 *
 * @since 0.1.0
 */
export interface Encrypted {
  readonly openid: string
  readonly encryptedData: string
  readonly iv: string
  /** How old it may be: 5 minutes. */
  readonly maxAge?: Duration.Input | undefined
}

/**
 * What WeChat encrypted: the fields depend on what was asked for.
 *
 * @since 0.1.0
 */
export interface Data {
  readonly [field: string]: unknown
  readonly watermark: {
    readonly appid: string
    /** Unix seconds. */
    readonly timestamp: number
  }
}

const blockSize = 16

const block = (text: string, what: string): Effect.Effect<Bytes.Bytes, KeyRefused> => {
  const bytes = Bytes.fromBase64(text)
  return bytes?.length === blockSize
    ? Effect.succeed(bytes)
    : Effect.fail(new KeyRefused({ what, expected: `${blockSize} bytes, as base64` }))
}

const decipher = (key: Bytes.Bytes, iv: Bytes.Bytes, data: Bytes.Bytes) =>
  Effect.tryPromise(async () => {
    const imported = await crypto.subtle.importKey("raw", key, "AES-CBC", false, ["decrypt"])
    return crypto.subtle.decrypt({ name: "AES-CBC", iv }, imported, data)
  })

const isData = (value: unknown): value is Data =>
  Predicate.isObject(value) &&
  "watermark" in value &&
  Predicate.isObject(value["watermark"]) &&
  typeof value["watermark"]["appid"] === "string" &&
  typeof value["watermark"]["timestamp"] === "number"

/** One failure for whatever does not decrypt: more would help whoever guesses. */
const read = (key: Bytes.Bytes, iv: Bytes.Bytes, encrypted: string): Effect.Effect<Data, void> =>
  Effect.suspend(() => {
    const data = Bytes.fromBase64(encrypted)
    return data === undefined ? Effect.fail(undefined) : Effect.mapError(decipher(key, iv, data), () => undefined)
  }).pipe(
    Effect.flatMap((plain) =>
      Effect.try({
        try: () => Json.parse(new TextDecoder("utf-8", { fatal: true }).decode(plain)),
        catch: () => undefined
      })
    ),
    Effect.flatMap((value) => (isData(value) ? Effect.succeed(value) : Effect.fail(undefined)))
  )

/**
 * Decrypts what the mini program got from WeChat, and checks that WeChat made it for this account and not long ago.
 *
 * `SessionKeyStale`: it was encrypted with another session key, or changed on the way. `ForeignData`, `OldData`: its watermark
 * is another account's, or too old. `KeyRefused`: key or iv have the wrong length.
 *
 * @since 0.1.0
 */
export const decrypt = Effect.fnUntraced(function* ({ encryptedData, iv, maxAge = "5 minutes", openid }: Encrypted) {
  const { appid, key } = yield* keyOf(openid)
  const secret = yield* block(Redacted.value(key), "the session key")
  const vector = yield* block(iv, "the iv")
  const data = yield* Effect.mapError(read(secret, vector, encryptedData), () => new SessionKeyStale({ openid }))
  if (data.watermark.appid !== appid) {
    return yield* new ForeignData({ appid: data.watermark.appid, expected: appid })
  }
  const age = Math.floor((yield* Clock.currentTimeMillis) / 1000) - data.watermark.timestamp
  if (Math.abs(age) > Duration.toSeconds(Duration.fromInputUnsafe(maxAge))) {
    return yield* new OldData({ age: Math.trunc(age) })
  }
  return data
})

/**
 * Checks that the mini program got `rawData` from WeChat as it is. Fails with `SessionKeyStale` where the signature does not fit.
 *
 * @since 0.1.0
 */
export const verify = Effect.fnUntraced(function* (signed: {
  readonly openid: string
  readonly rawData: string
  readonly signature: string
}) {
  const { key } = yield* keyOf(signed.openid)
  const expected = yield* Bytes.sha1(`${signed.rawData}${Redacted.value(key)}`)
  if (!Bytes.same(expected, signed.signature.toLowerCase())) {
    return yield* new SessionKeyStale({ openid: signed.openid })
  }
})

// ---------------------------------------------------------------------------------------------------------------------
// What WeChat is asked
// ---------------------------------------------------------------------------------------------------------------------

/**
 * A user's phone number.
 *
 * @since 0.1.0
 */
export interface Phone {
  /** With the country code, where that is a foreign one. */
  readonly number: string
  /** Without country code. */
  readonly pure: string
  readonly country: string
  /** When the user agreed, in Unix seconds. */
  readonly timestamp: number
}

/**
 * The phone number that a user has agreed to show. The code is that of the phone button, not of `wx.login`; it works once and
 * for five minutes. With an openid, the code of another user is refused.
 *
 * @since 0.1.0
 */
export const phone = (
  code: string,
  openid?: string
): Effect.Effect<Phone, CodeRefused | ForeignData | WeChatError, WeChat> =>
  Effect.gen(function* () {
    const { app } = yield* WeChat
    const { phone_info } = yield* Refused.codes(Api.phone({ code, openid }))
    const { countryCode, phoneNumber, purePhoneNumber, watermark } = phone_info
    if (watermark.appid !== app.appid) return yield* new ForeignData({ appid: watermark.appid, expected: app.appid })
    return { number: phoneNumber, pure: purePhoneNumber, country: countryCode, timestamp: watermark.timestamp }
  })

/** These calls show that the server has the key by signing nothing with it. */
const signed = (openid: string) =>
  Effect.flatMap(keyOf(openid), ({ appid, key }) =>
    Effect.map(Bytes.hmac(key, ""), (signature) => ({ appid, input: { openid, signature } }))
  )

const stale = (openid: string) => catchCode([87009], () => Effect.fail(new SessionKeyStale({ openid })))

/**
 * Whether the session key that is kept is still the valid one.
 *
 * @since 0.1.0
 */
export const check = (
  openid: string
): Effect.Effect<boolean, SessionKeyMissing | SessionStoreError | WeChatError, WeChat | SessionKeys> =>
  Effect.flatMap(signed(openid), ({ input }) =>
    Api.checkKey(input).pipe(
      Effect.as(true),
      catchCode([87009], () => Effect.succeed(false))
    )
  )

/**
 * Replaces the session key of a user at once. The new one is kept; it ends when the former would have.
 *
 * @since 0.1.0
 */
export const reset = (
  openid: string
): Effect.Effect<void, SessionKeyMissing | SessionKeyStale | SessionStoreError | WeChatError, WeChat | SessionKeys> =>
  Effect.gen(function* () {
    const { appid, input } = yield* signed(openid)
    const { session_key } = yield* stale(openid)(Api.resetKey(input))
    yield* SessionKeys.use((keys) => keys.set(appid, openid, session_key))
  })

/**
 * A key for what goes over the network between mini program and server (`wx.getUserCryptoManager`).
 *
 * @since 0.1.0
 */
export interface EncryptKey {
  readonly key: Redacted.Redacted
  readonly iv: string
  readonly version: number
  /** Seconds left of its hour; 0 where it has run out. */
  readonly left: number
  /** Unix seconds. */
  readonly created: number
}

/**
 * The three latest keys of a user for what goes over the network.
 *
 * @since 0.1.0
 */
export const encryptKeys = (
  openid: string
): Effect.Effect<
  ReadonlyArray<EncryptKey>,
  SessionKeyMissing | SessionKeyStale | SessionStoreError | WeChatError,
  WeChat | SessionKeys
> =>
  Effect.flatMap(signed(openid), ({ input }) => stale(openid)(Api.encryptKeys(input))).pipe(
    Effect.map(({ key_info_list }) =>
      key_info_list.map(({ create_time, encrypt_key, expire_in, iv, version }) => ({
        key: encrypt_key,
        iv,
        version,
        left: expire_in,
        created: create_time
      }))
    )
  )

/**
 * The given credentials, with the session keys that are kept here: for calls that are signed with them, such as those of
 * virtual payment.
 *
 * @since 0.1.0
 */
export const layerCredentials: Layer.Layer<Credentials, never, Credentials | SessionKeys> = Layer.effect(
  Credentials,
  Effect.gen(function* () {
    const credentials = yield* Credentials
    const keys = yield* SessionKeys
    return {
      account: (appid) =>
        Effect.map(credentials.account(appid), (account) => ({
          ...account,
          sessionKey:
            account.sessionKey ??
            ((openid: string) =>
              keys.get(appid, openid).pipe(
                Effect.tapError((error) => Effect.logError("a call cannot be signed", error)),
                Effect.orElseSucceed(() => undefined)
              ))
        }))
    }
  })
)
