/** What a hub costs: requests a second and p99 of `GET /client/access_token`, beside a bare node:http server; memory. */
import { execFile, fork, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { cpus } from "node:os"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

interface Figure {
  readonly rate: number
  readonly p99: number
  /** Microseconds of a core for one request. */
  readonly cpu: number
}

interface Used {
  readonly heapUsed: number
  readonly rss: number
  /** Microseconds so far. */
  readonly cpu: number
}

const servers = ["bare", "hub", "logging"] as const
type Name = (typeof servers)[number]
const titles: Readonly<Record<Name, string>> = {
  bare: "node:http, the same JSON",
  hub: "hub",
  logging: "hub, every request logged"
}

const connections = 32
const warm = 20_000
const requests = 45_000
const path = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const exec = promisify(execFile)

const serve = async (name: Name): Promise<{ readonly child: ChildProcess; readonly url: string }> => {
  const child = fork(path("serve.ts"), [name], {
    execArgv: ["--conditions=@wechat/source", "--expose-gc"],
    stdio: ["ignore", "ignore", "inherit", "ipc"]
  })
  const [about] = await once(child, "message")
  return { child, url: about.url }
}

const load = async (url: string, requests: number, apps: number): Promise<Omit<Figure, "cpu">> => {
  const { stdout } = await exec(process.execPath, [
    path("load.ts"),
    url,
    String(connections),
    String(requests),
    String(apps)
  ])
  return JSON.parse(stdout)
}

const usedBy = async (child: ChildProcess): Promise<Used> => {
  const answer = once(child, "message")
  child.send("used")
  const [used] = await answer
  return used
}

const measure = async (name: Name): Promise<Figure> => {
  const { child, url } = await serve(name)
  await load(url, warm, 1)
  const before = await usedBy(child)
  const figure = await load(url, requests, 1)
  const after = await usedBy(child)
  child.kill()
  // The load warms itself up with a third as many requests.
  return { ...figure, cpu: (after.cpu - before.cpu) / (requests * (4 / 3)) }
}

const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? Number.NaN
}

const speed = async (rounds: number): Promise<void> => {
  const figures: Record<Name, Array<Figure>> = { bare: [], hub: [], logging: [] }
  for (let round = 0; round < rounds; round++) {
    for (let at = 0; at < servers.length; at++) {
      // Another one begins each round, so that none always has the quiet moment.
      const name = servers[(at + round) % servers.length] ?? "bare"
      figures[name].push(await measure(name))
    }
    process.stderr.write(`round ${round + 1} of ${rounds}\n`)
  }
  console.log(`| server | requests/s | of node:http | p99 | CPU a request |\n|---|---|---|---|---|`)
  for (const name of servers) {
    const ratio = median(figures[name].map(({ rate }, round) => rate / (figures.bare[round]?.rate ?? Number.NaN)))
    const rate = Math.round(median(figures[name].map((figure) => figure.rate)))
    const p99 = median(figures[name].map((figure) => figure.p99)).toFixed(2)
    const cpu = median(figures[name].map((figure) => figure.cpu)).toFixed(1)
    console.log(`| ${titles[name]} | ${rate} | ${ratio.toFixed(2)} | ${p99} ms | ${cpu} µs |`)
  }
}

const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1)

const memory = async (apps: number): Promise<void> => {
  const { child, url } = await serve("hub")
  await load(url, 100, 1)
  const before = await usedBy(child)
  await load(url, apps * 3, apps)
  const after = await usedBy(child)
  child.kill()
  const each = (after.heapUsed - before.heapUsed) / apps
  console.log(
    `\n${apps} apps: heap ${megabytes(before.heapUsed)} -> ${megabytes(after.heapUsed)} MB (${Math.round(each)} bytes an app), ` +
      `resident ${megabytes(before.rss)} -> ${megabytes(after.rss)} MB`
  )
}

/** `pnpm bench hub [ROUNDS]` */
export const run = async ([rounds = "5"]: ReadonlyArray<string>): Promise<void> => {
  console.log(
    `GET /client/access_token, ${connections} connections, each server alone on one core (${cpus()[0]?.model}); ` +
      `medians of ${rounds} rounds, warm.\n`
  )
  await speed(Number(rounds))
  await memory(10_000)
}
