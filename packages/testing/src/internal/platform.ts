/** The endpoints of third-party platforms: verify tickets, component tokens, authorizations. */
import * as Schema from "effect/Schema"
import { ok, type Reply, refuse } from "./reply.ts"
import * as Route from "./route.ts"
import { type Platform, refreshToken } from "./state.ts"
import * as Tokens from "./tokens.ts"

/** Seconds that a pre-authorization code lives. */
const preAuthCodeLife = 1800
const longestList = 500

const Text = Schema.optionalKey(Schema.Unknown)

/** The platform that shows the right secret. */
const proven = (appid: unknown, secret: unknown, scene: Route.Scene): Platform | Reply => {
  if (typeof appid !== "string" || appid === "") return refuse(41002)
  if (typeof secret !== "string" || secret === "") return refuse(41004)
  const known = scene.state.platforms.get(appid)
  if (known === undefined) return refuse(40013)
  return known.secret === secret ? known : refuse(40125)
}

const isPlatform = (value: Platform | Reply): value is Platform =>
  "authorizations" in value && value.authorizations instanceof Map

const startPush = Route.open(
  "POST",
  "/cgi-bin/component/api_start_push_ticket",
  Schema.Struct({ component_appid: Text, component_secret: Text }),
  (input, scene) => {
    const me = proven(input.component_appid, input.component_secret, scene)
    if (!isPlatform(me)) return me
    const errmsg = me.isPushing ? "in a normal state" : "ok"
    me.isPushing = true
    return { errcode: 0, errmsg }
  }
)

const componentToken = Route.open(
  "POST",
  "/cgi-bin/component/api_component_token",
  Schema.Struct({ component_appid: Text, component_appsecret: Text, component_verify_ticket: Text }),
  (input, scene) => {
    const me = proven(input.component_appid, input.component_appsecret, scene)
    if (!isPlatform(me)) return me
    const until = me.tickets.get(String(input.component_verify_ticket))
    if (until === undefined) return refuse(61006)
    if (scene.now >= until) return refuse(61005)
    const issued = scene.state.ledger.issue({ kind: "component", appid: me.appid }, scene.now, Tokens.overlap)
    return { component_access_token: issued.value, expires_in: Tokens.secondsLeft(issued, scene.now) }
  }
)

const Own = { component_appid: Schema.String }

const isOther = (input: { readonly component_appid: string }, me: Platform): boolean =>
  input.component_appid !== me.appid

const preAuthCode = Route.platform(
  "POST",
  "/cgi-bin/component/api_create_preauthcode",
  Schema.Struct(Own),
  (input, { me, state }) =>
    isOther(input, me)
      ? refuse(61011)
      : { pre_auth_code: `preauthcode@@@${state.random.text(43)}`, expires_in: preAuthCodeLife }
)

const authorizerToken = (scene: Route.Scene, me: Platform, appid: string) => {
  const owner: Tokens.Owner = { kind: "authorizer", appid, component: me.appid }
  const issued = scene.state.ledger.issue(owner, scene.now, Tokens.overlap)
  return { authorizer_access_token: issued.value, expires_in: Tokens.secondsLeft(issued, scene.now) }
}

const granted = [1, 2, 3, 4, 5, 6, 7, 8, 11].map((id) => ({ funcscope_category: { id } }))

const queryAuth = Route.platform(
  "POST",
  "/cgi-bin/component/api_query_auth",
  Schema.Struct({ ...Own, authorization_code: Schema.String }),
  (input, scene) => {
    const { me, now } = scene
    if (isOther(input, me)) return refuse(61011)
    const code = me.codes.get(input.authorization_code)
    if (code === undefined) return refuse(61009)
    if (now >= code.until) return refuse(61010)
    me.codes.delete(input.authorization_code)
    const authorization = me.authorizations.get(code.appid)
    if (authorization === undefined) return refuse(61003)
    return {
      authorization_info: {
        authorizer_appid: code.appid,
        ...authorizerToken(scene, me, code.appid),
        authorizer_refresh_token: authorization.refresh,
        func_info: granted
      }
    }
  }
)

const renew = Route.platform(
  "POST",
  "/cgi-bin/component/api_authorizer_token",
  Schema.Struct({ ...Own, authorizer_appid: Schema.String, authorizer_refresh_token: Schema.String }),
  (input, scene) => {
    const { me, state } = scene
    if (isOther(input, me)) return refuse(61011)
    const authorization = me.authorizations.get(input.authorizer_appid)
    if (authorization === undefined) return refuse(61003)
    if (authorization.refresh !== input.authorizer_refresh_token) return refuse(61023)
    if (me.rotates) authorization.refresh = refreshToken(state)
    return { ...authorizerToken(scene, me, input.authorizer_appid), authorizer_refresh_token: authorization.refresh }
  }
)

const list = Route.platform(
  "POST",
  "/cgi-bin/component/api_get_authorizer_list",
  Schema.Struct({ ...Own, offset: Route.Int, count: Route.Int }),
  (input, { me }) => {
    if (isOther(input, me)) return refuse(61011)
    if (input.count < 1 || input.count > longestList || input.offset < 0) return refuse(40097)
    const all = [...me.authorizations].map(([authorizer_appid, { refresh, time }]) => ({
      authorizer_appid,
      refresh_token: refresh,
      auth_time: time
    }))
    return { total_count: all.length, list: Route.page(all, input.offset, input.count) }
  }
)

const clearQuota = Route.open(
  "POST",
  "/cgi-bin/component/clear_quota/v2",
  Schema.Struct({ appid: Text, component_appid: Text, appsecret: Text }),
  (input, scene) => {
    const me = proven(input.component_appid, input.appsecret, scene)
    if (!isPlatform(me)) return me
    scene.state.quota.clear(typeof input.appid === "string" ? input.appid : me.appid)
    return ok
  }
)

export const routes: ReadonlyArray<Route.Route> = [
  startPush,
  componentToken,
  preAuthCode,
  queryAuth,
  renew,
  list,
  clearQuota
]
