/** Worker processes, and what is done to them. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as ChildProcess from "node:child_process"
import { fileURLToPath } from "node:url"
import type { Message, Name, Order, Setup, Told } from "./Protocol.ts"

export class WorkerError extends Data.TaggedError("WorkerError")<{ readonly detail: string }> {
  override get message(): string {
    return this.detail
  }
}

export interface Worker {
  readonly order: (order: Order) => Effect.Effect<unknown, WorkerError>
  readonly ask: (name: Name, callers: number, stale?: string) => Effect.Effect<Told, WorkerError>
  /** Gives an order whose answer nobody waits for. */
  readonly send: (order: Order) => Effect.Effect<void>
  /** Waits until it has said so. */
  readonly holding: Effect.Effect<void>
  /** How many tokens it has renewed by churning. */
  readonly renewed: () => number
  readonly signal: (name: NodeJS.Signals) => Effect.Effect<void>
  /** SIGKILL, and waits until it is gone. */
  readonly kill: Effect.Effect<void>
}

const script = fileURLToPath(new URL("Worker.ts", import.meta.url))

/** Starts a process, which is killed when the scope ends. */
export const start = (setup: Setup): Effect.Effect<Worker, WorkerError, Scope.Scope> =>
  Effect.gen(function* () {
    const child = ChildProcess.fork(script, [JSON.stringify(setup)], { execArgv: ["--conditions=@wechat/source"] })
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()))
    const waiting = new Map<number, (answer: Effect.Effect<unknown, WorkerError>) => void>()
    const holders: Array<() => void> = []
    let isHolding = false
    let renewed = 0
    let ids = 0

    const fail = (detail: string) => {
      for (const resume of waiting.values()) resume(Effect.fail(new WorkerError({ detail })))
      waiting.clear()
    }
    const kill = Effect.promise(() => {
      child.kill("SIGKILL")
      return gone
    })
    yield* Effect.addFinalizer(() => kill)
    child.on("exit", () => fail("the worker is gone"))
    const ready = Effect.callback<void, WorkerError>((resume) => {
      waiting.set(0, (answer) => resume(Effect.asVoid(answer)))
      child.on("message", (message: Message) => {
        switch (message.is) {
          case "ready":
            return answered(0, undefined)
          case "answer":
            return answered(message.id, message.answer)
          case "failed":
            return fail(message.detail)
          case "holding":
            isHolding = true
            for (const resume of holders.splice(0)) resume()
            return
          case "renewed":
            renewed++
        }
      })
    })
    const answered = (id: number, answer: unknown) => {
      waiting.get(id)?.(Effect.succeed(answer))
      waiting.delete(id)
    }
    const order = (order: Order): Effect.Effect<unknown, WorkerError> =>
      Effect.callback((resume) => {
        const id = ++ids
        waiting.set(id, resume)
        child.send({ id, order })
      })
    yield* ready
    return {
      order,
      ask: (name, callers, stale) => Effect.map(order({ do: "ask", name, callers, stale }), (answer) => answer as Told),
      send: (order) => Effect.sync(() => void child.send({ id: ++ids, order })),
      holding: Effect.callback((resume) => {
        if (isHolding) resume(Effect.void)
        else holders.push(() => resume(Effect.void))
      }),
      renewed: () => renewed,
      signal: (name) => Effect.sync(() => void child.kill(name)),
      kill
    }
  })
