import { assert, describe, it } from "@effect/vitest"
import * as App from "@wechat/core/App"
import * as Seal from "@wechat/core/Seal"
import * as Token from "@wechat/core/Token"
import { isLease } from "@wechat/core/Vault"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { execFileSync } from "node:child_process"
import { chmodSync, readFileSync } from "node:fs"
import { dirname } from "node:path"
import { getuid } from "node:process"
import { fileURLToPath } from "node:url"
import { open } from "../src/internal/file.ts"
import { make } from "../src/internal/keeping.ts"
import { inspect, migrate, steps } from "../src/internal/schema.ts"
import { file } from "./file.ts"

describe("a disk that is full", () => {
  it.effect("is a failure that says so; what was there before stays, and what comes after is kept", () =>
    Effect.gen(function* () {
      const connection = yield* open(yield* file)
      const { keeping } = yield* make(connection, yield* Seal.make({}))
      yield* keeping.authorize("wxplatform", "wx1", { refresh: Redacted.make("before") })
      const pages = connection.database.prepare("PRAGMA page_count").get()?.["page_count"]
      connection.database.exec(`PRAGMA max_page_count = ${Number(pages)}`)
      const long = Redacted.make("x".repeat(100_000))
      const failure = yield* Effect.flip(keeping.authorize("wxplatform", "wx1", { refresh: long }))
      assert.strictEqual(failure.message, `token vault: ${connection.path} cannot grow: the disk is full`)
      const kept = yield* keeping.refresh("wxplatform", "wx1")
      assert.strictEqual(kept && Redacted.value(kept), "before")
      connection.database.exec("PRAGMA max_page_count = 1000000")
      yield* keeping.authorize("wxplatform", "wx1", { refresh: long })
      assert.isDefined(yield* keeping.refresh("wxplatform", "wx1"))
    })
  )
})

describe("a file that may only be read", () => {
  const opener = fileURLToPath(new URL("opener.ts", import.meta.url))
  // The superuser may write whatever the rights say, so it becomes somebody else.
  const nobody = getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

  it.effect("is named at the start", () =>
    Effect.gen(function* () {
      const path = yield* file
      yield* Effect.scoped(open(path))
      const before = readFileSync(path)
      chmodSync(path, 0o444)
      chmodSync(dirname(path), 0o555)
      const words = ["--conditions=@wechat/source", opener, path]
      const said = execFileSync(process.execPath, words, { ...nobody, encoding: "utf8" })
      chmodSync(dirname(path), 0o755)
      assert.strictEqual(said.trim(), `token vault: ${path} cannot be written: this user may not`)
      assert.isTrue(before.equals(readFileSync(path)))
    })
  )
})

describe("tables of an older version", () => {
  const client = Token.Access(App.authorizer("wxplatform", "wx1"))
  const later = [...steps, "ALTER TABLE records ADD COLUMN note TEXT; UPDATE records SET note = 'migrated'"]

  it.effect("are brought up to date with what is in them, once, and are then too new for the older version", () =>
    Effect.gen(function* () {
      const path = yield* file
      const connection = yield* open(path)
      const { keeping } = yield* make(connection, yield* Seal.make({}))
      yield* keeping.authorize("wxplatform", "wx1", { refresh: Redacted.make("kept") })
      yield* inspect(connection, later)
      yield* migrate(connection, later)
      yield* migrate(connection, later)
      const refresh = yield* keeping.refresh("wxplatform", "wx1")
      assert.strictEqual(refresh && Redacted.value(refresh), "kept")
      assert.strictEqual(connection.database.prepare("SELECT note FROM records").get()?.["note"], "migrated")
      assert.isTrue(isLease(yield* keeping.lease(client, Duration.seconds(1))))
      const failure = yield* Effect.flip(Effect.scoped(open(path)))
      assert.include(failure.detail, "was written by a later version of this program")
    })
  )

  it.effect("stay as they are where a step fails", () =>
    Effect.gen(function* () {
      const connection = yield* open(yield* file)
      const broken = [...steps, "CREATE TABLE half (a); CREATE TABLE half (a)"]
      yield* Effect.flip(migrate(connection, broken))
      assert.isUndefined(connection.database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'half'").get())
      yield* inspect(connection)
    })
  )
})
