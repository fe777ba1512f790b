import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as OpenApi from "../src/OpenApi.ts"
import type { Files } from "./fixtures.ts"
import { dedent, model } from "./fixtures.ts"

/** What stands at a way of keys in the document of a catalog, as it is written. */
const within = (files: Files, catalog: string, ...way: ReadonlyArray<string>) =>
  Effect.map(model(files, catalog), (catalog): unknown =>
    way.reduce<unknown>(
      (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
      JSON.parse(OpenApi.print(catalog))
    )
  )

/** The same in the document of a single group. */
const at = (yaml: string, ...way: ReadonlyArray<string>) => within({ "x.yaml": dedent(yaml) }, "x.yaml", ...way)

type Row = readonly [what: string, yaml: string, way: ReadonlyArray<string>, expected: unknown]

/** One row: what it is about, the endpoints of a group, where to look, and what is there. */
const rows = (title: string, all: ReadonlyArray<Row>, frame: (yaml: string) => string) =>
  describe(title, () => {
    for (const [what, yaml, way, expected] of all) {
      it.effect(what, () => Effect.map(at(frame(yaml), ...way), (found) => assert.deepStrictEqual(found, expected)))
    }
  })

const error = { $ref: "#/components/schemas/error" }

const answer = ["paths", "/a", "get", "responses", "200"]

rows(
  "an operation",
  [
    [
      "has what the endpoint has",
      "a: # a note\n    summary: Does a.\n    get: /a\n    doc: https://a.b/c\n    aka: old.a\n    deprecated: use b",
      ["paths", "/a", "get"],
      {
        operationId: "X.a",
        tags: ["X"],
        summary: "Does a.",
        description: "a note\n\nDeprecated: use b",
        "x-wechat-safe": true,
        "x-wechat-aka": ["old.a"],
        externalDocs: { url: "https://a.b/c" },
        deprecated: true,
        security: [{ access_token: [] }],
        responses: { "200": { description: "Only an error code.", content: { "application/json": { schema: error } } } }
      }
    ],
    [
      "needs no token where none is sent",
      "a: { summary: A., get: /a, auth: none }",
      ["paths", "/a", "get", "security"],
      []
    ],
    [
      "has fields in its address",
      `a:
    summary: A.
    get: /a
    query:
      id: id64 # of the order
      kind?: a | b
      ids?: string joined ","
      more?: { (json): { c: int } }`,
      ["paths", "/a", "get", "parameters"],
      [
        {
          name: "id",
          in: "query",
          description: "of the order",
          required: true,
          schema: { type: "integer", format: "int64" }
        },
        { name: "kind", in: "query", schema: { type: "string", enum: ["a", "b"] } },
        {
          name: "ids",
          in: "query",
          style: "form",
          explode: false,
          schema: { type: "array", items: { type: "string" } }
        },
        {
          name: "more",
          in: "query",
          content: {
            "application/json": {
              schema: { type: "object", properties: { c: { type: "integer" } }, required: ["c"] }
            }
          }
        }
      ]
    ],
    [
      "sends JSON; what the bindings send without being given has to be there",
      `a:
    summary: A.
    post: /a
    query: { action: = do_it }
    body: # about it
      appid: $appid
      count: int = 10 # 1 to 20
      shown: flag = false
      since?: seconds`,
      ["paths", "/a", "post", "requestBody"],
      {
        description: "about it",
        required: true,
        content: {
          "application/json": {
            schema: {
              type: "object",
              properties: {
                appid: { type: "string", description: "The account's appid." },
                count: { type: "integer", default: 10, description: "1 to 20" },
                shown: { type: "integer", enum: [0, 1], default: 0 },
                since: { type: "integer", format: "int64", description: "Unix time in seconds." }
              },
              required: ["appid", "count", "shown"]
            }
          }
        }
      }
    ],
    [
      "sends an empty object",
      "a: { summary: A., post: /a }",
      ["paths", "/a", "post", "requestBody", "content"],
      { "application/json": { schema: { type: "object" } } }
    ],
    [
      "sends raw bytes",
      "a:\n    summary: A.\n    post: /a\n    body: bytes # up to 1 MB",
      ["paths", "/a", "post", "requestBody"],
      {
        description: "up to 1 MB",
        required: true,
        content: { "application/octet-stream": { schema: { type: "string", format: "binary" } } }
      }
    ],
    [
      "sends a form where a file is given, and JSON otherwise",
      "a: { summary: A., post: /a, multipart: { media?: file }, body: { url?: string } }",
      ["paths", "/a", "post", "requestBody", "content"],
      {
        "multipart/form-data": {
          schema: { type: "object", properties: { media: { type: "string", format: "binary" } } }
        },
        "application/json": { schema: { type: "object", properties: { url: { type: "string" } } } }
      }
    ],
    [
      "answers an object beside the error; WeChat leaves empty fields out",
      "a: { summary: A., get: /a, returns: { id!: string, kind: a | b } }",
      [...answer, "content", "application/json", "schema"],
      {
        allOf: [
          error,
          {
            type: "object",
            properties: {
              id: { type: "string" },
              kind: { anyOf: [{ type: "string", enum: ["a", "b"] }, { type: "string" }] }
            },
            required: ["id"]
          }
        ]
      }
    ],
    [
      "has its error fields where the endpoint has them",
      "a: { summary: A., get: /a, returns: { ret: errcode, msg: errmsg } }",
      [...answer, "content", "application/json", "schema"],
      { type: "object", properties: { ret: { type: "integer" }, msg: { type: "string" } } }
    ],
    [
      "answers a file, or an error in its place",
      "a: { summary: A., get: /a, returns: file }",
      [...answer, "content"],
      { "*/*": { schema: { type: "string", format: "binary" } }, "application/json": { schema: error } }
    ],
    [
      "answers an object whose shape depends on one of its fields",
      "a: { summary: A., get: /a, returns: { t: int, d: { (by t): { 1: { x: int } } } } }",
      [...answer, "content", "application/json", "schema", "allOf", "1"],
      {
        anyOf: [
          {
            title: "t 1",
            type: "object",
            properties: {
              t: { type: "integer", const: 1 },
              d: { type: "object", properties: { x: { type: "integer" } } }
            },
            required: ["t"]
          },
          {
            title: "any other t",
            type: "object",
            properties: { t: { type: "integer", not: { enum: [1] } }, d: {} }
          }
        ]
      }
    ],
    [
      "stands on another host",
      "a: { summary: A., get: /a, host: mp.weixin.qq.com }\n  b: { summary: B., post: /a, host: mp.weixin.qq.com }",
      ["paths", "/a", "servers"],
      [{ url: "https://mp.weixin.qq.com" }]
    ],
    [
      "stands on another host than the other method of its path",
      "a: { summary: A., get: /a, host: mp.weixin.qq.com }\n  b: { summary: B., post: /a }",
      ["paths", "/a", "get", "servers"],
      [{ url: "https://mp.weixin.qq.com" }]
    ]
  ],
  (apis) => `group: X\napis:\n  ${apis}\n`
)

describe("endpoints on one path", () => {
  const yaml = `
    group: X
    doc: https://a.b/{name}
    apis:
      list: { summary: Lists., post: /a, query: { do: = list, n?: int }, body: { page: int }, returns: { all: [int] } }
      drop: { summary: Drops., post: /a, query: { do: = drop }, body: { id: int }, auth: component }
  `

  it.effect("are one operation that lists them", () =>
    Effect.map(at(yaml, "paths", "/a", "post"), (operation) => {
      assert.deepStrictEqual(operation, {
        operationId: "X.list",
        tags: ["X"],
        summary: "list, drop",
        description: [
          "One of 2 endpoints on this path, told apart by what is sent, by the token, or by the answer:",
          "- `X.list` ([page](https://a.b/list)): Lists.",
          "- `X.drop` ([page](https://a.b/drop)): Drops."
        ].join("\n"),
        "x-wechat-endpoints": [
          {
            id: "X.list",
            summary: "Lists.",
            auth: "access_token",
            doc: "https://a.b/list",
            safe: false,
            constants: { do: "list" }
          },
          {
            id: "X.drop",
            summary: "Drops.",
            auth: "component",
            doc: "https://a.b/drop",
            safe: false,
            constants: { do: "drop" }
          }
        ],
        externalDocs: { url: "https://a.b/list" },
        security: [{ access_token: [] }, { component: [] }],
        parameters: [
          { name: "do", in: "query", required: true, schema: { type: "string", enum: ["list", "drop"] } },
          { name: "n", in: "query", schema: { type: "integer" } }
        ],
        requestBody: {
          required: true,
          content: {
            "application/json": {
              schema: {
                anyOf: [
                  { title: "X.list", type: "object", properties: { page: { type: "integer" } }, required: ["page"] },
                  { title: "X.drop", type: "object", properties: { id: { type: "integer" } }, required: ["id"] }
                ]
              }
            }
          }
        },
        responses: {
          "200": {
            description: "The answer.\nOnly an error code.",
            content: {
              "application/json": {
                schema: {
                  anyOf: [
                    {
                      title: "X.list",
                      allOf: [
                        error,
                        { type: "object", properties: { all: { type: "array", items: { type: "integer" } } } }
                      ]
                    },
                    { title: "X.drop", ...error }
                  ]
                }
              }
            }
          }
        }
      })
    })
  )
})

describe("the document", () => {
  it.effect("has shared types as components, two where both sides use them", () =>
    Effect.map(
      at(
        `
        group: X
        apis: { a: { summary: A., post: /a, body: { t: T }, returns: { t: T } } }
        types:
          T: # a tree
            name: string
            inner: [T]
        `,
        "components",
        "schemas"
      ),
      (schemas) => {
        const tree = (name: string) => ({
          type: "object",
          properties: {
            name: { type: "string" },
            inner: { type: "array", items: { $ref: `#/components/schemas/${name}` } }
          }
        })
        assert.deepStrictEqual(schemas, {
          error: {
            description: "What went wrong; `errcode` is 0 or absent where nothing did.",
            type: "object",
            properties: { errcode: { type: "integer" }, errmsg: { type: "string" } }
          },
          "X.T": { ...tree("X.T"), description: "a tree" },
          "X.T.Input": { ...tree("X.T.Input"), required: ["name", "inner"], description: "a tree" }
        })
      }
    )
  )

  const shop: Files = {
    "apis.yaml": "products:\n  shop: { title: Shops, files: [a.yaml] }\n",
    "a.yaml": "group: A # about a\napis: { a: { summary: A., get: /a } }\n"
  }

  it.effect("is the same bytes again, with nothing but JSON", () =>
    Effect.gen(function* () {
      const [one, other] = yield* Effect.all([model(shop), model(shop)])
      assert.strictEqual(OpenApi.print(one), OpenApi.print(other))
      assert.strictEqual(OpenApi.print(one), `${JSON.stringify(JSON.parse(OpenApi.print(one)), undefined, 2)}\n`)
    })
  )

  it.effect("has a tag for each group", () =>
    Effect.map(within(shop, "apis.yaml", "tags"), (tags) =>
      assert.deepStrictEqual(tags, [{ name: "shop.A", "x-displayName": "A", description: "about a" }])
    )
  )

  it.effect("groups its tags by product", () =>
    Effect.map(within(shop, "apis.yaml", "x-tagGroups"), (groups) =>
      assert.deepStrictEqual(groups, [{ name: "Shops", tags: ["shop.A"] }])
    )
  )
})
