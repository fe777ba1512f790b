import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Stream from "effect/Stream"
import * as ChildProcess from "effect/process/ChildProcess"
import * as ChildProcessSpawner from "effect/process/ChildProcessSpawner"
import * as Generate from "../src/Generate.ts"
import { dedent } from "./fixtures.ts"

const main = `${import.meta.dirname}/../src/Main.ts`

/** Compiled code is kept between processes: starting them is most of the time that these tests take. */
const env = { NODE_COMPILE_CACHE: `${import.meta.dirname}/../node_modules/.cache/command` }

/** A folder with a catalog, and the real command run in it. */
const workshop = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const folder = yield* fs.makeTempDirectoryScoped()
  const write = (name: string, text: string) => fs.writeFileString(`${folder}/${name}`, dedent(text))
  const remove = (name: string) => fs.remove(`${folder}/${name}`, { recursive: true })
  const names = Effect.map(fs.readDirectory(`${folder}/out`, { recursive: true }), (all) => all.toSorted())
  const run = (...args: ReadonlyArray<string>) =>
    Effect.scoped(
      Effect.gen(function* () {
        const child = yield* spawner.spawn(
          ChildProcess.make(process.execPath, [main, ...args], { cwd: folder, env, extendEnv: true })
        )
        const said = yield* Stream.mkString(Stream.decodeText(child.all))
        return { code: Number(yield* child.exitCode), said: said.trim() }
      })
    )
  /** The same without a process. */
  const generate = Generate.generate({
    catalog: `${folder}/apis.yaml`,
    out: `${folder}/out`,
    core: "@wechat/core"
  })
  yield* write("apis.yaml", "products:\n  shop: { title: Shop, files: [goods.yaml, orders.yaml] }")
  yield* write("goods.yaml", "group: Goods\napis: { list: { summary: Lists., get: /goods } }")
  yield* write("orders.yaml", "group: Orders\napis: { list: { summary: Lists., get: /orders } }")
  return { fs, folder, write, remove, names, run, generate }
})

type Workshop = Effect.Success<typeof workshop>

const live = (what: string, test: (shop: Workshop) => Effect.Effect<void, unknown, NodeServices.NodeServices>) =>
  it.live(what, () => Effect.scoped(Effect.flatMap(workshop, test)).pipe(Effect.provide(NodeServices.layer)), 30_000)

describe.concurrent("wechat-codegen", () => {
  live("writes what is missing, and nothing the second time", ({ names, run }) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* run("apis.yaml", "--out", "out"), {
        code: 0,
        said: "wrote 3 of 3 files, removed 0"
      })
      assert.deepStrictEqual(yield* names, ["Registry.ts", "shop", "shop/Goods.ts", "shop/Orders.ts"])
      assert.deepStrictEqual(yield* run("apis.yaml", "--out", "out"), {
        code: 0,
        said: "wrote 0 of 3 files, removed 0"
      })
      assert.deepStrictEqual(yield* run("apis.yaml", "--out", "out", "--check"), {
        code: 0,
        said: "3 files are up to date"
      })
    })
  )

  live("checks without writing: stale, missing and orphaned files, but no foreign ones", (shop) =>
    Effect.gen(function* () {
      const { folder, fs, generate, names, remove, run, write } = shop
      yield* generate
      yield* write("out/Mine.ts", "export const mine = 1")
      yield* write("out/shop/notes.md", "mine")
      yield* fs.copyFile(`${folder}/out/shop/Goods.ts`, `${folder}/out/shop/Gone.ts`)
      yield* write("goods.yaml", "group: Goods\napis: { list: { summary: Lists all., get: /goods } }")
      yield* remove("out/shop/Orders.ts")
      const before = yield* names
      const { code, said } = yield* run("apis.yaml", "--out", "out", "--check")
      assert.strictEqual(code, 1)
      assert.deepStrictEqual(
        said.split("\n").map((line) => line.trim()),
        [
          "ERROR",
          "stale: out/shop/Goods.ts",
          "stale: out/Registry.ts",
          "missing: out/shop/Orders.ts",
          "orphaned: out/shop/Gone.ts",
          "run wechat-codegen without --check"
        ]
      )
      assert.deepStrictEqual(yield* names, before)
      assert.strictEqual((yield* run("apis.yaml", "--out", "out")).said, "wrote 3 of 3 files, removed 1")
      assert.deepStrictEqual(yield* names, [
        "Mine.ts",
        "Registry.ts",
        "shop",
        "shop/Goods.ts",
        "shop/Orders.ts",
        "shop/notes.md"
      ])
    })
  )

  live("removes the folder of a product that is gone", ({ generate, names, run, write }) =>
    Effect.gen(function* () {
      yield* generate
      yield* write("apis.yaml", "products:\n  store: { title: Store, files: [goods.yaml, orders.yaml] }")
      assert.strictEqual((yield* run("apis.yaml", "--out", "out")).said, "wrote 3 of 3 files, removed 2")
      assert.deepStrictEqual(yield* names, ["Registry.ts", "store", "store/Goods.ts", "store/Orders.ts"])
    })
  )

  live("overwrites no file that it has not generated", ({ folder, fs, run, write }) =>
    Effect.gen(function* () {
      yield* fs.makeDirectory(`${folder}/out/shop`, { recursive: true })
      yield* write("out/shop/Goods.ts", "export const mine = 1")
      const { code, said } = yield* run("apis.yaml", "--out", "out")
      assert.strictEqual(code, 1)
      assert.include(said, "out/shop/Goods.ts was not generated; move it away, or choose another folder")
      assert.strictEqual(yield* fs.readFileString(`${folder}/out/shop/Goods.ts`), "export const mine = 1\n")
      assert.isFalse(yield* fs.exists(`${folder}/out/Registry.ts`))
    })
  )

  live("shows all mistakes without a stack, and writes nothing", ({ folder, fs, run, write }) =>
    Effect.gen(function* () {
      yield* write("goods.yaml", "group: Goods\napis: { list: { summary: Lists, get: goods } }")
      const { code, said } = yield* run("apis.yaml", "--out", "out")
      assert.strictEqual(code, 1)
      assert.deepStrictEqual(
        said.split("\n").map((line) => line.trim()),
        [
          "ERROR",
          "goods.yaml:2:26 apis.list.summary: a summary without a period; expected a sentence",
          "goods.yaml:2:38 apis.list.get: the path `goods`; expected a leading slash and no `?`, `#` or spaces",
          "2 mistakes; nothing was generated"
        ]
      )
      assert.isFalse(yield* fs.exists(`${folder}/out`))
    })
  )

  live("says why it cannot write", ({ run, write }) =>
    Effect.gen(function* () {
      yield* write("out", "a file where the folder belongs")
      const { code, said } = yield* run("apis.yaml", "--out", "out")
      assert.strictEqual(code, 1)
      assert.match(said, /^ERROR\n +the output cannot be written: .*out/)
    })
  )

  live("takes a single group", ({ names, run }) =>
    Effect.gen(function* () {
      assert.strictEqual((yield* run("goods.yaml", "--out", "out")).code, 0)
      assert.deepStrictEqual(yield* names, ["Goods.ts", "Registry.ts"])
    })
  )

  live("ends with 1 where changes break callers, if told to", ({ run, write }) =>
    Effect.gen(function* () {
      yield* write("now.yaml", "group: Goods\napis: { all: { summary: Lists., get: /goods } }")
      const changelog =
        "# Changes\n\n1 change, 1 of them breaking.\n\n## Renamed\n\n- **breaking** · `Goods.list` → `Goods.all`"
      assert.deepStrictEqual(yield* run("diff", "goods.yaml", "now.yaml"), { code: 0, said: changelog })
      const { code, said } = yield* run("diff", "goods.yaml", "now.yaml", "--fail-on", "breaking")
      assert.strictEqual(code, 1)
      assert.include(said, changelog)
      assert.match(said, /\nERROR\n +1 breaking change$/)
    })
  )

  live("says what it takes", ({ run }) =>
    Effect.gen(function* () {
      const help = yield* run("--help")
      for (const word of ["CATALOG", "--out", "--check", "--core", "diff", "openapi", "coverage"])
        assert.include(help.said.toUpperCase(), word.toUpperCase())
      assert.strictEqual((yield* run("apis.yaml")).code, 1)
    })
  )
})
