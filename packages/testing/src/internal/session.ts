/** How users sign in: one-time codes, their tokens in web pages, their sessions in mini programs. */
import * as Schema from "effect/Schema"
import { ok, Refusal, refuse, type Reply } from "./reply.ts"
import * as Route from "./route.ts"
import type { Account, Follower, SignIn, State, UserToken } from "./state.ts"

/** Seconds that a user's token lives. */
const tokenLife = 7200
/** Seconds that a user's refresh token lives. */
const refreshLife = 30 * 86_400
/** Seconds within which a one-time code works. */
const codeLife = 300

const optional = Schema.optionalKey

/** A one-time code for a user. */
export const signIn = (
  state: State,
  account: Account,
  user: Follower,
  scope: SignIn["scope"],
  seconds: number
): string => {
  const code = state.random.text(32)
  account.signIns.set(code, { user, scope, until: seconds + codeLife, isUsed: false })
  return code
}

/** Spends a one-time code. */
const spend = (account: Account, code: string | undefined, seconds: number): SignIn | Refusal => {
  if (code === undefined || code === "") return refuse(41008)
  const found = account.signIns.get(code)
  if (found === undefined || seconds >= found.until) return refuse(40029)
  if (found.isUsed) return refuse(40163)
  found.isUsed = true
  return found
}

// ---------------------------------------------------------------------------------------------------------------------
// Web pages
// ---------------------------------------------------------------------------------------------------------------------

const shown = (token: UserToken, seconds: number): Reply => ({
  access_token: token.value,
  expires_in: token.until - seconds,
  refresh_token: token.refresh,
  openid: token.user.openid,
  scope: token.scope,
  ...(token.scope === "snsapi_userinfo" ? { unionid: token.user.unionid } : {})
})

const keep = (account: Account, token: UserToken): UserToken => {
  account.userTokens.set(token.value, token)
  account.userRefreshes.set(token.refresh, token)
  return token
}

const fresh = ({ state, seconds }: Route.Scene, from: Pick<UserToken, "user" | "scope">) => ({
  user: from.user,
  scope: from.scope,
  value: `${state.random.int(10, 99)}_${state.random.text(86)}`,
  until: seconds + tokenLife
})

const exchange = (
  account: Account,
  input: { readonly grant_type?: string; readonly code?: string },
  scene: Route.Scene
): Reply => {
  if (input.grant_type !== "authorization_code") return refuse(40002)
  const spent = spend(account, input.code, scene.seconds)
  if (spent instanceof Refusal) return spent
  const refresh = `${scene.state.random.int(10, 99)}_${scene.state.random.text(86)}`
  const token = { ...fresh(scene, spent), refresh, refreshUntil: scene.seconds + refreshLife }
  return shown(keep(account, token), scene.seconds)
}

/** A token that is still good is prolonged, one that is not is replaced. */
const refreshed = (
  account: Account,
  input: { readonly grant_type?: string; readonly refresh_token?: string },
  scene: Route.Scene
): Reply => {
  if (input.grant_type !== "refresh_token") return refuse(40002)
  const known = account.userRefreshes.get(input.refresh_token ?? "")
  if (known === undefined) return refuse(40030)
  if (scene.seconds >= known.refreshUntil) return refuse(42002)
  const isGood = scene.seconds < known.until
  const token = isGood ? { ...known, until: scene.seconds + tokenLife } : { ...known, ...fresh(scene, known) }
  return shown(keep(account, token), scene.seconds)
}

const Exchange = { appid: optional(Schema.String), grant_type: optional(Schema.String), code: optional(Schema.String) }
const Refresh = {
  appid: optional(Schema.String),
  grant_type: optional(Schema.String),
  refresh_token: optional(Schema.String)
}

const accessToken = Route.open(
  "GET",
  "/sns/oauth2/access_token",
  Schema.Struct({ ...Exchange, secret: optional(Schema.String) }),
  (input, scene) => {
    const account = Route.proven(input.appid, input.secret, scene)
    return account instanceof Refusal ? account : exchange(account, input, scene)
  }
)

const refreshToken = Route.open("GET", "/sns/oauth2/refresh_token", Schema.Struct(Refresh), (input, scene) => {
  const account = scene.state.accounts.get(input.appid ?? "")
  return account === undefined ? refuse(40013) : refreshed(account, input, scene)
})

/** The account that a platform acts for. */
const actedFor = (
  appid: string | undefined,
  scene: Parameters<Parameters<typeof Route.platform>[3]>[1]
): Account | Refusal =>
  appid !== undefined && scene.me.authorizations.has(appid) ? scene.account(appid) : refuse(61003)

const componentAccessToken = Route.platform(
  "GET",
  "/sns/oauth2/component/access_token",
  Schema.Struct(Exchange),
  (input, scene) => {
    const account = actedFor(input.appid, scene)
    return account instanceof Refusal ? account : exchange(account, input, scene)
  }
)

const componentRefreshToken = Route.platform(
  "GET",
  "/sns/oauth2/component/refresh_token",
  Schema.Struct(Refresh),
  (input, scene) => {
    const account = actedFor(input.appid, scene)
    return account instanceof Refusal ? account : refreshed(account, input, scene)
  }
)

const Shown = Schema.Struct({ access_token: optional(Schema.String), openid: optional(Schema.String) })

/** The token that a user's browser shows, if it is good. */
const good = ({ access_token, openid }: typeof Shown.Type, { seconds, state }: Route.Scene): UserToken | Refusal => {
  if (access_token === undefined || access_token === "") return refuse(41001)
  const token = [...state.accounts.values()]
    .map(({ userTokens }) => userTokens.get(access_token))
    .find((one) => one !== undefined)
  if (token === undefined) return refuse(40001)
  if (seconds >= token.until) return refuse(42001)
  return token.user.openid === openid ? token : refuse(40003)
}

const auth = Route.open("GET", "/sns/auth", Shown, (input, scene) => {
  const token = good(input, scene)
  return token instanceof Refusal ? token : ok
})

const userInfo = Route.open("GET", "/sns/userinfo", Shown, (input, scene) => {
  const token = good(input, scene)
  if (token instanceof Refusal) return token
  if (token.scope !== "snsapi_userinfo") return refuse(48001)
  const { openid, unionid } = token.user
  const headimgurl = `https://thirdwx.qlogo.cn/mmopen/${openid}/132`
  return {
    openid,
    nickname: "Pangzi",
    sex: 0,
    language: "",
    city: "",
    province: "",
    country: "",
    headimgurl,
    privilege: [],
    unionid
  }
})

// ---------------------------------------------------------------------------------------------------------------------
// Mini programs
// ---------------------------------------------------------------------------------------------------------------------

const session = (
  account: Account,
  input: { readonly grant_type?: string; readonly js_code?: string },
  { seconds, state }: Route.Scene
): Reply => {
  if (input.grant_type !== "authorization_code") return refuse(40002)
  const spent = spend(account, input.js_code, seconds)
  if (spent instanceof Refusal) return spent
  return { openid: spent.user.openid, session_key: `${state.random.text(22)}==`, unionid: spent.user.unionid }
}

const Login = { appid: optional(Schema.String), grant_type: optional(Schema.String), js_code: optional(Schema.String) }

const code2Session = Route.open(
  "GET",
  "/sns/jscode2session",
  Schema.Struct({ ...Login, secret: optional(Schema.String) }),
  (input, scene) => {
    const account = Route.proven(input.appid, input.secret, scene)
    return account instanceof Refusal ? account : session(account, input, scene)
  }
)

const componentCode2Session = Route.platform(
  "GET",
  "/sns/component/jscode2session",
  Schema.Struct(Login),
  (input, scene) => {
    const account = actedFor(input.appid, scene)
    return account instanceof Refusal ? account : session(account, input, scene)
  }
)

export const routes: ReadonlyArray<Route.Route> = [
  accessToken,
  refreshToken,
  componentAccessToken,
  componentRefreshToken,
  auth,
  userInfo,
  code2Session,
  componentCode2Session
]
