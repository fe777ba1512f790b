/** Tokens, lists, files and healing, over real HTTP against a simulator in this process. */
import { addMaterial, batchGetMaterial, getMaterial } from "@wechat/api/offiaccount/Material"
import { getFans, userInfo } from "@wechat/api/offiaccount/User"
import { endpoints } from "@wechat/api/Registry"
import { App, Credentials, Settings, WeChat } from "@wechat/core"
import { Memory } from "@wechat/storage-memory"
import { Simulator } from "@wechat/testing"
import { Server } from "@wechat/testing/Server"
import { appid, secret } from "@wechat/testing/Simulator"
import { Effect, Layer, Redacted, Stream } from "effect"
import { expect, say } from "./say.ts"

const account = WeChat.layer(App.common(appid)).pipe(
  Layer.provide(Memory.layer),
  Layer.provide(Credentials.layer({ [appid]: { secret: Redacted.make(secret) } }))
)

/** The account, with every call sent to the simulator's address. */
const toSimulator = Layer.unwrap(
  Server.use(({ url }) => Effect.succeed(Layer.provideMerge(account, Settings.layerHost(url))))
)

const live = Layer.provideMerge(toSimulator, Server.layer({ endpoints }))

const tokensIssued = Simulator.use((simulator) => simulator.mints(appid))

const picture = (number: number) => new TextEncoder().encode(`picture number ${number}, which stands in for a real one`)

const upload = (number: number) =>
  addMaterial({ type: "image", media: { name: `海报 ${number}.png`, data: picture(number) } })

const files = Effect.gen(function* () {
  yield* say.title("2. Files go up and come down")
  const added = yield* Effect.forEach([1, 2, 3], upload)
  yield* say.line(`uploaded 3 images, the last as ${added[2]?.media_id}`)
  const file = yield* getMaterial({ media_id: added[0]?.media_id ?? "" })
  const bytes = yield* file.bytes
  yield* expect(
    Buffer.from(bytes).equals(picture(1)),
    `the first came back byte for byte (${bytes.length} bytes, ${file.type})`
  )
})

const list = Effect.gen(function* () {
  const { item, total_count } = yield* batchGetMaterial({ type: "image", offset: 0, count: 10 })
  const names = item.map(({ name = "" }) => name).join(", ")
  yield* say.line(item.length === 0 ? "images: none yet" : `images, ${item.length} of ${total_count}: ${names}`)
})

const first = Effect.gen(function* () {
  yield* say.title("1. The first call fetches a token, lists come as they are or as a stream")
  yield* list
  const openids = yield* Stream.runCollect(getFans.items())
  yield* say.line(`followers, page by page: ${openids.length}`)
  const user = yield* userInfo({ openid: openids[0] ?? "" })
  yield* say.line(`${user.openid} follows since ${new Date((user.subscribe_time ?? 0) * 1000).toISOString()}`)
  yield* expect((yield* tokensIssued) === 1, "one token was issued for all of it")
})

const healing = Effect.gen(function* () {
  yield* say.title("3. Somebody voids the token: the next call heals itself")
  yield* Simulator.use((simulator) => simulator.revoke(appid))
  yield* list
  yield* expect((yield* tokensIssued) === 2, "WeChat refused the old token with 40001, and a second one was issued")
})

const storm = Effect.gen(function* () {
  yield* say.title("4. A hundred calls at once, with a void token")
  yield* Simulator.use((simulator) => simulator.revoke(appid))
  const page = batchGetMaterial({ type: "image", offset: 0, count: 10 })
  const pages = yield* Effect.all(
    Array.from({ length: 100 }, () => page),
    { concurrency: "unbounded" }
  )
  yield* expect(
    pages.every(({ total_count }) => total_count === 3),
    "all hundred have their answer"
  )
  yield* expect((yield* tokensIssued) === 3, "they share one new token")
})

const failing = Effect.gen(function* () {
  yield* say.title("5. A failure says what it is and what to do")
  yield* Simulator.use((simulator) =>
    simulator.fail("/cgi-bin/user/info", { errcode: 40164, errmsg: "invalid ip 203.0.113.7, not in whitelist" })
  )
  const error = yield* Effect.flip(userInfo({ openid: "o6_bm" }))
  yield* say.line(error.message)
  yield* expect(error.reason._tag === "AddressNotAllowed", "caught as AddressNotAllowed")
})

export const simulated = Effect.gen(function* () {
  const { url } = yield* Server
  yield* say.title(`No WECHAT_APPID and WECHAT_SECRET are set, so a simulator of WeChat listens at ${url}`)
  yield* first
  yield* files
  yield* list
  yield* healing
  yield* storm
  yield* failing
  yield* say.title("That was all real code over real HTTP. Next: README.md, and examples/quickstart/src/simulated.ts\n")
}).pipe(Effect.provide(live))
