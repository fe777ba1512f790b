/** The users who follow an account: what is known of them, their tags, the blacklist. */
import * as Schema from "effect/Schema"
import { ok, Refusal, refuse, type Reply } from "./reply.ts"
import * as Route from "./route.ts"
import type { Account, Follower } from "./state.ts"

/** Openids in one page. */
const pageSize = 10_000
const mostTags = 100
const mostTagsOfOne = 20
/** Bytes of a tag's name or a remark. */
const longestName = 30
/** Tags up to this one are WeChat's own. */
const lastSystemTag = 2
const firstTag = 100

const utf8 = new TextEncoder()
const bytes = (text: string): number => utf8.encode(text).length

// ---------------------------------------------------------------------------------------------------------------------
// Users
// ---------------------------------------------------------------------------------------------------------------------

const info = (follower: Follower): { readonly [field: string]: unknown } => ({
  subscribe: 1,
  openid: follower.openid,
  language: "zh_CN",
  subscribe_time: follower.since,
  unionid: follower.unionid,
  remark: follower.remark,
  groupid: 0,
  tagid_list: [...follower.tags],
  subscribe_scene: "ADD_SCENE_QR_CODE",
  qr_scene: 0,
  qr_scene_str: ""
})

const userInfo = Route.own(
  "GET",
  "/cgi-bin/user/info",
  Schema.Struct({ openid: Schema.String }),
  ({ openid }, { me }) => {
    const follower = Route.found(me.followers, openid, 40003)
    return follower instanceof Refusal ? follower : info(follower)
  }
)

/** Those of some openids, or a refusal where one is of nobody. */
const followersOf = (me: Account, openids: ReadonlyArray<string>, most: number): ReadonlyArray<Follower> | Refusal => {
  if (openids.length === 0 || openids.length > most) return refuse(40032, "invalid openid list size")
  const found = openids.flatMap((openid) => me.followers.get(openid) ?? [])
  return found.length === openids.length ? found : refuse(40003)
}

const batchUserInfo = Route.own(
  "POST",
  "/cgi-bin/user/info/batchget",
  Schema.Struct({ user_list: Schema.Array(Schema.Struct({ openid: Schema.String })) }),
  ({ user_list }, { me }) => {
    const found = followersOf(
      me,
      user_list.map(({ openid }) => openid),
      100
    )
    return found instanceof Refusal ? found : { user_info_list: found.map(info) }
  }
)

const updateRemark = Route.own(
  "POST",
  "/cgi-bin/user/info/updateremark",
  Schema.Struct({ openid: Schema.String, remark: Schema.String }),
  ({ openid, remark }, { me }) => {
    const follower = Route.found(me.followers, openid, 40003)
    if (follower instanceof Refusal) return follower
    if (bytes(remark) >= longestName) return refuse(40097)
    follower.remark = remark
    return ok
  }
)

/** A page of openids after `from`; the last page is an empty one. */
const openids = (
  all: ReadonlyArray<Follower>,
  from: string | undefined
): { readonly count: number; readonly next_openid: string } => {
  const start = from === undefined || from === "" ? 0 : all.findIndex(({ openid }) => openid === from) + 1
  const openid = all.slice(start, start + pageSize).map((follower) => follower.openid)
  const data = openid.length === 0 ? {} : { data: { openid } }
  return { count: openid.length, ...data, next_openid: openid.at(-1) ?? "" }
}

const getFans = Route.own(
  "GET",
  "/cgi-bin/user/get",
  Schema.Struct({ next_openid: Schema.optionalKey(Schema.String) }),
  ({ next_openid }, { me }) => {
    const isUnknown = next_openid !== undefined && next_openid !== "" && !me.followers.has(next_openid)
    return isUnknown ? refuse(40003) : { total: me.followers.size, ...openids([...me.followers.values()], next_openid) }
  }
)

// ---------------------------------------------------------------------------------------------------------------------
// Blacklist
// ---------------------------------------------------------------------------------------------------------------------

const getBlacklist = Route.own(
  "POST",
  "/cgi-bin/tags/members/getblacklist",
  Schema.Struct({ begin_openid: Schema.optionalKey(Schema.String) }),
  ({ begin_openid }, { me }) => {
    const blocked = [...me.followers.values()].filter((follower) => follower.isBlocked)
    return { total: blocked.length, ...openids(blocked, begin_openid) }
  }
)

const block =
  (isBlocked: boolean) =>
  ({ openid_list }: { readonly openid_list: ReadonlyArray<string> }, { me }: { readonly me: Account }): Reply => {
    const found = followersOf(me, openid_list, 20)
    if (found instanceof Refusal) return found
    for (const follower of found) follower.isBlocked = isBlocked
    return ok
  }

const Listed = Schema.Struct({ openid_list: Schema.Array(Schema.String) })

const batchBlacklist = Route.own("POST", "/cgi-bin/tags/members/batchblacklist", Listed, block(true))
const batchUnblacklist = Route.own("POST", "/cgi-bin/tags/members/batchunblacklist", Listed, block(false))

// ---------------------------------------------------------------------------------------------------------------------
// Tags
// ---------------------------------------------------------------------------------------------------------------------

/** Why an account cannot have a tag of this name. */
const badName = (me: Account, name: string, id?: number): Refusal | undefined => {
  if (bytes(name) > longestName) return refuse(45158)
  const isTaken = [...me.tags].some(([other, taken]) => taken === name && other !== id)
  return name === "" || isTaken ? refuse(45157) : undefined
}

const carriers = (me: Account, tag: number): ReadonlyArray<Follower> =>
  [...me.followers.values()].filter(({ tags }) => tags.has(tag))

const createTag = Route.own(
  "POST",
  "/cgi-bin/tags/create",
  Schema.Struct({ tag: Schema.Struct({ name: Schema.String }) }),
  ({ tag: { name } }, { me }) => {
    const bad = badName(me, name)
    if (bad !== undefined) return bad
    if ([...me.tags.keys()].filter((id) => id > lastSystemTag).length >= mostTags) return refuse(45056)
    const id = Math.max(firstTag - 1, ...me.tags.keys()) + 1
    me.tags.set(id, name)
    return { tag: { id, name } }
  }
)

const getTags = Route.own("GET", "/cgi-bin/tags/get", Route.Nothing, (_, { me }) => ({
  tags: [...me.tags].map(([id, name]) => ({ id, name, count: carriers(me, id).length }))
}))

const ownTag = (me: Account, id: number): Refusal | undefined =>
  id <= lastSystemTag ? refuse(45058) : me.tags.has(id) ? undefined : refuse(45159)

const updateTag = Route.own(
  "POST",
  "/cgi-bin/tags/update",
  Schema.Struct({ tag: Schema.Struct({ id: Route.Int, name: Schema.String }) }),
  ({ tag: { id, name } }, { me }) => {
    const bad = ownTag(me, id) ?? badName(me, name, id)
    if (bad !== undefined) return bad
    me.tags.set(id, name)
    return ok
  }
)

const deleteTag = Route.own(
  "POST",
  "/cgi-bin/tags/delete",
  Schema.Struct({ tag: Schema.Struct({ id: Route.Int }) }),
  ({ tag: { id } }, { me }) => {
    const bad = ownTag(me, id)
    if (bad !== undefined) return bad
    me.tags.delete(id)
    for (const follower of carriers(me, id)) follower.tags.delete(id)
    return ok
  }
)

const getTagFans = Route.own(
  "POST",
  "/cgi-bin/user/tag/get",
  Schema.Struct({ tagid: Route.Int, next_openid: Schema.optionalKey(Schema.String) }),
  ({ next_openid, tagid }, { me }) => (me.tags.has(tagid) ? openids(carriers(me, tagid), next_openid) : refuse(45159))
)

const Tagging = Schema.Struct({ openid_list: Schema.Array(Schema.String), tagid: Route.Int })

const tagging =
  (change: (follower: Follower, tag: number) => void) =>
  ({ openid_list, tagid }: typeof Tagging.Type, { me }: { readonly me: Account }): Reply => {
    if (!me.tags.has(tagid)) return refuse(45159)
    const found = followersOf(me, openid_list, 50)
    if (found instanceof Refusal) return found
    if (found.some(({ tags }) => !tags.has(tagid) && tags.size >= mostTagsOfOne)) return refuse(45059)
    for (const follower of found) change(follower, tagid)
    return ok
  }

const batchTagging = Route.own(
  "POST",
  "/cgi-bin/tags/members/batchtagging",
  Tagging,
  tagging(({ tags }, tag) => void tags.add(tag))
)
const batchUntagging = Route.own(
  "POST",
  "/cgi-bin/tags/members/batchuntagging",
  Tagging,
  tagging(({ tags }, tag) => void tags.delete(tag))
)

const getTagIdList = Route.own(
  "POST",
  "/cgi-bin/tags/getidlist",
  Schema.Struct({ openid: Schema.String }),
  ({ openid }, { me }) => {
    const follower = Route.found(me.followers, openid, 40003)
    return follower instanceof Refusal ? follower : { tagid_list: [...follower.tags] }
  }
)

export const routes: ReadonlyArray<Route.Route> = [
  userInfo,
  batchUserInfo,
  updateRemark,
  getFans,
  getBlacklist,
  batchBlacklist,
  batchUnblacklist,
  createTag,
  getTags,
  updateTag,
  deleteTag,
  getTagFans,
  batchTagging,
  batchUntagging,
  getTagIdList
]
