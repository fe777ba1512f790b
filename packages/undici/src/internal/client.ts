/** The client: which way a request takes, and the short one. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import { type Address, addressOf, addressOfUrl } from "./address.ts"
import { Answer } from "./answer.ts"
import { Exchange } from "./exchange.ts"

/** The most bytes of an answer that is read as a whole: 64 MiB unless set otherwise. */
export const MaxBytes = Context.Reference<number>("@wechat/undici/MaxBytes", { defaultValue: () => 64 * 1024 * 1024 })

type Sent = Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>

// The caller sets the time limits, as with the stock client.
const patience = { headersTimeout: 60 * 60 * 1000, bodyTimeout: 0 }

const failed = (request: HttpClientRequest.HttpClientRequest, cause: unknown): Sent =>
  Effect.fail(new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) }))

type Caller = Fiber.Fiber<unknown, unknown>

// A request of HttpClient.withScope ends with its scope, and HttpClient alone knows which ones are. JSON is read at once.
const isScoped = (fiber: Caller): boolean => Context.getOrUndefined(fiber.context, Scope.Scope) !== undefined

const asksForJson = ({ headers }: HttpClientRequest.HttpClientRequest): boolean =>
  headers["accept"] === "application/json"

const noOptions = Context.get(Context.empty(), NodeHttpClient.UndiciOptions)

/** Bytes and nothing are sent as they are; streams, forms and other connections take the stock client. */
const isShort = ({ body, headers }: HttpClientRequest.HttpClientRequest): boolean =>
  (body._tag === "Empty" || body._tag === "Uint8Array") && headers["upgrade"] === undefined

const bytesOf = ({ body }: HttpClientRequest.HttpClientRequest): Uint8Array | null =>
  body._tag === "Uint8Array" ? body.body : null

export const make: Effect.Effect<HttpClient.HttpClient, never, NodeHttpClient.Dispatcher> = Effect.gen(function* () {
  const dispatcher = yield* NodeHttpClient.Dispatcher
  const stock = yield* NodeHttpClient.makeUndici
  const around = yield* Effect.context()

  /** What is set where a request is made, or else where the layer was. */
  const setting = <A>(reference: Context.Reference<A>): ((fiber: Caller) => A) => {
    const ours = Context.get(around, reference)
    return (fiber) => Context.getOrUndefined(fiber.context, reference) ?? ours
  }
  const limit = setting(MaxBytes)
  const options = setting(NodeHttpClient.UndiciOptions)
  const isUntraced = setting(HttpClient.TracerDisabledWhen)
  const isUnpropagated = setting(Tracer.DisablePropagation)

  const dispatch = (
    request: HttpClientRequest.HttpClientRequest,
    { href, origin, path }: Address,
    fiber: Caller,
    signal?: AbortSignal
  ): Sent =>
    Effect.callback((resume) => {
      const exchange = new Exchange(limit(fiber))
      void exchange
        .change()
        .then(() =>
          resume(
            exchange.status === 0
              ? failed(request, exchange.error)
              : Effect.succeed(new Answer(request, exchange, href))
          )
        )
      signal?.addEventListener("abort", () => exchange.abort(), { once: true })
      const { headers, method } = request
      try {
        dispatcher.dispatch({ ...patience, origin, path, method, headers, body: bytesOf(request) }, exchange)
      } catch (cause) {
        resume(failed(request, cause))
      }
      return Effect.sync(() => exchange.abort())
    })

  // Spans, propagation and scopes are HttpClient's own.
  const observed = HttpClient.make((request, url, signal, fiber) => dispatch(request, addressOfUrl(url), fiber, signal))

  const isUnobserved = (fiber: Caller, request: HttpClientRequest.HttpClientRequest): boolean =>
    (isUntraced(fiber)(request) || isUnpropagated(fiber)) && (asksForJson(request) || !isScoped(fiber))

  const merged = (sent: Sent): Sent => Effect.updateContext(sent, (context) => Context.merge(around, context))

  const send = (request: HttpClientRequest.HttpClientRequest): Sent =>
    Effect.withFiber((fiber) => {
      if (!isShort(request) || options(fiber) !== noOptions) return merged(stock.execute(request))
      const address = isUnobserved(fiber, request) ? addressOf(request) : undefined
      return address === undefined ? merged(observed.execute(request)) : dispatch(request, address, fiber)
    })

  return HttpClient.makeWith(
    (request: Effect.Effect<HttpClientRequest.HttpClientRequest>) => Effect.flatMapEager(request, send),
    Effect.succeed
  )
})
