import { assert, describe, it } from "@effect/vitest"
import * as Wire from "@wechat/core/Wire"
import { Simulator } from "@wechat/testing"
import * as Push from "@wechat/testing/Push"
import { component, componentSecret } from "@wechat/testing/Simulator"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { createHash } from "node:crypto"
import { control } from "../src/internal/control.ts"
import * as Envelope from "../src/internal/envelope.ts"
import { post } from "./ask.ts"

const aesKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
const settings = { appid: "wx1", token: "tok", aesKey }
const text = { ToUserName: "gh_1", FromUserName: "o1", CreateTime: 1, MsgType: "text", Content: "你好", MsgId: "1" }

const sign = (...parts: ReadonlyArray<string>) => createHash("sha1").update(parts.toSorted().join("")).digest("hex")

/** Runs an effect while time passes for it, in steps, so that answers arrive in between. */
const inTime = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect)
    while (fiber.pollUnsafe() === undefined) {
      yield* TestClock.adjust("1 second")
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    }
    return yield* Fiber.join(fiber)
  })

/** An address that answers with some texts in turn, the last one again and again. */
const answering = (...answers: ReadonlyArray<string | number>) => {
  const requests: Array<Request> = []
  const to = async (request: Request) => {
    requests.push(request)
    const answer = answers[Math.min(requests.length, answers.length) - 1] ?? ""
    return typeof answer === "number" ? new Response("", { status: answer }) : new Response(answer)
  }
  return { requests, to }
}

const faultOf = (answer: string, options: Partial<Push.Options> = {}) =>
  Effect.map(
    Effect.flip(
      Push.make({ ...settings, aesKey: undefined, attempts: 1, to: answering(answer).to, ...options }).push(text)
    ),
    ({ attempts }) => attempts.join()
  )

describe("a push", () => {
  it.effect("is signed, and in plain mode as it is", () =>
    Effect.gen(function* () {
      const { requests, to } = answering("success")
      yield* Push.make({ ...settings, aesKey: undefined, to }).push(text, "/wx1/callback")
      const [request = assert.fail("nothing came")] = requests
      const { pathname, searchParams } = new URL(request.url)
      const { nonce = "", openid, signature, timestamp = "" } = Object.fromEntries(searchParams)
      assert.strictEqual(pathname, "/wx1/callback")
      assert.strictEqual(openid, "o1")
      assert.strictEqual(signature, sign("tok", timestamp, nonce))
      assert.include(yield* Effect.promise(() => request.text()), "<Content><![CDATA[你好]]></Content>")
    })
  )

  it.effect("is encrypted for its receiver in safe mode, beside the plain fields in compatible mode", () =>
    Effect.gen(function* () {
      for (const mode of ["safe", "compatible"] as const) {
        const { requests, to } = answering("")
        yield* Push.make({ ...settings, mode, format: "json", to }).push(text)
        const [request = assert.fail("nothing came")] = requests
        const body = JSON.parse(yield* Effect.promise(() => request.text()))
        const { nonce = "", msg_signature, timestamp = "" } = Object.fromEntries(new URL(request.url).searchParams)
        assert.strictEqual(msg_signature, sign("tok", timestamp, nonce, body.Encrypt))
        assert.deepStrictEqual(Envelope.open(aesKey, body.Encrypt), { message: JSON.stringify(text), receiver: "wx1" })
        assert.strictEqual(body.Content, mode === "safe" ? undefined : "你好")
      }
    })
  )

  it.effect("comes three times where there is no good answer, each time with another nonce", () =>
    Effect.gen(function* () {
      const { requests, to } = answering(500, "hello?", "success")
      assert.deepStrictEqual(yield* Push.make({ ...settings, to }).push(text), { _tag: "Success" })
      assert.strictEqual(new Set(requests.map(({ url }) => new URL(url).searchParams.get("nonce"))).size, 3)
      const never = answering(500)
      const error = yield* Effect.flip(Push.make({ ...settings, to: never.to }).push(text))
      assert.deepStrictEqual(error.attempts, ["HTTP 500", "HTTP 500", "HTTP 500"])
    })
  )

  it.effect("waits for five seconds, and comes fifteen times more where it is about a payment", () =>
    Effect.gen(function* () {
      const hanging = () => new Promise<Response>(() => {})
      const { push } = Push.make({ ...settings, to: hanging })
      assert.deepStrictEqual(
        new Set((yield* inTime(Effect.flip(push(text)))).attempts),
        new Set(["no answer within five seconds"])
      )
      const payment = { ...text, MsgType: "event", Event: "xpay_coin_pay_notify" }
      assert.strictEqual((yield* inTime(Effect.flip(push(payment)))).attempts.length, 16)
    })
  )

  it.effect("to nobody fails", () =>
    Effect.gen(function* () {
      const to = () => Promise.reject(new Error("refused"))
      assert.deepStrictEqual((yield* Effect.flip(Push.make({ ...settings, to }).once(text))).attempts, [
        "no connection"
      ])
    })
  )
})

describe("an answer", () => {
  const reply = (fields: object) =>
    Envelope.write("xml", { ToUserName: "o1", FromUserName: "gh_1", CreateTime: 2, MsgType: "text", ...fields })

  it.effect("that makes no sense is told apart from one that does", () =>
    Effect.gen(function* () {
      const { push } = Push.make({ ...settings, aesKey: undefined, to: answering(reply({ Content: "hi" })).to })
      assert.deepInclude(yield* push(text), { _tag: "Reply" })
      assert.strictEqual(yield* faultOf("<xml><MsgType>"), "an answer that cannot be read")
      assert.strictEqual(yield* faultOf(reply({ ToUserName: "o2" })), "a reply to somebody else")
      assert.strictEqual(yield* faultOf(reply({ FromUserName: "gh_2" })), "a reply from somebody else")
      assert.strictEqual(yield* faultOf(reply({ CreateTime: undefined })), "a reply without CreateTime")
      assert.strictEqual(yield* faultOf(reply({ MsgType: "poem" })), "a reply of the type poem")
    })
  )

  it.effect("has to be encrypted as the push was", () =>
    Effect.gen(function* () {
      const safe = { aesKey, mode: "safe" as const }
      const Encrypt = Envelope.seal(aesKey, "wx1", reply({}), "0123456789abcdef")
      const sealed = (token: string, Encrypt: string) =>
        Envelope.write("xml", { Encrypt, MsgSignature: sign(token, "1", "n", Encrypt), TimeStamp: 1, Nonce: "n" })
      const { push } = Push.make({ ...settings, ...safe, to: answering(sealed("tok", Encrypt)).to })
      assert.deepInclude(yield* push(text), { _tag: "Reply" })
      const other = Envelope.seal(aesKey, "wx2", reply({}), "0123456789abcdef")
      for (const bad of [reply({}), sealed("other", Encrypt), sealed("tok", other), sealed("tok", "x")]) {
        assert.strictEqual(yield* faultOf(bad, safe), "an answer that cannot be decrypted")
      }
    })
  )
})

describe("from outside the process", () => {
  it.live("a push is asked for as JSON, and what came of it is told", () =>
    Effect.gen(function* () {
      const body = { ...settings, to: "http://127.0.0.1:1", fields: text }
      const request = { method: "POST", host: "", path: "/_simulator/push", query: {}, headers: {} }
      const outcome = yield* control(yield* Simulator, {
        ...request,
        body: new TextEncoder().encode(JSON.stringify(body))
      })
      assert.deepInclude(outcome, { _tag: "Answer", status: 200 })
      const told: unknown = JSON.parse(new TextDecoder().decode("body" in outcome ? outcome.body : undefined))
      assert.deepStrictEqual(told, { _tag: "Refused", attempts: ["no connection", "no connection", "no connection"] })
    }).pipe(Effect.provide(Simulator.layer()))
  )
})

describe("a made-up push", () => {
  const kind: Push.Kind<{ readonly Id: string; readonly Items: ReadonlyArray<string> }> = {
    match: { Event: "made_up" },
    codec: () => Wire.struct({ Id: Wire.text, Items: Wire.list(Wire.text) })
  }

  it("has the fields of its kind, the same ones for the same seed, and those that are given", () => {
    const one = Push.sample(kind, "xml", { Id: "mine" })
    assert.deepInclude(one, { MsgType: "event", Event: "made_up", Id: "mine" })
    assert.deepStrictEqual(one, Push.sample(kind, "xml", { Id: "mine" }))
    assert.notDeepEqual(one, Push.sample(kind, "xml", { Id: "mine" }, { seed: 1 }))
  })
})

describe("a platform with an address", () => {
  it.effect("is told of its tickets and authorizations, and gets a ticket when it asks for one", () => {
    const { requests, to } = answering("success")
    const components = [{ appid: component, secret: componentSecret, push: { to, token: "tok", aesKey } }]
    return Effect.gen(function* () {
      const { authorize, pushTicket, unauthorize } = yield* Simulator
      const ticket = yield* pushTicket(component)
      const code = yield* authorize(component, "wxnew")
      yield* authorize(component, "wxnew")
      yield* unauthorize(component, "wxnew")
      yield* post(
        "/cgi-bin/component/api_start_push_ticket",
        {},
        { component_appid: component, component_secret: componentSecret }
      )
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      const told = yield* Effect.forEach(requests, (request) =>
        Effect.promise(async () => {
          const envelope = Envelope.read("xml", await request.text())
          const opened = Envelope.open(aesKey, String(envelope?.["Encrypt"]))
          assert.strictEqual(envelope?.["AppId"], component)
          assert.strictEqual(opened?.receiver, component)
          return Envelope.read("xml", opened?.message ?? "") ?? {}
        })
      )
      assert.deepStrictEqual(
        told.map(({ InfoType }) => InfoType),
        ["component_verify_ticket", "authorized", "updateauthorized", "unauthorized", "component_verify_ticket"]
      )
      assert.strictEqual(told[0]?.["ComponentVerifyTicket"], ticket)
      assert.strictEqual(told[1]?.["AuthorizerAppid"], "wxnew")
      assert.notStrictEqual(told[1]?.["AuthorizationCode"], code)
    }).pipe(Effect.provide(Simulator.layer({ components })))
  })
})
