import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Command from "effect/cli/Command"
import * as TestConsole from "effect/testing/TestConsole"
import * as Commands from "../src/Commands.ts"
import { dedent } from "./fixtures.ts"

const wechatCodegen = Command.runWith(Commands.all, { version: "0.0.0" })

/** A folder with a catalog, and the command run with it; answered is what it prints. */
const workshop = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped()
  yield* fs.makeDirectory(`${folder}/apis`)
  const write = (name: string, text: string) => fs.writeFileString(`${folder}/${name}`, dedent(text))
  const read = (name: string) => fs.readFileString(`${folder}/${name}`)
  const run = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
    const before = (yield* TestConsole.logLines).length
    yield* wechatCodegen(args.map((arg) => arg.replace("@", folder)))
    return (yield* TestConsole.logLines).slice(before).join("\n").replaceAll(folder, "@")
  })
  yield* write("apis.yaml", "products:\n  shop: { title: Shop, files: [apis/goods.yaml] }")
  yield* write("apis/goods.yaml", "group: Goods\napis: { list: { summary: Lists., get: /goods } }")
  return { read, run, write }
})

type Workshop = Effect.Success<typeof workshop>

const works = (what: string, test: (shop: Workshop) => Effect.Effect<void, unknown, NodeServices.NodeServices>) =>
  it.effect(what, () => Effect.scoped(Effect.flatMap(workshop, test)).pipe(Effect.provide(NodeServices.layer)))

describe("diff", () => {
  const more = "group: Goods\napis: { list: { summary: Lists., get: /goods }, add: { summary: Adds., post: /add } }"

  works("compares root files, or the root files of folders", ({ run, write }) =>
    Effect.gen(function* () {
      yield* write("now.yaml", "products:\n  shop: { title: Shop, files: [more.yaml] }")
      yield* write("more.yaml", more)
      const changelog =
        "# Changes\n\n1 change, 0 of them breaking.\n\n## Added\n\n- compatible · `shop.Goods.add` `POST /add`: Adds."
      assert.strictEqual(yield* run("diff", "@/apis.yaml", "@/now.yaml"), changelog)
      assert.strictEqual(yield* run("diff", "@", "@/now.yaml", "--fail-on", "breaking"), changelog)
    })
  )

  works("prints JSON", ({ run, write }) =>
    Effect.gen(function* () {
      yield* write("more.yaml", more)
      const printed: unknown = JSON.parse(yield* run("diff", "@/apis/goods.yaml", "@/more.yaml", "--json"))
      assert.deepStrictEqual(printed, {
        breaking: 0,
        changes: [
          { of: "endpoint", id: "Goods.add", what: "added", breaking: false, to: "POST /add", summary: "Adds." }
        ]
      })
    })
  )

  works("shows the mistakes of either catalog", ({ run, write }) =>
    Effect.gen(function* () {
      yield* write("more.yaml", "group: Goods")
      const error = yield* Effect.flip(run("diff", "@", "@/more.yaml"))
      assert.include(String(error), "`apis` is missing")
    })
  )
})

describe("openapi", () => {
  works("prints a document, or writes it", ({ read, run }) =>
    Effect.gen(function* () {
      const printed = yield* run("openapi", "@/apis.yaml")
      assert.include(printed, '"operationId": "shop.Goods.list"')
      assert.strictEqual(
        yield* run("openapi", "@/apis.yaml", "--out", "@/docs/openapi.json"),
        "wrote @/docs/openapi.json"
      )
      assert.strictEqual(yield* read("docs/openapi.json"), `${printed}\n`)
    })
  )
})

describe("coverage", () => {
  works("prints a page, or writes it with links from where it stands", ({ read, run }) =>
    Effect.gen(function* () {
      assert.include(yield* run("coverage", "@/apis.yaml"), "[Goods](apis/goods.yaml)")
      assert.strictEqual(yield* run("coverage", "@/apis.yaml", "--out", "@/apis/README.md"), "wrote @/apis/README.md")
      assert.include(yield* read("apis/README.md"), "[Goods](goods.yaml)")
    })
  )

  works("checks without writing", ({ read, run, write }) =>
    Effect.gen(function* () {
      const check = run("coverage", "@/apis.yaml", "--out", "@/apis/README.md", "--check")
      assert.match(String(yield* Effect.flip(check)), /missing: .*README\.md/)
      yield* run("coverage", "@/apis.yaml", "--out", "@/apis/README.md")
      assert.strictEqual(yield* check, "@/apis/README.md is up to date")
      const page = yield* read("apis/README.md")
      yield* write("apis/goods.yaml", "group: Goods\napis: { list: { summary: Lists., post: /goods } }")
      assert.match(String(yield* Effect.flip(check)), /stale: .*README\.md/)
      assert.strictEqual(yield* read("apis/README.md"), page)
    })
  )

  works("overwrites no page that it has not made", ({ read, run, write }) =>
    Effect.gen(function* () {
      yield* write("apis/README.md", "# Mine")
      const error = yield* Effect.flip(run("coverage", "@/apis.yaml", "--out", "@/apis/README.md"))
      assert.include(String(error), "README.md was not generated")
      assert.strictEqual(yield* read("apis/README.md"), "# Mine\n")
    })
  )

  works("has to know what to check", ({ run }) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(run("coverage", "@/apis.yaml", "--check"))
      assert.include(String(error), "Help")
    })
  )
})
