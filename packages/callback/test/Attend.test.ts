import { assert, describe, it } from "@effect/vitest"
import { Inbox, InboxError } from "@wechat/callback/Inbox"
import { later, type Push } from "@wechat/callback/Push"
import * as Reply from "@wechat/callback/Reply"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Persistence from "effect/persistence/Persistence"
import * as Redis from "effect/persistence/Redis"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as World from "./world.ts"

const { event, inTime, on, own, plain, serve, text, wechat } = World

const contentOf = (answer: { readonly _tag: string; readonly fields?: Readonly<Record<string, unknown>> }) =>
  answer.fields?.["Content"]

/** A handler that counts, and answers with its count. */
const counting = () => {
  const seen: Array<unknown> = []
  const handler = (push: Push) =>
    Effect.sync(() => {
      seen.push(push.fields["Content"] ?? push.fields["Event"])
      return Reply.text(`number ${seen.length}`)
    })
  return { seen, handler }
}

describe("a repeated push", () => {
  it.effect("gets the first one's answer, and is handled once", () =>
    Effect.gen(function* () {
      const { handler, seen } = counting()
      const { to } = yield* serve({ receivers: own, handler })
      const message = text("hi")
      const first = yield* wechat(to).once(message)
      const again = yield* wechat(to, { seed: 1 }).once(message)
      assert.strictEqual(contentOf(first), "number 1")
      assert.deepStrictEqual(again, first)
      yield* wechat(to).once(text("another"))
      assert.deepStrictEqual(seen, ["hi", "another"])
    })
  )

  it.effect("is forgotten after a quarter of an hour; one of virtual payment after a day", () =>
    Effect.gen(function* () {
      const { handler, seen } = counting()
      const { to } = yield* serve({ receivers: own, handler })
      const [message, payment] = [text("hi"), event("xpay_goods_deliver_notify", { OutTradeNo: "1" })]
      const { once } = wechat(to)
      yield* once(message)
      yield* once(payment)
      yield* TestClock.adjust("16 minutes")
      yield* once(message)
      yield* once(payment)
      assert.deepStrictEqual(seen, ["hi", "xpay_goods_deliver_notify", "hi"])
      yield* TestClock.adjust("25 hours")
      yield* once(payment)
      assert.strictEqual(seen.length, 4)
    })
  )

  it.effect("is another one where an event of the same second says something else", () =>
    Effect.gen(function* () {
      const { handler, seen } = counting()
      const { to } = yield* serve({ receivers: own, handler })
      yield* wechat(to).once(event("channels_ec_order_new", { order_id: "1" }))
      yield* wechat(to).once(event("channels_ec_order_new", { order_id: "2" }))
      assert.strictEqual(seen.length, 2)
    })
  )

  it.effect("that comes while the first is being handled waits for its answer", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const seen: Array<Push> = []
      const handler = (push: Push) =>
        Effect.andThen(
          Effect.sync(() => seen.push(push)),
          Effect.as(Deferred.await(gate), Reply.text("both"))
        )
      const { to } = yield* serve({ receivers: own, handler })
      const message = text("hi")
      const both = yield* Effect.forkChild(
        Effect.all([wechat(to).once(message), wechat(to, { seed: 1 }).once(message)], { concurrency: 2 })
      )
      yield* inTime(Effect.sleep("1 second"))
      yield* Deferred.succeed(gate, undefined)
      const answers = yield* inTime(Fiber.join(both))
      assert.deepStrictEqual(answers.map(contentOf), ["both", "both"])
      assert.strictEqual(seen.length, 1)
    })
  )
})

/** What the commands of an inbox do in Redis. */
const redis = Layer.effect(
  Redis.Redis,
  Effect.gen(function* () {
    const kept = new Map<string, string>()
    const send = <A>(command: string, ...[key = "", value = "", ...rest]: ReadonlyArray<string>) =>
      Effect.sync((): A => {
        const isTaken = rest.includes("NX") && kept.has(key)
        const answer = command === "GET" ? (kept.get(key) ?? null) : isTaken ? null : "OK"
        if (command === "SET" && !isTaken) kept.set(key, value)
        if (command === "DEL") kept.delete(key)
        return answer as A
      })
    const subscribe = () => Effect.succeed(Effect.never)
    return yield* Redis.make({ send, subscribe, connect: Effect.succeed({ send, close: Effect.void }) })
  })
)

describe("an inbox that two processes share", () => {
  for (const [name, inbox] of [
    ["memory", Inbox.layerMemory],
    ["Effect's persistence", Layer.provide(Inbox.layerPersistence, Persistence.layerBackingMemory)],
    ["Redis", Layer.provide(Inbox.layerRedis(), redis)]
  ] as const) {
    it.effect(`${name}: a push is handled by one of them, and a failed one may be taken by the other`, () =>
      Effect.gen(function* () {
        const { handler, seen } = counting()
        const one = yield* serve({
          receivers: own,
          handler: (push) => Effect.andThen(handler(push), Effect.fail("down"))
        })
        const other = yield* serve({ receivers: own, handler })
        const message = text("hi")
        assert.isTrue(Exit.isFailure(yield* Effect.exit(wechat(one.to).once(message))))
        const answer = yield* wechat(other.to).once(message)
        assert.strictEqual(contentOf(answer), "number 2")
        assert.deepStrictEqual(yield* wechat(one.to, { seed: 1 }).once(message), answer)
        assert.strictEqual(seen.length, 2)
      }).pipe(Effect.provide(inbox))
    )
  }

  it.effect("that cannot be reached: WeChat is asked to try again, and nothing is handled", () =>
    Effect.gen(function* () {
      const { handler, seen } = counting()
      const { to } = yield* serve({ receivers: own, handler })
      const error = yield* Effect.flip(wechat(to).push(text("hi")))
      assert.deepStrictEqual(error.attempts, ["HTTP 500", "HTTP 500", "HTTP 500"])
      assert.deepStrictEqual(seen, [])
    }).pipe(
      Effect.provideService(Inbox, {
        claim: () => Effect.fail(new InboxError({ detail: "away" })),
        settle: () => Effect.void,
        release: () => Effect.void
      })
    )
  )
})

describe("a handler", () => {
  it.effect("that is slow is answered for after 4.5 seconds and goes on; its reply is sent another way", () =>
    Effect.gen(function* () {
      const sent: Array<Reply.Reply> = []
      const handler = () => Effect.delay(Effect.succeed(Reply.text("at last")), "7 seconds")
      const late = (reply: Reply.Reply) => Effect.sync(() => void sent.push(reply))
      const { to } = yield* serve({ receivers: own, handler, late })
      assert.deepStrictEqual(yield* inTime(wechat(to).push(text("hi"))), { _tag: "Success" })
      assert.deepStrictEqual(sent, [])
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(sent, [Reply.text("at last")])
    })
  )

  it.effect("may answer at once and go on in the background", () =>
    Effect.gen(function* () {
      const done: Array<string> = []
      const handler = on({
        text: later(({ Content }) =>
          Effect.delay(
            Effect.sync(() => done.push(Content)),
            "1 minute"
          )
        )
      })
      const { to } = yield* serve({ receivers: own, handler })
      assert.deepStrictEqual(yield* wechat(to).once(text("hi")), { _tag: "Success" })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(done, ["hi"])
    })
  )

  it.effect("that fails has WeChat try again, or not, as configured", () =>
    Effect.gen(function* () {
      const tries: Array<Push> = []
      const handler = (push: Push) =>
        Effect.andThen(
          Effect.sync(() => tries.push(push)),
          Effect.fail("no database")
        )
      const again = yield* serve({ receivers: own, handler })
      assert.strictEqual((yield* Effect.flip(wechat(again.to).push(text("hi")))).attempts.length, 3)
      assert.strictEqual(tries.length, 3)
      const never = yield* serve({ receivers: own, handler, failure: "success" })
      assert.deepStrictEqual(yield* wechat(never.to).push(text("hi")), { _tag: "Success" })
      assert.strictEqual(tries.length, 4)
    })
  )

  it.effect("that dies is no different", () =>
    Effect.gen(function* () {
      const { to } = yield* serve({ receivers: own, handler: () => Effect.die(new Error("bug")) })
      assert.deepStrictEqual((yield* Effect.flip(wechat(to).once(text("hi")))).attempts, ["HTTP 500"])
    })
  )

  it.effect("has its time when the server stops", () =>
    Effect.gen(function* () {
      const done: Array<string> = []
      const scope = yield* Scope.make()
      const handler = on({
        text: later(() =>
          Effect.delay(
            Effect.sync(() => done.push("done")),
            "8 seconds"
          )
        )
      })
      const { to } = yield* Scope.provide(serve({ receivers: own, handler }), scope)
      yield* wechat(to).once(text("hi"))
      yield* inTime(Scope.close(scope, Exit.void))
      assert.deepStrictEqual(done, ["done"])
    })
  )
})

describe("without encryption", () => {
  it.effect("a signature that somebody has seen does not sign another message", () =>
    Effect.gen(function* () {
      const { handler, seen } = counting()
      const { to } = yield* serve({ receivers: plain, handler })
      const request = yield* wechat(to, { mode: "plain" }).request(text("pay Ann"))
      const forged = new Request(request.url, {
        method: "POST",
        body: (yield* Effect.promise(() => request.clone().text())).replace("Ann", "Eve")
      })
      const ask = (one: Request) =>
        Effect.map(
          Effect.promise(() => to(one.clone())),
          ({ status }) => status
        )
      assert.strictEqual(yield* ask(request), 200)
      assert.strictEqual(yield* ask(forged), 401)
      assert.strictEqual(yield* ask(request), 200)
      assert.deepStrictEqual(seen, ["pay Ann"])
    })
  )
})
