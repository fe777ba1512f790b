/** The cost of a push in safe mode: verify, decrypt, read, dispatch, answer encrypted; the same bytes for all, without sockets. */
import { execFile } from "node:child_process"
import { cpus, totalmem } from "node:os"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { servers } from "./servers.ts"

interface Figure {
  readonly rate: number
  readonly cpu: number
  readonly bytes: number
}

const cell = fileURLToPath(new URL("cell.ts", import.meta.url))
const exec = promisify(execFile)

const measure = async (name: string, pushes: number): Promise<Figure> => {
  const options = ["--conditions=@wechat/source", "--expose-gc", cell]
  const { stdout } = await exec(process.execPath, [...options, name, String(pushes)])
  return JSON.parse(stdout)
}

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

const show = (values: ReadonlyArray<number>): string =>
  `${median(values).toFixed(0)} (${Math.min(...values).toFixed(0)}-${Math.max(...values).toFixed(0)})`

/** `pnpm bench push [ROUNDS] [PUSHES]` */
export const run = async ([rounds = "5", pushes = "20000"]: ReadonlyArray<string>): Promise<void> => {
  const names = Object.keys(servers)
  const figures = new Map<string, Array<Figure>>(names.map((name) => [name, []]))
  for (let round = 0; round < Number(rounds); round++) {
    // Another one begins each round, so that none always has the quiet moment.
    for (let at = 0; at < names.length; at++) {
      const name = names[(at + round) % names.length] ?? ""
      figures.get(name)?.push(await measure(name, Number(pushes)))
    }
    process.stderr.write(`round ${round + 1} of ${rounds}\n`)
  }
  const bytes = figures.get(names[0] ?? "")?.[0]?.bytes ?? 0
  const gib = Math.round(totalmem() / 2 ** 30)
  console.log(
    `\n${cpus().length} × ${cpus()[0]?.model ?? "CPU"}, ${gib} GiB, Node ${process.versions.node}, ${process.platform}`
  )
  console.log(`${pushes} pushes of ${bytes} bytes, one after the other; ${rounds} rounds; median (least-most)\n`)
  console.log("| server | pushes a second | CPU time of the process per push, µs |\n|---|---|---|")
  for (const [name, all] of figures) {
    console.log(`| ${name} | ${show(all.map(({ rate }) => rate))} | ${show(all.map(({ cpu }) => cpu))} |`)
  }
}
