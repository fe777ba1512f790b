/** Operations a second of each storage, and as a part of what memory does in the same round; in this process. */
import { App, Credentials, Token, TokenStore, Vault } from "@wechat/core"
import { isLease } from "@wechat/core/Vault"
import * as Memory from "@wechat/storage-memory/Memory"
import * as Redis from "@wechat/storage-redis/Redis"
import * as Sqlite from "@wechat/storage-sqlite/Sqlite"
import { type Context, Duration, Effect, Layer, Redacted } from "effect"
import { HttpClient } from "effect/http"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { machine } from "../machine.ts"
import { redis } from "./redis.ts"

type Kept = TokenStore | Vault
type Storage = Layer.Layer<Kept, unknown>

/** Every token is there before it is asked for. */
const nobody = Layer.merge(
  Credentials.layer({}),
  Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make(() => Effect.die(new Error("this bench asks WeChat for nothing")))
  )
)

const keys = Array.from({ length: 64 }, (_, at) => Token.Access(App.common(`wx${String(at).padStart(16, "0")}`)))
const [key = Token.Access(App.common("wx"))] = keys

/** As long as WeChat's are. */
const token = Token.issued({
  value: Redacted.make("".padEnd(136, "AbCdEfGh0123456789-_")),
  now: Date.now(),
  expiresIn: 7200,
  margin: 300
})

const life = Duration.seconds(10)

const renew = (key: Token.Key) =>
  Effect.gen(function* () {
    const vault = yield* Vault
    const lease = yield* vault.lease(key, life)
    if (!isLease(lease)) return yield* Effect.die(new Error("somebody else holds the lease"))
    yield* vault.keep(lease, { token })
    yield* vault.release(lease)
  })

interface Work {
  readonly title: string
  /** How many operations one run of it is. */
  readonly size: number
  readonly run: Effect.Effect<unknown, unknown, Kept>
}

const works: ReadonlyArray<Work> = [
  { title: "TokenStore.get, held", size: 1, run: TokenStore.use((tokens) => tokens.get(key)) },
  { title: "Vault.token", size: 1, run: Vault.use((vault) => vault.token(key)) },
  { title: "lease, keep, release", size: 1, run: renew(key) },
  {
    title: "the same, 64 accounts at once",
    size: keys.length,
    run: Effect.forEach(keys, renew, { concurrency: "unbounded", discard: true })
  }
]

/** Operations a second, over so many milliseconds. */
const rate = ({ run, size }: Work, millis: number) =>
  Effect.gen(function* () {
    const began = performance.now()
    let count = 0
    while (performance.now() - began < millis) {
      for (let at = 0; at < 16; at++) yield* run
      count += 16 * size
    }
    return (count * 1000) / (performance.now() - began)
  })

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

const measure = Effect.fnUntraced(function* (storages: Readonly<Record<string, Storage>>, rounds: number) {
  const names = Object.keys(storages)
  const kept: Record<string, Context.Context<Kept>> = {}
  for (const [name, storage] of Object.entries(storages)) {
    const context = yield* Layer.build(storage)
    kept[name] = context
    // Reads find something, and everything is warm.
    for (const work of works.toReversed()) yield* Effect.provide(rate(work, 150), context)
  }
  for (const work of works) {
    const rates: Record<string, Array<number>> = Object.fromEntries(names.map((name) => [name, []]))
    for (let round = 0; round < rounds; round++) {
      for (let at = 0; at < names.length; at++) {
        // Another one begins each round, so that none always has the quiet moment.
        const name = names[(at + round) % names.length] ?? ""
        const context = kept[name]
        if (context !== undefined) rates[name]?.push(yield* Effect.provide(rate(work, 200), context))
      }
    }
    for (const name of names) {
      const ratio = median((rates[name] ?? []).map((own, round) => own / (rates["memory"]?.[round] ?? Number.NaN)))
      const own = Math.round(median(rates[name] ?? []))
      console.log(`| ${work.title} | ${name} | ${own} | ${ratio.toPrecision(2)} |`)
    }
  }
}, Effect.scoped)

/** `pnpm bench storage [ROUNDS]` */
export const run = async ([rounds = "5"]: ReadonlyArray<string>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "wechat-bench-"))
  const running = await redis(folder)
  if (running === undefined) console.log("without Redis: there is no redis-server on the PATH, and no REDIS_URL")
  const storages: Record<string, Storage> = {
    memory: Layer.provide(Memory.layer, nobody),
    sqlite: Layer.provide(Sqlite.layer({ path: join(folder, "wechat.sqlite") }), nobody)
  }
  if (running !== undefined) {
    const options = { url: running.url, prefix: `wechat-bench-${crypto.randomUUID()}` }
    storages["redis"] = Layer.provide(Redis.layer(options), nobody)
  }
  console.log(`${machine()}; medians of ${rounds} rounds, one operation after the other unless said otherwise\n`)
  console.log("| operation | storage | a second | of memory |\n|---|---|---|---|")
  try {
    await Effect.runPromise(measure(storages, Number(rounds)))
  } finally {
    await running?.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
