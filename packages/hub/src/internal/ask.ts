/** Reads what a client asks for. */
import * as App from "@wechat/core/App"
import * as Token from "@wechat/core/Token"
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Redacted from "effect/Redacted"
import { badRequest, Refusal } from "./refusal.ts"

export interface Ask {
  readonly key: Token.Key
  /** The token that WeChat refused. */
  readonly stale?: Token.Token | undefined
}

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Visible ASCII, for an appid stands in logs; without the colon, which parts the names of tokens. */
const plain = /^[!-9;-~]{1,128}$/

const appid = (fields: Fields, name: string): string | Refusal => {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined
  return typeof value === "string" && plain.test(value) ? value : badRequest(`${name} has to be an appid`)
}

/** An account of its own, or one that has authorized the platform `appid`. */
const account = (fields: Fields): App.App | Refusal => {
  const first = appid(fields, "appid")
  if (typeof first !== "string") return first
  if (!Object.hasOwn(fields, "authorizer_appid")) return App.common(first)
  const second = appid(fields, "authorizer_appid")
  return typeof second === "string" ? App.authorizer(first, second) : second
}

const component = (fields: Fields): App.App | Refusal => {
  const found = appid(fields, "appid")
  return typeof found === "string" ? App.component(found) : found
}

const access = (app: App.App | Refusal): Ask | Refusal => (app instanceof Refusal ? app : { key: Token.Access(app) })

export const token = (query: Fields): Ask | Refusal => access(account(query))

export const componentToken = (query: Fields): Ask | Refusal => access(component(query))

export const ticket = (query: Fields): Ask | Refusal => {
  const app = account(query)
  if (app instanceof Refusal) return app
  const { type } = query
  return type === "jsapi" || type === "wx_card"
    ? { key: Token.Ticket(app, type) }
    : badRequest("type has to be jsapi or wx_card")
}

/** A token of which only the text is known. */
const bare = (value: string): Token.Token =>
  new Token.Token({ value: Redacted.make(value), expires: 0, due: 0, forced: [] })

const refreshing = (body: Fields, app: App.App | Refusal): Ask | Refusal => {
  if (app instanceof Refusal) return app
  const value = Object.hasOwn(body, "access_token") ? body["access_token"] : undefined
  if (value !== null && typeof value !== "string")
    return badRequest("access_token has to be the refused token, or null")
  return { key: Token.Access(app), stale: value === null || value === "" ? undefined : bare(value) }
}

export const refresh = (body: Fields): Ask | Refusal => refreshing(body, account(body))

export const refreshComponent = (body: Fields): Ask | Refusal => refreshing(body, component(body))

const parse = (type: string, text: string): Fields | Refusal => {
  if (type === "application/x-www-form-urlencoded") return Object.fromEntries(new URLSearchParams(text))
  try {
    const value: unknown = JSON.parse(text)
    return isFields(value) ? value : badRequest("the body has to be a JSON object")
  } catch {
    return badRequest("the body is no JSON")
  }
}

/** The fields of a body that is no larger than `limit` bytes. */
export const bodyOf = (
  request: HttpServerRequest.HttpServerRequest,
  limit: number
): Effect.Effect<Fields | Refusal> => {
  const type = (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? ""
  if (type !== "application/json" && type !== "application/x-www-form-urlencoded") {
    return Effect.succeed(
      new Refusal(415, "invalid_request", "the body has to be application/json or application/x-www-form-urlencoded")
    )
  }
  const tooLarge = new Refusal(413, "invalid_request", `the body is larger than ${limit} bytes`)
  if (Number(request.headers["content-length"]) > limit) return Effect.succeed(tooLarge)
  return request.text.pipe(
    Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(limit)),
    Effect.match({
      onFailure: ({ reason }) =>
        reason._tag === "RequestParseError" && reason.reason === "BodyTooLarge"
          ? tooLarge
          : badRequest("the body could not be read"),
      onSuccess: (text) => parse(type, text)
    })
  )
}
