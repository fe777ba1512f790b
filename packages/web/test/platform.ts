/** WeChat's side of the API security mode: it checks what arrives, and answers as it would. */
import { TokenStore } from "@wechat/core/TokenStore"
import * as Token from "@wechat/core/Token"
import type * as Suite from "@wechat/web/Suite"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { security } from "./vectors.ts"

export const { appid } = security
export const certificate = "platform-certificate-number"

const utf8 = (text: string) => new TextEncoder().encode(text)
const base64 = (text: unknown) => new Uint8Array(Buffer.from(String(text), "base64"))
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64")

/** What of an answer is not as it should be. */
export interface Wrong {
  readonly plain?: object
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** Changes the body after it was signed. */
  readonly change?: (body: string) => string
  readonly fields?: object
  /** Seconds that the answer is old. */
  readonly age?: number
  /** Signed by a new certificate first, and by the old one as well. */
  readonly isRotating?: boolean
}

export interface Keys {
  readonly cipher: Suite.Cipher
  readonly signing: Suite.Signing
  readonly symmetric: { readonly sn: string; readonly key: string }
  /** One's own, whose public half the console has. */
  readonly publicKey: string
  readonly sn: string
  /** WeChat's. */
  readonly privateKey: string
}

interface Seen {
  readonly method: string
  readonly url: URL
  readonly body: string
  readonly fields: Readonly<Record<string, unknown>>
}

const make = Effect.fnUntraced(function* (keys: Keys) {
  const cipher = yield* keys.cipher.make(Redacted.make(keys.symmetric.key))
  const verify = yield* keys.signing.verifier(keys.publicKey, keys.sn)
  const sign = yield* keys.signing.signer(Redacted.make(keys.privateKey), certificate)
  const aad = (url: string, timestamp: unknown) => utf8(`${url}|${appid}|${String(timestamp)}|${keys.symmetric.sn}`)
  const message = (url: string, timestamp: unknown, body: string) =>
    utf8(`${url}\n${appid}\n${String(timestamp)}\n${body}`)

  const read = Effect.fnUntraced(function* (url: string, headers: Readonly<Record<string, string>>, body: string) {
    const timestamp = headers["wechatmp-timestamp"]
    const { authtag, data, iv }: Record<string, unknown> = JSON.parse(body)
    const isSigned = yield* verify(message(url, timestamp, body), base64(headers["wechatmp-signature"]))
    const plain = yield* cipher.open(base64(iv), { data: base64(data), tag: base64(authtag) }, aad(url, timestamp))
    const fields: Record<string, unknown> = JSON.parse(new TextDecoder().decode(plain) || "{}")
    const isMine = headers["wechatmp-appid"] === appid && fields["_appid"] === appid
    if (!isSigned || !isMine || String(fields["_timestamp"]) !== timestamp) return undefined
    return fields
  })

  const write = Effect.fnUntraced(function* (url: string, answer: object, wrong: Wrong) {
    const timestamp = Math.floor((yield* Clock.currentTimeMillis) / 1000) - (wrong.age ?? 0)
    const plain = { _n: "n", _appid: appid, _timestamp: timestamp, ...answer, ...wrong.fields }
    const iv = new Uint8Array(12).fill(7)
    const { data, tag } = yield* cipher.seal(iv, utf8(JSON.stringify(plain)), aad(url, timestamp))
    const body = JSON.stringify({ iv: text(iv), data: text(data), authtag: text(tag) })
    const signature = text(yield* sign(message(url, timestamp, body)))
    const named = wrong.isRotating
      ? {
          "Wechatmp-Serial": "the-next-certificate",
          "Wechatmp-Signature": "AAAA",
          "Wechatmp-Serial-Deprecated": certificate,
          "Wechatmp-Signature-Deprecated": signature
        }
      : { "Wechatmp-Serial": certificate, "Wechatmp-Signature": signature }
    const headers = Object.entries({
      "Wechatmp-AppId": appid,
      "Wechatmp-TimeStamp": String(timestamp),
      ...named,
      ...wrong.headers
    }).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as [string, string]]))
    return new Response(wrong.change?.(body) ?? body, { headers })
  })
  return { read, write }
})

/** Answers calls, each in its turn with what is wrong; the last one for ever. */
export const platform = (keys: Keys, answer: object, ...wrongs: ReadonlyArray<Wrong>) =>
  Effect.map(make(keys), ({ read, write }) => {
    const seen: Array<Seen> = []
    const client = HttpClient.make((request, url) =>
      Effect.gen(function* () {
        const body = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
        const address = `${url.origin}${url.pathname}`
        const isSealed = request.headers["wechatmp-signature"] !== undefined
        const fields = isSealed ? yield* read(address, request.headers, body) : {}
        seen.push({ method: request.method, url, body, fields: fields ?? {} })
        const wrong = wrongs[Math.min(seen.length, wrongs.length) - 1] ?? {}
        const plain = fields === undefined ? { errcode: 40234, errmsg: "invalid signature" } : wrong.plain
        const response =
          plain !== undefined || !isSealed
            ? new Response(JSON.stringify(plain ?? answer))
            : yield* write(address, answer, wrong)
        return HttpClientResponse.fromWeb(request, response)
      })
    )
    return { seen, layer: Layer.succeed(HttpClient.HttpClient, client) }
  })

const token = (value: string) => Token.issued({ value: Redacted.make(value), now: 0, expiresIn: 7200, margin: 600 })

export const tokens = Layer.succeed(TokenStore, {
  get: () => Effect.succeed(token("T1")),
  renew: () => Effect.succeed(token("T2"))
})
