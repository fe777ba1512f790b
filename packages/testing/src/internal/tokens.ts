/** The ledger of tokens and tickets: what was issued to whom, until when it counts, and what took its place. */
import type { Random } from "./random.ts"
import { type Refusal, refuse } from "./reply.ts"

/** How a token came to be. */
export type Kind = "plain" | "stable" | "component" | "authorizer" | "jsapi" | "wx_card"

/** Seconds that tokens and tickets live. */
const life = 7200

/** Milliseconds during which a token still works after another took its place. */
export const overlap = 300_000

/** Whose a token is. */
export interface Owner {
  readonly kind: Kind
  readonly appid: string
  /** The platform through which an authorizer's token was issued. */
  readonly component?: string | undefined
}

export interface Issued extends Owner {
  readonly value: string
  /** Unix milliseconds of its natural end. */
  readonly expires: number
  /** Unix milliseconds from which it is void, because something took its place. */
  void: number
}

interface Chain {
  current: Issued | undefined
  former: Issued | undefined
}

/** Real tokens are longer than this, and made of these characters. */
const wellFormed = /^[\w-]{16,512}$/

const pathOf = (owner: Owner): string => `${owner.kind} ${owner.component ?? ""} ${owner.appid}`

/** Whole seconds until the end of a token. */
export const secondsLeft = (issued: Issued, now: number): number => Math.floor((issued.expires - now) / 1000)

export class Ledger {
  readonly #issued = new Map<string, Issued>()
  readonly #chains = new Map<string, Chain>()
  readonly #mints = new Map<string, number>()
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  #chain(owner: Owner): Chain {
    const known = this.#chains.get(pathOf(owner))
    if (known !== undefined) return known
    const made: Chain = { current: undefined, former: undefined }
    this.#chains.set(pathOf(owner), made)
    return made
  }

  /** The latest one, if it has not ended. */
  current(owner: Owner, now: number): Issued | undefined {
    const { current } = this.#chain(owner)
    return current !== undefined && now < current.expires ? current : undefined
  }

  /** A new one. The last one works for `overlap` milliseconds more, the one before it no longer. */
  issue(owner: Owner, now: number, overlap: number): Issued {
    const chain = this.#chain(owner)
    if (chain.former !== undefined) chain.former.void = Math.min(chain.former.void, now)
    if (chain.current !== undefined) chain.current.void = Math.min(chain.current.void, now + overlap)
    const value = `${this.#random.int(10, 99)}_${this.#random.text(133)}`
    const issued: Issued = { ...owner, value, expires: now + life * 1000, void: Number.POSITIVE_INFINITY }
    this.#issued.set(value, issued)
    this.#mints.set(pathOf(owner), (this.#mints.get(pathOf(owner)) ?? 0) + 1)
    chain.former = chain.current
    chain.current = issued
    return issued
  }

  /** Whose a token is, whether or not it still counts. */
  find(value: string): Issued | undefined {
    return this.#issued.get(value)
  }

  /** The token behind a text, or why WeChat would refuse it. */
  check(value: string | undefined, now: number): Issued | Refusal {
    if (value === undefined || value === "") return refuse(41001)
    if (!wellFormed.test(value)) return refuse(40014)
    const issued = this.#issued.get(value)
    if (issued === undefined || issued.kind === "jsapi" || issued.kind === "wx_card") return refuse(40001)
    if (now >= issued.void) return refuse(40001)
    if (now >= issued.expires) return refuse(issued.kind === "component" ? 42006 : 42001)
    return issued
  }

  /** Voids what an owner has; unless it is to be kept, the next answer is another one. */
  void(owner: Owner, now: number, keep: boolean): void {
    const chain = this.#chain(owner)
    for (const issued of [chain.current, chain.former]) {
      if (issued !== undefined) issued.void = Math.min(issued.void, now)
    }
    if (!keep) chain.current = undefined
  }

  /** Voids everything that lets a program act as an account. */
  revoke(appid: string, now: number, keep: boolean): void {
    const owners = [...this.#issued.values()].filter((issued) => issued.appid === appid)
    for (const owner of owners) if (owner.kind !== "jsapi" && owner.kind !== "wx_card") this.void(owner, now, keep)
  }

  /** How many were issued to an appid. */
  mints(appid: string, kind: Kind): number {
    let sum = 0
    for (const [path, count] of this.#mints) {
      if (path.startsWith(`${kind} `) && path.endsWith(` ${appid}`)) sum += count
    }
    return sum
  }
}
