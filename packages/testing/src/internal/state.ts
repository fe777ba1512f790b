/** Everything that the simulator remembers. */
import type { Attachment } from "./reply.ts"
import { Quota } from "./quota.ts"
import * as Random from "./random.ts"
import { Ledger } from "./tokens.ts"

type Fields = { readonly [field: string]: unknown }

/** A permanent material. */
export interface Material {
  readonly type: string
  readonly name: string
  readonly url: string
  readonly file: Attachment
  readonly title: string
  readonly introduction: string
  /** Unix seconds. */
  readonly time: number
}

/** A temporary file. */
interface Media {
  readonly type: string
  readonly file: Attachment
  /** Unix seconds after which it is gone. */
  readonly until: number
}

/** Articles that wait in the draft box, or are published. */
export interface Articles {
  items: ReadonlyArray<Fields>
  /** Unix seconds. */
  time: number
}

export interface Menu {
  readonly button: ReadonlyArray<unknown>
  readonly menuid: string
  readonly matchrule?: Fields
}

export interface Follower {
  readonly openid: string
  readonly unionid: string
  /** Unix seconds. */
  readonly since: number
  readonly tags: Set<number>
  remark: string
  isBlocked: boolean
}

interface QrCode {
  readonly url: string
  /** Unix seconds after which it is gone. */
  readonly until: number
}

/** A text under a short key. */
interface Shortened {
  readonly text: string
  /** Unix seconds. */
  readonly time: number
  /** Unix seconds after which it is gone. */
  readonly until: number
}

/** A user who is about to sign in, by one-time code. */
export interface SignIn {
  readonly user: Follower
  readonly scope: "snsapi_base" | "snsapi_userinfo"
  /** Unix seconds. */
  readonly until: number
  isUsed: boolean
}

/** A user's own token, of a web page. */
export interface UserToken {
  readonly value: string
  readonly user: Follower
  readonly scope: SignIn["scope"]
  /** Unix seconds. */
  readonly until: number
  readonly refresh: string
  /** Unix seconds. */
  readonly refreshUntil: number
}

/** An official account or mini program. */
export interface Account {
  readonly appid: string
  /** Absent where only a platform can act for it. */
  secret: string | undefined
  /** Unix milliseconds of the last forced refresh. */
  forced: number
  readonly materials: Map<string, Material>
  readonly media: Map<string, Media>
  readonly drafts: Map<string, Articles>
  /** By publish_id: the article_id. */
  readonly publications: Map<string, string>
  readonly articles: Map<string, Articles>
  menu: Menu | undefined
  readonly conditional: Map<string, Menu>
  readonly tags: Map<number, string>
  readonly followers: Map<string, Follower>
  readonly codes: Map<string, QrCode>
  readonly shortened: Map<string, Shortened>
  readonly signIns: Map<string, SignIn>
  readonly userTokens: Map<string, UserToken>
  readonly userRefreshes: Map<string, UserToken>
}

/** An account's authorization of a platform. */
interface Authorization {
  refresh: string
  /** Unix seconds. */
  time: number
}

/** A third-party platform. */
export interface Platform {
  readonly appid: string
  readonly secret: string
  readonly rotates: boolean
  isPushing: boolean
  /** Unix milliseconds at which verify tickets end, by ticket. */
  readonly tickets: Map<string, number>
  readonly authorizations: Map<string, Authorization>
  /** Authorization codes that have not been used. */
  readonly codes: Map<string, { readonly appid: string; readonly until: number }>
}

export interface State {
  readonly random: Random.Random
  readonly ledger: Ledger
  readonly quota: Quota
  readonly accounts: Map<string, Account>
  readonly platforms: Map<string, Platform>
}

/** What {@link make} starts from. */
export interface Options {
  readonly seed: number
  /** Unix milliseconds. */
  readonly now: number
  readonly accounts: ReadonlyArray<{
    readonly appid: string
    readonly secret: string
    readonly followers?: number | undefined
  }>
  readonly components: ReadonlyArray<{
    readonly appid: string
    readonly secret: string
    readonly authorizers?: ReadonlyArray<string> | undefined
    readonly rotates?: boolean | undefined
  }>
}

const systemTags: ReadonlyArray<readonly [number, string]> = [[2, "星标组"]]

const usualFollowers = 10

/** A user. */
export const follower = (random: Random.Random, now: number): Follower => ({
  openid: `o${random.text(27)}`,
  unionid: `oU${random.text(26)}`,
  since: Math.max(0, Math.floor(now / 1000) - random.int(0, 30 * 86_400)),
  tags: new Set(),
  remark: "",
  isBlocked: false
})

const account = (
  options: Options,
  appid: string,
  secret: string | undefined,
  followers: number = usualFollowers
): Account => {
  const random = Random.make(`${options.seed} account ${appid}`)
  const all = Array.from({ length: followers }, () => follower(random, options.now))
  return {
    appid,
    secret,
    forced: Number.NEGATIVE_INFINITY,
    materials: new Map(),
    media: new Map(),
    drafts: new Map(),
    publications: new Map(),
    articles: new Map(),
    menu: undefined,
    conditional: new Map(),
    tags: new Map(systemTags),
    followers: new Map(all.map((one) => [one.openid, one])),
    codes: new Map(),
    shortened: new Map(),
    signIns: new Map(),
    userTokens: new Map(),
    userRefreshes: new Map()
  }
}

/** A refresh token as WeChat makes them. */
export const refreshToken = (state: State): string => `refreshtoken@@@${state.random.text(43)}`

/** The account of an appid, which a platform may bring in at any time. */
export const accountOf = (state: State, options: Options, appid: string): Account => {
  const known = state.accounts.get(appid)
  if (known !== undefined) return known
  const made = account(options, appid, undefined)
  state.accounts.set(appid, made)
  return made
}

export const make = (options: Options): State => {
  const random = Random.make(`${options.seed} world`)
  const state: State = {
    random,
    ledger: new Ledger(random),
    quota: new Quota(),
    accounts: new Map(),
    platforms: new Map()
  }
  for (const { appid, followers, secret } of options.accounts) {
    state.accounts.set(appid, account(options, appid, secret, followers))
  }
  for (const { appid, authorizers, rotates, secret } of options.components) {
    const time = Math.floor(options.now / 1000)
    for (const authorizer of authorizers ?? []) accountOf(state, options, authorizer)
    state.platforms.set(appid, {
      appid,
      secret,
      rotates: rotates ?? true,
      isPushing: true,
      tickets: new Map(),
      authorizations: new Map((authorizers ?? []).map((one) => [one, { refresh: refreshToken(state), time }])),
      codes: new Map()
    })
  }
  return state
}
