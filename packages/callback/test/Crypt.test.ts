import { assert, describe, it } from "@effect/vitest"
import * as Crypt from "@wechat/callback/Crypt"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Crypto from "node:crypto"
import { native, web } from "../src/internal/engine.ts"
import vectors from "./vectors.json" with { type: "json" }

const aesKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
const appid = "wx00000000000000aa"
const settings = { appid, token: Redacted.make("tok"), aesKey: Redacted.make(aesKey) }

const keyOf = (aesKey: string) => new Uint8Array(Buffer.from(`${aesKey}=`, "base64"))

/** A plaintext as whoever has the key could make it. */
const sealed = (plain: Uint8Array) => {
  const key = keyOf(aesKey)
  const cipher = Crypto.createCipheriv("aes-256-cbc", key, key.subarray(0, 16)).setAutoPadding(false)
  return Buffer.concat([cipher.update(plain), cipher.final()]).toString("base64")
}

for (const [name, engine] of [
  ["node:crypto", native(Crypto)],
  ["Web Crypto", web]
] as const) {
  describe(name, () => {
    const make = Crypt.over(engine, settings)
    const only = Effect.map(make, ({ boxes }) => boxes[0] ?? assert.fail("no box"))

    for (const { name, parts, signature, token } of vectors.signatures) {
      it.effect(`signs as published: ${name}`, () =>
        Effect.gen(function* () {
          const crypt = yield* Crypt.over(engine, { ...settings, token: Redacted.make(token) })
          assert.strictEqual(yield* crypt.sign(parts), signature)
          assert.isTrue(yield* crypt.signs(signature, parts))
          assert.isFalse(yield* crypt.signs(signature.toUpperCase(), parts))
          assert.isFalse(yield* crypt.signs(signature.slice(1), parts))
        })
      )
    }

    for (const { aesKey, appid, encrypt, message, name, random } of vectors.messages) {
      it.effect(`opens and seals as published: ${name}`, () =>
        Effect.gen(function* () {
          const { open, seal } = Crypt.box({ ...engine, random: () => Buffer.from(random ?? "") }, keyOf(aesKey))
          assert.strictEqual(yield* open(appid, encrypt), message)
          if (random !== undefined) assert.strictEqual(yield* seal(appid, message), encrypt)
        })
      )
    }

    it.effect("opens what it seals, at every length of padding", () =>
      Effect.gen(function* () {
        const { open, seal } = yield* only
        for (let length = 0; length <= 70; length++) {
          const message = "汉x😀"
            .repeat(30)
            .slice(0, length)
            .replace(/\p{Surrogate}/u, "")
          const text = yield* seal(appid, message)
          assert.strictEqual(Buffer.from(text, "base64").length % 32, 0)
          assert.strictEqual(yield* open(appid, text), message)
        }
      })
    )

    it.effect("refuses what is damaged, for another receiver, or no text, and says nothing of the content", () =>
      Effect.gen(function* () {
        const { open, seal } = yield* only
        const good = yield* seal(appid, "a secret message")
        const bytes = Buffer.from(good, "base64")
        const pad = (bytes: Buffer) =>
          Buffer.concat([bytes, Buffer.alloc(32 - (bytes.length % 32), 32 - (bytes.length % 32))])
        const message = (body: Buffer, length: number) => {
          const head = Buffer.alloc(20)
          head.writeUInt32BE(length, 16)
          return sealed(pad(Buffer.concat([head, body, Buffer.from(appid)])))
        }
        const bad = [
          "",
          "!",
          good.slice(4),
          bytes.subarray(0, -1).toString("base64"),
          bytes.subarray(0, 32).toString("base64"),
          Buffer.from(bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte))).toString("base64"),
          sealed(Buffer.alloc(32, 33)),
          sealed(Buffer.alloc(32, 0)),
          sealed(Buffer.alloc(32, 32)),
          message(Buffer.from("hi"), 3),
          message(Buffer.from("hi"), 0xffffffff),
          message(Buffer.from([0xff, 0xfe]), 2),
          message(Buffer.from("hi"), 1)
        ]
        for (const text of bad) {
          const error = yield* Effect.flip(open(appid, text))
          assert.notInclude(JSON.stringify(error) + String(error.stack), "secret")
        }
        assert.match((yield* Effect.flip(open("wx00000000000000bb", good))).message, /another receiver/)
      })
    )
  })
}
