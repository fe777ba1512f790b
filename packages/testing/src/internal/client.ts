/** An `HttpClient` whose requests go straight to a function. */
import * as File from "@wechat/core/File"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as HttpBody from "effect/http/HttpBody"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Stream from "effect/Stream"
import type { Outcome, Request } from "../Call.ts"

interface Sent {
  readonly type: string | undefined
  readonly bytes: Uint8Array
}

const nothing: Sent = { type: undefined, bytes: new Uint8Array() }

/** What the platform makes of a form, a blob or a text. */
const asWeb = (body: unknown, type: string | undefined): Effect.Effect<Sent, unknown> =>
  Effect.tryPromise(async () => {
    const init = type === undefined || body instanceof FormData ? {} : { headers: { "content-type": type } }
    const whole = new Response(body instanceof FormData || body instanceof Blob ? body : String(body), init)
    return { type: whole.headers.get("content-type") ?? undefined, bytes: new Uint8Array(await whole.arrayBuffer()) }
  })

export const readBody = (body: HttpBody.HttpBody): Effect.Effect<Sent, unknown> => {
  switch (body._tag) {
    case "Empty":
      return Effect.succeed(nothing)
    case "Uint8Array":
      return Effect.succeed({ type: body.contentType, bytes: body.body })
    case "FormData":
      return asWeb(body.formData, undefined)
    case "Raw":
      return body.body instanceof Uint8Array
        ? Effect.succeed({ type: body.contentType, bytes: body.body })
        : asWeb(body.body, body.contentType)
    case "Stream":
      return Effect.map(Stream.runCollect(body.stream), (chunks) => ({
        type: body.contentType,
        bytes: File.concat(chunks)
      }))
  }
}

export const requestOf = (request: HttpClientRequest.HttpClientRequest, url: URL, sent: Sent): Request => ({
  method: request.method,
  host: url.host,
  path: url.pathname,
  query: Object.fromEntries(url.searchParams),
  headers: { ...request.headers, ...(sent.type === undefined ? {} : { "content-type": sent.type }) },
  body: sent.bytes
})

const half = (body: Uint8Array): ReadableStream<Uint8Array> =>
  new ReadableStream(
    {
      start: (controller) => controller.enqueue(body.subarray(0, Math.floor(body.length / 2))),
      pull: (controller) =>
        controller.error(Object.assign(new Error("the connection was reset"), { code: "ECONNRESET" }))
    },
    { highWaterMark: 0 }
  )

const bodiless: ReadonlySet<number> = new Set([204, 205, 304])

const contentOf = (
  outcome: Outcome & { readonly _tag: "Answer" | "Half" }
): ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null =>
  outcome._tag === "Half" ? half(outcome.body) : bodiless.has(outcome.status) ? null : new Uint8Array(outcome.body)

export const transportError = (request: HttpClientRequest.HttpClientRequest, code: string) =>
  new HttpClientError.HttpClientError({
    reason: new HttpClientError.TransportError({
      request,
      cause: Object.assign(new Error(`simulated ${code}`), { code })
    })
  })

export const client = (handle: (request: Request) => Effect.Effect<Outcome>): Context.Context<HttpClient.HttpClient> =>
  Context.make(
    HttpClient.HttpClient,
    HttpClient.make(
      Effect.fnUntraced(function* (request, url) {
        const sent = yield* Effect.mapError(
          readBody(request.body),
          (cause) =>
            new HttpClientError.HttpClientError({ reason: new HttpClientError.EncodeError({ request, cause }) })
        )
        const outcome = yield* handle(requestOf(request, url, sent))
        switch (outcome._tag) {
          case "Reset":
            return yield* Effect.fail(transportError(request, "ECONNRESET"))
          case "NoConnection":
            return yield* Effect.fail(transportError(request, "ECONNREFUSED"))
          default:
            return HttpClientResponse.fromWeb(
              request,
              new Response(contentOf(outcome), { status: outcome.status, headers: outcome.headers })
            )
        }
      })
    )
  )
