/** What a hub answers, the odd answers of Elixir hubs included. */
import type * as Reason from "@wechat/core/Error"
import { Failure, TicketAnswer, TokenAnswer } from "@wechat/core/Hub"
import { Token } from "@wechat/core/Token"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/** Why a hub gave no token. */
export class Trouble {
  /** What happened, to follow "the hub at ...". */
  readonly detail: string
  /** Whether the next attempt may do better. */
  readonly mayPass: boolean
  readonly about: Pick<Reason.NoToken, "errcode" | "missing">

  constructor(detail: string, mayPass: boolean, about: Pick<Reason.NoToken, "errcode" | "missing"> = {}) {
    this.detail = detail
    this.mayPass = mayPass
    this.about = about
  }
}

const asToken = Schema.decodeUnknownOption(TokenAnswer)
const asTicket = Schema.decodeUnknownOption(TicketAnswer)
const asFailure = Schema.decodeUnknownOption(Failure)

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const missing: Readonly<Record<string, NonNullable<Reason.NoToken["missing"]>>> = {
  invalid_config: "secret",
  verify_ticket_not_found: "ticket",
  invalid_authorizer_appid: "authorization"
}

const refused = ({ errcode, message, reason }: Failure, status: number): Trouble => {
  const lacking = reason === null ? undefined : missing[reason]
  const words = [reason, errcode === null ? message : `${errcode} ${message ?? ""}`].filter((word) => word !== null)
  return new Trouble(
    `answered HTTP ${status} ${words.length === 0 ? "and did not say why" : words.join(": ")}`,
    status === 429,
    { ...(errcode === null ? {} : { errcode }), ...(lacking === undefined ? {} : { missing: lacking }) }
  )
}

const odd = (status: number, text: string, value: unknown): Trouble => {
  if (status >= 500) return new Trouble(`failed with HTTP ${status}`, true)
  if (status >= 300 && status < 400) return new Trouble(`answered with a redirect (HTTP ${status})`, false)
  if (status !== 200) return new Trouble(`answered HTTP ${status}, which no hub does: check the address`, false)
  if (value === undefined)
    return new Trouble(text === "" ? "gave an empty answer" : "answered with something that is no JSON", true)
  return new Trouble("answered without a usable token: it has none itself", false)
}

/** Seconds before its end at which a token of an Elixir hub is asked for again. */
const ahead = 60
/** A token is not asked for again within this time, in milliseconds, whatever life the hub gives it. */
const soonest = 5000

/** No token lives longer, in seconds; what says so is a mistake. */
const longest = 86_400

const bounded = (seconds: number): number => Math.max(-longest, Math.min(longest, seconds))

interface Times {
  readonly timestamp: number
  readonly expires_in: number
  readonly valid_for?: number
}

/** Lives are counted from when the hub answered, by the hub's clock: the two clocks need not agree. */
const dated = (
  value: Redacted.Redacted,
  { expires_in, timestamp, valid_for }: Times,
  now: number,
  date: string | undefined
): Token => {
  const said = date === undefined ? Number.NaN : Date.parse(date)
  const sinceIssue = Math.floor((Number.isNaN(said) ? now : said) / 1000) - timestamp
  const valid = (valid_for ?? expires_in) - sinceIssue
  const fresh = valid_for === undefined ? valid - ahead : expires_in - sinceIssue
  return new Token({
    value,
    expires: Math.round(now + bounded(valid) * 1000),
    due: Math.round(now + Math.max(soonest, bounded(fresh) * 1000)),
    forced: []
  })
}

/** The token, or why there is none. */
export const tokenIn = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<Token, Trouble> =>
  Effect.gen(function* () {
    const text = yield* Effect.mapError(response.text, () => new Trouble("broke off its answer", true))
    const now = yield* Clock.currentTimeMillis
    const value = parse(text)
    const failure = asFailure(value)
    if (Option.isSome(failure)) return yield* Effect.fail(refused(failure.value, response.status))
    if (response.status === 200) {
      const { date } = response.headers
      const token = asToken(value)
      if (Option.isSome(token)) return dated(token.value.access_token, token.value, now, date)
      const ticket = asTicket(value)
      if (Option.isSome(ticket)) return dated(ticket.value.ticket, ticket.value, now, date)
    }
    return yield* Effect.fail(odd(response.status, text, value))
  })
