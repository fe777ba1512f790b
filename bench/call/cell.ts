/** One measurement in a process of its own: `cell.ts CLIENT small|post|large CONCURRENCY URL calls|seconds NUMBER`. */
import { clients } from "./clients.ts"

const [name = "", size = "", width = "", url = "", unit = "", number = ""] = process.argv.slice(2)
const make = clients[name]
if (make === undefined) throw new Error(`no client ${name}`)
const calls = await make(url)
if (size !== "small" && size !== "post" && size !== "large") throw new Error(`no size ${size}`)
const call = calls[size]

const forCalls = (most: number): (() => boolean) => {
  let begun = 0
  return () => begun++ < most
}

const forMillis = (length: number): (() => boolean) => {
  const end = performance.now() + length
  return () => performance.now() < end
}

/** Calls that are made while it goes on. */
const run = async (goesOn: () => boolean): Promise<number> => {
  let made = 0
  const lane = async () => {
    for (; goesOn(); made++) await call()
  }
  await Promise.all(Array.from({ length: Number(width) }, lane))
  return made
}

/** A part of the calls, or all of the time: what is measured in seconds is warm. */
const limit = (part: number): (() => boolean) =>
  unit === "calls" ? forCalls(Number(number) * part) : forMillis(Number(number) * 1000)

// Enough to have connections.
await run(limit(0.1))
// No collection is forced before it: after one, V8 may mark again and again for seconds.
const cpu = process.cpuUsage()
const began = performance.now()
const made = await run(limit(1))
const took = (performance.now() - began) / 1000
const { system, user } = process.cpuUsage(cpu)

const collect = globalThis.gc ?? (() => undefined)

/** Bytes that a call takes from the heap, in a batch that is small enough to end before the next collection. */
const taken = async (): Promise<number> => {
  const times = size === "large" ? 2 : 32
  collect()
  const before = process.memoryUsage().heapUsed
  for (let time = 0; time < times; time++) await call()
  return (process.memoryUsage().heapUsed - before) / times
}
const batches: Array<number> = []
for (let batch = 0; batch < 10; batch++) batches.push(await taken())
batches.sort((a, b) => a - b)

process.stdout.write(
  JSON.stringify({
    rate: made / took,
    cpu: (system + user) / made,
    // Where a collection does fall into a batch, it looks cheap, never dear.
    bytes: batches[6],
    memory: process.memoryUsage.rss()
  })
)
process.exit(0)
