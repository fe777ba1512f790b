/** The command `wechat-hub` as a process of its own, and a client of it. */
import type * as Token from "@wechat/core/Token"
import { TokenStore } from "@wechat/core/TokenStore"
import * as Remote from "@wechat/storage-hub/Remote"
import { componentSecret } from "@wechat/testing/Simulator"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { FetchHttpClient } from "effect/http"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as ChildProcess from "node:child_process"
import { fileURLToPath } from "node:url"
import * as RedisServer from "../../packages/storage-redis/test/server.ts"
import { component, keyOf, type Name, type Storage } from "./Protocol.ts"

const secret = "a-secret-of-the-client"

const environment = (storage: Storage, wechat: string, port: number) => ({
  PATH: process.env["PATH"],
  WECHAT_HUB_APPS: JSON.stringify({ [component]: { secret: componentSecret } }),
  WECHAT_HUB_SECRET: secret,
  WECHAT_HUB_PORT: String(port),
  WECHAT_HUB_WECHAT: wechat,
  WECHAT_HUB_LOG: "false",
  WECHAT_HUB_RATE: "100000",
  WECHAT_HUB_STORAGE: storage.kind,
  ...(storage.kind === "redis"
    ? { WECHAT_STORAGE_URL: storage.url, WECHAT_STORAGE_PREFIX: storage.prefix }
    : { WECHAT_STORAGE_PATH: storage.path })
})

const spawn = (storage: Storage, wechat: string, port: number) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = ChildProcess.spawn(
        process.execPath,
        ["--conditions=@wechat/source", fileURLToPath(import.meta.resolve("@wechat/hub/Main"))],
        {
          env: environment(storage, wechat, port),
          stdio: "ignore"
        }
      )
      const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()))
      return Effect.promise(() => {
        child.kill("SIGKILL")
        return gone
      })
    }),
    (kill) => kill
  )

const answers = (url: string) =>
  Effect.tryPromise(async () => {
    const { status } = await fetch(`${url}/health`, { signal: AbortSignal.timeout(1000) })
    if (status !== 200) throw new Error(`the hub answers ${status}`)
  }).pipe(Effect.retry({ times: 600, schedule: Schedule.spaced("25 millis") }))

/** A port that every hub of a scenario has, one after the other. */
export const prepare = Effect.fnUntraced(function* (storage: Storage) {
  const port = yield* RedisServer.freePort
  const url = `http://127.0.0.1:${port}`
  return Effect.fnUntraced(function* (wechat: string) {
    const scope = yield* Effect.scope
    const kill = yield* spawn(storage, wechat, port)
    yield* answers(url)
    const context = yield* Layer.build(
      Layer.fresh(Remote.layer({ url, secret: Redacted.make(secret) }).pipe(Layer.provide(FetchHttpClient.layer)))
    )
    const tokens = Context.get(context, TokenStore)
    let renewed = 0
    const renew = (key: Token.Key) =>
      Effect.gen(function* () {
        yield* tokens.renew(key, yield* tokens.get(key))
        renewed++
      }).pipe(
        // A failure is not asked about again for a while, so it comes back at once.
        Effect.catch(() => Effect.sleep("10 millis")),
        Effect.forever
      )
    return {
      churn: (names: ReadonlyArray<Name>) =>
        Effect.asVoid(
          Effect.forkIn(
            Effect.forEach(names, (name) => renew(keyOf(name)), { concurrency: "unbounded" }),
            scope
          )
        ),
      renewed: () => renewed,
      kill
    }
  })
})
