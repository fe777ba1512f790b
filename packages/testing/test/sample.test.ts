import { assert, describe, it } from "@effect/vitest"
import * as App from "@wechat/core/App"
import type * as Endpoint from "@wechat/core/Endpoint"
import * as Json from "@wechat/core/Json"
import { WeChat } from "@wechat/core/WeChat"
import { Sample } from "@wechat/testing"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { existsSync } from "node:fs"
import * as Catalog from "./catalog.ts"

interface Entry {
  readonly load: () => Promise<Endpoint.Any>
}

const registry = new URL("../../api/src/Registry.ts", import.meta.url)

const entriesOf = (module: unknown): ReadonlyArray<Entry> =>
  Predicate.hasProperty(module, "endpoints") && Array.isArray(module.endpoints) ? module.endpoints : []

/** Every endpoint that there is: those of the catalog, where it has been generated. */
const all: Effect.Effect<ReadonlyArray<Endpoint.Any>> = existsSync(registry)
  ? Effect.promise((): Promise<unknown> => import(registry.href)).pipe(
      Effect.flatMap((module) => Effect.forEach(entriesOf(module), ({ load }) => Effect.promise(load)))
    )
  : Effect.succeed(Catalog.endpoints)

const seeds = [0, 1]

/** What comes out at the other end of a connection. */
const travelled = (value: unknown): unknown => Json.parse(Json.stringify(value))

/** A client whose calls answer with samples. */
const sampling = (endpoint: Endpoint.Any) =>
  Layer.mock(WeChat)({
    app: App.common("wx1"),
    as: () => assert.fail("one account is enough"),
    call: (plan, input) =>
      Effect.sync(() => {
        const fields = plan.input.write(input)
        return plan.output.read(travelled(Sample.output(endpoint, Predicate.isObject(fields) ? { input: fields } : {})))
      })
  })

/** The items of an endpoint, if it answers in pages. */
const itemsOf = (endpoint: Endpoint.Any): Stream.Stream<unknown, unknown, WeChat> | undefined =>
  isPaged(endpoint) ? endpoint.items(Schema.decodeUnknownSync(endpoint.input())(Sample.input(endpoint))) : undefined

const isPaged = (endpoint: Endpoint.Any): endpoint is Endpoint.Paged<unknown, unknown, unknown> => "items" in endpoint

describe("a sample", () => {
  it.effect("of every endpoint is an answer that the endpoint can read", () =>
    Effect.gen(function* () {
      const endpoints = yield* all
      assert.isAtLeast(endpoints.length, Catalog.endpoints.length)
      for (const endpoint of endpoints.filter(({ returns }) => returns !== "file")) {
        const decode = Schema.decodeUnknownEffect(endpoint.output())
        for (const seed of seeds) {
          yield* Effect.mapError(
            decode(travelled(Sample.output(endpoint, { seed }))),
            (error) => `${endpoint.id}: ${error.message}`
          )
        }
      }
    })
  )

  it.effect("of every endpoint's input is one that the endpoint can send", () =>
    Effect.gen(function* () {
      for (const endpoint of yield* all) {
        const codec = endpoint.input()
        for (const seed of seeds) {
          const input = yield* Schema.decodeUnknownEffect(codec)(Sample.input(endpoint, { seed }))
          yield* Effect.mapError(Schema.encodeEffect(codec)(input), (error) => `${endpoint.id}: ${error.message}`)
        }
      }
    })
  )

  it.effect("of every endpoint that answers in pages comes to an end", () =>
    Effect.gen(function* () {
      for (const endpoint of yield* all) {
        const items = itemsOf(endpoint)
        if (items === undefined) continue
        const read = yield* Stream.runCollect(Stream.take(items, 50)).pipe(Effect.provide(sampling(endpoint)))
        assert.isBelow(read.length, 50, endpoint.id)
      }
    })
  )

  it("is the same for the same seed", () => {
    assert.deepStrictEqual(Sample.output(Catalog.read, { seed: 7 }), Sample.output(Catalog.read, { seed: 7 }))
    assert.notDeepEqual(Sample.output(Catalog.read, { seed: 7 }), Sample.output(Catalog.read, { seed: 8 }))
  })

  it("looks like what its names say", () => {
    const now = 1_800_000_000
    const { list, next_cursor = "", openid, total } = Sample.output(Catalog.read, { now })
    assert.match(String(openid), /^o\w{27}$/)
    assert.strictEqual(next_cursor, "")
    assert.isTrue(Array.isArray(list) && list.length === total)
    const [first]: ReadonlyArray<unknown> = Array.isArray(list) ? list : []
    const time = Predicate.hasProperty(first, "create_time") ? Number(first.create_time) : 0
    assert.isTrue(time <= now && time > now - 31 * 86_400)
  })

  it("has nothing on later pages", () => {
    assert.isNotEmpty(Sample.output(Catalog.pages, { input: { begin: 0 } })["names"])
    assert.isEmpty(Sample.output(Catalog.pages, { input: { begin: 3 } })["names"])
  })

  it("says that all is well where the endpoint says so", () => {
    assert.deepInclude(Sample.output(Catalog.scores), { base_resp: { ret: 0, err_msg: "ok" } })
  })
})
