import { assert, describe, it } from "@effect/vitest"
import * as Sm from "@wechat/web/Sm"
import * as Suite from "@wechat/web/Suite"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { openssl, security, sm2, sm4 } from "./vectors.ts"

const utf8 = (text: string) => new TextEncoder().encode(text)
const base64 = (text: string) => new Uint8Array(Buffer.from(text, "base64"))
const hex = (text: string) => new Uint8Array(Buffer.from(text, "hex"))
const { asymmetric, certificate, request, response, symmetric } = security

const aad = (timestamp: number) => utf8(`${security.url}|${security.appid}|${timestamp}|${symmetric.sn}`)
const message = ({ body, timestamp }: { readonly body: string; readonly timestamp: number }) =>
  utf8(`${security.url}\n${security.appid}\n${timestamp}\n${body}`)
const parts = (body: string) => {
  const { authtag, data, iv }: Record<"iv" | "data" | "authtag", string> = JSON.parse(body)
  return { iv: base64(iv), data: base64(data), tag: base64(authtag) }
}

describe("AES256_GCM", () => {
  it.effect("encrypts as WeChat's own example does", () =>
    Effect.gen(function* () {
      const cipher = yield* Suite.aes256Gcm.make(Redacted.make(symmetric.key))
      const { data, iv, tag } = parts(request.body)
      const sealed = yield* cipher.seal(iv, utf8(request.plaintext), aad(request.timestamp))
      assert.deepStrictEqual(sealed, { data, tag })
    })
  )

  it.effect("decrypts the answer, and nothing that was changed", () =>
    Effect.gen(function* () {
      const cipher = yield* Suite.aes256Gcm.make(Redacted.make(symmetric.key))
      const { data, iv, tag } = parts(response.body)
      const plain = yield* cipher.open(iv, { data, tag }, aad(response.timestamp))
      assert.strictEqual(new TextDecoder().decode(plain), response.plaintext)
      assert.isUndefined(yield* cipher.open(iv, { data, tag }, aad(response.timestamp + 1)))
      assert.isUndefined(yield* cipher.open(iv, { data: data.slice(1), tag }, aad(response.timestamp)))
    })
  )

  it.effect("takes 32 bytes for a key, and shows none of them", () =>
    Effect.gen(function* () {
      for (const wrong of ["c2hvcnQ=", "not base64!", "AAAAAAAAAAAAAAAAAAAAAA=="]) {
        const error = yield* Effect.flip(Suite.aes256Gcm.make(Redacted.make(wrong)))
        assert.strictEqual(error.message, "the symmetric key has to be 32 bytes, as base64, for AES256_GCM")
      }
    })
  )
})

describe("RSAwithSHA256", () => {
  it.effect("verifies WeChat's own examples: the answer by its certificate, the request by its key", () =>
    Effect.gen(function* () {
      for (const [pem, signed] of [
        [certificate.pem, response],
        [asymmetric.publicKey, request]
      ] as const) {
        const verify = yield* Suite.rsaPss.verifier(pem, "")
        assert.isTrue(yield* verify(message(signed), base64(signed.signature)))
        assert.isFalse(yield* verify(message({ ...signed, timestamp: 1 }), base64(signed.signature)))
        assert.isFalse(yield* verify(message(signed), base64(signed.signature).slice(1)))
      }
    })
  )

  it.effect("signs with the key of WeChat's own example, in either form of PEM", () =>
    Effect.gen(function* () {
      const { createPrivateKey } = yield* Effect.promise(() => import("node:crypto"))
      const pkcs8 = createPrivateKey(asymmetric.privateKey).export({ type: "pkcs8", format: "pem" }).toString()
      const verify = yield* Suite.rsaPss.verifier(asymmetric.publicKey, "")
      for (const key of [asymmetric.privateKey, pkcs8]) {
        const sign = yield* Suite.rsaPss.signer(Redacted.make(key), asymmetric.sn)
        assert.isTrue(yield* verify(utf8("m"), yield* sign(utf8("m"))))
      }
    })
  )

  it.effect("refuses what is no such key", () =>
    Effect.gen(function* () {
      for (const wrong of ["", openssl.pkcs8, asymmetric.publicKey, asymmetric.privateKey.slice(0, 200)]) {
        const error = yield* Effect.flip(Suite.rsaPss.signer(Redacted.make(wrong), ""))
        assert.include(error.message, "the private key has to be an RSA key in PEM")
      }
      for (const wrong of ["", openssl.certificate, certificate.pem.replace("MII", "MIJ"), asymmetric.privateKey]) {
        const error = yield* Effect.flip(Suite.rsaPss.verifier(wrong, ""))
        assert.include(error.message, "WeChat's certificate has to be")
      }
    })
  )
})

describe("SM4_GCM", () => {
  it.effect("encrypts and decrypts as RFC 8998 does, and nothing that was changed", () =>
    Effect.gen(function* () {
      const cipher = yield* Sm.sm4Gcm.make(Redacted.make(Buffer.from(sm4.key, "hex").toString("base64")))
      const sealed = yield* cipher.seal(hex(sm4.iv), hex(sm4.plaintext), hex(sm4.aad))
      assert.deepStrictEqual(sealed, { data: hex(sm4.data), tag: hex(sm4.tag) })
      assert.deepStrictEqual(yield* cipher.open(hex(sm4.iv), sealed, hex(sm4.aad)), hex(sm4.plaintext))
      const changed = [
        { ...sealed, data: sealed.data.with(0, 0) },
        { ...sealed, tag: sealed.tag.with(15, 0) },
        { ...sealed, tag: sealed.tag.slice(0, 4) },
        { ...sealed, tag: new Uint8Array() }
      ]
      for (const one of changed) assert.isUndefined(yield* cipher.open(hex(sm4.iv), one, hex(sm4.aad)))
      assert.isUndefined(yield* cipher.open(hex(sm4.iv), sealed, hex("00")))
    })
  )

  it.effect("takes 16 bytes for a key", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Sm.sm4Gcm.make(Redacted.make(symmetric.key)))
      assert.strictEqual(error.message, "the symmetric key has to be 16 bytes, as base64, for SM4_GCM")
    })
  )
})

/** A public key in PEM from a point. */
const publicKey = (point: string) => {
  const spki = Buffer.concat([hex("3059301306072a8648ce3d020106082a811ccf5501822d034200"), hex(point)])
  return `-----BEGIN PUBLIC KEY-----\n${spki.toString("base64")}\n-----END PUBLIC KEY-----\n`
}

describe("SM2withSM3", () => {
  it.effect("verifies the example of the standard, and no other signature", () =>
    Effect.gen(function* () {
      const verify = yield* Sm.sm2Sm3.verifier(publicKey(sm2.point), sm2.id)
      const good = hex(sm2.r + sm2.s)
      assert.isTrue(yield* verify(utf8(sm2.message), good))
      const order = "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123"
      const zero = "00".repeat(32)
      for (const wrong of [
        good.with(0, 0),
        hex(sm2.s + sm2.r),
        hex(zero + zero),
        hex(sm2.r + zero),
        hex(zero + sm2.s),
        hex(order + sm2.s),
        hex(sm2.r + order),
        good.slice(1),
        new Uint8Array()
      ]) {
        assert.isFalse(yield* verify(utf8(sm2.message), wrong))
      }
      assert.isFalse(yield* verify(utf8("message"), good))
      const other = yield* Sm.sm2Sm3.verifier(publicKey(sm2.point), "another number")
      assert.isFalse(yield* other(utf8(sm2.message), good))
    })
  )

  it.effect("verifies what OpenSSL signed, by a certificate and its number", () =>
    Effect.gen(function* () {
      const verify = yield* Sm.sm2Sm3.verifier(openssl.certificate, openssl.sn)
      assert.isTrue(yield* verify(utf8(openssl.message), base64(openssl.signature)))
      assert.isFalse(yield* verify(utf8(openssl.message), Uint8Array.from([...base64(openssl.signature), 0])))
    })
  )

  it.effect("signs so that its own certificate verifies, with either form of PEM", () =>
    Effect.gen(function* () {
      const verify = yield* Sm.sm2Sm3.verifier(openssl.certificate, openssl.sn)
      for (const key of [openssl.pkcs8, openssl.sec1]) {
        const sign = yield* Sm.sm2Sm3.signer(Redacted.make(key), openssl.sn)
        const signatures = yield* Effect.forEach([1, 2, 3], () => sign(utf8("一 message")))
        for (const one of signatures) assert.isTrue(yield* verify(utf8("一 message"), one))
        assert.strictEqual(new Set(signatures.map((one) => Buffer.from(one).toString("hex"))).size, 3)
      }
    })
  )

  it.effect("refuses what is no such key", () =>
    Effect.gen(function* () {
      for (const wrong of ["", asymmetric.privateKey, openssl.certificate, openssl.pkcs8.replaceAll("Y", "Z")]) {
        const error = yield* Effect.flip(Sm.sm2Sm3.signer(Redacted.make(wrong), ""))
        assert.include(error.message, "the private key has to be an SM2 key in PEM")
      }
      const offCurve = publicKey(`${sm2.point.slice(0, -2)}14`)
      for (const wrong of ["", certificate.pem, offCurve, openssl.certificate.slice(0, 300)]) {
        const error = yield* Effect.flip(Sm.sm2Sm3.verifier(wrong, ""))
        assert.include(error.message, "WeChat's certificate has to be")
      }
    })
  )
})
