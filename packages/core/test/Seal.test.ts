import { assert, describe, it } from "@effect/vitest"
import * as Seal from "@wechat/core/Seal"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

const key = Redacted.make("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
/** The same 32 bytes as {@link key}. */
const inHex = Redacted.make("3031323334353637383961626364656630313233343536373839616263646566")
const other = Redacted.make("ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=")
const secret = Redacted.make("refreshtoken@@@密")

const opened = (seal: Seal.Seal, sealed: string, place = "a") => Effect.map(seal.open(sealed, place), Redacted.value)
const refused = (seal: Seal.Seal, sealed: string, place = "a") =>
  Effect.map(Effect.flip(seal.open(sealed, place)), (error) => error.message)

describe("a seal", () => {
  it.effect("opens what it has sealed, and nobody can read it before", () =>
    Effect.gen(function* () {
      const seal = yield* Seal.make({ key })
      const sealed = yield* seal.seal(secret, "a")
      assert.notInclude(sealed, "refreshtoken")
      assert.notStrictEqual(yield* seal.seal(secret, "a"), sealed)
      assert.strictEqual(yield* opened(seal, sealed), Redacted.value(secret))
      assert.strictEqual(yield* opened(yield* Seal.make({ key: inHex }), sealed), Redacted.value(secret))
    })
  )

  it.effect("opens what former keys have sealed, and tells it from what it seals today", () =>
    Effect.gen(function* () {
      const before = yield* Seal.make({ key })
      const after = yield* Seal.make({ key: other, former: [key] })
      const sealed = yield* before.seal(secret, "a")
      assert.strictEqual(yield* opened(after, sealed), Redacted.value(secret))
      assert.isTrue(before.isCurrent(sealed))
      assert.isFalse(after.isCurrent(sealed))
      assert.isTrue(after.isCurrent(yield* after.seal(secret, "a")))
    })
  )

  it.effect("without a key keeps texts in clear, and a key given later opens those", () =>
    Effect.gen(function* () {
      const none = yield* Seal.make({})
      const kept = yield* none.seal(secret, "a")
      assert.isUndefined(none.id)
      assert.isTrue(none.isCurrent(kept))
      const seal = yield* Seal.make({ key })
      assert.strictEqual(yield* opened(seal, kept), Redacted.value(secret))
      assert.isFalse(seal.isCurrent(kept))
    })
  )

  it.effect("says which key is missing", () =>
    Effect.gen(function* () {
      const seal = yield* Seal.make({ key })
      const wrong = yield* Seal.make({ key: other })
      const sealed = yield* seal.seal(secret, "a")
      assert.include(
        yield* refused(wrong, sealed),
        `what is kept as a is encrypted with the key ${seal.id}, which is none of those given (${wrong.id})`
      )
      assert.include(yield* refused(yield* Seal.make({}), sealed), "and no key is given")
    })
  )

  it.effect("does not open what was changed, moved or written by others", () =>
    Effect.gen(function* () {
      const seal = yield* Seal.make({ key })
      const sealed = yield* seal.seal(secret, "a")
      const another = sealed.at(-5) === "A" ? "Q" : "A"
      const changed = "what is kept as a was changed, or sealed for another place"
      assert.include(yield* refused(seal, `${sealed.slice(0, -5)}${another}${sealed.slice(-4)}`), changed)
      assert.include(yield* refused(seal, sealed.slice(0, -8)), changed)
      assert.include(yield* refused(seal, `sealed:${seal.id}:A`), changed)
      assert.include(yield* refused(seal, sealed, "b"), "what is kept as b was changed, or sealed for another place")
      for (const text of ["", "hello", "sealed:", "sealed:xyz:AAAA"]) {
        assert.include(yield* refused(seal, text), "was not written by this program")
      }
    })
  )

  it.effect("takes 32 bytes, and a failure does not show what was given", () =>
    Effect.gen(function* () {
      for (const text of ["", "short-secret", "0".repeat(63), `${Redacted.value(key)}AAAA`]) {
        const failure = yield* Effect.flip(Seal.make({ key: Redacted.make(text) }))
        assert.strictEqual(
          failure.message,
          "token vault: the encryption key has to be 32 bytes, as base64 or as 64 hexadecimal digits"
        )
      }
      const former = yield* Effect.flip(Seal.make({ key, former: [Redacted.make("x")] }))
      assert.include(former.message, "the former encryption key")
    })
  )
})

describe("the configuration", () => {
  const read = (env: Record<string, string>) => Seal.config.parse(ConfigProvider.fromUnknown(env))

  it.effect("names the key and those before it", () =>
    Effect.gen(function* () {
      const keys = yield* read({
        WECHAT_STORAGE_KEY: Redacted.value(other),
        WECHAT_STORAGE_FORMER_KEYS: `${Redacted.value(key)}, ${Redacted.value(inHex)}`
      })
      const former = yield* (yield* Seal.make({ key })).seal(secret, "a")
      assert.strictEqual(yield* opened(yield* Seal.make(keys), former), Redacted.value(secret))
      assert.lengthOf(keys.former ?? [], 2)
    })
  )

  it.effect("may be empty: nothing is encrypted then", () =>
    Effect.gen(function* () {
      assert.isUndefined((yield* Seal.make(yield* read({}))).id)
      assert.isUndefined((yield* Seal.make(yield* read({ WECHAT_STORAGE_KEY: "" }))).id)
    })
  )
})
