/**
 * Asks WeChat for tokens. Only a process that holds the accounts' secrets does this.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import type * as Redacted from "effect/Redacted"
import type * as App from "./App.ts"
import * as Credentials from "./Credentials.ts"
import * as Reason from "./Error.ts"
import * as Issue from "./internal/issue.ts"
import * as Send from "./Send.ts"
import * as Token from "./Token.ts"
import { type Minted, Vault, type VaultError } from "./Vault.ts"

/**
 * What a mint has to know besides the key.
 *
 * @since 0.1.0
 */
export interface Options {
  /** The token that this one is made with. */
  readonly parent: Send.Tokens | undefined
  /** The token that WeChat refused: asking must not bring it again. */
  readonly stale: Token.Token | undefined
  /** When refreshes were forced in the last day, in Unix milliseconds. */
  readonly forced: ReadonlyArray<number>
}

/**
 * Issues new tokens. It keeps nothing: the token store does, under a lease.
 *
 * @since 0.1.0
 */
export class Mint extends Context.Service<
  Mint,
  {
    readonly mint: (key: Token.Key, options: Options) => Effect.Effect<Minted, Reason.NoToken>
  }
>()("@wechat/core/Mint") {
  /** Asks WeChat over the HTTP client, with secrets from the credentials, and rotating ones from the vault. */
  static readonly layer: Layer.Layer<Mint, never, Credentials.Credentials | Vault | HttpClient.HttpClient> =
    Layer.suspend(() => Layer.effect(Mint, make))
}

type Failure = Reason.Reason | VaultError | Credentials.MissingCredential

/** WeChat ignores a forced refresh within this time of another, in milliseconds. */
const between = 30_000
const perDay = 20
const day = 86_400_000

/** Seconds before its end at which WeChat has a new stable token ready: five minutes, and a little. */
const stableMargin = 270
/** Seconds before the end at which other tokens are renewed: the old one stays good for five minutes. */
const margin = 600

const minted = Metric.counter("wechat_mints_total", { description: "Tokens asked for, by kind and outcome" })

const noToken =
  (key: Token.Key) =>
  (failure: Failure): Reason.NoToken => {
    switch (failure._tag) {
      case "NoToken":
        return failure
      case "MissingCredential":
        return new Reason.NoToken({ key: key.path, detail: failure.message, missing: "secret" })
      case "VaultError":
        return new Reason.NoToken({ key: key.path, detail: failure.message })
      default:
        return new Reason.NoToken({
          key: key.path,
          detail: Reason.describe(failure),
          ...("errcode" in failure ? { errcode: failure.errcode } : {})
        })
    }
  }

const hasCode =
  (codes: ReadonlyArray<number>) =>
  (failure: Failure): boolean =>
    "errcode" in failure && failure.errcode !== undefined && codes.includes(failure.errcode)

const dated = (value: Redacted.Redacted, expiresIn: number, margin: number, forced?: ReadonlyArray<number>) =>
  Effect.map(Clock.currentTimeMillis, (now) => Token.issued({ value, expiresIn, margin, now, forced: forced ?? [] }))

const make = Effect.gen(function* () {
  const credentials = yield* Credentials.Credentials
  const vault = yield* Vault
  const sender = yield* Send.make

  const ask = <I, A>(plan: Send.Plan<I, A>, input: I, tokens?: Send.Tokens): Effect.Effect<A, Reason.Reason> =>
    Effect.flatMap(Send.encode(plan, input), (encoded) =>
      Effect.withFiber(({ context }) =>
        Effect.mapError(sender.call(plan, encoded, tokens, context), ({ reason }) => reason)
      )
    )

  const secretOf = (appid: string) =>
    Effect.flatMap(credentials.account(appid), (account) => Credentials.need(appid, account, "secret"))

  const stable = Effect.fnUntraced(function* (app: App.Common, key: Token.Key, options: Options) {
    const secret = yield* secretOf(app.appid)
    const now = yield* Clock.currentTimeMillis
    const forced = options.forced.filter((time) => now - time < day)
    const got = yield* ask(Issue.stable(), { appid: app.appid, secret, force_refresh: false })
    const token = yield* dated(got.access_token, got.expires_in, stableMargin, forced)
    if (options.stale?.same(token) !== true) return { token }
    const last = forced.at(-1)
    if (forced.length >= perDay || (last !== undefined && now - last < between)) {
      return yield* new Reason.NoToken({
        key: key.path,
        detail: `WeChat refuses the token that it issues, and takes no forced refresh now (${forced.length} of ${perDay} today, 30 s apart)`
      })
    }
    const again = yield* ask(Issue.stable(), { appid: app.appid, secret, force_refresh: true })
    return { token: yield* dated(again.access_token, again.expires_in, stableMargin, [...forced, now]) }
  })

  const plain = Effect.fnUntraced(function* (app: App.Common) {
    const secret = yield* secretOf(app.appid)
    const got = yield* ask(Issue.plain(), { appid: app.appid, secret })
    return { token: yield* dated(got.access_token, got.expires_in, margin) }
  })

  /** WeChat pushes the ticket every ten minutes, once it has been asked to. */
  const askForTicket = Effect.fnUntraced(function* (app: App.Component, key: Token.Key, problem: string) {
    const secret = yield* secretOf(app.appid)
    yield* ask(Issue.startPushTicket(), { component_appid: app.appid, component_secret: secret })
    return yield* new Reason.NoToken({
      key: key.path,
      detail: `${problem}; WeChat has been asked to push a new one to the platform's event address, which takes up to ten minutes`,
      missing: "ticket"
    })
  })

  const component = Effect.fnUntraced(function* (app: App.Component, key: Token.Key) {
    const secret = yield* secretOf(app.appid)
    const ticket = yield* vault.ticket(app.appid)
    if (ticket === undefined) return yield* askForTicket(app, key, "no component_verify_ticket has arrived")
    const input = { component_appid: app.appid, component_appsecret: secret, component_verify_ticket: ticket }
    const got = yield* ask(Issue.component(), input).pipe(
      Effect.catchIf(hasCode([61005, 61006]), () => askForTicket(app, key, "the component_verify_ticket is void"))
    )
    return { token: yield* dated(got.component_access_token, got.expires_in, margin) }
  })

  /** Reads a lost refresh token from the list of all accounts that have authorized the platform. */
  const recover = (app: App.Authorizer, key: Token.Key, tokens: Send.Tokens | undefined) => {
    const page = (offset: number): Effect.Effect<Redacted.Redacted, Reason.Reason> =>
      Effect.flatMap(
        ask(Issue.authorizers(), { component_appid: app.component, offset, count: 500 }, tokens),
        (got) => {
          const found = got.list.find((authorizer) => authorizer.authorizer_appid === app.appid)?.refresh_token
          if (found !== undefined) return Effect.succeed(found)
          const next = offset + got.list.length
          return got.list.length === 0 || next >= got.total_count
            ? Effect.fail(
                new Reason.NoToken({
                  key: key.path,
                  detail: `${app.appid} has not authorized the platform ${app.component}, or has withdrawn it: have its owner authorize again`,
                  missing: "authorization"
                })
              )
            : page(next)
        }
      )
    return page(0)
  }

  const authorizer = Effect.fnUntraced(function* (app: App.Authorizer, key: Token.Key, options: Options) {
    const renew = (refresh: Redacted.Redacted) =>
      ask(
        Issue.authorizer(),
        {
          component_appid: app.component,
          authorizer_appid: app.appid,
          authorizer_refresh_token: refresh
        },
        options.parent
      )
    const kept = yield* vault.refresh(app.component, app.appid)
    const recovered = Effect.flatMap(recover(app, key, options.parent), (refresh) =>
      Effect.map(renew(refresh), (got) => ({ got, refresh }))
    )
    const { got, refresh } =
      kept === undefined
        ? yield* recovered
        : yield* Effect.map(renew(kept), (got) => ({ got, refresh: kept })).pipe(
            Effect.catchIf(hasCode([61023]), () => recovered)
          )
    const token = yield* dated(got.authorizer_access_token, got.expires_in, margin)
    return { token, refresh: got.authorizer_refresh_token ?? refresh }
  })

  const ticket = Effect.fnUntraced(function* (type: Token.TicketType, options: Options) {
    const got = yield* ask(Issue.ticket(), { type }, options.parent)
    return { token: yield* dated(got.ticket, got.expires_in, margin) }
  })

  const mint = (key: Token.Key, options: Options): Effect.Effect<Minted, Failure> => {
    if (key._tag === "Ticket") return ticket(key.type, options)
    const { app } = key
    switch (app._tag) {
      case "Common":
        return Effect.flatMap(credentials.account(app.appid), (account) =>
          account.token === "plain" ? plain(app) : stable(app, key, options)
        )
      case "Component":
        return component(app, key)
      case "Authorizer":
        return authorizer(app, key, options)
    }
  }

  return Mint.of({
    mint: (key, options) =>
      mint(key, options).pipe(
        Effect.mapError(noToken(key)),
        Effect.onExit((exit) =>
          Metric.update(Metric.withAttributes(minted, { kind: kindOf(key), outcome: exit._tag }), 1)
        ),
        Effect.withSpan("wechat.mint", { attributes: { "wechat.key": key.path } }, { captureStackTrace: false })
      )
  })
})

const kindOf = (key: Token.Key): string => (key._tag === "Ticket" ? key.type : key.app._tag)
