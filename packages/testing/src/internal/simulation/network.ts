/** What lies between a process, its vault and WeChat: requests and answers take time, and get lost. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Random } from "../random.ts"
import type { Engine } from "./engine.ts"
import type { Process } from "./process.ts"

/** How much goes wrong. */
export type Weather = "calm" | "rough" | "wild"

type Place = "vault" | "wechat"

/** What becomes of one request, in milliseconds. */
interface Fate {
  /** Until the process gets to sending it. */
  readonly gap: number
  readonly out: number
  readonly back: number
  readonly end: "answer" | "unsent" | "request lost" | "answer lost" | "silence"
}

/** A vault that fails often would end every wait before anything interesting can happen. */
const odds = {
  calm: { vault: 0, wechat: 0, critical: 0 },
  rough: { vault: 0.01, wechat: 0.08, critical: 0.1 },
  wild: { vault: 0.04, wechat: 0.2, critical: 0.3 }
} as const
/** The longest that a slow way takes, each direction. */
const slowest = { vault: 8_000, wechat: 14_000 } as const

const ends = {
  vault: ["unsent", "request lost", "answer lost"],
  wechat: ["unsent", "request lost", "answer lost", "silence"]
} as const

/** Where a process is hurt most: when it has the lease, has asked for a token, or has written it. */
const critical: ReadonlySet<string> = new Set([
  "lease",
  "keep",
  "/cgi-bin/token",
  "/cgi-bin/stable_token",
  "/cgi-bin/component/api_authorizer_token"
])

/** What the network tells of. */
interface Listener {
  readonly note: (process: Process, text: string) => void
  /** The moment to pause or kill a process. */
  readonly harm: (process: Process) => void
}

export class Network {
  weather: Weather
  /** How much has gone wrong. */
  faults = 0
  readonly #engine: Engine
  readonly #random: Random
  readonly #listener: Listener

  constructor(engine: Engine, random: Random, weather: Weather, listener: Listener) {
    this.#engine = engine
    this.#random = random
    this.#listener = listener
    this.weather = weather
  }

  #happens(where: Place | "critical"): boolean {
    const odd = odds[this.weather][where]
    if (odd === 0 || this.#random.next() >= odd) return false
    this.faults++
    return true
  }

  #way(place: Place): number {
    const usual = place === "vault" ? this.#random.int(0, 5) : this.#random.int(10, 80)
    return this.#happens(place) ? this.#random.int(0, slowest[place]) : usual
  }

  #gap(place: Place, name: string): number {
    if (name === "keep" && this.#happens("critical")) return this.#random.int(0, 20_000)
    return this.#happens(place) ? this.#random.int(0, 2_000) : 0
  }

  #fate(place: Place, name: string): Fate {
    return {
      gap: this.#gap(place, name),
      out: this.#way(place),
      back: this.#way(place),
      end: this.#happens(place) ? (this.#random.pick(ends[place]) ?? "answer") : "answer"
    }
  }

  /**
   * Has `work` done far away. It is done even if the process is paused, killed or tired of waiting by then; only its answer
   * needs a process that is awake.
   */
  send<A, E>(
    process: Process,
    place: Place,
    name: string,
    far: (work: Effect.Effect<A, E>, done: (exit: Exit.Exit<A, E>) => void) => void,
    work: Effect.Effect<A, E>,
    lost: (sent: boolean) => E
  ): Effect.Effect<A, E> {
    return Effect.callback<A, E>((resume) => {
      const fate = this.#fate(place, name)
      let isWaiting = true
      const answer = (exit: Exit.Exit<A, E>) =>
        process.after(fate.back, () => {
          if (isWaiting) resume(exit)
        })
      const arrive = () => {
        if (fate.end === "request lost") return answer(Exit.fail(lost(true)))
        far(work, (exit) => {
          if (critical.has(name) && this.#happens("critical")) this.#listener.harm(process)
          if (fate.end !== "silence") answer(fate.end === "answer lost" ? Exit.fail(lost(true)) : exit)
        })
      }
      process.after(fate.gap, () => {
        if (!isWaiting) return
        if (fate.end !== "answer") this.#listener.note(process, `${name}: ${fate.end}`)
        if (fate.end === "unsent") answer(Exit.fail(lost(false)))
        else this.#engine.after(fate.out, arrive)
      })
      return Effect.sync(() => {
        isWaiting = false
      })
    })
  }
}
