import { assert, it } from "@effect/vitest"
import * as App from "@wechat/core/App"
import * as Token from "@wechat/core/Token"
import { Vault } from "@wechat/core/Vault"
import * as Sqlite from "@wechat/storage-sqlite/Sqlite"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { file } from "./file.ts"

const writer = fileURLToPath(new URL("writer.ts", import.meta.url))

/** Lets a process write, and kills it in the middle of that. The last count that it said it has kept. */
const killed = (path: string, authorizer: string, from: number, after: number) =>
  Effect.callback<number>((resume) => {
    const child = spawn(process.execPath, ["--conditions=@wechat/source", writer, path, authorizer, `${from}`])
    let said = ""
    child.stdout.on("data", (chunk) => {
      said += String(chunk)
      if (said.split("\n").length > after) child.kill("SIGKILL")
    })
    child.stderr.on("data", (chunk) => process.stderr.write(chunk))
    child.on("close", () => resume(Effect.succeed(Math.max(-1, ...said.split("\n").slice(0, -1).map(Number)))))
    return Effect.sync(() => child.kill("SIGKILL"))
  })

const countOf = (secret: Redacted.Redacted | undefined) =>
  secret === undefined ? -1 : Number.parseInt(Redacted.value(secret))

it.live(
  "three processes that are killed while they write lose nothing that they said was kept",
  () =>
    Effect.gen(function* () {
      const path = yield* file
      const authorizers = ["wx1", "wx2", "wx3"]
      let said = authorizers.map(() => -1)
      for (const after of [3, 40]) {
        said = yield* Effect.all(
          authorizers.map((authorizer, index) => killed(path, authorizer, (said[index] ?? 0) + 1, after)),
          { concurrency: "unbounded" }
        )
        yield* Effect.provide(
          Effect.gen(function* () {
            const vault = yield* Vault
            for (const [index, authorizer] of authorizers.entries()) {
              const token = yield* vault.token(Token.Access(App.authorizer("wxplatform", authorizer)))
              const refresh = countOf(yield* vault.refresh("wxplatform", authorizer))
              assert.strictEqual(refresh, countOf(token?.value), "token and refresh token of one write")
              assert.isAtLeast(refresh, said[index] ?? 0)
              // The process may have been killed between the write and saying so.
              said[index] = refresh
            }
          }),
          Sqlite.layerVault({ path })
        )
      }
      assert.isAbove(Math.min(...said), 40)
    }),
  60_000
)
