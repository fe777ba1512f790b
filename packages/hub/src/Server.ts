/**
 * The hub as routes to mount in an HTTP application: one process owns the tokens, all others ask it.
 *
 * @since 0.1.0
 */
import * as App from "@wechat/core/App"
import { Api, paths } from "@wechat/core/Hub"
import * as Token from "@wechat/core/Token"
import { TokenStore } from "@wechat/core/TokenStore"
import { Vault } from "@wechat/core/Vault"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpApiScalar from "effect/http-api/HttpApiScalar"
import * as OpenApi from "effect/http-api/OpenApi"
import * as HttpMiddleware from "effect/http/HttpMiddleware"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import * as Guard from "./Guard.ts"
import * as Answer from "./internal/answer.ts"
import * as Ask from "./internal/ask.ts"
import { fromNoToken, Refusal } from "./internal/refusal.ts"
import { uses } from "./internal/uses.ts"
import { within } from "./internal/within.ts"

/**
 * @since 0.1.0
 */
export interface Options {
  /** Who may ask. */
  readonly clients: Guard.Clients
  readonly limits?: Partial<Guard.Limits> | undefined
  /** Whether every request is logged, with client, account, status and milliseconds: yes. Refusals always are. */
  readonly log?: boolean | undefined
}

/** Elixir clients hang up after fifteen seconds. */
const deadline = Duration.seconds(14)

/** Where clients that can only set an address put their secret: `http://hub/key/SECRET/client/access_token`. */
const keyed = "/key/:key"

const requests = Metric.counter("wechat_hub_requests_total", {
  description: "Requests for tokens, by route and status"
})

type Fields = Readonly<Record<string, unknown>>

interface Route {
  readonly method: "GET" | "POST"
  readonly path: `/${string}`
  /** What is asked, by its parameters or the fields of its body. */
  readonly read: (fields: Fields) => Ask.Ask | Refusal
  readonly count: (status: number) => Metric.Counter<number>
}

const route = (method: Route["method"], path: Route["path"], read: Route["read"]): Route => {
  const counters = new Map<number, Metric.Counter<number>>()
  const count = (status: number): Metric.Counter<number> => {
    const known = counters.get(status) ?? Metric.withAttributes(requests, { route: path, status: String(status) })
    counters.set(status, known)
    return known
  }
  return { method, path, read, count }
}

const routes: ReadonlyArray<Route> = [
  route("GET", paths.token, Ask.token),
  route("POST", paths.refresh, Ask.refresh),
  route("GET", paths.componentToken, Ask.componentToken),
  route("POST", paths.refreshComponent, Ask.refreshComponent),
  route("GET", paths.ticket, Ask.ticket)
]

type Needed = HttpServerRequest.HttpServerRequest | HttpServerRequest.ParsedSearchParams | HttpRouter.RouteContext

type Credential = (
  request: HttpServerRequest.HttpServerRequest,
  context: Context.Context<HttpRouter.RouteContext>
) => string | undefined

const scheme = "bearer "

const bearer: Credential = ({ headers }) => {
  const { authorization = "" } = headers
  return authorization.slice(0, scheme.length).toLowerCase() === scheme
    ? authorization.slice(scheme.length).trim()
    : undefined
}

const inPath: Credential = (_request, context) => Context.get(context, HttpRouter.RouteContext).params["key"]

/** What is known of a request when it is answered. */
interface Served {
  readonly route: Route
  readonly client: string
  readonly account: string
  readonly began: number
}

const make = Effect.fnUntraced(function* (options: Options) {
  const tokens = yield* TokenStore
  const limits = { ...Guard.limits, ...options.limits }
  const guard = Guard.guard(options.clients, limits.rate)
  const inUse = uses(tokens)
  yield* Effect.forkScoped(inUse.renew)

  const finish = (response: HttpServerResponse.HttpServerResponse, served: Served, refusal?: Refusal) =>
    Effect.withFiber((fiber) => {
      const { account, began, client, route } = served
      route.count(response.status).updateUnsafe(1, fiber.context)
      if (refusal === undefined && options.log === false) return Effect.succeed(response)
      const ms = fiber.getRef(Clock.Clock).currentTimeMillisUnsafe() - began
      const line = `${route.method} ${route.path} ${response.status} ${client} ${account} ${ms} ms`
      const log = refusal === undefined ? Effect.logInfo(line) : Effect.logWarning(`${line}: ${refusal.body.message}`)
      return Effect.as(log, response)
    })

  const refuse = (refusal: Refusal, served: Served) => finish(Answer.refused(refusal), served, refusal)

  const hand = (visitor: Guard.Visitor, ask: Ask.Ask | Refusal, route: Route, began: number) => {
    if (ask instanceof Refusal) return refuse(ask, { route, client: visitor.name, account: "-", began })
    const { key, stale } = ask
    const served = { route, client: visitor.name, account: key.path, began }
    if (!visitor.mayRead(key)) return refuse(forbidden, served)
    return within(stale === undefined ? tokens.get(key) : tokens.renew(key, stale), {
      duration: deadline,
      late,
      onFailure: (failure) => refuse(failure instanceof Refusal ? failure : fromNoToken(failure), served),
      onSuccess: (token, now) => {
        inUse.note(key, token, now)
        return finish(Answer.granted(key, token, now), served)
      }
    })
  }

  /** This runs for every request: few steps, and one look at what each needs. */
  const answer = (route: Route, credentialOf: Credential) =>
    Effect.contextWith((context: Context.Context<Needed>) => {
      const request = Context.get(context, HttpServerRequest.HttpServerRequest)
      const began = Context.get(context, Clock.Clock).currentTimeMillisUnsafe()
      const visitor = guard.admit(credentialOf(request, context), began)
      if (visitor instanceof Refusal) return refuse(visitor, { route, client: "unknown", account: "-", began })
      if (route.method === "GET") {
        return hand(visitor, route.read(Context.get(context, HttpServerRequest.ParsedSearchParams)), route, began)
      }
      return Effect.flatMap(Ask.bodyOf(request, limits.body), (fields) =>
        hand(visitor, fields instanceof Refusal ? fields : route.read(fields), route, began)
      )
    })

  return routes.flatMap((route) => [
    HttpRouter.route(route.method, route.path, answer(route, bearer)),
    HttpRouter.route(route.method, `${keyed}${route.path}`, answer(route, inPath))
  ])
})

const forbidden = new Refusal(403, "forbidden", "this client may not read the tokens of this account")
const late = new Refusal(503, "no_token", `no token within ${Duration.format(deadline)}: WeChat or the storage is slow`)

/**
 * The five routes that hand out tokens, and the early renewal of all tokens in use.
 *
 * @since 0.1.0
 */
export const layerTokens = (options: Options): Layer.Layer<never, never, HttpRouter.HttpRouter | TokenStore> =>
  HttpRouter.addAll(make(options))

const ready = Vault.use((vault) =>
  Effect.match(vault.token(Token.Access(App.common("ready"))), {
    onFailure: (error) =>
      HttpServerResponse.jsonUnsafe({ status: "unavailable", detail: error.message }, { status: 503 }),
    onSuccess: () => HttpServerResponse.jsonUnsafe({ status: "ready" })
  })
)

const metrics = Effect.map(PrometheusMetrics.format(), (text) =>
  HttpServerResponse.text(text, { contentType: "text/plain; version=0.0.4; charset=utf-8" })
)

/**
 * `/health` (the process runs), `/ready` (the storage can be reached), `/metrics` for Prometheus, `/openapi.json`, and `/docs`
 * for people. They need no secret and tell none.
 *
 * @since 0.1.0
 */
export const layerPages: Layer.Layer<never, never, HttpRouter.HttpRouter | Vault> = Layer.mergeAll(
  HttpRouter.add("GET", "/health", HttpServerResponse.jsonUnsafe({ status: "ok" })),
  HttpRouter.use((router) =>
    Effect.flatMap(Effect.context<Vault>(), (context) => router.add("GET", "/ready", Effect.provide(ready, context)))
  ),
  HttpRouter.add("GET", "/metrics", metrics),
  HttpRouter.add(
    "GET",
    "/openapi.json",
    Effect.sync(() => HttpServerResponse.jsonUnsafe(OpenApi.fromApi(Api)))
  ),
  HttpApiScalar.layer(Api, { path: "/docs", scalar: { withDefaultFonts: false } })
)

/**
 * All routes of a hub.
 *
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<never, never, HttpRouter.HttpRouter | TokenStore | Vault> =>
  Layer.merge(layerTokens(options), layerPages)

/**
 * Leaves requests with a secret in their path out of traces: to provide to the HTTP server, where it is traced. A server that
 * logs addresses needs the same care.
 *
 * @since 0.1.0
 */
export const layerDiscreet: Layer.Layer<never> = Layer.succeed(HttpMiddleware.TracerDisabledWhen, (request) =>
  request.url.includes("/key/")
)
