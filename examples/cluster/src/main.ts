/**
 * Two hubs in processes of their own, over one Redis and behind one address, and four clients that call without a pause. One
 * hub is killed, and the token that all of them use is voided: no call fails, and WeChat, which a simulator plays, has seen one
 * refresh.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { endpoints } from "@wechat/api/Registry"
import { Simulator } from "@wechat/testing"
import { Server } from "@wechat/testing/Server"
import { appid, secret } from "@wechat/testing/Simulator"
import { Console, Effect, Option, Redacted, Schedule } from "effect"
import { balancer } from "./balancer.ts"
import { client, type Tally } from "./client.ts"
import { hub } from "./hub.ts"
import { redis } from "./redis.ts"

const say = (text: string) => Console.log(`  ${text}`)

/** Fails loudly: an example that is not true is worse than none. */
const expect = (condition: boolean, what: string) =>
  condition ? say(`✓ ${what}`) : Effect.die(new Error(`the example expected: ${what}`))

const issued = Simulator.use((simulator) => simulator.mints(appid))

/** Until each client has made so many more calls. */
const calls = (tallies: ReadonlyArray<Tally>, more: number) =>
  Effect.suspend(() => {
    const goals = tallies.map((tally) => done(tally) + more)
    return Effect.sync(() => tallies.every((tally, at) => done(tally) >= (goals[at] ?? 0))).pipe(
      Effect.repeat({ until: (reached) => reached, schedule: Schedule.spaced("10 millis") }),
      Effect.timeout("60 seconds"),
      Effect.orDie
    )
  })

const done = (tally: Tally) => tally.succeeded + tally.failures.length

const example = Effect.fnUntraced(function* (storage: string) {
  const simulator = yield* Simulator
  const { url: wechat } = yield* Server
  const clientSecret = "the-secret-of-an-example"

  yield* Console.log("\n1. Two hubs over one Redis, behind one address")
  const env = {
    WECHAT_APPID: appid,
    WECHAT_SECRET: secret,
    WECHAT_HUB_SECRET: clientSecret,
    WECHAT_HUB_WECHAT: wechat,
    WECHAT_HUB_STORAGE: "redis",
    WECHAT_STORAGE_URL: storage,
    WECHAT_STORAGE_PREFIX: `wechat-example-${crypto.randomUUID()}`
  }
  const [first, second] = yield* Effect.all([hub(env), hub(env)], { concurrency: "unbounded" })
  const front = yield* balancer([first.port, second.port])
  yield* say(`the hubs listen on ${first.port} and ${second.port}, behind ${front.url}`)

  yield* Console.log("\n2. Four clients call WeChat without a pause")
  const known = { appid, wechat, hub: { url: front.url, secret: Redacted.make(clientSecret) } }
  const tallies = yield* Effect.all([client(known), client(known), client(known), client(known)])
  yield* calls(tallies, 20)
  yield* expect((yield* front.served).length === 2, "both hubs were asked")
  yield* expect((yield* issued) === 1, "and WeChat issued one token")

  yield* Console.log("\n3. One hub is killed, and somebody voids the token, while the calls go on")
  yield* first.kill
  yield* simulator.revoke(appid)
  yield* calls(tallies, 50)
  const succeeded = tallies.reduce((sum, tally) => sum + tally.succeeded, 0)
  const failures = tallies.flatMap((tally) => tally.failures)
  yield* expect(
    failures.length === 0,
    `all ${succeeded} calls succeeded${failures.map((text) => `, but ${text}`).join("")}`
  )
  yield* expect((yield* issued) === 2, "WeChat saw one refresh")
})

const main = Effect.gen(function* () {
  const storage = yield* redis
  if (Option.isNone(storage)) {
    return yield* Console.log("skipped: there is no redis-server on the PATH, and no REDIS_URL")
  }
  return yield* example(storage.value)
}).pipe(Effect.scoped, Effect.provide(Server.layer({ endpoints })))

NodeRuntime.runMain(main)
