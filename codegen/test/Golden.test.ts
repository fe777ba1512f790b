import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Generate from "../src/Generate.ts"
import { dedent, generate } from "./fixtures.ts"
import { endpoints } from "./golden/out/Registry.ts"

const here = import.meta.dirname
const core = "@wechat/core"
const golden = `${here}/golden/catalog/apis.yaml`

/** The texts of a folder's files, by their paths in it. */
const textsOf = Effect.fnUntraced(function* (folder: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const names = yield* fs.readDirectory(folder, { recursive: true })
  const files = names.filter((name) => /\.\w+$/.test(name)).toSorted()
  return yield* Effect.forEach(files, (name) =>
    Effect.map(fs.readFileString(path.join(folder, name)), (text) => [name, text] as const)
  )
})

const services = Effect.provide(NodeServices.layer)

// A catalog that uses all of the notation. What it makes is committed, and compiled together with these tests.
describe("the golden catalog", () => {
  it.effect("makes what is committed", () =>
    Effect.map(Generate.check({ catalog: golden, out: `${here}/golden/out`, core }), (count) =>
      assert.strictEqual(count, 8)
    ).pipe(services)
  )

  it.effect("makes the same bytes again, wherever it lies and whatever its lines end with", () =>
    Effect.gen(function* () {
      const catalog = yield* textsOf(`${here}/golden/catalog`)
      const moved = catalog.map(([name, text]) => [`far/away/${name}`, text.replaceAll("\n", "\r\n")] as const)
      const made = yield* generate(Object.fromEntries(moved), "far/away/apis.yaml")
      const committed = yield* textsOf(`${here}/golden/out`)
      assert.deepStrictEqual(
        Object.fromEntries(made.map(({ path, text }) => [path, text])),
        Object.fromEntries(committed)
      )
    }).pipe(services)
  )

  it.effect("has a registry that loads every endpoint, and none ahead", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const text = yield* fs.readFileString(`${here}/golden/out/Registry.ts`)
      assert.deepStrictEqual(text.match(/^import .*/gm), [`import type * as Endpoint from "@wechat/core/Endpoint"`])
      for (const entry of endpoints) {
        const endpoint = yield* Effect.promise(entry.load)
        assert.strictEqual(endpoint.id, entry.id)
        assert.strictEqual(endpoint.path, entry.path)
        assert.isDefined(endpoint.input())
        assert.isDefined(endpoint.output())
      }
      assert.strictEqual(endpoints.length, new Set(endpoints.map(({ id }) => id)).size)
    }).pipe(services)
  )
})

describe("what is generated", () => {
  const one = (yaml: string, catalog = "x.yaml") => generate({ "x.yaml": dedent(yaml) }, catalog)

  it.effect("is a module and a registry for a single group", () =>
    Effect.map(one("group: One\napis: { get: { summary: Gets., get: /one } }"), (files) => {
      assert.deepStrictEqual(
        files.map(({ path }) => path),
        ["One.ts", "Registry.ts"]
      )
      assert.include(files[0]?.text, `id: "One.get"`)
      assert.include(files[1]?.text, `import("./One.ts").then((module) => module.get)`)
    })
  )

  it.effect("imports the package that it is told to", () =>
    Generate.files({ catalog: golden, core: "#wechat" }).pipe(
      Effect.map((files) => {
        for (const { text } of files) assert.notInclude(text, "@wechat/core")
        assert.include(files[0]?.text, `import * as Wire from "#wechat/Wire"`)
      }),
      services
    )
  )

  it.effect("closes no comment before its end", () =>
    Effect.map(
      one("group: One\napis: { get: { summary: Gets */ x., get: /one, returns: { a: int } } }  # a */ b"),
      ([file]) => {
        assert.include(file?.text, "Gets *\\/ x.")
      }
    )
  )
})
