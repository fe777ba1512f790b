/**
 * What a hub answers and what its clients ask: five routes, the same JSON in both directions that `elixir_wechat` speaks, so
 * that hubs and clients of both kinds can be mixed.
 *
 * @since 0.1.0
 */
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as HttpApiSecurity from "effect/http-api/HttpApiSecurity"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schema from "effect/Schema"
import { AppId } from "./App.ts"
import { TicketType } from "./Token.ts"

/**
 * The five routes.
 *
 * @since 0.1.0
 */
export const paths = {
  token: "/client/access_token",
  refresh: "/refresh/access_token",
  componentToken: "/client/component_access_token",
  refreshComponent: "/client/refresh_component_access_token",
  ticket: "/client/ticket"
} as const

const times = {
  /** Seconds from `timestamp` on for which a client may keep it: until the hub has the next one. */
  expires_in: Schema.Int,
  /** When the hub answered, in Unix seconds. An Elixir hub tells when the token was issued. */
  timestamp: Schema.Int,
  /** Seconds from `timestamp` on for which WeChat takes it at most. Elixir hubs leave it out. */
  valid_for: Schema.optionalKey(Schema.Int)
}

const Secret = Schema.RedactedFromValue(Schema.NonEmptyString)

/**
 * An access token, of whatever kind of account.
 *
 * @since 0.1.0
 */
export const TokenAnswer = Schema.Struct({ access_token: Secret, ...times })

/**
 * A ticket.
 *
 * @since 0.1.0
 */
export const TicketAnswer = Schema.Struct({
  ticket: Secret,
  /** An Elixir hub leaves it empty where it has just fetched the ticket. */
  type: Schema.optionalKey(Schema.NullOr(Schema.String)),
  ...times
})

/**
 * Why there is no token. Every failure has these four keys, whatever its HTTP status: Elixir clients crash without them.
 *
 * @since 0.1.0
 */
export const Failure = Schema.Struct({
  /** WeChat's code, where it refused. */
  errcode: Schema.NullOr(Schema.Int),
  /** What happened, in words, without secrets. */
  message: Schema.NullOr(Schema.String),
  /** A word for programs, such as `invalid_request`. */
  reason: Schema.NullOr(Schema.String),
  /** The HTTP status of WeChat's refusal, or that of this answer. */
  http_status: Schema.NullOr(Schema.Int)
})
export type Failure = typeof Failure.Type

const failure = (status: number, description: string) =>
  Failure.annotate({ description }).pipe(HttpApiSchema.status(status))

const refused = [
  failure(400, "The request is not understood: a parameter is missing or has the wrong type."),
  failure(403, "This client may not read the tokens of this account."),
  failure(404, "The hub has no secret for this account, or the account has not authorized the platform."),
  failure(429, "Too many requests."),
  failure(502, "WeChat refused to issue a token: errcode and message are its own."),
  failure(503, "No token at the moment: WeChat or the storage is out of reach.")
]

const withBody = [
  failure(413, "The body is too large."),
  failure(415, "The body is neither JSON nor a form."),
  ...refused
]

/**
 * Who asks: the client's secret as a bearer token. A hub that was opened asks nobody.
 *
 * @since 0.1.0
 */
export class Bearer extends HttpApiMiddleware.Service<Bearer>()("@wechat/core/Hub/Bearer", {
  security: { bearer: HttpApiSecurity.bearer },
  requiredForClient: true,
  error: failure(401, "The secret is missing or wrong.")
}) {}

const Refresh = Schema.Struct({
  /** The token that WeChat refused; `null` where there was none. */
  access_token: Schema.NullOr(Schema.String),
  appid: AppId,
  /** The account, where `appid` is a third-party platform. */
  authorizer_appid: Schema.optionalKey(AppId)
})

/**
 * The routes that hand out tokens.
 *
 * @since 0.1.0
 */
export class Tokens extends HttpApiGroup.make("tokens")
  .add(
    HttpApiEndpoint.get("token", paths.token, {
      query: { appid: AppId, authorizer_appid: Schema.optionalKey(AppId) },
      success: TokenAnswer,
      error: refused
    }).annotateMerge(OpenApi.annotations({ summary: "The access token of an account" })),
    HttpApiEndpoint.post("refresh", paths.refresh, {
      payload: Refresh,
      success: TokenAnswer,
      error: withBody
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Another access token, in place of one that WeChat refused",
        description: "Where somebody has replaced it already, the new one is answered. It can be repeated without harm."
      })
    ),
    HttpApiEndpoint.get("componentToken", paths.componentToken, {
      query: { appid: AppId },
      success: TokenAnswer,
      error: refused
    }).annotateMerge(OpenApi.annotations({ summary: "The access token of a third-party platform" })),
    HttpApiEndpoint.post("refreshComponent", paths.refreshComponent, {
      payload: Schema.Struct({ access_token: Refresh.fields.access_token, appid: AppId }),
      success: TokenAnswer,
      error: withBody
    }).annotateMerge(OpenApi.annotations({ summary: "Another access token of a third-party platform" })),
    HttpApiEndpoint.get("ticket", paths.ticket, {
      query: { appid: AppId, authorizer_appid: Schema.optionalKey(AppId), type: TicketType },
      success: TicketAnswer,
      error: refused
    }).annotateMerge(OpenApi.annotations({ summary: "A ticket of an account, for JS-SDK or cards" }))
  )
  .middleware(Bearer) {}

/**
 * The hub, as a value that servers, clients and documentation are made from.
 *
 * @since 0.1.0
 */
export class Api extends HttpApi.make("wechat-hub")
  .add(Tokens)
  .annotateMerge(
    OpenApi.annotations({
      title: "WeChat token hub",
      description: "Access tokens and tickets of WeChat accounts. App secrets and refresh tokens never leave the hub."
    })
  ) {}
