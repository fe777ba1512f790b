/** A visitor, an attacker and a mini program, over real HTTP against a simulated WeChat. */
import { createCipheriv } from "node:crypto"
import { createServer } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { App, Credentials, WeChat } from "@wechat/core"
import { Memory } from "@wechat/storage-memory"
import { Simulator } from "@wechat/testing"
import { appid, secret } from "@wechat/testing/Simulator"
import { SessionKeys, Signer, State } from "@wechat/web"
import { Clock, Effect, Layer, Redacted } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { Browser } from "./browser.ts"
import { expect, say } from "./say.ts"
import { site } from "./site.ts"

const account = WeChat.layer(App.common(appid)).pipe(
  Layer.provideMerge(Memory.layer),
  Layer.provide(Credentials.layer({ [appid]: { secret: Redacted.make(secret) } })),
  Layer.provideMerge(Simulator.layer())
)

const services = Layer.mergeAll(
  account,
  SessionKeys.layerMemory(),
  State.layer().pipe(
    Layer.provideMerge(Signer.layer({ secret: Redacted.make("only for this example, and long enough") }))
  )
)

const originOf = HttpServer.HttpServer.use(({ address }) =>
  "port" in address
    ? Effect.succeed(`http://127.0.0.1:${address.port}`)
    : Effect.die(new Error("the site listens at no port"))
)

const running = Layer.unwrap(
  Effect.map(originOf, (origin) => HttpRouter.serve(site(origin), { disableLogger: true, disableListenLog: true }))
).pipe(
  Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
  Layer.provideMerge(services)
)

const code = Simulator.use((simulator) => simulator.signIn(appid))

const visitor = Effect.fnUntraced(function* (origin: string) {
  yield* say.title("1. A visitor signs in")
  const browser = new Browser(origin)
  const first = yield* browser.get("/me?tab=orders")
  const page = new URL(first.location)
  yield* say.line(`/me sends the browser to ${page.host}${page.pathname}, and WeChat asks the visitor`)
  const back = `/wechat/callback?code=${yield* code}&state=${page.searchParams.get("state") ?? ""}`
  const second = yield* browser.get(back)
  yield* expect(second.location === "/me?tab=orders", "the visitor comes back to where they wanted to go")
  const third = yield* browser.get("/me")
  yield* expect(/^hello, \S+/.test(third.body), `the page knows them: "${third.body}"`)
  yield* expect(
    browser.lines.every((line) => line.includes("HttpOnly") && line.includes("SameSite=Lax")),
    "cookies are HttpOnly and SameSite"
  )
  return back
})

const attacker = Effect.fnUntraced(function* (origin: string, used: string) {
  yield* say.title("2. Somebody tries to sign the visitor in as somebody else")
  const own = yield* new Browser(origin).get("/me")
  const state = new URL(own.location).searchParams.get("state") ?? ""
  const forged = yield* new Browser(origin).get(`/wechat/callback?code=${yield* code}&state=${state}`)
  yield* say.line(forged.body)
  yield* expect(forged.status === 400, "a state of another browser is refused")
  yield* expect((yield* new Browser(origin).get(used)).status === 400, "and so is a way back that was walked before")
  const elsewhere = yield* new Browser(origin).get("//evil.example/me")
  yield* expect(!elsewhere.location.includes("evil.example"), "nothing leads to another site")
})

const page = Effect.fnUntraced(function* (origin: string) {
  yield* say.title("3. A page uses the JS-SDK")
  const { body } = yield* new Browser(origin).get("/config?page=/me")
  const { appId, signature }: { appId: string; signature: string } = JSON.parse(body)
  yield* expect(appId === appid && /^[0-9a-f]{40}$/.test(signature), `wx.config is signed: ${signature}`)
  const elsewhere = yield* new Browser(origin).get("/config?page=https://evil.example/")
  yield* expect(elsewhere.status === 400, "pages of other sites are not")
})

/** The part of the mini program, which has the same session key from WeChat. */
const encrypted = (key: string, value: object) => {
  const iv = Buffer.alloc(16, 1)
  const cipher = createCipheriv("aes-128-cbc", Buffer.from(key, "base64"), iv)
  const data = Buffer.concat([cipher.update(JSON.stringify(value)), cipher.final()])
  return { encryptedData: data.toString("base64"), iv: iv.toString("base64") }
}

const mini = Effect.fnUntraced(function* (origin: string) {
  yield* say.title("4. A mini program signs in, and brings what WeChat has encrypted for it")
  const app = new Browser(origin)
  const given = yield* code
  const login = yield* app.post("/mini/login", { code: given })
  const { openid }: { openid: string } = JSON.parse(login.body)
  yield* expect(!login.body.includes("session_key"), `signed in as ${openid}; the session key stays on the server`)
  const again = yield* app.post("/mini/login", { code: given })
  yield* say.line(again.body)
  yield* expect(again.status === 400, "the code works once")

  const key = Redacted.value(
    (yield* SessionKeys.use((keys) => keys.get(appid, openid))) ?? Redacted.make("no key is kept")
  )
  const timestamp = Math.floor((yield* Clock.currentTimeMillis) / 1000)
  const steps = { stepInfoList: [{ step: 4213 }], watermark: { appid, timestamp } }
  const read = yield* app.post("/mini/decrypt", { openid, ...encrypted(key, steps) })
  yield* expect(JSON.parse(read.body).stepInfoList[0].step === 4213, "the server reads 4213 steps")
  const foreign = { ...steps, watermark: { appid: "wxother", timestamp } }
  const refused = yield* app.post("/mini/decrypt", { openid, ...encrypted(key, foreign) })
  yield* say.line(refused.body)
  yield* expect(refused.status === 400, "data of another account is not taken")
})

export const simulated = Effect.gen(function* () {
  const origin = yield* originOf
  yield* say.title(`No WECHAT_APPID is set, so WeChat is simulated; the site listens at ${origin}`)
  const used = yield* visitor(origin)
  yield* attacker(origin, used)
  yield* page(origin)
  yield* mini(origin)
  yield* say.title(
    "That was all real code over real HTTP. Next: packages/web/README.md, and examples/web-login/src/site.ts\n"
  )
}).pipe(Effect.provide(running))
