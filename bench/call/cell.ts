/** One measurement in a process of its own: `cell.ts CLIENT small|post|large CONCURRENCY CALLS URL`. */
import { clients } from "./clients.ts"

const [name = "", size = "", width = "", count = "", url = ""] = process.argv.slice(2)
const make = clients[name]
if (make === undefined) throw new Error(`no client ${name}`)
const calls = await make(url)
if (size !== "small" && size !== "post" && size !== "large") throw new Error(`no size ${size}`)
const call = calls[size]
const concurrency = Number(width)
const total = Number(count)

const run = async (times: number): Promise<void> => {
  let left = times
  const lane = async () => {
    while (left-- > 0) await call()
  }
  await Promise.all(Array.from({ length: concurrency }, lane))
}

// A service runs warm.
await run(total)
const collect = globalThis.gc ?? (() => undefined)
collect()
const cpu = process.cpuUsage()
const began = performance.now()
await run(total)
const seconds = (performance.now() - began) / 1000
const { system, user } = process.cpuUsage(cpu)

/** Bytes that a call takes from the heap, in a batch that is small enough to end before the next collection. */
const taken = async (): Promise<number> => {
  const times = size === "large" ? 2 : 32
  collect()
  const before = process.memoryUsage().heapUsed
  for (let time = 0; time < times; time++) await call()
  return (process.memoryUsage().heapUsed - before) / times
}
const batches: Array<number> = []
for (let batch = 0; batch < 20; batch++) batches.push(await taken())
batches.sort((a, b) => a - b)

process.stdout.write(
  JSON.stringify({
    rate: total / seconds,
    cpu: (system + user) / total,
    // Where a collection does fall into a batch, it looks cheap, never dear.
    bytes: batches[13],
    memory: process.memoryUsage.rss()
  })
)
process.exit(0)
