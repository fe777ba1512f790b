/** QR codes, and texts under a short key. */
import * as Schema from "effect/Schema"
import * as Sample from "../Sample.ts"
import { Attachment, NotFound, Refusal, refuse } from "./reply.ts"
import * as Route from "./route.ts"

const shortest = 60
const longest = 2_592_000

const Scene = Schema.Struct({ scene_id: Schema.optionalKey(Route.Int), scene_str: Schema.optionalKey(Schema.String) })

const createQRCode = Route.own(
  "POST",
  "/cgi-bin/qrcode/create",
  Schema.Struct({
    expire_seconds: Schema.optionalKey(Route.Int),
    action_name: Schema.String,
    action_info: Schema.Struct({ scene: Scene })
  }),
  ({ action_info: { scene }, action_name, expire_seconds }, { me, seconds, state }) => {
    if (!/^QR_(LIMIT_)?(STR_)?SCENE$/.test(action_name)) return refuse(40053)
    if ((action_name.includes("STR") ? scene.scene_str : scene.scene_id) === undefined) return refuse(40053)
    const isPermanent = action_name.includes("LIMIT")
    const life = Math.min(expire_seconds ?? shortest, longest)
    const ticket = `g${state.random.text(84)}==`
    const url = `http://weixin.qq.com/q/${state.random.text(22)}`
    me.codes.set(ticket, { url, until: isPermanent ? Number.POSITIVE_INFINITY : seconds + life })
    return isPermanent ? { ticket, url } : { ticket, expire_seconds: life, url }
  }
)

const showQRCode = Route.open(
  "GET",
  "/cgi-bin/showqrcode",
  Schema.Struct({ ticket: Schema.String }),
  ({ ticket }, { seconds, state }) => {
    const code = [...state.accounts.values()].map(({ codes }) => codes.get(ticket)).find((one) => one !== undefined)
    return code === undefined || seconds >= code.until
      ? new NotFound()
      : new Attachment("qrcode.png", "image/png", Sample.picture)
  }
)

const genShortKey = Route.own(
  "POST",
  "/cgi-bin/shorten/gen",
  Schema.Struct({ long_data: Schema.String, expire_seconds: Schema.optionalKey(Route.Int) }),
  ({ expire_seconds, long_data }, { me, seconds, state }) => {
    const short_key = state.random.text(15)
    me.shortened.set(short_key, {
      text: long_data,
      time: seconds,
      until: seconds + Math.min(expire_seconds ?? longest, longest)
    })
    return { errcode: 0, errmsg: "ok", short_key }
  }
)

const fetchShorten = Route.own(
  "POST",
  "/cgi-bin/shorten/fetch",
  Schema.Struct({ short_key: Schema.String }),
  ({ short_key }, { me, seconds }) => {
    const found = Route.found(me.shortened, short_key, 40097)
    if (found instanceof Refusal) return found
    if (seconds >= found.until) return refuse(40097)
    return {
      errcode: 0,
      errmsg: "ok",
      long_data: found.text,
      create_time: found.time,
      expire_seconds: found.until - seconds
    }
  }
)

export const routes: ReadonlyArray<Route.Route> = [createQRCode, showQRCode, genShortKey, fetchShorten]
