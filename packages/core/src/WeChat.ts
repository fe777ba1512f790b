/**
 * Calls endpoints for one account.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as App from "./App.ts"
import { Cover } from "./Cover.ts"
import { Credentials } from "./Credentials.ts"
import { InvalidInput, type Reason, type WeChatError } from "./Error.ts"
import type { File } from "./File.ts"
import * as Fill from "./internal/fill.ts"
import { tokensOf } from "./internal/tokens.ts"
import * as Send from "./Send.ts"
import type { Auth, Body, Spec } from "./Spec.ts"
import * as Token from "./Token.ts"
import { TokenStore } from "./TokenStore.ts"
import * as Wire from "./Wire.ts"

/**
 * A call of an API that no catalog has yet.
 *
 * @since 0.1.0
 */
export interface Request {
  /** `POST` where there is a body and `GET` where there is none, unless said otherwise. */
  readonly method?: "GET" | "POST" | undefined
  readonly path: `/${string}`
  /** Where it differs from api.weixin.qq.com. */
  readonly host?: string | undefined
  /** The account's token unless said otherwise. */
  readonly auth?: Auth | undefined
  /** Whether repeating a call that may have arrived does no harm; `false` unless said otherwise, also for `GET`. */
  readonly safe?: boolean | undefined
  readonly query?: Readonly<Record<string, string | number | boolean | Redacted.Redacted>> | undefined
  /** A JSON value, or bytes. */
  readonly body?: unknown
}

/**
 * What {@link WeChat} provides. Endpoints use it; applications rarely do.
 *
 * @since 0.1.0
 */
export interface Client {
  readonly app: App.App
  /** Calls one endpoint, in its caller's context. */
  readonly call: <I, A>(
    plan: Send.Plan<I, A>,
    input: I,
    caller: Context.Context<never>
  ) => Effect.Effect<A, WeChatError>
  /** Calls an API that has no endpoint: a JSON answer, or a file. */
  readonly request: (request: Request) => Effect.Effect<unknown, WeChatError>
  readonly download: (request: Request) => Effect.Effect<File, WeChatError>
  /** The same client for another account. */
  readonly as: (app: App.App) => Client
}

/**
 * The account that endpoints are called for.
 *
 * @since 0.1.0
 */
export class WeChat extends Context.Service<WeChat, Client>()("@wechat/core/WeChat") {
  /**
   * A client for one account, over whichever token store and HTTP client are provided. `Credentials` are used where they are
   * provided too: some endpoints take the app secret, or a signature.
   */
  static readonly layer = (app: App.App): Layer.Layer<WeChat, never, TokenStore | HttpClient.HttpClient> =>
    Layer.effect(WeChat, make(app))

  /** A client for the account of one's own that `WECHAT_APPID` names. */
  static readonly layerConfig: Layer.Layer<WeChat, Config.ConfigError, TokenStore | HttpClient.HttpClient> =
    Layer.effect(
      WeChat,
      Effect.flatMap(Config.schema(App.AppId, "WECHAT_APPID"), (appid) => make(App.common(appid)))
    )

  /** Runs an effect for another account. It costs next to nothing, so it may be done for every request. */
  static readonly withApp =
    (app: App.App) =>
    <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | WeChat> =>
      Effect.updateService(self, WeChat, (wechat) => wechat.as(app))

  /**
   * Calls an API that no catalog has yet, with the same tokens, retries and failures as any other. Answers the JSON that
   * WeChat sends, integers beyond 2^53 as `bigint`.
   */
  static readonly request = (request: Request): Effect.Effect<unknown, WeChatError, WeChat> =>
    WeChat.use((wechat) => wechat.request(request))

  /** As {@link WeChat.request}, for an API that answers with a file. */
  static readonly download = (request: Request): Effect.Effect<File, WeChatError, WeChat> =>
    WeChat.use((wechat) => wechat.download(request))
}

const noAccount = { account: () => Effect.succeed({}) }

const make = Effect.fnUntraced(function* (first: App.App) {
  const store = yield* TokenStore
  const sender = yield* Send.make
  const credentials = Option.getOrElse(yield* Effect.serviceOption(Credentials), () => noAccount)
  const cover = Option.getOrUndefined(yield* Effect.serviceOption(Cover))

  const of = (app: App.App): Client => {
    const own = tokensOf(store, Token.Access(app))
    const platform = app._tag === "Authorizer" ? tokensOf(store, Token.Access(App.component(app.component))) : own
    const about = { app, account: credentials.account }

    const tokensFor = (auth: Auth): Send.Tokens | undefined => {
      if (auth === "none") return undefined
      return auth === "access_token" ? own : platform
    }

    const covered = <I, A>(plan: Send.Plan<I, A>, encoded: Send.Encoded): Send.Encoded => {
      const covering = cover?.of(app, plan.spec)
      return covering === undefined ? encoded : { ...encoded, cover: covering }
    }

    const encode = <I, A>(plan: Send.Plan<I, A>, input: I): Effect.Effect<Send.Encoded, Reason> =>
      plan.spec.fill === undefined
        ? Send.encode(plan, input)
        : Fill.encode(plan, input, { ...about, path: plan.spec.path })

    /** One call, counted, and in a span where somebody can see it. */
    const run = <I, A>(
      plan: Send.Plan<I, A>,
      encoding: () => Effect.Effect<Send.Encoded, Reason>,
      caller: Context.Context<never>
    ): Effect.Effect<A, WeChatError> => {
      const { auth } = plan.spec
      const counted = (context: Context.Context<never>): Effect.Effect<A, WeChatError> => {
        const encoded = app._tag === "Common" && isPlatforms(auth) ? Effect.fail(notPlatforms(app)) : encoding()
        return Effect.onExitPrimitive(
          Effect.flatMapEager(Effect.mapErrorEager(encoded, plan.failed), (encoded) =>
            sender.call(plan, covered(plan, encoded), tokensFor(auth), context)
          ),
          (exit) => {
            plan.outcome(outcomeOf(exit)).updateUnsafe(1, context)
            return undefined
          }
        )
      }
      return Send.isTraced(caller) ? traced(Effect.contextWith(counted), plan.spec, app) : counted(caller)
    }

    const direct = <A>(plan: Send.Plan<unknown, A>, request: Request): Effect.Effect<A, WeChatError> =>
      Effect.contextWith((caller) => run(plan, () => Effect.succeed(Send.raw(request)), caller))

    return {
      app,
      as: of,
      call: (plan, input, caller) => run(plan, () => encode(plan, input), caller),
      request: (request) => direct(Send.plan(adHoc(request, "json", Wire.any)), request),
      download: (request) => direct(Send.plan(adHoc(request, "file", Wire.download)), request)
    }
  }
  return of(first)
})

/** Whether a call takes a third-party platform's token. */
const isPlatforms = (auth: Auth): boolean => auth === "component" || auth === "component_access_token"

const notPlatforms = ({ appid }: App.App): InvalidInput =>
  new InvalidInput({
    detail: `this call takes a third-party platform's token, and ${appid} is an account of its own: use App.component or App.authorizer`
  })

const adHoc = <A>(request: Request, returns: "json" | "file", output: Wire.Codec<A>): Spec<unknown, A> => ({
  id: `${request.method ?? (request.body === undefined ? "GET" : "POST")} ${request.path}`,
  method: request.method ?? (request.body === undefined ? "GET" : "POST"),
  path: request.path,
  ...(request.host === undefined ? {} : { host: request.host }),
  auth: request.auth ?? "access_token",
  safe: request.safe ?? false,
  body: kindOf(request.body),
  returns,
  input: () => Wire.any,
  output: () => output
})

const kindOf = (body: unknown): Body => {
  if (body === undefined) return "none"
  if (body instanceof Uint8Array) return "bytes"
  return typeof body === "object" && body !== null && !Array.isArray(body) ? "json" : "value"
}

const outcomeOf = <A>(exit: Exit.Exit<A, WeChatError>): string => {
  if (Exit.isSuccess(exit)) return "Success"
  const error = Option.getOrUndefined(Exit.findErrorOption(exit))
  return error === undefined ? "Interrupt" : error.reason._tag
}

const traced = <A>(
  effect: Effect.Effect<A, WeChatError>,
  spec: { readonly id: string; readonly path: string },
  app: App.App
): Effect.Effect<A, WeChatError> =>
  effect.pipe(
    Effect.tapError((error) =>
      error.errcode === undefined ? Effect.void : Effect.annotateCurrentSpan("wechat.errcode", error.errcode)
    ),
    Effect.withSpan(
      `wechat.${spec.id}`,
      {
        attributes: { "wechat.endpoint": spec.id, "wechat.path": spec.path, "wechat.app": App.key(app) }
      },
      { captureStackTrace: false }
    )
  )
