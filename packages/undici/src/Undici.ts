/**
 * An `HttpClient` for Node that goes to undici's dispatcher directly: a call costs little more than its bytes.
 *
 * @since 0.1.0
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import { Agent, type Dispatcher } from "undici"
import * as Client from "./internal/client.ts"

/**
 * The most bytes of an answer that is read as a whole, as text, JSON or bytes: 64 MiB. A longer one is a failure, and its
 * connection is closed. What is read as a stream has no limit.
 *
 * @since 0.1.0
 */
export const MaxBytes = Client.MaxBytes

/**
 * What an agent of {@link layer} has unless its options say otherwise: idle connections stay for a minute, where undici
 * drops them after four seconds. A server that announces a time of its own has its way.
 *
 * @since 0.1.0
 */
export const defaults: Agent.Options = { keepAliveTimeout: 60_000 }

/**
 * A client over the `Dispatcher` that is provided: one with interceptors, one that others use too, undici's `MockAgent`. It
 * is the service that the undici client of `@effect/platform-node` takes, and is not closed here.
 *
 * @since 0.1.0
 */
export const layerNoDispatcher: Layer.Layer<HttpClient.HttpClient, never, NodeHttpClient.Dispatcher> = Layer.effect(
  HttpClient.HttpClient,
  Client.make
)

/**
 * A client over a dispatcher that is made for it and closed after it: `() => new ProxyAgent(url)`.
 *
 * @since 0.1.0
 */
export const layerDispatcher = (make: () => Dispatcher): Layer.Layer<HttpClient.HttpClient> =>
  Layer.provide(
    layerNoDispatcher,
    Layer.effect(
      NodeHttpClient.Dispatcher,
      Effect.acquireRelease(Effect.sync(make), (dispatcher) => Effect.promise(() => dispatcher.destroy()))
    )
  )

/**
 * A client over an agent with these options of undici's, on top of {@link defaults}.
 *
 * @since 0.1.0
 */
export const layerOptions = (options: Agent.Options): Layer.Layer<HttpClient.HttpClient> =>
  layerDispatcher(() => new Agent({ ...defaults, ...options }))

/**
 * A client over an agent of its own, with {@link defaults}.
 *
 * @since 0.1.0
 */
export const layer: Layer.Layer<HttpClient.HttpClient> = layerOptions({})
