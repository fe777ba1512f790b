/** What a call costs, counted in fibers and bytes: a slow step that creeps in shows here, whatever the machine's speed. */
import { assert, describe, it } from "@effect/vitest"
import type { WeChatError } from "@wechat/core/Error"
import * as Settings from "@wechat/core/Settings"
import { WeChat } from "@wechat/core/WeChat"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import { getHeapStatistics } from "node:v8"
import { account, counting, followers, send } from "./fixtures.ts"

/** A client that costs next to nothing itself: one answer for all, which arrives a moment later. */
const answering = (body: unknown) => {
  const answer = HttpClientResponse.fromWeb(HttpClientRequest.get("http://x"), Response.json(body))
  const client = HttpClient.makeWith(
    (request: Effect.Effect<HttpClientRequest.HttpClientRequest, HttpClientError.HttpClientError>) =>
      Effect.flatMap(request, () => Effect.as(Effect.yieldNow, answer)),
    Effect.succeed
  )
  const http = Layer.succeed(HttpClient.HttpClient, client)
  return WeChat.layer(account).pipe(
    Layer.provide([http, counting().layer]),
    Layer.provideMerge(Settings.layerHost("http://x"))
  )
}

type Call = Effect.Effect<unknown, WeChatError, WeChat>

const calls: ReadonlyArray<{ readonly what: string; readonly call: Call; readonly answer: unknown }> = [
  { what: "read", call: followers(), answer: { total: 1, data: { openid: ["o1"] }, next_openid: "" } },
  { what: "write", call: send({ touser: "o1" }), answer: { errcode: 0, msgid: 1 } }
]

/** How many fibers start while an effect runs. */
const fibers = (effect: Call) =>
  Effect.suspend(() => {
    let started = 0
    const counter = { recordFiberStart: () => void started++, recordFiberEnd: () => undefined }
    return Effect.provideService(effect, Metric.FiberRuntimeMetrics, counter).pipe(Effect.map(() => started))
  })

/** Bytes of memory that an effect takes each time, when it has become warm. The same on every run, to a few percent. */
const bytes = Effect.fnUntraced(function* (effect: Call) {
  const times = 100
  const batches: Array<number> = []
  for (let number = 0; number < 60; number++) {
    const before = getHeapStatistics().used_heap_size
    for (let time = 0; time < times; time++) yield* effect
    batches.push((getHeapStatistics().used_heap_size - before) / times)
  }
  // A collection makes a batch look cheap, never dear.
  return batches.slice(30).toSorted((a, b) => a - b)[20] ?? Number.NaN
})

const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length

describe("a call", () => {
  for (const { answer, call, what } of calls) {
    it.live(`starts one fiber, which a time limit can end (a ${what})`, () =>
      Effect.gen(function* () {
        // The first time the answer's own text is made.
        yield* call
        assert.strictEqual(yield* fibers(call), 1)
      }).pipe(Effect.provide(answering(answer)))
    )
    it.live(`takes no more than 12 kB (a ${what})`, () =>
      Effect.gen(function* () {
        const each = yield* bytes(call)
        assert.isAbove(each, 0)
        assert.isBelow(each, 12_000)
      }).pipe(Effect.provide(answering(answer)))
    )
  }
  it.live("leaves no timer that keeps the process alive", () =>
    Effect.gen(function* () {
      const before = timers()
      // A length that no other test has.
      yield* followers().pipe(Settings.provide({ attempt: 4321 }))
      assert.isAtMost(timers(), before)
    }).pipe(Effect.provide(answering({ total: 0 })))
  )
})
