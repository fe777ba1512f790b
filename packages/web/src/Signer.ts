/**
 * Signs what a browser keeps, so that it comes back as it was.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Base64Url from "effect/encoding/Base64Url"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { KeyRefused } from "./Failure.ts"
import * as Bytes from "./internal/bytes.ts"

/**
 * The secrets of a server, all of whose processes have the same ones. `openssl rand -base64 32` makes one.
 *
 * @since 0.1.0
 */
export interface Keys {
  /** Signs, and checks. At least 32 characters. */
  readonly secret: Redacted.Redacted
  /** Check what they signed while they were the secret. */
  readonly former?: ReadonlyArray<Redacted.Redacted> | undefined
}

const shortest = 32

const algorithm = { name: "HMAC", hash: "SHA-256" }

/** Not every runtime's types have a name for it. */
type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>

const imported = (secret: Redacted.Redacted): Effect.Effect<Key, KeyRefused> =>
  Redacted.value(secret).length < shortest
    ? Effect.fail(new KeyRefused({ what: "a secret of the Signer", expected: `at least ${shortest} characters` }))
    : Effect.promise(() =>
        crypto.subtle.importKey("raw", Bytes.utf8(Redacted.value(secret)), algorithm, false, ["sign"])
      )

const mac = (key: Key, message: string): Effect.Effect<string> =>
  Effect.promise(async () => Bytes.hex(await crypto.subtle.sign("HMAC", key, Bytes.utf8(message))))

const make = Effect.fnUntraced(function* ({ former = [], secret }: Keys) {
  const first = yield* imported(secret)
  const keys = [first, ...(yield* Effect.forEach(former, imported))]

  const isSigned = (message: string, signature: string): Effect.Effect<boolean> =>
    Effect.map(
      Effect.forEach(keys, (key) => mac(key, message)),
      (macs) =>
        // All of them are compared, so that the time does not tell which one fits.
        macs.map((own) => Bytes.same(own, signature)).includes(true)
    )

  return {
    sign: (message: string) => mac(first, message),
    isSigned,
    seal: (purpose: string, text: string, until: number) => {
      const payload = `${Base64Url.encode(text)}.${until.toString(36)}`
      return Effect.map(mac(first, `${purpose}\n${payload}`), (signature) => `${payload}.${signature}`)
    },
    open: Effect.fnUntraced(function* (purpose: string, sealed: string) {
      const [text = "", end = "", signature = "", ...rest] = sealed.split(".")
      if (rest.length > 0 || !(yield* isSigned(`${purpose}\n${text}.${end}`, signature))) return undefined
      const decoded = Base64Url.decodeString(text)
      const isOver = (yield* Clock.currentTimeMillis) >= Number.parseInt(end, 36)
      return isOver || Result.isFailure(decoded) ? undefined : decoded.success
    })
  }
})

/**
 * Signs and checks texts, by HMAC-SHA256, comparing in constant time. What is signed can be read by whoever holds it.
 *
 * @since 0.1.0
 */
export class Signer extends Context.Service<
  Signer,
  {
    /** Signs a text, in hexadecimal digits. */
    readonly sign: (message: string) => Effect.Effect<string>
    readonly isSigned: (message: string, signature: string) => Effect.Effect<boolean>
    /** Letters, digits, `-`, `_` and dots that hold the text until a time (Unix milliseconds), for one purpose. */
    readonly seal: (purpose: string, text: string, until: number) => Effect.Effect<string>
    /** The text again; `undefined` where it was changed, was made for another purpose, or has run out. */
    readonly open: (purpose: string, sealed: string) => Effect.Effect<string | undefined>
  }
>()("@wechat/web/Signer") {
  /** Fails with `KeyRefused` where a secret is too short. */
  static readonly layer = (keys: Keys): Layer.Layer<Signer, KeyRefused> => Layer.effect(Signer, make(keys))

  /** `WECHAT_WEB_SECRET`, and `WECHAT_WEB_FORMER_SECRETS` with commas between them. */
  static readonly layerConfig: Layer.Layer<Signer, KeyRefused | Config.ConfigError> = Layer.effect(
    Signer,
    Effect.flatMap(
      Config.all({
        secret: Config.Redacted("WECHAT_WEB_SECRET"),
        former: Config.option(Config.Redacted("WECHAT_WEB_FORMER_SECRETS"))
      }),
      ({ former, secret }) => make({ secret, former: Option.match(former, { onNone: () => [], onSome: split }) })
    )
  )
}

const split = (texts: Redacted.Redacted): ReadonlyArray<Redacted.Redacted> =>
  Redacted.value(texts)
    .split(",")
    .map((text) => text.trim())
    .filter((text) => text !== "")
    .map((text) => Redacted.make(text))
