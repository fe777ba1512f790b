/** A third-party platform, its accounts and their users, over real HTTP: the simulator plays WeChat. */
import { Undici } from "@wechat/undici"
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { userInfo } from "@wechat/api/offiaccount/User"
import { endpoints } from "@wechat/api/Registry"
import { Authorization, Release } from "@wechat/callback"
import { App, Settings, Vault, WeChat } from "@wechat/core"
import { Simulator } from "@wechat/testing"
import * as Push from "@wechat/testing/Push"
import { Server } from "@wechat/testing/Server"
import { authorizer, component, componentSecret } from "@wechat/testing/Simulator"
import { Effect, Layer, Redacted } from "effect"
import { HttpServer } from "effect/http"
import { createServer } from "node:http"
import { aesKey, server, token, wechat } from "./platform.ts"
import { expect, say } from "./say.ts"

const address = HttpServer.addressFormattedWith((url) => Effect.succeed(`${url}/wechat`))

/** WeChat, which knows the platform's address. */
const simulator = Layer.unwrap(
  Effect.map(address, (to) =>
    Server.layer({
      components: [
        { appid: component, secret: componentSecret, authorizers: [authorizer], push: { to, token, aesKey } }
      ],
      endpoints
    })
  )
)

/** The platform, which knows WeChat's. */
const platform = Layer.unwrap(
  Server.use(({ url }) =>
    Effect.succeed(
      server(component).pipe(
        Layer.provideMerge(wechat(component, componentSecret)),
        Layer.provide(Settings.layerHost(url))
      )
    )
  )
)

const live = platform.pipe(
  Layer.provideMerge(simulator),
  Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
  Layer.provideMerge(Undici.layer)
)

/** A call that the platform makes as one of its accounts. */
const followersOf = (appid: string) =>
  Effect.gen(function* () {
    const [openid = ""] = yield* Simulator.use((simulator) => simulator.followers(appid))
    return yield* userInfo({ openid }).pipe(WeChat.withApp(App.authorizer(component, appid)))
  })

const kept = (appid: string) =>
  Effect.map(
    Vault.use((vault) => vault.refresh(component, appid)),
    (refresh) => refresh !== undefined
  )

const tickets = Effect.gen(function* () {
  yield* say.title("1. WeChat pushes a verify ticket; with it the platform gets its token")
  yield* Simulator.use((simulator) => simulator.pushTicket(component))
  const { code } = yield* Authorization.preAuthCode(component)
  const page = { component, code, redirect: "https://platform.example/authorized" }
  yield* say.line(`on a computer: ${Authorization.desktopPage(page).slice(0, 100)}...`)
  yield* say.line(`in WeChat:     ${Authorization.mobilePage(page).slice(0, 100)}...`)
  yield* expect(code.startsWith("preauthcode"), "the pages have a pre-authorization code")
})

const authorizing = Effect.gen(function* () {
  yield* say.title("2. An owner authorizes the platform on that page")
  const code = yield* Simulator.use((simulator) => simulator.authorize(component, "wxnew"))
  yield* expect(yield* kept("wxnew"), "the notice has brought the account's refresh token into the vault")
  const { app, permissions } = yield* Authorization.complete(component, Redacted.make(code))
  yield* expect(app.appid === "wxnew", `the redirect's code says the same, with ${permissions.length} permission sets`)
  yield* expect((yield* followersOf("wxnew")).openid !== "", "and the platform calls as that account")
})

const healing = Effect.gen(function* () {
  yield* say.title("3. Tokens are voided, refresh tokens rotate, one is lost")
  yield* followersOf(authorizer)
  yield* Simulator.use((simulator) => simulator.revoke(authorizer))
  yield* followersOf(authorizer)
  yield* expect(true, "a void token was replaced by way of the refresh token, which works once")
  yield* Simulator.use((simulator) => simulator.loseRefresh(component, authorizer))
  yield* Simulator.use((simulator) => simulator.revoke(authorizer))
  yield* followersOf(authorizer)
  const reads = yield* Simulator.use((simulator) => simulator.count("/cgi-bin/component/api_get_authorizer_list"))
  yield* expect(reads > 0, "a lost refresh token was recovered from WeChat's list of authorizers")
})

const user = { ToUserName: "gh_customer", FromUserName: "o6_bmjrPTlm6_2sgVt7hMZOPfL2M", CreateTime: 1_700_000_000 }
const text = (Content: string, MsgId: string) => ({ ...user, MsgType: "text", Content, MsgId })

const messages = Effect.gen(function* () {
  yield* say.title("4. Users of all accounts write to one address, /wechat/$APPID$/callback")
  const { push } = Push.make({ to: yield* address, appid: component, token, aesKey })
  for (const appid of [authorizer, "wxnew"]) {
    const answer = yield* push(text("hello", appid), `/${appid}/callback`)
    const content = answer._tag === "Reply" ? String(answer.fields["Content"]) : ""
    yield* expect(content === `Authorizer:${component}:${appid} heard: hello`, content)
  }
  const [checked = ""] = Release.accounts
  const answer = yield* push(text("TESTCOMPONENT_MSG_TYPE_TEXT", "check"), `/${checked}/callback`)
  yield* expect(answer._tag === "Reply", "WeChat's check before the release is answered")
})

const leaving = Effect.gen(function* () {
  yield* say.title("5. An owner withdraws the authorization")
  yield* Simulator.use((simulator) => simulator.unauthorize(component, "wxnew"))
  yield* expect(!(yield* kept("wxnew")), "the account's tokens are gone at once")
  const error = yield* Effect.flip(followersOf("wxnew"))
  yield* say.line(error.message)
})

Effect.gen(function* () {
  yield* say.line(
    `the platform ${component} listens at ${yield* address}, WeChat at ${yield* Server.use(({ url }) => Effect.succeed(url))}`
  )
  yield* tickets
  yield* authorizing
  yield* healing
  yield* messages
  yield* leaving
}).pipe(Effect.provide(live), NodeRuntime.runMain)
