/**
 * As much of DER as keys and certificates need. WebCrypto reads neither certificates nor SM2 keys, and what remains of a
 * library for them would be this.
 */
import * as Bytes from "./bytes.ts"

export interface Element {
  readonly tag: number
  readonly content: Bytes.Bytes
  /** With tag and length. */
  readonly whole: Bytes.Bytes
}

export const sequenceTag = 0x30
export const integerTag = 0x02
export const bitsTag = 0x03
export const octetsTag = 0x04
export const oidTag = 0x06
/** `[0]`, in front of a certificate's version. */
const versionTag = 0xa0

/** The length of an element and where its content begins: lengths in their shortest form only, up to three bytes. */
const lengthAt = (bytes: Bytes.Bytes, at: number): readonly [length: number, start: number] | undefined => {
  const first = bytes[at]
  if (first === undefined) return undefined
  if (first < 0x80) return [first, at + 1]
  const size = first & 0x7f
  if (size === 0 || size > 3 || at + 1 + size > bytes.length) return undefined
  const length = bytes.slice(at + 1, at + 1 + size).reduce((sum, byte) => sum * 256 + byte, 0)
  return length < 0x80 || length < 256 ** (size - 1) ? undefined : [length, at + 1 + size]
}

/** The elements that stand one after another in some bytes; `undefined` where the bytes are not made of elements. */
export const elements = (bytes: Bytes.Bytes): ReadonlyArray<Element> | undefined => {
  const found: Array<Element> = []
  let at = 0
  while (at < bytes.length) {
    const tag = bytes[at] ?? 0
    const [length, start] = lengthAt(bytes, at + 1) ?? [Number.NaN, 0]
    const end = start + length
    if (!(end <= bytes.length)) return undefined
    found.push({ tag, content: bytes.slice(start, end), whole: bytes.slice(at, end) })
    at = end
  }
  return found
}

/** The elements of the one sequence that the bytes are. */
export const sequence = (bytes: Bytes.Bytes): ReadonlyArray<Element> | undefined => {
  const [only, ...rest] = elements(bytes) ?? []
  return only?.tag === sequenceTag && rest.length === 0 ? elements(only.content) : undefined
}

const lengthOf = (size: number): ReadonlyArray<number> =>
  size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff]

export const element = (tag: number, content: ReadonlyArray<number>): ReadonlyArray<number> => [
  tag,
  ...lengthOf(content.length),
  ...content
]

/** The bytes of a PEM text, and what it says they are. */
export const pem = (text: string): { readonly label: string; readonly bytes: Bytes.Bytes } | undefined => {
  const [, label = "", body = ""] = /-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]+)-----END \1-----/.exec(text) ?? []
  const bytes = body === "" ? undefined : Bytes.fromBase64(body.replaceAll(/\s/g, ""))
  return bytes === undefined ? undefined : { label, bytes }
}

/** The public key in a certificate, as SubjectPublicKeyInfo. */
const keyOf = (certificate: Bytes.Bytes): Bytes.Bytes | undefined => {
  const [signed] = sequence(certificate) ?? []
  const fields = signed?.tag === sequenceTag ? elements(signed.content) : undefined
  // Version, serial number, algorithm, issuer, validity, subject, key: the first may be left out.
  return fields?.[fields[0]?.tag === versionTag ? 6 : 5]?.whole
}

/** The public key, as SubjectPublicKeyInfo, of a PEM certificate or a PEM public key. */
export const publicKey = (text: string): Bytes.Bytes | undefined => {
  const found = pem(text)
  if (found?.label === "PUBLIC KEY") return found.bytes
  return found?.label === "CERTIFICATE" ? keyOf(found.bytes) : undefined
}
