import { assert, describe, it } from "@effect/vitest"
import { pushes } from "@wechat/callback/events/Table"
import * as Push from "@wechat/callback/Push"
import * as Reply from "@wechat/callback/Reply"
import * as WeChatPush from "@wechat/testing/Push"
import * as Effect from "effect/Effect"
import * as World from "./world.ts"

const { aesKey, appid, component, envelope, event, own, plain, platform, serve, text, token, wechat } = World

const names = Object.keys(pushes) as ReadonlyArray<keyof typeof pushes>

/** Handlers for all kinds there are, which keep what they get under its name. */
const collecting = () => {
  const got = new Map<string, unknown>()
  const keep = (name: string) => (message: unknown) => Effect.sync(() => void got.set(name, message))
  const handlers = Object.fromEntries(names.map((name) => [name, keep(name)]))
  const unknown = (push: Push.Push) => Effect.sync(() => void got.set("unknown", push.fields))
  return { got, handler: Push.on({ ...handlers, unknown }) }
}

/** Without what an empty element of XML cannot tell from nothing: objects and texts that are empty. */
const full = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(full)
  if (typeof value !== "object" || value === null) return value === "" ? undefined : value
  const entries = Object.entries(value).map(([name, one]) => [name, full(one)] as const)
  const kept = entries.filter(([, one]) => one !== undefined)
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}

describe("every kind of push", () => {
  for (const format of ["xml", "json"] as const) {
    for (const mode of ["plain", "compatible", "safe"] as const) {
      it.effect(`arrives as ${format}, ${mode}`, () =>
        Effect.gen(function* () {
          const { got, handler } = collecting()
          const { to } = yield* serve({ receivers: [mode === "plain" ? plain : own, platform], handler })
          const options = { to, format, mode, appid, token, aesKey }
          const account = WeChatPush.make(options)
          const notices = WeChatPush.make({
            ...options,
            mode: "safe",
            appid: component,
            token: "platform",
            aesKey: World.otherKey
          })
          for (const name of names) {
            const kind: WeChatPush.Kind<never> = pushes[name] as never
            const isNotice = kind.match.InfoType !== undefined
            const fields = WeChatPush.sample(kind, format, isNotice ? { AppId: component } : envelope)
            assert.deepStrictEqual(yield* (isNotice ? notices : account).once(fields), { _tag: "Success" })
            assert.isTrue(got.has(name), `${name} went elsewhere`)
            assert.deepEqual(full(got.get(name)), full(kind.codec(format).read(fields)), name)
          }
          assert.isFalse(got.has("unknown"))
        })
      )
    }
  }
})

describe("Push.on", () => {
  it.effect("knows messages, events, notices and the answers that they want", () =>
    Effect.gen(function* () {
      const handler = Push.on({
        text: ({ Content, MsgId }) => Effect.succeed(Reply.text(`${MsgId}: ${Content}`)),
        subscribe: ({ EventKey }) => Effect.succeed(Reply.text(EventKey ?? "")),
        weapp_audit_success: ({ SuccTime }) => Effect.succeed(Reply.text(new Date(SuccTime * 1000).toISOString())),
        component_verify_ticket: ({ ComponentVerifyTicket }) => Effect.log(ComponentVerifyTicket),
        xpay_goods_deliver_notify: () => Effect.succeed({ ErrCode: 0, ErrMsg: "success" })
      })
      const { to } = yield* serve({ receivers: own, handler })
      const contentOf = (fields: Readonly<Record<string, unknown>>) =>
        Effect.map(wechat(to).once(fields), (answer) =>
          answer._tag === "Reply" ? answer.fields["Content"] : undefined
        )
      const message = text("hi")
      assert.strictEqual(yield* contentOf(message), `${message.MsgId}: hi`)
      assert.strictEqual(yield* contentOf(event("subscribe", { EventKey: "qrscene_1" })), "qrscene_1")
      assert.strictEqual(
        yield* contentOf(event("weapp_audit_success", { SuccTime: 86_400 })),
        "1970-01-02T00:00:00.000Z"
      )
      const paid = yield* wechat(to, { format: "json" }).once(event("xpay_goods_deliver_notify"))
      assert.deepStrictEqual(paid, { _tag: "Reply", fields: { ErrCode: 0, ErrMsg: "success" } })
    })
  )
})
