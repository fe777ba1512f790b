/** Sees everything that happens, and says what should not have. */
import * as Redacted from "effect/Redacted"
import type * as Token from "@wechat/core/Token"
import type { Engine } from "./engine.ts"
import type { Process } from "./process.ts"

interface Granted {
  readonly process: Process
  readonly fence: number
  readonly until: number
  isOver: boolean
}

interface Issue {
  readonly path: string
  readonly at: number
  readonly order: number
  isKept: boolean
}

interface Record {
  readonly value: string
  readonly due: number
  readonly fence: number
}

interface Twice {
  readonly path: string
  readonly value: string
  readonly at: number
  readonly process: Process
}

/** How long a caller may have to wait at most, in milliseconds: for a fetch, and for one that it joined before. */
const patience = { get: 21_000, renew: 42_000 } as const

export class Watch {
  readonly problems: Array<string> = []
  readonly trace: Array<string> = []
  calls = 0
  failures = 0
  refusals = 0
  readonly #engine: Engine
  readonly #began: number
  readonly #isTraced: boolean
  readonly #fences = new Map<string, number>()
  readonly #leases = new Map<string, Granted>()
  readonly #records = new Map<string, Record>()
  readonly #kept = new Set<string>()
  readonly #issues = new Map<string, Issue>()
  readonly #disturbances: Array<{ readonly path: string; readonly at: number }> = []
  readonly #twice: Array<Twice> = []

  constructor(engine: Engine, isTraced: boolean) {
    this.#engine = engine
    this.#began = engine.now
    this.#isTraced = isTraced
  }

  note(who: Process | undefined, text: string): void {
    if (!this.#isTraced) return
    const seconds = ((this.#engine.now - this.#began) / 1000).toFixed(3).padStart(10)
    this.trace.push(`${seconds} ${(who?.name ?? "").padEnd(4)} ${text}`)
  }

  problem(who: Process | undefined, text: string): void {
    this.note(who, `PROBLEM ${text}`)
    this.problems.push(text)
  }

  // -------------------------------------------------------------------------------------------------------------------
  // The vault
  // -------------------------------------------------------------------------------------------------------------------

  granted(process: Process, path: string, fence: number, life: number): void {
    this.note(process, `lease ${path} fence ${fence}`)
    const { now } = this.#engine
    const before = this.#leases.get(path)
    if (before !== undefined && !before.isOver && now < before.until) {
      this.problem(process, `${path}: leases ${before.fence} and ${fence} live at once`)
    }
    const last = this.#fences.get(path) ?? 0
    if (fence <= last) this.problem(process, `${path}: fence ${fence} follows ${last}`)
    this.#fences.set(path, fence)
    this.#leases.set(path, { process, fence, until: now + life, isOver: false })
  }

  released(process: Process, path: string, fence: number): void {
    this.note(process, `release ${path} fence ${fence}`)
    const lease = this.#leases.get(path)
    if (lease?.fence === fence) lease.isOver = true
  }

  kept(process: Process, path: string, fence: number, token: Token.Token, isTaken: boolean): void {
    const value = Redacted.value(token.value)
    this.note(process, `${isTaken ? "keep" : "keep refused"} ${path} fence ${fence} ${short(value)}`)
    const isMine = this.#leases.get(path)?.fence === fence && this.#fences.get(path) === fence
    if (isTaken && !isMine) this.problem(process, `${path}: fence ${fence} wrote after it was lost`)
    if (!isTaken && isMine)
      this.problem(process, `${path}: fence ${fence} was refused though nobody has taken a later one`)
    if (isTaken) this.#record(path, fence, value, token.due)
  }

  #record(path: string, fence: number, value: string, due: number): void {
    const before = this.#records.get(path)
    if (before !== undefined && fence < before.fence) {
      this.problem(undefined, `${path}: the record went back from fence ${before.fence} to ${fence}`)
    }
    this.#records.set(path, { value, due, fence })
    this.#kept.add(value)
    const issue = this.#issues.get(value)
    if (issue !== undefined) issue.isKept = true
  }

  /** An account's authorization was replaced: the leases of before are void. */
  authorized(process: Process, path: string): void {
    this.note(process, `authorize ${path}`)
    this.#records.delete(path)
    this.#fences.set(path, (this.#fences.get(path) ?? 0) + 1)
    this.#leases.delete(path)
    this.disturbed(path)
  }

  // -------------------------------------------------------------------------------------------------------------------
  // WeChat
  // -------------------------------------------------------------------------------------------------------------------

  /** Tokens of a path may have become void from outside. */
  disturbed(path: string): void {
    this.#disturbances.push({ path, at: this.#engine.now })
  }

  recordOf(path: string): string | undefined {
    return this.#records.get(path)?.value
  }

  /** WeChat has issued a token. `isVoid`: the one in the vault had been refused. */
  issued(process: Process, path: string, value: string, isVoid: boolean): void {
    if (this.#issues.has(value)) return
    this.note(process, `WeChat issues ${path} ${short(value)}`)
    this.#issues.set(value, { path, at: this.#engine.now, order: this.#issues.size, isKept: this.#kept.has(value) })
    const lease = this.#leases.get(path)
    const isHolder = lease?.process === process && this.#fences.get(path) === lease.fence
    const record = this.#records.get(path)
    // A holder that was paused may ask late; one that holds the lease has a reason.
    if (isHolder && record !== undefined && this.#engine.now < record.due && !isVoid) {
      this.problem(process, `${path}: a token was minted though a good one was there`)
    }
  }

  mints(): number {
    return this.#issues.size
  }

  /** Tokens that WeChat issued and nobody kept. */
  wasted(): number {
    return [...this.#issues.values()].filter(({ isKept }) => !isKept).length
  }

  /** Those of them that nothing from outside has made useless. */
  unused(): number {
    return [...this.#issues.values()].filter(
      ({ isKept, path }) => !isKept && !this.#disturbances.some((one) => one.path === path)
    ).length
  }

  /** Whether the latest token of a path is the one that was kept, so that its refresh token must be there as well. */
  isSettled(path: string): boolean {
    const issues = [...this.#issues.values()].filter((issue) => issue.path === path)
    const last = issues.at(-1)
    const disturbed = this.#disturbances.findLast((one) => one.path === path)
    return last !== undefined && last.isKept && (disturbed === undefined || disturbed.at < last.at)
  }

  // -------------------------------------------------------------------------------------------------------------------
  // Callers
  // -------------------------------------------------------------------------------------------------------------------

  handed(process: Process, path: string, token: Token.Token, since: number, how: "get" | "renew"): void {
    const value = Redacted.value(token.value)
    this.note(process, `${how} ${path} gives ${short(value)}`)
    if (!this.#kept.has(value)) this.problem(process, `${path}: a token was handed out that the vault never held`)
    this.#waited(process, path, since, how)
  }

  failed(process: Process, path: string, message: string, since: number, how: "get" | "renew"): void {
    this.note(process, `${how} ${path} fails: ${message}`)
    this.failures++
    this.#waited(process, path, since, how)
  }

  #waited(process: Process, path: string, since: number, how: "get" | "renew"): void {
    const waited = this.#engine.now - since - process.pausedSince(since)
    if (waited > patience[how]) this.problem(process, `${path}: ${how} took ${waited} ms`)
  }

  refusedTwice(process: Process, path: string, token: Token.Token): void {
    this.note(process, `refused again ${path}`)
    this.#twice.push({ process, path, value: Redacted.value(token.value), at: this.#engine.now })
  }

  /** A second refusal is right only where something voided the second token after it was issued. */
  settle(): void {
    for (const { at, path, process, value } of this.#twice) {
      const issue = this.#issues.get(value)
      const since = issue?.at ?? at
      const isDisturbed =
        this.#disturbances.some((one) => one.path === path && one.at >= since && one.at <= at) ||
        [...this.#issues.values()].some(
          (other) => other.path === path && !other.isKept && other.order > (issue?.order ?? 0) && other.at <= at
        )
      if (!isDisturbed) this.problem(process, `${path}: a caller was refused twice, and nobody had voided the token`)
    }
  }
}

const short = (value: string): string => value.slice(0, 8)
