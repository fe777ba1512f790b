/** One measurement in a process of its own: `cell.ts SERVER PUSHES`. */
import * as WeChatPush from "@wechat/testing/Push"
import { Effect } from "effect"
import { type Sent, servers, settings } from "./servers.ts"

const [name = "", count = ""] = process.argv.slice(2)
const make = servers[name]
if (make === undefined) throw new Error(`no server ${name}`)
const serve = await make()
const total = Number(count)

const { request } = WeChatPush.make({ to: "http://127.0.0.1/wechat", ...settings })

/** Every push is another message, as WeChat sends them. */
const sent = async (id: number): Promise<Sent> => {
  const user = {
    ToUserName: "gh_3fcea188bf78",
    FromUserName: "obLatjgoYejavUtHsWwrX-2GtFJE",
    CreateTime: 1_700_000_000
  }
  const fields = {
    ...user,
    MsgType: "text",
    Content: "你好, how are you today?",
    MsgId: String(7_000_000_000_000_000_000n + BigInt(id))
  }
  const made = await Effect.runPromise(request(fields))
  return { url: made.url, body: await made.text() }
}

const warm = await Promise.all(Array.from({ length: Math.ceil(total / 3) }, (_, at) => sent(at)))
const pushes = await Promise.all(Array.from({ length: total }, (_, at) => sent(total + at)))

const answer = await serve(await sent(-1))
if (!/<Encrypt>/.test(answer)) throw new Error(`${name} answers ${answer}`)
for (const push of warm) await serve(push)
globalThis.gc?.()
const cpu = process.cpuUsage()
const began = performance.now()
for (const push of pushes) await serve(push)
const seconds = (performance.now() - began) / 1000
const { system, user } = process.cpuUsage(cpu)
process.stdout.write(
  JSON.stringify({ rate: total / seconds, cpu: (system + user) / total, bytes: pushes[0]?.body.length })
)
process.exit(0)
