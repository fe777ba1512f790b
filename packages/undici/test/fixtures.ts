/** The three ways of a request through the layer's sight: the stock client, the layer's own, and that with spans. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert } from "@effect/vitest"
import * as Undici from "@wechat/undici/Undici"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import type * as Layer from "effect/Layer"
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** A server on a free port for the length of a test, and what its sockets do. */
export const serve = (handle: RequestListener) =>
  Effect.acquireRelease(
    Effect.callback<{
      readonly url: string
      readonly close: () => void
      readonly sockets: () => number
      readonly ended: () => number
    }>((resume) => {
      let opened = 0
      let ended = 0
      const server = createServer(handle)
      server.on("connection", (socket) => {
        opened++
        socket.on("error", () => undefined)
        socket.on("close", () => ended++)
      })
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        const close = () => {
          server.closeAllConnections()
          server.close()
        }
        const url = `http://127.0.0.1:${port}`
        resume(Effect.succeed({ url, close, sockets: () => opened, ended: () => ended }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

/** What a request was, when it has arrived. */
const received = async (request: IncomingMessage) => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(chunk)
  const { host: _host, traceparent: _traceparent, b3: _b3, ...headers } = request.headers
  const body = Buffer.concat(chunks).toString("latin1")
  const boundary = /boundary=(\S+)/.exec(headers["content-type"] ?? "")?.[1]
  // Every form has a boundary of its own.
  const alike = (text: string) => (boundary === undefined ? text : text.replaceAll(boundary, "BOUNDARY"))
  return {
    method: request.method,
    url: request.url,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, alike(String(value))])),
    body: alike(body)
  }
}

/** Answers every request with what it was. */
export const echo = (request: IncomingMessage, response: ServerResponse): void => {
  void received(request).then((seen) => response.end(JSON.stringify(seen)))
}

/** A failure as a caller can tell it from others. */
export const told = (error: unknown): unknown => {
  if (!HttpClientError.isHttpClientError(error)) return String(error)
  const { reason } = error
  const cause: unknown = "cause" in reason ? reason.cause : undefined
  const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined
  return { failed: reason._tag, cause: cause instanceof Error ? cause.name : undefined, code }
}

type Program<A> = Effect.Effect<A, unknown, HttpClient.HttpClient>

const quiet = Effect.provideService(HttpClient.TracerDisabledWhen, () => true)

/** The ways that a request can take through the layer, and the stock client's. */
export const ways = {
  stock: <A>(program: Program<A>) => Effect.provide(program, NodeHttpClient.layerUndici),
  own: <A>(program: Program<A>) => quiet(Effect.provide(program, Undici.layer)),
  "own, with spans": <A>(program: Program<A>) => Effect.provide(program, Undici.layer)
}

/** Runs a program in each way, and finds the same each time. */
export const alike = Effect.fnUntraced(function* <A>(program: Program<A>) {
  const outcome = Effect.catch(program, (error) => Effect.succeed(told(error)))
  const stock = yield* ways.stock(outcome)
  assert.deepStrictEqual(yield* ways.own(outcome), stock)
  assert.deepStrictEqual(yield* ways["own, with spans"](outcome), stock)
  return stock
})

/** Waits until something has happened elsewhere; the test's own time limit ends it. */
export const until = (happened: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => (happened() ? Effect.void : Effect.andThen(Effect.sleep("2 millis"), until(happened))))

export const over = (layer: Layer.Layer<HttpClient.HttpClient>) => Effect.provide(layer)
