import { assert, describe, it } from "@effect/vitest"
import * as Token from "@wechat/core/Token"
import { isLease, type VaultError } from "@wechat/core/Vault"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Server from "./server.ts"
import * as Topology from "./topology.ts"

import {
  account,
  accountKey,
  long,
  key,
  open,
  refused,
  issued,
  granted,
  fill,
  readAll,
  everything,
  dump
} from "./fixtures.ts"

describe.skipIf(Server.isMissing)("leases and fences", () => {
  it.live("a Redis that lost everything gives out greater fences, and refuses what was begun before", () =>
    Effect.gen(function* () {
      const server = yield* Server.make()
      const vault = yield* open(server)
      const lost = yield* granted(vault)
      yield* server.cli("FLUSHALL")
      assert.isFalse(yield* vault.keep(lost, { token: yield* issued }))
      const next = yield* granted(vault)
      assert.isAbove(next.fence, lost.fence)
      assert.isFalse(yield* vault.keep(lost, { token: yield* issued }))
    })
  )

  it.live("a clock of Redis that goes back keeps nobody waiting for longer than a lease", () =>
    Effect.gen(function* () {
      const server = yield* Server.make()
      const vault = yield* open(server)
      yield* granted(vault)
      yield* server.cli("HSET", accountKey, "ends", String(Date.now() + 3_600_000))
      const answer = yield* vault.lease(account, long)
      assert(!isLease(answer))
      assert.isAtMost(Duration.toMillis(answer.left), Duration.toMillis(long))
    })
  )

  it.live("a process whose clock is an hour off reads the times of a token in its own time", () =>
    Effect.gen(function* () {
      const server = yield* Server.make()
      const vault = yield* open(server)
      const hour = 3_600_000
      const clock = yield* Clock.Clock
      const late: Clock.Clock = {
        currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe(),
        currentTimeNanos: clock.currentTimeNanos,
        monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
        monotonicTimeNanos: clock.monotonicTimeNanos,
        currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() - hour,
        currentTimeMillis: Effect.map(clock.currentTimeMillis, (now) => now - hour),
        sleep: (duration) => clock.sleep(duration)
      }
      const token = yield* issued
      yield* vault.keep(yield* granted(vault), { token })
      const read = yield* Effect.provideService(vault.token(account), Clock.Clock, late)
      assert.approximately(read?.expires ?? 0, token.expires - hour, 1000)
      assert.approximately(read?.due ?? 0, token.due - hour, 1000)
      assert.approximately(read?.forced[0] ?? 0, (token.forced[0] ?? 0) - hour, 1000)
    })
  )
})

describe.skipIf(Server.isMissing)("a user of Redis", () => {
  it.live("needs no more rights than the README says, and an account no more memory", () =>
    Effect.gen(function* () {
      const server = yield* Server.make()
      const rights =
        "+@read +@hash +@scripting +@pubsub +@connection +type +time +pexpire +scan +info ~wechat:* &wechat:*"
      yield* server.cli("ACL", "SETUSER", "tokens", "on", ">pass", ...rights.split(" "))
      const vault = yield* open(
        { url: server.url.replace("//", "//tokens:pass@") },
        { key: key("a"), former: [key("b")] }
      )
      yield* fill(vault)
      assert.deepStrictEqual(yield* readAll(vault), everything)
      const token = Token.issued({ value: Redacted.make("t".repeat(512)), now: 0, expiresIn: 7200, margin: 600 })
      yield* vault.authorize("wxplatform", "wx3", { token, refresh: Redacted.make("r".repeat(512)) })
      const bytes = yield* server.cli("MEMORY", "USAGE", "wechat:{access:Authorizer:wxplatform:wx3}")
      assert.isBelow(Number(bytes), 4096)
    })
  )
})

describe.skipIf(Server.isMissing)("encryption", () => {
  it.live("no secret stands in Redis, and none opens in another place", () =>
    Effect.gen(function* () {
      const server = yield* Server.make()
      const vault = yield* open(server, { key: key("a") })
      yield* fill(vault)
      const all = yield* dump(server)
      for (const secret of everything) assert.notInclude(all, secret)
      assert.deepStrictEqual(yield* readAll(vault), everything)
      const refresh = yield* server.cli("HGET", "wechat:{access:Authorizer:wxplatform:wx2}", "refresh")
      yield* server.cli("HSET", accountKey, "token", refresh)
      assert.include((yield* Effect.flip(vault.token(account))).message, "was changed, or sealed for another place")
    })
  )

  it.live("another key, or none, is a failure at the start, and nothing is overwritten", () =>
    Effect.gen(function* () {
      const server = yield* Server.make()
      yield* Effect.scoped(Effect.flatMap(open(server, { key: key("a") }), fill))
      const before = yield* dump(server)
      assert.match(
        yield* refused(server, { key: key("b") }),
        /is encrypted with the key \w{8}, which is none of those given/
      )
      assert.match(yield* refused(server), /is encrypted with the key \w{8}, and no key is given/)
      assert.include(yield* refused(server, { key: Redacted.make("short") }), "has to be 32 bytes")
      assert.strictEqual(yield* dump(server), before)
    })
  )

  it.live(
    "a new key: with the former one given once, everything is sealed anew, and the former is not needed any more",
    () =>
      Effect.gen(function* () {
        const server = yield* Server.make()
        yield* Effect.scoped(Effect.flatMap(open(server), fill))
        for (const options of [
          { key: key("a") },
          { key: key("b"), former: [key("a")] },
          { key: key("b") },
          { former: [key("b")] },
          {}
        ]) {
          assert.deepStrictEqual(yield* Effect.scoped(Effect.flatMap(open(server, options), readAll)), everything)
        }
      })
  )
})

describe.skipIf(Server.isMissing)("what is in the way", () => {
  const foreign = [
    { name: "a list where the mark stands", words: ["RPUSH", "wechat:{wechat-tokens}", "1"], says: "(a list)" },
    { name: "a hash of another program", words: ["HSET", "wechat:{wechat-tokens}", "a", "1"], says: "(a hash)" },
    { name: "a later version", words: ["HSET", "wechat:{wechat-tokens}", "v", "2"], says: "(version 2)" }
  ]
  for (const { name, says, words } of foreign) {
    it.live(`${name}: a failure at the start, and nothing is overwritten`, () =>
      Effect.gen(function* () {
        const server = yield* Server.make()
        yield* server.cli(...words)
        const before = yield* server.cli("DUMP", "wechat:{wechat-tokens}")
        assert.include(yield* refused(server), says)
        assert.strictEqual(yield* server.cli("DUMP", "wechat:{wechat-tokens}"), before)
      })
    )
  }

  it.live("a value of another program where a token should be is left alone", () =>
    Effect.gen(function* () {
      const server = yield* Server.make()
      const vault = yield* open(server)
      yield* server.cli("SET", accountKey, "mine")
      const failures: ReadonlyArray<VaultError> = [
        yield* Effect.flip(vault.token(account)),
        yield* Effect.flip(vault.lease(account, long))
      ]
      for (const failure of failures)
        assert.include(failure.message, "holds something else where tokens are kept (a string)")
      assert.strictEqual(yield* server.cli("GET", accountKey), "mine")
    })
  )

  it.live("a replica, which takes no writes, is named", () =>
    Effect.gen(function* () {
      const { replica } = yield* Topology.sentinel
      assert.match(yield* refused(replica, { timeout: "300 millis" }), /READONLY/)
    })
  )

  it.live("nobody there, and no message shows the password", () =>
    Effect.gen(function* () {
      const port = yield* Server.freePort
      const message = yield* refused({ url: `redis://me:hidden@127.0.0.1:${port}` }, { timeout: "300 millis" })
      assert.include(message, "ECONNREFUSED")
      assert.notInclude(message, "hidden")
    })
  )

  it.live("what Redis does not know it repeats, so its words are cut before they show a secret", () =>
    Effect.gen(function* () {
      const server = yield* Server.make(["--rename-command", "EVALSHA", ""])
      assert.match(yield* refused(server), /unknown command 'EVALSHA'$/)
    })
  )

  for (const [url, says] of [
    ["http://host", "it is none of redis://"],
    ["redis://one,two", "it names several hosts"],
    ["redis+sentinel://host", "it does not name the sentinels' master"],
    ["redis+cluster://host/3", "a cluster has database 0 only"],
    ["redis://host/x", "its database is not a number"],
    ["redis://host:port", "its hosts are not host[:port]"],
    ["redis://me:hid%den@host", "not encoded"]
  ] as const) {
    it.live(`an address that cannot be read: ${url}`, () =>
      Effect.gen(function* () {
        const message = yield* refused({ url })
        assert.include(message, says)
        assert.notInclude(message, "hid%den")
      })
    )
  }
})
