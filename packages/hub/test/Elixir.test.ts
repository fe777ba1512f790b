/** What clients of elixir_wechat 0.4.6 send, byte for byte, and how they read what comes back. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert, describe, it } from "@effect/vitest"
import { Credentials } from "@wechat/core/Credentials"
import { Vault } from "@wechat/core/Vault"
import * as Server from "@wechat/hub/Server"
import * as Memory from "@wechat/storage-memory/Memory"
import { Simulator } from "@wechat/testing"
import { appid, authorizer, component, componentSecret, secret } from "@wechat/testing/Simulator"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import { createServer } from "node:http"
import { connect } from "node:net"

const clientSecret = "the-secret-of-an-elixir-node"

const world = HttpRouter.serve(
  Server.layer({ clients: { elixir: { secret: Redacted.make(clientSecret), appids: ["*"] } } }),
  { disableLogger: true, disableListenLog: true }
).pipe(
  Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
  Layer.provideMerge(Memory.layer),
  Layer.provide(
    Credentials.layer({
      [appid]: { secret: Redacted.make(secret) },
      [component]: { secret: Redacted.make(componentSecret) }
    })
  ),
  Layer.provideMerge(Simulator.layer()),
  Layer.provide(Logger.layer([]))
)

/** Sends bytes and reads one answer: status line, headers, body. */
const exchange = (bytes: string) =>
  HttpServer.addressFormattedWith((url) =>
    Effect.callback<{ readonly status: string; readonly type: string; readonly body: string }>((resume) => {
      const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(bytes))
      let text = ""
      socket.on("data", (chunk) => {
        text += chunk.toString()
        const [head = "", body] = text.split("\r\n\r\n")
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1])
        if (body === undefined || Buffer.byteLength(body) < length) return
        socket.destroy()
        resume(
          Effect.succeed({
            status: head.split("\r\n")[0] ?? "",
            type: /content-type: (.+)/i.exec(head)?.[1] ?? "",
            body
          })
        )
      })
    })
  )

/** The only thing that such a client can be told is an address, so its secret stands there. */
const base = `/key/${clientSecret}`

const get = (path: string) =>
  exchange(`GET ${base}${path} HTTP/1.1\r\nhost: hub:4000\r\nuser-agent: mint/1.4.0\r\n\r\n`)

const post = (path: string, body: string) =>
  exchange(
    `POST ${base}${path} HTTP/1.1\r\ncontent-length: ${body.length}\r\nhost: hub:4000\r\nuser-agent: mint/1.4.0\r\n` +
      `content-type: application/json\r\n\r\n${body}`
  )

interface Got {
  readonly status: string
  readonly type: string
  readonly body: string
}

/** As the client decides: anything else crashes its process. */
const read = (kind: "access_token" | "ticket", { body, status, type }: Got): string => {
  assert.match(type, /^application\/json/)
  const json: Readonly<Record<string, unknown>> = JSON.parse(body)
  if (status.startsWith("HTTP/1.1 200")) {
    assert.isTrue(Number.isInteger(json["timestamp"]) && Number.isInteger(json["expires_in"]))
    const value = json[kind]
    assert.isTrue(typeof value === "string" && value !== "")
    return String(value)
  }
  assert.includeMembers(Object.keys(json), ["errcode", "http_status", "message", "reason"])
  return `error: ${String(json["reason"])}`
}

const token = (got: Effect.Effect<Got, never, HttpServer.HttpServer>) =>
  Effect.map(got, (got) => read("access_token", got))
const ticket = (got: Effect.Effect<Got, never, HttpServer.HttpServer>) => Effect.map(got, (got) => read("ticket", got))

const pushed = Effect.gen(function* () {
  const value = yield* Simulator.use((simulator) => simulator.pushTicket(component))
  yield* Vault.use((vault) => vault.keepTicket(component, Redacted.make(value)))
})

describe("an Elixir client of an account", () => {
  it.live("fetches and refreshes its token; ten processes that are refused at once end with one", () =>
    Effect.gen(function* () {
      const first = yield* token(get(`/client/access_token?appid=${appid}`))
      assert.strictEqual(yield* token(get(`/client/access_token?appid=${appid}`)), first)
      yield* Simulator.use((simulator) => simulator.revoke(appid))
      const refresh = token(post("/refresh/access_token", `{"access_token":"${first}","appid":"${appid}"}`))
      const all = yield* Effect.all(
        Array.from({ length: 10 }, () => refresh),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(new Set(all).size, 1)
      assert.isFalse(all.includes(first))
      assert.strictEqual(yield* Simulator.use((simulator) => simulator.mints(appid)), 2)
    }).pipe(Effect.provide(world))
  )

  it.live("fetches tickets; an absent type is an error that it survives", () =>
    Effect.gen(function* () {
      yield* ticket(get(`/client/ticket?appid=${appid}&type=jsapi`))
      yield* ticket(get(`/client/ticket?appid=${appid}&type=wx_card`))
      assert.strictEqual(yield* ticket(get(`/client/ticket?appid=${appid}&type=`)), "error: invalid_request")
    }).pipe(Effect.provide(world))
  )
})

describe("an Elixir client of a platform", () => {
  it.live("hears that the verify ticket is missing", () =>
    Effect.gen(function* () {
      const answer = yield* token(get(`/client/component_access_token?appid=${component}`))
      assert.strictEqual(answer, "error: verify_ticket_not_found")
    }).pipe(Effect.provide(world))
  )

  it.live("fetches and refreshes the platform's token, which its own hub cannot", () =>
    Effect.gen(function* () {
      yield* pushed
      const first = yield* token(get(`/client/component_access_token?appid=${component}`))
      const body = `{"access_token":"${first}","appid":"${component}"}`
      const next = yield* token(post("/client/refresh_component_access_token", body))
      assert.notStrictEqual(next, first)
      assert.strictEqual(yield* token(post("/client/refresh_component_access_token", body)), next)
    }).pipe(Effect.provide(world))
  )

  it.live("fetches and refreshes an authorizer's token, with null where it had none, and its tickets", () =>
    Effect.gen(function* () {
      yield* pushed
      const names = `"appid":"${component}","authorizer_appid":"${authorizer}"`
      const first = yield* token(post("/refresh/access_token", `{"access_token":null,${names}}`))
      const path = `/client/access_token?appid=${component}&authorizer_appid=${authorizer}`
      assert.strictEqual(yield* token(get(path)), first)
      const next = yield* token(post("/refresh/access_token", `{"access_token":"${first}",${names}}`))
      assert.notStrictEqual(next, first)
      yield* ticket(get(`/client/ticket?appid=${component}&authorizer_appid=${authorizer}&type=jsapi`))
      const nobody = yield* token(get(`/client/access_token?appid=${component}&authorizer_appid=wxnobody`))
      assert.strictEqual(nobody, "error: invalid_authorizer_appid")
    }).pipe(Effect.provide(world))
  )
})
