/** Virtual time: what is ready runs at once, then the clock leaps to the next timer. Nothing waits, so a seed replays exactly. */
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scheduler from "effect/Scheduler"

type Task = () => void

interface Timer {
  readonly at: number
  /** Timers of the same moment fire in the order in which they were set. */
  readonly order: number
  readonly fire: Task
}

const isBefore = (one: Timer, other: Timer): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order)

/** Timers by time. */
class Queue {
  readonly #heap: Array<Timer> = []

  push(timer: Timer): void {
    const heap = this.#heap
    let at = heap.length
    while (at > 0) {
      const up = (at - 1) >> 1
      const above = heap[up]
      if (above === undefined || isBefore(above, timer)) break
      heap[at] = above
      at = up
    }
    heap[at] = timer
  }

  pop(): Timer | undefined {
    const heap = this.#heap
    const [first] = heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return first
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      const [one, other] = [heap[left], heap[left + 1]]
      if (one === undefined) break
      const [down, least] = other !== undefined && isBefore(other, one) ? [left + 1, other] : [left, one]
      if (isBefore(last, least)) break
      heap[at] = least
      at = down
    }
    heap[at] = last
    return first
  }
}

export class Engine {
  /** Unix milliseconds. */
  now = 1_700_000_000_000
  readonly #ready: Array<Task> = []
  readonly #timers = new Queue()
  #order = 0

  readonly scheduler: Scheduler.Scheduler = {
    executionMode: "async",
    shouldYield: () => false,
    makeDispatcher: () => ({
      scheduleTask: (task) => void this.#ready.push(task),
      flush: () => this.drain()
    })
  }

  after(millis: number, fire: Task): void {
    this.#timers.push({ at: this.now + Math.max(0, Math.ceil(millis)), order: this.#order++, fire })
  }

  drain(): void {
    for (let at = 0; at < this.#ready.length; at++) this.#ready[at]?.()
    this.#ready.length = 0
  }

  /** Goes on until something holds. `false` where nothing more can happen, or a moment is reached before. */
  until(holds: () => boolean, latest = Number.POSITIVE_INFINITY): boolean {
    for (;;) {
      this.drain()
      if (holds()) return true
      const next = this.#timers.pop()
      if (next === undefined || next.at > latest) {
        if (next !== undefined) this.#timers.push(next)
        if (Number.isFinite(latest)) this.now = Math.max(this.now, latest)
        return false
      }
      this.now = next.at
      next.fire()
    }
  }
}

/** A clock over timers, which tells another time by `offset` milliseconds. */
export const clock = (engine: Engine, offset: number, after: (millis: number, fire: Task) => void): Clock.Clock => {
  const millis = () => engine.now + offset
  const nanos = () => BigInt(millis()) * 1_000_000n
  return {
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: (duration) =>
      Effect.callback<void>((resume) => {
        let isOver = false
        after(Duration.toMillis(duration), () => {
          if (!isOver) resume(Effect.void)
        })
        return Effect.sync(() => {
          isOver = true
        })
      })
  }
}
