import { assert, describe, it } from "@effect/vitest"
import * as Json from "@wechat/core/Json"
import * as Wire from "@wechat/core/Wire"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const reads = <T>(codec: Wire.Codec<T>, cases: ReadonlyArray<readonly [wire: unknown, value: unknown]>) => {
  for (const [wire, value] of cases) assert.deepStrictEqual(codec.read(wire), value, Json.stringify(wire))
}
const writes = <T>(codec: Wire.Codec<T>, cases: ReadonlyArray<readonly [value: NoInfer<T>, wire: unknown]>) => {
  for (const [value, wire] of cases) assert.deepStrictEqual(codec.write(value), wire)
}
const refuses = (codec: { readonly read: (wire: unknown) => unknown }, ...wires: ReadonlyArray<unknown>) => {
  for (const wire of wires) assert.throws(() => codec.read(wire), /expected/, Json.stringify(wire))
}

/** A value inside an object, so that what is absent can be seen. */
const field = <T>(codec: Wire.Codec<T>) => Wire.struct<{ readonly x: T }>({ x: codec })

describe("reading is tolerant by rule", () => {
  it("numbers and text read as each other", () => {
    reads(Wire.text, [
      ["a", "a"],
      [1, "1"],
      [1.5, "1.5"],
      [9007199254740993n, "9007199254740993"],
      [true, "true"]
    ])
    reads(Wire.int, [
      [1, 1],
      ["1", 1],
      [" -12 ", -12]
    ])
    reads(Wire.float, [
      [1.5, 1.5],
      ["0.01", 0.01],
      ["1e3", 1000],
      [1n << 60n, 2 ** 60]
    ])
    reads(Wire.id64, [
      [9007199254740993n, "9007199254740993"],
      [5, "5"],
      ["0012", "0012"]
    ])
    refuses(Wire.text, {}, [])
    refuses(Wire.int, "one", "0x10", {}, [1])
  })

  it("an int that a number cannot hold is refused rather than rounded", () => {
    refuses(Wire.int, 9007199254740993n, "9007199254740993")
  })

  it("booleans come in every form", () => {
    for (const codec of [Wire.bool, Wire.flag, Wire.textBool]) {
      reads(codec, [
        [true, true],
        [1, true],
        ["1", true],
        ["true", true],
        [2, true],
        [0, false],
        ["0", false],
        ["false", false]
      ])
      refuses(codec, "yes", {}, [])
    }
  })

  it("one value reads as a list of one, and nothing as none", () => {
    reads(Wire.list(Wire.int), [
      [
        [1, "2"],
        [1, 2]
      ],
      [5, [5]],
      [null, []],
      ["", []],
      [{}, []]
    ])
    reads(Wire.list(field(Wire.int)), [
      [{ x: 1 }, [{ x: 1 }]],
      [[{}], [{ x: 0 }]]
    ])
    reads(Wire.joined(Wire.int, ","), [
      ["1,2", [1, 2]],
      [7, [7]],
      [[1], [1]],
      ["", []]
    ])
  })

  it("an absent field that is promised reads as the empty value of its type", () => {
    const codec = Wire.struct<{
      readonly text: string
      readonly int: number
      readonly flag: boolean
      readonly list: ReadonlyArray<string>
      readonly inner: { readonly a: string }
      readonly kind: "a" | "b"
    }>({
      text: Wire.text,
      int: Wire.int,
      flag: Wire.flag,
      list: Wire.list(Wire.text),
      inner: Wire.struct({ a: Wire.text }),
      kind: Wire.oneOf("a", "b")
    })
    const empty = { text: "", int: 0, flag: false, list: [], inner: { a: "" }, kind: "" }
    reads(codec, [
      [{}, empty],
      [{ text: null, int: "", list: null, inner: "" }, empty],
      [{ inner: [] }, empty],
      ["", empty],
      [[], empty]
    ])
  })

  it("an optional field that is absent, null or empty is left out", () => {
    const codec = Wire.struct<{ readonly n?: number | undefined; readonly o?: { readonly a: string } | undefined }>({
      n: Wire.maybe(Wire.int),
      o: Wire.maybe(Wire.struct({ a: Wire.text }))
    })
    reads(codec, [
      [{}, {}],
      [{ n: null, o: null }, {}],
      [{ n: "", o: "" }, {}],
      [{ o: [] }, {}],
      [{ n: 0 }, { n: 0 }]
    ])
  })

  it("a field that the call is made for has to be there", () => {
    refuses(field(Wire.sure(Wire.text)), {}, { x: null })
    refuses(field(Wire.sure(Wire.secret)), {}, { x: null }, { x: "" })
    assert.throws(() => field(Wire.sure(Wire.secret)).read({}), "x: expected a value, found nothing")
  })

  it("literals are open at run time", () => {
    reads(Wire.oneOf("a", "b"), [
      ["a", "a"],
      ["new", "new"],
      [7, "7"]
    ])
    reads(Wire.openInt(1, 2), [
      [1, 1],
      ["2", 2],
      [99, 99]
    ])
  })

  it("unknown keys are dropped, unless any are allowed", () => {
    reads(field(Wire.int), [[{ x: 1, y: 2 }, { x: 1 }]])
    const open = Wire.structWith<{ readonly a: number; readonly [key: string]: unknown }>({ a: Wire.int }, Wire.any)
    reads(open, [
      [
        { a: "1", b: [2] },
        { a: 1, b: [2] }
      ]
    ])
    reads(Wire.record(Wire.int), [
      [
        { a: "1", b: 2 },
        { a: 1, b: 2 }
      ],
      ["", {}]
    ])
  })

  it("JSON inside text reads exactly, and the value itself as well", () => {
    const codec = Wire.json(Wire.struct<{ readonly id: string }>({ id: Wire.id64 }))
    reads(codec, [
      [`{"id":12345678901234567890}`, { id: "12345678901234567890" }],
      [{ id: 1 }, { id: "1" }]
    ])
    refuses(codec, "{")
  })

  it("a shape follows from another field", () => {
    const codec = Wire.variants(
      "kind",
      { "1": Wire.struct<{ readonly kind: 1; readonly a: string }>({ kind: Wire.oneOf(1), a: Wire.text }) },
      Wire.struct<{ readonly kind: number; readonly b: string }>({ kind: Wire.int, b: Wire.text })
    )
    reads(codec, [
      [
        { kind: 1, a: "x", b: "y" },
        { kind: 1, a: "x" }
      ],
      [
        { kind: "2", b: "y" },
        { kind: 2, b: "y" }
      ]
    ])
    writes(codec, [
      [
        { kind: 1, a: "x" },
        { kind: 1, a: "x" }
      ],
      [
        { kind: 3, b: "y" },
        { kind: 3, b: "y" }
      ]
    ])
  })

  it("the way to a value that does not fit is told, the value is not", () => {
    const codec = Wire.struct<{ readonly list: ReadonlyArray<{ readonly n: number }> }>({
      list: Wire.list(Wire.struct({ n: Wire.int }))
    })
    assert.throws(
      () => codec.read({ list: [{ n: 1 }, { n: "hunter2" }] }),
      "list[1].n: expected a number, found a text"
    )
  })

  it("keys that JavaScript treats in a special way are keys like any other", () => {
    const wire = Json.parse(`{"__proto__":{"polluted":1},"constructor":2}`)
    const value = Wire.record(Wire.any).read(wire)
    assert.deepStrictEqual(Object.keys(value), ["__proto__", "constructor"])
    assert.isUndefined(Reflect.get({}, "polluted"))
    assert.deepStrictEqual(field(Wire.text).read(Json.parse(`{"__proto__":{"x":"inherited"}}`)), { x: "" })
  })
})

describe("writing is exact", () => {
  it("each type has one form", () => {
    writes(Wire.bool, [[true, true]])
    writes(Wire.flag, [
      [true, 1],
      [false, 0]
    ])
    writes(Wire.textBool, [[true, "true"]])
    writes(Wire.id64, [
      ["12345678901234567890", 12345678901234567890n],
      ["5", 5],
      ["0012", "0012"],
      ["abc", "abc"]
    ])
    writes(Wire.joined(Wire.text, "|"), [
      [["a", "b"], "a|b"],
      [[], ""]
    ])
    writes(Wire.json(Wire.record(Wire.id64)), [[{ a: "12345678901234567890" }, `{"a":12345678901234567890}`]])
    writes(Wire.secret, [[Redacted.make("s"), "s"]])
  })

  it("a required field that is missing, and a value of another type, are refused", () => {
    const codec = Wire.struct<{ readonly n: number; readonly s: string }>({ n: Wire.int, s: Wire.text })
    const write = (value: unknown) => Result.map(Schema.encodeUnknownResult(Wire.schema(codec))(value), () => "written")
    for (const value of [{ n: 1 }, { n: "1", s: "" }, { n: 1.5, s: "" }, { n: Number.NaN, s: "" }, null, "text"]) {
      assert.isTrue(Result.isFailure(write(value)), Json.stringify(value))
    }
  })

  it("defaults are sent where the caller leaves them out, undefined is the same as none, order is the catalog's", () => {
    const codec = Wire.struct<{
      readonly a?: number | undefined
      readonly b?: "x" | undefined
      readonly c?: string | undefined
    }>({
      a: Wire.preset(Wire.int, 10),
      b: Wire.preset(Wire.oneOf("x"), "x"),
      c: Wire.maybe(Wire.text)
    })
    assert.strictEqual(Json.stringify(codec.write({ c: "c", a: 1 })), `{"a":1,"b":"x","c":"c"}`)
    assert.strictEqual(Json.stringify(codec.write({ c: undefined })), `{"a":10,"b":"x"}`)
  })
})

describe("as an Effect schema", () => {
  const schema = Wire.schema(Wire.struct<{ readonly list: ReadonlyArray<number> }>({ list: Wire.list(Wire.int) }))

  it.effect("it decodes and encodes, and fails with the way to the value", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Schema.decodeUnknownEffect(schema)({ list: "7" }), { list: [7] })
      assert.deepStrictEqual(yield* Schema.encodeEffect(schema)({ list: [7] }), { list: [7] })
      const error = yield* Effect.flip(Schema.decodeUnknownEffect(schema)({ list: [1, "x"] }))
      assert.include(error.message, "Expected a number, found a text")
      assert.include(error.message, `["list"][1]`)
    })
  )
})
