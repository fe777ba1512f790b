/**
 * Answers to pushes: a message to the user, or a body that an event wants.
 *
 * @since 0.1.0
 */
import type { WeChatError } from "@wechat/core/Error"
import { WeChat } from "@wechat/core/WeChat"
import * as Effect from "effect/Effect"
import type { Push } from "./Push.ts"

type Fields = Readonly<Record<string, unknown>>

/**
 * A message to the user who caused the push. The server fills in sender, receiver and time.
 *
 * @since 0.1.0
 */
export interface Message {
  readonly _tag: "Message"
  readonly type: "text" | "image" | "voice" | "video" | "music" | "news" | "transfer_customer_service"
  /** The fields besides the envelope. */
  readonly fields: Fields
}

/**
 * The whole body of an answer, in the format of the push.
 *
 * @since 0.1.0
 */
export interface Body {
  readonly _tag: "Body"
  readonly fields: Fields
}

/**
 * @since 0.1.0
 */
export type Reply = Message | Body

/**
 * What a handler answers: nothing is `success`, and WeChat is content.
 *
 * @since 0.1.0
 */
export type Answer = Reply | void

const message = (type: Message["type"], fields: Fields): Message => ({ _tag: "Message", type, fields })

/**
 * A text of at most 2,048 bytes; `\n` breaks a line.
 *
 * @since 0.1.0
 */
export const text = (content: string): Message => message("text", { Content: content })

/**
 * An image that was uploaded as a material.
 *
 * @since 0.1.0
 */
export const image = (mediaId: string): Message => message("image", { Image: { MediaId: mediaId } })

/**
 * A voice message that was uploaded as a material.
 *
 * @since 0.1.0
 */
export const voice = (mediaId: string): Message => message("voice", { Voice: { MediaId: mediaId } })

/**
 * A video that was uploaded as a material.
 *
 * @since 0.1.0
 */
export const video = (video: {
  readonly mediaId: string
  readonly title?: string | undefined
  readonly description?: string | undefined
}): Message =>
  message("video", { Video: { MediaId: video.mediaId, Title: video.title, Description: video.description } })

/**
 * Music behind an address; the thumbnail is an uploaded material.
 *
 * @since 0.1.0
 */
export const music = (music: {
  readonly thumbMediaId: string
  readonly title?: string | undefined
  readonly description?: string | undefined
  readonly url?: string | undefined
  /** Played on Wi-Fi. */
  readonly hqUrl?: string | undefined
}): Message =>
  message("music", {
    Music: {
      Title: music.title,
      Description: music.description,
      MusicUrl: music.url,
      HQMusicUrl: music.hqUrl,
      ThumbMediaId: music.thumbMediaId
    }
  })

/**
 * @since 0.1.0
 */
export interface Article {
  readonly title: string
  readonly description?: string | undefined
  readonly picUrl?: string | undefined
  readonly url?: string | undefined
}

/**
 * Links with a title and a picture. Most pushes take one article; more are cut off by WeChat.
 *
 * @since 0.1.0
 */
export const news = (...articles: readonly [Article, ...ReadonlyArray<Article>]): Message =>
  message("news", {
    ArticleCount: articles.length,
    Articles: {
      item: articles.map(({ description, picUrl, title, url }) => ({
        Title: title,
        Description: description ?? "",
        PicUrl: picUrl ?? "",
        Url: url ?? ""
      }))
    }
  })

/**
 * Hands the conversation over to customer service: to anybody, or to one account such as `kf2001@gh_1234`.
 *
 * @since 0.1.0
 */
export const transfer = (account?: string): Message =>
  message("transfer_customer_service", account === undefined ? {} : { TransInfo: { KfAccount: account } })

/**
 * The whole body of an answer, for events that want one of their own.
 *
 * @since 0.1.0
 */
export const body = (fields: Fields): Body => ({ _tag: "Body", fields })

/**
 * The body by which virtual payment is told that a push has been dealt with.
 *
 * @since 0.1.0
 */
export const paid: Body = body({ ErrCode: 0, ErrMsg: "success" })

const inside = (value: unknown): Fields => (typeof value === "object" && value !== null ? { ...value } : {})

/** The same message for the customer service API; a hand-over has no equivalent there. */
const custom = ({ fields, type }: Message): Fields | undefined => {
  switch (type) {
    case "text":
      return { text: { content: fields["Content"] } }
    case "image":
      return { image: { media_id: inside(fields["Image"])["MediaId"] } }
    case "voice":
      return { voice: { media_id: inside(fields["Voice"])["MediaId"] } }
    case "video": {
      const { Description, MediaId, Title } = inside(fields["Video"])
      return { video: { media_id: MediaId, thumb_media_id: MediaId, title: Title, description: Description } }
    }
    case "music": {
      const { Description, HQMusicUrl, MusicUrl, ThumbMediaId, Title } = inside(fields["Music"])
      const links = { musicurl: MusicUrl, hqmusicurl: HQMusicUrl ?? MusicUrl }
      return { music: { title: Title, description: Description, ...links, thumb_media_id: ThumbMediaId } }
    }
    case "news": {
      const items = inside(fields["Articles"])["item"]
      const articles = (Array.isArray(items) ? items : []).map((item) => {
        const { Description, PicUrl, Title, Url } = inside(item)
        return { title: Title, description: Description, picurl: PicUrl, url: Url }
      })
      return { news: { articles } }
    }
    case "transfer_customer_service":
      return undefined
  }
}

/**
 * Sends a reply that is too late for an answer through the customer service API, to the user who caused the push and as the
 * account that it was for. WeChat allows that for 48 hours after a user's message. Answer bodies and hand-overs are dropped:
 * they cannot be sent that way.
 *
 * @since 0.1.0
 */
export const send = (reply: Reply, push: Push): Effect.Effect<void, WeChatError, WeChat> => {
  const touser = push.fields["FromUserName"]
  const fields = reply._tag === "Message" ? custom(reply) : undefined
  if (reply._tag !== "Message" || fields === undefined || typeof touser !== "string") return Effect.void
  return WeChat.request({
    path: "/cgi-bin/message/custom/send",
    body: { touser, msgtype: reply.type, ...fields }
  }).pipe(Effect.asVoid, WeChat.withApp(push.app))
}
