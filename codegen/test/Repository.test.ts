import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, layer } from "@effect/vitest"
import { validate } from "@hyperjump/json-schema/openapi-3-1"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import * as Coverage from "../src/Coverage.ts"
import * as Diff from "../src/Diff.ts"
import * as Generate from "../src/Generate.ts"
import type * as Model from "../src/Model.ts"
import * as OpenApi from "../src/OpenApi.ts"

const house = `${import.meta.dirname}/../..`

/** The catalog of this repository, read once. */
class Catalog extends Context.Service<Catalog, Model.Catalog>()("codegen/test/Catalog") {
  static readonly layer = Layer.effect(Catalog, Generate.read(`${house}/apis.yaml`))
}

/** Its OpenAPI document, printed once. */
class Document extends Context.Service<Document, string>()("codegen/test/Document") {
  static readonly layer = Layer.effect(Document, Effect.map(Catalog, OpenApi.print))
}

const all = Document.layer.pipe(Layer.provideMerge(Catalog.layer), Layer.provideMerge(NodeServices.layer))

/** All values under a key, wherever it stands. */
const under = (value: unknown, key: string): ReadonlyArray<unknown> => {
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => [...(name === key ? [inner] : []), ...under(inner, key)])
}

/** What an OpenAPI document breaks of its rules, and the schemas that it names and does not have. */
const mistakesOf = Effect.fnUntraced(function* (text: string) {
  const result = yield* Effect.promise(() =>
    validate("https://spec.openapis.org/oas/3.1/schema-base", JSON.parse(text), "BASIC")
  )
  const document: unknown = JSON.parse(text)
  const names = under(document, "schemas").flatMap((schemas) => Object.keys(schemas ?? {}))
  const known = new Set(names.map((name) => `#/components/schemas/${name}`))
  const lost = new Set(
    under(document, "$ref")
      .map(String)
      .filter((ref) => !known.has(ref))
  )
  return [...(result.valid ? [] : (result.errors ?? [{}])), ...lost].slice(0, 5)
})

layer(all)("the catalog of this repository", (it) => {
  it.effect("is a valid OpenAPI document", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* mistakesOf(yield* Document), [])
    })
  )

  it.effect("is one as much as a catalog that uses all of the notation", () =>
    Effect.gen(function* () {
      const golden = yield* Generate.read(`${import.meta.dirname}/golden/catalog/apis.yaml`)
      assert.deepStrictEqual(yield* mistakesOf(OpenApi.print(golden)), [])
    })
  )

  it.effect("has all its endpoints in the OpenAPI document, and no name twice", () =>
    Effect.gen(function* () {
      const catalog = yield* Catalog
      const document: unknown = JSON.parse(yield* Document)
      const operations = under(document, "operationId")
      assert.strictEqual(new Set(operations).size, operations.length)
      const merged = under(document, "x-wechat-endpoints").flatMap((all) => under(all, "id"))
      const ids = catalog.groups.flatMap(({ endpoints }) => endpoints.map(({ id }) => id))
      assert.sameMembers([...new Set([...operations, ...merged])], ids)
    })
  )

  it.effect("has a page of coverage that is up to date", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const page = Coverage.markdown(yield* Catalog, (source) => path.relative("apis", source))
      assert.strictEqual(yield* fs.readFileString(`${house}/apis/README.md`), page)
    })
  )

  it.effect("does not differ from itself", () =>
    Effect.gen(function* () {
      const catalog = yield* Catalog
      assert.deepStrictEqual(Diff.changes(catalog, catalog), [])
    })
  )
})
