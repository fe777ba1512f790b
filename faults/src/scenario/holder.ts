/** The holder of a lease dies, or stands still, in the middle of a mint. */
import * as Fault from "@wechat/testing/Fault"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Name, Storage, Told } from "../Protocol.ts"
import { expect } from "../Scenario.ts"
import * as World from "../World.ts"

const authorizer: Name = { kind: "authorizer", appid: World.client }
const stable: Name = { kind: "stable", appid: World.stable }
const renewPath = "/cgi-bin/component/api_authorizer_token"
const listPath = "/cgi-bin/component/api_get_authorizer_list"

/** A token that all callers got, whatever else went wrong. */
const oneToken = Effect.fnUntraced(function* (told: Told, who: string) {
  yield* expect(told.failures.length === 0, `${who}: ${told.failures[0] ?? ""}`)
  yield* expect(told.tokens.length === 1, `${who}: ${told.tokens.length} tokens`)
  return told.tokens[0] ?? ""
})

/** The refresh token that the storage has is the one that works. */
const isUnbroken = Effect.fnUntraced(function* (world: World.World, worker: World.Worker, token: string) {
  const next = yield* worker.ask(authorizer, 1, token)
  const lists = yield* world.simulator.count(listPath)
  yield* expect(next.failures.length === 0, `the next refresh: ${next.failures[0] ?? ""}`)
  return lists
})

/** Killed while WeChat is thinking: nothing was issued, and the next one asks when the lease has ended. */
export const killedBefore = (storage: Storage) =>
  Effect.gen(function* () {
    const world = yield* World.make(storage)
    const [holder, other] = yield* world.pair
    yield* world.simulator.fail("/cgi-bin/stable_token", { ...Fault.delay(3000), times: 1 })
    yield* holder.send({ do: "ask", name: stable, callers: 200 })
    yield* world.arrived("/cgi-bin/stable_token", 1)
    yield* holder.kill
    const told = yield* other.ask(stable, 200)
    yield* oneToken(told, "the other process")
    const mints = yield* world.simulator.mints(World.stable)
    yield* expect(mints === 1, `${mints} mints`)
    return { callers: 200, failed: told.failed, mints, "slowest caller, ms": told.slowest }
  })

/** Killed when WeChat has replaced the refresh token, and before the new one is kept: it is read from the list. */
export const killedAfter = (storage: Storage) =>
  Effect.gen(function* () {
    const world = yield* World.make(storage)
    const [holder, other] = yield* world.pair
    const first = yield* oneToken(yield* holder.ask(authorizer, 1), "the holder")
    const lists = yield* world.simulator.count(listPath)
    yield* holder.order({ do: "hold" })
    yield* holder.send({ do: "ask", name: authorizer, callers: 200, stale: first })
    yield* holder.holding
    yield* holder.kill
    const told = yield* other.ask(authorizer, 200, first)
    const token = yield* oneToken(told, "the other process")
    const recovered = (yield* world.simulator.count(listPath)) - lists
    yield* expect(recovered === 1, `the list was read ${recovered} times`)
    yield* expect((yield* isUnbroken(world, other, token)) === lists + 1, "the refresh token was lost again")
    return { callers: 200, failed: told.failed, "read from the list": recovered, "slowest caller, ms": told.slowest }
  })

/** Stopped between WeChat's answer and its own write, for longer than its lease: the write is refused. */
export const paused = (storage: Storage) =>
  Effect.gen(function* () {
    const world = yield* World.make(storage)
    const [holder, other] = yield* world.pair
    const first = yield* oneToken(yield* holder.ask(authorizer, 1), "the holder")
    yield* holder.order({ do: "hold" })
    const late = yield* Effect.forkChild(holder.ask(authorizer, 200, first))
    yield* holder.holding
    yield* holder.signal("SIGSTOP")
    const told = yield* other.ask(authorizer, 200, first)
    const token = yield* oneToken(told, "the other process")
    yield* holder.signal("SIGCONT")
    yield* holder.order({ do: "go" })
    const woken = yield* Fiber.join(late)
    const mine = yield* oneToken(woken, "the holder that was stopped")
    yield* expect(woken.refused === 1, `${woken.refused} late writes were refused`)
    yield* expect(mine === token, "the holder that was stopped has a token of its own")
    const lists = yield* world.simulator.count(listPath)
    yield* expect((yield* isUnbroken(world, other, token)) === lists, "the refresh token was lost")
    const asked = yield* world.simulator.count(renewPath)
    return {
      callers: 400,
      failed: told.failed + woken.failed,
      "late writes refused": woken.refused,
      "asked WeChat": asked
    }
  })
