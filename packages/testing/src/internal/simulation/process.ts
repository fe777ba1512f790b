/** A simulated process: it can be paused and killed at any moment, and its clock may be wrong. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as Random from "effect/Random"
import * as Scheduler from "effect/Scheduler"
import type { Random as Draws } from "../random.ts"
import { clock, type Engine } from "./engine.ts"

/** What every fiber of the simulation runs on. */
export const surroundings = (engine: Engine, draws: Draws, time: Clock.Clock): Context.Context<never> =>
  Context.empty().pipe(
    Context.add(Scheduler.Scheduler, engine.scheduler),
    Context.add(Clock.Clock, time),
    Context.add(Random.Random, {
      nextDoubleUnsafe: draws.next,
      nextIntUnsafe: () => draws.int(-0x80000000, 0x7fffffff)
    }),
    Context.add(Logger.CurrentLoggers, new Set())
  )

export class Process {
  readonly engine: Engine
  readonly name: string
  /** Milliseconds by which its clock is ahead. */
  readonly offset: number
  readonly context: Context.Context<never>
  isAlive = true
  #pausedUntil = 0
  readonly #pauses: Array<{ readonly from: number; readonly to: number }> = []

  constructor(engine: Engine, name: string, offset: number, draws: Draws) {
    this.engine = engine
    this.name = name
    this.offset = offset
    this.context = surroundings(engine, draws, clock(engine, offset, this.after))
  }

  /** Does something in this process, later: never if it is dead by then, and after its pause if it has one. */
  readonly after = (millis: number, fire: () => void): void => {
    this.engine.after(millis, () => this.#wake(fire))
  }

  #wake(fire: () => void): void {
    if (!this.isAlive) return
    if (this.engine.now < this.#pausedUntil) this.after(this.#pausedUntil - this.engine.now, fire)
    else fire()
  }

  pause(millis: number): void {
    const { now } = this.engine
    this.#pausedUntil = Math.max(this.#pausedUntil, now + millis)
    this.#pauses.push({ from: now, to: this.#pausedUntil })
  }

  /** As SIGKILL does: nothing is given back. */
  kill(): void {
    this.isAlive = false
  }

  /** Milliseconds of pauses that reach into the time since a moment. */
  pausedSince(moment: number): number {
    return this.#pauses.reduce((sum, { from, to }) => sum + (to > moment ? to - from : 0), 0)
  }

  run<A, E>(effect: Effect.Effect<A, E>, done: (exit: Exit.Exit<A, E>) => void): void {
    Effect.runForkWith(this.context)(effect).addObserver(done)
  }
}
