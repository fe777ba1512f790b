import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as Fs from "node:fs/promises"
import * as Server from "./server.ts"
import * as Topology from "./topology.ts"

import { account, open, issued, granted, fill, readAll, everything } from "./fixtures.ts"

// Each has a Redis of its own and waits for it most of the time, so they run side by side.
describe.skipIf(Server.isMissing)("a Redis that fails", { concurrent: true }, () => {
  it.live("for a moment is waited for: what is asked meanwhile is answered, and nothing written is lost", () =>
    Effect.gen(function* () {
      const server = yield* Server.make(["--appendonly", "yes", "--appendfsync", "always"])
      const vault = yield* open(server)
      yield* fill(vault)
      const lease = yield* granted(vault)
      yield* server.kill
      const keeping = yield* Effect.forkChild(vault.keep(lease, { token: yield* issued }))
      const reading = yield* Effect.forkChild(readAll(vault))
      yield* Effect.sleep("300 millis")
      yield* server.start
      assert.isTrue(yield* Fiber.join(keeping))
      assert.deepStrictEqual(yield* Fiber.join(reading), everything)
      assert.isTrue(yield* vault.holds(lease))
    })
  )

  it.live("for longer is a failure that names it, in time", () =>
    Effect.gen(function* () {
      const server = yield* Server.make()
      const vault = yield* open(server, { timeout: "300 millis" })
      yield* server.signal("SIGSTOP")
      const silent = yield* Effect.flip(vault.token(account))
      assert.include(silent.message, `Redis at 127.0.0.1:${server.port} did not answer within 300ms`)
      yield* server.signal("SIGCONT")
      assert.isUndefined(yield* vault.token(account))
      yield* server.kill
      const gone = yield* Effect.flip(vault.token(account))
      assert.include(gone.message, "did not answer within 300ms")
      yield* server.start
      assert.isUndefined(yield* vault.token(account).pipe(Effect.retry({ times: 10 })))
    })
  )

  it.live("messages that were missed meanwhile are made up for: what was read here counts as changed", () =>
    Effect.gen(function* () {
      const server = yield* Server.make()
      const vault = yield* open(server)
      yield* vault.token(account)
      const heard = yield* Effect.forkChild(Stream.runHead(vault.changes))
      yield* server.kill
      yield* server.start
      assert.deepStrictEqual(yield* Effect.flatMap(Fiber.join(heard), Effect.fromOption), account.path)
    })
  )

  it.live(
    "a master that dies is followed by its replica",
    () =>
      Effect.gen(function* () {
        const { master, replica, ...sentinel } = yield* Topology.sentinel
        const vault = yield* open(sentinel, { timeout: "15 seconds" })
        yield* fill(vault)
        // A replica that was just made may hear nothing new for a second.
        yield* Topology.until(replica.cli("HGET", "wechat:{access:Authorizer:wxplatform:wx2}", "refresh"), "clear:")
        yield* master.kill
        assert.deepStrictEqual(yield* readAll(vault), everything)
        const lease = yield* granted(vault)
        assert.isTrue(yield* vault.keep(lease, { token: yield* issued }))
      }),
    30_000
  )

  it.live("full memory is a failure, and what was kept stays", () =>
    Effect.gen(function* () {
      const server = yield* Server.make()
      const vault = yield* open(server)
      yield* fill(vault)
      const lease = yield* granted(vault)
      yield* server.cli("CONFIG", "SET", "maxmemory", "1")
      const full = yield* Effect.flip(vault.keep(lease, { token: yield* issued }))
      assert.include(full.message, "OOM")
      yield* server.cli("CONFIG", "SET", "maxmemory", "0")
      assert.deepStrictEqual(yield* readAll(vault), everything)
    })
  )

  it.live("so is a disk that takes nothing any more", () =>
    Effect.gen(function* () {
      const server = yield* Server.make()
      const vault = yield* open(server)
      yield* fill(vault)
      const lease = yield* granted(vault)
      yield* server.cli("CONFIG", "SET", "save", "3600 1")
      const [, folder = ""] = (yield* server.cli("CONFIG", "GET", "dir")).split("\n")
      yield* Effect.promise(() => Fs.rm(folder, { recursive: true }))
      yield* server.cli("BGSAVE")
      yield* Topology.until(server.cli("INFO", "persistence"), "rdb_last_bgsave_status:err")
      const full = yield* Effect.flip(vault.keep(lease, { token: yield* issued }))
      assert.include(full.message, "MISCONF")
      assert.deepStrictEqual(yield* readAll(vault), everything)
    })
  )
})
