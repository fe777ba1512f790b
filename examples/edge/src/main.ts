/** Plays the runtime around the worker, and WeChat in front of it. */
import * as Push from "@wechat/testing/Push"
import { Console, Effect } from "effect"
import worker from "./worker.ts"

const works: Array<Promise<unknown>> = []

const { push, verify } = Push.make({
  to: (request) => {
    const url = new URL(request.url)
    url.pathname = "/wechat"
    return worker.fetch(new Request(url, request), {}, { waitUntil: (work) => works.push(work) })
  },
  appid: "wxechobot",
  token: "echo-bot-token",
  aesKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
})

const program = Effect.gen(function* () {
  const user = { ToUserName: "gh_echo_bot", FromUserName: "o6_bmjrPTlm6_2sgVt7hMZOPfL2M", CreateTime: 1_700_000_000 }
  const isVerified = yield* verify
  const answer = yield* push({ ...user, MsgType: "text", Content: "hello, edge", MsgId: "1" })
  const content = answer._tag === "Reply" ? answer.fields["Content"] : undefined
  if (!isVerified || content !== "You said: hello, edge")
    return yield* Effect.die(new Error(`the worker said ${String(content)}`))
  yield* Effect.promise(() => Promise.all(works))
  yield* Console.log(`  ✓ the address answers the console's check\n  ✓ the worker answers: ${content}`)
})

await Effect.runPromise(program)
