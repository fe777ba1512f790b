/** Drafts, and what becomes of them when they are published. */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { ok, Refusal, refuse, type Reply } from "./reply.ts"
import * as Route from "./route.ts"
import type { Articles } from "./state.ts"

const ById = Schema.Struct({ media_id: Schema.String })
const ByArticle = { article_id: Schema.String }
const Page = Schema.Struct({ offset: Route.Int, count: Route.Int, no_content: Schema.optionalKey(Schema.Unknown) })

const longestPage = 20

type Article = typeof Route.Fields.Type

/** An article as it is read back. */
const shown = (article: Article, id: string): Article => ({
  author: "",
  digest: typeof article["content"] === "string" ? article["content"].replace(/<[^>]*>/g, "").slice(0, 54) : "",
  content_source_url: "",
  show_cover_pic: 0,
  need_open_comment: 0,
  only_fans_can_comment: 0,
  ...article,
  url: `http://mp.weixin.qq.com/s?__biz=simulator&tempkey=${id}`
})

const switchOn = Route.own(
  "POST",
  "/cgi-bin/draft/switch",
  Schema.Struct({ checkonly: Schema.optionalKey(Route.Id) }),
  ({ checkonly }) => (checkonly === undefined ? ok : { errcode: 0, errmsg: "ok", is_open: 1 })
)

const add = Route.own(
  "POST",
  "/cgi-bin/draft/add",
  Schema.Struct({ articles: Schema.Array(Route.Fields) }),
  ({ articles }, { me, seconds, state }) => {
    if (articles.length === 0) return refuse(44003, "empty news data")
    const media_id = state.random.text(43)
    me.drafts.set(media_id, { items: articles.map((article) => shown(article, media_id)), time: seconds })
    return { media_id }
  }
)

const get = Route.own("POST", "/cgi-bin/draft/get", ById, ({ media_id }, { me }) => {
  const draft = Route.found(me.drafts, media_id, 40007)
  return draft instanceof Refusal ? draft : { news_item: draft.items }
})

const remove = Route.own("POST", "/cgi-bin/draft/delete", ById, ({ media_id }, { me }) =>
  me.drafts.delete(media_id) ? ok : refuse(40007)
)

const update = Route.own(
  "POST",
  "/cgi-bin/draft/update",
  Schema.Struct({ media_id: Schema.String, index: Route.Int, articles: Route.Fields }),
  ({ articles, index, media_id }, { me, seconds }) => {
    const draft = Route.found(me.drafts, media_id, 40007)
    if (draft instanceof Refusal) return draft
    if (draft.items[index] === undefined) return refuse(40114, "invalid index value")
    draft.items = draft.items.with(index, shown(articles, media_id))
    draft.time = seconds
    return ok
  }
)

const count = Route.own("GET", "/cgi-bin/draft/count", Route.Nothing, (_, { me }) => ({ total_count: me.drafts.size }))

const isLeftOut = (flag: unknown): boolean => flag === 1 || flag === true || flag === "1"

const list = (all: ReadonlyMap<string, Articles>, name: string, input: typeof Page.Type): Reply => {
  if (input.count < 1 || input.count > longestPage) return refuse(40097)
  const item = Route.page([...all].toReversed(), input.offset, input.count).map(([id, { items, time }]) => ({
    [name]: id,
    ...(isLeftOut(input.no_content) ? {} : { content: { news_item: items } }),
    update_time: time
  }))
  return { total_count: all.size, item_count: item.length, item }
}

const batchGet = Route.own("POST", "/cgi-bin/draft/batchget", Page, (input, { me }) =>
  list(me.drafts, "media_id", input)
)

const submit = Route.own("POST", "/cgi-bin/freepublish/submit", ById, ({ media_id }, { me, seconds, state }) => {
  const draft = Route.found(me.drafts, media_id, 40007)
  if (draft instanceof Refusal) return draft
  const [publish_id, article_id] = [state.random.digits(10), state.random.text(43)]
  me.drafts.delete(media_id)
  me.publications.set(publish_id, article_id)
  me.articles.set(article_id, { items: draft.items.map((item) => ({ ...item, is_deleted: false })), time: seconds })
  return { errcode: 0, errmsg: "ok", publish_id, msg_data_id: state.random.digits(10) }
})

const progress = Route.own(
  "POST",
  "/cgi-bin/freepublish/get",
  Schema.Struct({ publish_id: Route.Id }),
  ({ publish_id }, { me }) => {
    const article_id = Route.found(me.publications, String(publish_id), 40097)
    if (article_id instanceof Refusal) return article_id
    const items = me.articles.get(article_id)?.items
    if (items === undefined) return { publish_id, publish_status: 5, fail_idx: [] }
    const item = items.map((_, at) => ({ idx: at + 1, article_url: `http://mp.weixin.qq.com/s/${article_id}${at}` }))
    return { publish_id, publish_status: 0, article_id, article_detail: { count: item.length, item }, fail_idx: [] }
  }
)

const withdraw = Route.own(
  "POST",
  "/cgi-bin/freepublish/delete",
  Schema.Struct({ ...ByArticle, index: Schema.optionalKey(Route.Int) }),
  ({ article_id, index }, { me }) => {
    const article = Route.found(me.articles, article_id, 53600)
    if (article instanceof Refusal) return article
    if (index === undefined || index === 0) {
      me.articles.delete(article_id)
      return ok
    }
    const one = article.items[index - 1]
    if (!Predicate.isObject(one)) return refuse(40114, "invalid index value")
    article.items = article.items.with(index - 1, { ...one, is_deleted: true })
    return ok
  }
)

const read = Route.own(
  "POST",
  "/cgi-bin/freepublish/getarticle",
  Schema.Struct(ByArticle),
  ({ article_id }, { me }) => {
    const article = Route.found(me.articles, article_id, 53600)
    return article instanceof Refusal ? article : { news_item: article.items }
  }
)

const published = Route.own("POST", "/cgi-bin/freepublish/batchget", Page, (input, { me }) =>
  list(me.articles, "article_id", input)
)

export const routes: ReadonlyArray<Route.Route> = [
  switchOn,
  add,
  get,
  remove,
  update,
  count,
  batchGet,
  submit,
  progress,
  withdraw,
  read,
  published
]
