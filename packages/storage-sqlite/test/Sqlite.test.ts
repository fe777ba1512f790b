import { assert, describe, it } from "@effect/vitest"
import * as App from "@wechat/core/App"
import * as Token from "@wechat/core/Token"
import { isLease, type Keeping, Vault, type VaultError } from "@wechat/core/Vault"
import * as Sqlite from "@wechat/storage-sqlite/Sqlite"
import * as Cause from "effect/Cause"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { file, folder, key, otherKey } from "./file.ts"
import { inProcess } from "./inProcess.ts"

const account = Token.Access(App.common("wx1"))
const client = Token.Access(App.authorizer("wxplatform", "wx2"))
const minute = Duration.minutes(1)

const token = (value: string) =>
  Token.issued({ value: Redacted.make(value), now: 0, expiresIn: 7200, margin: 600, forced: [1, 2] })

/** A process that has the file open. */
const open = (options: Sqlite.Options) =>
  Effect.map(Layer.build(Layer.fresh(Sqlite.layerVault(options))), Context.get(Vault))

/** What a process does with the file, from its start to its end. */
const process = <A, E>(options: Sqlite.Options, work: (vault: Keeping) => Effect.Effect<A, E>) =>
  Effect.scoped(Effect.flatMap(open(options), work))

/** Why a file cannot be used. */
const refused = (options: Sqlite.Options) =>
  Effect.map(Effect.flip(Effect.scoped(open(options))), (error: VaultError) => error.detail)

const lease = (vault: Keeping, key: Token.Key) =>
  Effect.flatMap(vault.lease(key, minute), (answer) =>
    isLease(answer) ? Effect.succeed(answer) : Effect.die(new Error("somebody holds the lease"))
  )

/** Keeps one secret of every kind. */
const fill = (vault: Keeping) =>
  Effect.gen(function* () {
    yield* vault.keepTicket("wxplatform", Redacted.make("ticket-secret"))
    const refresh = Redacted.make("refresh-secret")
    yield* vault.keep(yield* lease(vault, client), { token: token("token-secret"), refresh })
  })

const secrets = (vault: Keeping) =>
  Effect.map(
    Effect.all([
      Effect.map(vault.token(client), (token) => token?.value),
      vault.refresh("wxplatform", "wx2"),
      vault.ticket("wxplatform")
    ]),
    (all) => all.map((secret) => secret && Redacted.value(secret))
  )
const all = ["token-secret", "refresh-secret", "ticket-secret"]

const bytes = (path: string) =>
  ["", "-wal"].map((end) => (existsSync(path + end) ? readFileSync(path + end, "latin1") : "")).join("")

const quiet = Effect.provide(Logger.layer([]))

describe("a file", () => {
  it.effect("is for its owner alone", () =>
    Effect.gen(function* () {
      const path = yield* file
      yield* open({ path })
      for (const end of ["", "-wal", "-shm"]) assert.strictEqual(statSync(path + end).mode & 0o777, 0o600)
    })
  )

  it.effect("whose making was cut short is made again", () =>
    Effect.gen(function* () {
      const path = yield* file
      const killed = new DatabaseSync(`${path}-killed`)
      // With so little memory the tables reach the file before the transaction ends.
      killed.exec("PRAGMA cache_size = 1; BEGIN; CREATE TABLE records (a)")
      for (let row = 0; row < 100; row++) killed.prepare("INSERT INTO records VALUES (?)").run("x".repeat(3_000))
      for (const end of ["", "-journal"]) copyFileSync(`${path}-killed${end}`, path + end)
      killed.close()
      assert.isAbove(statSync(path).size, 0)
      yield* process({ path }, fill)
      assert.deepStrictEqual(yield* process({ path }, secrets), all)
    })
  )

  it.effect("forgets a verify ticket after twelve hours", () =>
    Effect.gen(function* () {
      const vault = yield* inProcess
      yield* vault.keepTicket("wxplatform", Redacted.make("ticket"))
      yield* TestClock.adjust(Duration.subtract(Duration.hours(12), Duration.millis(1)))
      assert.isDefined(yield* vault.ticket("wxplatform"))
      yield* TestClock.adjust(Duration.millis(1))
      assert.isUndefined(yield* vault.ticket("wxplatform"))
    })
  )

  it.effect("ends a lease where the machine's clock was set back, rather than keeping it for an hour", () =>
    Effect.gen(function* () {
      const vault = yield* inProcess
      yield* TestClock.setTime(Duration.toMillis(Duration.hours(2)))
      const first = yield* lease(vault, account)
      yield* TestClock.setTime(Duration.toMillis(Duration.hours(1)))
      const second = yield* lease(vault, account)
      assert.isAbove(second.fence, first.fence)
      assert.isFalse(yield* vault.keep(first, { token: token("late") }))
    })
  )

  it.effect("is named by the configuration", () =>
    Effect.gen(function* () {
      const path = yield* file
      const provider = ConfigProvider.fromUnknown({
        WECHAT_STORAGE_PATH: path,
        WECHAT_STORAGE_KEY: Redacted.value(key)
      })
      const configured = Layer.provide(Sqlite.layerVaultConfig, ConfigProvider.layer(provider))
      yield* Effect.scoped(Effect.flatMap(Effect.map(Layer.build(configured), Context.get(Vault)), fill))
      assert.deepStrictEqual(yield* process({ path, key }, secrets), all)
    })
  )
})

describe("a write of another process that takes its time", () => {
  const busy = Effect.gen(function* () {
    const path = yield* file
    const vault = yield* open({ path })
    const other = yield* Effect.acquireRelease(
      Effect.sync(() => new DatabaseSync(path)),
      (other) => Effect.sync(() => other.close())
    )
    other.exec("BEGIN IMMEDIATE")
    return { vault, other, path }
  })

  it.effect("is waited for, and reading goes on meanwhile", () =>
    Effect.gen(function* () {
      const { other, vault } = yield* busy
      const waiting = yield* Effect.forkChild(lease(vault, account))
      yield* TestClock.adjust("5 seconds")
      assert.isUndefined(waiting.pollUnsafe())
      assert.isUndefined(yield* vault.token(account))
      other.exec("COMMIT")
      yield* TestClock.adjust("100 millis")
      assert.strictEqual((yield* Fiber.join(waiting)).fence, 1)
    })
  )

  it.effect("is not waited for forever: after ten seconds there is a failure that says so", () =>
    Effect.gen(function* () {
      const { path, vault } = yield* busy
      const waiting = yield* Effect.forkChild(Effect.flip(vault.lease(account, minute)))
      yield* TestClock.adjust("10 seconds")
      const failure = yield* Fiber.join(waiting)
      assert.strictEqual(failure.message, `token vault: ${path} has been locked by another process for 10s`)
    })
  )
})

describe("encryption", () => {
  it.effect("leaves no secret in the file", () =>
    Effect.gen(function* () {
      const path = yield* file
      const vault = yield* open({ path, key })
      yield* fill(vault)
      assert.deepStrictEqual(yield* secrets(vault), all)
      assert.notMatch(bytes(path), /-secret/)
    })
  )

  it.effect("can begin, be given another key, and end: all secrets are sealed anew at the start", () =>
    Effect.gen(function* () {
      const path = yield* file
      yield* process({ path }, fill)
      assert.match(bytes(path), /refresh-secret/)
      for (const options of [
        { path, key },
        { path, key: otherKey, former: [key] },
        { path, key: otherKey },
        { path, former: [otherKey] },
        { path }
      ]) {
        assert.deepStrictEqual(yield* process(options, secrets), all)
      }
    }).pipe(quiet)
  )

  it.effect("leaves nothing in clear when it begins", () =>
    Effect.gen(function* () {
      const path = yield* file
      yield* process({ path }, fill)
      yield* process({ path, key }, secrets)
      assert.notMatch(bytes(path), /-secret/)
    }).pipe(quiet)
  )

  it.effect("with another key, or without one, is a failure at the start", () =>
    Effect.gen(function* () {
      const path = yield* file
      yield* process({ path, key }, fill)
      const before = bytes(path)
      assert.match(
        yield* refused({ path, key: otherKey }),
        /encrypted with the key \w{8}, which is none of those given/
      )
      assert.match(yield* refused({ path }), /encrypted with the key \w{8}, and no key is given/)
      assert.strictEqual(bytes(path), before)
      assert.deepStrictEqual(yield* process({ path, key }, secrets), all)
    })
  )

  it.effect("has to have a key of the right form", () =>
    Effect.gen(function* () {
      const path = yield* file
      assert.include(yield* refused({ path, key: Redacted.make("hunter2") }), "has to be 32 bytes")
      assert.isFalse(existsSync(path))
    })
  )

  it.effect("finds a secret that was moved to another account", () =>
    Effect.gen(function* () {
      const path = yield* file
      const vault = yield* open({ path, key })
      yield* fill(vault)
      const other = Token.Access(App.authorizer("wxplatform", "wx3"))
      yield* lease(vault, other)
      const thief = new DatabaseSync(path)
      thief.exec(`UPDATE records SET refresh = (SELECT refresh FROM records WHERE path = '${client.path}')`)
      thief.close()
      const failure = yield* Effect.flip(vault.refresh("wxplatform", "wx3"))
      assert.include(failure.detail, "was changed, or sealed for another place")
    })
  )
})

describe("a file that cannot be used is named at the start, and left as it is:", () => {
  const unchanged = (path: string, options: Partial<Sqlite.Options>, detail: RegExp) =>
    Effect.gen(function* () {
      const before = readFileSync(path)
      const failure = yield* refused({ path, ...options })
      assert.match(failure, detail)
      assert.include(failure, path)
      assert.isTrue(before.equals(readFileSync(path)))
    })

  it.effect("text", () =>
    Effect.gen(function* () {
      const path = yield* file
      writeFileSync(path, "not a database, but a letter of some length ".repeat(50))
      yield* unchanged(path, {}, /is no SQLite database/)
    })
  )

  it.effect("the database of another program", () =>
    Effect.gen(function* () {
      const path = yield* file
      const other = new DatabaseSync(path)
      other.exec("CREATE TABLE records (id INTEGER PRIMARY KEY); INSERT INTO records VALUES (1)")
      other.close()
      yield* unchanged(path, {}, /is the database of another program/)
    })
  )

  it.effect("the database of another program that is writing", () =>
    Effect.gen(function* () {
      const path = yield* file
      const other = new DatabaseSync(`${path}-other`)
      other.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)")
      for (const end of ["", "-wal"]) copyFileSync(`${path}-other${end}`, path + end)
      other.close()
      const before = bytes(path)
      assert.include(yield* refused({ path }), "is the database of another program")
      assert.strictEqual(bytes(path), before)
    })
  )

  it.effect("one that a later version has written", () =>
    Effect.gen(function* () {
      const path = yield* file
      yield* process({ path }, fill)
      const later = new DatabaseSync(path)
      later.exec("PRAGMA user_version = 99")
      later.close()
      yield* unchanged(path, {}, /later version of this program \(tables of version 99; this one knows 1\)/)
    })
  )

  it.effect("one that is damaged, at its beginning, in the middle, or cut off", () =>
    Effect.gen(function* () {
      const path = yield* file
      yield* process({ path }, (vault) =>
        Effect.forEach(
          Array.from({ length: 200 }, (_, at) => at),
          (at) => vault.authorize("wxplatform", `wx${at}`, { refresh: Redacted.make("r".repeat(300)) })
        )
      )
      const whole = readFileSync(path)
      const damage = (name: string, change: (bytes: Buffer) => void) => {
        const copy = Buffer.from(whole)
        change(copy)
        writeFileSync(`${path}-${name}`, copy)
        return `${path}-${name}`
      }
      yield* unchanged(
        damage("head", (bytes) => bytes.fill(0xff, 0, 100)),
        {},
        /is no SQLite database/
      )
      yield* unchanged(
        damage("middle", (bytes) => bytes.fill(0xff, 4096 * 6, 4096 * 9)),
        {},
        /is damaged/
      )
      copyFileSync(path, `${path}-cut`)
      truncateSync(`${path}-cut`, whole.length - 4096 * 3)
      yield* unchanged(`${path}-cut`, {}, /is damaged/)
    })
  )

  it.effect("a folder, a folder that is not there, no name at all", () =>
    Effect.gen(function* () {
      const path = yield* folder
      mkdirSync(`${path}/folder`)
      assert.strictEqual(yield* refused({ path: `${path}/folder` }), `${path}/folder is a folder`)
      assert.strictEqual(
        yield* refused({ path: `${path}/no/a.sqlite` }),
        `${path}/no/a.sqlite cannot be made: its folder does not exist`
      )
      for (const name of ["", " ", ":memory:"]) {
        assert.include(yield* refused({ path: name }), "the path has to name a file")
      }
    })
  )

  it.effect("failures are no defects, and carry no secrets", () =>
    Effect.gen(function* () {
      const path = yield* file
      const vault = yield* open({ path })
      yield* fill(vault)
      const other = new DatabaseSync(path)
      other.exec("DROP TABLE records")
      other.close()
      const exit = yield* Effect.exit(
        vault.keep(
          { key: client, fence: 1 },
          { token: token("token-secret"), refresh: Redacted.make("refresh-secret") }
        )
      )
      assert(exit._tag === "Failure")
      assert.include(Cause.pretty(exit.cause), "no such table")
      assert.notInclude(Cause.pretty(exit.cause), "-secret")
    })
  )
})
