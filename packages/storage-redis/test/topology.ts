/** Redis as it is run in earnest: behind sentinels, as a cluster, over TLS. */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import * as Server from "./server.ts"

/** Waits until a command prints what is wanted. */
export const until = (text: Effect.Effect<string, Server.ServerError>, wanted: string) =>
  Effect.filterOrFail(
    text,
    (text) => text.includes(wanted),
    (text) => new Server.ServerError({ detail: `${wanted} does not come: ${text}` })
  ).pipe(Effect.retry({ times: 200, schedule: Schedule.spaced("50 millis") }))

const slots = 16_384

/** Three masters. */
export const cluster = Effect.gen(function* () {
  const flags = ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"]
  const nodes = yield* Effect.all(
    Array.from({ length: 3 }, () => Server.make(flags)),
    { concurrency: "unbounded" }
  )
  yield* Effect.forEach(nodes, (node, index) => {
    const from = Math.floor((slots * index) / nodes.length)
    const to = Math.floor((slots * (index + 1)) / nodes.length) - 1
    return node.cli("CLUSTER", "ADDSLOTSRANGE", String(from), String(to))
  })
  yield* Effect.forEach(nodes, (node) =>
    Effect.forEach(nodes, (other) => node.cli("CLUSTER", "MEET", "127.0.0.1", String(other.port)))
  )
  yield* Effect.forEach(nodes, (node) => until(node.cli("CLUSTER", "INFO"), "cluster_state:ok"))
  return { nodes, url: `redis+cluster://${nodes.map((node) => `127.0.0.1:${node.port}`).join(",")}` }
})

/** A master, a replica and one sentinel. */
export const sentinel = Effect.gen(function* () {
  // Replicas are copied to at once, not after five seconds.
  const master = yield* Server.make(["--repl-diskless-sync-delay", "0"])
  const replica = yield* Server.make(["--replicaof", "127.0.0.1", String(master.port)])
  yield* until(replica.cli("INFO", "replication"), "master_link_status:up")
  const cwd = yield* Server.folder
  const file = Path.join(cwd, "sentinel.conf")
  yield* Effect.promise(() =>
    Fs.writeFile(
      file,
      `sentinel monitor tokens 127.0.0.1 ${master.port} 1\nsentinel down-after-milliseconds tokens 500\nsentinel failover-timeout tokens 2000\n`
    )
  )
  const watcher = yield* Server.make([], { config: file })
  // It asks the master every ten seconds otherwise.
  yield* watcher.cli("SENTINEL", "DEBUG", "info-period", "100")
  yield* until(watcher.cli("SENTINEL", "REPLICAS", "tokens"), String(replica.port))
  return { master, replica, watcher, url: `redis+sentinel://127.0.0.1:${watcher.port}/tokens` }
})

const openssl = (cwd: string, ...words: ReadonlyArray<string>) =>
  Effect.callback<void, Server.ServerError>((resume) => {
    ChildProcess.execFile("openssl", [...words], { cwd }, (error, _, err) =>
      resume(error === null ? Effect.void : Effect.fail(new Server.ServerError({ detail: err })))
    )
  })

/** A Redis that speaks TLS only, and asks for a password. */
export const tls = Effect.gen(function* () {
  const cwd = yield* Server.folder
  yield* openssl(
    cwd,
    ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout key.pem -out cert.pem".split(" "),
    ..."-subj /CN=localhost -addext subjectAltName=DNS:localhost".split(" ")
  )
  const port = yield* Server.freePort
  const flags = ["--tls-port", String(port), "--tls-cert-file", Path.join(cwd, "cert.pem")]
  const more = ["--tls-key-file", Path.join(cwd, "key.pem"), "--tls-auth-clients", "no", "--requirepass", "p@ss/word"]
  yield* Server.make([...flags, ...more], { isSilent: true })
  return {
    url: `rediss://:${encodeURIComponent("p@ss/word")}@localhost:${port}`,
    port,
    ca: yield* Effect.promise(() => Fs.readFile(Path.join(cwd, "cert.pem"), "utf8"))
  }
})
