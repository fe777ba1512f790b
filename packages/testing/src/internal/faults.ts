/** Faults that wait for calls. */
import type { Call } from "../Call.ts"
import type { Fault } from "../Fault.ts"

/** A path, or whatever holds of a call. */
export type Where = string | ((call: Call) => boolean)

export const isAt = (where: Where, call: Call): boolean =>
  typeof where === "string" ? where === call.path : where(call)

interface Waiting {
  readonly where: Where
  readonly fault: Fault
  left: number
}

export class Faults {
  #waiting: Array<Waiting> = []

  add(where: Where, fault: Fault): void {
    this.#waiting.push({ where, fault, left: fault.times ?? Number.POSITIVE_INFINITY })
  }

  /** The fault of a call: counted ones first, in order, then the latest of the others. */
  take(call: Call): Fault | undefined {
    const here = this.#waiting.filter(({ left, where }) => left > 0 && isAt(where, call))
    const found = here.find(({ left }) => Number.isFinite(left)) ?? here.at(-1)
    if (found === undefined) return undefined
    found.left--
    return found.fault
  }

  clear(): void {
    this.#waiting = []
  }
}
