/** Texts, bytes and digests, with the WebCrypto that every runtime has. */
import * as Mac from "effect/crypto/Mac"
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import * as Result from "effect/Result"
import * as Redacted from "effect/Redacted"

export type Bytes = Uint8Array<ArrayBuffer>

export const utf8 = (text: string): Bytes => new TextEncoder().encode(text)

/** WebCrypto takes no shared memory, and TypeScript knows. */
export const own = (bytes: Uint8Array): Bytes => new Uint8Array(bytes)

export const hex = (bytes: ArrayBuffer | Uint8Array): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("")

/** The bytes that a base64 text stands for, if it is one. */
export const fromBase64 = (text: string): Bytes | undefined => {
  const decoded = Base64.decode(text)
  return Result.isSuccess(decoded) ? own(decoded.success) : undefined
}

export const random = (size: number): Bytes => crypto.getRandomValues(new Uint8Array(size))

/** Random letters and digits: 128 bits. */
export const nonce = (): string => hex(random(16))

export const sha1 = (message: string): Effect.Effect<string> =>
  Effect.promise(async () => hex(await crypto.subtle.digest("SHA-1", utf8(message))))

/** An HMAC-SHA256 in hexadecimal digits. The key is the text as it is. */
export const hmac = (key: Redacted.Redacted, message: string): Effect.Effect<string> =>
  Effect.promise(async () => {
    const algorithm = { name: "HMAC", hash: "SHA-256" }
    const imported = await crypto.subtle.importKey("raw", utf8(Redacted.value(key)), algorithm, false, ["sign"])
    return hex(await crypto.subtle.sign("HMAC", imported, utf8(message)))
  })

/** Whether two texts are the same, in a time that does not tell where they differ. */
export const same = (a: string, b: string): boolean => Mac.timingSafeEqual(utf8(a), utf8(b))
