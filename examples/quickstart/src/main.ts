/**
 * A first look. Without credentials it starts a simulator of WeChat on a free port and talks to it over HTTP; with
 * WECHAT_APPID and WECHAT_SECRET it makes its reading calls to WeChat itself.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Undici } from "@wechat/undici"
import { Config, Effect, Option } from "effect"
import type { HttpClient } from "effect/http"
import { real } from "./real.ts"
import { simulated } from "./simulated.ts"

const hasAccount = Config.option(Config.all([Config.String("WECHAT_APPID"), Config.Redacted("WECHAT_SECRET")])).pipe(
  Effect.map(Option.isSome)
)

const program = Effect.flatMap(hasAccount, (hasAccount): Effect.Effect<void, unknown, HttpClient.HttpClient> =>
  hasAccount ? real : simulated
)

program.pipe(Effect.provide(Undici.layer), NodeRuntime.runMain)
