import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Settings from "@wechat/hub/Settings"
import { Simulator } from "@wechat/testing"
import * as Fault from "@wechat/testing/Fault"
import * as WeChat from "@wechat/testing/Server"
import { appid, authorizer, component, componentSecret, secret } from "@wechat/testing/Simulator"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Redacted from "effect/Redacted"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"

const good = "a-secret-that-is-long-enough"
const account = { WECHAT_APPID: "wx1", WECHAT_SECRET: "app-secret" }

const settings = (env: Record<string, string>, flags: Settings.Flags = {}) =>
  Settings.read(flags).pipe(
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env)),
    Effect.provide(NodeServices.layer)
  )

const file = (content: unknown) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const path = yield* files.makeTempFileScoped()
    yield* files.writeFileString(path, typeof content === "string" ? content : JSON.stringify(content))
    return path
  }).pipe(Effect.provide(NodeServices.layer))

const refusal = (env: Record<string, string>, flags?: Settings.Flags) =>
  Effect.map(Effect.flip(settings(env, flags)), ({ message }) => message)

describe("what it is told", () => {
  it.effect("an account and a client from the environment: everything else has a default", () =>
    Effect.gen(function* () {
      const read = yield* settings({ ...account, WECHAT_HUB_SECRET: good })
      assert.deepInclude(read, { host: "127.0.0.1", port: 4000, log: true })
      assert.strictEqual(read.storage.kind, "sqlite")
      assert.strictEqual(Redacted.value(read.apps["wx1"]?.secret ?? Redacted.make("")), "app-secret")
      assert.deepStrictEqual(read.clients === "open" ? [] : read.clients["client"]?.appids, ["*"])
    })
  )

  it.effect("a file; the environment wins over it, and flags over both", () =>
    Effect.gen(function* () {
      const path = yield* file({
        host: "10.0.0.1",
        port: 5000,
        storage: { kind: "redis", url: "redis://redis" },
        apps: { wx2: { secret: "s", token: "plain" } },
        clients: { shop: { secret: good, appids: ["wx2"] } }
      })
      const read = yield* settings({ ...account, WECHAT_HUB_PORT: "6000", WECHAT_HUB_CONFIG: path }, { host: "::1" })
      assert.sameMembers(Object.keys(read.apps), ["wx1", "wx2"])
      assert.deepInclude(read, { host: "::1", port: 6000 })
      assert.strictEqual(read.storage.kind, "redis")
      assert.strictEqual((yield* settings({ WECHAT_HUB_CONFIG: path }, { memory: true })).storage.kind, "memory")
    })
  )

  it.effect("several accounts and clients as JSON in the environment", () =>
    Effect.gen(function* () {
      const read = yield* settings({
        WECHAT_HUB_APPS: `{"wx1":{"secret":"a"},"wx2":{"secret":"b"}}`,
        WECHAT_HUB_CLIENTS: `{"shop":{"secret":"${good}","appids":["wx1"]}}`,
        WECHAT_HUB_STORAGE: "memory"
      })
      assert.sameMembers(Object.keys(read.apps), ["wx1", "wx2"])
      assert.strictEqual(read.storage.kind, "memory")
    })
  )
})

describe("what it refuses", () => {
  it.effect("to start without an account, or without a client", () =>
    Effect.gen(function* () {
      const both = yield* refusal({})
      assert.include(both, "there is no app: set WECHAT_APPID and WECHAT_SECRET")
      assert.include(both, "nobody may ask: set WECHAT_HUB_SECRET")
    })
  )

  it.effect("to be open to other machines, unless that is said twice", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* settings(account, { open: 1 })).clients, "open")
      for (const host of ["0.0.0.0", "::", "10.0.0.1", "hub.internal"]) {
        assert.include(yield* refusal(account, { open: 1, host }), "gives every token to whoever reaches it")
        assert.strictEqual((yield* settings(account, { open: 2, host })).clients, "open")
        assert.strictEqual((yield* settings({ ...account, WECHAT_HUB_OPEN: "everywhere" }, { host })).clients, "open")
      }
    })
  )

  it.effect("clients that could be guessed or confused", () =>
    Effect.gen(function* () {
      const clients = (value: unknown) => refusal({ ...account, WECHAT_HUB_CLIENTS: JSON.stringify(value) })
      assert.include(yield* clients({ a: { secret: "short", appids: ["*"] } }), "16 to 256 characters")
      assert.include(yield* clients({ a: { secret: `${good} x`, appids: ["*"] } }), "without spaces")
      assert.include(yield* clients({ a: { secret: good, appids: [] } }), "the client a may read nothing")
      const twins = { a: { secret: good, appids: ["*"] }, b: { secret: good, appids: ["*"] } }
      assert.include(yield* clients(twins), "two clients have the same secret")
      assert.include(yield* refusal({ ...account, WECHAT_HUB_SECRET: good }, { open: 1 }), "but not both")
    })
  )

  it.effect("half of what belongs together", () =>
    Effect.gen(function* () {
      const env = { ...account, WECHAT_HUB_SECRET: good }
      assert.include(yield* refusal({ WECHAT_APPID: "wx1" }), "WECHAT_APPID and WECHAT_SECRET belong together")
      const platform = { ...env, WECHAT_COMPONENT_APPID: "wxC" }
      assert.include(yield* refusal(platform), "WECHAT_COMPONENT_APPID and WECHAT_COMPONENT_SECRET belong together")
      const pushes = { ...env, WECHAT_COMPONENT_PUSH_TOKEN: "t" }
      assert.include(yield* refusal(pushes), "WECHAT_COMPONENT_PUSH_AES_KEY belong together")
    })
  )

  it.effect("a file with mistakes: all of them are told with their places, and no secret is", () =>
    Effect.gen(function* () {
      const path = yield* file({ port: 99_999, prot: 1, apps: { wx1: { secret: "", sercet: "app-secret" } } })
      const text = yield* refusal({}, { config: path })
      for (const place of [`["prot"]`, `["port"]`, `["apps"]["wx1"]["secret"]`, `["apps"]["wx1"]["sercet"]`]) {
        assert.include(text, place)
      }
      assert.notInclude(text, "app-secret")
      assert.include(yield* refusal({}, { config: yield* file("{") }), "is not as expected")
      assert.include(yield* refusal({}, { config: "/nowhere.json" }), "/nowhere.json cannot be read (NotFound)")
      const broken = yield* refusal({ WECHAT_HUB_APPS: `{"wx1":{"secret":"app-secret"}` })
      assert.include(broken, "WECHAT_HUB_APPS")
      assert.notInclude(broken, "app-secret")
    })
  )
})

const main = fileURLToPath(new URL("../src/Main.ts", import.meta.url))

const command = (args: ReadonlyArray<string>, env: Record<string, string>) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, ["--conditions=@wechat/source", main, ...args], {
        env: { PATH: process.env["PATH"], ...env },
        stdio: ["ignore", "pipe", "pipe"]
      })
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

/** What a process prints, until it has said `wanted` or ends. */
const printed = (child: ChildProcess, wanted: RegExp) =>
  Effect.callback<string>((resume) => {
    let text = ""
    const add = (chunk: Buffer) => {
      text += chunk.toString()
      if (wanted.test(text)) resume(Effect.succeed(text))
    }
    child.stdout?.on("data", add)
    child.stderr?.on("data", add)
    child.on("exit", () => resume(Effect.succeed(text)))
  })

const answer = (url: string, path = `/client/access_token?appid=${appid}`) =>
  Effect.promise(async () => {
    const response = await fetch(`${url}${path}`, {
      headers: { authorization: `Bearer ${good}` }
    })
    return { status: response.status, json: Object(await response.json()) }
  })

// Processes start slowly on a busy machine.
describe("as a process", { timeout: 30_000 }, () => {
  it.live("it says where it listens, and stops gracefully: a request under way is answered", () =>
    Effect.gen(function* () {
      const { url: wechat } = yield* WeChat.Server
      const simulator = yield* Simulator
      const gate = yield* Deferred.make<void>()
      const asked = yield* Deferred.make<void>()
      yield* simulator.answer("/cgi-bin/stable_token", () =>
        Deferred.succeed(asked, undefined).pipe(
          Effect.andThen(Deferred.await(gate)),
          Effect.as({ access_token: "T", expires_in: 7200 })
        )
      )
      const child = yield* command(["--port", "0", "--memory"], {
        WECHAT_APPID: appid,
        WECHAT_SECRET: secret,
        WECHAT_HUB_SECRET: good,
        WECHAT_HUB_WECHAT: wechat
      })
      const exit = once(child, "exit")
      const text = yield* printed(child, /storage-hub/)
      const [url = ""] = /http:\/\/127\.0\.0\.1:\d+/.exec(text) ?? []
      assert.include(text, `apps      ${appid}`)
      assert.notInclude(text, good)
      const under = yield* Effect.forkChild(answer(url))
      yield* Deferred.await(asked)
      child.kill("SIGTERM")
      yield* Deferred.succeed(gate, undefined)
      const { json, status } = yield* Fiber.join(under)
      assert.strictEqual(status, 200)
      assert.strictEqual(json["access_token"], "T")
      yield* Effect.promise(() => exit)
      const gone = yield* Effect.promise(() =>
        fetch(url).then(
          () => false,
          () => true
        )
      )
      assert.isTrue(gone)
    }).pipe(Effect.scoped, Effect.provide(WeChat.Server.layer()))
  )

  const push = { token: "push-token", aesKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG" }

  /** A simulated WeChat that pushes to the hub at `hub.url`. */
  const platform = (hub: { url: string }) =>
    WeChat.Server.layer({
      components: [
        {
          appid: component,
          secret: componentSecret,
          authorizers: [authorizer],
          push: {
            ...push,
            to: (request) => fetch(new Request(request.url.replace(/^https?:\/\/[^/?]+/, `${hub.url}/push`), request))
          }
        }
      ]
    })

  const platformHub = (args: ReadonlyArray<string>, env: Record<string, string> = {}) =>
    Effect.gen(function* () {
      const { url: wechat } = yield* WeChat.Server
      const child = yield* command(["--port", "0", ...args], {
        WECHAT_COMPONENT_APPID: component,
        WECHAT_COMPONENT_SECRET: componentSecret,
        WECHAT_COMPONENT_PUSH_TOKEN: push.token,
        WECHAT_COMPONENT_PUSH_AES_KEY: push.aesKey,
        WECHAT_HUB_SECRET: good,
        WECHAT_HUB_WECHAT: wechat,
        ...env
      })
      const text = yield* printed(child, /storage-hub/)
      return { child, url: /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0] ?? assert.fail(text) }
    })

  it.live("it takes what WeChat pushes to a platform, and has the platform's token then", () => {
    const hub = { url: "" }
    return Effect.gen(function* () {
      hub.url = (yield* platformHub(["--memory"])).url
      const path = `/client/component_access_token?appid=${component}`
      assert.strictEqual((yield* answer(hub.url, path)).json.reason, "verify_ticket_not_found")
      yield* Simulator.use((simulator) => simulator.pushTicket(component))
      assert.strictEqual((yield* answer(hub.url, path)).status, 200)
    }).pipe(Effect.scoped, Effect.provide(platform(hub)))
  })

  it.live(
    "it is killed after WeChat has replaced a refresh token, before the answer came: the next one recovers",
    () => {
      const hub = { url: "" }
      return Effect.gen(function* () {
        const simulator = yield* Simulator
        const folder = yield* FileSystem.FileSystem.use((files) => files.makeTempDirectoryScoped()).pipe(
          Effect.provide(NodeServices.layer)
        )
        const env = { WECHAT_STORAGE_PATH: `${folder}/wechat.sqlite` }
        const first = yield* platformHub([], env)
        hub.url = first.url
        yield* simulator.pushTicket(component)
        const path = `/client/access_token?appid=${component}&authorizer_appid=${authorizer}`
        const before = yield* answer(hub.url, path)
        assert.strictEqual(before.status, 200)
        yield* simulator.fail("/cgi-bin/component/api_authorizer_token", { ...Fault.lost, times: 1 })
        yield* simulator.revoke(authorizer)
        const refresh = Effect.promise(() =>
          fetch(`${hub.url}/refresh/access_token`, {
            method: "POST",
            headers: { authorization: `Bearer ${good}`, "content-type": "application/json" },
            body: JSON.stringify({
              access_token: before.json.access_token,
              appid: component,
              authorizer_appid: authorizer
            })
          })
        )
        assert.strictEqual((yield* refresh).status, 503)
        const exit = once(first.child, "exit")
        first.child.kill("SIGKILL")
        yield* Effect.promise(() => exit)
        hub.url = (yield* platformHub([], env)).url
        const lists = yield* simulator.count("/cgi-bin/component/api_get_authorizer_list")
        assert.strictEqual((yield* refresh).status, 200)
        assert.strictEqual(yield* simulator.count("/cgi-bin/component/api_get_authorizer_list"), lists + 1)
      }).pipe(Effect.scoped, Effect.provide(platform(hub)))
    }
  )

  it.live("it says why it cannot start", () =>
    Effect.gen(function* () {
      const child = yield* command(["--open", "--host", "0.0.0.0"], account)
      assert.include(yield* printed(child, /twice/), "or say --open twice")
    })
  )
})
