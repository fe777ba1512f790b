/** `npx wechat-hub`, on a free port. It is killed with the scope, or before. */
import { Effect } from "effect"
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"

const main = fileURLToPath(import.meta.resolve("@wechat/hub/Main"))

const killed = (child: ChildProcess) =>
  Effect.promise(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill("SIGKILL")
    await once(child, "exit")
  })

/** The port that it says it listens on. */
const port = (child: ChildProcess): Effect.Effect<number> =>
  Effect.callback((resume) => {
    let text = ""
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString()
      const found = /hub: http:\S+:(\d+)/.exec(text)?.[1]
      if (found !== undefined) resume(Effect.succeed(Number(found)))
    })
    child.once("exit", (code) => resume(Effect.die(new Error(`the hub ended with ${code}: ${text}`))))
  })

export const hub = Effect.fnUntraced(function* (env: Readonly<Record<string, string>>) {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      fork(main, ["--port", "0"], {
        env: { PATH: process.env["PATH"], ...env },
        execArgv: ["--conditions=@wechat/source"],
        stdio: ["ignore", "pipe", "inherit", "ipc"]
      })
    ),
    killed
  )
  return { port: yield* port(child), kill: killed(child) }
})
