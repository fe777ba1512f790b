import { assert, describe, it } from "@effect/vitest"
import { endpoints } from "@wechat/api/Registry"
import * as App from "@wechat/core/App"
import type * as Endpoint from "@wechat/core/Endpoint"
import type * as Send from "@wechat/core/Send"
import { type Client, WeChat } from "@wechat/core/WeChat"
import * as Wire from "@wechat/core/Wire"
import * as Sample from "@wechat/testing/Sample"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

type Fields = Readonly<Record<string, unknown>>
type Paged = Endpoint.Paged<Fields, unknown, unknown>

const isPaged = (endpoint: Endpoint.Any): endpoint is Paged => "items" in endpoint

const items = [10, 11, 12, 13, 14, 15, 16]
const size = 3
/** Cursors are larger than any number that a field begins with. */
const marked = 1000

/** The way to the value that a function reads from an answer. */
const pathOf = (read: (output: unknown) => unknown): ReadonlyArray<string> => {
  let longest: ReadonlyArray<string> = []
  const at = (path: ReadonlyArray<string>): unknown =>
    new Proxy(() => "", {
      get: (_, name) => {
        if (typeof name === "symbol") return () => "1"
        const next = [...path, name]
        if (next.length > longest.length) longest = next
        return at(next)
      }
    })
  read(at([]))
  return longest
}

const put = (target: Record<string, unknown>, [name = "", ...rest]: ReadonlyArray<string>, value: unknown): void => {
  if (rest.length === 0) {
    target[name] = value
    return
  }
  const inner = target[name]
  const next: Record<string, unknown> = Predicate.isObject(inner) ? { ...inner } : {}
  target[name] = next
  put(next, rest, value)
}

/** Where a page begins, as WeChat reads it from what is sent. */
const beginning = ({ page }: Paged, sent: Fields, first: number): number => {
  if ("cursor" in page) return Math.max(0, Number(sent[page.cursor] ?? 0) - marked)
  return "offset" in page ? Number(sent[page.offset] ?? 0) : (Number(sent[page.number] ?? first) - first) * size
}

/** Whether a field holds a number. */
const isNumber = ({ shape }: Wire.AnyCodec): boolean =>
  shape._tag === "Maybe" || shape._tag === "Preset" || shape._tag === "Sure"
    ? isNumber(shape.of())
    : shape._tag === "Int"

const cursorAt = (endpoint: Paged, field: string, end: number): unknown => {
  const codec = Wire.fieldsOf(endpoint.wire.input())[field]
  const cursor = end < items.length ? marked + end : 0
  return codec !== undefined && isNumber(codec) ? cursor : cursor === 0 ? "" : String(cursor)
}

const answer = (endpoint: Paged, begin: number): unknown => {
  const { page } = endpoint
  const end = Math.min(begin + size, items.length)
  const output: Record<string, unknown> = {}
  put(output, pathOf(page.items), items.slice(begin, end))
  if (page.total !== undefined) put(output, pathOf(page.total), items.length)
  if (page.more !== undefined) put(output, pathOf(page.more), end < items.length)
  if ("cursor" in page) put(output, pathOf(page.from), cursorAt(endpoint, page.cursor, end))
  return output
}

/** A WeChat that has seven items, three to a page, and knows the endpoint's way of turning pages. */
const book = (endpoint: Paged, first: number): Client => ({
  app: App.common("wx1"),
  as: () => book(endpoint, first),
  call: <I, A>(plan: Send.Plan<I, A>, input: I) =>
    Effect.sync(() => {
      const written = plan.input.write(input)
      const sent: Fields = Predicate.isObject(written) ? { ...written } : {}
      return answer(endpoint, beginning(endpoint, sent, first)) as A
    }),
  request: () => Effect.die("not asked for"),
  download: () => Effect.die("not asked for")
})

/** The first input: what a caller gives who begins at the beginning. */
const inputOf = (endpoint: Paged): Fields => {
  const { page } = endpoint
  const field = "cursor" in page ? page.cursor : "offset" in page ? page.offset : page.number
  const { [field]: _, ...sample } = Sample.input(endpoint)
  const start = "cursor" in page ? {} : { [field]: "offset" in page ? 0 : 1 }
  return Schema.decodeUnknownSync(endpoint.input())({ ...sample, ...start })
}

const all = Effect.forEach(endpoints, (entry) => Effect.promise(entry.load)).pipe(
  Effect.map((loaded) => loaded.filter(isPaged))
)

describe("every endpoint that answers in pages", () => {
  it.effect("gives all items once, in order, and comes to an end", () =>
    Effect.gen(function* () {
      const paged = yield* all
      assert.isAbove(paged.length, 150)
      for (const endpoint of paged) {
        const read = yield* Stream.runCollect(Stream.take(endpoint.items(inputOf(endpoint)), 100)).pipe(
          Effect.provideService(WeChat, book(endpoint, 1))
        )
        assert.deepStrictEqual(read, items, endpoint.id)
      }
    })
  )
})
