import { assert, it } from "@effect/vitest"
import { appid } from "@wechat/testing/Simulator"
import * as Effect from "effect/Effect"
import { type ChildProcess, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import type { Answer } from "./ask.ts"

const main = fileURLToPath(new URL("../src/Main.ts", import.meta.url))
const catalog = fileURLToPath(new URL("./catalog.ts", import.meta.url))

const command = (...args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, ["--conditions=@wechat/source", main, ...args], { stdio: ["ignore", "pipe", "pipe"] })
    ),
    (child) => Effect.sync(() => child.kill())
  )

/** What a process prints, until it has said `wanted` or ends. */
const printed = (child: ChildProcess, wanted: RegExp) =>
  Effect.callback<string>((resume) => {
    let text = ""
    const add = (chunk: Buffer) => {
      text += chunk.toString()
      if (wanted.test(text)) resume(Effect.succeed(text))
    }
    child.stdout?.on("data", add)
    child.stderr?.on("data", add)
    child.on("exit", () => resume(Effect.succeed(text)))
  })

const json = (url: string): Effect.Effect<Answer> => Effect.promise(async () => await (await fetch(url)).json())

it.live("wechat-simulator says where it listens, and answers there", () =>
  Effect.gen(function* () {
    const child = yield* command("--port", "0", "--endpoints", catalog, "--secret", "s3cret")
    const text = yield* printed(child, /_simulator\/fail/)
    const [url = ""] = /http:\/\/127\.0\.0\.1:\d+/.exec(text) ?? []
    assert.include(text, "endpoints  9")
    assert.include(text, `Settings.layerHost("${url}")`)
    const asked = `grant_type=client_credential&appid=${appid}&secret=s3cret`
    const { access_token } = yield* json(`${url}/cgi-bin/token?${asked}`)
    assert.deepInclude(yield* json(`${url}/test/read?access_token=${access_token}&openid=o1`), {
      errcode: 0,
      openid: "o1"
    })
  })
)

it.live("wechat-simulator says why it cannot start", () =>
  Effect.gen(function* () {
    const child = yield* command("--port", "0", "--endpoints", "./nowhere.ts")
    assert.include(yield* printed(child, /nowhere/), "no endpoints from ./nowhere.ts")
  })
)
