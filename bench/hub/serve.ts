/** One server in a process of its own: `serve.ts bare | hub | logging`. It tells its address, and when asked what it has used. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Credentials } from "@wechat/core/Credentials"
import { layerLog } from "@wechat/hub/Command"
import * as Server from "@wechat/hub/Server"
import * as Memory from "@wechat/storage-memory/Memory"
import { Effect, Layer, Redacted } from "effect"
import { HttpClient, HttpClientResponse, HttpRouter } from "effect/http"
import { createServer } from "node:http"

const name = process.argv[2]

/** As long as WeChat's are. */
const tokenOf = (number: number) => `${number}_`.padEnd(136, "AbCdEfGh0123456789-_")

const told = (port: number) => process.send?.({ url: `http://127.0.0.1:${port}` })

process.on("message", () => {
  globalThis.gc?.()
  const { heapUsed, rss } = process.memoryUsage()
  const { system, user } = process.cpuUsage()
  process.send?.({ heapUsed, rss, cpu: system + user })
})

/** The same JSON from memory, as fast as node:http goes. */
const bare = () => {
  const body = JSON.stringify({ access_token: tokenOf(1), expires_in: 6930, timestamp: 1700000000, valid_for: 7200 })
  const server = createServer((_request, response) => {
    response.writeHead(200, {
      "cache-control": "no-store",
      "content-type": "application/json; charset=utf-8",
      "content-length": body.length
    })
    response.end(body)
  })
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    told(typeof address === "object" && address !== null ? address.port : 0)
  })
}

let issued = 0

/** WeChat, at no cost: what is measured is the hub. */
const wechat = Layer.succeed(
  HttpClient.HttpClient,
  HttpClient.make((request) =>
    Effect.sync(() => {
      const body = JSON.stringify({ access_token: tokenOf(++issued), expires_in: 7200 })
      return HttpClientResponse.fromWeb(
        request,
        new Response(body, { headers: { "content-type": "application/json" } })
      )
    })
  )
)

const credentials = Layer.succeed(Credentials, {
  account: () => Effect.succeed({ secret: Redacted.make("secret") })
})

const hub = (log: boolean) => {
  const clients = { bench: { secret: Redacted.make("bench-secret-0123456789"), appids: ["*"] } }
  const http = createServer()
  http.on("listening", () => {
    const address = http.address()
    told(typeof address === "object" && address !== null ? address.port : 0)
  })
  HttpRouter.serve(Server.layer({ clients, log, limits: { rate: 1e9 } }), {
    disableLogger: true,
    disableListenLog: true
  }).pipe(
    Layer.provide(Memory.layer),
    Layer.provide([credentials, wechat]),
    Layer.provide(NodeHttpServer.layer(() => http, { port: 0, host: "127.0.0.1" })),
    Layer.provide(layerLog),
    Layer.launch,
    NodeRuntime.runMain
  )
}

if (name === "bare") bare()
else hub(name === "logging")
