/**
 * Pushes that survive the process: each is stored before WeChat gets its `success`, and handled at least once, by this process
 * or another, even if one is killed in the middle.
 *
 * The handler's replies go nowhere, because WeChat has its answer already: speak through the customer service API.
 *
 * @since 0.1.0
 */
import * as App from "@wechat/core/App"
import * as Json from "@wechat/core/Json"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PersistedQueue from "effect/persistence/PersistedQueue"
import * as Schema from "effect/Schema"
import { keyOf } from "./internal/identity.ts"
import type { Handler, Push } from "./Push.ts"

/** Fields travel as one JSON text, so that 64-bit numbers keep every digit. */
const Stored = Schema.Struct({ app: App.App, format: Schema.Literals(["xml", "json"]), fields: Schema.String })

const isFields = (value: unknown): value is Push["fields"] => typeof value === "object" && value !== null

const pushOf = ({ app, fields, format }: typeof Stored.Type): Push => {
  const read = Json.parse(fields)
  return { app, format, fields: isFields(read) ? read : {} }
}

/**
 * @since 0.1.0
 */
export interface Options<E, R> {
  /** Names the queue: processes that share it share the work. `wechat-pushes` unless said otherwise. */
  readonly name?: string | undefined
  readonly handler: Handler<E, R>
  /** How many pushes this process works on at the same time: 4. */
  readonly concurrency?: number | undefined
  /** How often a push is tried before it is put aside: 10 times, at growing intervals. */
  readonly attempts?: number | undefined
}

const queueOf = (options: { readonly name?: string | undefined; readonly attempts?: number | undefined }) =>
  PersistedQueue.make({
    name: options.name ?? "wechat-pushes",
    schema: Stored,
    maxAttempts: options.attempts ?? 10
  })

/**
 * A handler that stores pushes; workers elsewhere, made by {@link workers}, deal with them.
 *
 * @since 0.1.0
 */
export const storing = (
  options: { readonly name?: string | undefined } = {}
): Effect.Effect<
  Handler<PersistedQueue.PersistedQueueError | Schema.SchemaError>,
  never,
  PersistedQueue.PersistedQueueFactory
> =>
  Effect.map(queueOf(options), (queue) => (push) => {
    const { app, fields, format } = push
    // A push that is repeated because its first answer was lost is stored once.
    return Effect.flatMap(keyOf(push), (id) =>
      Effect.asVoid(queue.offer({ app, format, fields: Json.stringify(fields) }, { id }))
    )
  })

/** A queue that is out of reach must not be asked at every turn. */
const breath = Effect.sleep("1 second")

/**
 * Works on stored pushes until its scope ends.
 *
 * @since 0.1.0
 */
export const workers = <E, R>(
  options: Options<E, R>
): Layer.Layer<never, never, R | PersistedQueue.PersistedQueueFactory> =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const queue = yield* queueOf(options)
      const one = queue
        .take((stored) => options.handler(pushOf(stored)))
        .pipe(
          Effect.catchCause((cause) =>
            Cause.hasInterruptsOnly(cause)
              ? Effect.interrupt
              : Effect.andThen(Effect.logError("a stored push was not handled; it is tried again", cause), breath)
          )
        )
      const loops = Array.from({ length: options.concurrency ?? 4 }, () => Effect.forever(one))
      yield* Effect.forkScoped(Effect.all(loops, { concurrency: "unbounded", discard: true }))
    })
  )
