/** What a simulated process does: it starts, calls, hears of authorizations. */
import { Credentials } from "@wechat/core/Credentials"
import { Mint } from "@wechat/core/Mint"
import type * as Token from "@wechat/core/Token"
import { TokenStore, type Tokens } from "@wechat/core/TokenStore"
import { Vault } from "@wechat/core/Vault"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { appid, authorizer, component, componentSecret, secret } from "../../Simulator.ts"
import type { Process } from "./process.ts"
import { client, platform, type World } from "./world.ts"

export interface Life {
  readonly process: Process
  readonly tokens: Tokens
  readonly vault: Vault["Service"]
  readonly scope: Scope.Closeable
}

const accounts = (kind: "stable" | "plain") =>
  Credentials.layer({
    [appid]: { secret: Redacted.make(secret), token: kind },
    [component]: { secret: Redacted.make(componentSecret) }
  })

/** The token store of a process, made as in a real one. */
export const start = (world: World, process: Process, kind: "stable" | "plain"): Effect.Effect<Life> =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const vault = world.keeping(process)
    const layer = TokenStore.layer.pipe(
      Layer.provide(Mint.layer),
      Layer.provide(accounts(kind)),
      Layer.provide(Layer.succeed(Vault, vault)),
      Layer.provide(Layer.succeed(HttpClient.HttpClient, world.http(process)))
    )
    const built = yield* Layer.buildWithScope(Layer.fresh(layer), scope)
    return { process, vault, scope, tokens: Context.get(built, TokenStore) }
  })

/** As a graceful end does: what is under way is interrupted, and leases are given back. */
export const stop = ({ process, scope }: Life): Effect.Effect<void> =>
  Effect.andThen(
    Scope.close(scope, Exit.void),
    Effect.sync(() => process.kill())
  )

/** The way of a call: a token, and another one where WeChat refuses it. `true`: WeChat took one of them. */
export const call = (
  world: World,
  life: Life,
  key: Token.Key
): Effect.Effect<"first" | "second" | "refused" | "failed"> =>
  Effect.gen(function* () {
    const { process, tokens } = life
    const { watch } = world
    watch.calls++
    const works = (token: Token.Token) =>
      key._tag === "Ticket" ? Effect.succeed(true) : world.visit(process, world.works(Redacted.value(token.value)))
    const fetch = Effect.fnUntraced(function* (how: "get" | "renew", effect: ReturnType<Tokens["get"]>) {
      const since = process.engine.now
      return yield* effect.pipe(
        Effect.tap((token) => Effect.sync(() => watch.handed(process, key.path, token, since, how))),
        Effect.tapError((error) => Effect.sync(() => watch.failed(process, key.path, error.detail, since, how)))
      )
    })
    const first = yield* fetch("get", tokens.get(key))
    if (yield* works(first)) return "first" as const
    watch.refusals++
    const second = yield* fetch("renew", tokens.renew(key, first))
    if (second.same(first)) watch.problem(process, `${key.path}: the refused token came back`)
    if (yield* works(second)) return "second" as const
    watch.refusedTwice(process, key.path, second)
    return "refused" as const
  }).pipe(Effect.orElseSucceed(() => "failed" as const))

/** WeChat pushes a new authorization to one process, which trades its code for tokens. */
export const authorized = (world: World, { process, tokens, vault }: Life, code: string): Effect.Effect<void> =>
  Effect.gen(function* () {
    const token = yield* tokens.get(platform)
    const trade = world.ask("/cgi-bin/component/api_query_auth", Redacted.value(token.value), {
      component_appid: component,
      authorization_code: code
    })
    const answer = yield* world.visit(process, trade)
    const refresh = refreshIn(answer["authorization_info"])
    if (refresh === undefined) return
    world.refresh = refresh
    world.watch.disturbed(client.path)
    yield* vault.authorize(component, authorizer, { refresh: Redacted.make(refresh) })
  }).pipe(Effect.ignore)

const refreshIn = (info: unknown): string | undefined => {
  if (typeof info !== "object" || info === null || !("authorizer_refresh_token" in info)) return undefined
  return typeof info.authorizer_refresh_token === "string" ? info.authorizer_refresh_token : undefined
}
