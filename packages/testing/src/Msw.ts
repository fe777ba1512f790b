/**
 * Handlers for [msw](https://mswjs.io), for tests whose HTTP client cannot be replaced. An endpoint knows its method, path
 * and shapes, so nothing is generated for it. msw is an optional peer that only this module needs.
 *
 * @since 0.1.0
 */
import type * as Endpoint from "@wechat/core/Endpoint"
import * as File from "@wechat/core/File"
import * as Json from "@wechat/core/Json"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { http, type HttpHandler, HttpResponse } from "msw"
import type { Outcome, Request as Sent } from "./Call.ts"
import * as Body from "./internal/body.ts"
import * as Catalog from "./internal/catalog.ts"
import * as Failure from "./internal/failure.ts"
import { disposition, Refusal, refuse as refusal } from "./internal/reply.ts"
import * as Sample from "./Sample.ts"
import type { Control } from "./Simulator.ts"

const tokens: ReadonlySet<string> = new Set(["access_token", "component_access_token"])

const sentOf = (request: Request): Effect.Effect<Sent> =>
  Effect.promise(async () => {
    const url = new URL(request.url)
    return {
      method: request.method,
      host: url.host,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: Object.fromEntries(request.headers),
      // Another handler may want to read it too.
      body: new Uint8Array(await request.clone().arrayBuffer())
    }
  })

const withoutToken = (query: Sent["query"]): Sent["query"] =>
  Object.fromEntries(Object.entries(query).filter(([name]) => !tokens.has(name)))

const json = (value: unknown): Response =>
  new HttpResponse(Json.stringify(value), { headers: { "content-type": "application/json; encoding=utf-8" } })

const refused = (endpoint: Endpoint.Any, errcode: number, errmsg: string): Response =>
  json(Failure.told({}, errcode, errmsg, endpoint.failure))

const file = (answer: File.File): Effect.Effect<Response> =>
  Effect.map(Effect.orDie(answer.bytes), (bytes) => {
    const named = answer.name === undefined ? {} : { "content-disposition": disposition(answer.name) }
    return new HttpResponse(new Uint8Array(bytes), { headers: { "content-type": answer.type, ...named } })
  })

/** A handler for the calls that mean this endpoint; others at the same path go on to the next handler. */
const handler = (endpoint: Endpoint.Any, answer: (match: Catalog.Match) => Effect.Effect<Response>): HttpHandler => {
  const candidate = Catalog.candidate(endpoint)
  const respond = Effect.fnUntraced(function* (request: Request) {
    const sent = yield* sentOf(request)
    const body = yield* Body.read(sent)
    const query = endpoint.auth === "none" ? sent.query : withoutToken(sent.query)
    if (!Catalog.isMeant(candidate, query, body)) return undefined
    const match = Catalog.choose([candidate], query, body)
    return match instanceof Refusal ? refused(endpoint, match.errcode, match.errmsg) : yield* answer(match)
  })
  const on = endpoint.method === "GET" ? http.get : http.post
  return on(`*${endpoint.path}`, ({ request }) => Effect.runPromise(respond(request)))
}

const encoded = <I, A>(endpoint: Endpoint.Endpoint<I, A>, answer: A): Effect.Effect<Response> => {
  if (File.isFile(answer)) return file(answer)
  if (endpoint.returns === "nothing") return Effect.succeed(json(Failure.succeeded(endpoint, {})))
  return Effect.map(Effect.orDie(Schema.encodeEffect(endpoint.output())(answer)), (fields) =>
    json(Predicate.isObject(fields) ? Failure.succeeded(endpoint, fields) : fields)
  )
}

/** What answers a call: a value, or what a function makes of the input. */
type Answer<I, A> = A | ((input: I) => A | Effect.Effect<A>)

const isFunction = <I, A>(answer: Answer<I, A>): answer is (input: I) => A | Effect.Effect<A> =>
  typeof answer === "function"

/**
 * Answers one endpoint, with a value or with a function of the input. A call whose fields do not fit gets 47001. Tokens are
 * not looked at.
 *
 * @since 0.1.0
 */
export const handle = <I, A>(endpoint: Endpoint.Endpoint<I, A>, answer: Answer<I, A>): HttpHandler => {
  const decode = Schema.decodeUnknownEffect(endpoint.input())
  const answered = (input: I): Effect.Effect<A> => {
    const given = isFunction(answer) ? answer(input) : answer
    return Effect.isEffect(given) ? given : Effect.succeed(given)
  }
  return handler(endpoint, ({ fields }) =>
    Effect.orDie(decode(fields)).pipe(
      Effect.flatMap(answered),
      Effect.flatMap((value) => encoded(endpoint, value))
    )
  )
}

/**
 * Answers one endpoint with what its documentation promises. See {@link Sample.output}.
 *
 * @since 0.1.0
 */
export const sample = (endpoint: Endpoint.Any, options: Sample.Options = {}): HttpHandler =>
  handler(endpoint, ({ fields }) =>
    Effect.sync(() =>
      endpoint.returns === "file"
        ? new HttpResponse(new Uint8Array(Sample.picture), { headers: { "content-type": "image/png" } })
        : json(Sample.output(endpoint, { input: fields, ...options }))
    )
  )

/**
 * Refuses one endpoint with a return code.
 *
 * @since 0.1.0
 */
export const refuse = (endpoint: Endpoint.Any, errcode: number, errmsg?: string): HttpHandler =>
  handler(endpoint, () => Effect.sync(() => refused(endpoint, errcode, refusal(errcode, errmsg).errmsg)))

const response = (outcome: Outcome): Response =>
  outcome._tag === "Answer"
    ? new HttpResponse(new Uint8Array(outcome.body), { status: outcome.status, headers: outcome.headers })
    : HttpResponse.error()

/**
 * Sends every call to WeChat on to a simulator, tokens included.
 *
 * @since 0.1.0
 */
export const simulate = (simulator: Control): HttpHandler =>
  http.all("*", ({ request }) =>
    mine(request.url)
      ? Effect.runPromise(sentOf(request).pipe(Effect.flatMap(simulator.handle), Effect.map(response)))
      : undefined
  )

/**
 * Whether an address is WeChat's: for `onUnhandledFrame`.
 *
 * @since 0.1.0
 */
export const mine = (url: string): boolean =>
  URL.canParse(url) && /(?:^|\.)weixin\.qq\.com$/.test(new URL(url).hostname)
