/**
 * The Chinese algorithms of WeChat's API security mode: SM4-GCM, and SM2 with SM3. Only programs that import this module load
 * the library behind them.
 *
 * They run in JavaScript and look things up in tables, so they do not hide their keys from somebody who measures time on the
 * same machine. Where the console leaves the choice, take the algorithms of `Suite`.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { sm2, sm4 } from "sm-crypto-v2"
import { KeyRefused } from "./Failure.ts"
import * as Bytes from "./internal/bytes.ts"
import * as Der from "./internal/der.ts"
import type { Cipher, Signing } from "./Suite.ts"

const keySize = 16
const ivSize = 12
const tagSize = 16

/**
 * SM4-GCM.
 *
 * @since 0.1.0
 */
export const sm4Gcm: Cipher = {
  name: "SM4_GCM",
  make: Effect.fnUntraced(function* (key) {
    const secret = Bytes.fromBase64(Redacted.value(key))
    if (secret?.length !== keySize) {
      return yield* new KeyRefused({ what: "the symmetric key", expected: `${keySize} bytes, as base64, for SM4_GCM` })
    }
    const options = (iv: Uint8Array, associatedData: Uint8Array) => ({
      mode: "gcm" as const,
      output: "array" as const,
      iv,
      associatedData
    })
    return {
      seal: (iv, plain, aad) =>
        Effect.sync(() => {
          const { output, tag } = sm4.encrypt(plain, secret, { ...options(iv, aad), outputTag: true })
          return { data: output, tag: tag ?? new Uint8Array() }
        }),
      open: (iv, { data, tag }, aad) =>
        iv.length !== ivSize || tag.length !== tagSize
          ? Effect.undefined
          : Effect.try({
              try: () => sm4.decrypt(data, secret, { ...options(iv, aad), tag }),
              catch: () => undefined
            }).pipe(Effect.orElseSucceed(() => undefined))
    }
  })
}

/** The order of SM2's group: keys and both halves of a signature lie between 0 and it. */
const order = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n

/** 1.2.156.10197.1.301, the curve. */
const curve = "2a811ccf5501822d"

const inRange = (number: bigint): boolean => number > 0n && number < order

const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x0${Bytes.hex(bytes)}`)

const padded = (number: bigint): string => number.toString(16).padStart(64, "0")

const isSm2 = (algorithm: Der.Element | undefined): boolean => {
  const parts = algorithm === undefined ? [] : (Der.elements(algorithm.content) ?? [])
  return parts.some(({ content, tag }) => tag === Der.oidTag && Bytes.hex(content) === curve)
}

/** The number in an EC private key (SEC1). */
const ofSec1 = (bytes: Bytes.Bytes): string | undefined => {
  const secret = Der.sequence(bytes)?.[1]
  if (secret?.tag !== Der.octetsTag || secret.content.length !== 32) return undefined
  const number = numberOf(secret.content)
  // The last number has no signature: it would divide by zero.
  return inRange(number) && number !== order - 1n ? Bytes.hex(secret.content) : undefined
}

const privateKeyOf = (text: string): string | undefined => {
  const found = Der.pem(text)
  if (found?.label === "EC PRIVATE KEY") return ofSec1(found.bytes)
  const [, algorithm, inner] = (found?.label === "PRIVATE KEY" ? Der.sequence(found.bytes) : undefined) ?? []
  return isSm2(algorithm) && inner?.tag === Der.octetsTag ? ofSec1(inner.content) : undefined
}

/** The library throws at points that are not on the curve. */
const holds = (test: () => boolean): boolean => {
  try {
    return test()
  } catch {
    return false
  }
}

/** An uncompressed point of the curve, in hexadecimal digits. */
const publicKeyOf = (text: string): string | undefined => {
  const spki = Der.publicKey(text)
  const [algorithm, bits] = (spki === undefined ? undefined : Der.sequence(spki)) ?? []
  if (!isSm2(algorithm) || bits?.tag !== Der.bitsTag) return undefined
  const point = Bytes.hex(bits.content.slice(1))
  return /^04[0-9a-f]{128}$/.test(point) && holds(() => sm2.verifyPublicKey(point)) ? point : undefined
}

const integer = (number: bigint): ReadonlyArray<number> => {
  const digits = number.toString(16)
  const bytes = Array.from((digits.length % 2 === 0 ? digits : `0${digits}`).matchAll(/../g), ([byte]) =>
    Number.parseInt(byte, 16)
  )
  return Der.element(Der.integerTag, (bytes[0] ?? 0) < 0x80 ? bytes : [0, ...bytes])
}

const halves = (signature: string) => [BigInt(`0x${signature.slice(0, 64)}`), BigInt(`0x${signature.slice(64)}`)]

/** Both halves of a signature, in DER or one after the other, if it can be one. */
const read = (signature: Uint8Array): string | undefined => {
  const parts = Der.sequence(Bytes.own(signature))
  const isDer = parts?.length === 2 && parts.every(({ tag }) => tag === Der.integerTag)
  const numbers = isDer
    ? parts.map(({ content }) => numberOf(content))
    : signature.length === 64
      ? halves(Bytes.hex(signature))
      : []
  return numbers.length === 2 && numbers.every(inRange) ? numbers.map(padded).join("") : undefined
}

/**
 * SM2 with SM3. The number of the key, or of the certificate, is the user id of the signature; signatures are DER.
 *
 * @since 0.1.0
 */
export const sm2Sm3: Signing = {
  name: "SM2withSM3",
  signer: Effect.fnUntraced(function* (privateKey, sn) {
    const key = privateKeyOf(Redacted.value(privateKey))
    if (key === undefined) {
      return yield* new KeyRefused({
        what: "the private key",
        expected: "an SM2 key in PEM: BEGIN PRIVATE KEY or BEGIN EC PRIVATE KEY"
      })
    }
    const publicKey = sm2.getPublicKeyFromPrivateKey(key)
    return (message: Uint8Array) =>
      Effect.sync(() => {
        const numbers = halves(sm2.doSignature(message, key, { hash: true, publicKey, userId: sn }))
        return new Uint8Array(Der.element(Der.sequenceTag, numbers.flatMap(integer)))
      })
  }),
  verifier: Effect.fnUntraced(function* (certificate, sn) {
    const publicKey = publicKeyOf(certificate)
    if (publicKey === undefined) {
      return yield* new KeyRefused({
        what: "WeChat's certificate",
        expected: "a certificate of an SM2 key in PEM: BEGIN CERTIFICATE"
      })
    }
    return (message: Uint8Array, signature: Uint8Array) =>
      Effect.sync(() => {
        const numbers = read(signature)
        const options = { hash: true, userId: sn }
        return numbers !== undefined && holds(() => sm2.doVerifySignature(message, numbers, publicKey, options))
      })
  })
}
