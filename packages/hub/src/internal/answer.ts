/** What a client gets: JSON in the shape that Elixir clients read. */
import type { TicketAnswer, TokenAnswer } from "@wechat/core/Hub"
import type * as Token from "@wechat/core/Token"
import * as Headers from "effect/http/Headers"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Redacted from "effect/Redacted"
import { Refusal } from "./refusal.ts"

/** Seconds after which a client asks again for a token that is past its time, while the hub is fetching the next one. */
const soon = 30

/** A client keeps a token until the hub has the next one, not until its end: renewing some voids them. */
const times = (token: Token.Token, now: number) => {
  const left = (until: number) => Math.floor((until - now) / 1000)
  const valid = Math.max(1, left(Math.max(token.expires, token.due)))
  const fresh = left(token.due)
  return {
    expires_in: fresh > 0 ? fresh : Math.min(soon, valid),
    timestamp: Math.floor(now / 1000),
    valid_for: valid
  }
}

const headers = Headers.fromInput({ "cache-control": "no-store" })

const json = (body: object, status: number, more: Headers.Headers = headers): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(JSON.stringify(body), {
    status,
    contentType: "application/json; charset=utf-8",
    headers: more
  })

interface Written {
  readonly second: number
  readonly response: HttpServerResponse.HttpServerResponse
}

/** Who asks for a token in the same second gets the same answer, which is written once. */
const written = new WeakMap<Token.Token, Written>()

const write = (key: Token.Key, token: Token.Token, now: number): HttpServerResponse.HttpServerResponse => {
  const value = Redacted.value(token.value)
  const body: typeof TokenAnswer.Encoded | typeof TicketAnswer.Encoded =
    key._tag === "Ticket"
      ? { ticket: value, type: key.type, ...times(token, now) }
      : { access_token: value, ...times(token, now) }
  return json(body, 200)
}

export const granted = (key: Token.Key, token: Token.Token, now: number): HttpServerResponse.HttpServerResponse => {
  const second = Math.floor(now / 1000)
  const last = written.get(token)
  if (last?.second === second) return last.response
  const response = write(key, token, now)
  written.set(token, { second, response })
  return response
}

export const refused = ({ body, status }: Refusal): HttpServerResponse.HttpServerResponse => {
  if (status === 401) return json(body, status, Headers.set(headers, "www-authenticate", "Bearer"))
  if (status === 429) return json(body, status, Headers.set(headers, "retry-after", "1"))
  return json(body, status)
}

export const notFound: HttpServerResponse.HttpServerResponse = refused(
  new Refusal(404, "not_found", "a hub has no such route")
)
