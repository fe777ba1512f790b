/** Starts the processes of the example, and ends them with the scope. */
import { Effect } from "effect"
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"

type Environment = Readonly<Record<string, string>>

const stop = (child: ChildProcess) =>
  Effect.promise(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill("SIGTERM")
    await once(child, "exit")
  })

const start = (file: string, args: ReadonlyArray<string>, env: Environment) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      fork(file, args, {
        env: { PATH: process.env["PATH"], ...env },
        execArgv: ["--conditions=@wechat/source"],
        stdio: ["ignore", "pipe", "inherit", "ipc"]
      })
    ),
    stop
  )

/** Everything that a process prints, up to what is looked for. */
const printed = (child: ChildProcess, what: RegExp): Effect.Effect<string> =>
  Effect.callback((resume) => {
    let text = ""
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString()
      const found = what.exec(text)?.[1]
      if (found !== undefined) resume(Effect.succeed(found))
    })
    child.once("exit", (code) => resume(Effect.die(new Error(`the process ended with ${code}: ${text}`))))
  })

/** `npx wechat-hub`, on a free port. */
export const hub = Effect.fnUntraced(function* (env: Environment) {
  const main = fileURLToPath(import.meta.resolve("@wechat/hub/Main"))
  const child = yield* start(main, ["--port", "0", "--memory"], env)
  return { url: yield* printed(child, /hub: (http:\S+)/), stop: stop(child) }
})

/** A program that uses WeChat and knows no secret of it: see client.ts. */
export const program = Effect.fnUntraced(function* (env: Environment) {
  const child = yield* start(fileURLToPath(new URL("client.ts", import.meta.url)), [], env)
  const call = Effect.promise(async () => {
    const answered = once(child, "message")
    child.send("call")
    const [answer] = await answered
    return answer
  }).pipe(
    Effect.flatMap((answer: { readonly token?: string; readonly error?: string }) =>
      answer.token === undefined ? Effect.die(new Error(answer.error)) : Effect.succeed(answer.token)
    )
  )
  return { call }
})
