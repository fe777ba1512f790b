import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Undici from "@wechat/undici/Undici"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import { AsyncLocalStorage } from "node:async_hooks"
import { createServer as createHttp2Server } from "node:http2"
import type { RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { gzipSync } from "node:zlib"
import { Agent, H2CClient, interceptors, MockAgent, Pool, ProxyAgent } from "undici"
import { echo, over, serve, told, until, ways } from "./fixtures.ts"

const silence: RequestListener = () => undefined
const half: RequestListener = (_request, response) => {
  response.writeHead(200, { "content-length": 1000 }).write("half")
}

describe("in each way that a request can take", () => {
  for (const [way, run] of Object.entries(ways)) {
    it.live(`${way}: interruption closes the connection, before the answer and in its middle`, () =>
      Effect.gen(function* () {
        for (const handle of [silence, half]) {
          const server = yield* serve(handle)
          const call = Effect.flatMap(HttpClient.get(server.url), (response) => response.text)
          const fiber = yield* Effect.forkChild(run(call))
          yield* until(() => server.sockets() === 1)
          yield* Effect.sleep("10 millis")
          assert.strictEqual(server.ended(), 0)
          yield* Fiber.interrupt(fiber)
          yield* until(() => server.ended() === 1)
        }
      })
    )

    it.live(`${way}: so does a time limit`, () =>
      Effect.gen(function* () {
        for (const handle of [silence, half]) {
          const server = yield* serve(handle)
          const call = Effect.flatMap(HttpClient.get(server.url), (response) => response.text)
          const outcome = yield* run(
            Effect.timeoutOrElse(call, { duration: "30 millis", orElse: () => Effect.succeed("late") }).pipe(
              Effect.tap(until(() => server.ended() === 1))
            )
          )
          assert.strictEqual(outcome, "late")
        }
      })
    )

    it.live(`${way}: a stream that is left early closes it, too, and a slow one makes the other side wait`, () =>
      Effect.gen(function* () {
        const chunk = new Uint8Array(64 * 1024)
        let written = 0
        const server = yield* serve((_request, response) => {
          const more = (): void => {
            while (written < 2000) {
              written++
              if (!response.write(chunk)) return void response.once("drain", more)
            }
            response.end()
          }
          more()
        })
        yield* run(
          Effect.gen(function* () {
            const response = yield* HttpClient.get(server.url)
            let bytes = 0
            yield* response.stream.pipe(
              Stream.tap((part) => Effect.as(Effect.sleep(bytes === 0 ? "50 millis" : 0), (bytes += part.length))),
              Stream.takeWhile(() => bytes < 4_000_000),
              Stream.runDrain
            )
            assert.isAbove(bytes, 1_000_000)
            yield* until(() => server.ended() === 1)
          })
        )
        assert.isBelow(written, 2000)
      })
    )

    it.live(`${way}: what AsyncLocalStorage holds is still there after an answer`, () =>
      Effect.gen(function* () {
        const storage = new AsyncLocalStorage<string>()
        const { url } = yield* serve(half)
        const { url: whole } = yield* serve(echo)
        const call = Effect.gen(function* () {
          const before = storage.getStore()
          const response = yield* HttpClient.get(whole)
          const after = storage.getStore()
          yield* response.text
          const cut = yield* HttpClient.get(url)
          yield* Effect.timeoutOption(cut.text, "10 millis")
          return [before, after, storage.getStore()]
        })
        // Both run at the same time, over connections that may be anybody's.
        const held = yield* Effect.promise(() =>
          Promise.all(["one", "two"].map((name) => storage.run(name, () => Effect.runPromise(run(call)))))
        )
        assert.deepStrictEqual(held, [
          ["one", "one", "one"],
          ["two", "two", "two"]
        ])
      })
    )

    it.live(`${way}: connections are used again, and closed with the layer`, () =>
      Effect.gen(function* () {
        const server = yield* serve(echo)
        const call = Effect.flatMap(HttpClient.get(server.url), (response) => response.text)
        yield* run(Effect.forEach(Array.from({ length: 10 }), () => call))
        // A connection rests for a moment after an answer: a call that follows at once takes a second one.
        assert.isAtMost(server.sockets(), 2)
        yield* until(() => server.ended() === server.sockets())
      })
    )

    it.live(`${way}: a request of HttpClient.withScope ends with its scope`, () =>
      Effect.gen(function* () {
        const server = yield* serve(half)
        yield* run(
          Effect.gen(function* () {
            const client = HttpClient.withScope(yield* HttpClient.HttpClient)
            yield* Effect.scoped(client.get(server.url))
            yield* until(() => server.ended() === 1)
          })
        )
      })
    )
  }
})

/** The spans that a program opens, as an exporter sees them. */
const spansOf = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const spans: Array<Tracer.NativeSpan> = []
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        spans.push(span)
        return span
      }
    })
    yield* Effect.provideService(program, Tracer.Tracer, tracer)
    return spans.map(({ attributes, kind, name, status }) => ({
      name,
      kind,
      attributes: Object.fromEntries(
        [...attributes].map(([key, value]) => [key, typeof value === "string" ? value.replace(/:\d+/, "") : "number"])
      ),
      outcome: status._tag === "Ended" ? status.exit._tag : "open"
    }))
  })

describe("with a tracer", () => {
  it.live("spans have the stock client's name, kind, attributes and outcome, and no secret", () =>
    Effect.gen(function* () {
      const { url } = yield* serve((_request, response) => response.writeHead(503).end("busy"))
      const call = (path: string) =>
        HttpClient.get(url + path, { urlParams: { access_token: Redacted.make("s3cret"), openid: "o1" } })
      const program = spansOf(Effect.andThen(call("/a"), Effect.ignore(HttpClient.get("http://127.0.0.1:1"))))
      const spans = yield* ways.stock(program)
      assert.deepStrictEqual(yield* ways["own, with spans"](program), spans)
      assert.lengthOf(spans, 2)
      assert.strictEqual(spans[0]?.kind, "client")
      assert.include(JSON.stringify(spans), "access_token=REDACTED")
      assert.notInclude(JSON.stringify(spans), "s3cret")
      assert.lengthOf(yield* ways.own(program), 0)
    })
  )

  it.live("trace headers are sent where the stock client sends them", () =>
    Effect.gen(function* () {
      const { url } = yield* serve((request, response) => response.end(String("traceparent" in request.headers)))
      const call = Effect.flatMap(HttpClient.get(url), (response) => response.text)
      const unpropagated = Effect.provideService(call, Tracer.DisablePropagation, true)
      for (const way of ["stock", "own, with spans"] as const) {
        assert.strictEqual(yield* ways[way](call), "true")
        assert.strictEqual(yield* ways[way](unpropagated), "false")
      }
      // Without spans there is nothing to propagate.
      assert.strictEqual(yield* ways.own(call), "false")
    })
  )
})

describe("a long answer", () => {
  const long: RequestListener = (_request, response) => response.end("x".repeat(300_000))
  const unannounced: RequestListener = (_request, response) => {
    response.write("x".repeat(150_000), () => response.end("x".repeat(150_000)))
  }
  for (const [what, handle] of Object.entries({ long, unannounced })) {
    for (const way of ["own", "own, with spans"] as const) {
      it.live(`${way}: is a failure above the limit (${what}), and fine as a stream`, () =>
        Effect.gen(function* () {
          const server = yield* serve(handle)
          const read = Effect.flatMap(HttpClient.get(server.url), (response) => response.text)
          const streamed = HttpClient.get(server.url).pipe(
            Effect.flatMap((response) =>
              Stream.runFold(
                response.stream,
                () => 0,
                (sum, chunk) => sum + chunk.length
              )
            )
          )
          const limited = <A>(program: Effect.Effect<A, unknown, HttpClient.HttpClient>, bytes: number) =>
            ways[way](Effect.provideService(program, Undici.MaxBytes, bytes))
          const failure = yield* Effect.flip(limited(read, 299_999))
          assert.deepStrictEqual(told(failure), {
            failed: "DecodeError",
            cause: "ResponseExceededMaxSizeError",
            code: "UND_ERR_RES_EXCEEDED_MAX_SIZE"
          })
          assert.lengthOf(yield* limited(read, 300_000), 300_000)
          assert.strictEqual(yield* limited(streamed, 10), 300_000)
        })
      )
    }
  }

  it.live("a short one has the limit, too", () =>
    Effect.gen(function* () {
      const { url } = yield* serve((_request, response) => response.end("four"))
      const read = Effect.flatMap(HttpClient.get(url), (response) => response.text)
      const failure = yield* Effect.flip(ways.own(Effect.provideService(read, Undici.MaxBytes, 3)))
      assert.propertyVal(told(failure), "failed", "DecodeError")
    })
  )

  it.live("that nobody reads is given up when nobody holds it", () =>
    Effect.gen(function* () {
      setFlagsFromString("--expose-gc")
      const collect: () => void = runInNewContext("gc")
      const server = yield* serve((_request, response) => {
        response.on("error", () => undefined)
        const more = (): void => {
          while (response.write(Buffer.alloc(64 * 1024)));
          response.once("drain", more)
        }
        more()
      })
      yield* ways.own(
        Effect.gen(function* () {
          yield* Effect.asVoid(HttpClient.get(server.url))
          yield* until(() => {
            collect()
            return server.ended() === 1
          })
        })
      )
    })
  )

  it.live("is read once as a stream, and then no more", () =>
    Effect.gen(function* () {
      const { url } = yield* serve(half)
      const failure = HttpClient.get(url).pipe(
        Effect.tap((response) => Stream.runDrain(Stream.take(response.stream, 1))),
        Effect.flatMap((response) =>
          Effect.all([Effect.flip(response.text), Effect.flip(Stream.runDrain(response.stream))])
        ),
        ways.own
      )
      for (const error of yield* failure) assert.propertyVal(told(error), "failed", "DecodeError")
    })
  )
})

describe("the dispatcher is undici's, whichever", () => {
  const text = (url: string) => Effect.flatMap(HttpClient.get(url), (response) => response.text)
  const quietly = Effect.provideService(HttpClient.TracerDisabledWhen, () => true)

  it.live("a MockAgent that others own", () =>
    Effect.gen(function* () {
      const agent = new MockAgent()
      agent.disableNetConnect()
      agent.get("https://api.weixin.qq.com").intercept({ path: "/cgi-bin/x?a=1" }).reply(200, "mocked")
      const layer = Layer.provide(Undici.layerNoDispatcher, Layer.succeed(NodeHttpClient.Dispatcher, agent))
      const call = HttpClient.get("https://api.weixin.qq.com/cgi-bin/x", { urlParams: { a: "1" } })
      assert.strictEqual(
        yield* call.pipe(
          Effect.flatMap((response) => response.text),
          quietly,
          over(layer)
        ),
        "mocked"
      )
      agent.assertNoPendingInterceptors()
      const failure = yield* Effect.flip(quietly(text("https://api.weixin.qq.com/else")).pipe(over(layer)))
      assert.propertyVal(told(failure), "failed", "TransportError")
    })
  )

  it.live("interceptors, such as those that unpack and follow", () =>
    Effect.gen(function* () {
      const { url } = yield* serve((request, response) => {
        if (request.url === "/end") response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("unpacked"))
        else response.writeHead(302, { location: "/end" }).end()
      })
      const make = () => new Agent().compose(interceptors.redirect({ maxRedirections: 2 }), interceptors.decompress())
      assert.strictEqual(yield* quietly(text(url)).pipe(over(Undici.layerDispatcher(make))), "unpacked")
    })
  )

  it.live("a proxy", () =>
    Effect.gen(function* () {
      const asked: Array<string | undefined> = []
      const proxy = yield* serve((request, response) => {
        asked.push(request.url)
        response.end("by proxy")
      })
      const make = () => new ProxyAgent({ uri: proxy.url, proxyTunnel: false })
      const layer = Undici.layerDispatcher(make)
      assert.strictEqual(yield* quietly(text("http://api.example/x")).pipe(over(layer)), "by proxy")
      assert.deepStrictEqual(asked, ["http://api.example/x"])
    })
  )

  it.live("a pool with few connections", () =>
    Effect.gen(function* () {
      const server = yield* serve(echo)
      const calls = Effect.all(
        Array.from({ length: 20 }, () => text(server.url)),
        { concurrency: "unbounded" }
      )
      yield* quietly(calls).pipe(over(Undici.layerDispatcher(() => new Pool(server.url, { connections: 2 }))))
      assert.strictEqual(server.sockets(), 2)
    })
  )

  it.live("HTTP/2", () =>
    Effect.gen(function* () {
      const server = createHttp2Server((request, response) => {
        void request
          .toArray()
          .then((chunks) => response.end(`${request.httpVersion} ${Buffer.concat(chunks).toString()}`))
      })
      yield* Effect.acquireRelease(
        Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
        () => Effect.sync(() => server.close())
      )
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const call = HttpClient.execute(HttpClientRequest.bodyText(HttpClientRequest.post(url), "hello")).pipe(
        Effect.flatMap((response) => response.text)
      )
      const layer = Undici.layerDispatcher(() => new H2CClient(url))
      assert.strictEqual(yield* quietly(call).pipe(over(layer)), "2.0 hello")
    })
  )

  it.effect("idle connections stay for a minute unless said otherwise", () =>
    Effect.sync(() => assert.strictEqual(Undici.defaults.keepAliveTimeout, 60_000))
  )

  it.live("options of one request take it to the stock client, which knows them all", () =>
    Effect.gen(function* () {
      const server = yield* serve(echo)
      const call = Effect.provideService(text(server.url), NodeHttpClient.UndiciOptions, { reset: true })
      yield* ways.own(Effect.andThen(call, call))
      assert.strictEqual(server.sockets(), 2)
    })
  )
})
