/** Signatures over what is sent, with the WebCrypto that every runtime has. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

const utf8 = new TextEncoder()

const hex = (bytes: ArrayBuffer): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("")

/** HMAC-SHA256, in lower-case hexadecimal digits. */
export const hmacSha256 = (key: Redacted.Redacted, message: string): Effect.Effect<string> =>
  Effect.promise(async () => {
    const algorithm = { name: "HMAC", hash: "SHA-256" }
    const secret = await crypto.subtle.importKey("raw", utf8.encode(Redacted.value(key)), algorithm, false, ["sign"])
    return hex(await crypto.subtle.sign(algorithm, secret, utf8.encode(message)))
  })

/** SHA-1, in lower-case hexadecimal digits. */
export const sha1 = (message: string): Effect.Effect<string> =>
  Effect.promise(async () => hex(await crypto.subtle.digest("SHA-1", utf8.encode(message))))
