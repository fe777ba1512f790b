/**
 * Receives pushes over HTTP: verifies, decrypts and reads them, hands them to a handler, and answers in time.
 *
 * Three addresses are served under a path: the path itself, `<path>/:appid` and `<path>/:appid/callback`. Without an appid a
 * push is for whichever receiver has signed it; with one, for that account, or for that account of a platform.
 *
 * @since 0.1.0
 */
import * as ByteSize from "effect/ByteSize"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Crypt from "./Crypt.ts"
import * as Inbox from "./Inbox.ts"
import * as Attend from "./internal/attend.ts"
import * as Open from "./internal/open.ts"
import { Refused } from "./internal/refused.ts"
import * as Seal from "./internal/seal.ts"
import * as Tree from "./internal/tree.ts"
import type { Handler, Push } from "./Push.ts"
import type { Receiver } from "./Receiver.ts"
import type { Reply } from "./Reply.ts"

/**
 * @since 0.1.0
 */
export interface Options<E = never, R = never> {
  /** Whom pushes may be for. */
  readonly receivers: Receiver | ReadonlyArray<Receiver>
  readonly handler: Handler<E, R>
  /** How long WeChat waits, less the way there and back: 4.5 seconds. A slower handler is answered for, and goes on. */
  readonly patience?: Duration.Input | undefined
  /** What a failed handler is answered with: an error, so that WeChat repeats the push (`retry`, the default), or `success`. */
  readonly failure?: "retry" | "success" | undefined
  /** What to do with a reply that comes after its push was answered, such as `Reply.send`; it is dropped where left out. */
  readonly late?: ((reply: Reply, push: Push) => Effect.Effect<void, unknown, R>) | undefined
  /** How far the time of a push may be from now: 5 minutes; `false` switches the check off. */
  readonly window?: Duration.Input | false | undefined
  /** Whether a nonce may come again with another content, where pushes are not encrypted: `false` lets it. */
  readonly replays?: false | undefined
  /** Whether repeated pushes get the first one's answer; `false` handles each again. */
  readonly duplicates?: false | undefined
  /** How long pushes are remembered: 15 minutes, and those of virtual payment 25 hours. */
  readonly keep?: Duration.Input | undefined
  /** How large a body may be, in bytes: 1 MiB. */
  readonly limit?: number | undefined
  /** How long handlers may go on when the server stops: 10 seconds. */
  readonly drain?: Duration.Input | undefined
}

/**
 * Answers a request whose address names an appid, or none.
 *
 * @since 0.1.0
 */
export interface Respond {
  (request: HttpServerRequest.HttpServerRequest, appid?: string): Effect.Effect<HttpServerResponse.HttpServerResponse>
}

const isMany = (receivers: Receiver | ReadonlyArray<Receiver>): receivers is ReadonlyArray<Receiver> =>
  Array.isArray(receivers)

const queryOf = (url: string): Open.Query => {
  const start = url.indexOf("?")
  const all = new URLSearchParams(start < 0 ? "" : url.slice(start + 1))
  const get = (name: string) => all.get(name) ?? ""
  return {
    timestamp: get("timestamp"),
    nonce: get("nonce"),
    signature: get("signature"),
    msg_signature: get("msg_signature"),
    echostr: get("echostr")
  }
}

const refuse = (status: Refused["status"], why: string) => Effect.fail(new Refused(status, why))

const digits = /^\d{1,12}$/

const isTooLarge = (error: unknown): boolean =>
  typeof error === "object" &&
  error !== null &&
  "reason" in error &&
  (error.reason === "BodyTooLarge" || isTooLarge(error.reason))

const bodyOf = (request: HttpServerRequest.HttpServerRequest, limit: number): Effect.Effect<Uint8Array, Refused> => {
  if (Number(request.headers["content-length"] ?? 0) > limit) return refuse(413, "the body is too large")
  return request.arrayBuffer.pipe(
    Effect.provideService(HttpServerRequest.MaxBodySize, ByteSize.bytes(limit)),
    Effect.mapBoth({
      onFailure: (error) =>
        isTooLarge(error) ? new Refused(413, "the body is too large") : new Refused(400, "the body cannot be read"),
      onSuccess: (buffer) => new Uint8Array(buffer)
    })
  )
}

const readOf = (bytes: Uint8Array): Effect.Effect<{ readonly body: string; readonly outer: Tree.Tree }, Refused> => {
  const body = Tree.textOf(bytes)
  const outer = body === undefined ? undefined : Tree.parse(body)
  return body === undefined || outer === undefined
    ? refuse(400, "the body is neither XML nor JSON")
    : Effect.succeed({ body, outer })
}

const text = ({ text, type }: Seal.Body): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(text, {
    contentType: `${type}; charset=utf-8`,
    headers: { "x-content-type-options": "nosniff" }
  })

const ready = (receiver: Receiver): Effect.Effect<Open.Ready, Crypt.KeyError> =>
  Effect.map(Crypt.make(receiver), (crypt) => ({ ...receiver, crypt }))

interface Served {
  readonly respond: Respond
  /** Ends when no handler is at work any more. */
  readonly settled: Effect.Effect<void>
}

const serve = <E, R>(options: Options<E, R>): Effect.Effect<Served, Crypt.KeyError, R | Scope.Scope> =>
  Effect.gen(function* () {
    const { handler, late, receivers } = options
    const all = yield* Effect.forEach(isMany(receivers) ? receivers : [receivers], ready)
    const inbox = Option.getOrUndefined(yield* Effect.serviceOption(Inbox.Inbox)) ?? (yield* Inbox.make)
    const running = yield* FiberSet.make()
    yield* Effect.addFinalizer(() =>
      Effect.timeoutOption(FiberSet.awaitEmpty(running), options.drain ?? Duration.seconds(10))
    )
    const window = options.window === false ? undefined : Duration.fromInputUnsafe(options.window ?? "5 minutes")
    const twice = Duration.times(window ?? Duration.minutes(5), 2)
    const limit = options.limit ?? 1 << 20
    const attend = Attend.make({
      handler,
      context: yield* Effect.context<R>(),
      inbox,
      late,
      running,
      duplicates: options.duplicates ?? true,
      failure: options.failure ?? "retry",
      patience: Duration.fromInputUnsafe(options.patience ?? "4500 millis"),
      // A push that is replayed within the window must still be known.
      keep: Duration.max(Duration.fromInputUnsafe(options.keep ?? "15 minutes"), twice)
    })

    const timely = ({ nonce, timestamp }: Open.Query): Effect.Effect<void, Refused> => {
      if (!digits.test(timestamp) || nonce === "" || nonce.length > 64) return refuse(400, "no timestamp, or no nonce")
      if (window === undefined) return Effect.void
      return Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Math.abs(now - Number(timestamp) * 1000) <= Duration.toMillis(window)
          ? Effect.void
          : refuse(401, "its time is too far from now")
      )
    }

    const verify = Effect.fnUntraced(function* (query: Open.Query, appid: string | undefined) {
      if (query.echostr === "" || query.echostr.length > 1024) return yield* refuse(400, "no echostr")
      yield* timely(query)
      yield* Open.signer(Open.candidates(all, appid), query.signature, [query.timestamp, query.nonce])
      return text({ type: "text/plain", text: query.echostr })
    })

    // A signature that covers no content, seen once, would let anybody send anything until its time is over.
    const fresh = Effect.fnUntraced(
      function* (opened: Open.Opened, { nonce, timestamp }: Open.Query, body: string) {
        const { crypt } = opened.receiver
        const key = `nonce:${yield* crypt.sign([timestamp, nonce])}`
        const digest = yield* crypt.sign([body])
        const claim = yield* inbox.claim(key, twice)
        if (claim._tag === "First") return yield* inbox.settle(key, digest, twice)
        if (claim._tag === "Pending" || claim.answer !== digest) return yield* refuse(401, "its nonce was used before")
      },
      Effect.catchTag("InboxError", (error) => refuse(500, error.message))
    )

    const receive = Effect.fnUntraced(function* (
      request: HttpServerRequest.HttpServerRequest,
      query: Open.Query,
      appid: string | undefined
    ) {
      const { body, outer } = yield* readOf(yield* bodyOf(request, limit))
      if (outer.fields["action"] === "CheckContainerPath") return text(Seal.success)
      const candidates = Open.candidates(all, appid)
      const isCloud = candidates.some(({ cloud }) => cloud) && query.timestamp === ""
      if (!isCloud) yield* timely(query)
      const opened = yield* Open.open(candidates, appid, query, request.headers, outer)
      if (opened.seal === undefined && !opened.receiver.cloud && options.replays !== false) {
        yield* fresh(opened, query, body)
      }
      const answer = yield* attend(opened)
      return text(yield* Seal.bodyOf(answer, opened.push, opened.seal, query))
    })

    const refused = ({ status, why }: Refused) =>
      Effect.as(
        Effect.andThen(Attend.count("refused"), Effect.logDebug(`a push was refused: ${why}`)),
        HttpServerResponse.empty({ status })
      )

    // A mistake of ours must not be told to whoever asks.
    const failed = (defect: unknown) =>
      Effect.as(Effect.logError("a push was not answered", defect), HttpServerResponse.empty({ status: 500 }))

    const respond: Respond = (request, appid) => {
      const query = queryOf(request.url)
      const answered =
        request.method === "GET"
          ? verify(query, appid)
          : request.method === "POST"
            ? receive(request, query, appid)
            : refuse(405, "neither GET nor POST")
      return Effect.catchDefect(Effect.catch(answered, refused), failed)
    }
    return { respond, settled: FiberSet.awaitEmpty(running) }
  })

/**
 * The server without a router. It works as long as its scope.
 *
 * @since 0.1.0
 */
export const make = <E, R>(options: Options<E, R>): Effect.Effect<Respond, Crypt.KeyError, R | Scope.Scope> =>
  Effect.map(serve(options), ({ respond }) => respond)

/**
 * Serves pushes under a path of an `HttpRouter`.
 *
 * @since 0.1.0
 */
export const layer = <E, R>(
  path: `/${string}`,
  options: Options<E, R>
): Layer.Layer<never, Crypt.KeyError, HttpRouter.HttpRouter | Exclude<R, Scope.Scope>> =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const respond = yield* make(options)
      const base = path === "/" ? "" : path
      const named = Effect.flatMap(HttpRouter.RouteContext, ({ params }) =>
        Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => respond(request, params["appid"]))
      )
      yield* router.add("*", path, (request) => respond(request))
      yield* router.add("*", `${base}/:appid`, named)
      yield* router.add("*", `${base}/:appid/callback`, named)
    })
  )

/**
 * A server for any framework or runtime that knows `Request` and `Response`.
 *
 * @since 0.1.0
 */
export interface Web {
  /**
   * Answers a request. Where a runtime ends a request's work with its response, as edge runtimes do, give it `waitUntil`, so
   * that slow handlers can go on.
   */
  readonly fetch: (
    request: Request,
    context?: { readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined }
  ) => Promise<Response>
  /** Stops it, after handlers have had their time. */
  readonly dispose: () => Promise<void>
}

class Serving extends Context.Service<Serving, Served>()("@wechat/callback/Serving") {}

/** The appid in an address, or that there is none; `undefined` where the address is none of ours. */
const appidIn = (pathname: string, base: string): { readonly appid: string | undefined } | undefined => {
  if (!pathname.startsWith(base)) return undefined
  const rest = pathname.slice(base.length)
  if (rest === "" || rest === "/") return { appid: undefined }
  const appid = /^\/([^/%]+)(?:\/callback)?\/?$/.exec(rest)?.[1]
  return appid === undefined ? undefined : { appid }
}

/**
 * The server as a plain function. It starts with the first request; a mistake in the options fails that one.
 *
 * @since 0.1.0
 */
export const toWeb = <E, R, LE>(path: `/${string}`, options: Options<E, R>, services: Layer.Layer<R, LE>): Web => {
  const runtime = ManagedRuntime.make(Layer.provide(Layer.effect(Serving, serve(options)), services))
  const base = path === "/" ? "" : path
  return {
    dispose: () => runtime.dispose(),
    fetch: async (request, context) => {
      const found = appidIn(new URL(request.url).pathname, base)
      if (found === undefined) return new Response(null, { status: 404 })
      const { respond, settled } = await runtime.runPromise(Serving)
      const response = await runtime.runPromise(respond(HttpServerRequest.fromWeb(request), found.appid))
      context?.waitUntil?.(runtime.runPromise(settled))
      return HttpServerResponse.toWeb(response)
    }
  }
}
