/** A deadline that costs nothing where the answer is there at once, as it is for a token in memory. */
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"

interface Options<A, E, L, B> {
  readonly duration: Duration.Duration
  /** The failure of whatever takes longer. */
  readonly late: L
  readonly onFailure: (error: E | L) => Effect.Effect<B>
  /** `now` is when it succeeded, in Unix milliseconds. */
  readonly onSuccess: (value: A, now: number) => Effect.Effect<B>
}

export const within = <A, E, L, B>(
  effect: Effect.Effect<A, E>,
  { duration, late, onFailure, onSuccess }: Options<A, E, L, B>
): Effect.Effect<B> =>
  Effect.withFiber((fiber) => {
    const now = () => fiber.getRef(Clock.Clock).currentTimeMillisUnsafe()
    const child = Effect.runForkWith(fiber.context)(effect)
    const done = child.pollUnsafe()
    if (done !== undefined && Exit.isSuccess(done)) return onSuccess(done.value, now())
    return Fiber.join(child).pipe(
      Effect.onInterrupt(() => Fiber.interrupt(child)),
      Effect.timeoutOrElse({ duration, orElse: () => Effect.fail(late) }),
      Effect.matchEffect({ onFailure, onSuccess: (value) => onSuccess(value, now()) })
    )
  })
