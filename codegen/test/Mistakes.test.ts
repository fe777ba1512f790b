import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Files } from "./fixtures.ts"
import { dedent, mistakesOf } from "./fixtures.ts"

type Row = readonly [what: string, yaml: string, ...said: ReadonlyArray<string>]

/** One row, one mistake: what it is, the file `x.yaml`, and what is said about it. */
const rows = (title: string, all: ReadonlyArray<Row>, frame: (yaml: string) => string = dedent) =>
  describe(title, () => {
    for (const [what, yaml, ...said] of all) {
      it.effect(what, () =>
        Effect.map(mistakesOf({ "x.yaml": frame(yaml) }, "x.yaml"), (mistakes) =>
          assert.deepStrictEqual(
            mistakes,
            said.map((each) => `x.yaml:${each}`)
          )
        )
      )
    }
  })

const indented = (yaml: string, by: number) => dedent(yaml).replaceAll(/^(?=.)/gm, " ".repeat(by))

/** The keys of an endpoint, from line 4 and column 5 on. */
const endpoint = (yaml: string) => `group: X\napis:\n  call:\n${indented(yaml, 4)}`

/** Fields of a body, from line 7 and column 7 on. */
const body = (yaml: string) => endpoint(`summary: Calls.\npost: /x\nbody:\n${indented(yaml, 2)}`)

/** Fields of an answer, from line 7 and column 7 on. */
const answer = (yaml: string) => endpoint(`summary: Calls.\nget: /x\nreturns:\n${indented(yaml, 2)}`)

rows("a group", [
  ["an empty file", "", "1:1 an empty file; expected a catalog, with `products` or a `group`"],
  ["no map", "- group", "1:1 a list; expected a map with `group`, `doc`, `host`, `auth`, `apis`, `types`"],
  ["no group", "apis: { a: { summary: A., get: /a } }", "1:1 `group` is missing; expected the name of the module"],
  ["no endpoints", "group: X", "1:1 `apis` is missing; expected the endpoints"],
  ["an empty map of endpoints", "group: X\napis: {}", "2:1 apis: no endpoints; expected at least one"],
  [
    "a group that is not in PascalCase",
    "group: qrCode\napis: { a: { summary: A., get: /a } }",
    "1:8 group: the group name `qrCode`; expected PascalCase"
  ],
  [
    "a group that would hide a generated file",
    "group: Registry\napis: { a: { summary: A., get: /a } }",
    "1:8 group: the group `Registry` would hide a generated file; expected another name"
  ],
  [
    "an unknown key, with the nearest one",
    "group: X\nhots: a.b\napis: { a: { summary: A., get: /a } }",
    "2:1 hots: unknown key `hots`; expected `host`"
  ],
  [
    "an unknown key that is near to none",
    "group: X\nversion: 1\napis: { a: { summary: A., get: /a } }",
    "2:1 version: unknown key `version`; expected `group`, `doc`, `host`, `auth`, `apis`, `types`"
  ],
  [
    "a key twice",
    "group: X\ngroup: Y\napis: { a: { summary: A., get: /a } }",
    "2:1 group: `group` twice; expected it once"
  ],
  [
    "a page address with an unknown placeholder",
    "group: X\ndoc: https://a.b/{nmae}\napis: { a: { summary: A., get: /a } }",
    "2:6 doc: the page `https://a.b/{nmae}`; expected an address, with `{name}` or `{snake}` where the endpoint's name stands"
  ],
  [
    "a host that is an address",
    "group: X\nhost: https://a.b/\napis: { a: { summary: A., get: /a } }",
    "2:7 host: the host `https://a.b/`; expected only its name, such as `mp.weixin.qq.com`"
  ],
  [
    "a name that is not in lower camel case",
    "group: X\napis: { Call: { summary: A., get: /a } }",
    "2:9 apis.Call: the name `Call`; expected a name in lower camel case"
  ],
  [
    "a name twice",
    "group: X\napis:\n  a: { summary: A., get: /a }\n  a: { summary: A., get: /b }",
    "4:3 apis.a: `a` twice; expected every name once"
  ],
  [
    "the same call twice",
    "group: X\napis:\n  a: { summary: A., get: /a }\n  b: { summary: A., get: /a }\n  c: { summary: A., get: /a, auth: none }",
    "4:3 apis.b: the same call as `X.a`; expected another path, token, constant or kind of answer"
  ],
  [
    "a comment that documents nothing",
    "group: X\napis:\n  a:\n    summary: A.\n      # lost\n    get: /a",
    "5:7 a comment that documents nothing; expected it behind a key, or above one in the same column"
  ]
])

rows(
  "an endpoint",
  [
    [
      "no summary",
      "get: /x",
      "3:3 apis.call: `summary` is missing; expected one sentence that says what the call does"
    ],
    [
      "a summary without a period",
      "summary: Calls\nget: /x",
      "4:14 apis.call.summary: a summary without a period; expected a sentence"
    ],
    ["no path", "summary: Calls.", "3:3 apis.call: neither `get` nor `post`; expected one of them"],
    ["two paths", "summary: Calls.\nget: /x\npost: /x", "6:5 apis.call.post: `get` and `post`; expected one of them"],
    [
      "a path without a slash",
      "summary: Calls.\nget: cgi-bin/x",
      "5:10 apis.call.get: the path `cgi-bin/x`; expected a leading slash and no `?`, `#` or spaces"
    ],
    [
      "a path with a query",
      "summary: Calls.\nget: /x?action=y",
      "5:10 apis.call.get: the path `/x?action=y`; expected a leading slash and no `?`, `#` or spaces"
    ],
    [
      "a page beside no page",
      "summary: Calls.\nget: /x\ndoc: api_x.html",
      "6:10 apis.call.doc: the page `api_x.html`; expected an address, a file beside the group's page, or `none` (the group has no `doc`, so there is no page to stand beside)"
    ],
    [
      "an unknown token",
      "summary: Calls.\nget: /x\nauth: componnet",
      "6:11 apis.call.auth: the token `componnet`; expected `component`"
    ],
    [
      "a safe that is neither",
      "summary: Calls.\nget: /x\nsafe: yes",
      "6:11 apis.call.safe: `yes`; expected `true` or `false`"
    ],
    [
      "no text where one belongs",
      "summary: [Calls.]\nget: /x\naka: []",
      "4:14 apis.call.summary: a list; expected a sentence",
      "6:10 apis.call.aka: an empty list; expected a name, or a list of names"
    ],
    [
      "an unknown key",
      "summary: Calls.\nget: /x\nretruns: { a: int }",
      "6:5 apis.call.retruns: unknown key `retruns`; expected `returns`"
    ],
    [
      "a get with a body",
      "summary: Calls.\nget: /x\nbody: { a: int }",
      "6:5 apis.call.body: a `get` that sends a body; expected `post`, or fields in `query`"
    ],
    [
      "a form and a body that is one value",
      "summary: Calls.\npost: /x\nmultipart: { a: file }\nbody: bytes",
      "7:5 apis.call.body: a form and a body that is one value; expected fields behind `body`"
    ],
    [
      "a body that is a type word",
      "summary: Calls.\npost: /x\nbody: string",
      "6:11 apis.call.body: the text `string`; expected fields, the name of a shared type, `any` or `bytes`"
    ],
    [
      "an answer that is a list",
      "summary: Calls.\nget: /x\nreturns: [string]",
      "6:14 apis.call.returns: a list; expected fields, the name of a shared type, `file` or `any`"
    ],
    [
      "an answer with no fields",
      "summary: Calls.\nget: /x\nreturns: {}",
      "6:14 apis.call.returns: no fields; expected no `returns` at all"
    ],
    [
      "an input in two places",
      "summary: Calls.\npost: /x\nquery: { a: int }\nbody: { a: int }",
      "7:13 apis.call.body.a: the input `a` in two places; expected it in one of `query`, `multipart` and `body`"
    ],
    [
      "an input `body` beside a body that is one",
      "summary: Calls.\npost: /x\nquery: { body: int }\nbody: any",
      "3:3 apis.call: the input `body` in two places; expected it in one of `query`, `multipart` and `body`"
    ],
    [
      "what cannot travel in an address",
      "summary: Calls.\nget: /x\nquery: { a: [string], b: { c: int }, d: any, e: json, f: int }",
      "6:14 apis.call.query.a: `a` cannot travel in `query` as it is; expected text, a joined list or `(json)`",
      "6:27 apis.call.query.b: `b` cannot travel in `query` as it is; expected text, a joined list or `(json)`",
      "6:42 apis.call.query.d: `d` cannot travel in `query` as it is; expected text, a joined list or `(json)`"
    ],
    [
      "what cannot travel in a form",
      "summary: Calls.\npost: /x\nmultipart: { a: [file] }",
      "6:18 apis.call.multipart.a: `a` cannot travel in `multipart` as it is; expected text, a joined list or `(json)`",
      "6:22 apis.call.multipart.a[0]: `file` outside a form; expected it as a field of `multipart`, or as `returns: file`"
    ],
    [
      "free keys in an address",
      "summary: Calls.\nget: /x\nquery: { <key>: string }",
      "6:14 apis.call.query.<key>: free keys in `query` or `multipart`; expected them in `body`"
    ],
    [
      "fields that are none",
      "summary: Calls.\nget: /x\nquery: a",
      "6:12 apis.call.query: the text `a`; expected fields"
    ]
  ],
  endpoint
)

rows(
  "a type",
  [
    ["none", "a:", "7:9 apis.call.body.a: a type is missing; expected one"],
    [
      "an unknown word, with the nearest one",
      "a: strng",
      "7:10 apis.call.body.a: unknown type `strng`; expected `string`"
    ],
    [
      "an unknown word that is near to none",
      "a: picture",
      "7:10 apis.call.body.a: unknown type `picture`; expected a type word, literals such as `a | b`, or a shared type"
    ],
    [
      "an unknown shared type",
      "a: Player",
      "7:10 apis.call.body.a: unknown type `Player`; expected a shared type of this file or of the root file"
    ],
    ["a literal for a constant", "a: 10", "7:10 apis.call.body.a: `10` is no type; expected `= 10` for a constant"],
    ["a list of no types", "a: []", "7:10 apis.call.body.a: a list of 0 types; expected one, the type of its items"],
    [
      "a list of two types",
      "a: [string, int]",
      "7:10 apis.call.body.a: a list of 2 types; expected one, the type of its items"
    ],
    ["a list of nothing", "a:\n  -", "8:10 apis.call.body.a[0]: a type is missing; expected one"],
    [
      "literals of two kinds",
      "a: 1 | b",
      "7:10 apis.call.body.a: texts and numbers in one list of literals; expected one kind (quotes make a number a text)"
    ],
    ["a literal twice", "a: x | y | x", "7:10 apis.call.body.a: `x` twice in a list of literals; expected it once"],
    ["literals with a hole", "a: x | | y", "7:10 apis.call.body.a: `x | | y` is no list of literals; expected `a | b`"],
    [
      "one type or another",
      "a: string | int",
      "7:10 apis.call.body.a: `string | int` offers one type or another; expected one type, or quotes around literals"
    ],
    [
      "a literal with a fraction",
      "a: 1.5 | 2",
      "7:10 apis.call.body.a: `1.5` is no whole number; expected quotes around it if it is a text"
    ],
    [
      "an open quote",
      `a: "x | y`,
      '8:1 not YAML: Missing closing "quote; expected text with a comma or quote on a line of its own, not inside { }'
    ],
    [
      "a constant with an open quote",
      `a: = "x`,
      '7:10 apis.call.body.a: `"x` cannot be read; expected a type, with every quote closed'
    ],
    [
      "a constant that is a truth value",
      "a: = true",
      "7:10 apis.call.body.a: the constant `true`; expected quotes around it, or `bool = true`"
    ],
    ["a constant of nothing", "a: =", "7:10 apis.call.body.a: nothing stands behind `=`; expected a value"],
    [
      "a constant that may be left out",
      "a?: = x",
      "7:7 apis.call.body.a?: `?` on a field that is sent without being given; expected `a`"
    ],
    [
      "a default that may be left out",
      "a?: int = 1",
      "7:7 apis.call.body.a?: `?` on a field that is sent without being given; expected `a`"
    ],
    ["a default of another type", "a: int = x", "7:10 apis.call.body.a: the default `x`; expected a whole number"],
    [
      "a default that is no truth value",
      "a: flag = 1",
      "7:10 apis.call.body.a: the default `1`; expected `true` or `false`"
    ],
    [
      "a default that is none of the literals",
      "a: x | y = z",
      "7:10 apis.call.body.a: `z` is none of the literals; expected one of them"
    ],
    [
      "a default of something that has none",
      "a: any = 1",
      "7:10 apis.call.body.a: a default of something that has none; expected it behind text, a number, a truth value or literals"
    ],
    [
      "a constant in a list",
      "a: [= x]",
      "7:11 apis.call.body.a[0]: a constant or default of something that is no field; expected a type"
    ],
    [
      "a joined list without a separator",
      "a: int joined",
      '7:10 apis.call.body.a: a list that is joined with nothing; expected `joined ","`'
    ],
    [
      "a joined list of objects",
      'a: Player joined ","',
      "7:10 apis.call.body.a: a joined list of something that is no text; expected a type word or literals before `joined`"
    ],
    ["what nobody fills in", "a: $appdi", "7:10 apis.call.body.a: nothing fills in `$appdi`; expected `$appid`"],
    [
      "what is filled in inside an object",
      "a: { b: $appid }",
      "7:12 apis.call.body.a.b: `$appid` inside an object; expected it at the top of an input"
    ],
    ["bytes as a field", "a: bytes", "7:10 apis.call.body.a: `bytes` as a field; expected it as `body: bytes`"],
    [
      "a file outside a form",
      "a: file",
      "7:10 apis.call.body.a: `file` outside a form; expected it as a field of `multipart`, or as `returns: file`"
    ],
    [
      "an error field in an input",
      "a: errcode",
      "7:7 apis.call.body.a: an error field in an input; expected it in `returns`"
    ],
    [
      "an exclamation mark in an input",
      "a!: int",
      "7:7 apis.call.body.a!: `!` in an input; expected `a`: it is required"
    ],
    ["a field twice", "a: int\na?: string", "8:7 apis.call.body.a?: the field `a` twice; expected it once"],
    [
      "a name that is none",
      "a b: int\n?: int",
      "7:7 apis.call.body.a b: the field name `a b`; expected a name, `name?`, `name!`, `...` or `<key>`",
      "8:7 apis.call.body.?: the field name `?`; expected a name, `name?`, `name!`, `...` or `<key>`"
    ],
    [
      "a name that JavaScript keeps for itself",
      "__proto__: int",
      "7:7 apis.call.body.__proto__: the field name `__proto__`; expected a name, `name?`, `name!`, `...` or `<key>`"
    ],
    [
      "JSON text beside other fields",
      "a: { (json): int, b: int }",
      "7:12 apis.call.body.a.(json): `(json)` beside other fields; expected it alone in the map of a field"
    ],
    [
      "a spread of something that is no name",
      "...: string",
      "7:7 apis.call.body....: the text `string` behind `...`; expected the name of a shared type"
    ]
  ],
  body
)

rows(
  "an answer",
  [
    [
      "a list that may be absent",
      "a?: [string]",
      "7:7 apis.call.returns.a?: `?` on a list in `returns`; expected `a`: it reads as empty where it is absent"
    ],
    ["a default", "a: int = 1", "7:7 apis.call.returns.a: a default of `a` in `returns`; expected it in inputs only"],
    ["what is filled in", "a: $appid", "7:7 apis.call.returns.a: `$appid` in `returns`; expected it in inputs only"],
    [
      "two error codes",
      "a: errcode\nb: { c: errcode }",
      "8:12 apis.call.returns.b.c: `errcode` twice in one answer; expected it once"
    ],
    [
      "an error code in a list",
      "a: [{ b: errcode }]",
      "7:13 apis.call.returns.a[0].b: `errcode` inside a list or JSON text; expected it in an object of the answer"
    ],
    [
      "the usual error field as an ordinary one",
      "errcode: int\na: int",
      "7:7 apis.call.returns.errcode: `errcode` is taken out of every answer; expected the type `errcode`, or no field"
    ]
  ],
  answer
)

rows("shared types", [
  [
    "a name that is not in PascalCase",
    "group: X\napis: { a: { summary: A., get: /a } }\ntypes:\n  player: { a: int }",
    "4:3 types.player: the name `player`; expected a name in PascalCase"
  ],
  [
    "a type that nobody uses, not even through another that nobody uses",
    "group: X\napis: { a: { summary: A., get: /a } }\ntypes:\n  A: { b: B }\n  B: { a?: A }",
    "4:3 types.A: nobody uses the type `A`; expected an endpoint that does, or no type",
    "5:3 types.B: nobody uses the type `B`; expected an endpoint that does, or no type"
  ],
  [
    "a type that contains itself without end",
    "group: X\napis: { a: { summary: A., get: /a, returns: A } }\ntypes:\n  A: { b: B }\n  B: { a: A, list: [B] }",
    "4:3 types.A: `A` contains itself without end; expected `?` or a list on the way",
    "5:3 types.B: `B` contains itself without end; expected `?` or a list on the way"
  ],
  [
    "a type that is itself",
    "group: X\napis: { a: { summary: A., get: /a, query: { b: A }, returns: { c: B }, page: { items: c, number: b } } }\ntypes:\n  A: A\n  B:\n    (json): B",
    "2:87 apis.a.page.items: `c` is no list; expected one",
    "2:98 apis.a.page.number: `b` cannot say where a page begins; expected a text or a number for `number`",
    "4:3 types.A: `A` contains itself without end; expected `?` or a list on the way",
    "5:3 types.B: `B` contains itself without end; expected `?` or a list on the way"
  ],
  [
    "a type that is spread into itself",
    "group: X\napis: { a: { summary: A., get: /a, returns: A } }\ntypes:\n  A: { ...: B }\n  B: { ...: A }",
    "4:13 types.A....: `B` is spread into itself; expected another type",
    "5:13 types.B....: `A` is spread into itself; expected another type"
  ],
  [
    "a spread of something that is no object",
    "group: X\napis: { a: { summary: A., get: /a, returns: { ...: A, b: int } } }\ntypes:\n  A: [int]",
    "2:52 apis.a.returns....: `A` is no object; expected one"
  ],
  [
    "two spreads",
    "group: X\napis: { a: { summary: A., get: /a, returns: { ...: A, ...: B } } }\ntypes:\n  A: { c: int }\n  B: { c: int }",
    "2:60 apis.a.returns....: the field `...` twice; expected it once"
  ],
  [
    "a body that is no object",
    "group: X\napis: { a: { summary: A., post: /a, body: A } }\ntypes:\n  A: [int]",
    "2:43 apis.a.body: `A` is no object; expected one"
  ],
  [
    "an answer's list that may be absent, in a type that no input uses",
    "group: X\napis: { a: { summary: A., get: /a, returns: A } }\ntypes:\n  A: { b?: [int] }",
    "4:8 types.A.b?: `?` on a list in `returns`; expected `b`: it reads as empty where it is absent"
  ],
  [
    "what is filled in, in a type that an answer uses",
    "group: X\napis: { a: { summary: A., post: /a, body: A, returns: { a: A } } }\ntypes:\n  A: { b: $appid }",
    "4:8 types.A.b: `$appid` in `returns`; expected it in inputs only"
  ],
  [
    "a name that an endpoint's input has",
    "group: X\napis: { get: { summary: A., post: /a, body: { a: GetInput } } }\ntypes:\n  GetInput: { b: int }",
    "4:3 types.GetInput: the name `GetInput` is taken in the generated file; expected another name for what leads to it"
  ],
  [
    "a name that the output itself needs",
    "group: X\napis: { get: { summary: A., post: /a, body: { a: Wire } } }\ntypes:\n  Wire: { b: int }",
    "4:3 types.Wire: the name `Wire` is taken in the generated file; expected another name for what leads to it"
  ]
])

rows(
  "variants",
  [
    [
      "no field of that name",
      "type: string\ndetails: { (by kind): { a: { b: int } } }",
      "8:18 apis.call.returns.details.(by kind): `(by kind)` names no field; expected one of an enclosing object"
    ],
    [
      "a field that cannot tell",
      "type: float\ndetails: { (by type): { 1: { b: int } } }",
      "8:18 apis.call.returns.details.(by type): `type` cannot tell shapes apart; expected a field of type `int`, `string` or literals"
    ],
    [
      "a value that the field does not have",
      "type: 1 | 2\ndetails: { (by type): { 3: { b: int } } }",
      "8:31 apis.call.returns.details.(by type).3: `3` is no value of `type`; expected one"
    ],
    [
      "a value twice",
      "type: int\ndetails: { (by type): { 3: { b: int }, 3: { c: int } } }",
      "8:46 apis.call.returns.details.(by type).3: `3` twice; expected every name once"
    ],
    [
      "no values",
      "type: int\ndetails: { (by type): { (else): { b: int } } }",
      "8:18 apis.call.returns.details.(by type): no shapes; expected one for each value of `type`"
    ]
  ],
  answer
)

const paged = (yaml: string) =>
  endpoint(
    `summary: Calls.\npost: /x\nbody: { offset: int = 0, inner?: { a: int }, key?: string }\nreturns: { list: [int], total: string, more: int, next: { key: string }, o: [{ a: int }] }\npage: ${yaml}`
  )

rows(
  "pages",
  [
    ["no list", "{ offset: offset }", "8:5 apis.call.page: `items` is missing; expected the list in the answer"],
    [
      "no way to the next page",
      "{ items: list }",
      "8:5 apis.call.page: no way to the next page; expected `offset`, `number` or `cursor`"
    ],
    [
      "two ways to the next page",
      "{ items: list, offset: offset, cursor: key }",
      "8:42 apis.call.page.cursor: `offset`, `cursor`; expected one of them"
    ],
    [
      "a list that is not there",
      "{ items: lists, offset: offset }",
      "8:20 apis.call.page.items: `lists` names no field of the answer at `lists`; expected `list`"
    ],
    [
      "a list that is none",
      "{ items: next.key, offset: offset }",
      "8:20 apis.call.page.items: `next.key` is no list; expected one"
    ],
    [
      "a way through a list",
      "{ items: o.a, offset: offset }",
      "8:20 apis.call.page.items: `o.a` names no field of the answer at `a`; expected an object before it"
    ],
    [
      "an input that is not there",
      "{ items: list, offset: ofset }",
      "8:34 apis.call.page.offset: `ofset` names no field of the input; expected `offset`"
    ],
    [
      "an input that is no number",
      "{ items: list, number: inner }",
      "8:34 apis.call.page.number: `inner` cannot say where a page begins; expected a text or a number for `number`"
    ],
    [
      "a cursor that is not in the answer",
      "{ items: list, cursor: key }",
      "8:34 apis.call.page.cursor: `key` names no field of the answer at `key`; expected a field of the answer"
    ],
    [
      "a cursor that is none",
      "{ items: list, cursor: key from next }",
      "8:34 apis.call.page.cursor: `next` of the answer is no cursor; expected a text or a number"
    ],
    [
      "an offset from the answer",
      "{ items: list, offset: offset from next.key }",
      "8:34 apis.call.page.offset: `offset from next.key`; expected a field of the input"
    ],
    [
      "a total that is no number",
      "{ items: list, offset: offset, total: total }",
      "8:49 apis.call.page.total: `total` is not a number; expected a number"
    ],
    [
      "a sign that is neither true nor false",
      "{ items: list, offset: offset, more: more }",
      "8:48 apis.call.page.more: `more` is not true or false; expected true or false"
    ],
    [
      "an unknown key",
      "{ items: list, offset: offset, totl: total }",
      "8:42 apis.call.page.totl: unknown key `totl`; expected `total`"
    ]
  ],
  paged
)

rows("YAML", [
  ["a tab", "group: X\napis:\n\ta: 1", "3:1 not YAML: Tabs are not allowed as indentation"],
  [
    "a comma inside a map on one line",
    'group: X\napis: { a: { summary: A., get: /a, query: { b: int joined "," } } }',
    "3:1 not YAML: Flow map in block collection must be sufficiently indented and end with a }",
    '3:1 not YAML: Missing closing "quote; expected text with a comma or quote on a line of its own, not inside { }'
  ],
  [
    "an anchor and an alias",
    "group: X\napis:\n  a: { summary: A., get: /a, query: &q { b: int } }\n  b: { summary: B., get: /b, query: *q }",
    "3:40 apis.a.query: a YAML anchor; expected none: what is shared stands in `types`",
    "4:37 apis.b.query: a YAML alias; expected the name of a shared type",
    "4:37 apis.b.query: nothing; expected fields"
  ],
  ["a tag", "group: !name X\napis: { a: { summary: A., get: /a } }", "1:14 group: a YAML tag; expected none"],
  [
    "a key that is no text",
    "group: X\n? [a]\n: 1\napis: { a: { summary: A., get: /a } }",
    "2:3 a key that is no text; expected a name"
  ],
  [
    "two documents",
    "group: X\napis: { a: { summary: A., get: /a } }\n---\ngroup: Y",
    "3:1 a second YAML document; expected one in a file"
  ]
])

describe("a root file", () => {
  const file = "group: A\napis: { a: { summary: A., get: /a } }\n"
  const other = "group: A\napis: { b: { summary: B., get: /b } }\n"
  const table: ReadonlyArray<readonly [what: string, files: Files, ...said: ReadonlyArray<string>]> = [
    ["no file at all", {}, "apis.yaml:1:1 `apis.yaml`: there is no such file; expected a file"],
    ["no products", { "apis.yaml": "host: a.b\n" }, "apis.yaml:1:1 `products` is missing; expected a map of products"],
    [
      "a product without title and files",
      { "apis.yaml": "products:\n  a: {}\n" },
      "apis.yaml:2:3 products.a: `files` is missing; expected a list of group files",
      "apis.yaml:2:3 products.a: `title` is missing; expected what the product is called"
    ],
    [
      "a product with a capital",
      { "apis.yaml": "products:\n  A: { title: A, files: [a.yaml] }\n", "a.yaml": file },
      "apis.yaml:2:3 products.A: the name `A`; expected a name in lower case"
    ],
    [
      "a file that is missing",
      { "apis.yaml": "products:\n  a: { title: A, files: [a.yaml, b.yaml] }\n", "a.yaml": file },
      "apis.yaml:2:34 products.a.files[1]: `b.yaml`: there is no such file; expected a file"
    ],
    [
      "a file twice",
      { "apis.yaml": "products:\n  a: { title: A, files: [a.yaml, ./a.yaml] }\n", "a.yaml": file },
      "apis.yaml:2:34 products.a.files[1]: `./a.yaml` twice; expected every file once"
    ],
    [
      "an absolute path",
      { "apis.yaml": "products:\n  a: { title: A, files: [/a.yaml] }\n", "/a.yaml": file },
      "apis.yaml:2:26 products.a.files[0]: the path `/a.yaml`; expected one that is relative to this file"
    ],
    [
      "two groups of one name in a product",
      { "apis.yaml": "products:\n  a: { title: A, files: [a.yaml, b.yaml] }\n", "a.yaml": file, "b.yaml": other },
      "b.yaml:1:8 group: the group `A` also stands in a.yaml; expected another name"
    ],
    [
      "the same call in two files",
      {
        "apis.yaml": "products:\n  a: { title: A, files: [a.yaml] }\n  b: { title: B, files: [b.yaml] }\n",
        "a.yaml": file,
        "b.yaml": file
      },
      "b.yaml:2:9 apis.a: the same call as `a.A.a`; expected another path, token, constant or kind of answer"
    ],
    [
      "something missing without a path or a reason",
      {
        "apis.yaml": "products:\n  a: { title: A, files: [a.yaml] }\nmissing: [{ path: /b }, { why: closed }, /c]\n",
        "a.yaml": file
      },
      "apis.yaml:3:11 missing[0]: `why` is missing; expected why it is missing",
      "apis.yaml:3:25 missing[1]: `path` is missing; expected a path",
      "apis.yaml:3:42 missing[2]: the text `/c`; expected a map with `path`, `why`"
    ],
    [
      "an empty list of what is missing",
      { "apis.yaml": "products:\n  a: { title: A, files: [a.yaml] }\nmissing: []\n", "a.yaml": file },
      "apis.yaml:3:10 missing: an empty list; expected a list of maps with `path` and `why`"
    ],
    [
      "something that is no longer missing, is no path, or is missing twice",
      {
        "apis.yaml":
          "products:\n  a: { title: A, files: [a.yaml] }\nmissing:\n  - { path: /a, why: no }\n  - { path: b, why: no }\n  - { path: /c, why: no }\n  - { path: /c, why: no }\n",
        "a.yaml": file
      },
      "apis.yaml:4:13 missing[0].path: `/a` is no longer missing: it is `a.A.a`; expected a path that no endpoint has",
      "apis.yaml:5:13 missing[1].path: the path `b`; expected a leading slash and no `#` or spaces",
      "apis.yaml:7:13 missing[3].path: `/c` twice; expected every path once"
    ],
    [
      "a shared type that nobody uses",
      { "apis.yaml": "products:\n  a: { title: A, files: [a.yaml] }\ntypes:\n  T: { a: int }\n", "a.yaml": file },
      "apis.yaml:4:3 types.T: nobody uses the type `T`; expected an endpoint that does, or no type"
    ],
    [
      "a shared type that also stands in a group",
      {
        "apis.yaml": "products:\n  a: { title: A, files: [a.yaml] }\ntypes:\n  T: { a: int }\n",
        "a.yaml": "group: A\napis: { a: { summary: A., get: /a, returns: T } }\ntypes:\n  T: { a: int }\n"
      },
      "a.yaml:4:3 types.T: the type `T` also stands in the root file; expected another name",
      "apis.yaml:4:3 types.T: nobody uses the type `T`; expected an endpoint that does, or no type"
    ],
    [
      "a shared type that uses one of a group",
      {
        "apis.yaml": "products:\n  a: { title: A, files: [a.yaml] }\ntypes:\n  T: { a: U }\n",
        "a.yaml": "group: A\napis: { a: { summary: A., get: /a, returns: { t: T, u: U } } }\ntypes:\n  U: { a: int }\n"
      },
      "apis.yaml:4:11 types.T.a: unknown type `U`; expected `T`"
    ],
    [
      "bytes that are no UTF-8",
      { "apis.yaml": Uint8Array.of(0x61, 0x3a, 0x0a, 0x20, 0xc3, 0x28) },
      "apis.yaml:2:2 bytes that are no UTF-8; expected UTF-8 text"
    ],
    [
      "mistakes of several files, in the order of files and lines, and no guesses about types while files do not read",
      {
        "apis.yaml": "products:\n  a: { title: A, files: [b.yaml, a.yaml] }\ntypes:\n  T: { a: int }\n",
        "a.yaml": "group: A\napis:\n  b: { summary: B, get: b }\n  a: { summary: A., get: /a, returns: { a: Q } }\n",
        "b.yaml": "group: [\n"
      },
      "a.yaml:3:17 apis.b.summary: a summary without a period; expected a sentence",
      "a.yaml:3:25 apis.b.get: the path `b`; expected a leading slash and no `?`, `#` or spaces",
      "a.yaml:4:44 apis.a.returns.a: unknown type `Q`; expected `T`",
      "b.yaml:2:1 not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]"
    ]
  ]
  for (const [what, files, ...said] of table) {
    it.effect(what, () => Effect.map(mistakesOf(files), (mistakes) => assert.deepStrictEqual(mistakes, said)))
  }
})
