import { assert, describe, it } from "@effect/vitest"
import type { Reason, WeChatError } from "@wechat/core/Error"
import { WeChat } from "@wechat/core/WeChat"
import * as Settings from "@wechat/core/Settings"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import {
  type Answer,
  answering,
  broken,
  client,
  counting,
  followers,
  json,
  media,
  never,
  type Seen,
  send,
  text,
  upload
} from "./fixtures.ts"

const page = { total: 1, data: { openid: ["o1"] }, next_openid: "" }
const sent = { errcode: 0, errmsg: "ok", msgid: 1 }

const failure = <A, R>(effect: Effect.Effect<A, WeChatError, R>): Effect.Effect<Reason, A, R> =>
  Effect.map(Effect.flip(effect), (error) => error.reason)

/** Runs an effect while an hour passes. */
const inTime = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect)
    yield* TestClock.adjust("1 hour")
    return yield* Fiber.join(fiber)
  })

describe("what is sent", () => {
  it.effect("the token and query fields in the address, the other fields as JSON in the catalog's order", () =>
    Effect.gen(function* () {
      const http = answering(json(sent))
      const answer = yield* send({ touser: "o1" }).pipe(Effect.provide(client(http)))
      assert.deepStrictEqual(answer, { msgid: "1" })
      assert.strictEqual(http.seen[0]?.url.href, "https://api.weixin.qq.com/cgi-bin/message/send?access_token=T1")
      assert.strictEqual(http.seen[0]?.body, `{"touser":"o1","count":10}`)
      assert.strictEqual(http.seen[0]?.request.headers["content-type"], "application/json")
    })
  )

  it.effect("a form with raw UTF-8 file names, text parts first, and its length", () =>
    Effect.gen(function* () {
      const http = answering(json({ media_id: "M" }))
      yield* upload({
        type: "image",
        media: { name: `菜单"1".png`, data: new TextEncoder().encode("PNG") },
        description: { title: "标题" }
      }).pipe(Effect.provide(client(http)))
      const body = http.seen[0]?.body ?? ""
      assert.include(body, `Content-Disposition: form-data; name="description"\r\n\r\n{"title":"标题"}\r\n`)
      assert.include(body, `name="media"; filename="菜单%221%22.png"\r\nContent-Type: image/png\r\n\r\nPNG\r\n`)
      assert.isBelow(body.indexOf("description"), body.indexOf("media"))
      assert.strictEqual(http.seen[0]?.url.searchParams.get("type"), "image")
      assert.strictEqual(http.seen[0]?.request.headers["content-length"], String(new TextEncoder().encode(body).length))
    })
  )

  it.effect("a stream without holding it, with the length said ahead", () =>
    Effect.gen(function* () {
      const http = answering(json({ media_id: "M" }))
      const chunk = new Uint8Array(1000)
      const stream = Stream.fromIterable([chunk, chunk])
      yield* upload({ type: "video", media: { name: "a.mp4", stream, size: 2000 } }).pipe(Effect.provide(client(http)))
      const body = http.seen[0]?.request.body
      assert(body?._tag === "Stream")
      const whole = yield* Stream.runFold(
        body.stream,
        () => 0,
        (sum, bytes) => sum + bytes.length
      )
      assert.strictEqual(body.contentLength, whole)
    })
  )

  it.effect("nothing where a field is missing or wrong, and the failure names it", () =>
    Effect.gen(function* () {
      const http = answering(json(sent))
      const wrong: unknown = { touser: 5 }
      const reason = yield* failure(send(wrong as { readonly touser: string })).pipe(Effect.provide(client(http)))
      assert(reason._tag === "InvalidInput")
      assert.include(reason.detail, "touser: expected text, found a number")
      assert.lengthOf(http.seen, 0)
    })
  )

  it.effect("to another host where the settings say so", () =>
    Effect.gen(function* () {
      const http = answering(json(sent))
      yield* send({ touser: "o1" }).pipe(
        Effect.provide(client(http)),
        Effect.provide(Settings.layerHost("http://127.0.0.1:1234"))
      )
      assert.strictEqual(http.seen[0]?.url.origin, "http://127.0.0.1:1234")
    })
  )
})

describe("what comes back", () => {
  const refused: ReadonlyArray<[string, () => Response, Reason["_tag"], string]> = [
    ["an errcode", json({ errcode: 45009, errmsg: "reach max api daily quota limit rid: 66-aa" }), "RateLimited", ""],
    ["an errcode as text", json({ errcode: "48001", errmsg: "api unauthorized" }), "Forbidden", ""],
    [
      "HTML",
      text("<html>", { headers: { "content-type": "text/html" } }),
      "Malformed",
      "6 characters that are no JSON (text/html)"
    ],
    ["nothing", text(""), "Malformed", "an empty answer"],
    ["half a body", text(`{"total":1,"da`), "Malformed", "14 characters that are no JSON"],
    ["a list in place of an object", json([1]), "Malformed", "expected an object, found a list"],
    [
      "a redirect",
      text(null, { status: 302, headers: { location: "https://evil.example" } }),
      "Unreachable",
      "a redirect (HTTP 302)"
    ],
    ["a status of 404", text("not found", { status: 404 }), "Unreachable", "HTTP 404"],
    [
      "a status of 400 with an errcode",
      json({ errcode: 40013, errmsg: "invalid appid" }, { status: 400 }),
      "Rejected",
      ""
    ],
    [
      "compressed bytes that nobody unpacked",
      text("\u001f\u008b", { headers: { "content-encoding": "gzip" } }),
      "Malformed",
      "gzip"
    ]
  ]
  for (const [what, answer, tag, detail] of refused) {
    it.effect(`${what} is a ${tag}`, () =>
      Effect.gen(function* () {
        const reason = yield* failure(followers()).pipe(Effect.provide(client(answering(answer))))
        assert.strictEqual(reason._tag, tag)
        if ("detail" in reason) assert.include(reason.detail, detail)
      })
    )
  }

  it.effect("the rid and what to do are in the message", () =>
    Effect.gen(function* () {
      const http = answering(json({ errcode: 40164, errmsg: "invalid ip 1.2.3.4, not in whitelist rid: 66aa-bb" }))
      const error = yield* Effect.flip(followers()).pipe(Effect.provide(client(http)))
      assert.include(
        error.message,
        "test.followers: 40164 invalid ip 1.2.3.4, not in whitelist rid: 66aa-bb (add this address"
      )
      assert(error.reason._tag === "AddressNotAllowed")
      assert.strictEqual(error.reason.rid, "66aa-bb")
    })
  )

  it.effect("an id above 2^53 and raw control characters, exactly", () =>
    Effect.gen(function* () {
      const http = answering(text(`{"msgid":9223372036854775807,"nick":"a\tb\u0001"}`))
      assert.deepStrictEqual(yield* send({ touser: "o" }).pipe(Effect.provide(client(http))), {
        msgid: "9223372036854775807"
      })
    })
  )

  it.effect("pages, to the end", () =>
    Effect.gen(function* () {
      const http = answering(
        json({ total: 3, data: { openid: ["a", "b"] }, next_openid: "b" }),
        json({ total: 3, data: { openid: ["c"] }, next_openid: "c" }),
        json({ total: 3, next_openid: "" })
      )
      assert.deepStrictEqual(yield* Stream.runCollect(followers.items()).pipe(Effect.provide(client(http))), [
        "a",
        "b",
        "c"
      ])
      assert.deepStrictEqual(
        http.seen.map((seen) => seen.url.searchParams.get("next_openid")),
        [null, "b", "c"]
      )
    })
  )
})

describe("files", () => {
  const image = text("\u0089PNG...", {
    headers: { "content-type": "image/png", "content-disposition": `attachment; filename="a.png"` }
  })

  it.effect("a name, a type and a stream", () =>
    Effect.gen(function* () {
      const file = yield* media({ media_id: "m" }).pipe(Effect.provide(client(answering(image))))
      assert.strictEqual(file.name, "a.png")
      assert.strictEqual(file.type, "image/png")
      assert.strictEqual(yield* file.text, "\u0089PNG...")
    })
  )

  it.effect("a name in raw UTF-8, as WeChat writes it, or encoded", () =>
    Effect.gen(function* () {
      const raw = Buffer.from("海报.png", "utf8").toString("latin1")
      for (const disposition of [
        `attachment; filename="${raw}"`,
        `attachment; filename*=UTF-8''${encodeURIComponent("海报.png")}`
      ]) {
        const http = answering(
          text("PNG", { headers: { "content-type": "image/png", "content-disposition": disposition } })
        )
        const file = yield* media({ media_id: "m" }).pipe(Effect.provide(client(http)))
        assert.strictEqual(file.name, "海报.png")
      }
    })
  )

  it.effect("a refusal in place of a file, whatever its content type says", () =>
    Effect.gen(function* () {
      for (const type of ["application/json", "text/plain", "image/jpeg"]) {
        const http = answering(
          text(`{"errcode":40007,"errmsg":"invalid media_id"}`, { headers: { "content-type": type } })
        )
        const reason = yield* failure(media({ media_id: "m" })).pipe(Effect.provide(client(http)))
        assert.strictEqual(reason._tag, "Rejected")
      }
    })
  )

  it.effect("other JSON in place of a file names its fields", () =>
    Effect.gen(function* () {
      const http = answering(json({ title: "t", down_url: "u" }))
      const reason = yield* failure(media({ media_id: "m" })).pipe(Effect.provide(client(http)))
      assert(reason._tag === "Malformed")
      assert.include(reason.detail, "title, down_url")
    })
  )

  it.effect("a file that begins like JSON is a file", () =>
    Effect.gen(function* () {
      const content = "{ this is not JSON"
      const http = answering(text(content, { headers: { "content-type": "application/octet-stream" } }))
      const file = yield* media({ media_id: "m" }).pipe(Effect.provide(client(http)))
      assert.strictEqual(yield* file.text, content)
    })
  )
})

describe("tokens", () => {
  it.effect("one that WeChat refuses is renewed once, for reads and writes alike", () =>
    Effect.gen(function* () {
      for (const errcode of [40001, 40014, 42001]) {
        const http = answering(json({ errcode, errmsg: "invalid credential" }), json(sent))
        const tokens = counting()
        yield* send({ touser: "o1" }).pipe(Effect.provide(client(http, tokens)))
        assert.deepStrictEqual(tokens.renewed, ["T1"])
        assert.deepStrictEqual(
          http.seen.map((seen) => seen.token),
          ["T1", "T2"]
        )
      }
    })
  )

  it.effect("a second refusal is final", () =>
    Effect.gen(function* () {
      const http = answering(json({ errcode: 40001, errmsg: "invalid credential" }))
      assert.strictEqual((yield* failure(followers()).pipe(Effect.provide(client(http))))._tag, "InvalidToken")
      assert.lengthOf(http.seen, 2)
    })
  )

  it.effect("an endpoint that no catalog has is called with the same tokens and failures", () =>
    Effect.gen(function* () {
      const http = answering(json({ errcode: 42001, errmsg: "expired" }), json({ big: 1, list: [1] }))
      const answer = yield* WeChat.request({
        path: "/cgi-bin/new/api",
        query: { kind: 1, secret: Redacted.make("s3cret") },
        body: { a: 1n << 60n }
      }).pipe(Effect.provide(client(http)))
      assert.deepStrictEqual(answer, { big: 1, list: [1] })
      assert.strictEqual(http.seen[1]?.url.search, "?access_token=T2&kind=1&secret=s3cret")
      assert.strictEqual(http.seen[1]?.body, `{"a":1152921504606846976}`)
      assert.strictEqual(http.seen[1]?.request.method, "POST")
    })
  )
})

describe("what is tried again", () => {
  const rows: ReadonlyArray<[string, (seen: Seen) => Answer, { readonly read: number; readonly write: number }]> = [
    ["a refused connection was never sent", broken("ECONNREFUSED"), { read: 4, write: 4 }],
    ["an unknown host was never asked", broken("ENOTFOUND"), { read: 4, write: 4 }],
    ["a reset connection may have arrived", broken("ECONNRESET"), { read: 4, write: 1 }],
    ["an unknown failure may have arrived", broken(), { read: 4, write: 1 }],
    ["a gateway's failure may have arrived", text("", { status: 502 }), { read: 4, write: 1 }],
    ["busy may have been half done", json({ errcode: -1, errmsg: "system error" }), { read: 4, write: 1 }],
    ["silence may have arrived", never, { read: 3, write: 1 }],
    ["any other errcode stays", json({ errcode: 40003, errmsg: "invalid openid" }), { read: 1, write: 1 }],
    ["a status of 404 stays", text("", { status: 404 }), { read: 1, write: 1 }],
    ["a shape that is wrong stays", json([1]), { read: 1, write: 1 }]
  ]
  for (const [what, answer, attempts] of rows) {
    it.effect(`${what}: ${attempts.read} attempts for a read, ${attempts.write} for a write`, () =>
      Effect.gen(function* () {
        const reads = answering(answer)
        yield* inTime(failure(followers()).pipe(Effect.provide(client(reads))))
        assert.lengthOf(reads.seen, attempts.read)
        const writes = answering(answer)
        yield* inTime(failure(send({ touser: "o1" })).pipe(Effect.provide(client(writes))))
        assert.lengthOf(writes.seen, attempts.write)
      })
    )
  }

  it.effect("the next documented host is asked where the call may be repeated", () =>
    Effect.gen(function* () {
      const http = answering(broken("ECONNREFUSED"), json(page))
      yield* inTime(followers().pipe(Effect.provide(client(http))))
      assert.deepStrictEqual(
        http.seen.map((seen) => seen.url.host),
        ["api.weixin.qq.com", "api2.weixin.qq.com"]
      )
    })
  )

  it.effect("each call takes the settings around it, whatever the last one had", () =>
    Effect.gen(function* () {
      const http = answering(json(page))
      yield* Effect.gen(function* () {
        for (const host of ["one", "two", "two", "one"]) {
          yield* followers().pipe(Settings.provide({ hosts: [`https://${host}`] }))
        }
        yield* followers()
      }).pipe(Effect.provide(client(http)))
      assert.deepStrictEqual(
        http.seen.map((seen) => seen.url.host),
        ["one", "two", "two", "one", "api.weixin.qq.com"]
      )
    })
  )

  it.effect("an attempt ends after ten seconds, a call after thirty", () =>
    Effect.gen(function* () {
      const http = answering(never)
      const fiber = yield* Effect.forkChild(failure(followers()).pipe(Effect.provide(client(http))))
      yield* TestClock.adjust("9 seconds")
      assert.lengthOf(http.seen, 1)
      yield* TestClock.adjust("21 seconds")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "Timeout")
    })
  )

  it.live("with the real clock, too", () =>
    Effect.gen(function* () {
      const http = answering(never)
      const reason = yield* failure(send({ touser: "o1" })).pipe(
        Settings.provide({ attempt: "20 millis" }),
        Effect.provide(client(http))
      )
      assert.strictEqual(reason._tag, "Timeout")
    })
  )

  it.effect("interruption stops it", () =>
    Effect.gen(function* () {
      const http = answering(never)
      const fiber = yield* Effect.forkChild(followers().pipe(Effect.provide(client(http))))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("1 hour")
      assert.lengthOf(http.seen, 1)
    })
  )
})
