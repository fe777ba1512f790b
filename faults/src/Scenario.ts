/** What the scenarios have in common: each counts, and says what it found wrong. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** A promise that did not hold. */
export class Broken extends Data.TaggedError("Broken")<{ readonly detail: string }> {
  override get message(): string {
    return this.detail
  }
}

export const expect = (holds: boolean, detail: string): Effect.Effect<void, Broken> =>
  holds ? Effect.void : Effect.fail(new Broken({ detail }))

/** What a scenario has counted, in its own words. */
export type Counts = Readonly<Record<string, number | string>>

export interface Scenario {
  readonly name: string
  readonly run: Effect.Effect<Counts, unknown, Scope.Scope>
}
