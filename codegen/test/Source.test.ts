import { assert, describe, it } from "@effect/vitest"
import * as Source from "../src/Source.ts"
import { dedent } from "./fixtures.ts"

/** The notes of all keys, by their paths. */
const notes = (node: Source.Node | undefined): Readonly<Record<string, string>> => {
  if (node?._tag === "List") return Object.assign({}, ...node.items.map(notes))
  if (node?._tag !== "Map") return {}
  const own = node.entries.flatMap(({ at, note }) => (note.length === 0 ? [] : [[at.path, note.join(" / ")]]))
  return Object.assign(Object.fromEntries(own), ...node.entries.map(({ value }) => notes(value)))
}

const read = (yaml: string) => Source.parse("x.yaml", dedent(yaml))

describe("comments", () => {
  const belong = (what: string, yaml: string, expected: Readonly<Record<string, string>>) =>
    it(what, () => {
      const { mistakes, root } = read(yaml)
      assert.deepStrictEqual(mistakes, [])
      assert.deepStrictEqual(notes(root), expected)
    })

  belong("behind a key", "a: 1  # one\nb:  # two\n  c: 3  # three", { a: "one", b: "two", "b.c": "three" })
  belong("above a key", "# one\n# more\na: 1\nb:\n  # two\n  c: 3", { a: "one / more", "b.c": "two" })
  belong("above and behind", "# one\na: 1  # two", { a: "one / two" })
  belong("behind a map on one line", "a: { b: 1, c: { d: 2 } }  # all", { a: "all" })
  belong("behind the first field of an item", "a:\n  - b: 1  # first\n    c: 2", { "a[0].b": "first" })
  belong("behind the end of a map or text on several lines", "a: {\n  b: 1\n  }  # map\nb: x\n  y  # text", {
    a: "map",
    b: "text"
  })
  belong("behind and above the items of a list", "a:\n  - b  # item\nc:\n  # above\n  - d: 1", {
    a: "item",
    c: "above"
  })
  belong("without the space after the sign", "a: 1  #one", { a: "one" })
  belong("with an empty line below, to nothing", "# A remark.\n\na: 1\n\n# Another.", {})
  belong("with a sign inside a text, to nothing", "a: b#c\nd: '# e'", {})

  it("are no comments where they document nothing", () => {
    assert.deepStrictEqual(
      read("a:\n  b: 1\n    # lost\nc: 2").mistakes.map(({ column, line }) => [line, column]),
      [[3, 5]]
    )
  })
})

describe("nesting", () => {
  const deep = (levels: number) => `a: ${"[".repeat(levels)}x${"]".repeat(levels)}`
  const said = (levels: number) => Source.parse("x.yaml", deep(levels)).mistakes.map(({ message }) => message)

  it("has an end", () => {
    assert.deepStrictEqual(said(60), [])
    assert.deepStrictEqual(said(100), ["nested too deep; expected at most 64 levels"])
    assert.deepStrictEqual(said(20_000), ["nested too deep; expected at most 64 levels"])
  })
})
