import { assert, describe, it } from "@effect/vitest"
import * as fs from "node:fs"
import * as Yaml from "yaml"
import * as Notation from "../src/Notation.ts"
import * as Read from "../src/Read.ts"
import { dedent } from "./fixtures.ts"

// The part of JSON Schema that the two schemas use.
type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json }
type Loose = { readonly [key: string]: Json }

const isObject = (value: Json | undefined): value is Loose =>
  typeof value === "object" && value !== null && !Array.isArray(value)
const isList = (value: Json | undefined): value is ReadonlyArray<Json> => Array.isArray(value)
const textOf = (value: Json | undefined): string => (typeof value === "string" ? value : "")
const objectOf = (value: Json | undefined): Loose => (isObject(value) ? value : {})
const listOf = (value: Json | undefined): ReadonlyArray<Json> => (isList(value) ? value : [])
const matches = (pattern: Json | undefined, text: string): boolean => new RegExp(textOf(pattern), "u").test(text)

const read = (file: string): Loose => JSON.parse(fs.readFileSync(`${import.meta.dirname}/../schema/${file}`, "utf8"))
const schemas: Readonly<Record<string, Loose>> = {
  "group.json": read("group.json"),
  "catalog.json": read("catalog.json")
}

const target = (ref: string, home: string): { readonly schema: Loose; readonly home: string } => {
  const [file = "", path = ""] = ref.split("#")
  const from = file === "" ? home : file
  const schema = path
    .split("/")
    .slice(1)
    .reduce<Loose>((inner, step) => objectOf(inner[step]), schemas[from] ?? {})
  return { schema, home: from }
}

const isType: Readonly<Record<string, (value: Json) => boolean>> = {
  object: isObject,
  array: isList,
  string: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean"
}

const fits = (value: Json, schema: Loose, home: string): boolean => {
  const again = (inner: Json, of: Json | undefined): boolean => fits(inner, objectOf(of), home)
  const count = (of: string): number => listOf(schema[of]).filter((each) => again(value, each)).length
  if (typeof schema["$ref"] === "string") {
    const to = target(schema["$ref"], home)
    if (!fits(value, to.schema, to.home)) return false
  }
  if (schema["type"] !== undefined && isType[textOf(schema["type"])]?.(value) !== true) return false
  if (schema["enum"] !== undefined && !listOf(schema["enum"]).includes(value)) return false
  if (schema["anyOf"] !== undefined && count("anyOf") === 0) return false
  if (schema["oneOf"] !== undefined && count("oneOf") !== 1) return false
  if (typeof value === "string") {
    return (
      (schema["pattern"] === undefined || matches(schema["pattern"], value)) &&
      value.length >= Number(schema["minLength"] ?? 0)
    )
  }
  if (isList(value)) {
    const { length } = value
    return (
      length >= Number(schema["minItems"] ?? 0) &&
      length <= Number(schema["maxItems"] ?? length) &&
      (schema["items"] === undefined || value.every((item) => again(item, schema["items"])))
    )
  }
  return !isObject(value) || fitsObject(value, schema, again)
}

const fitsObject = (value: Loose, schema: Loose, again: (inner: Json, of: Json | undefined) => boolean): boolean => {
  const entries = Object.entries(value)
  const patterns = Object.entries(objectOf(schema["patternProperties"]))
  const entry = ([key, inner]: readonly [string, Json]): boolean => {
    const named = objectOf(schema["properties"])[key]
    const fitting = patterns.filter(([pattern]) => matches(pattern, key))
    const known = [...(named === undefined ? [] : [named]), ...fitting.map(([, of]) => of)]
    const rest = schema["additionalProperties"]
    return known.length > 0
      ? known.every((of) => again(inner, of))
      : rest !== false && (rest === undefined || again(inner, rest))
  }
  return (
    listOf(schema["required"]).every((key) => textOf(key) in value) &&
    entries.length >= Number(schema["minProperties"] ?? 0) &&
    entries.length <= Number(schema["maxProperties"] ?? entries.length) &&
    (schema["propertyNames"] === undefined || entries.every(([key]) => again(key, schema["propertyNames"]))) &&
    entries.every(entry)
  )
}

const valid = (text: string, schema: "group.json" | "catalog.json"): boolean =>
  fits(Yaml.parse(text, { uniqueKeys: false }), schemas[schema] ?? {}, schema)

const house = `${import.meta.dirname}/../..`
const filesIn = (folder: string): ReadonlyArray<string> =>
  fs
    .readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => `${folder}/${name}`)

describe("the JSON Schemas", () => {
  const groups = [...filesIn(`${house}/apis`), ...filesIn(`${import.meta.dirname}/golden/catalog`)].filter(
    (file) => !file.endsWith("/apis.yaml")
  )
  it("know the files of this repository", () => {
    const strange = groups.filter((file) => !valid(fs.readFileSync(file, "utf8"), "group.json"))
    assert.deepStrictEqual(strange, [])
    assert.isAbove(groups.length, 6)
    for (const file of [`${house}/apis.yaml`, `${import.meta.dirname}/golden/catalog/apis.yaml`]) {
      assert.isTrue(valid(fs.readFileSync(file, "utf8"), "catalog.json"), file)
    }
  })

  it("have all keys and words that the reader takes, and no others", () => {
    const keysOf = (path: string, file = "group.json"): ReadonlyArray<string> =>
      Object.keys(objectOf(target(`${file}#${path}`, file).schema["properties"]))
    const enumOf = (path: string): ReadonlyArray<Json> =>
      listOf(target(`group.json#${path}`, "group.json").schema["enum"])
    assert.deepStrictEqual(keysOf("", "catalog.json"), [...Read.keys.root])
    assert.deepStrictEqual(keysOf("/properties/products/additionalProperties", "catalog.json"), [...Read.keys.product])
    assert.deepStrictEqual(keysOf("/properties/missing/items", "catalog.json"), [...Read.keys.missing])
    assert.deepStrictEqual(keysOf(""), [...Read.keys.group])
    assert.deepStrictEqual(keysOf("/definitions/api"), [...Read.keys.api])
    assert.deepStrictEqual(keysOf("/definitions/page"), [...Read.keys.page])
    assert.sameMembers(
      [...enumOf("/definitions/word")],
      [...Object.keys(Notation.words).filter((word) => word !== "bytes"), "json"]
    )
    assert.deepStrictEqual(
      enumOf("/definitions/fill"),
      Notation.fills.map((fill) => `$${fill}`)
    )
  })

  const api = (yaml: string): string => `group: X\napis:\n  call:\n    summary: Calls.\n    post: /x\n    ${yaml}\n`
  const slips: ReadonlyArray<readonly [what: string, yaml: string]> = [
    ["no group", "apis: { a: { summary: A., get: /a } }"],
    ["a group with a small letter", "group: x\napis: { a: { summary: A., get: /a } }"],
    ["no endpoints", "group: X\napis: {}"],
    ["an endpoint with a capital", "group: X\napis: { A: { summary: A., get: /a } }"],
    ["a summary without a period", "group: X\napis: { a: { summary: A, get: /a } }"],
    ["no path", "group: X\napis: { a: { summary: A. } }"],
    ["two paths", "group: X\napis: { a: { summary: A., get: /a, post: /a } }"],
    ["a path without a slash", "group: X\napis: { a: { summary: A., get: a } }"],
    ["an unknown key", api("querry: { a: int }")],
    ["an unknown word", api("body: { a: strng }")],
    ["an unknown token", api("auth: tokne")],
    ["a list of two types", api("body: { a: [int, string] }")],
    ["a list of none", api("body: { a: [] }")],
    ["a number for a type", api("body: { a: 10 }")],
    ["nothing for a type", api("body: { a: }")],
    ["bytes as a field", api("body: { a: bytes }")],
    ["what nobody fills in", api("body: { a: $token }")],
    ["JSON text beside a field", api("body: { a: { (json): int, b: int } }")],
    ["a page with two ways", api("page: { items: a, offset: b, cursor: c }")],
    ["a page with none", api("page: { items: a }")],
    ["an unsafe word", api("safe: maybe")]
  ]
  for (const [what, yaml] of slips) {
    it(`refuse ${what}`, () => {
      assert.isFalse(valid(dedent(yaml), "group.json"))
    })
  }

  it("refuse a product without files", () => {
    assert.isTrue(valid("products: { a: { title: A, files: [a.yaml] } }", "catalog.json"))
    assert.isFalse(valid("products: { a: { title: A } }", "catalog.json"))
    assert.isFalse(valid("products: { A: { title: A, files: [a.yaml] } }", "catalog.json"))
  })

  it("refuse what is missing without a path or a reason", () => {
    const root = (missing: string): string => `products: { a: { title: A, files: [a.yaml] } }\nmissing: ${missing}`
    assert.isTrue(valid(root("[{ path: /a, why: closed }]"), "catalog.json"))
    for (const missing of ["[{ path: /a }]", "[{ why: closed }]", "[{ path: a, why: closed }]", "[]", "/a"])
      assert.isFalse(valid(root(missing), "catalog.json"), missing)
  })
})
