/** A hub in memory over a simulated WeChat, asked without a socket, so that time is the TestClock's. */
import { Credentials } from "@wechat/core/Credentials"
import type * as Guard from "@wechat/hub/Guard"
import * as Server from "@wechat/hub/Server"
import * as Memory from "@wechat/storage-memory/Memory"
import { Simulator } from "@wechat/testing"
import { appid, component, componentSecret, secret } from "@wechat/testing/Simulator"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as HttpEffect from "effect/http/HttpEffect"
import * as HttpRouter from "effect/http/HttpRouter"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"

export const shopSecret = "the-secret-of-the-shop"
export const platformSecret = "the-secret-of-the-platform"
export const adminSecret = "the-secret-of-the-admin"

const client = (value: string, ...appids: ReadonlyArray<string>) => ({ secret: Redacted.make(value), appids })

/** Who may ask: the shop for one account, the platform for itself and all that have authorized it, the admin for everything. */
const clients: Guard.Clients = {
  shop: client(shopSecret, appid),
  platform: client(platformSecret, component),
  admin: client(adminSecret, "*")
}

export interface Answer {
  readonly status: number
  readonly type: string
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
}

export type Handler = (request: Request) => Effect.Effect<Response>

/** Where a hub's routes end up, without a socket. */
export class Hub extends Context.Service<Hub, { readonly handle: Handler }>()("test/Hub") {
  static readonly layer = (options: Partial<Server.Options> = {}) =>
    Layer.effect(
      Hub,
      Effect.gen(function* () {
        const routes = Server.layer({ clients, ...options })
        const app = yield* HttpRouter.toHttpEffect(routes)
        const handler = HttpEffect.toWebHandlerWith<never, HttpServerRequest.HttpServerRequest | Scope.Scope>(
          yield* Effect.context()
        )(app)
        return { handle: (request) => Effect.promise(() => handler(request)) }
      })
    )
}

const credentials = Credentials.layer({
  [appid]: { secret: Redacted.make(secret) },
  [component]: { secret: Redacted.make(componentSecret) },
  wxwrong: { secret: Redacted.make("not this one") }
})

/** The hub, its storage and WeChat; nothing is printed. */
export const world = (options?: Partial<Server.Options>) =>
  Hub.layer(options).pipe(
    Layer.provideMerge(Memory.layer),
    Layer.provide(credentials),
    Layer.provideMerge(Simulator.layer()),
    Layer.provide(Logger.layer([]))
  )

/** An HTTP client whose requests go straight to the hub. */
export const clientOf = (handle: Handler): HttpClient.HttpClient =>
  HttpClient.make((request) =>
    Effect.gen(function* () {
      const web = yield* Effect.orDie(HttpClientRequest.toWeb(request))
      return HttpClientResponse.fromWeb(request, yield* handle(web))
    })
  )

/** Runs an effect while time passes for it, in steps, so that answers arrive in between. */
export const inTime = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect)
    while (fiber.pollUnsafe() === undefined) {
      yield* TestClock.adjust("50 millis")
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    }
    return yield* Fiber.join(fiber)
  })

interface Asking {
  readonly as?: string | undefined
  readonly method?: string | undefined
  readonly json?: unknown
  readonly body?: string | undefined
  readonly type?: string | undefined
}

const parsed = (text: string): Readonly<Record<string, unknown>> => {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

/** One request, as the shop unless said otherwise. */
export const ask = (path: string, { as = shopSecret, body, json, method, type }: Asking = {}) =>
  inTime(
    Hub.use(({ handle }) =>
      Effect.gen(function* () {
        const content = json === undefined ? body : JSON.stringify(json)
        const response = yield* handle(
          new Request(`http://hub${path}`, {
            method: method ?? (content === undefined ? "GET" : "POST"),
            ...(content === undefined ? {} : { body: content }),
            headers: {
              ...(as === "" ? {} : { authorization: `Bearer ${as}` }),
              ...(content === undefined ? {} : { "content-type": type ?? "application/json" })
            }
          })
        )
        const text = yield* Effect.promise(() => response.text())
        const answer: Answer = {
          status: response.status,
          type: response.headers.get("content-type") ?? "",
          text,
          json: parsed(text)
        }
        return answer
      })
    )
  )
