/** Runs the handler of a push: once, in time, and whatever becomes of it. */
import * as App from "@wechat/core/App"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import type { InboxError, Remembering } from "../Inbox.ts"
import { Background, type Handler, type Push, type Run } from "../Push.ts"
import type { Answer, Reply } from "../Reply.ts"
import { identify } from "./dispatch.ts"
import { keyOf } from "./identity.ts"
import type { Opened } from "./open.ts"
import { Refused } from "./refused.ts"
import * as Seal from "./seal.ts"

export interface Options<R> {
  readonly handler: Handler<unknown, R>
  readonly context: Context.Context<R>
  readonly inbox: Remembering
  readonly duplicates: boolean
  readonly patience: Duration.Duration
  /** How long pushes are remembered. */
  readonly keep: Duration.Duration
  readonly failure: "retry" | "success"
  readonly late: ((reply: Reply, push: Push) => Effect.Effect<void, unknown, R>) | undefined
  readonly running: FiberSet.FiberSet
}

const pushes = Metric.counter("wechat_pushes_total", { description: "Pushes, by outcome" })

const outcomes = {
  success: Metric.withAttributes(pushes, { outcome: "success" }),
  reply: Metric.withAttributes(pushes, { outcome: "reply" }),
  late: Metric.withAttributes(pushes, { outcome: "late" }),
  failed: Metric.withAttributes(pushes, { outcome: "failed" }),
  repeated: Metric.withAttributes(pushes, { outcome: "repeated" }),
  refused: Metric.withAttributes(pushes, { outcome: "refused" })
}

export const count = (outcome: keyof typeof outcomes): Effect.Effect<void> => Metric.update(outcomes[outcome], 1)

const word = /^\w{1,64}$/

const attributes = (push: Push): Record<string, string> => {
  const [field, value] = identify(push.fields)
  const name = typeof value === "string" && word.test(value) ? value : "?"
  return { "wechat.app": App.key(push.app), "wechat.push": `${field} ${name}` }
}

const logged = (what: string, push: Push) => (cause: Cause.Cause<unknown>) =>
  Cause.hasInterruptsOnly(cause) ? Effect.void : Effect.annotateLogs(Effect.logError(what, cause), attributes(push))

/** For as long as WeChat repeats what is about payments. */
const payments = Duration.hours(25)
const isPayment = ({ fields: { Event } }: Push): boolean => typeof Event === "string" && Event.startsWith("xpay_")

/** How often a push that somebody else is at is looked up again. */
const pause = Duration.millis(200)
/** How long a push is taken that nobody answers, beyond the time for an answer. */
const grace = Duration.seconds(1)

const unreachable = (error: InboxError) => new Refused(500, error.message)

export const make = <R>(options: Options<R>): ((opened: Opened) => Effect.Effect<string, Refused>) => {
  const { failure, inbox, late, patience, running } = options

  const run: Run = (work, push) =>
    Effect.asVoid(FiberSet.run(running, Effect.catchCause(work, logged("work in the background failed", push))))

  const context = Context.add(options.context, Background, run)

  const traced = (push: Push, handled: Effect.Effect<Answer, unknown>): Effect.Effect<Answer, unknown> => {
    // A span keeps what its effect comes to, and the answer is the user's business.
    let answer: Answer
    const quiet = Effect.map(handled, (value) => {
      answer = value
    })
    return quiet.pipe(
      Effect.withSpan("wechat.push", { attributes: attributes(push) }, { captureStackTrace: false }),
      Effect.map(() => answer)
    )
  }

  const handling = (push: Push): Effect.Effect<Answer, unknown> =>
    Effect.withFiber((fiber) => {
      const handled = Effect.provideContext(options.handler(push), context)
      return Context.getOrUndefined(fiber.context, Tracer.Tracer) === undefined ? handled : traced(push, handled)
    })

  /** What is left to do when a handler ends after its push was answered. */
  const afterwards = (push: Push, exit: Exit.Exit<Answer, unknown>): Effect.Effect<void> => {
    if (Exit.isFailure(exit)) return logged("a handler failed after its push was answered", push)(exit.cause)
    if (exit.value === undefined) return Effect.void
    return late === undefined
      ? Effect.annotateLogs(Effect.logWarning("a reply came too late and was dropped"), attributes(push))
      : Effect.catchCause(
          Effect.provideContext(late(exit.value, push), context),
          logged("a late reply was not sent", push)
        )
  }

  const settled = (push: Push, key: string | undefined, text: string): Effect.Effect<string> => {
    if (key === undefined) return Effect.succeed(text)
    const life = isPayment(push) ? Duration.max(payments, options.keep) : options.keep
    // The push has been handled: that the inbox cannot note it must not have it handled again.
    return Effect.as(
      Effect.catch(inbox.settle(key, text, life), (error) => Effect.logWarning(error.message)),
      text
    )
  }

  /** The answer to what a handler has come to in time. */
  const concluded = Effect.fnUntraced(function* (
    push: Push,
    key: string | undefined,
    exit: Exit.Exit<Answer, unknown>
  ) {
    if (Exit.isSuccess(exit)) {
      const text = yield* Seal.textOf(exit.value, push)
      yield* count(text === "" ? "success" : "reply")
      return yield* settled(push, key, text)
    }
    yield* logged("a handler failed", push)(exit.cause)
    yield* count("failed")
    if (failure === "success") return yield* settled(push, key, "")
    if (key !== undefined) yield* Effect.mapError(inbox.release(key), unreachable)
    return yield* Effect.fail(new Refused(500, "the handler failed"))
  })

  /** The text of the answer, after `patience` at the latest. Whoever hangs up does not take the work along. */
  const answer = (push: Push, key: string | undefined): Effect.Effect<string, Refused> => {
    let isLate = false
    const work = Effect.flatMap(Effect.exit(handling(push)), (exit) =>
      isLate ? Effect.as(afterwards(push, exit), "") : concluded(push, key, exit)
    )
    return Effect.flatMap(FiberSet.run(running, work), (fiber) => {
      const done = fiber.pollUnsafe()
      if (done !== undefined) return done
      return Effect.flatMap(
        Effect.timeoutOption(Fiber.await(fiber), patience),
        Option.match({
          onSome: (exit) => exit,
          onNone: () => {
            isLate = true
            return Effect.andThen(count("late"), settled(push, key, ""))
          }
        })
      )
    })
  }

  const once = (push: Push, key: string, tries: number): Effect.Effect<string, Refused> =>
    Effect.flatMap(
      Effect.mapError(inbox.claim(key, Duration.sum(patience, grace)), unreachable),
      (claim): Effect.Effect<string, Refused> => {
        switch (claim._tag) {
          case "First":
            return answer(push, key)
          case "Answered":
            return Effect.as(count("repeated"), claim.answer)
          case "Pending":
            return tries === 0
              ? Effect.fail(new Refused(500, "it is being handled"))
              : Effect.delay(once(push, key, tries - 1), pause)
        }
      }
    )

  const tries = Math.ceil(Duration.toMillis(patience) / Duration.toMillis(pause))
  return ({ push }) =>
    options.duplicates ? Effect.flatMap(keyOf(push), (key) => once(push, key, tries)) : answer(push, undefined)
}
