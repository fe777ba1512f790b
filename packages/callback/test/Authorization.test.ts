import { assert, describe, it } from "@effect/vitest"
import * as Authorization from "@wechat/callback/Authorization"
import * as Receiver from "@wechat/callback/Receiver"
import * as Release from "@wechat/callback/Release"
import * as Server from "@wechat/callback/Server"
import * as App from "@wechat/core/App"
import { Credentials } from "@wechat/core/Credentials"
import * as Token from "@wechat/core/Token"
import { TokenStore } from "@wechat/core/TokenStore"
import { Vault, VaultError } from "@wechat/core/Vault"
import { WeChat } from "@wechat/core/WeChat"
import * as Memory from "@wechat/storage-memory/Memory"
import { Simulator } from "@wechat/testing"
import * as WeChatPush from "@wechat/testing/Push"
import { authorizer, component, componentSecret } from "@wechat/testing/Simulator"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as World from "./world.ts"

const { inTime } = World
const token = "platform"
const aesKey = World.otherKey
const checked = Release.accounts[0] ?? ""

/** The platform's address: WeChat knows it before there is a server behind it. */
const address = () => {
  const server = Deferred.makeUnsafe<(request: Request) => Promise<Response>>()
  const to = async (request: Request) => (await Effect.runPromise(Deferred.await(server)))(request)
  return { server, to }
}

/** A platform: its tokens in memory, its events from the simulator, its server behind the address. */
const platform = (rotates = true) => {
  const { server, to } = address()
  const push = { to, token, aesKey }
  const wechat = Simulator.layer({
    components: [{ appid: component, secret: componentSecret, authorizers: [authorizer], rotates, push }],
    accounts: [{ appid: checked, secret: "unknown" }]
  })
  const receivers = Receiver.platform({ appid: component, token: Redacted.make(token), aesKey: Redacted.make(aesKey) })
  const serving = Layer.effectDiscard(
    Effect.gen(function* () {
      const handler = Release.passing(Authorization.feeding())
      const respond = yield* Server.make({ receivers, handler })
      const run = Effect.runPromiseWith(yield* Effect.context())
      yield* Deferred.succeed(server, async (request) => {
        const [, name] = new URL(request.url).pathname.split("/")
        const asked = HttpServerRequest.fromWeb(request)
        return HttpServerResponse.toWeb(await run(respond(asked, name === "" ? undefined : name)))
      })
    })
  )
  const credentials = Credentials.layer({ [component]: { secret: Redacted.make(componentSecret) } })
  const tokens = Layer.provideMerge(Memory.layer, Layer.merge(credentials, wechat))
  const live = serving.pipe(Layer.provideMerge(WeChat.layer(App.component(component))), Layer.provideMerge(tokens))
  return { live, messages: WeChatPush.make({ ...push, appid: component, seed: 1 }) }
}

const account = App.authorizer(component, authorizer)
const get = (app: App.App) => TokenStore.use((tokens) => tokens.get(Token.Access(app)))
const renew = (app: App.App, stale: Token.Token) => TokenStore.use((tokens) => tokens.renew(Token.Access(app), stale))
const refreshOf = (appid: string) => Vault.use((vault) => vault.refresh(component, appid))
const simulator = Simulator.use((simulator) => Effect.succeed(simulator))
const secretOf = (value: Redacted.Redacted | undefined) => (value === undefined ? undefined : Redacted.value(value))

describe("a platform", () => {
  it.effect("keeps the verify ticket that is pushed, and gets its token with it", () =>
    Effect.gen(function* () {
      const { pushTicket } = yield* simulator
      const ticket = yield* inTime(pushTicket(component))
      assert.strictEqual(secretOf(yield* Vault.use((vault) => vault.ticket(component))), ticket)
      yield* inTime(get(App.component(component)))
    }).pipe(Effect.provide(platform().live))
  )

  it.effect("asks for a ticket where none has come, and has it the next time", () =>
    Effect.gen(function* () {
      const refused = yield* inTime(Effect.flip(get(App.component(component))))
      assert.match(refused.message, /asked to push a new one/)
      yield* inTime(Effect.sleep("5 seconds"))
      yield* inTime(get(App.component(component)))
    }).pipe(Effect.provide(platform().live))
  )

  it.effect("stores the tokens of an account that authorizes it, by the notice alone", () =>
    Effect.gen(function* () {
      const { authorize, count, pushTicket } = yield* simulator
      yield* inTime(pushTicket(component))
      yield* inTime(authorize(component, "wxnew"))
      assert.isDefined(yield* refreshOf("wxnew"))
      yield* inTime(get(App.authorizer(component, "wxnew")))
      assert.strictEqual(yield* count("/cgi-bin/component/api_authorizer_token"), 0)
    }).pipe(Effect.provide(platform().live))
  )

  it.effect("replaces all tokens at once when an account authorizes it again", () =>
    Effect.gen(function* () {
      const { authorize, pushTicket } = yield* simulator
      yield* inTime(pushTicket(component))
      const before = yield* inTime(get(account))
      yield* inTime(authorize(component, authorizer))
      const after = yield* inTime(get(account))
      assert.isFalse(after.same(before))
    }).pipe(Effect.provide(platform().live))
  )

  it.effect("forgets an account that withdraws its authorization", () =>
    Effect.gen(function* () {
      const { pushTicket, unauthorize } = yield* simulator
      yield* inTime(pushTicket(component))
      yield* inTime(get(account))
      yield* inTime(unauthorize(component, authorizer))
      assert.isUndefined(yield* refreshOf(authorizer))
      assert.match((yield* inTime(Effect.flip(get(account)))).message, /has not authorized the platform/)
    }).pipe(Effect.provide(platform().live))
  )

  it.effect("keeps every refresh token that takes the place of another, and recovers a lost one from the list", () =>
    Effect.gen(function* () {
      const { loseRefresh, pushTicket, revoke } = yield* simulator
      yield* inTime(pushTicket(component))
      const one = yield* inTime(get(account))
      const first = secretOf(yield* refreshOf(authorizer))
      yield* revoke(authorizer)
      const two = yield* inTime(renew(account, one))
      assert.notStrictEqual(secretOf(yield* refreshOf(authorizer)), first)
      yield* loseRefresh(component, authorizer)
      yield* revoke(authorizer)
      assert.isFalse((yield* inTime(renew(account, two))).same(two))
    }).pipe(Effect.provide(platform().live))
  )
})

describe("the authorization pages", () => {
  it.effect("lead back with a code, which is exchanged once for tokens and permissions", () =>
    Effect.gen(function* () {
      const { authorize, pushTicket } = yield* simulator
      yield* inTime(pushTicket(component))
      const { code, expires } = yield* inTime(Authorization.preAuthCode(component))
      assert.isAtLeast(expires, 1_800_000)
      const page = { component, code, redirect: "https://platform.example/back?x=1&y=2" }
      const url = new URL(Authorization.desktopPage(page))
      assert.strictEqual(url.origin + url.pathname, "https://mp.weixin.qq.com/cgi-bin/componentloginpage")
      assert.deepStrictEqual(Object.fromEntries(url.searchParams), {
        component_appid: component,
        pre_auth_code: code,
        redirect_uri: "https://platform.example/back?x=1&y=2",
        auth_type: "6"
      })
      const mobile = new URL(
        Authorization.mobilePage({ ...page, accounts: "miniprogram", appid: "wx1", permissions: [1, 2] })
      )
      assert.strictEqual(mobile.hash, "#wechat_redirect")
      assert.deepInclude(Object.fromEntries(mobile.searchParams), {
        action: "bindcomponent",
        no_scan: "1",
        auth_type: "2",
        biz_appid: "wx1",
        category_id_list: "1|2"
      })

      const authCode = Redacted.make(yield* inTime(authorize(component, "wxnew")))
      const { app, permissions } = yield* inTime(Authorization.complete(component, authCode))
      assert.strictEqual(app.appid, "wxnew")
      assert.include(permissions, 1)
      const again = yield* inTime(Effect.flip(Authorization.complete(component, authCode)))
      assert.include(again.message, "61009")
      assert.notInclude(again.message, Redacted.value(authCode))
    }).pipe(Effect.provide(platform().live))
  )
})

describe("a notice that cannot be dealt with", () => {
  const notice = (InfoType: string, fields: Readonly<Record<string, unknown>> = {}) => ({
    AppId: component,
    CreateTime: 0,
    InfoType,
    ...fields
  })

  it.effect("with a code that was used already leaves the tokens alone, and is answered", () => {
    const { live, messages } = platform()
    return Effect.gen(function* () {
      const { authorize, pushTicket } = yield* simulator
      yield* inTime(pushTicket(component))
      yield* inTime(authorize(component, "wxnew"))
      const kept = secretOf(yield* refreshOf("wxnew"))
      const used = notice("authorized", { AuthorizerAppid: "wxnew", AuthorizationCode: "queryauthcode@@@used" })
      assert.deepStrictEqual(yield* inTime(messages.once(used)), { _tag: "Success" })
      assert.strictEqual(secretOf(yield* refreshOf("wxnew")), kept)
    }).pipe(Effect.provide(live))
  })

  it.effect("while the vault is away is pushed again by WeChat", () => {
    const away = Effect.fail(new VaultError({ detail: "away" }))
    const vault = Layer.mock(Vault)({ keepTicket: () => away })
    return Effect.gen(function* () {
      const receivers = World.platform
      const { to } = yield* World.serve({ receivers, handler: Authorization.feeding() })
      const wechat = World.wechat(to, { appid: World.component, token, aesKey })
      const ticket = notice("component_verify_ticket", { AppId: World.component, ComponentVerifyTicket: "ticket@@@1" })
      assert.strictEqual((yield* Effect.flip(wechat.push(ticket))).attempts.length, 3)
    }).pipe(
      Effect.provide([vault, Layer.mock(WeChat)({ app: account, as: () => assert.fail("nothing is asked for") })])
    )
  })
})

describe("the check before release", () => {
  const { live, messages } = platform()
  it.effect("is passed: a text is echoed, and a code is exchanged and spoken of", () =>
    Effect.gen(function* () {
      const { authorize, calls, pushTicket } = yield* simulator
      yield* inTime(pushTicket(component))
      const path = `/${checked}/callback`
      const echo = yield* inTime(messages.once(World.text("TESTCOMPONENT_MSG_TYPE_TEXT"), path))
      assert.deepInclude(echo._tag === "Reply" ? echo.fields : {}, { Content: "TESTCOMPONENT_MSG_TYPE_TEXT_callback" })
      yield* Simulator.use(({ answer }) => answer("/cgi-bin/message/custom/send", { errcode: 0, errmsg: "ok" }))
      const code = yield* inTime(authorize(component, checked))
      const spoken = yield* inTime(messages.once(World.text(`QUERY_AUTH_CODE:${code}`), path))
      assert.deepStrictEqual(spoken, { _tag: "Success" })
      yield* inTime(Effect.sleep("3 seconds"))
      const sent = (yield* calls).findLast((call) => call.path === "/cgi-bin/message/custom/send")
      assert.strictEqual(sent?.appid, checked)
      assert.deepInclude(sent?.body, { text: { content: `${code}_from_api` } })
    }).pipe(Effect.provide(live))
  )

  it.effect("does not concern other accounts", () => {
    const { live, messages } = platform()
    return Effect.gen(function* () {
      const path = `/${authorizer}/callback`
      const answer = yield* inTime(messages.once(World.text("TESTCOMPONENT_MSG_TYPE_TEXT"), path))
      assert.deepStrictEqual(answer, { _tag: "Success" })
    }).pipe(Effect.provide(live))
  })
})
