/**
 * SHA-1 and AES-256-CBC without padding: by `node:crypto` where the runtime has it, which answers at once, and by Web Crypto
 * elsewhere.
 */
import type * as NodeCrypto from "node:crypto"
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import * as Result from "effect/Result"

interface Cipher {
  /** `undefined`: the bytes are not the whole blocks of a ciphertext. */
  readonly decrypt: (data: Uint8Array) => Effect.Effect<Uint8Array | undefined>
  readonly encrypt: (data: Uint8Array) => Effect.Effect<Uint8Array>
}

export interface Engine {
  /** Bytes as base64. */
  readonly encode: (bytes: Uint8Array) => string
  /** `undefined`: the text is no base64. */
  readonly decode: (text: string) => Uint8Array | undefined
  /** 16 bytes that nobody can guess. */
  readonly random: () => Uint8Array
  /** In hexadecimal digits. */
  readonly sha1: (text: string) => Effect.Effect<string>
  /** The initialization vector is the beginning of the key: that is how WeChat does it. */
  readonly cipher: (key: Uint8Array) => Cipher
}

const block = 16
const ivOf = (key: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(key.slice(0, block))
const isWhole = (data: Uint8Array): boolean => data.length > 0 && data.length % block === 0

const joined = (...parts: readonly [Uint8Array, Uint8Array]): Uint8Array => {
  const whole = new Uint8Array(parts[0].length + parts[1].length)
  whole.set(parts[0])
  whole.set(parts[1], parts[0].length)
  return whole
}

/** Without padding, whole blocks come out as soon as they are in. */
const whole = (data: Uint8Array, done: Uint8Array, cipher: { readonly final: () => Uint8Array }): Uint8Array =>
  done.length === data.length ? done : joined(done, cipher.final())

/** How many bytes are drawn at once: each draw is a call into the system. */
const pool = 4096

const draw = (fill: (bytes: Uint8Array<ArrayBuffer>) => unknown): (() => Uint8Array) => {
  const bytes = new Uint8Array(pool)
  let at = pool
  return () => {
    if (at === pool) {
      fill(bytes)
      at = 0
    }
    at += block
    return bytes.slice(at - block, at)
  }
}

/** How many bytes a base64 text must hold: a decoder that skips what is none comes to fewer. */
const sizeOf = (text: string): number => (text.length / 4) * 3 - (text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0)

export const native = ({
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  randomFillSync
}: typeof NodeCrypto): Engine => ({
  encode: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64"),
  decode: (text) => {
    const bytes = Buffer.from(text, "base64")
    return bytes.length === sizeOf(text) ? bytes : undefined
  },
  random: draw(randomFillSync),
  sha1: (text) => Effect.sync(() => createHash("sha1").update(text).digest("hex")),
  cipher: (bytes) => {
    const iv = ivOf(bytes)
    // Preparing the key anew for each message costs three times what the message costs.
    const key = createSecretKey(bytes)
    return {
      decrypt: (data) =>
        Effect.sync(() => {
          if (!isWhole(data)) return undefined
          const cipher = createDecipheriv("aes-256-cbc", key, iv).setAutoPadding(false)
          return whole(data, cipher.update(data), cipher)
        }),
      encrypt: (data) =>
        Effect.sync(() => {
          const cipher = createCipheriv("aes-256-cbc", key, iv).setAutoPadding(false)
          return whole(data, cipher.update(data), cipher)
        })
    }
  }
})

const utf8 = new TextEncoder()
const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
const owned = (data: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(data)

export const web: Engine = {
  encode: Base64.encode,
  decode: (text) => Result.getOrUndefined(Base64.decode(text)),
  random: draw((bytes) => crypto.getRandomValues(bytes)),
  sha1: (text) =>
    Effect.map(
      Effect.promise(() => crypto.subtle.digest("SHA-1", utf8.encode(text))),
      (digest) => hex(new Uint8Array(digest))
    ),
  cipher: (key) => {
    const imported = crypto.subtle.importKey("raw", owned(key), "AES-CBC", false, ["encrypt", "decrypt"])
    const algorithm = (iv: Uint8Array) => ({ name: "AES-CBC", iv: owned(iv) })
    const encrypt = (data: Uint8Array, iv: Uint8Array) =>
      Effect.promise(
        async () => new Uint8Array(await crypto.subtle.encrypt(algorithm(iv), await imported, owned(data)))
      )
    return {
      // Web Crypto insists on a padding of its own: encrypting nothing after the last block yields the one that it takes.
      decrypt: (data) =>
        isWhole(data)
          ? Effect.flatMap(encrypt(new Uint8Array(0), data.slice(-block)), (tail) =>
              Effect.promise(
                async () =>
                  new Uint8Array(
                    await crypto.subtle.decrypt(algorithm(ivOf(key)), await imported, owned(joined(data, tail)))
                  )
              )
            )
          : Effect.undefined,
      encrypt: (data) => Effect.map(encrypt(data, ivOf(key)), (sealed) => sealed.slice(0, -block))
    }
  }
}

const builtin = (): typeof NodeCrypto | undefined => {
  const { process }: { process?: { getBuiltinModule?: (name: "node:crypto") => typeof NodeCrypto | undefined } } =
    globalThis
  return process?.getBuiltinModule?.("node:crypto")
}

let found: Engine | undefined

/** The fastest that the runtime has. */
export const best = (): Engine => {
  if (found !== undefined) return found
  const module = builtin()
  return (found = module === undefined ? web : native(module))
}
