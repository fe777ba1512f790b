/**
 * Whether tokens stay right whatever happens: several processes over one vault and one WeChat, in virtual time, with a random
 * schedule of pauses, kills, lost requests, lost answers, slow operations and wrong clocks. A seed replays exactly.
 *
 * @since 0.1.0
 */
import type { Keeping } from "@wechat/core/Vault"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { play } from "./internal/simulation/play.ts"

/**
 * @since 0.1.0
 */
export interface Options {
  readonly seed: number
  /**
   * The vault that all processes share. Its operations must not wait for anything but the `Clock`: there is no other time.
   */
  readonly vault: Effect.Effect<Keeping, unknown, Scope.Scope>
  /** Whether the clocks of the processes may be an hour apart: yes. A vault of one machine has one clock. */
  readonly clocks?: boolean | undefined
  /** Whether the report tells everything that happened: no. */
  readonly trace?: boolean | undefined
}

/**
 * What a seed came to.
 *
 * @since 0.1.0
 */
export interface Report {
  readonly seed: number
  /** What should not have happened; none, if all is well. */
  readonly problems: ReadonlyArray<string>
  readonly calls: number
  /** Calls that ended in a typed failure. */
  readonly failures: number
  /** Calls whose first token WeChat refused. */
  readonly refusals: number
  /** Tokens that WeChat issued, and how many of them nobody could keep. */
  readonly mints: number
  readonly wasted: number
  /** Requests that were lost or slow, pauses and kills. */
  readonly faults: number
  /** What happened, line by line, where it was asked for. */
  readonly trace: ReadonlyArray<string>
}

/**
 * Plays one seed. It says what went wrong in {@link Report} `problems`, and throws where the vault waits for real time.
 *
 * @since 0.1.0
 */
export const run = (options: Options): Report => play(options)
