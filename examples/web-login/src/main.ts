/**
 * A web site whose visitors sign in with WeChat. Without an account it plays all parts itself, against a simulated WeChat;
 * with WECHAT_APPID, WECHAT_SECRET, WECHAT_WEB_SECRET, ORIGIN and PORT it serves the site for a real one.
 */
import { Undici } from "@wechat/undici"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Config, Effect, Option } from "effect"
import type { HttpClient } from "effect/http"
import { real } from "./real.ts"
import { simulated } from "./simulated.ts"

const hasAccount = Effect.map(Config.option(Config.String("WECHAT_APPID")), Option.isSome)

const program = Effect.flatMap(hasAccount, (hasAccount): Effect.Effect<void, unknown, HttpClient.HttpClient> =>
  hasAccount ? real : simulated
)

program.pipe(Effect.provide(Undici.layer), NodeRuntime.runMain)
