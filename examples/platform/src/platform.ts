/** The platform: one address for its own notices and for the messages of every account that has authorized it. */
import { Authorization, Push, Receiver, Release, Reply, Server } from "@wechat/callback"
import { App, Credentials, WeChat } from "@wechat/core"
import { Memory } from "@wechat/storage-memory"
import { Effect, Layer, Redacted } from "effect"
import { HttpRouter } from "effect/http"

export const token = "platform-token"
export const aesKey = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"

/** What users of all accounts say, and what the platform is told. */
const handler = Push.on({
  text: ({ Content }, { app }) => Effect.succeed(Reply.text(`${App.key(app)} heard: ${Content}`)),
  authorized: ({ AuthorizerAppid }) => Effect.log(`${AuthorizerAppid} has authorized the platform`),
  unauthorized: ({ AuthorizerAppid }) => Effect.log(`${AuthorizerAppid} has withdrawn its authorization`),
  weapp_audit_success: (_, { app }) => Effect.log(`${App.key(app)}: the new version passed its review`)
})

/** Tokens of the platform and its accounts, in memory; the vault is fed by the notices. */
export const wechat = (component: string, secret: string) =>
  WeChat.layer(App.component(component)).pipe(
    Layer.provideMerge(Memory.layer),
    Layer.provide(Credentials.layer({ [component]: { secret: Redacted.make(secret) } }))
  )

export const server = (component: string) =>
  HttpRouter.serve(
    Server.layer("/wechat", {
      receivers: Receiver.platform({ appid: component, token: Redacted.make(token), aesKey: Redacted.make(aesKey) }),
      // The vault first, then WeChat's check before release, then the platform's own business.
      handler: Authorization.feeding(Release.passing(handler)),
      late: Reply.send
    }),
    { disableListenLog: true, disableLogger: true }
  )
