/** The client: which way a request takes, and the short one. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
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

const failed = (request: HttpClientRequest.HttpClientRequest, cause: unknown): Sent =>
  Effect.fail(new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) }))

/** What requests take from the context that they are made in. */
interface Caller {
  readonly context: Context.Context<never>
  /** The most bytes of an answer that is read as a whole. */
  readonly limit: number
  readonly hasOptions: boolean
  readonly isUntraced: (request: HttpClientRequest.HttpClientRequest) => boolean
  /** A request of HttpClient.withScope ends with its scope, and HttpClient alone knows which ones are. */
  readonly isScoped: boolean
}

const asksForJson = ({ headers }: HttpClientRequest.HttpClientRequest): boolean =>
  headers["accept"] === "application/json"

const noOptions = Context.get(Context.empty(), NodeHttpClient.UndiciOptions)

/** Bytes and nothing are sent as they are; streams, forms and other connections take the stock client. */
const isShort = ({ body, headers }: HttpClientRequest.HttpClientRequest): boolean =>
  (body._tag === "Empty" || body._tag === "Uint8Array") && headers["upgrade"] === undefined

export const make: Effect.Effect<HttpClient.HttpClient, never, NodeHttpClient.Dispatcher> = Effect.gen(function* () {
  const dispatcher = yield* NodeHttpClient.Dispatcher
  const stock = yield* NodeHttpClient.makeUndici
  const around = yield* Effect.context()

  /** What is set where a request is made, or else where the layer was. */
  const setting = <A>(reference: Context.Reference<A>): ((context: Context.Context<never>) => A) => {
    const ours = Context.get(around, reference)
    return (context) => Context.getOrUndefined(context, reference) ?? ours
  }
  const limit = setting(MaxBytes)
  const options = setting(NodeHttpClient.UndiciOptions)
  const isUntraced = setting(HttpClient.TracerDisabledWhen)
  const isUnpropagated = setting(Tracer.DisablePropagation)

  // Most requests come from one context, and what it says is looked up once.
  let last: Caller | undefined
  const callerOf = ({ context }: { readonly context: Context.Context<never> }): Caller =>
    last?.context === context
      ? last
      : (last = {
          context,
          limit: limit(context),
          hasOptions: options(context) !== noOptions,
          isUntraced: isUnpropagated(context) ? () => true : isUntraced(context),
          isScoped: Context.getOrUndefined(context, Scope.Scope) !== undefined
        })

  const dispatch = (
    request: HttpClientRequest.HttpClientRequest,
    address: Address,
    { limit }: Caller,
    signal?: AbortSignal
  ): Sent =>
    Effect.callback((resume) => {
      const exchange = new Exchange(limit)
      exchange.onChange(() =>
        resume(
          exchange.status === 0
            ? failed(request, exchange.error)
            : Effect.succeed(new Answer(request, exchange, address))
        )
      )
      signal?.addEventListener("abort", () => exchange.abort(), { once: true })
      const { origin, path } = address
      const { headers, method } = request
      const body = request.body._tag === "Uint8Array" ? request.body.body : null
      try {
        // The caller sets the time limits.
        dispatcher.dispatch({ origin, path, method, headers, body, headersTimeout: 0, bodyTimeout: 0 }, exchange)
      } catch (cause) {
        resume(failed(request, cause))
      }
      return Effect.sync(() => exchange.abort())
    })

  // Spans, propagation and scopes are HttpClient's own.
  const observed = HttpClient.make((request, url, signal, fiber) =>
    dispatch(request, addressOfUrl(url), callerOf(fiber), signal)
  )

  const isUnobserved = (caller: Caller, request: HttpClientRequest.HttpClientRequest): boolean =>
    // JSON is read at once, so that a scope has nothing left to end.
    (asksForJson(request) || !caller.isScoped) && caller.isUntraced(request)

  const merged = (sent: Sent): Sent => Effect.updateContext(sent, (context) => Context.merge(around, context))

  const send = (request: HttpClientRequest.HttpClientRequest): Sent =>
    Effect.withFiber((fiber) => {
      const caller = callerOf(fiber)
      if (caller.hasOptions || !isShort(request)) return merged(stock.execute(request))
      const address = isUnobserved(caller, request) ? addressOf(request) : undefined
      return address === undefined ? merged(observed.execute(request)) : dispatch(request, address, caller)
    })

  return HttpClient.makeWith(
    (request: Effect.Effect<HttpClientRequest.HttpClientRequest>) => Effect.flatMapEager(request, send),
    Effect.succeed
  )
})
