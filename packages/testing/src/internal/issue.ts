/** The endpoints that issue an account's tokens and tickets. */
import * as Schema from "effect/Schema"
import { ok, Refusal, refuse, type Reply } from "./reply.ts"
import * as Route from "./route.ts"
import type { Account } from "./state.ts"
import * as Tokens from "./tokens.ts"

/** Plain tokens a day. */
const plainPerDay = 2000
const stablePerMinute = 10_000
const stablePerDay = 500_000
const forcedPerDay = 20
/** Milliseconds between forced refreshes that count. */
const forcedApart = 30_000
/** Resets of the daily counters a month. */
const resetsPerMonth = 10

const Asking = Schema.Struct({
  grant_type: Schema.optionalKey(Schema.Unknown),
  appid: Schema.optionalKey(Schema.Unknown),
  secret: Schema.optionalKey(Schema.Unknown),
  force_refresh: Schema.optionalKey(Schema.Unknown)
})

const asking = (input: typeof Asking.Type, scene: Route.Scene): Account | Refusal =>
  input.grant_type === "client_credential" ? Route.proven(input.appid, input.secret, scene) : refuse(40002)

const token = (issued: Tokens.Issued, now: number): Reply => ({
  access_token: issued.value,
  expires_in: Tokens.secondsLeft(issued, now)
})

const plain = Route.open("GET", "/cgi-bin/token", Asking, (input, scene) => {
  const account = asking(input, scene)
  if (account instanceof Refusal) return account
  const { ledger, quota } = scene.state
  if (!quota.perDay(account.appid, "token", plainPerDay, scene.now)) return refuse(45009)
  return token(ledger.issue({ kind: "plain", appid: account.appid }, scene.now, Tokens.overlap), scene.now)
})

const force = (account: Account, owner: Tokens.Owner, { now, state }: Route.Scene): Reply => {
  const current = state.ledger.current(owner, now)
  if (current !== undefined && now - account.forced < forcedApart) return token(current, now)
  if (!state.quota.perDay(account.appid, "force_refresh", forcedPerDay, now)) return refuse(45009)
  account.forced = now
  return token(state.ledger.issue(owner, now, 0), now)
}

const stable = Route.open("POST", "/cgi-bin/stable_token", Asking, (input, scene) => {
  const account = asking(input, scene)
  if (account instanceof Refusal) return account
  const {
    now,
    state: { ledger, quota }
  } = scene
  if (!quota.perMinute(account.appid, "stable_token", stablePerMinute, now)) return refuse(45011)
  if (!quota.perDay(account.appid, "stable_token", stablePerDay, now)) return refuse(45009)
  const owner: Tokens.Owner = { kind: "stable", appid: account.appid }
  if (input.force_refresh === true || input.force_refresh === "true") return force(account, owner, scene)
  const current = ledger.current(owner, now)
  // Five minutes before its end the next one is ready, and both work until then.
  const kept = current !== undefined && current.expires - now >= Tokens.overlap ? current : undefined
  return token(kept ?? ledger.issue(owner, now, Tokens.overlap), now)
})

const ticket = Route.own(
  "GET",
  "/cgi-bin/ticket/getticket",
  Schema.Struct({ type: Schema.optionalKey(Schema.String) }),
  (input, { me, now, state }) => {
    const kind = input.type ?? "jsapi"
    if (kind !== "jsapi" && kind !== "wx_card") return refuse(40097)
    const owner: Tokens.Owner = { kind, appid: me.appid }
    const current = state.ledger.current(owner, now)
    const kept = current !== undefined && current.expires - now >= Tokens.overlap ? current : undefined
    const issued = kept ?? state.ledger.issue(owner, now, Tokens.overlap)
    return { errcode: 0, errmsg: "ok", ticket: issued.value, expires_in: Tokens.secondsLeft(issued, now) }
  }
)

const reset = (account: Account, { now, state }: Route.Scene): Reply => {
  if (!state.quota.perMonth(account.appid, "clear_quota", resetsPerMonth, now)) return refuse(48006)
  state.quota.clear(account.appid)
  return ok
}

const clearQuota = Route.own("POST", "/cgi-bin/clear_quota", Schema.Struct({ appid: Route.Id }), (input, scene) =>
  input.appid === scene.me.appid ? reset(scene.me, scene) : refuse(40013)
)

const clearQuotaBySecret = Route.open(
  "POST",
  "/cgi-bin/clear_quota/v2",
  Schema.Struct({ appid: Schema.optionalKey(Schema.Unknown), appsecret: Schema.optionalKey(Schema.Unknown) }),
  (input, scene) => {
    const account = Route.proven(input.appid, input.appsecret, scene)
    return account instanceof Refusal ? account : reset(account, scene)
  }
)

export const routes: ReadonlyArray<Route.Route> = [plain, stable, ticket, clearQuota, clearQuotaBySecret]
