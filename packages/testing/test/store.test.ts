import { assert, describe, it } from "@effect/vitest"
import { Simulator } from "@wechat/testing"
import { appid, secret } from "@wechat/testing/Simulator"
import * as Effect from "effect/Effect"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as TestClock from "effect/testing/TestClock"
import { get, post, send, stable } from "./ask.ts"

const world = Simulator.layer()

type Fields = Readonly<Record<string, unknown>>

/** Calls with the token of the simulator's own account. */
const account = Effect.gen(function* () {
  const simulator = yield* Simulator
  const { access_token } = yield* stable()
  const [openid = "", other = ""] = yield* simulator.followers(appid)
  return {
    openid,
    other,
    read: (path: string, query: Readonly<Record<string, string>> = {}) =>
      get(`/cgi-bin/${path}`, { access_token, ...query }),
    call: (path: string, fields: Fields) => post(`/cgi-bin/${path}`, { access_token }, fields),
    upload: (
      path: string,
      type: string,
      name: string,
      bytes: Uint8Array<ArrayBuffer>,
      texts: Readonly<Record<string, string>> = {}
    ) => {
      const form = new FormData()
      form.append("media", new File([bytes], name, { type: "image/png" }))
      for (const [key, text] of Object.entries(texts)) form.append(key, text)
      return send(
        HttpClientRequest.post(`https://api.weixin.qq.com/cgi-bin/${path}`, {
          urlParams: { access_token, type },
          body: HttpBody.formData(form)
        })
      )
    },
    bytes: (request: HttpClientRequest.HttpClientRequest) =>
      HttpClient.execute(HttpClientRequest.setUrlParam(request, "access_token", access_token)).pipe(
        Effect.flatMap((response) => response.arrayBuffer),
        Effect.map((buffer) => new Uint8Array(buffer))
      )
  }
})

const content = Uint8Array.of(1, 0, 2, 255)

describe("materials", () => {
  it.effect("come back byte by byte, are listed, counted and deleted", () =>
    Effect.gen(function* () {
      const { bytes, call, read, upload } = yield* account
      const { media_id, url } = yield* upload("material/add_material", "image", "图.png", content)
      assert.isString(url)
      const body = HttpBody.text(JSON.stringify({ media_id }), "application/json")
      assert.deepStrictEqual(
        yield* bytes(HttpClientRequest.post("https://api.weixin.qq.com/cgi-bin/material/get_material", { body })),
        content
      )
      assert.strictEqual((yield* read("material/get_materialcount")).image_count, 1)
      const listed = yield* call("material/batchget_material", { type: "image", offset: 0, count: 20 })
      assert.deepStrictEqual(listed.item, [{ media_id, name: "图.png", update_time: 0, url }])
      assert.strictEqual((yield* call("material/del_material", { media_id })).errcode, 0)
      assert.strictEqual((yield* call("material/get_material", { media_id })).errcode, 40007)
    }).pipe(Effect.provide(world))
  )

  it.effect("of a video answer with what was told of it", () =>
    Effect.gen(function* () {
      const { call, upload } = yield* account
      const description = JSON.stringify({ title: "t", introduction: "i" })
      const { media_id } = yield* upload("material/add_material", "video", "v.mp4", content, { description })
      assert.deepInclude(yield* call("material/get_material", { media_id }), { title: "t", description: "i" })
    }).pipe(Effect.provide(world))
  )

  it.effect("have to be files of a known type", () =>
    Effect.gen(function* () {
      const { call, upload } = yield* account
      assert.strictEqual((yield* upload("material/add_material", "paper", "a.png", content)).errcode, 40004)
      assert.strictEqual((yield* call("material/add_material?type=image", {})).errcode, 41005)
    }).pipe(Effect.provide(world))
  )

  it.effect("that are temporary are gone after three days", () =>
    Effect.gen(function* () {
      const { read, upload } = yield* account
      const { media_id } = yield* upload("media/upload", "video", "v.mp4", content)
      assert.isString((yield* read("media/get", { media_id })).video_url)
      yield* TestClock.adjust("3 days")
      const { read: later } = yield* account
      assert.strictEqual((yield* later("media/get", { media_id })).errcode, 40007)
    }).pipe(Effect.provide(world))
  )
})

describe("drafts", () => {
  const article = { title: "Hello", content: "<p>World</p>", thumb_media_id: "m" }

  it.effect("are kept, changed, listed and deleted", () =>
    Effect.gen(function* () {
      const { call, read } = yield* account
      const { media_id } = yield* call("draft/add", { articles: [article] })
      assert.deepInclude((yield* call("draft/get", { media_id })).news_item[0], { ...article, digest: "World" })
      yield* call("draft/update", { media_id, index: 0, articles: { ...article, title: "Bye" } })
      const listed = yield* call("draft/batchget", { offset: 0, count: 20 })
      assert.deepStrictEqual([listed.total_count, listed.item[0].content.news_item[0].title], [1, "Bye"])
      assert.notProperty((yield* call("draft/batchget", { offset: 0, count: 20, no_content: 1 })).item[0], "content")
      assert.strictEqual((yield* call("draft/delete", { media_id })).errcode, 0)
      assert.strictEqual((yield* read("draft/count")).total_count, 0)
      assert.strictEqual((yield* call("draft/get", { media_id })).errcode, 40007)
    }).pipe(Effect.provide(world))
  )

  it.effect("leave the box when they are published", () =>
    Effect.gen(function* () {
      const { call, read } = yield* account
      const { media_id } = yield* call("draft/add", { articles: [article, article] })
      const { publish_id } = yield* call("freepublish/submit", { media_id })
      const { article_detail, article_id, publish_status } = yield* call("freepublish/get", { publish_id })
      assert.deepStrictEqual([publish_status, article_detail.count], [0, 2])
      assert.strictEqual((yield* read("draft/count")).total_count, 0)
      yield* call("freepublish/delete", { article_id, index: 2 })
      const { news_item } = yield* call("freepublish/getarticle", { article_id })
      assert.deepStrictEqual(
        news_item.map((item: Fields) => item["is_deleted"]),
        [false, true]
      )
      yield* call("freepublish/delete", { article_id })
      assert.strictEqual((yield* call("freepublish/getarticle", { article_id })).errcode, 53600)
    }).pipe(Effect.provide(world))
  )
})

describe("a menu", () => {
  const button = [{ type: "click", name: "Today", key: "TODAY" }]

  it.effect("is there until it is deleted", () =>
    Effect.gen(function* () {
      const { call, read } = yield* account
      assert.strictEqual((yield* read("menu/get")).errcode, 46003)
      yield* call("menu/create", { button })
      assert.deepStrictEqual(yield* read("menu/get"), { menu: { button } })
      assert.strictEqual((yield* read("get_current_selfmenu_info")).is_menu_open, 1)
      assert.strictEqual((yield* read("menu/delete")).errcode, 0)
      assert.strictEqual((yield* read("menu/get")).errcode, 46003)
      assert.strictEqual((yield* call("menu/create", { button: [] })).errcode, 40016)
    }).pipe(Effect.provide(world))
  )

  it.effect("can depend on a follower's tag", () =>
    Effect.gen(function* () {
      const { call, openid, other } = yield* account
      const special = [{ type: "click", name: "Special", key: "S" }]
      const { tag } = yield* call("tags/create", { tag: { name: "special" } })
      const condition = { button: special, matchrule: { tag_id: tag.id } }
      assert.strictEqual((yield* call("menu/addconditional", condition)).errcode, 65303)
      yield* call("menu/create", { button })
      const { menuid } = yield* call("menu/addconditional", condition)
      yield* call("tags/members/batchtagging", { openid_list: [openid], tagid: tag.id })
      assert.deepStrictEqual((yield* call("menu/trymatch", { user_id: openid })).button, special)
      assert.deepStrictEqual((yield* call("menu/trymatch", { user_id: other })).button, button)
      yield* call("menu/delconditional", { menuid })
      assert.strictEqual((yield* call("menu/delconditional", { menuid })).errcode, 65301)
    }).pipe(Effect.provide(world))
  )
})

describe("users", () => {
  it.effect("have a remark that is read back", () =>
    Effect.gen(function* () {
      const { call, openid, read } = yield* account
      yield* call("user/info/updateremark", { openid, remark: "Pangzi" })
      assert.deepInclude(yield* read("user/info", { openid }), { subscribe: 1, openid, remark: "Pangzi" })
      assert.strictEqual((yield* read("user/info", { openid: "oNobody" })).errcode, 40003)
    }).pipe(Effect.provide(world))
  )

  it.effect("are listed 10,000 at a time, until a page is empty", () =>
    Effect.gen(function* () {
      const { read } = yield* account
      const first = yield* read("user/get")
      assert.deepStrictEqual([first.total, first.count], [10_001, 10_000])
      const second = yield* read("user/get", { next_openid: first.next_openid })
      assert.strictEqual(second.count, 1)
      const third = yield* read("user/get", { next_openid: second.next_openid })
      assert.deepStrictEqual(third, { total: 10_001, count: 0, next_openid: "" })
    }).pipe(Effect.provide(Simulator.layer({ accounts: [{ appid, secret, followers: 10_001 }] })))
  )

  it.effect("can be blocked", () =>
    Effect.gen(function* () {
      const { call, openid } = yield* account
      yield* call("tags/members/batchblacklist", { openid_list: [openid] })
      assert.deepStrictEqual((yield* call("tags/members/getblacklist", {})).data, { openid: [openid] })
      yield* call("tags/members/batchunblacklist", { openid_list: [openid] })
      assert.strictEqual((yield* call("tags/members/getblacklist", {})).total, 0)
    }).pipe(Effect.provide(world))
  )

  it.effect("are the same in every simulator of the same seed", () =>
    Effect.gen(function* () {
      const followers = Effect.flatMap(Simulator, (simulator) => simulator.followers(appid))
      const first = yield* Effect.provide(followers, Simulator.layer())
      assert.deepStrictEqual(yield* Effect.provide(followers, Simulator.layer()), first)
      assert.notDeepEqual(yield* Effect.provide(followers, Simulator.layer({ seed: 1 })), first)
    })
  )
})

describe("tags", () => {
  it.effect("are made, renamed, counted and deleted", () =>
    Effect.gen(function* () {
      const { call, openid, read } = yield* account
      const {
        tag: { id }
      } = yield* call("tags/create", { tag: { name: "fans" } })
      yield* call("tags/members/batchtagging", { openid_list: [openid], tagid: id })
      yield* call("tags/update", { tag: { id, name: "friends" } })
      assert.deepInclude((yield* read("tags/get")).tags, { id, name: "friends", count: 1 })
      assert.deepStrictEqual((yield* call("user/tag/get", { tagid: id })).data, { openid: [openid] })
      assert.deepStrictEqual((yield* call("tags/getidlist", { openid })).tagid_list, [id])
      yield* call("tags/members/batchuntagging", { openid_list: [openid], tagid: id })
      assert.strictEqual((yield* call("tags/delete", { tag: { id } })).errcode, 0)
      assert.strictEqual((yield* call("user/tag/get", { tagid: id })).errcode, 45159)
    }).pipe(Effect.provide(world))
  )

  it.effect("need a name of their own, and WeChat's are not to be touched", () =>
    Effect.gen(function* () {
      const { call, openid } = yield* account
      const create = (name: string) => Effect.map(call("tags/create", { tag: { name } }), (answer) => answer.errcode)
      assert.deepStrictEqual(
        [yield* create("a"), yield* create("a"), yield* create("名".repeat(11))],
        [undefined, 45157, 45158]
      )
      assert.strictEqual((yield* call("tags/delete", { tag: { id: 2 } })).errcode, 45058)
      assert.strictEqual(
        (yield* call("tags/members/batchtagging", { openid_list: [openid], tagid: 999 })).errcode,
        45159
      )
    }).pipe(Effect.provide(world))
  )
})

describe("QR codes", () => {
  it.effect("are pictures until they run out", () =>
    Effect.gen(function* () {
      const { bytes, call } = yield* account
      const { expire_seconds, ticket } = yield* call("qrcode/create", {
        expire_seconds: 600,
        action_name: "QR_STR_SCENE",
        action_info: { scene: { scene_str: "door" } }
      })
      assert.strictEqual(expire_seconds, 600)
      const show = HttpClientRequest.get("https://mp.weixin.qq.com/cgi-bin/showqrcode", { urlParams: { ticket } })
      assert.deepStrictEqual((yield* bytes(show)).slice(1, 4), new TextEncoder().encode("PNG"))
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual((yield* HttpClient.execute(show)).status, 404)
    }).pipe(Effect.provide(world))
  )

  it.effect("that are permanent do not run out", () =>
    Effect.gen(function* () {
      const { call } = yield* account
      const made = yield* call("qrcode/create", {
        action_name: "QR_LIMIT_SCENE",
        action_info: { scene: { scene_id: 1 } }
      })
      assert.sameMembers(Object.keys(made), ["ticket", "url"])
    }).pipe(Effect.provide(world))
  )
})

describe("a short key", () => {
  it.effect("leads to its text for a while", () =>
    Effect.gen(function* () {
      const { call } = yield* account
      const { short_key } = yield* call("shorten/gen", { long_data: "a long text", expire_seconds: 60 })
      assert.strictEqual(short_key.length, 15)
      assert.deepInclude(yield* call("shorten/fetch", { short_key }), { long_data: "a long text", expire_seconds: 60 })
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* call("shorten/fetch", { short_key })).errcode, 40097)
    }).pipe(Effect.provide(world))
  )
})

describe("two accounts", () => {
  it.effect("do not see each other's things", () =>
    Effect.gen(function* () {
      const { call } = yield* account
      const { media_id } = yield* call("draft/add", { articles: [{ title: "t", content: "c" }] })
      const { access_token } = yield* stable({ appid: "wxother", secret: "other" })
      assert.strictEqual((yield* post("/cgi-bin/draft/get", { access_token }, { media_id })).errcode, 40007)
    }).pipe(
      Effect.provide(
        Simulator.layer({
          accounts: [
            { appid, secret },
            { appid: "wxother", secret: "other" }
          ]
        })
      )
    )
  )
})
