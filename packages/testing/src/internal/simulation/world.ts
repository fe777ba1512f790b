/** One vault and one WeChat, as each simulated process reaches them. */
import * as App from "@wechat/core/App"
import * as Token from "@wechat/core/Token"
import { type Keeping, isLease, type Lease, VaultError } from "@wechat/core/Vault"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import type * as Context from "effect/Context"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type { Outcome, Request } from "../../Call.ts"
import { appid, authorizer, component, type Control } from "../../Simulator.ts"
import { readBody, requestOf, transportError } from "../client.ts"
import type { Network } from "./network.ts"
import type { Process } from "./process.ts"
import type { Watch } from "./watch.ts"

export const account = Token.Access(App.common(appid))
export const ticket = Token.Ticket(App.common(appid), "jsapi")
export const platform = Token.Access(App.component(component))
export const client = Token.Access(App.authorizer(component, authorizer))

type Fields = { readonly [name: string]: unknown }

const parse = (text: string): Fields => {
  try {
    const value: unknown = JSON.parse(text)
    return Predicate.isObject(value) ? { ...value } : {}
  } catch {
    return {}
  }
}

const textOf = (outcome: Outcome): string => (outcome._tag === "Answer" ? new TextDecoder().decode(outcome.body) : "")

/** The paths that issue tokens, and what they issue. */
const issuing: ReadonlyMap<string, { readonly key: Token.Key; readonly field: string }> = new Map([
  ["/cgi-bin/token", { key: account, field: "access_token" }],
  ["/cgi-bin/stable_token", { key: account, field: "access_token" }],
  ["/cgi-bin/ticket/getticket", { key: ticket, field: "ticket" }],
  ["/cgi-bin/component/api_component_token", { key: platform, field: "component_access_token" }],
  ["/cgi-bin/component/api_authorizer_token", { key: client, field: "authorizer_access_token" }]
])

const shifted = (token: Token.Token, millis: number): Token.Token =>
  millis === 0
    ? token
    : new Token.Token({
        value: token.value,
        expires: token.expires + millis,
        due: token.due + millis,
        forced: token.forced.map((time) => time + millis)
      })

export class World {
  /** The refresh token that WeChat would take now, as far as it has been seen. */
  refresh: string | undefined
  readonly context: Context.Context<never>
  readonly network: Network
  readonly watch: Watch
  readonly simulator: Control
  readonly vault: Keeping

  constructor(context: Context.Context<never>, network: Network, watch: Watch, simulator: Control, vault: Keeping) {
    this.context = context
    this.network = network
    this.watch = watch
    this.simulator = simulator
    this.vault = vault
  }

  readonly far = <A, E>(work: Effect.Effect<A, E>, done: (exit: Exit.Exit<A, E>) => void): void => {
    Effect.runForkWith(this.context)(work).addObserver(done)
  }

  /** Has something done at WeChat for a process, on a way that loses nothing. */
  visit<A>(process: Process, work: Effect.Effect<A>): Effect.Effect<A> {
    return Effect.callback<A>((resume) =>
      process.after(10, () => this.far(work, (exit) => process.after(10, () => resume(exit))))
    )
  }

  /** What WeChat answers to a call without further ado. */
  ask(path: string, token: string, body: Fields = {}): Effect.Effect<Fields> {
    const hasBody = Object.keys(body).length > 0
    const request: Request = {
      method: hasBody ? "POST" : "GET",
      host: "api.weixin.qq.com",
      path,
      query: { access_token: token },
      headers: { "content-type": "application/json" },
      body: new TextEncoder().encode(hasBody ? JSON.stringify(body) : "")
    }
    return Effect.map(this.simulator.handle(request), (outcome) => parse(textOf(outcome)))
  }

  /** Whether WeChat takes a token now. */
  works(token: string): Effect.Effect<boolean> {
    return Effect.map(this.ask(probe, token), ({ errcode }) => errcode === 0)
  }

  // -------------------------------------------------------------------------------------------------------------------
  // WeChat
  // -------------------------------------------------------------------------------------------------------------------

  /** What happens where WeChat is: the answer, and what is seen of it. */
  #handle(process: Process, request: Request): Effect.Effect<string> {
    const { simulator, watch } = this
    const issue = issuing.get(request.path)
    const answer = Effect.map(simulator.handle(request), textOf)
    if (issue === undefined) return answer
    const { field, key } = issue
    const record = watch.recordOf(key.path)
    const isVoid =
      record === undefined || key._tag === "Ticket"
        ? Effect.succeed(false)
        : Effect.map(this.works(record), (works) => !works)
    return Effect.flatMap(isVoid, (isVoid) =>
      Effect.tap(answer, (text) =>
        Effect.sync(() => {
          const { [field]: value, authorizer_refresh_token: refresh } = parse(text)
          if (typeof value === "string") watch.issued(process, key.path, value, isVoid)
          if (typeof refresh === "string") this.refresh = refresh
        })
      )
    )
  }

  http(process: Process): HttpClient.HttpClient {
    const exchange = Effect.fnUntraced(function* (
      world: World,
      request: HttpClientRequest.HttpClientRequest,
      url: URL
    ): Effect.fn.Return<string, HttpClientError.HttpClientError> {
      const sent = yield* Effect.orDie(readBody(request.body))
      return yield* world.network.send<string, HttpClientError.HttpClientError>(
        process,
        "wechat",
        url.pathname,
        world.far,
        world.#handle(process, requestOf(request, url, sent)),
        (sent) => transportError(request, sent ? "ECONNRESET" : "ECONNREFUSED")
      )
    })
    return HttpClient.make((request, url) =>
      Effect.map(exchange(this, request, url), (text) => {
        const response = HttpClientResponse.fromWeb(request, new Response(null))
        // The body is there already; reading it from a stream would leave virtual time.
        return Object.defineProperty(response, "text", { value: Effect.succeed(text) })
      })
    )
  }

  // -------------------------------------------------------------------------------------------------------------------
  // The vault
  // -------------------------------------------------------------------------------------------------------------------

  /** The vault as a process sees it, whose clock is not the vault's. */
  keeping(process: Process): Keeping {
    const { network, vault, watch } = this
    const over = <A>(name: string, work: Effect.Effect<A, VaultError>) =>
      network.send(
        process,
        "vault",
        name,
        this.far,
        work,
        (sent) => new VaultError({ detail: sent ? "no answer (simulated)" : "out of reach (simulated)" })
      )
    const keep = (lease: Lease, minted: Parameters<Keeping["keep"]>[1]) => {
      const token = shifted(minted.token, -process.offset)
      return Effect.tap(vault.keep(lease, { ...minted, token }), (isTaken) =>
        Effect.sync(() => watch.kept(process, lease.key.path, lease.fence, token, isTaken))
      )
    }
    return {
      token: (key) =>
        over(
          "token",
          Effect.map(vault.token(key), (token) => (token === undefined ? undefined : shifted(token, process.offset)))
        ),
      lease: (key, life) =>
        over(
          "lease",
          Effect.tap(vault.lease(key, life), (answer) =>
            Effect.sync(() => {
              if (isLease(answer)) watch.granted(process, key.path, answer.fence, Duration.toMillis(life))
            })
          )
        ),
      holds: (lease) => over("holds", vault.holds(lease)),
      keep: (lease, minted) => over("keep", keep(lease, minted)),
      release: (lease) =>
        over(
          "release",
          Effect.tap(vault.release(lease), () =>
            Effect.sync(() => watch.released(process, lease.key.path, lease.fence))
          )
        ),
      changes: vault.changes,
      ticket: (component) => over("ticket", vault.ticket(component)),
      keepTicket: (component, ticket) => over("keepTicket", vault.keepTicket(component, ticket)),
      refresh: (component, authorizer) => over("refresh", vault.refresh(component, authorizer)),
      authorize: (component, authorizer, minted) =>
        over(
          "authorize",
          Effect.tap(vault.authorize(component, authorizer, minted), () =>
            Effect.sync(() => watch.authorized(process, client.path))
          )
        ),
      unauthorize: (component, authorizer) => over("unauthorize", vault.unauthorize(component, authorizer))
    }
  }

  /** The refresh token that the vault would use. */
  get kept(): Effect.Effect<string | undefined, VaultError> {
    return Effect.map(this.vault.refresh(component, authorizer), (refresh) =>
      refresh === undefined ? undefined : Redacted.value(refresh)
    )
  }
}

/** A path that takes any good token, and answers `errcode` 0. */
export const probe = "/simulation/probe"
