// pnpm faults [words...] [kills]: tokens under fire, in earnest. Words choose scenarios by their names, a number says how often
// processes are killed: 200 times. Each scenario prints what it counted.
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import { isMissing, isNowhere } from "../../packages/storage-redis/test/server.ts"
import type { Scenario } from "./Scenario.ts"
import * as Holder from "./scenario/holder.ts"
import * as Kills from "./scenario/kills.ts"
import * as Redis from "./scenario/redis.ts"
import * as Storm from "./scenario/storm.ts"
import * as World from "./World.ts"

const size = { processes: 8, callers: 200 }
const hour = 3_600_000
/** From an hour behind to an hour ahead. */
const offsetOf = (index: number) => Math.round(((index / (size.processes - 1)) * 2 - 1) * hour)
const words = process.argv.slice(2)
const kills = Number(words.find((word) => /^\d+$/.test(word)) ?? 200)

const places = { redis: World.redis, sqlite: World.sqlite }

const shared = (kind: keyof typeof places): ReadonlyArray<Scenario> => {
  const place = places[kind]
  return [
    {
      name: `${kind}: cold start and mass refusal`,
      run: Effect.flatMap(Effect.flatMap(place, World.make), (world) => Storm.run(world, size))
    },
    {
      name: `${kind}: one refusal after the other`,
      run: Effect.flatMap(Effect.flatMap(place, World.make), (world) =>
        Storm.repeated(world, { processes: 4, callers: 50, times: 200 })
      )
    },
    {
      name: `${kind}: the holder is killed before WeChat has answered`,
      run: Effect.flatMap(place, Holder.killedBefore)
    },
    { name: `${kind}: the holder is killed after WeChat has answered`, run: Effect.flatMap(place, Holder.killedAfter) },
    { name: `${kind}: the holder is stopped past its lease`, run: Effect.flatMap(place, Holder.paused) },
    {
      name: `${kind}: a process is killed ${kills} times while it refreshes authorizers`,
      run: Effect.flatMap(place, (storage) => Kills.workers(storage, kills))
    },
    {
      name: `${kind}: a hub is killed ${kills} times while it refreshes authorizers`,
      run: Effect.flatMap(place, (storage) => Kills.hubs(storage, kills))
    }
  ]
}

const overRedis: ReadonlyArray<Scenario> = [
  ...shared("redis"),
  {
    name: "redis: clocks an hour apart",
    run: Effect.flatMap(Effect.flatMap(places.redis, World.make), (world) => Storm.run(world, { ...size, offsetOf }))
  }
]

/** These need a Redis of their own. */
const redisItself: ReadonlyArray<Scenario> = [
  { name: "redis: restarted during a renewal", run: Redis.restarted(size) },
  { name: "redis: out of reach", run: Redis.unreachable(size) },
  { name: "redis: stopped for three seconds", run: Redis.slow({ ...size, pause: 3000 }) },
  { name: "redis: emptied", run: Redis.flushed(size) }
]

const scenarios: ReadonlyArray<Scenario> = [
  ...(isNowhere ? [] : overRedis),
  ...(isMissing ? [] : redisItself),
  ...shared("sqlite")
]

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`

const play = Effect.fnUntraced(function* ({ name, run }: Scenario) {
  const began = performance.now()
  const result = yield* Effect.result(Effect.scoped(run))
  if (result._tag === "Failure") {
    const { failure } = result
    yield* Console.log(
      `✗ ${name}, ${seconds(began)}\n    ${failure instanceof Error ? failure.message : String(failure)}`
    )
    return false
  }
  yield* Console.log(`✓ ${name}, ${seconds(began)}`)
  yield* Effect.forEach(Object.entries(result.success), ([what, count]) => Console.log(`    ${what}: ${count}`))
  return true
})

const main = Effect.gen(function* () {
  const named = words.filter((word) => !/^\d+$/.test(word))
  const wanted = scenarios.filter(({ name }) => named.length === 0 || named.some((word) => name.includes(word)))
  if (wanted.length === 0) return yield* Console.log(scenarios.map(({ name }) => name).join("\n"))
  const done = yield* Effect.forEach(wanted, play)
  const broken = done.filter((held) => !held).length
  yield* Console.log(broken === 0 ? `all ${done.length} hold` : `${broken} of ${done.length} do not hold`)
  if (broken > 0) process.exitCode = 1
})

await Effect.runPromise(
  main.pipe(Effect.provideService(References.MinimumLogLevel, "Error"), Effect.provide(Logger.layer([])))
)
