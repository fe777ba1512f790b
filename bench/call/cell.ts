/** One measurement in a process of its own: `cell.ts CLIENT small|large CONCURRENCY CALLS URL`. */
import { clients } from "./clients.ts"

const [name = "", size = "", width = "", count = "", url = ""] = process.argv.slice(2)
const make = clients[name]
if (make === undefined) throw new Error(`no client ${name}`)
const calls = await make(url)
const call = size === "small" ? calls.small : calls.large
const concurrency = Number(width)
const total = Number(count)

const run = async (times: number): Promise<void> => {
  let left = times
  const lane = async () => {
    while (left-- > 0) await call()
  }
  await Promise.all(Array.from({ length: concurrency }, lane))
}

await run(Math.ceil(total / 3))
globalThis.gc?.()
const cpu = process.cpuUsage()
const began = performance.now()
await run(total)
const seconds = (performance.now() - began) / 1000
const { system, user } = process.cpuUsage(cpu)
process.stdout.write(JSON.stringify({ rate: total / seconds, cpu: (system + user) / total }))
process.exit(0)
