/** Permanent materials and temporary files: what was uploaded comes back, byte by byte. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { ok, Refusal, refuse } from "./reply.ts"
import * as Route from "./route.ts"
import type { Account, Material } from "./state.ts"

/** Seconds that a temporary file is kept. */
const keptFor = 3 * 86_400
const longestPage = 20

const Type = Schema.Literals(["image", "voice", "video", "thumb"])
const isType = Schema.is(Type)

const Uploading = Schema.Struct({
  type: Schema.String,
  media: Schema.optionalKey(Route.Upload),
  description: Schema.optionalKey(Schema.String)
})
const ById = Schema.Struct({ media_id: Schema.String })

const Description = Schema.fromJsonString(
  Schema.Struct({ title: Schema.optionalKey(Schema.String), introduction: Schema.optionalKey(Schema.String) })
)
const readDescription = Schema.decodeUnknownOption(Description)

const told = (description: string | undefined): { readonly title: string; readonly introduction: string } => {
  const read = Option.getOrUndefined(readDescription(description))
  return { title: read?.title ?? "", introduction: read?.introduction ?? "" }
}

const addMaterial = Route.own(
  "POST",
  "/cgi-bin/material/add_material",
  Uploading,
  ({ description, media, type }, { me, seconds, state }) => {
    if (!isType(type)) return refuse(40004)
    if (media === undefined) return refuse(41005)
    const media_id = state.random.text(43)
    const url = `https://mmbiz.qpic.cn/${media_id.slice(0, 12)}/0?wx_fmt=${type}`
    me.materials.set(media_id, {
      type,
      name: media.name,
      url,
      file: Route.attachment(media, media_id),
      ...told(description),
      time: seconds
    })
    return type === "image" ? { media_id, url } : { media_id }
  }
)

const getMaterial = Route.own("POST", "/cgi-bin/material/get_material", ById, ({ media_id }, { me }) => {
  const draft = me.drafts.get(media_id)
  if (draft !== undefined) return { news_item: draft.items }
  const material = Route.found(me.materials, media_id, 40007)
  if (material instanceof Refusal) return material
  return material.type === "video"
    ? { title: material.title, description: material.introduction, down_url: material.url }
    : material.file
})

const deleteMaterial = Route.own("POST", "/cgi-bin/material/del_material", ById, ({ media_id }, { me }) =>
  me.materials.delete(media_id) || me.drafts.delete(media_id) ? ok : refuse(40007)
)

const ofType = (me: Account, type: string): ReadonlyArray<readonly [string, Material]> =>
  [...me.materials].filter(([, material]) => material.type === type).toReversed()

const countMaterials = Route.own("GET", "/cgi-bin/material/get_materialcount", Route.Nothing, (_, { me }) => ({
  voice_count: ofType(me, "voice").length,
  video_count: ofType(me, "video").length,
  image_count: ofType(me, "image").length,
  news_count: me.drafts.size
}))

const newsOf = (me: Account): ReadonlyArray<object> =>
  [...me.drafts].toReversed().map(([media_id, { items, time }]) => ({
    media_id,
    content: { news_item: items, update_time: time, create_time: time },
    update_time: time
  }))

const filesOf = (me: Account, type: string): ReadonlyArray<object> =>
  ofType(me, type).map(([media_id, { name, time, url }]) => ({
    media_id,
    name,
    update_time: time,
    ...(type === "image" ? { url } : {})
  }))

const listMaterials = Route.own(
  "POST",
  "/cgi-bin/material/batchget_material",
  Schema.Struct({ type: Schema.Literals(["image", "voice", "video", "news"]), offset: Route.Int, count: Route.Int }),
  ({ count, offset, type }, { me }) => {
    if (count < 1 || count > longestPage) return refuse(40097)
    const all = type === "news" ? newsOf(me) : filesOf(me, type)
    const item = Route.page(all, offset, count)
    return { total_count: all.length, item_count: item.length, item }
  }
)

const uploadMedia = Route.own("POST", "/cgi-bin/media/upload", Uploading, ({ media, type }, { me, seconds, state }) => {
  if (!isType(type)) return refuse(40004)
  if (media === undefined) return refuse(41005)
  const media_id = state.random.text(64)
  me.media.set(media_id, { type, file: Route.attachment(media, media_id), until: seconds + keptFor })
  return { type, [type === "thumb" ? "thumb_media_id" : "media_id"]: media_id, created_at: seconds }
})

const getMedia = Route.own("GET", "/cgi-bin/media/get", ById, ({ media_id }, { me, seconds }) => {
  const media = Route.found(me.media, media_id, 40007)
  if (media instanceof Refusal) return media
  if (seconds >= media.until) return refuse(40007)
  return media.type === "video" ? { video_url: `https://vweixinp.tc.qq.com/${media_id}.mp4` } : media.file
})

const uploadImage = Route.own(
  "POST",
  "/cgi-bin/media/uploadimg",
  Schema.Struct({ media: Schema.optionalKey(Route.Upload) }),
  ({ media }, { state }) =>
    media === undefined ? refuse(41005) : { url: `https://mmbiz.qpic.cn/${state.random.text(43)}/0` }
)

export const routes: ReadonlyArray<Route.Route> = [
  addMaterial,
  getMaterial,
  deleteMaterial,
  countMaterials,
  listMaterials,
  uploadMedia,
  getMedia,
  uploadImage
]
