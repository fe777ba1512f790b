import { assert, describe, it } from "@effect/vitest"
import * as Credentials from "@wechat/core/Credentials"
import * as Endpoint from "@wechat/core/Endpoint"
import * as Wire from "@wechat/core/Wire"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Tracer from "effect/Tracer"
import { inspect } from "node:util"
import { account, answering, broken, client, followers, json, text } from "./fixtures.ts"

const secret = "app-s3cret"
const session = "session-k3y"

const login: Endpoint.Endpoint<
  {
    readonly appid?: string | undefined
    readonly secret?: Redacted.Redacted | undefined
    readonly session_key: Redacted.Redacted
  },
  { readonly access_token: Redacted.Redacted }
> = Endpoint.make({
  id: "test.login",
  method: "GET",
  path: "/sns/login",
  auth: "access_token",
  safe: false,
  body: "none",
  returns: "json",
  query: ["appid", "secret", "session_key"],
  fill: { appid: "appid", secret: "secret" },
  input: () => Wire.struct({ appid: Wire.maybe(Wire.text), secret: Wire.maybe(Wire.secret), session_key: Wire.secret }),
  output: () => Wire.struct({ access_token: Wire.sure(Wire.secret) })
})

const secrets = [secret, session, "T1", "T2"]

/** Every way in which an exit, its failure and its causes can be printed. */
const printed = (exit: Exit.Exit<unknown, unknown>): string => {
  const failures = Exit.isFailure(exit)
    ? [
        Cause.pretty(exit.cause),
        ...exit.cause.reasons.flatMap((reason) => (Cause.isFailReason(reason) ? [reason.error] : []))
      ]
    : [exit]
  return failures
    .flatMap((failure) => [
      String(failure),
      inspect(failure, { depth: 20, showHidden: true }),
      JSON.stringify(failure),
      failure instanceof Error ? String(failure.stack) : ""
    ])
    .join("\n")
}

const outcomes = {
  "a success": json({ access_token: "T2" }),
  "a refusal that quotes the token and the secret": (): Response =>
    new Response(JSON.stringify({ errcode: 40013, errmsg: `invalid appsecret ${secret}, token T1, key ${session}` })),
  "half a token": text(`{"access_token":"T2`),
  "a connection that breaks": broken("ECONNRESET"),
  "a bad gateway that quotes the address": (seen: { readonly url: URL }) =>
    new Response(seen.url.href, { status: 502 }),
  "a shape that is wrong": json({ access_token: [secret] })
}

describe("no secret is printed", () => {
  for (const [what, answer] of Object.entries(outcomes)) {
    it.effect(`in spans, logs, causes and stacks of ${what}`, () =>
      Effect.gen(function* () {
        const spans: Array<Tracer.NativeSpan> = []
        const tracer = Tracer.make({
          span: (options) => {
            const span = new Tracer.NativeSpan(options)
            spans.push(span)
            return span
          }
        })
        const lines: Array<string> = []
        const logger = Logger.make((options) => {
          lines.push(inspect(options.message, { depth: 20 }), inspect(options.cause, { depth: 20 }))
        })
        const exit = yield* login({ session_key: Redacted.make(session) }).pipe(
          Effect.tapError((error) => Effect.logError("failed", error)),
          Effect.tapCause((cause) => Effect.logError("failed", cause)),
          Effect.exit,
          Effect.provide(client(answering(answer))),
          Effect.provide(Credentials.Credentials.layer({ [account.appid]: { secret: Redacted.make(secret) } })),
          Effect.provide(Logger.layer([logger])),
          Effect.provideService(Tracer.Tracer, tracer)
        )
        const all = [printed(exit), ...lines, inspect(spans, { depth: 20 })].join("\n")
        for (const secret of secrets) assert.notInclude(all, secret)
        assert.isAbove(spans.length, 0)
        assert.include(
          spans.map((span) => span.name),
          "wechat.test.login"
        )
      })
    )
  }

  it.effect("nor one that travels in the body and that WeChat quotes", () =>
    Effect.gen(function* () {
      const issue: Endpoint.Endpoint<{ readonly secret: Redacted.Redacted }, void> = Endpoint.make({
        id: "test.issue",
        method: "POST",
        path: "/cgi-bin/issue",
        auth: "none",
        safe: false,
        body: "json",
        returns: "nothing",
        input: () => Wire.struct({ secret: Wire.secret }),
        output: () => Wire.nothing
      })
      const http = answering(json({ errcode: 40125, errmsg: `invalid appsecret ${secret}` }))
      const exit = yield* Effect.exit(issue({ secret: Redacted.make(secret) })).pipe(Effect.provide(client(http)))
      assert.include(http.seen[0]?.body ?? "", secret)
      assert.include(printed(exit), "invalid appsecret <redacted>")
      assert.notInclude(printed(exit), secret)
    })
  )

  it.effect("while the secret itself is sent", () =>
    Effect.gen(function* () {
      const http = answering(json({ access_token: "T2" }))
      const layer = client(http).pipe(
        Layer.provide(Credentials.Credentials.layer({ [account.appid]: { secret: Redacted.make(secret) } }))
      )
      const answer = yield* login({ session_key: Redacted.make(session) }).pipe(Effect.provide(layer))
      assert.strictEqual(Redacted.value(answer.access_token), "T2")
      assert.strictEqual(http.seen[0]?.url.search, `?access_token=T1&appid=wx1&secret=${secret}&session_key=${session}`)
    })
  )

  it.effect("and one that is missing is named, with what to do", () =>
    Effect.gen(function* () {
      const http = answering(json({}))
      const error = yield* Effect.flip(login({ session_key: Redacted.make(session) })).pipe(
        Effect.provide(client(http))
      )
      assert.include(
        error.message,
        `test.login: not sent: no secret for wx1: provide Credentials.layer({ "wx1": { secret: ... } }), or set WECHAT_APPID`
      )
      assert.lengthOf(http.seen, 0)
    })
  )
})

describe("spans", () => {
  it.effect("a call has one, with its path and account, around that of the HTTP request; no trace goes to WeChat", () =>
    Effect.gen(function* () {
      const spans: Array<Tracer.NativeSpan> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        }
      })
      const http = answering(json({ errcode: 40003, errmsg: "invalid openid" }))
      yield* Effect.exit(followers()).pipe(Effect.provide(client(http)), Effect.provideService(Tracer.Tracer, tracer))
      assert.deepStrictEqual(
        spans.map((span) => span.name),
        ["wechat.test.followers", "GET"]
      )
      const attributes = Object.fromEntries(spans[0]?.attributes ?? [])
      assert.deepStrictEqual(attributes, {
        "wechat.endpoint": "test.followers",
        "wechat.path": "/cgi-bin/user/get",
        "wechat.app": "Common:wx1",
        "wechat.errcode": 40003
      })
      assert.isUndefined(http.seen[0]?.request.headers["traceparent"])
    })
  )
})
