/**
 * Who may ask a hub, for which accounts, and how often.
 *
 * @since 0.1.0
 */
import type * as Token from "@wechat/core/Token"
import * as Redacted from "effect/Redacted"
import * as Crypto from "node:crypto"
import { bucket } from "./internal/bucket.ts"
import { Refusal } from "./internal/refusal.ts"

/**
 * A program that asks the hub.
 *
 * @since 0.1.0
 */
export interface Client {
  /** What it sends as a bearer token, or in the path: at most 256 bytes. */
  readonly secret: Redacted.Redacted
  /**
   * The accounts whose tokens it may read; `"*"` stands for all. Whoever may read the token of a third-party platform may read
   * those of the accounts that have authorized it, for that is what the platform's token is good for.
   */
  readonly appids: ReadonlyArray<string>
}

/**
 * Clients by name, or a hub that answers everybody who can reach it.
 *
 * @since 0.1.0
 */
export type Clients = Readonly<Record<string, Client>> | "open"

/**
 * How much a hub takes.
 *
 * @since 0.1.0
 */
export interface Limits {
  /** Requests in a second from one client, with a burst of as many more: 1,000. */
  readonly rate: number
  /** Bytes of a body: 16,384. A token has at most some hundreds. */
  readonly body: number
}

/**
 * @since 0.1.0
 */
export const limits: Limits = { rate: 1000, body: 16_384 }

/** Requests in a second without a valid secret that are looked at. */
const strangers = 50

/** A client that has shown its secret. */
export interface Visitor {
  readonly name: string
  /** Takes one request from its allowance, if there is one left. */
  readonly take: (now: number) => boolean
  readonly mayRead: (key: Token.Key) => boolean
}

/** Tells clients apart. */
export interface Guard {
  readonly admit: (credential: string | undefined, now: number) => Visitor | Refusal
}

const visitor = (name: string, appids: ReadonlyArray<string>, rate: number): Visitor => {
  const readable = new Set(appids)
  const isForAll = readable.has("*")
  return {
    name,
    take: bucket(rate),
    mayRead: ({ app }) =>
      isForAll || readable.has(app.appid) || (app._tag === "Authorizer" && readable.has(app.component))
  }
}

const unknown = new Refusal(401, "unauthorized", "the client's secret is missing or wrong")
const tooMany = new Refusal(429, "too_many_requests", "more requests than this hub takes: wait a second")

/** No secret is longer, in bytes. */
const longest = 256

/** All secrets fill buffers of one size, with their length at the end: `undefined` where one does not fit. */
const fill = (buffer: Buffer, secret: string): Buffer | undefined => {
  const length = Buffer.byteLength(secret)
  if (length > longest) return undefined
  buffer.fill(0).write(secret)
  buffer.writeUInt16BE(length, longest)
  return buffer
}

const room = () => Buffer.alloc(longest + 2)

/** Every secret is compared, and in full, so that time tells nothing. */
const make = (clients: Readonly<Record<string, Client>>, rate: number): Guard => {
  const known = Object.entries(clients).map(([name, { appids, secret }]) => {
    const filled = fill(room(), Redacted.value(secret))
    if (filled === undefined) throw new RangeError(`the secret of the client ${name} is longer than ${longest} bytes`)
    return { secret: filled, visitor: visitor(name, appids, rate) }
  })
  const takeStranger = bucket(strangers)
  const shown = room()
  const find = (credential: string): Visitor | undefined => {
    if (fill(shown, credential) === undefined) return undefined
    let found: Visitor | undefined
    for (const client of known) if (Crypto.timingSafeEqual(client.secret, shown)) found = client.visitor
    return found
  }
  return {
    admit: (credential, now) => {
      const found = credential === undefined ? undefined : find(credential)
      if (found === undefined) return takeStranger(now) ? unknown : tooMany
      return found.take(now) ? found : tooMany
    }
  }
}

/**
 * @since 0.1.0
 */
export const guard = (clients: Clients, rate: number): Guard => {
  if (clients !== "open") return make(clients, rate)
  const everybody = visitor("open", ["*"], rate)
  return { admit: (_credential, now) => (everybody.take(now) ? everybody : tooMany) }
}
