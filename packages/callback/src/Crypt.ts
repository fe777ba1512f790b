/**
 * WeChat's signatures and message encryption: AES-256-CBC over `16 random bytes, 4-byte length, message, receiver`, padded to
 * 32 bytes.
 *
 * @since 0.1.0
 */
import * as Mac from "effect/crypto/Mac"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Engine from "./internal/engine.ts"

/**
 * A token or EncodingAESKey that cannot be one.
 *
 * @since 0.1.0
 */
export class KeyError extends Schema.TaggedError<KeyError>("@wechat/callback/KeyError")("KeyError", {
  appid: Schema.String,
  /** What is wrong, without the key. */
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.appid}: ${this.detail}`
  }
}

/**
 * Something that was not encrypted with this key for this receiver. It says nothing of the content.
 *
 * @since 0.1.0
 */
export class CryptError extends Schema.TaggedError<CryptError>("@wechat/callback/CryptError")("CryptError", {
  /** What does not fit. */
  detail: Schema.String
}) {
  override get message(): string {
    return `not decrypted: ${this.detail}`
  }
}

/**
 * One EncodingAESKey.
 *
 * @since 0.1.0
 */
export interface Box {
  /** Decrypts a message that is for `receiver`. */
  readonly open: (receiver: string, ciphertext: string) => Effect.Effect<string, CryptError>
  /** Encrypts a message for `receiver`. */
  readonly seal: (receiver: string, message: string) => Effect.Effect<string>
}

/**
 * What an account's push settings can do.
 *
 * @since 0.1.0
 */
export interface Crypt {
  /** The signature over some parts and the token, in hexadecimal digits. */
  readonly sign: (parts: ReadonlyArray<string>) => Effect.Effect<string>
  /** Whether a signature is right; takes the same time for any wrong one. */
  readonly signs: (signature: string, parts: ReadonlyArray<string>) => Effect.Effect<boolean>
  /** The current key, and the former one during a rotation. */
  readonly boxes: ReadonlyArray<Box>
}

/** Bytes to which WeChat pads. */
const block = 32
/** Random bytes, and the length of the message. */
const head = 20

const utf8 = new TextEncoder()
const strict = new TextDecoder("utf-8", { fatal: true })

/** Strict: bytes that are no UTF-8 are no text. */
const textOf = (bytes: Uint8Array): string | undefined => {
  try {
    return strict.decode(bytes)
  } catch {
    return undefined
  }
}

const alphabet = /^[A-Za-z0-9+/]*$/

const keyOf = (appid: string, name: string, text: string): Result.Result<Uint8Array, KeyError> => {
  const wrong = (detail: string) => Result.fail(new KeyError({ appid, detail: `the ${name} ${detail}` }))
  if (text.trim() !== text) return wrong("begins or ends with white space")
  if (!alphabet.test(text)) {
    return wrong(
      `has a character other than A-Z, a-z, 0-9, + and / (the first at position ${text.search(/[^A-Za-z0-9+/]/) + 1})`
    )
  }
  if (text.length !== 43) return wrong(`has ${text.length} characters, and must have 43`)
  return Result.succeed(Uint8Array.from(atob(`${text}=`), (character) => character.charCodeAt(0)))
}

/** In the same time wherever the first difference is. */
const isSame = (expected: string, given: string): boolean => {
  if (expected.length !== given.length) return false
  let difference = 0
  for (let at = 0; at < expected.length; at++) difference |= expected.charCodeAt(at) ^ given.charCodeAt(at)
  return difference === 0
}

const isPadded = (plain: Uint8Array, pad: number): boolean => {
  if (pad < 1 || pad > block || pad > plain.length) return false
  let difference = 0
  for (let at = plain.length - pad; at < plain.length; at++) difference |= (plain[at] ?? 0) ^ pad
  return difference === 0
}

const unpack = (receiver: string, plain: Uint8Array): Result.Result<string, CryptError> => {
  const wrong = (detail: string) => Result.fail(new CryptError({ detail }))
  const pad = plain.at(-1) ?? 0
  const end = plain.length - pad
  if (!isPadded(plain, pad) || end < head) return wrong("the key is another one, or the text is damaged")
  const length = new DataView(plain.buffer, plain.byteOffset).getUint32(16)
  if (head + length > end) return wrong("the message is longer than its envelope")
  if (!Mac.timingSafeEqual(plain.subarray(head + length, end), utf8.encode(receiver))) {
    return wrong("it is for another receiver")
  }
  const message = textOf(plain.subarray(head, head + length))
  return message === undefined ? wrong("the message is no UTF-8") : Result.succeed(message)
}

const pack = (receiver: string, message: string, random: Uint8Array): Uint8Array => {
  const body = utf8.encode(message)
  const tail = utf8.encode(receiver)
  const size = head + body.length + tail.length
  const pad = block - (size % block)
  const plain = new Uint8Array(size + pad).fill(pad)
  plain.set(random)
  new DataView(plain.buffer).setUint32(16, body.length)
  plain.set(body, head)
  plain.set(tail, head + body.length)
  return plain
}

export const box = (engine: Engine.Engine, key: Uint8Array): Box => {
  const cipher = engine.cipher(key)
  return {
    open: (receiver, ciphertext) => {
      const data = engine.decode(ciphertext)
      if (data === undefined) return Effect.fail(new CryptError({ detail: "the ciphertext is no base64" }))
      return Effect.flatMap(cipher.decrypt(data), (plain) =>
        plain === undefined
          ? Effect.fail(new CryptError({ detail: "the ciphertext is cut off" }))
          : Effect.fromResult(unpack(receiver, plain))
      )
    },
    seal: (receiver, message) => Effect.map(cipher.encrypt(pack(receiver, message, engine.random())), engine.encode)
  }
}

/**
 * What the push settings of an account give: its token, and the keys where it has some.
 *
 * @since 0.1.0
 */
export interface Settings {
  readonly appid: string
  readonly token: Redacted.Redacted
  /** The EncodingAESKey: 43 characters. */
  readonly aesKey?: Redacted.Redacted | undefined
  /** The one before, which pushes under way may still use. */
  readonly formerAesKey?: Redacted.Redacted | undefined
}

const tokens = /^[\x21-\x7e]{1,64}$/

/** As {@link make}, over a given engine. */
export const over = (engine: Engine.Engine, settings: Settings): Effect.Effect<Crypt, KeyError> =>
  Effect.gen(function* () {
    const token = Redacted.value(settings.token)
    if (!tokens.test(token)) {
      const detail =
        "the token must be 1 to 64 visible ASCII characters without spaces; the console takes 3 to 32 letters and digits"
      return yield* new KeyError({ appid: settings.appid, detail })
    }
    const given = [
      ["EncodingAESKey", settings.aesKey],
      ["former EncodingAESKey", settings.formerAesKey]
    ] as const
    const keys = yield* Effect.forEach(
      given.flatMap(([name, key]) => (key === undefined ? [] : [[name, key] as const])),
      ([name, key]) => Effect.fromResult(keyOf(settings.appid, name, Redacted.value(key)))
    )
    const sign = (parts: ReadonlyArray<string>) => engine.sha1([token, ...parts].toSorted().join(""))
    return {
      sign,
      signs: (signature, parts) => Effect.map(sign(parts), (expected) => isSame(expected, signature)),
      boxes: keys.map((key) => box(engine, key))
    }
  })

/**
 * Checks the settings of an account and makes what they are for.
 *
 * @since 0.1.0
 */
export const make = (settings: Settings): Effect.Effect<Crypt, KeyError> => over(Engine.best(), settings)
