import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Headers from "effect/http/Headers"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { RequestListener, ServerResponse } from "node:http"
import { gzipSync } from "node:zlib"
import { alike, echo, serve } from "./fixtures.ts"

const send = (request: HttpClientRequest.HttpClientRequest) => HttpClient.execute(request)

/** What the stock client and the layer make of one answer. */
const answered = (
  handle: RequestListener,
  read: (response: HttpClientResponse.HttpClientResponse) => Effect.Effect<unknown, unknown> = (response) =>
    response.text,
  request: (url: string) => HttpClientRequest.HttpClientRequest = HttpClientRequest.get
) => Effect.flatMap(serve(handle), ({ url }) => alike(Effect.flatMap(send(request(`${url}/path`)), read)))

const writing =
  (...parts: ReadonlyArray<string | Uint8Array>): RequestListener =>
  (_request, response) => {
    const write = (at: number): void => {
      const part = parts[at]
      if (part === undefined) return void response.end()
      response.write(part, () => setTimeout(() => write(at + 1), 5))
    }
    write(0)
  }

const ending =
  (body: string | Uint8Array, status = 200, headers: Record<string, string | Array<string>> = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(status, headers).end(body)
  }

const cut = (response: ServerResponse) => {
  response.writeHead(200, { "content-length": 1000 })
  response.write("the first half")
  setTimeout(() => response.destroy(), 10)
}

const euro = Buffer.from("a€b😀c")

describe("the layer and the stock client find the same in an answer", () => {
  it.live("a text", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* answered(ending("hello")), "hello")
    })
  )
  for (const status of [200, 201, 204, 301, 304, 400, 404, 500, 503]) {
    it.live(`with the status ${status}`, () =>
      answered(ending(status === 204 || status === 304 ? "" : "body", status, { location: "/else" }), (response) =>
        Effect.map(response.text, (text) => [response.status, text])
      )
    )
  }
  it.live("its headers, cookies and address", () =>
    Effect.gen(function* () {
      const headers = { "x-one": "1", "x-list": ["a", "b"], "set-cookie": ["a=1; Path=/", "b=2"], date: "today" }
      yield* answered(ending("", 200, headers), (response) =>
        Effect.succeed([
          response.headers["x-one"],
          response.headers["x-list"],
          response.headers["set-cookie"],
          JSON.stringify(response.cookies),
          new URL(response.url).pathname,
          response.remoteAddress
        ])
      )
    })
  )
  it.live("to HEAD, with no body but its length", () =>
    answered(
      ending("12345", 200),
      (response) => Effect.map(response.text, (text) => [text, response.headers["content-length"]]),
      HttpClientRequest.head
    )
  )
  it.live("a text whose characters are split over chunks", () =>
    Effect.gen(function* () {
      const parts = Array.from(euro, (_byte, at) => euro.subarray(at, at + 1))
      assert.strictEqual(yield* answered(writing(...parts)), "a€b😀c")
    })
  )
  it.live("a byte order mark, bytes that are no UTF-8, and nothing", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* answered(ending("\uFEFF{}")), "{}")
      yield* answered(ending(new Uint8Array([97, 0xff, 0xc3, 0x28, 0xe2, 0x82, 98])))
      assert.strictEqual(yield* answered(ending("")), "")
    })
  )
  it.live("bytes of their own, and a stream of them", () =>
    Effect.gen(function* () {
      const large = new Uint8Array(300_000).map((_, at) => at)
      yield* answered(ending("hello"), (response) =>
        Effect.map(response.arrayBuffer, (bytes) => [bytes.byteLength, new TextDecoder().decode(bytes)])
      )
      yield* answered(writing(large, large), (response) =>
        Effect.map(response.arrayBuffer, (bytes) => Buffer.from(bytes).toString("base64"))
      )
      yield* answered(writing("one ", "two ", large), (response) =>
        Effect.map(Stream.runCollect(response.stream), (chunks) => Buffer.concat(chunks).toString("base64"))
      )
    })
  )
  it.live("JSON, no JSON, and none at all", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* answered(ending(`{"a":[1,"€"]}`), (response) => response.json), { a: [1, "€"] })
      yield* answered(ending("<html>"), (response) => response.json)
      assert.isNull(yield* answered(ending(""), (response) => response.json))
      const Answer = Schema.Struct({ a: Schema.Number })
      yield* answered(ending(`{"a":1}`), HttpIncomingMessage.schemaBodyJson(Answer))
    })
  )
  it.live("a form, urlencoded or in parts", () =>
    Effect.gen(function* () {
      yield* answered(ending("?a=1&b=%E2%82%AC+x&\uFEFF"), (response) =>
        Effect.map(response.urlParamsBody, ({ params }) => params)
      )
      const parts = `--B\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--B--\r\n`
      yield* answered(ending(parts, 200, { "content-type": "multipart/form-data; boundary=B" }), (response) =>
        Effect.map(response.formData, (form) => [...form])
      )
      yield* answered(ending("no form"), (response) => response.formData)
    })
  )
  it.live("a body that is read twice", () =>
    answered(writing("one ", "two"), (response) =>
      Effect.gen(function* () {
        return [yield* response.text, yield* response.text, (yield* response.arrayBuffer).byteLength]
      })
    )
  )
  it.live("compressed bytes, as they are", () =>
    answered(ending(gzipSync("hello"), 200, { "content-encoding": "gzip" }), (response) =>
      Effect.map(response.arrayBuffer, (bytes) => [
        Buffer.from(bytes).toString("base64"),
        response.headers["content-encoding"]
      ])
    )
  )
  it.live("a redirect, which nobody follows but who asks for it", () =>
    Effect.gen(function* () {
      const handle: RequestListener = (request, response) => {
        if (request.url === "/end") response.end("arrived")
        else response.writeHead(302, { location: "/end" }).end("moved")
      }
      assert.strictEqual(yield* answered(handle), "moved")
      const { url } = yield* serve(handle)
      const followed = yield* alike(
        HttpClient.HttpClient.pipe(
          Effect.flatMap((client) => HttpClient.followRedirects(client).get(`${url}/path`)),
          Effect.flatMap((response) => response.text)
        )
      )
      assert.strictEqual(followed, "arrived")
    })
  )
  it.live("no other protocol, where none was agreed on", () => answered(ending("no"), (response) => response.upgrade))
})

describe("they send the same", () => {
  const form = new FormData()
  form.append("text", "値")
  form.append("file", new Blob(["content"], { type: "image/png" }), "a.png")
  const bodies: Record<string, HttpBody.HttpBody> = {
    nothing: HttpBody.empty,
    text: HttpBody.text("héllo", "text/plain"),
    "no bytes": HttpBody.uint8Array(new Uint8Array()),
    bytes: HttpBody.uint8Array(new Uint8Array([0, 1, 255])),
    "a part of a buffer": HttpBody.uint8Array(new Uint8Array([0, 1, 2, 3, 4]).subarray(1, 3), "application/x"),
    JSON: HttpBody.jsonUnsafe({ a: "€" }),
    "a form": HttpBody.formData(form),
    "a stream": HttpBody.stream(Stream.make(new Uint8Array([1, 2]), new Uint8Array([3])), "application/y"),
    "a stream with its length": HttpBody.stream(Stream.make(new Uint8Array([1, 2])), "application/y", 2),
    "what undici takes": HttpBody.raw("raw")
  }
  for (const [name, body] of Object.entries(bodies)) {
    it.live(`a body: ${name}`, () =>
      Effect.gen(function* () {
        const seen = yield* answered(
          echo,
          (response) => response.json,
          (url) => HttpClientRequest.setBody(HttpClientRequest.post(url), body)
        )
        assert.propertyVal(seen, "method", "POST")
      })
    )
  }

  const addresses: Record<string, (url: string) => HttpClientRequest.HttpClientRequest> = {
    "with parameters": (url) =>
      HttpClientRequest.get(url, {
        urlParams: [
          ["access_token", Redacted.make("a-b_c.d*~!'()")],
          ["space here", "a b+c%20&=?#/"],
          ["wide", "海报 😀\uD800"],
          ["none", ""]
        ]
      }),
    "with parameters twice": (url) => HttpClientRequest.get(`${url}?a=1&b=%20x y`, { urlParams: { c: "2" } }),
    "with a hash": (url) => HttpClientRequest.get(url, { urlParams: { a: "1" }, hash: "hash" }),
    "with a hash of its own": (url) => HttpClientRequest.get(`${url}#own`, { urlParams: { a: "1" } }),
    "with a name and password": (url) => HttpClientRequest.get(url.replace("//", "//user:pass@")),
    "that has to be made straight": (url) => HttpClientRequest.get(`${url}/./a/../海 b`)
  }
  for (const [name, request] of Object.entries(addresses)) {
    it.live(`an address ${name}`, () =>
      answered(
        echo,
        (response) => Effect.map(response.json, (seen) => [seen, response.url.replace(/:\d+/, "")]),
        request
      )
    )
  }

  it.live("headers and methods", () =>
    Effect.gen(function* () {
      for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const) {
        yield* answered(
          echo,
          (response) => response.json,
          (url) =>
            HttpClientRequest.make(method)(url, {
              headers: Headers.fromInput({ "X-One": "1", accept: "application/json" })
            })
        )
      }
    })
  )
})

describe("they fail alike", () => {
  it.live("where nobody listens", () =>
    Effect.gen(function* () {
      const { close, url } = yield* serve(echo)
      close()
      assert.deepStrictEqual(yield* alike(HttpClient.get(url)), {
        failed: "TransportError",
        cause: "Error",
        code: "ECONNREFUSED"
      })
    })
  )
  it.live("where the connection is reset before an answer", () => answered((_request, response) => response.destroy()))
  it.live("where the body is cut half-way", () =>
    Effect.gen(function* () {
      const failure = yield* answered((_request, response) => cut(response))
      assert.propertyVal(failure, "failed", "DecodeError")
      yield* answered(
        (_request, response) => cut(response),
        (response) => Stream.runDrain(response.stream)
      )
    })
  )
  it.live("where the answer is no HTTP", () =>
    answered((_request, response) => {
      response.socket?.end("no http\r\n\r\n")
    })
  )
  it.live("where the address is none", () =>
    Effect.gen(function* () {
      for (const url of ["no address", "http://", "ftp://127.0.0.1/file", "http://127.0.0.1:99999"])
        yield* alike(HttpClient.get(url))
    })
  )
  it.live("where undici refuses the request", () =>
    answered(
      echo,
      (response) => response.json,
      (url) => HttpClientRequest.setHeader(HttpClientRequest.post(url), "content-length", "abc")
    )
  )
})
