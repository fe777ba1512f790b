/** A hub that answers what a test tells it to. */
import * as Remote from "@wechat/storage-hub/Remote"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"

export interface Asked {
  readonly line: string
  readonly body: string
  readonly authorization: string | null
}

interface Reply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** What becomes of a request: an answer, no connection, or silence. */
export type Outcome = Reply | "refused" | "silent"

export const json = (value: unknown, status = 200): Reply => ({
  status,
  headers: { "content-type": "application/json; charset=utf-8" },
  body: JSON.stringify(value)
})

/** As Elixir hubs answer: Unix seconds of the birth, and the whole life from there. */
export const token = (access_token: string, timestamp = 0, expires_in = 7200): Reply =>
  json({ access_token, expires_in, timestamp })

export const failure = (reason: string | null, message: string | null = null, errcode: number | null = null) =>
  json({ errcode, message, reason, http_status: errcode === null ? null : 200 })

const refused = (request: HttpClientRequest.HttpClientRequest) =>
  new HttpClientError.HttpClientError({
    reason: new HttpClientError.TransportError({
      request,
      cause: Object.assign(new Error("connect"), { code: "ECONNREFUSED" })
    })
  })

/** The hub as an HTTP client, and what it was asked. */
export const hub = (answer: (asked: Asked, count: number) => Outcome) => {
  const asked: Array<Asked> = []
  const client = HttpClient.make((request) =>
    Effect.gen(function* () {
      const web = yield* Effect.orDie(HttpClientRequest.toWeb(request))
      const { pathname, search } = new URL(web.url)
      const one = {
        line: `${web.method} ${pathname}${search}`,
        body: yield* Effect.promise(() => web.text()),
        authorization: web.headers.get("authorization")
      }
      asked.push(one)
      const outcome = answer(one, asked.length)
      if (outcome === "silent") return yield* Effect.never
      if (outcome === "refused") return yield* refused(request)
      const { body = "", headers = {}, status = 200 } = outcome
      return HttpClientResponse.fromWeb(request, new Response(body === "" ? null : body, { status, headers }))
    })
  )
  return { asked, layer: Layer.succeed(HttpClient.HttpClient, client) }
}

export const secret = "the-secret-of-this-client"

export const remote = ({ layer }: ReturnType<typeof hub>, url = "http://hub:4000/with/a/path/") =>
  Remote.layer({ url, secret: Redacted.make(secret) }).pipe(Layer.provide(layer))

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
