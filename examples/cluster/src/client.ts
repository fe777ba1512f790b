/** A program that calls WeChat again and again. It knows one address for all hubs, and nothing of WeChat's secrets. */
import { getFans } from "@wechat/api/offiaccount/User"
import { App, Settings, WeChat } from "@wechat/core"
import { Remote } from "@wechat/storage-hub"
import { Effect, Layer, type Redacted } from "effect"
import { FetchHttpClient } from "effect/http"

export interface Known {
  readonly appid: string
  readonly hub: { readonly url: string; readonly secret: Redacted.Redacted }
  /** Where WeChat is played. */
  readonly wechat: string
}

/** How its calls went. */
export interface Tally {
  succeeded: number
  readonly failures: Array<string>
}

/** Everything is its own: its tokens come from the hubs, and from no other client. */
const live = ({ appid, hub, wechat }: Known) =>
  Layer.merge(WeChat.layer(App.common(appid)), Settings.layerHost(wechat)).pipe(
    Layer.provideMerge(Remote.layer(hub)),
    Layer.provide(FetchHttpClient.layer)
  )

/** Calls for as long as its scope is open. */
export const client = Effect.fnUntraced(function* (known: Known) {
  const tally: Tally = { succeeded: 0, failures: [] }
  yield* getFans().pipe(
    Effect.match({
      onFailure: (error) => void tally.failures.push(error.message),
      onSuccess: () => void tally.succeeded++
    }),
    Effect.andThen(Effect.sleep("5 millis")),
    Effect.forever,
    Effect.provide(live(known)),
    Effect.forkScoped
  )
  return tally
})
