/** A Redis of one's own: `redis-server` from the PATH on a free port, in a folder that goes away with it. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs/promises"
import * as Net from "node:net"
import * as Os from "node:os"
import * as Path from "node:path"

export class ServerError extends Data.TaggedError("ServerError")<{ readonly detail: string }> {
  override get message(): string {
    return this.detail
  }
}

export interface Server {
  readonly url: string
  readonly port: number
  /** Runs a command, and answers what redis-cli prints. */
  readonly cli: (...words: ReadonlyArray<string>) => Effect.Effect<string, ServerError>
  readonly signal: (name: NodeJS.Signals) => Effect.Effect<void>
  /** Kills it, as a power cut would, and waits until it is gone. */
  readonly kill: Effect.Effect<void>
  /** Starts it again on the same port, with what it has on disk. */
  readonly start: Effect.Effect<void, ServerError>
}

const run = (file: string, words: ReadonlyArray<string>): Effect.Effect<string, ServerError> =>
  Effect.callback((resume) => {
    ChildProcess.execFile(file, [...words], (error, out, err) =>
      resume(error === null ? Effect.succeed(out.trim()) : Effect.fail(new ServerError({ detail: `${err}${out}` })))
    )
  })

const has = ChildProcess.spawnSync("redis-server", ["--version"]).status === 0

/** A Redis that is there already, for the tests that only use one: `REDIS_URL`. */
const given = process.env["REDIS_URL"]

/** Tests that start, stop and change a Redis need one of their own; without it they are skipped. In CI that is a mistake. */
export const isMissing = !has
/** Tests that only use one are skipped where there is none at all. */
export const isNowhere = isMissing && given === undefined

if (isMissing) {
  if (process.env["CI"] !== undefined) throw new Error("CI needs redis-server on the PATH")
  const rest = given === undefined ? "tests over Redis" : "tests that stop or change Redis"
  process.stdout.write(`skipped: ${rest}, as there is no redis-server on the PATH\n`)
}

export const freePort: Effect.Effect<number> = Effect.callback((resume) => {
  const server = Net.createServer()
  server.listen(0, "127.0.0.1", () => {
    const bound = server.address()
    const port = typeof bound === "object" && bound !== null ? bound.port : 0
    server.close(() => resume(Effect.succeed(port)))
  })
})

export const folder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.promise(() => Fs.mkdtemp(Path.join(Os.tmpdir(), "wechat-redis-"))),
  (path) => Effect.promise(() => Fs.rm(path, { recursive: true, force: true }))
)

interface Running {
  readonly child: ChildProcess.ChildProcess
  readonly ended: Promise<void>
}

const spawn = (words: ReadonlyArray<string>, cwd: string): Running => {
  const child = ChildProcess.spawn("redis-server", [...words], { cwd, stdio: "ignore" })
  return { child, ended: new Promise((resolve) => child.once("exit", () => resolve())) }
}

/** `flags` as on its command line, such as `--appendonly yes`. It is killed when the scope ends. */
export const make = Effect.fnUntraced(function* (
  flags: ReadonlyArray<string> = [],
  options: {
    /** A file with its settings, of a sentinel. */
    readonly config?: string
    /** It asks for a password, so that it is taken as ready as soon as it answers anything. */
    readonly isSilent?: boolean
  } = {}
): Effect.fn.Return<Server, ServerError, Scope.Scope> {
  const cwd = yield* folder
  const port = yield* freePort
  const own = ["--port", String(port), "--bind", "127.0.0.1", "--daemonize", "no"]
  const words =
    options.config === undefined ? [...own, "--save", "", ...flags] : [options.config, "--sentinel", ...own, ...flags]
  let running: Running | undefined

  const cli = (...words: ReadonlyArray<string>) => run("redis-cli", ["-p", String(port), "--no-auth-warning", ...words])
  const ready = Effect.filterOrFail(
    cli("PING"),
    (text) => text === "PONG" || options.isSilent === true,
    (text) => new ServerError({ detail: text })
  ).pipe(Effect.retry({ times: 100, schedule: Schedule.spaced("50 millis") }))
  const start = Effect.suspend(() => {
    running = spawn(words, cwd)
    return Effect.asVoid(ready)
  })
  const kill = Effect.promise(async () => {
    running?.child.kill("SIGKILL")
    await running?.ended
    running = undefined
  })
  yield* Effect.addFinalizer(() => kill)
  yield* start
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    cli,
    signal: (name) => Effect.sync(() => void running?.child.kill(name)),
    kill,
    start
  }
})

/** Some Redis: that of `REDIS_URL`, or else one of its own. Keys of the tests begin with a prefix that nothing else has. */
export const some = (
  flags: ReadonlyArray<string> = []
): Effect.Effect<{ readonly url: string; readonly prefix: string }, ServerError, Scope.Scope> =>
  Effect.map(given === undefined ? make(flags) : Effect.succeed({ url: given }), ({ url }) => ({
    url,
    prefix: `wechat-test-${crypto.randomUUID()}`
  }))
