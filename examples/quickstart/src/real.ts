/** The reading part, with the account that WECHAT_APPID and WECHAT_SECRET name. Nothing is changed there. */
import { batchGetMaterial, getMaterialCount } from "@wechat/api/offiaccount/Material"
import { getApiDomainIp } from "@wechat/api/offiaccount/Token"
import { Credentials, WeChat } from "@wechat/core"
import { Memory } from "@wechat/storage-memory"
import { Effect, Layer } from "effect"
import { say } from "./say.ts"

const live = WeChat.layerConfig.pipe(Layer.provide(Memory.layer), Layer.provide(Credentials.layerConfig))

export const real = Effect.gen(function* () {
  yield* say.title("Your account, read only")
  const { ip_list } = yield* getApiDomainIp()
  yield* say.line(`WeChat's API answers from ${ip_list.length} addresses`)
  const count = yield* getMaterialCount()
  yield* say.line(
    `permanent materials: ${count.image_count} images, ${count.voice_count} voices, ${count.video_count} videos`
  )
  const { item, total_count } = yield* batchGetMaterial({ type: "image", offset: 0, count: 10 })
  yield* say.line(`the first ${item.length} of ${total_count} images:`)
  for (const { media_id, name = "" } of item) yield* say.line(`  ${media_id}  ${name}`)
}).pipe(
  Effect.catchTag("WeChatError", (error) =>
    Effect.andThen(
      say.line(`✗ ${error.message}`),
      Effect.sync(() => {
        process.exitCode = 1
      })
    )
  ),
  Effect.provide(live)
)
