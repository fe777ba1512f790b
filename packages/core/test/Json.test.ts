import { assert, describe, it } from "@effect/vitest"
import * as Json from "@wechat/core/Json"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

describe("Json", () => {
  it("reads integers that a number cannot hold as bigint, and others as numbers", () => {
    assert.deepStrictEqual(
      Json.parse("[9007199254740991, 9007199254740993, -9223372036854775808, 18446744073709551615]"),
      [9007199254740991, 9007199254740993n, -9223372036854775808n, 18446744073709551615n]
    )
  })

  it("finds such integers wherever they stand, and next to shorter ones", () => {
    for (let place = 0; place < 40; place++) {
      const text = `[${" ".repeat(place)}9007199254740993,123456789012345]`
      assert.deepStrictEqual(Json.parse(text), [9007199254740993n, 123456789012345])
    }
  })

  it("leaves digits inside strings, fractions and exponents alone", () => {
    assert.deepStrictEqual(Json.parse(`{"a":"12345678901234567890","b":0.12345678901234567890,"c":1e300}`), {
      a: "12345678901234567890",
      b: 0.12345678901234568,
      c: 1e300
    })
  })

  it("takes raw control characters inside strings, escapes and byte order marks as they are", () => {
    assert.deepStrictEqual(Json.parse(`\ufeff{ "nick\t":\n"a\u0001b\\"\u001f","big":\t12345678901234567890 }`), {
      "nick\t": `a\u0001b"\u001f`,
      big: 12345678901234567890n
    })
  })

  it("refuses what is no JSON", () => {
    for (const text of ["", "{", '{"a":1', "<html>", '{"a":\u0001}', "nul", "[1,]", '"\u0001']) {
      assert.throws(() => Json.parse(text), SyntaxError)
    }
  })

  it("reads a long string with a control character without running out of stack", () => {
    assert.lengthOf(String(Json.parse(`"${'x\\"'.repeat(200_000)}\u0001"`)), 400_001)
  })

  it("reads what is nested deeply without running out of stack", () => {
    const depth = 50_000
    let value = Json.parse(`${"[".repeat(depth)}1${"]".repeat(depth)}`)
    for (let level = 0; level < depth; level++) value = Array.isArray(value) ? value[0] : undefined
    assert.strictEqual(value, 1)
  })

  it("writes bigint as numbers and nothing else than JSON", () => {
    assert.strictEqual(
      Json.stringify({ a: [1n << 63n, "1"], b: undefined, c: null }),
      `{"a":[9223372036854775808,"1"],"c":null}`
    )
    assert.strictEqual(Json.stringify(undefined), "null")
  })

  it.effect.prop("whatever it writes, it reads back", { value: Arbitrary.schema(Schema.Json) }, ({ value }) =>
    Effect.sync(() => assert.strictEqual(Json.stringify(Json.parse(Json.stringify(value))), Json.stringify(value)))
  )
})
