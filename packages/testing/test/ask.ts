/** Calls as any program makes them: an address, fields, and whatever comes back. */
import * as Json from "@wechat/core/Json"
import * as Settings from "@wechat/core/Settings"
import * as Effect from "effect/Effect"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import { appid, secret } from "@wechat/testing/Simulator"

type Fields = Readonly<Record<string, unknown>>

// oxlint-disable-next-line typescript/no-explicit-any -- tests look at whatever comes
export type Answer = any

export const send = (
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<Answer, unknown, HttpClient.HttpClient> =>
  HttpClient.execute(request).pipe(
    Effect.flatMap((response) => response.text),
    Effect.map((text) => Json.parse(text))
  )

/** Where calls go. */
const origin = Effect.map(Settings.Settings, ({ hosts }) => hosts[0])

export const get = (path: string, query: Readonly<Record<string, string>> = {}) =>
  Effect.flatMap(origin, (origin) => send(HttpClientRequest.get(`${origin}${path}`, { urlParams: query })))

export const post = (path: string, query: Readonly<Record<string, string>>, body: Fields) =>
  Effect.flatMap(origin, (origin) =>
    send(
      HttpClientRequest.post(`${origin}${path}`, {
        urlParams: query,
        body: HttpBody.text(Json.stringify(body), "application/json")
      })
    )
  )

/** The stable token of the simulator's own account. */
export const stable = (options: Fields = {}) =>
  post("/cgi-bin/stable_token", {}, { grant_type: "client_credential", appid, secret, ...options })

/** A plain token of the simulator's own account. */
export const plain = (options: Readonly<Record<string, string>> = {}) =>
  get("/cgi-bin/token", { grant_type: "client_credential", appid, secret, ...options })
