import { assert, describe, it } from "@effect/vitest"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Settings from "@wechat/core/Settings"
import { WeChat } from "@wechat/core/WeChat"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { gzipSync } from "node:zlib"
import { account, counting, followers, media, send, upload } from "./fixtures.ts"

/** A server on a free port for the length of a test. */
const server = (handle: (request: IncomingMessage, response: ServerResponse) => void) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly url: string; readonly close: () => void }>((resume) => {
      const server = createServer(handle).listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        const close = () => {
          server.closeAllConnections()
          server.close()
        }
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, close }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

const page = JSON.stringify({ total: 1, data: { openid: ["o1"] }, next_openid: "" })

const clients = { fetch: FetchHttpClient.layer, undici: NodeHttpClient.layerUndici }

for (const [name, layer] of Object.entries(clients)) {
  const over = (url: string) =>
    WeChat.layer(account).pipe(
      Layer.provide([layer, counting().layer]),
      Layer.provideMerge(Settings.layer({ hosts: [url], attempt: "2 seconds", call: "2 seconds" }))
    )

  describe(`over ${name}`, () => {
    it.live("an answer is an answer", () =>
      Effect.gen(function* () {
        const { url } = yield* server((_request, response) => response.end(page))
        assert.strictEqual((yield* followers().pipe(Effect.provide(over(url)))).total, 1)
      })
    )

    it.live("without a time limit it may take its time", () =>
      Effect.gen(function* () {
        const { url } = yield* server((_request, response) => void setTimeout(() => response.end(page), 50))
        const answer = yield* followers().pipe(
          Settings.provide({ hosts: [url], attempt: "Infinity", call: "Infinity" }),
          Effect.provide(over(url))
        )
        assert.strictEqual(answer.total, 1)
      })
    )

    const failing: ReadonlyArray<readonly [string, (response: ServerResponse) => void, RegExp]> = [
      [
        "a body that is cut half-way",
        (response) => {
          response.writeHead(200, { "content-length": 1000 })
          response.write(page.slice(0, 20))
          setTimeout(() => response.destroy(), 20)
        },
        /no usable answer from WeChat: the answer was cut off/
      ],
      [
        "a connection that is reset",
        (response) => response.destroy(),
        /no usable answer from WeChat: the connection failed/
      ],
      [
        "a redirect, which would take the token elsewhere",
        (response) => {
          response.writeHead(302, { location: "https://evil.example/?access_token=T1" }).end()
        },
        /a redirect \(HTTP 302\)/
      ],
      ["silence", () => undefined, /no answer from WeChat within/],
      [
        "silence after the headers",
        (response) => {
          response.writeHead(200).write("{")
        },
        /no answer from WeChat within/
      ]
    ]
    for (const [what, answer, message] of failing) {
      it.live(`${what} is a failure, not a hang`, () =>
        Effect.gen(function* () {
          const { url } = yield* server((_request, response) => answer(response))
          const error = yield* Effect.flip(send({ touser: "o1" })).pipe(
            Settings.provide({ hosts: [url], attempt: "200 millis" }),
            Effect.provide(over(url))
          )
          assert.match(error.message, message)
          assert.notInclude(error.message, "T1")
        })
      )
    }

    it.live("nobody listening is said to be so", () =>
      Effect.gen(function* () {
        const { close, url } = yield* server(() => undefined)
        close()
        const error = yield* Effect.flip(followers()).pipe(
          Settings.provide({ backoff: Schedule.recurs(0) }),
          Effect.provide(over(url))
        )
        assert.include(error.message, "ECONNREFUSED (nothing was sent)")
      })
    )

    it.live("compressed answers are read or refused, never taken for something else", () =>
      Effect.gen(function* () {
        const { url } = yield* server((_request, response) => {
          response
            .writeHead(200, { "content-encoding": "gzip", "content-type": "application/json" })
            .end(gzipSync(page))
        })
        const answer = yield* followers().pipe(
          Effect.map((answer) => answer.total),
          Effect.catch((error) => Effect.succeed(error.reason._tag)),
          Effect.provide(over(url))
        )
        assert.strictEqual(answer, name === "fetch" ? 1 : "Malformed")
      })
    )

    it.live(
      "50 MB go up and come down as fast as the other side reads, not through memory",
      () =>
        Effect.gen(function* () {
          const chunk = new Uint8Array(64 * 1024).fill(7)
          const count = 800
          let produced = 0
          let received = 0
          let written = 0
          const { url } = yield* server((request, response) => {
            if (request.method === "POST") {
              setTimeout(() => {
                assert.isBelow(produced, count)
                request.on("data", (data: Buffer) => {
                  received += data.length
                })
                request.on("end", () =>
                  response.end(JSON.stringify({ media_id: request.headers["content-length"] ?? "chunked" }))
                )
              }, 100)
              return
            }
            response.writeHead(200, { "content-type": "video/mp4", "content-length": chunk.length * count })
            const more = () => {
              while (written < count) {
                written++
                if (!response.write(chunk)) return response.once("drain", more)
              }
              return response.end()
            }
            more()
          })
          const chunks = function* () {
            for (; produced < count; produced++) yield chunk
          }
          yield* Effect.gen(function* () {
            const { media_id } = yield* upload({
              type: "video",
              media: {
                name: "a.mp4",
                stream: Stream.fromIterable(chunks(), { chunkSize: 1 }),
                size: chunk.length * count
              }
            })
            assert.isAbove(received, chunk.length * count)
            if (name === "undici") assert.strictEqual(Number(media_id), received)
            const fs = yield* FileSystem.FileSystem
            const path = `${yield* fs.makeTempDirectoryScoped()}/a.mp4`
            const file = yield* media({ media_id: "m" })
            yield* Effect.sleep("100 millis")
            assert.isBelow(written, count)
            yield* file.saveAs(path)
            assert.strictEqual(Number((yield* fs.stat(path)).size), chunk.length * count)
          }).pipe(Effect.provide([over(url), NodeFileSystem.layer]))
        }),
      20_000
    )
  })
}
