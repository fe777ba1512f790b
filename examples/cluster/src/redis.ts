/** Some Redis: that of `REDIS_URL`, or `redis-server` from the PATH on a free port, in a folder that goes away with it. */
import { Config, Effect, Option, Schedule } from "effect"
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { connect, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "wechat-cluster-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

const freePort = Effect.promise(async () => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const bound = server.address()
  server.close()
  await once(server, "close")
  return typeof bound === "object" && bound !== null ? bound.port : 0
})

const answers = (port: number) =>
  Effect.tryPromise(async () => {
    const socket = connect(port, "127.0.0.1")
    await once(socket, "connect")
    socket.destroy()
  }).pipe(Effect.retry({ times: 100, schedule: Schedule.spaced("50 millis") }), Effect.orDie)

const own = Effect.gen(function* () {
  const cwd = yield* folder
  const port = yield* freePort
  const flags = ["--port", String(port), "--bind", "127.0.0.1", "--save", ""]
  yield* Effect.acquireRelease(
    Effect.sync(() => spawn("redis-server", flags, { cwd, stdio: "ignore" })),
    (child) =>
      Effect.promise(async () => {
        if (child.exitCode !== null || child.signalCode !== null) return
        child.kill("SIGTERM")
        await once(child, "exit")
      })
  )
  yield* answers(port)
  return `redis://127.0.0.1:${port}`
})

/** Its address, if there is one. */
export const redis = Effect.gen(function* () {
  const given = yield* Config.option(Config.String("REDIS_URL"))
  if (Option.isSome(given)) return given
  const isMissing = spawnSync("redis-server", ["--version"]).status !== 0
  return isMissing ? Option.none<string>() : Option.some(yield* own)
})
