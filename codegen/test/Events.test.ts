import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { registerSchema, validate } from "@hyperjump/json-schema/draft-07"
import * as Effect from "effect/Effect"
import * as fs from "node:fs"
import * as Yaml from "yaml"
import * as EventsRead from "../src/events/Read.ts"
import * as Generate from "../src/Generate.ts"
import { dedent, generate, mistakesOf } from "./fixtures.ts"
import { pushes, replies } from "./golden/events/out/Table.ts"

const here = import.meta.dirname
const core = "@wechat/core"
const golden = `${here}/golden/events/catalog/events.yaml`

// A catalog that uses all of the notation of pushes. What it makes is committed, and compiled together with these tests.
describe("the golden catalog of pushes", () => {
  it.effect("makes what is committed, the same bytes again", () =>
    Effect.map(Generate.check({ catalog: golden, out: `${here}/golden/events/out`, core }), (count) =>
      assert.strictEqual(count, 4)
    ).pipe(Effect.provide(NodeServices.layer))
  )

  it("has a table of all pushes, and one of all replies", () => {
    const names = ["text", "unsubscribe", "JOBFINISH", "list_event", "told_apart", "unpublished", "typed_as_it_is"]
    assert.deepStrictEqual(Object.keys(pushes), [...names, "asks", "asks_shortly", "ticket"])
    assert.deepStrictEqual(Object.keys(replies), ["text", "delete"])
    for (const [name, push] of Object.entries(pushes)) assert.strictEqual(name, push.name)
  })

  it("reads what it describes", () => {
    const event = { ToUserName: "gh", FromUserName: "o", CreateTime: 1, MsgType: "event" }
    const told = pushes.told_apart.codec("xml").read({ ...event, type: "2", info: { b: "x" } })
    assert.deepStrictEqual<unknown>(told, { ...event, Event: "told_apart", type: 2, info: { b: "x" } })
    const listed = pushes.list_event
      .codec("xml")
      .read({ ...event, ListEvent: { List: { openid: "o", level: "1" }, done: "1" } })
    assert.deepStrictEqual(listed.List, [{ openid: "o", level: 1 }])
    assert.deepStrictEqual(pushes.asks.reply("json").write({}), { code: 0, kind: "person" })
    assert.deepStrictEqual(pushes.asks.reply("xml").write({ code: 1 }), { code: "1", kind: "person" })
  })

  it("writes a push as it arrives in either format", () => {
    const envelope = { ToUserName: "gh", FromUserName: "o", CreateTime: 1, MsgType: "event" } as const
    const list = { ...envelope, Event: "list_event", List: [{ openid: "o", level: 2 }], done: true } as const
    assert.deepStrictEqual(pushes.list_event.codec("json").write(list), { ...list, done: 1 })
    assert.deepStrictEqual(pushes.list_event.codec("xml").write(list), {
      ...envelope,
      CreateTime: "1",
      Event: "list_event",
      ListEvent: { List: [{ openid: "o", level: "2" }], done: "1" }
    })
    const job = {
      ...envelope,
      Event: "JOBFINISH",
      MsgID: "12",
      Status: "success",
      Extra: { a: 1 },
      Pictures: ["p", "q"]
    } as const
    assert.deepInclude(pushes.JOBFINISH.codec("json").write(job), { MsgId: 12, Extra: `{"a":1}`, Pictures: "p|q" })
    assert.deepInclude(pushes.JOBFINISH.codec("xml").write(job), { MsgID: "12" })
  })

  it.effect("imports the packages that it is told to", () =>
    Effect.gen(function* () {
      const yaml = "group: One\nevents: { a: { summary: A., fields: { b: int } } }\n"
      const [one, table] = yield* generate({ "x.yaml": yaml }, "x.yaml")
      assert.deepStrictEqual([one?.path, table?.path], ["One.ts", "Table.ts"])
      assert.include(one?.text, `from "@wechat/callback/events/Event"`)
      const files = yield* Generate.files({ catalog: golden, core: "#core", callback: "#mine" }).pipe(
        Effect.provide(NodeServices.layer)
      )
      for (const { text } of files) assert.notMatch(text, /from "@wechat/)
    })
  )
})

describe("a catalog of pushes with a mistake", () => {
  const events = (yaml: string): string => `group: X\nevents:\n  a:\n${dedent(yaml).replaceAll(/^(?=.)/gm, "    ")}`
  const rows: ReadonlyArray<readonly [what: string, yaml: string, ...said: ReadonlyArray<string>]> = [
    [
      "nothing that is pushed",
      "group: X\nevents: {}",
      "2:1 events: no events; expected at least one, or the key to be left out"
    ],
    ["no group", "events: { a: { summary: A. } }", "1:1 `group` is missing; expected the name of the module"],
    [
      "endpoints beside pushes",
      "group: X\napis: { a: { summary: A., get: /a } }\nevents: { a: { summary: A. } }",
      "3:1 events: unknown key `events`; expected `group`, `doc`, `host`, `auth`, `apis`, `types`"
    ],
    [
      "an unknown key, with the nearest one",
      events("summary: A.\nfeilds: { a: int }"),
      "5:5 events.a.feilds: unknown key `feilds`; expected `fields`"
    ],
    [
      "an answer to a message",
      "group: X\nmessages: { a: { summary: A., reply: { a: int } } }",
      "2:31 messages.a.reply: unknown key `reply`; expected `summary`, `doc`, `format`, `aka`, `deprecated`, `fields`"
    ],
    [
      "no summary",
      events("format: xml"),
      "3:3 events.a: `summary` is missing; expected one sentence that says what it tells"
    ],
    [
      "a name that no value on the wire has",
      "group: X\nevents: { a-b: { summary: A. } }",
      "2:11 events.a-b: the name `a-b`; expected the value as it is on the wire, in letters, digits and `_`"
    ],
    [
      "a format that there is not",
      events("summary: A.\nformat: yaml"),
      "5:13 events.a.format: the format `yaml`; expected `xml`, `json`, `both`"
    ],
    [
      "no fields",
      events("summary: A.\nfields: {}"),
      "5:13 events.a.fields: no fields; expected some, or the key to be left out"
    ],
    [
      "fields that are a word",
      events("summary: A.\nfields: any"),
      "5:13 events.a.fields: the text `any`; expected fields, or the name of a shared type"
    ],
    [
      "an unknown word",
      events("summary: A.\nfields: { a: strng }"),
      "5:18 events.a.fields.a: unknown type `strng`; expected `string`"
    ],
    [
      "a field that every event has",
      events("summary: A.\nfields: { CreateTime: int }"),
      "5:15 events.a.fields.CreateTime: `CreateTime` is part of every event; expected fields of this one only"
    ],
    [
      "`?` on a list that is read",
      events("summary: A.\nfields: { a?: [int] }"),
      "5:15 events.a.fields.a?: `?` on a list in `fields`; expected `a`: it reads as empty where it is absent"
    ],
    [
      "a default of what is read",
      events("summary: A.\nfields: { a: int = 1 }"),
      "5:15 events.a.fields.a: a default of `a` in `fields`; expected it in inputs only"
    ],
    [
      "a name in JSON inside an object",
      events(`summary: A.\nfields:\n  a:\n    b | c: int`),
      "7:9 events.a.fields.a.b | c: the field name `b | c`; expected a name, `name?`, `name!`, `...` or `<key>`"
    ],
    [
      "the same name in JSON",
      events("summary: A.\nfields:\n  a | a: int"),
      "6:7 events.a.fields.a | a: `a` has the same name in JSON; expected another one, or `a`"
    ],
    [
      "a name in JSON that another field has",
      events("summary: A.\nfields:\n  a | b: int\n  b: int"),
      "6:7 events.a.fields: `b` is another field and the name of `a` in JSON; expected one of them"
    ],
    [
      "an element that is no name",
      events("summary: A.\ninside: a b"),
      "5:13 events.a.inside: the element `a b`; expected its name"
    ],
    [
      "an envelope around no answer",
      events("summary: A.\nenvelope: true"),
      "5:5 events.a.envelope: `envelope` without a `reply`; expected both, or neither"
    ],
    [
      "an answer that nothing fills in",
      events("summary: A.\nreply: { a: $appid }"),
      "5:14 events.a.reply.a: `$appid` in an answer to a push; expected a type: nothing fills it in"
    ],
    [
      "`!` in an answer",
      events("summary: A.\nreply: { a!: int }"),
      "5:14 events.a.reply.a!: `!` in an input; expected `a`: it is required"
    ],
    [
      "a reply that says nothing",
      "group: X\nreplies: { a: { summary: A. } }",
      "2:12 replies.a: `fields` is missing; expected what the reply says"
    ],
    [
      "two pushes of one name",
      "group: X\nmessages: { a: { summary: A. } }\nevents: { a: { summary: A. } }",
      "3:11 events.a: the name `a` is taken in the generated file; expected another name for what leads to it",
      "3:11 events.a: the name `a` is that of `X.a`; expected another one"
    ],
    [
      "two events that only capitals tell apart",
      "group: X\nevents: { view: { summary: A. }, VIEW: { summary: A. } }",
      "2:34 events.VIEW: `VIEW` already means `X.view`; expected another value"
    ],
    [
      "another value that is taken",
      "group: X\nevents: { a: { summary: A. }, b: { summary: A., aka: a } }",
      "2:54 events.b.aka: `a` already means `X.a`; expected another value"
    ],
    [
      "a type that nobody uses",
      `${events("summary: A.")}types: { T: { a: int } }`,
      "5:10 types.T: nobody uses the type `T`; expected an endpoint that does, or no type"
    ],
    [
      "a group that would hide a generated file",
      "group: Table\nevents: { a: { summary: A. } }",
      "1:8 group: the group `Table` would hide a generated file; expected another name"
    ]
  ]
  for (const [what, yaml, ...said] of rows) {
    it.effect(what, () =>
      Effect.map(mistakesOf({ "x.yaml": yaml }, "x.yaml"), (mistakes) =>
        assert.deepStrictEqual(
          mistakes,
          said.map((each) => `x.yaml:${each}`)
        )
      )
    )
  }

  it.effect("has a table of pushes or endpoints, not of both", () =>
    Effect.gen(function* () {
      const mistakes = yield* mistakesOf({
        "apis.yaml": "products: { p: { title: P, files: [a.yaml, b.yaml] } }",
        "a.yaml": "group: A\nevents: { a: { summary: A. } }",
        "b.yaml": "group: B\napis: { a: { summary: A., get: /a } }"
      })
      assert.deepStrictEqual(mistakes, [
        "b.yaml:1:1 nothing that is pushed; expected `messages`, `events`, `notices`, `replies`",
        "b.yaml:2:1 apis: unknown key `apis`; expected `group`, `doc`, `format`, `messages`, `events`, `notices`, `replies`, `types`"
      ])
    })
  )
})

describe("the JSON Schema of pushes", () => {
  const read = (file: string) => JSON.parse(fs.readFileSync(`${here}/../schema/${file}`, "utf8"))
  const schema = read("events.json")
  for (const each of [read("group.json"), schema]) registerSchema(each)
  const valid = (text: string) =>
    Effect.promise(async () => (await validate(schema.$id, Yaml.parse(text, { uniqueKeys: false }))).valid)

  const house = `${here}/../..`
  const filesIn = (folder: string): ReadonlyArray<string> =>
    fs
      .readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".yaml") && name !== "events.yaml")
      .map((name) => `${folder}/${name}`)

  it.effect("knows the files of this repository", () =>
    Effect.gen(function* () {
      const files = [...filesIn(`${house}/events`), ...filesIn(`${here}/golden/events/catalog`)]
      for (const file of files) assert.isTrue(yield* valid(fs.readFileSync(file, "utf8")), file)
      assert.isAbove(files.length, 30)
    })
  )

  it("has all keys that the reader takes, and no others", () => {
    const keysOf = (of: { readonly properties: object }): ReadonlyArray<string> => Object.keys(of.properties)
    const { event, push, reply } = schema.definitions
    assert.deepStrictEqual(
      [keysOf(schema), keysOf(push), keysOf(event), keysOf(push), keysOf(reply)],
      [
        EventsRead.keys.group,
        EventsRead.keys.message,
        EventsRead.keys.event,
        EventsRead.keys.notice,
        EventsRead.keys.reply
      ].map((keys) => [...keys])
    )
  })

  const slips: ReadonlyArray<readonly [what: string, yaml: string]> = [
    ["no group", "events: { a: { summary: A. } }"],
    ["nothing that is pushed", "group: X"],
    ["a summary without a period", "group: X\nevents: { a: { summary: A } }"],
    ["an unknown key", "group: X\nevents: { a: { summary: A., feilds: { a: int } } }"],
    ["an unknown word", "group: X\nevents: { a: { summary: A., fields: { a: strng } } }"],
    ["an unknown format", "group: X\nevents: { a: { summary: A., format: yaml } }"],
    ["an answer to a message", "group: X\nmessages: { a: { summary: A., reply: { a: int } } }"],
    ["an envelope around no answer", "group: X\nevents: { a: { summary: A., envelope: true } }"],
    ["three names of a field", "group: X\nevents: { a: { summary: A., fields: { a | b | c: int } } }"]
  ]
  for (const [what, yaml] of slips) {
    it.effect(`refuses ${what}`, () => Effect.map(valid(yaml), (is) => assert.isFalse(is)))
  }
})
