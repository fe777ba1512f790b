import { assert, describe, it } from "@effect/vitest"
import * as Command from "@wechat/hub/Command"
import type * as Settings from "@wechat/hub/Settings"
import * as Console from "effect/Console"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { once } from "node:events"
import * as Net from "node:net"

const listening = (server: Net.Server) =>
  Effect.promise(async () => {
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    const bound = server.address()
    return typeof bound === "object" && bound !== null ? bound.port : 0
  })

const closed = (server: Net.Server) => Effect.promise(() => new Promise<void>((done) => server.close(() => done())))

const freePort = Effect.gen(function* () {
  const server = Net.createServer()
  const port = yield* listening(server)
  yield* closed(server)
  return port
})

/** Takes connections and says nothing, as a Redis that is still loading its data. */
const slowStorage = Effect.gen(function* () {
  const asked = yield* Deferred.make<void>()
  const sockets = new Set<Net.Socket>()
  const server = Net.createServer((socket) => {
    sockets.add(socket)
    socket.on("error", () => socket.destroy())
    Deferred.doneUnsafe(asked, Effect.void)
  })
  const port = yield* Effect.acquireRelease(listening(server), () => {
    for (const socket of sockets) socket.destroy()
    return closed(server)
  })
  return { url: `redis://127.0.0.1:${port}`, asked: Deferred.await(asked) }
})

const settings = (port: number, storage: Settings.Settings["storage"]): Settings.Settings => ({
  host: "127.0.0.1",
  port,
  log: false,
  storage,
  apps: { wx1: { secret: Redacted.make("app-secret") } },
  clients: "open",
  rate: undefined,
  wechat: undefined
})

const silent = { ...globalThis.console, log: () => undefined }

const health = (port: number) =>
  Effect.promise(() =>
    fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(2000) }).then(
      ({ status }) => String(status),
      (error: Error) => (error.cause instanceof Error ? error.cause.message : error.name)
    )
  )

describe("a hub that starts", () => {
  it.live("does not listen while its storage still connects", () =>
    Effect.gen(function* () {
      const port = yield* freePort
      const storage = yield* slowStorage
      const hub = Command.layer(settings(port, { kind: "redis", url: Redacted.make(storage.url) }))
      const starting = yield* Effect.forkChild(Effect.scoped(Layer.build(hub)))
      yield* storage.asked
      assert.include(yield* health(port), "ECONNREFUSED")
      yield* Fiber.interrupt(starting)
    }).pipe(Effect.scoped)
  )

  it.live("answers from the moment that it listens", () =>
    Effect.gen(function* () {
      const port = yield* freePort
      yield* Layer.build(Command.layer(settings(port, { kind: "memory" })))
      assert.strictEqual(yield* health(port), "200")
    }).pipe(Effect.scoped, Effect.provideService(Console.Console, silent))
  )
})
