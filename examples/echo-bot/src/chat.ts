/** A user who talks to the bot, played by the simulator. */
import * as Push from "@wechat/testing/Push"
import { Console, Effect } from "effect"

const user = { ToUserName: "gh_echo_bot", FromUserName: "o6_bmjrPTlm6_2sgVt7hMZOPfL2M", CreateTime: 1_700_000_000 }

const event = (Event: string, fields: Readonly<Record<string, unknown>>) => ({
  ...user,
  MsgType: "event",
  Event,
  ...fields
})

const scenes = [
  ["follows by a QR code", event("subscribe", { EventKey: "qrscene_poster", Ticket: "t1" }), "You come from poster"],
  ["says 你好 😀", { ...user, MsgType: "text", Content: "你好 😀", MsgId: "1" }, "You said: 你好 😀"],
  [
    "sends a picture",
    { ...user, MsgType: "image", PicUrl: "https://example.com/1.png", MediaId: "m1", MsgId: "2" },
    "m1"
  ],
  ["taps the menu", event("CLICK", { EventKey: "news" }), "Today's news"],
  ["asks for a human", { ...user, MsgType: "text", Content: "human", MsgId: "3" }, "transfer_customer_service"],
  ["got a template message", event("TEMPLATESENDJOBFINISH", { MsgID: 200163836, Status: "success" }), "success"],
  ["does something new", event("of_next_year", { Detail: { Of: ["some", "kind"] } }), "success"]
] as const

const said = (answer: Push.Answer): string => (answer._tag === "Success" ? "success" : JSON.stringify(answer.fields))

/** Pushes every scene, and fails loudly where an answer is not as expected. */
export const chat = (options: Push.Options) =>
  Effect.gen(function* () {
    const { push, verify } = Push.make(options)
    yield* expect(yield* verify, "the address answers the console's check")
    for (const [what, fields, expected] of scenes) {
      const answer = said(yield* push(fields))
      yield* Console.log(`  the user ${what}\n    → ${answer}`)
      yield* expect(answer.includes(expected), `as expected`)
    }
    const repeated = scenes[1][1]
    yield* expect(said(yield* push(repeated)).includes("你好"), "a repeated message gets the first one's answer")
    const forged = yield* Effect.flip(Push.make({ ...options, token: "a guess", attempts: 1 }).push(repeated))
    yield* expect(forged.attempts.includes("HTTP 401"), "a forged push gets none")
  })

const expect = (condition: boolean, what: string): Effect.Effect<void> =>
  condition ? Console.log(`    ✓ ${what}`) : Effect.die(new Error(`expected: ${what}`))
