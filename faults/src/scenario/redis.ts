/** Redis itself is restarted, out of reach, slow, or emptied. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as RedisServer from "../../../packages/storage-redis/test/server.ts"
import type { Name, Told } from "../Protocol.ts"
import { expect } from "../Scenario.ts"
import * as World from "../World.ts"
import { storm, subjects } from "./storm.ts"

interface Size {
  readonly processes: number
  readonly callers: number
}

const stable: Name = { kind: "stable", appid: World.stable }
const authorizer: Name = { kind: "authorizer", appid: World.client }
const listPath = "/cgi-bin/component/api_get_authorizer_list"

const [subject] = subjects

const failedOf = (told: ReadonlyArray<Told>): number => told.reduce((sum, { failed }) => sum + failed, 0)

/** Workers that hold a token over a Redis that writes everything to disk, and WeChat about to refuse it. */
const prepared = Effect.fnUntraced(function* ({ callers, processes }: Size) {
  const redis = yield* RedisServer.make(["--appendonly", "yes", "--appendfsync", "always"])
  const world = yield* World.make({ kind: "redis", url: redis.url, prefix: "wechat" })
  const workers = yield* world.workers(processes)
  if (subject === undefined) return yield* Effect.die("no subject")
  const cold = yield* storm(world, workers, callers, subject)
  return { redis, world, workers, subject, cold }
})

/** Killed and started again while everybody renews: nobody notices, and one of them mints. */
export const restarted = Effect.fnUntraced(function* (size: Size) {
  const { cold, redis, subject, workers, world } = yield* prepared(size)
  yield* world.simulator.revoke(subject.appid)
  const renewing = yield* Effect.forkChild(storm(world, workers, size.callers, subject, cold.token))
  yield* redis.kill
  yield* Effect.sleep("500 millis")
  yield* redis.start
  const renewed = yield* Fiber.join(renewing)
  yield* expect(renewed.mints === 1, `${renewed.mints} mints`)
  return { callers: size.callers * size.processes, failed: failedOf(renewed.told), mints: renewed.mints }
})

/** Out of reach: what is held is used on, a renewal is a failure that names Redis, and nobody mints on his own. */
export const unreachable = Effect.fnUntraced(function* (size: Size) {
  const { cold, redis, subject, workers, world } = yield* prepared(size)
  yield* redis.kill
  const held = yield* storm(world, workers, size.callers, subject)
  yield* expect(held.token === cold.token && held.mints === 0, "the token that was held was not used on")
  yield* world.simulator.revoke(subject.appid)
  const failed = yield* Effect.forEach(workers, (worker) => worker.ask(stable, size.callers, cold.token), {
    concurrency: "unbounded"
  })
  for (const told of failed) {
    yield* expect(told.tokens.length === 0, "somebody got a token without Redis")
    yield* expect(
      told.failures.every((text) => text.includes("token vault: Redis at")),
      told.failures[0] ?? ""
    )
  }
  const without = (yield* world.simulator.mints(subject.appid)) - 1
  yield* expect(without === 0, `${without} mints without Redis`)
  yield* redis.start
  const back = yield* storm(world, workers, size.callers, subject, cold.token)
  yield* expect(back.mints === 1, `${back.mints} mints when Redis was back`)
  return {
    callers: size.callers * size.processes,
    "typed failures": failedOf(failed),
    "mints without Redis": without,
    "mints after": back.mints
  }
})

/** Stopped for a while, and then it answers everything that was asked: callers wait, and one of them mints. */
export const slow = Effect.fnUntraced(function* (size: Size & { readonly pause: number }) {
  const { cold, redis, subject, workers, world } = yield* prepared(size)
  yield* world.simulator.revoke(subject.appid)
  yield* redis.signal("SIGSTOP")
  const renewing = yield* Effect.forkChild(storm(world, workers, size.callers, subject, cold.token))
  yield* Effect.sleep(size.pause)
  yield* redis.signal("SIGCONT")
  const renewed = yield* Fiber.join(renewing)
  yield* expect(renewed.mints === 1, `${renewed.mints} mints`)
  const slowest = Math.max(0, ...renewed.told.map((told) => told.slowest))
  return {
    callers: size.callers * size.processes,
    failed: failedOf(renewed.told),
    mints: renewed.mints,
    "slowest caller, ms": slowest
  }
})

/** Emptied: access tokens are minted again, refresh tokens are read from WeChat's list, a missing ticket is named. */
export const flushed = Effect.fnUntraced(function* (size: Size) {
  const { cold, redis, subject, workers, world } = yield* prepared(size)
  const [worker] = workers
  if (worker === undefined) return yield* Effect.die("no worker")
  const mine = yield* worker.ask(authorizer, 1)
  const lists = yield* world.simulator.count(listPath)
  yield* redis.cli("FLUSHALL")
  yield* world.simulator.revoke(subject.appid)
  const renewed = yield* storm(world, workers, size.callers, subject, cold.token)
  yield* expect(renewed.mints === 1, `${renewed.mints} mints`)
  yield* world.simulator.revoke(World.client)
  const again = yield* worker.ask(authorizer, size.callers, mine.tokens[0] ?? "")
  yield* expect(again.tokens.length === 1, `the authorizer: ${again.failures[0] ?? "several tokens"}`)
  const recovered = (yield* world.simulator.count(listPath)) - lists
  yield* expect(recovered === 1, `the list was read ${recovered} times`)
  const fresh = yield* world.worker()
  const missing = yield* fresh.ask({ kind: "component" }, 1)
  const named = missing.failures.filter((text) => text.includes("component_verify_ticket")).length
  yield* expect(named === 1, `the missing ticket is not named: ${missing.failures[0] ?? "there is a token"}`)
  yield* world.pushTicket(fresh)
  yield* Effect.sleep("300 millis")
  const healed = yield* fresh.ask({ kind: "component" }, size.callers)
  yield* expect(healed.tokens.length === 1, `after the ticket: ${healed.failures[0] ?? "several tokens"}`)
  return {
    callers: size.callers * size.processes,
    failed: failedOf(renewed.told),
    mints: renewed.mints,
    "read from the list": recovered,
    "tickets named": named
  }
})
