/**
 * A hub and two programs that ask it, each in a process of its own, over loopback HTTP. A simulator stands in for WeChat. It
 * voids the token that all of them use: both programs end with the same new one, and WeChat has seen one refresh.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Simulator } from "@wechat/testing"
import { Server } from "@wechat/testing/Server"
import { appid, secret } from "@wechat/testing/Simulator"
import { endpoints } from "@wechat/api/Registry"
import { Console, Effect } from "effect"
import { hub, program } from "./processes.ts"

const say = (text: string) => Console.log(`  ${text}`)

/** Fails loudly: an example that is not true is worse than none. */
const expect = (condition: boolean, what: string) =>
  condition ? say(`✓ ${what}`) : Effect.die(new Error(`the example expected: ${what}`))

const issued = Simulator.use((simulator) => simulator.mints(appid))

const example = Effect.gen(function* () {
  const simulator = yield* Simulator
  const { url: wechat } = yield* Server
  const clientSecret = "the-secret-of-an-example"
  yield* Console.log("\n1. A hub, and two programs that know its address and a secret of their own")
  const running = yield* hub({
    WECHAT_APPID: appid,
    WECHAT_SECRET: secret,
    WECHAT_HUB_SECRET: clientSecret,
    WECHAT_HUB_WECHAT: wechat
  })
  yield* say(`the hub listens at ${running.url}, WeChat is played at ${wechat}`)
  const known = {
    WECHAT_APPID: appid,
    WECHAT_HUB_URL: running.url,
    WECHAT_HUB_SECRET: clientSecret,
    WECHAT_URL: wechat
  }
  const shop = yield* program(known)
  const news = yield* program(known)

  yield* Console.log("\n2. Both call WeChat")
  const [first, second] = yield* Effect.all([shop.call, news.call], { concurrency: "unbounded" })
  yield* say(`the shop has the token ${first}…, the news ${second}… (digests: tokens are not for terminals)`)
  yield* expect(first === second && (yield* issued) === 1, "the same token, and WeChat issued one")

  yield* Console.log("\n3. Somebody voids it: WeChat refuses the shop's next call")
  yield* simulator.revoke(appid)
  const healed = yield* shop.call
  yield* expect(healed !== first, `the call went through all the same, with the token ${healed}…`)
  const followed = yield* news.call
  yield* expect(followed === healed, "the news, refused in turn, was given the same one")
  yield* expect((yield* issued) === 2, "WeChat saw one refresh")

  yield* Console.log("\n4. The hub goes down")
  yield* running.stop
  yield* expect((yield* shop.call) === healed, "the programs go on with the token that they hold")
}).pipe(Effect.scoped, Effect.provide(Server.layer({ endpoints })))

NodeRuntime.runMain(example)
