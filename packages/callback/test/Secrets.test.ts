import { assert, describe, it } from "@effect/vitest"
import * as Authorization from "@wechat/callback/Authorization"
import * as Reply from "@wechat/callback/Reply"
import * as App from "@wechat/core/App"
import { Vault } from "@wechat/core/Vault"
import { WeChat } from "@wechat/core/WeChat"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as Tracer from "effect/Tracer"
import { inspect } from "node:util"
import * as World from "./world.ts"

const ticket = "ticket@@@s3cret"
const said = "what-the-user-said"

const vault = Layer.mock(Vault)({ keepTicket: () => Effect.void })
const wechat = Layer.mock(WeChat)({
  app: App.component(World.component),
  as: () => assert.fail("nothing is asked for")
})

describe("tickets, keys and what users say", () => {
  it.effect("stand in no log, span or failure, whatever becomes of a push", () =>
    Effect.gen(function* () {
      const spans: Array<Tracer.NativeSpan> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        }
      })
      const lines: Array<string> = []
      const logger = Logger.make((options) => {
        lines.push(inspect(options.message, { depth: 20 }), inspect(options.cause, { depth: 20 }))
      })
      const observed = Effect.gen(function* () {
        const handler = World.on({
          text: () => Effect.fail(new Error("the database is away")),
          subscribe: () => Effect.succeed(Reply.text(said)),
          cancel_waybill: () => Effect.die("never")
        })
        const { to } = yield* World.serve({
          receivers: [World.own, World.platform],
          handler: Authorization.feeding(handler)
        })
        const account = World.wechat(to)
        const platform = World.wechat(to, { appid: World.component, token: "platform", aesKey: World.otherKey })
        const notice = { AppId: World.component, CreateTime: 0, InfoType: "component_verify_ticket" }
        yield* platform.once({ ...notice, ComponentVerifyTicket: ticket })
        yield* Effect.exit(account.once(World.text(said)))
        yield* account.once(World.event("subscribe"))
        yield* account.once(World.event("cancel_waybill", { [said]: { a: said } }))
        const wrong = World.wechat(to, { token: "another" })
        yield* Effect.exit(wrong.once(World.text(said)))
        const elsewhere = World.wechat(to, { appid: "wxother" })
        yield* Effect.exit(elsewhere.once(World.text(said)))
      })
      yield* observed.pipe(
        Effect.provide([vault, wechat, Logger.layer([logger])]),
        Effect.provideService(Tracer.Tracer, tracer),
        Effect.provideService(References.MinimumLogLevel, "All")
      )
      const all = [...lines, inspect(spans, { depth: 20 })].join("\n")
      assert.include(all, "the database is away")
      assert.include(all, "a push was refused")
      assert.include(
        spans.map(({ name }) => name),
        "wechat.push"
      )
      for (const secret of [ticket, said, World.aesKey, World.otherKey]) assert.notInclude(all, secret)
    })
  )
})
