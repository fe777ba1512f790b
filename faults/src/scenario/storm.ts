/** Many processes with many callers each, at a cold start and when WeChat refuses what all of them hold. */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type { Worker } from "../Fleet.ts"
import type { Name, Told } from "../Protocol.ts"
import { Broken, type Counts, expect } from "../Scenario.ts"
import * as World from "../World.ts"

/** Which token, and whom WeChat issues it to as what. */
interface Subject {
  readonly name: Name
  readonly appid: string
  readonly kind: "stable" | "plain" | "component" | "authorizer" | "jsapi"
}

export const subjects: ReadonlyArray<Subject> = [
  { name: { kind: "stable", appid: World.stable }, appid: World.stable, kind: "stable" },
  { name: { kind: "plain", appid: World.plain }, appid: World.plain, kind: "plain" },
  { name: { kind: "ticket", appid: World.stable }, appid: World.stable, kind: "jsapi" },
  { name: { kind: "component" }, appid: "wxplatform", kind: "component" },
  { name: { kind: "authorizer", appid: World.client }, appid: World.client, kind: "authorizer" }
]

/** All of them ask at once; one token comes out, and WeChat has issued as many as it should. */
export const storm = Effect.fnUntraced(function* (
  world: World.World,
  workers: ReadonlyArray<Worker>,
  callers: number,
  { appid, kind, name }: Subject,
  stale?: string
) {
  const before = yield* world.simulator.mints(appid, kind)
  const told = yield* Effect.forEach(workers, (worker) => worker.ask(name, callers, stale), {
    concurrency: "unbounded"
  })
  const mints = (yield* world.simulator.mints(appid, kind)) - before
  const tokens = new Set(told.flatMap(({ tokens }) => tokens))
  const failures = told.flatMap(({ failures }) => failures)
  const where = `${kind}, ${stale === undefined ? "cold start" : "refusal"}`
  yield* expect(failures.length === 0, `${where}: ${failures[0] ?? ""}`)
  const [token] = tokens
  if (token === undefined || tokens.size !== 1) return yield* new Broken({ detail: `${where}: ${tokens.size} tokens` })
  yield* expect(token !== stale, `${where}: the refused token came back`)
  return { token, mints, told: told satisfies ReadonlyArray<Told> }
})

/** Cold start and mass refusal, for every kind of token. */
export const run = Effect.fnUntraced(function* (
  world: World.World,
  options: { readonly processes: number; readonly callers: number; readonly offsetOf?: (index: number) => number }
) {
  const workers = yield* world.workers(options.processes, options.offsetOf)
  const counts: Record<string, number | string> = {
    processes: options.processes,
    "callers each": options.callers
  }
  for (const subject of subjects) {
    const cold = yield* storm(world, workers, options.callers, subject)
    yield* expect(cold.mints === 1, `${subject.kind}: ${cold.mints} mints at a cold start`)
    counts[`${subject.kind}, cold start`] = `${cold.mints} mint`
    counts["slowest caller, ms"] = Math.max(
      Number(counts["slowest caller, ms"] ?? 0),
      ...cold.told.map((t) => t.slowest)
    )
    for (const { left } of cold.told) yield* expect(left > 7100 && left <= 7205, `${subject.kind}: ${left} s left`)
    // Pages are signed with tickets, which nobody refuses.
    if (subject.kind === "jsapi") continue
    yield* world.simulator.revoke(subject.appid)
    const renewed = yield* storm(world, workers, options.callers, subject, cold.token)
    yield* expect(renewed.mints === 1, `${subject.kind}: ${renewed.mints} mints after a refusal`)
    counts[`${subject.kind}, refusal`] = `${renewed.mints} mint`
  }
  return counts satisfies Counts
})

/** One refusal after the other: what goes wrong once in a hundred times shows. */
export const repeated = Effect.fnUntraced(function* (
  world: World.World,
  options: { readonly processes: number; readonly callers: number; readonly times: number }
) {
  const workers = yield* world.workers(options.processes)
  const subject = subjects.find(({ kind }) => kind === "plain")
  if (subject === undefined) return yield* Effect.die("no subject")
  let last = yield* storm(world, workers, options.callers, subject)
  let mints = 0
  for (let time = 0; time < options.times; time++) {
    yield* world.simulator.revoke(subject.appid)
    last = yield* storm(world, workers, options.callers, subject, last.token)
    mints += last.mints
    yield* Effect.sleep(yield* Random.nextIntBetween(0, 50))
  }
  const refused = last.told.reduce((sum, told) => sum + told.refused, 0)
  yield* expect(mints === options.times, `${mints} mints after ${options.times} refusals`)
  yield* expect(refused === 0, `${refused} writes were refused, so two held the lease`)
  return { ...options, mints, "late writes": refused }
})
