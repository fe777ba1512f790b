import { assert, describe, it } from "@effect/vitest"
import * as Reply from "@wechat/callback/Reply"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import * as Crypto from "node:crypto"
import * as Crypt from "../src/Crypt.ts"
import * as World from "./world.ts"

const { aesKey, appid, event, on, own, serve, text, token, wechat } = World

/** Random numbers that are the same in every run. */
const generator = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const random = generator(11)
const pick = <A>(values: ReadonlyArray<A>): A => values[random(values.length)] as A
const between = (text: string, at: number, length: number, piece: string): string =>
  text.slice(0, at) + piece + text.slice(at + length)

const pieces = [
  "",
  "\0",
  "\u0001",
  "<",
  ">",
  "]]>",
  "<![CDATA[",
  "&amp;",
  "&x;",
  "<!DOCTYPE x>",
  "<a>".repeat(40),
  "{",
  "}",
  "[".repeat(100),
  '"',
  "\\u0000",
  "\\ud800",
  "汉",
  "😀",
  "1e999",
  "<__proto__>1</__proto__>",
  '"__proto__":{},',
  "<xml>",
  "</xml>",
  "<MsgType>event</MsgType>",
  "null"
]
const mutated = (text: string): string => between(text, random(text.length + 1), random(8), pick(pieces))

/** What the user said: it must not come back anywhere. */
const secret = "the-user-said-this"

const key = new Uint8Array(Buffer.from(`${aesKey}=`, "base64"))
const sign = (...parts: ReadonlyArray<string>) =>
  Crypto.createHash("sha1")
    .update([token, ...parts].toSorted().join(""))
    .digest("hex")

/** A push with a valid signature over whatever it holds, so that mutations get behind the door. */
const signed = (Encrypt: string, json: boolean, url = new URL("http://callback.invalid/")): Request => {
  url.searchParams.set("timestamp", "0")
  url.searchParams.set("nonce", String(random(1e9)))
  url.searchParams.set("msg_signature", sign("0", url.searchParams.get("nonce") ?? "", Encrypt))
  const body = json ? JSON.stringify({ Encrypt }) : `<xml><Encrypt><![CDATA[${Encrypt}]]></Encrypt></xml>`
  return new Request(url, { method: "POST", body })
}

const { decrypt, encrypt } = (() => {
  const iv = key.subarray(0, 16)
  const whole = (cipher: Crypto.Cipheriv | Crypto.Decipheriv, data: Uint8Array) =>
    Buffer.concat([cipher.setAutoPadding(false).update(data), cipher.final()])
  return {
    decrypt: (data: Uint8Array) => whole(Crypto.createDecipheriv("aes-256-cbc", key, iv), data),
    encrypt: (data: Uint8Array) => whole(Crypto.createCipheriv("aes-256-cbc", key, iv), data)
  }
})()

const flipped = (bytes: Buffer): Buffer => {
  const copy = Buffer.from(bytes)
  for (let times = random(4) + 1; times > 0; times--) copy[random(copy.length)] = random(256)
  return copy
}

const rounds = Number(process.env["FUZZ_ROUNDS"] ?? 2000)

describe("a damaged push", () => {
  it.live(
    `of ${rounds}: each is refused or answered, and none brings the server down or is quoted`,
    () =>
      Effect.gen(function* () {
        const handler = on({
          text: ({ Content }) => Effect.succeed(Reply.text(Content.length > 3 ? "long" : "short")),
          unknown: () => Effect.void
        })
        const { to } = yield* serve({ receivers: own, handler, window: false })
        const crypt = yield* Crypt.make({ appid, token: Redacted.make(token), aesKey: Redacted.make(aesKey) })
        const { seal } = crypt.boxes[0] ?? assert.fail("no key")
        const statuses = new Map<number, number>()
        for (let round = 0; round < rounds; round++) {
          const format = pick(["xml", "json"] as const)
          const fields = pick([
            text(secret),
            event("subscribe", { EventKey: secret, List: { item: [secret, { a: secret }] } })
          ])
          const good = yield* wechat(to, { format, seed: round }).request(fields)
          const body = yield* Effect.promise(() => good.clone().text())
          const sealed = /Encrypt[^A-Za-z0-9+/]+(?:CDATA\[)?([A-Za-z0-9+/=]{40,})/.exec(body)?.[1] ?? ""
          const bytes = Buffer.from(sealed, "base64")
          const clear = decrypt(bytes)
          const message = clear.toString("utf8", 20, 20 + clear.readUInt32BE(16))
          const request = yield* pick([
            Effect.succeed(new Request(good.url, { method: "POST", body: mutated(mutated(body)) })),
            Effect.succeed(new Request(good.url, { method: "POST", body: flipped(Buffer.from(body)) })),
            Effect.succeed(
              new Request(mutated(good.url).replace(/^[^?]*/, "http://callback.invalid/"), { method: "POST", body })
            ),
            Effect.succeed(signed(mutated(sealed), format === "json")),
            Effect.succeed(signed(flipped(bytes).toString("base64"), format === "json")),
            Effect.succeed(signed(encrypt(flipped(clear)).toString("base64"), format === "json")),
            Effect.map(seal(appid, mutated(mutated(message))), (text) => signed(text, format === "json")),
            Effect.map(seal(mutated(appid), message), (text) => signed(text, format === "json"))
          ])
          const response = yield* Effect.promise(() => to(request))
          const answer = yield* Effect.promise(() => response.text())
          statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
          assert.include([200, 400, 401, 413], response.status)
          if (response.status !== 200) assert.strictEqual(answer, "")
          assert.notInclude(answer, secret)
        }
        assert.isAbove(statuses.get(200) ?? 0, rounds / 100)
        assert.isAbove(statuses.get(400) ?? 0, rounds / 20)
        assert.isAbove(statuses.get(401) ?? 0, rounds / 4)
      }).pipe(Effect.provideService(References.MinimumLogLevel, "None")),
    300_000
  )
})
