/**
 * The algorithms of WeChat's API security mode that every runtime has: AES-256-GCM and RSA-PSS. `Sm` has the Chinese ones.
 *
 * @since 0.1.0
 */
import * as KeyFormat from "effect/crypto/KeyFormat"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Digest from "effect/crypto/Digest"
import * as Signature from "effect/crypto/Signature"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { KeyRefused } from "./Failure.ts"
import * as Bytes from "./internal/bytes.ts"
import * as Der from "./internal/der.ts"

/**
 * What was encrypted, and the 16 bytes by which changes show.
 *
 * @since 0.1.0
 */
export interface Sealed {
  readonly data: Uint8Array
  readonly tag: Uint8Array
}

/**
 * A cipher with its key. `iv` has 12 bytes.
 *
 * @since 0.1.0
 */
export interface Ciphering {
  readonly seal: (iv: Uint8Array, plain: Uint8Array, aad: Uint8Array) => Effect.Effect<Sealed>
  /** `undefined` where something was changed, or the key is another. */
  readonly open: (iv: Uint8Array, sealed: Sealed, aad: Uint8Array) => Effect.Effect<Uint8Array | undefined>
}

/**
 * How contents are encrypted.
 *
 * @since 0.1.0
 */
export interface Cipher {
  readonly name: string
  /** Fails with `KeyRefused` unless the key is base64 of the right length. */
  readonly make: (key: Redacted.Redacted) => Effect.Effect<Ciphering, KeyRefused>
}

/**
 * How calls are signed and answers verified. `sn` is the number of the key or certificate in the console.
 *
 * @since 0.1.0
 */
export interface Signing {
  readonly name: string
  readonly signer: (
    privateKey: Redacted.Redacted,
    sn: string
  ) => Effect.Effect<(message: Uint8Array) => Effect.Effect<Uint8Array>, KeyRefused>
  readonly verifier: (
    certificate: string,
    sn: string
  ) => Effect.Effect<(message: Uint8Array, signature: Uint8Array) => Effect.Effect<boolean>, KeyRefused>
}

const tagSize = 16

/**
 * AES-256-GCM.
 *
 * @since 0.1.0
 */
export const aes256Gcm: Cipher = {
  name: "AES256_GCM",
  make: Effect.fnUntraced(function* (key) {
    const bytes = Bytes.fromBase64(Redacted.value(key))
    if (bytes?.length !== 32) {
      return yield* new KeyRefused({ what: "the symmetric key", expected: "32 bytes, as base64, for AES256_GCM" })
    }
    const imported = yield* Effect.promise(() =>
      crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"])
    )
    const algorithm = (iv: Uint8Array, aad: Uint8Array) => ({
      name: "AES-GCM",
      iv: Bytes.own(iv),
      additionalData: Bytes.own(aad)
    })
    return {
      seal: (iv, plain, aad) =>
        Effect.promise(async () => {
          const all = new Uint8Array(await crypto.subtle.encrypt(algorithm(iv, aad), imported, Bytes.own(plain)))
          return { data: all.slice(0, -tagSize), tag: all.slice(-tagSize) }
        }),
      open: (iv, { data, tag }, aad) =>
        Effect.tryPromise(async () => {
          const all = new Uint8Array([...data, ...tag])
          return new Uint8Array(await crypto.subtle.decrypt(algorithm(iv, aad), imported, all))
        }).pipe(Effect.orElseSucceed(() => undefined))
    }
  })
}

const rsa = Layer.provide(Signature.layerWebCrypto, SecureRandom.layerWebCrypto)

const pss = (saltLength: number) => Signature.rsaPss({ hash: Digest.sha256, modulusLength: 2048, saltLength })

const badPrivateKey = new KeyRefused({
  what: "the private key",
  expected: "an RSA key in PEM: BEGIN PRIVATE KEY or BEGIN RSA PRIVATE KEY"
})

const badCertificate = new KeyRefused({
  what: "WeChat's certificate",
  expected: "a certificate of an RSA key in PEM: BEGIN CERTIFICATE"
})

/**
 * RSA-PSS with SHA-256 and a salt of 32 bytes, which the console calls RSAwithSHA256.
 *
 * @since 0.1.0
 */
export const rsaPss: Signing = {
  name: "RSAwithSHA256",
  signer: Effect.fnUntraced(function* (privateKey) {
    const { sign } = yield* Signature.Signature
    const text = Redacted.value(privateKey)
    const format = Der.pem(text)?.label === "RSA PRIVATE KEY" ? KeyFormat.pkcs1 : KeyFormat.pkcs8
    const key = yield* Effect.mapError(
      KeyFormat.decodePrivate(KeyFormat.pem(format), pss(32), text),
      () => badPrivateKey
    )
    return (message: Uint8Array) => Effect.orDie(sign(key, message))
  }, Effect.provide(rsa)),
  verifier: Effect.fnUntraced(function* (certificate) {
    const { verify } = yield* Signature.Signature
    const spki = Der.publicKey(certificate)
    if (spki === undefined) return yield* badCertificate
    const key = yield* Effect.mapError(KeyFormat.decodePublic(KeyFormat.spki, pss(32), spki), () => badCertificate)
    return (message: Uint8Array, signature: Uint8Array) =>
      Effect.orElseSucceed(verify(key, signature, message), () => false)
  }, Effect.provide(rsa))
}
