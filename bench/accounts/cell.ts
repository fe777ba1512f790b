/** Many accounts in one process: `cell.ts ACCOUNTS URL`. Each gets a token and makes a call, and then another one. */
import { userInfo } from "@wechat/api/offiaccount/User"
import * as App from "@wechat/core/App"
import { Credentials } from "@wechat/core/Credentials"
import * as Settings from "@wechat/core/Settings"
import { WeChat } from "@wechat/core/WeChat"
import * as Memory from "@wechat/storage-memory/Memory"
import * as Undici from "@wechat/undici/Undici"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

const [count = "", url = ""] = process.argv.slice(2)
const collect = globalThis.gc ?? (() => undefined)

const heap = (): number => {
  collect()
  return process.memoryUsage().heapUsed
}

const appids = Array.from({ length: Number(count) }, (_, number) => `wx${number.toString(16).padStart(16, "0")}`)
const secrets = Object.fromEntries(appids.map((appid) => [appid, { secret: Redacted.make(`secret of ${appid}`) }]))

const live = WeChat.layer(App.common("wx")).pipe(
  Layer.provide(Memory.layer),
  Layer.provide([Credentials.layer(secrets), Undici.layer]),
  Layer.provideMerge(Settings.layerHost(url))
)

/** Milliseconds that one call of every account takes, 64 at once. */
const round = Effect.gen(function* () {
  const began = performance.now()
  yield* Effect.forEach(appids, (appid) => WeChat.withApp(App.common(appid))(userInfo({ openid: "o1" })), {
    concurrency: 64,
    discard: true
  })
  return performance.now() - began
})

const program = Effect.gen(function* () {
  yield* WeChat.withApp(App.common(appids[0] ?? ""))(userInfo({ openid: "o1" }))
  const before = heap()
  const first = yield* round
  const held = (heap() - before) / appids.length
  const second = yield* round
  return { first, second, held, memory: process.memoryUsage.rss() }
})

process.stdout.write(JSON.stringify(await Effect.runPromise(Effect.provide(program, live))))
process.exit(0)
