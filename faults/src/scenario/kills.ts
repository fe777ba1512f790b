/** Processes that refresh authorizers, and are killed at any moment: whatever happens, no authorization is lost. */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as Hub from "../Hub.ts"
import type { Name, Storage } from "../Protocol.ts"
import { expect } from "../Scenario.ts"
import * as World from "../World.ts"

const listPath = "/cgi-bin/component/api_get_authorizer_list"
const renewPath = "/cgi-bin/component/api_authorizer_token"
/** Accounts that a process refreshes at the same time. */
const each = 8
/** So many that none is taken again before the lease of a killed process has ended. */
const accounts = 200

const nameOf = (appid: string): Name => ({ kind: "authorizer", appid })

/** A process that can be killed, and that renews tokens over and over until then. */
interface Victim {
  readonly churn: (names: ReadonlyArray<Name>) => Effect.Effect<void>
  readonly renewed: () => number
  readonly kill: Effect.Effect<void>
}

type Start = (world: World.World) => Effect.Effect<Victim, unknown, Scope.Scope>

/** A worker that has the storage itself. */
const worker: Start = (world) =>
  Effect.map(world.worker(), (worker) => ({ ...worker, churn: (names) => worker.send({ do: "churn", names }) }))

const once = Effect.fnUntraced(function* (world: World.World, start: Start, names: ReadonlyArray<Name>) {
  const victim = yield* start(world)
  const before = yield* world.simulator.count(renewPath)
  yield* victim.churn(names)
  yield* world.arrived(renewPath, before + 1)
  yield* Effect.sleep(yield* Random.nextIntBetween(0, 300))
  yield* victim.kill
  return victim.renewed()
}, Effect.scoped)

/** What is there when all is over: every account gets a token, and the next one, whatever state it was left in. */
const inspect = Effect.fnUntraced(function* (world: World.World, keeper: World.Worker, appids: ReadonlyArray<string>) {
  let lost = 0
  let recovered = 0
  for (const appid of appids) {
    const before = yield* world.simulator.count(listPath)
    const held = yield* keeper.ask(nameOf(appid), 1)
    const next = yield* keeper.ask(nameOf(appid), 1, held.tokens[0] ?? "")
    if (next.tokens.length !== 1) lost++
    if ((yield* world.simulator.count(listPath)) > before) recovered++
  }
  return { lost, recovered }
})

const run = Effect.fnUntraced(function* (storage: Storage, start: Start, kills: number) {
  const appids = World.clients(accounts)
  const world = yield* World.make(storage, appids)
  const keeper = yield* world.worker()
  yield* world.pushTicket(keeper)
  for (const appid of appids) yield* keeper.ask(nameOf(appid), 1)
  const first = yield* world.simulator.count(listPath)
  let renewed = 0
  for (let kill = 0; kill < kills; kill++) {
    const names = Array.from({ length: each }, (_, index) => nameOf(appids[(kill * each + index) % accounts] ?? ""))
    renewed += yield* once(world, start, names)
  }
  const listed = (yield* world.simulator.count(listPath)) - first
  // The leases of those that were killed last have to end.
  yield* Effect.sleep("15 seconds")
  const { lost, recovered } = yield* inspect(world, keeper, appids)
  yield* expect(lost === 0, `${lost} authorizations were lost`)
  return {
    kills,
    accounts,
    "renewals that were answered": renewed,
    "requests for a refresh": yield* world.simulator.count(renewPath),
    "refresh tokens read from the list meanwhile": listed,
    "refresh tokens read from the list at the end": recovered,
    lost
  }
})

export const workers = (storage: Storage, kills: number) => run(storage, worker, kills)

export const hubs = Effect.fnUntraced(function* (storage: Storage, kills: number) {
  const start = yield* Hub.prepare(storage)
  return yield* run(storage, (world) => start(world.url), kills)
})
