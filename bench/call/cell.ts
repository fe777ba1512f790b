/** One measurement in a process of its own: `cell.ts CLIENT small|post|large CONCURRENCY SECONDS URL`. */
import { clients } from "./clients.ts"

const [name = "", size = "", width = "", seconds = "", url = ""] = process.argv.slice(2)
const make = clients[name]
if (make === undefined) throw new Error(`no client ${name}`)
const calls = await make(url)
if (size !== "small" && size !== "post" && size !== "large") throw new Error(`no size ${size}`)
const call = calls[size]
const concurrency = Number(width)

/** Calls that are made in so many milliseconds. */
const run = async (length: number): Promise<number> => {
  const end = performance.now() + length
  let made = 0
  const lane = async () => {
    for (; performance.now() < end; made++) await call()
  }
  await Promise.all(Array.from({ length: concurrency }, lane))
  return made
}

const length = Number(seconds) * 1000
// A service runs warm.
await run(length)
const collect = globalThis.gc ?? (() => undefined)
collect()
const cpu = process.cpuUsage()
const began = performance.now()
const made = await run(length)
const took = (performance.now() - began) / 1000
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
    rate: made / took,
    cpu: (system + user) / made,
    // Where a collection does fall into a batch, it looks cheap, never dear.
    bytes: batches[13],
    memory: process.memoryUsage.rss()
  })
)
process.exit(0)
