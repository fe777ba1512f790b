/** One WeChat that knows the truth, and one storage that all workers share. */
import { Server } from "@wechat/testing/Server"
import { componentSecret, secret, Simulator } from "@wechat/testing/Simulator"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Path from "node:path"
import * as RedisServer from "../../packages/storage-redis/test/server.ts"
import * as Fleet from "./Fleet.ts"
import { component, type Setup, type Storage } from "./Protocol.ts"

export const stable = "wxstable"
export const plain = "wxplain"
export const client = "wxclient"

/** The accounts of a scenario that needs many. */
export const clients = (count: number) => Array.from({ length: count }, (_, index) => `wxclient${index}`)

const wechat = (authorizers: ReadonlyArray<string>) =>
  Server.layer({
    accounts: [stable, plain].map((appid) => ({ appid, secret })),
    components: [{ appid: component, secret: componentSecret, authorizers }],
    secrets: true
  })

export const redis = Effect.map(
  RedisServer.some(["--appendonly", "yes", "--appendfsync", "always"]),
  ({ prefix, url }): Storage => ({ kind: "redis", url, prefix })
)

export const sqlite = Effect.map(RedisServer.folder, (folder): Storage => ({
  kind: "sqlite",
  path: Path.join(folder, "tokens.sqlite")
}))

export const make = Effect.fnUntraced(function* (storage: Storage, authorizers: ReadonlyArray<string> = [client]) {
  const context = yield* Layer.build(wechat(authorizers))
  const { url } = Context.get(context, Server)
  const simulator = Context.get(context, Simulator)
  const setup: Setup = { storage, wechat: url, offset: 0 }

  const worker = (offset = 0) => Fleet.start({ ...setup, offset })

  /** Workers that have the platform's verify ticket in their storage. */
  const workers = Effect.fnUntraced(function* (count: number, offsetOf: (index: number) => number = () => 0) {
    const all = yield* Effect.all(
      Array.from({ length: count }, (_, index) => worker(offsetOf(index))),
      { concurrency: "unbounded" }
    )
    const [first] = all
    if (first === undefined) return yield* Effect.die("no worker")
    yield* pushTicket(first)
    return all
  })
  const pushTicket = (worker: Fleet.Worker) =>
    Effect.flatMap(simulator.pushTicket(component), (ticket) => worker.order({ do: "ticket", ticket }))

  const pair = Effect.flatMap(workers(2), ([one, other]) =>
    one === undefined || other === undefined ? Effect.die("no worker") : Effect.succeed([one, other] as const)
  )
  /** Waits until so many calls of a path have arrived. */
  const arrived = (path: string, count: number): Effect.Effect<void> =>
    Effect.flatMap(simulator.count(path), (found) =>
      found >= count ? Effect.void : Effect.andThen(Effect.sleep("5 millis"), arrived(path, count))
    )

  return { url, simulator, worker, workers, pair, arrived, pushTicket }
})

export type { Worker } from "./Fleet.ts"
export type World = Effect.Success<ReturnType<typeof make>>
