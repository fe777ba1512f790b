/**
 * Pushes messages, events and notices to a program, as WeChat does: verified, plain or encrypted, as XML or JSON, three times
 * where there is no good answer; and judges the answers as WeChat does.
 *
 * @since 0.1.0
 */
import type * as Wire from "@wechat/core/Wire"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Envelope from "./internal/envelope.ts"
import * as Random from "./internal/random.ts"
import * as Sample from "./Sample.ts"

type Fields = { readonly [name: string]: unknown }

/**
 * How a push is written.
 *
 * @since 0.1.0
 */
export type Format = Envelope.Format

/**
 * What the console says about the pushes of an account or a platform.
 *
 * @since 0.1.0
 */
export interface Options {
  /** The address, or a function that stands for it, as `fetch` of `Server.toWeb` of `@wechat/callback`. */
  readonly to: string | ((request: Request) => Promise<Response>)
  /** The appid of the account; that of the platform also for accounts that have authorized it. */
  readonly appid: string
  readonly token: string
  /** The EncodingAESKey, 43 characters. */
  readonly aesKey?: string | undefined
  /** `safe` where there is a key, and else `plain`. */
  readonly mode?: "plain" | "compatible" | "safe" | undefined
  /** `xml`. */
  readonly format?: Format | undefined
  /** How often a push is tried: 3 times. Virtual payment tries 15 times more. */
  readonly attempts?: number | undefined
  /** Another seed gives other nonces: 0. */
  readonly seed?: number | undefined
}

/**
 * An answer that WeChat is content with: nothing to say, or fields, decrypted.
 *
 * @since 0.1.0
 */
export type Answer = { readonly _tag: "Success" } | { readonly _tag: "Reply"; readonly fields: Fields }

/**
 * No attempt brought a good answer. In a chat the user reads that the service is out of order.
 *
 * @since 0.1.0
 */
export class PushError extends Schema.TaggedError<PushError>("@wechat/testing/PushError")("PushError", {
  /** What was wrong with each attempt. */
  attempts: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `the push was not taken: ${this.attempts.join("; ")}`
  }
}

/**
 * Sends pushes to one address.
 *
 * @since 0.1.0
 */
export interface Pusher {
  /** Asks the address for its echo, as the console does before it takes it. */
  readonly verify: Effect.Effect<boolean>
  /** Pushes, and again while there is no good answer within five seconds. `path` stands behind the address, as `/wx1/callback`. */
  readonly push: (fields: Fields, path?: string) => Effect.Effect<Answer, PushError>
  /** Pushes once. */
  readonly once: (fields: Fields, path?: string) => Effect.Effect<Answer, PushError>
  /** The request that a push is, to be changed and sent by hand. */
  readonly request: (fields: Fields, path?: string) => Effect.Effect<Request>
}

/** How long WeChat waits. */
const patience = "5 seconds"

const success: Answer = { _tag: "Success" }

const refused = (detail: string) => Effect.fail(new PushError({ attempts: [detail] }))

const kinds: ReadonlySet<unknown> = new Set([
  "text",
  "image",
  "voice",
  "video",
  "music",
  "news",
  "transfer_customer_service"
])

/** What would make WeChat tell the user that the service is out of order. */
const faultOf = (pushed: Fields, fields: Fields): string | undefined => {
  const type = fields["MsgType"]
  if (type === undefined) return undefined
  if (!kinds.has(type)) return `a reply of the type ${typeof type === "string" ? type : typeof type}`
  if (fields["ToUserName"] !== pushed["FromUserName"]) return "a reply to somebody else"
  if (fields["FromUserName"] !== pushed["ToUserName"]) return "a reply from somebody else"
  return /^\d+$/.test(String(fields["CreateTime"])) ? undefined : "a reply without CreateTime"
}

const judged = (pushed: Fields, fields: Fields | undefined): Effect.Effect<Answer, PushError> => {
  if (fields === undefined) return refused("an answer that cannot be read")
  const fault = faultOf(pushed, fields)
  return fault === undefined ? Effect.succeed({ _tag: "Reply", fields }) : refused(fault)
}

const decrypted = (options: Options, aesKey: string, envelope: Fields | undefined): string | undefined => {
  const { Encrypt, MsgSignature, Nonce, TimeStamp } = envelope ?? {}
  if (typeof Encrypt !== "string") return undefined
  if (MsgSignature !== Envelope.sign(options.token, String(TimeStamp), String(Nonce), Encrypt)) return undefined
  const opened = Envelope.open(aesKey, Encrypt)
  return opened?.receiver === options.appid ? opened.message : undefined
}

/**
 * @since 0.1.0
 */
export const make = (options: Options): Pusher => {
  const format = options.format ?? "xml"
  const { aesKey } = options
  const mode = options.mode ?? (aesKey === undefined ? "plain" : "safe")
  const random = Random.make(`${options.seed ?? 0} push ${options.appid}`)
  const base = typeof options.to === "string" ? options.to.replace(/\/$/, "") : "http://callback.invalid"

  const send = (request: Request): Effect.Effect<Response, PushError> =>
    Effect.tryPromise({
      try: (signal) => (typeof options.to === "string" ? fetch(new Request(request, { signal })) : options.to(request)),
      catch: () => new PushError({ attempts: ["no connection"] })
    })

  const stamped = Effect.map(Clock.currentTimeMillis, (now) => {
    const timestamp = String(Math.floor(now / 1000))
    const nonce = random.digits(10)
    return { timestamp, nonce, signature: Envelope.sign(options.token, timestamp, nonce) }
  })

  const request = (fields: Fields, path = ""): Effect.Effect<Request> =>
    Effect.map(stamped, ({ nonce, signature, timestamp }) => {
      const query = new URLSearchParams({ signature, timestamp, nonce })
      const from = fields["FromUserName"]
      if (typeof from === "string") query.set("openid", from)
      const message = Envelope.write(format, fields)
      const headers = { "content-type": format === "xml" ? "text/xml" : "application/json" }
      if (mode === "plain" || aesKey === undefined) {
        return new Request(`${base}${path}?${query.toString()}`, { method: "POST", headers, body: message })
      }
      const Encrypt = Envelope.seal(aesKey, options.appid, message, random.text(16))
      query.set("encrypt_type", "aes")
      query.set("msg_signature", Envelope.sign(options.token, timestamp, nonce, Encrypt))
      const { AppId, ToUserName } = fields
      const outer = mode === "compatible" ? fields : AppId === undefined ? { ToUserName } : { AppId }
      const body = Envelope.write(format, { ...outer, Encrypt })
      return new Request(`${base}${path}?${query.toString()}`, { method: "POST", headers, body })
    })

  const answerOf = Effect.fnUntraced(function* (pushed: Fields, response: Response) {
    const text = yield* Effect.promise(() => response.text())
    if (response.status !== 200) return yield* refused(`HTTP ${response.status}`)
    if (text === "" || text === "success") return success
    if (mode === "plain" || aesKey === undefined) return yield* judged(pushed, Envelope.read(format, text))
    const envelope = Envelope.read(format, text)
    if (mode === "compatible" && envelope?.["Encrypt"] === undefined) return yield* judged(pushed, envelope)
    const message = decrypted(options, aesKey, envelope)
    return message === undefined
      ? yield* refused("an answer that cannot be decrypted")
      : yield* judged(pushed, Envelope.read(format, message))
  })

  const once = (fields: Fields, path?: string) =>
    Effect.flatMap(request(fields, path), (request) =>
      send(request).pipe(
        Effect.flatMap((response) => answerOf(fields, response)),
        Effect.timeoutOrElse({ duration: patience, orElse: () => refused("no answer within five seconds") })
      )
    )

  const push = (fields: Fields, path?: string): Effect.Effect<Answer, PushError> => {
    const isPayment = String(fields["Event"]).startsWith("xpay_")
    const tries = options.attempts ?? (isPayment ? 16 : 3)
    const attempt = (faults: ReadonlyArray<string>): Effect.Effect<Answer, PushError> =>
      Effect.catch(once(fields, path), ({ attempts }) => {
        const all = [...faults, ...attempts]
        return all.length >= tries ? Effect.fail(new PushError({ attempts: all })) : attempt(all)
      })
    return attempt([])
  }

  const verify = Effect.gen(function* () {
    const query = new URLSearchParams(yield* stamped)
    const echo = random.digits(19)
    query.set("echostr", echo)
    const response = yield* send(new Request(`${base}?${query.toString()}`))
    return response.status === 200 && (yield* Effect.promise(() => response.text())) === echo
  }).pipe(Effect.orElseSucceed(() => false))

  return { verify, push, once, request }
}

/**
 * What there is to know of a kind of push to make one up: an entry of the table of events of `@wechat/callback`.
 *
 * @since 0.1.0
 */
export interface Kind<in out A> {
  readonly match: { readonly Event?: string; readonly MsgType?: string; readonly InfoType?: string }
  readonly codec: (format: Format) => Wire.Codec<A>
}

/**
 * A push of a kind, made up; the fields of `given` stand in it as they are.
 *
 * @since 0.1.0
 */
export const sample = <A>(kind: Kind<A>, format: Format, given: Fields = {}, options: Sample.Options = {}): Fields => {
  const codec = kind.codec(format)
  const made = codec.read(Sample.value(codec, Object.values(kind.match).join(), options))
  const written = codec.write(made)
  const event = kind.match.Event === undefined ? {} : { MsgType: "event" }
  return { ...(Predicate.isObject(written) ? written : {}), ...event, ...kind.match, ...given }
}
