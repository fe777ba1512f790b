/**
 * Tokens from a hub: this process holds no WeChat secret. They are kept in memory, fetched once for any number of callers and
 * renewed ahead of their end; a token that is still valid survives a hub that is down.
 *
 * It understands `@wechat/hub` and the hubs of `elixir_wechat`.
 *
 * @since 0.1.0
 */
import { NoToken } from "@wechat/core/Error"
import { systemCode } from "@wechat/core/Send"
import type * as Token from "@wechat/core/Token"
import { cached, TokenStore } from "@wechat/core/TokenStore"
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { Trouble, tokenIn } from "./internal/answer.ts"
import * as Ask from "./internal/ask.ts"

/**
 * Where the hub is.
 *
 * @since 0.1.0
 */
export interface Options {
  /** Its address, with a path where it has one. */
  readonly url: string
  /** What it knows this client by; hubs of `elixir_wechat`, and open ones, want none. */
  readonly secret?: Redacted.Redacted | undefined
}

/** A hub answers within fifteen seconds, one that keeps to the protocol. */
const attempt = Duration.seconds(16)
/** How long a caller waits in all. */
const patience = Duration.seconds(20)
/** Six seconds of pauses: enough for a hub that restarts. */
const backoff = Schedule.exponential("200 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 5 }))

/** An address may hold a secret in its path, so only its beginning is told. */
const originOf = (url: string): string => {
  try {
    return new URL(url).origin
  } catch {
    return "an address that is not valid"
  }
}

const unreachable = ({ reason }: HttpClientError.HttpClientError): Trouble => {
  if (reason._tag === "InvalidUrlError") return new Trouble("cannot be asked: the address is not valid", false)
  const code = systemCode(reason)
  return new Trouble(`is out of reach${code === undefined ? "" : ` (${code})`}`, true)
}

const make = Effect.fnUntraced(function* ({ secret, url }: Options) {
  const http = yield* HttpClient.HttpClient
  const base = url.replace(/\/+$/, "")
  const hub = `the hub at ${originOf(url)}`

  const once = (request: HttpClientRequest.HttpClientRequest) =>
    http.execute(secret === undefined ? request : HttpClientRequest.bearerToken(request, secret)).pipe(
      Effect.mapError(unreachable),
      Effect.flatMap(tokenIn),
      Effect.timeoutOrElse({
        duration: attempt,
        orElse: () => Effect.fail(new Trouble(`did not answer within ${Duration.format(attempt)}`, true))
      }),
      // The address and the headers are nobody else's business, and a redirect would take the secret elsewhere.
      Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
      Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" })
    )

  const send = (request: HttpClientRequest.HttpClientRequest) => once(HttpClientRequest.prependUrl(request, base))

  const other = (stale: Token.Token) => (token: Token.Token) =>
    token.same(stale)
      ? Effect.fail(new Trouble("answered with the very token that WeChat refused", false))
      : Effect.succeed(token)

  const renewed = (key: Token.Key, stale: Token.Token) => {
    const read = Effect.flatMap(send(Ask.read(key)), other(stale))
    if (key._tag === "Ticket") return read
    const refreshed = Effect.flatMap(send(Ask.refresh(key.app, stale)), other(stale))
    // An Elixir hub cannot refresh a platform's token, but by now it may have another one.
    return key.app._tag === "Component"
      ? Effect.catch(refreshed, (trouble) => Effect.mapError(read, () => trouble))
      : refreshed
  }

  /** Every request can be repeated: a refresh only replaces the token that it names. */
  const persistently = (effect: Effect.Effect<Token.Token, Trouble>) =>
    Effect.suspend(() => {
      let last = new Trouble(`did not answer within ${Duration.format(patience)}`, true)
      return Effect.tapError(effect, (trouble) => Effect.sync(() => (last = trouble))).pipe(
        Effect.retry({ schedule: backoff, while: (trouble) => trouble.mayPass }),
        Effect.timeoutOrElse({ duration: patience, orElse: () => Effect.fail(last) })
      )
    })

  return yield* cached({
    fetch: (key, stale) =>
      persistently(stale === undefined ? send(Ask.read(key)) : renewed(key, stale)).pipe(
        Effect.mapError(({ about, detail }) => new NoToken({ key: key.path, detail: `${hub} ${detail}`, ...about })),
        Effect.withSpan("wechat.hub", { attributes: { "wechat.key": key.path } }, { captureStackTrace: false })
      ),
    changes: Stream.empty
  })
})

/**
 * Tokens from a hub. A failure says that it was the hub, and how it can be told from WeChat: `errcode` is there only where
 * WeChat refused the hub.
 *
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<TokenStore, never, HttpClient.HttpClient> =>
  Layer.effect(TokenStore, make(options))

/**
 * Tokens from the hub at `WECHAT_HUB_URL`, which knows this client by `WECHAT_HUB_SECRET`.
 *
 * @since 0.1.0
 */
export const layerConfig: Layer.Layer<TokenStore, Config.ConfigError, HttpClient.HttpClient> = Layer.unwrap(
  Effect.map(
    Config.all({
      url: Config.URL("WECHAT_HUB_URL"),
      secret: Config.option(Config.Redacted("WECHAT_HUB_SECRET"))
    }),
    ({ secret, url }) => layer({ url: url.href, secret: Option.getOrUndefined(secret) })
  )
)
