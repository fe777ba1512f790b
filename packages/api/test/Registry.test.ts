import { assert, describe, expect, it } from "@effect/vitest"
import type * as Endpoint from "@wechat/core/Endpoint"
import { endpoints } from "@wechat/api/Registry"
import * as Effect from "effect/Effect"

const loaded: Effect.Effect<ReadonlyArray<Endpoint.Any>> = Effect.forEach(endpoints, (entry) =>
  Effect.promise(entry.load)
)

const verbOf = (name: string): string => /^[a-z0-9]+/.exec(name)?.[0] ?? name

describe("the registry", () => {
  it("names every endpoint once", () => {
    assert.strictEqual(new Set(endpoints.map(({ id }) => id)).size, endpoints.length)
    assert.isAbove(endpoints.length, 1500)
  })

  it.effect("says of every endpoint what the endpoint says of itself", () =>
    Effect.gen(function* () {
      const all = yield* loaded
      for (const [at, entry] of endpoints.entries()) {
        const endpoint = all[at]
        assert.deepStrictEqual(
          {
            id: endpoint?.id,
            method: endpoint?.method,
            path: endpoint?.path,
            auth: endpoint?.auth,
            doc: endpoint?.doc
          },
          { id: entry.id, method: entry.method, path: entry.path, auth: entry.auth, doc: entry.doc }
        )
        assert.match(entry.summary, /^[A-Z].*\.$/, entry.id)
      }
    })
  )

  it.effect("every endpoint has schemas for its input and its answer", () =>
    Effect.gen(function* () {
      for (const endpoint of yield* loaded) {
        assert.isDefined(endpoint.input().ast, endpoint.id)
        assert.isDefined(endpoint.output().ast, endpoint.id)
      }
    })
  )

  // A wrong mark sends a message or moves money twice, so every change of one shows up in review.
  it.effect("what may be repeated, by verb", () =>
    Effect.gen(function* () {
      const all = yield* loaded
      const verbs = new Set(all.map(({ id }) => verbOf(id.split(".").at(-1) ?? "")))
      const lines = [...verbs].toSorted().flatMap((verb) =>
        [true, false].flatMap((safe) => {
          const ids = all
            .filter((endpoint) => endpoint.safe === safe && verbOf(endpoint.id.split(".").at(-1) ?? "") === verb)
            .map(({ id, method }) => `  ${method} ${id}`)
            .toSorted()
          return ids.length === 0 ? [] : [`${verb}: ${safe ? "may be repeated" : "once"}`, ...ids]
        })
      )
      yield* Effect.promise(() => expect(`${lines.join("\n")}\n`).toMatchFileSnapshot("./safe.txt"))
    })
  )
})
