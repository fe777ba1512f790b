/** Calls endpoints that were generated from a catalog of one's own, against the simulator. */
import { App, Credentials, WeChat } from "@wechat/core"
import { Memory } from "@wechat/storage-memory"
import { Simulator } from "@wechat/testing"
import { appid, secret } from "@wechat/testing/Simulator"
import { Console, Effect, Layer, Redacted, Stream } from "effect"
import { endpoints } from "./wechat/Registry.ts"
import { listGreetings, sendGreeting } from "./wechat/Robots.ts"

const live = WeChat.layer(App.common(appid)).pipe(
  Layer.provide(Memory.layer),
  Layer.provide(Credentials.layer({ [appid]: { secret: Redacted.make(secret) } })),
  Layer.provide(Simulator.layer({ endpoints }))
)

const program = Effect.gen(function* () {
  const { msg_id } = yield* sendGreeting({ openid: "o6_bm", greeting: "hello" })
  yield* Console.log(`sent greeting ${msg_id}`)
  const greetings = yield* Stream.runCollect(listGreetings.items({ openid: "o6_bm", offset: 0 }))
  yield* Console.log(`${greetings.length} greetings so far, the first at ${greetings[0]?.sent_at}`)
})

await Effect.runPromise(program.pipe(Effect.provide(live)))
