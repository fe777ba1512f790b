import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Changelog from "../src/Changelog.ts"
import * as Diff from "../src/Diff.ts"
import { dedent, model } from "./fixtures.ts"

type Row = readonly [what: string, before: string, after: string, ...said: ReadonlyArray<string>]

/** The lines of the changelog that say something. */
const said = (before: string, after: string) =>
  Effect.gen(function* () {
    const [old, now] = yield* Effect.all([model({ "x.yaml": before }, "x.yaml"), model({ "x.yaml": after }, "x.yaml")])
    const changes = Diff.changes(old, now)
    return Changelog.markdown(changes)
      .split("\n")
      .filter((line) => line.startsWith("- "))
      .map((line) => line.slice(2))
  })

/** One row: what changes, how it was, how it is, and what is said about it. */
const rows = (title: string, all: ReadonlyArray<Row>, frame: (yaml: string) => string) =>
  describe(title, () => {
    for (const [what, before, after, ...lines] of all) {
      it.effect(what, () =>
        Effect.map(said(frame(before), frame(after)), (found) => assert.deepStrictEqual(found, lines))
      )
    }
  })

rows(
  "an endpoint",
  [
    ["stays", "a: { summary: A., get: /a }", "a: { summary: A., get: /a }"],
    [
      "is added",
      "a: { summary: A., get: /a }",
      "a: { summary: A., get: /a }\n  b: { summary: Does b., post: /b }",
      "compatible · `X.b` `POST /b`: Does b."
    ],
    [
      "is removed",
      "a: { summary: A., get: /a }\n  b: { summary: B., post: /b }",
      "a: { summary: A., get: /a }",
      "**breaking** · `X.b` `POST /b`"
    ],
    ["is renamed", "a: { summary: A., get: /a }", "b: { summary: A., get: /a }", "**breaking** · `X.a` → `X.b`"],
    [
      "swaps its name with another",
      "a: { summary: A., get: /a }\n  b: { summary: A., get: /b }",
      "b: { summary: A., get: /a }\n  a: { summary: A., get: /b }",
      "**breaking** · `X.a` → `X.b`",
      "**breaking** · `X.b` → `X.a`"
    ],
    [
      "gives its name to another",
      "a: { summary: A., get: /a }",
      "a: { summary: N., get: /new }\n  b: { summary: A., get: /a }",
      "compatible · `X.a` `GET /new`: N.",
      "**breaking** · `X.a` → `X.b`"
    ],
    [
      "keeps its name beside one on the same path that a constant tells apart",
      "a: { summary: A., get: /a, query: { do: = a } }",
      "b: { summary: B., get: /a, query: { do: = b } }\n  a: { summary: A., get: /a, query: { do: = a } }",
      "compatible · `X.b` `GET /a`: B."
    ],
    [
      "is deprecated",
      "a: { summary: A., get: /a }",
      "a: { summary: A., get: /a, deprecated: use b }",
      "compatible · `X.a`: use b"
    ],
    [
      "is no longer deprecated",
      "a: { summary: A., get: /a }  # deprecated",
      "a: { summary: A., get: /a }",
      "compatible · no longer deprecated"
    ],
    [
      "moves to another path, method or host",
      "a: { summary: A., get: /a }",
      "a: { summary: A., post: /b, host: mp.weixin.qq.com, safe: true }",
      "compatible · call: `GET api.weixin.qq.com/a` → `POST mp.weixin.qq.com/b`",
      "compatible · body: `none` → `json`"
    ],
    [
      "takes another token",
      "a: { summary: A., get: /a }",
      "a: { summary: A., get: /a, auth: component }",
      "**breaking** · token: `access_token` → `component`"
    ],
    [
      "says something else about itself",
      "a: { summary: A., get: /a }",
      "a: { summary: Does a., get: /a, safe: false, doc: https://a.b }",
      "compatible · safe: `true` → `false`",
      "compatible · summary: A. → Does a.",
      "compatible · official page: `none` → `https://a.b`"
    ],
    [
      "answers where it did not",
      "a: { summary: A., get: /a }",
      "a: { summary: A., get: /a, returns: { b: int } }",
      "compatible · answer: `nothing` → `object`"
    ],
    [
      "answers a file in place of an object",
      "a: { summary: A., get: /a, returns: { b: int } }",
      "a: { summary: A., get: /a, returns: file }",
      "**breaking** · answer: `object` → `file`"
    ],
    [
      "comes in pages",
      "a: { summary: A., get: /a, query: { p: int }, returns: { l: [int] } }",
      "a: { summary: A., get: /a, query: { p: int }, returns: { l: [int] }, page: { items: l, number: p } }",
      "compatible · page: `none` → `{ items: l, number: p }`"
    ],
    [
      "comes in pages no longer",
      "a: { summary: A., get: /a, query: { p: int }, returns: { l: [int] }, page: { items: l, number: p } }",
      "a: { summary: A., get: /a, query: { p: int }, returns: { l: [int] } }",
      "**breaking** · page: `{ items: l, number: p }` → `none`"
    ]
  ],
  (apis) => `group: X\napis:\n  ${apis}\n`
)

rows(
  "an input",
  [
    ["is added", "a: int", "a: int\nb?: int", "compatible · input `b` added: `b?: int`"],
    ["is added and required", "a: int", "a: int\nb: int", "**breaking** · input `b` added: `b: int`"],
    ["is added with a default", "a: int", "a: int\nb: int = 1", "compatible · input `b` added: `b: int = 1`"],
    ["vanishes", "a: int\nb?: int", "a: int", "**breaking** · input `b` removed: `b?: int`"],
    ["becomes required", "a?: int", "a: int", "**breaking** · input `a` is required now"],
    ["becomes optional", "a: int", "a?: int", "compatible · input `a` may be left out now"],
    [
      "gets a default",
      "a: int",
      "a: int = 1",
      "compatible · input `a` may be left out now",
      "compatible · input `a`: sent when left out, nothing → `= 1`"
    ],
    ["changes its type", "a: int", "a: string", "**breaking** · input `a`: `int` → `string`"],
    ["changes only on the wire", "a: string", "a: id64", "compatible · input `a`: `string` → `id64`"],
    ["takes anything now", "a: int", "a: any", "compatible · input `a`: `int` → `any`"],
    ["gains a literal", "a: x | y", "a: x | y | z", "compatible · input `a`: also `z`"],
    ["loses a literal", "a: x | y | z", "a: x | y", "**breaking** · input `a`: no longer `z`"],
    ["has its literals in another order", "a: x | y", "a: y | x"],
    ["exchanges a literal", "a: x | y", "a: x | z", "**breaking** · input `a`: no longer `y`, also `z`"],
    ["takes any text in place of literals", "a: x | y", "a: string", "compatible · input `a`: `x | y` → `string`"],
    ["takes literals in place of any text", "a: string", "a: x | y", "**breaking** · input `a`: `string` → `x | y`"],
    ["is another constant", "a: = x", "a: = y", "**breaking** · input `a`: `x` → `y`"],
    [
      "changes within lists and objects",
      "a: [{ b: int }]",
      "a: [{ b: bool }]",
      "**breaking** · input `a[].b`: `int` → `bool`"
    ],
    [
      "travels as JSON text",
      "a: { b: int }",
      "a: { (json): { b: int } }",
      "compatible · input `a`: `{ ... }` → `(json) { ... }`"
    ],
    ["is deprecated", "a?: int", "a?: int # deprecated since 2026", "compatible · input `a` deprecated: since 2026"]
  ],
  (fields) =>
    `group: X\napis:\n  a:\n    summary: A.\n    post: /a\n    body:\n      ${fields.replaceAll("\n", "\n      ")}\n`
)

rows(
  "an answer",
  [
    ["gains a field", "a: int", "a: int\nb: int", "compatible · answer `b` added: `b: int`"],
    ["loses a field", "a: int\nb?: int", "a: int", "**breaking** · answer `b` removed: `b?: int`"],
    ["has a field that may be absent now", "a: int", "a?: int", "**breaking** · answer `a` may be absent now"],
    ["has a field that is always there now", "a?: int", "a: int", "compatible · answer `a` is always there now"],
    ["is refused without a field", "a: int", "a!: int", "compatible · answer `a`: `a: int` → `a!: int`"],
    ["changes its type", "a: int", "a: string", "**breaking** · answer `a`: `int` → `string`"],
    ["says more of what was anything", "a: any", "a: { b: int }", "compatible · answer `a`: `any` → `{ ... }`"],
    [
      "loses a literal, of which there may be others anyway",
      "a: x | y | z",
      "a: x | y",
      "compatible · answer `a`: no longer `z`"
    ],
    [
      "gets a shape for one more value, which only adds to the one for all others",
      "t: int\nd: { (by t): { 1: { x: int }, (else): { z: int } } }",
      "t: int\nd: { (by t): { 1: { x: int }, 2: { y: int, z: int }, (else): { z: int } } }",
      "compatible · answer `(t 2).d.y` added: `y: int`"
    ],
    [
      "loses the shape for a value",
      "t: 1 | 2\nd: { (by t): { 1: { x: int }, (else): { z: int } } }",
      "t: 1 | 2\nd: { z: int }",
      "compatible · answer `(t 1).d.z` added: `z: int`",
      "**breaking** · answer `(t 1).d.x` removed: `x: int`"
    ]
  ],
  (fields) =>
    `group: X\napis:\n  a:\n    summary: A.\n    get: /a\n    returns:\n      ${fields.replaceAll("\n", "\n      ")}\n`
)

rows(
  "a shared type",
  [
    [
      "changes once for each side, however many use it",
      "{ kind: a | b | c, n: int }",
      "{ kind: a | b, m: int }",
      "**breaking** · input `kind`: no longer `c`",
      "**breaking** · input `m` added: `m: int`",
      "**breaking** · input `n` removed: `n: int`",
      "compatible · answer `kind`: no longer `c`",
      "compatible · answer `m` added: `m: int`",
      "**breaking** · answer `n` removed: `n: int`"
    ],
    [
      "may contain itself",
      "{ a?: T }",
      "{ a?: T, b?: int }",
      "compatible · input `b` added: `b?: int`",
      "compatible · answer `b` added: `b?: int`"
    ]
  ],
  (type) => `group: X
apis:
  a: { summary: A., post: /a, body: { t: T }, returns: { t: [T] } }
  b: { summary: B., post: /b, body: T, returns: T }
types:
  T: ${type}
`
)

describe("a type that gets a name", () => {
  it.effect("is the same type", () =>
    Effect.map(
      said(
        "group: X\napis:\n  a: { summary: A., get: /a, returns: { t: { b: int } } }\n",
        "group: X\napis:\n  a: { summary: A., get: /a, returns: { t: T } }\ntypes:\n  T: { b: int }\n"
      ),
      (lines) => assert.deepStrictEqual(lines, [])
    )
  )
})

describe("a changelog", () => {
  const before = dedent(`
    group: Menu
    apis:
      get: { summary: Gets., get: /get, returns: { menu: Item } }
      drop: { summary: Drops., post: /drop }
      old: { summary: Is old., get: /old }
    types:
      Item: { name: string }
  `)
  const after = dedent(`
    group: Menu
    apis:
      get: { summary: Gets the menu., get: /get, returns: { menu: Item } }
      read: { summary: Is old., get: /old }
      make: { summary: Makes., post: /make }
    types:
      Item: { name: string, url?: string }
  `)
  const changes = Effect.gen(function* () {
    const [old, now] = yield* Effect.all([model({ "x.yaml": before }, "x.yaml"), model({ "x.yaml": after }, "x.yaml")])
    return Diff.changes(old, now)
  })

  it.effect("has a section for each kind of change", () =>
    Effect.map(changes, (found) =>
      assert.strictEqual(
        Changelog.markdown(found),
        dedent(`
          # Changes

          5 changes, 2 of them breaking.

          ## Added

          - compatible · \`Menu.make\` \`POST /make\`: Makes.

          ## Removed

          - **breaking** · \`Menu.drop\` \`POST /drop\`

          ## Renamed

          - **breaking** · \`Menu.old\` → \`Menu.read\`

          ## Changed

          ### \`Menu.get\`

          - compatible · summary: Gets. → Gets the menu.

          ### Type \`Menu.Item\`

          - compatible · answer \`url\` added: \`url?: string\`
        `)
      )
    )
  )

  it.effect("says so where nothing changed", () =>
    Effect.map(model({ "x.yaml": before }, "x.yaml"), (same) =>
      assert.strictEqual(Changelog.markdown(Diff.changes(same, same)), "# Changes\n\nNo changes.\n")
    )
  )

  it.effect("is JSON for programs", () =>
    Effect.map(changes, (found) => {
      const read: unknown = JSON.parse(Changelog.json(found))
      assert.deepStrictEqual(read, {
        breaking: 2,
        changes: [
          {
            of: "endpoint",
            id: "Menu.get",
            what: "summary",
            breaking: false,
            from: "Gets.",
            to: "Gets the menu."
          },
          { of: "endpoint", id: "Menu.read", what: "renamed", breaking: true, from: "Menu.old", to: "Menu.read" },
          { of: "endpoint", id: "Menu.make", what: "added", breaking: false, to: "POST /make", summary: "Makes." },
          { of: "endpoint", id: "Menu.drop", what: "removed", breaking: true, from: "POST /drop" },
          {
            of: "field",
            within: "type",
            id: "Menu.Item",
            side: "output",
            field: "url",
            what: "added",
            breaking: false,
            to: "url?: string"
          }
        ]
      })
    })
  )
})
