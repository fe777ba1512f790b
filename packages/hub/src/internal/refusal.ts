/** What a client gets in place of a token: an HTTP status, and always the four keys. */
import type { NoToken } from "@wechat/core/Error"
import type { Failure } from "@wechat/core/Hub"

export class Refusal {
  readonly status: number
  readonly body: Failure

  constructor(status: number, reason: string | null, message: string, errcode: number | null = null) {
    this.status = status
    // WeChat refuses with a return code in an answer that HTTP calls a success.
    this.body = { errcode, message, reason, http_status: errcode === null ? status : 200 }
  }
}

export const badRequest = (message: string): Refusal => new Refusal(400, "invalid_request", message)

/** The words that Elixir hubs have for some of WeChat's codes. */
const reasons: ReadonlyMap<number, string> = new Map([
  [61004, "invalid_clientip"],
  [61005, "invalid_component_verify_ticket"],
  [61006, "invalid_component_verify_ticket"],
  [61023, "invalid_component_refresh_token"],
  [61024, "invalid_usecase_get_access_token"]
])

/** What is left to say when there is no token. */
export const fromNoToken = ({ detail, errcode, missing }: NoToken): Refusal => {
  if (errcode !== undefined) return new Refusal(502, reasons.get(errcode) ?? null, detail, errcode)
  switch (missing) {
    case "secret":
      return new Refusal(404, "invalid_config", "this hub has no secret for the account")
    case "authorization":
      return new Refusal(404, "invalid_authorizer_appid", detail)
    case "ticket":
      return new Refusal(503, "verify_ticket_not_found", detail)
    default:
      return new Refusal(503, "no_token", detail)
  }
}
