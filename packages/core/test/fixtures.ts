/** An HTTP client that answers from a function, and a few endpoints and tokens to call with it. */
import * as App from "@wechat/core/App"
import * as Endpoint from "@wechat/core/Endpoint"
import * as Token from "@wechat/core/Token"
import { TokenStore } from "@wechat/core/TokenStore"
import { WeChat } from "@wechat/core/WeChat"
import * as Wire from "@wechat/core/Wire"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

export interface Seen {
  readonly url: URL
  readonly token: string | null
  readonly request: HttpClientRequest.HttpClientRequest
  readonly body: string
}

export type Answer = Response | "never" | { readonly broken: string | undefined }

const bodyText = (request: HttpClientRequest.HttpClientRequest): string =>
  request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""

/** Answers each request in turn with the next answer; the last one goes on for ever. */
export const answering = (...answers: ReadonlyArray<(seen: Seen) => Answer>) => {
  const seen: Array<Seen> = []
  const client = HttpClient.make((request, url) =>
    Effect.suspend(() => {
      const now: Seen = { url, token: url.searchParams.get("access_token"), request, body: bodyText(request) }
      seen.push(now)
      const answer = answers[Math.min(seen.length, answers.length) - 1]?.(now) ?? "never"
      if (answer === "never") return Effect.never
      if (answer instanceof Response) return Effect.succeed(HttpClientResponse.fromWeb(request, answer))
      const cause = Object.assign(new Error("fetch failed"), answer.broken === undefined ? {} : { code: answer.broken })
      return Effect.fail(
        new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })
      )
    })
  )
  return { seen, layer: Layer.succeed(HttpClient.HttpClient, client) }
}

export const json = (value: unknown, init?: ResponseInit) => (): Response =>
  new Response(JSON.stringify(value), { headers: { "content-type": "application/json" }, ...init })

export const text = (body: string | null, init?: ResponseInit) => (): Response => new Response(body, init)

export const broken = (code?: string) => (): Answer => ({ broken: code })

export const never = (): Answer => "never"

const token = (value: string): Token.Token =>
  Token.issued({ value: Redacted.make(value), now: 0, expiresIn: 7200, margin: 600 })

/** Tokens T1, T2, ...: a renewal brings the next one. */
export const counting = () => {
  let number = 1
  const current = () => token(`T${number}`)
  const renewed: Array<string> = []
  const layer = Layer.succeed(TokenStore, {
    get: () => Effect.sync(current),
    renew: (_key, stale) =>
      Effect.sync(() => {
        renewed.push(Redacted.value(stale.value))
        if (current().same(stale)) number++
        return current()
      })
  })
  return { renewed, layer }
}

export const account = App.common("wx1")

/** A client over answers and counted tokens. */
export const client = (http: { readonly layer: Layer.Layer<HttpClient.HttpClient> }, tokens = counting()) =>
  WeChat.layer(account).pipe(Layer.provide([http.layer, tokens.layer]))

interface Followers {
  readonly total: number
  readonly data: { readonly openid: ReadonlyArray<string> }
  readonly next_openid: string
}

/** A read: repeating it is harmless. */
export const followers: Endpoint.Paged<{ readonly next_openid?: string | undefined }, Followers, string> =
  Endpoint.paged({
    id: "test.followers",
    method: "GET",
    path: "/cgi-bin/user/get",
    auth: "access_token",
    safe: true,
    body: "none",
    returns: "json",
    query: ["next_openid"],
    input: () => Wire.struct({ next_openid: Wire.maybe(Wire.text) }),
    output: () =>
      Wire.struct({
        total: Wire.int,
        data: Wire.struct({ openid: Wire.list(Wire.text) }),
        next_openid: Wire.text
      }),
    page: { items: (output) => output.data.openid, cursor: "next_openid", from: (output) => output.next_openid }
  })

/** A write: repeating it sends a message twice. */
export const send: Endpoint.Endpoint<
  { readonly touser: string; readonly count?: number | undefined },
  { readonly msgid: string }
> = Endpoint.make({
  id: "test.send",
  method: "POST",
  path: "/cgi-bin/message/send",
  auth: "access_token",
  safe: false,
  body: "json",
  returns: "json",
  input: () => Wire.struct({ touser: Wire.text, count: Wire.preset(Wire.int, 10) }),
  output: () => Wire.struct({ msgid: Wire.id64 })
})

/** A download. */
export const media: Endpoint.Endpoint<{ readonly media_id: string }, Wire.File> = Endpoint.make({
  id: "test.media",
  method: "GET",
  path: "/cgi-bin/media/get",
  auth: "access_token",
  safe: true,
  body: "none",
  returns: "file",
  query: ["media_id"],
  input: () => Wire.struct({ media_id: Wire.text }),
  output: () => Wire.download
})

/** An upload, with a text part and JSON in another. */
export const upload: Endpoint.Endpoint<
  {
    readonly type: "image" | "video"
    readonly media: Wire.Upload
    readonly description?: { readonly title: string } | undefined
  },
  { readonly media_id: string }
> = Endpoint.make({
  id: "test.upload",
  method: "POST",
  path: "/cgi-bin/material/add_material",
  auth: "access_token",
  safe: false,
  body: "form",
  returns: "json",
  query: ["type"],
  form: ["media", "description"],
  input: () =>
    Wire.struct({
      type: Wire.oneOf("image", "video"),
      media: Wire.file,
      description: Wire.maybe(Wire.json(Wire.struct({ title: Wire.text })))
    }),
  output: () => Wire.struct({ media_id: Wire.sure(Wire.text) })
})
