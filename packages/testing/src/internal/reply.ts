/** What the simulator answers, before it becomes bytes. */

/** A return code of WeChat's and its message, to which the answer adds a `rid`. */
export class Refusal {
  readonly errcode: number
  readonly errmsg: string

  constructor(errcode: number, errmsg: string) {
    this.errcode = errcode
    this.errmsg = errmsg
  }
}

/** A file as the whole answer. */
export class Attachment {
  readonly name: string
  readonly type: string
  readonly data: Uint8Array

  constructor(name: string, type: string, data: Uint8Array) {
    this.name = name
    this.type = type
    this.data = data
  }
}

/** The header that names a file. */
export const disposition = (name: string): string =>
  /^[\w.@=-]*$/.test(name)
    ? `attachment; filename="${name}"`
    : `attachment; filename*=UTF-8''${encodeURIComponent(name)}`

/** Nothing there: HTTP status 404. */
export class NotFound {
  readonly status = 404
}

/** A JSON object, a file, a refusal, or nothing there. */
export type Reply = Refusal | Attachment | NotFound | { readonly [field: string]: unknown }

/** Success without anything to say. */
export const ok: Reply = { errcode: 0, errmsg: "ok" }

const messages: Readonly<Record<number, string>> = {
  [-1]: "system error",
  40001:
    "invalid credential, access_token is invalid or not latest, could get access_token by getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r",
  40002: "invalid grant_type",
  40003: "invalid openid",
  40004: "invalid media type",
  40007: "invalid media_id",
  40013: "invalid appid",
  40014: "invalid access_token",
  40016: "invalid button size",
  40029: "invalid code",
  40030: "invalid refresh_token",
  40053: "invalid action info",
  40066: "invalid url",
  40097: "invalid args",
  40125: "invalid appsecret",
  40163: "code been used",
  41001: "access_token missing",
  41002: "appid missing",
  41004: "appsecret missing",
  41005: "media data missing",
  41008: "missing code",
  42001: "access_token expired",
  42002: "refresh_token expired",
  42006: "component_access_token expired",
  43001: "require GET method",
  43002: "require POST method",
  44002: "empty post data",
  45009: "reach max api daily quota limit",
  45011: "api minute-quota reach limit, must slower, retry next minute",
  45056: "too many tag now, no need to add new",
  45058: "can't modify sys tag",
  45059: "can not tagging one user too much",
  45157: "invalid tag name",
  45158: "tag name too long",
  45159: "invalid tag id",
  46003: "menu no exist",
  47001: "data format error",
  48001: "api unauthorized",
  48006: "forbid to clear quota because of reaching the limit",
  53600: "invalid article id",
  61003: "component is not authorized by this account",
  61005: "component ticket is expired",
  61006: "component ticket is invalid",
  61009: "code is invalid",
  61010: "code is expired",
  61011: "invalid component",
  61014: "must use component token for component api",
  61015: "must use api token, not component token",
  61023: "refresh_token is invalid",
  61024: "must use api(api_component_token) to get token for component acct",
  65301: "this menuid is not exist",
  65303: "there is no selfmenu, please create selfmenu first"
}

/** A refusal in WeChat's words where they are known. */
export const refuse = (errcode: number, errmsg?: string): Refusal =>
  new Refusal(errcode, errmsg ?? messages[errcode] ?? "simulated failure")
