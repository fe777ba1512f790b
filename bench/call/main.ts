/** The cost of a call, as requests a second relative to raw undici in the same run. */
import { execFile, fork } from "node:child_process"
import { cpus, totalmem } from "node:os"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { clients } from "./clients.ts"

interface Cell {
  readonly title: string
  readonly size: "small" | "large"
  readonly concurrency: number
  readonly calls: number
}

interface Figure {
  readonly rate: number
  readonly cpu: number
}

const cells: ReadonlyArray<Cell> = [
  { title: "small, 1 at a time", size: "small", concurrency: 1, calls: 3000 },
  { title: "small, 64 at once", size: "small", concurrency: 64, calls: 10_000 },
  { title: "large, 1 at a time", size: "large", concurrency: 1, calls: 500 },
  { title: "large, 64 at once", size: "large", concurrency: 64, calls: 1200 }
]

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const exec = promisify(execFile)

const measure = async (name: string, cell: Cell, url: string): Promise<Figure> => {
  const args = [cell.size, String(cell.concurrency), String(cell.calls), url]
  const options = ["--conditions=@wechat/source", "--expose-gc", path("cell.ts")]
  const { stdout } = await exec(process.execPath, [...options, name, ...args])
  return JSON.parse(stdout)
}

const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

const serve = () =>
  new Promise<{ readonly url: string; readonly small: number; readonly large: number; readonly stop: () => void }>(
    (resolve) => {
      const child = fork(path("server.ts"))
      child.once("message", (about: { url: string; small: number; large: number }) =>
        resolve({ ...about, stop: () => child.kill() })
      )
    }
  )

const table = (rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  rows.map((row, at) => `| ${row.join(" | ")} |${at === 0 ? `\n|${row.map(() => "---|").join("")}` : ""}`).join("\n")

/** `pnpm bench call [ROUNDS] [NAME PART]` */
export const run = async ([rounds = "5", only = ""]: ReadonlyArray<string>): Promise<void> => {
  const server = await serve()
  const names = Object.keys(clients).filter((name) => name === "undici (raw)" || name.includes(only))
  const figures = new Map<string, Array<Figure>>()
  const keyOf = (name: string, cell: Cell) => `${name}\n${cell.title}`
  for (let round = 0; round < Number(rounds); round++) {
    for (const cell of cells) {
      // Another one begins each round, so that none always has the quiet moment.
      for (let at = 0; at < names.length; at++) {
        const name = names[(at + round) % names.length] ?? ""
        const figure = await measure(name, cell, server.url)
        figures.set(keyOf(name, cell), [...(figures.get(keyOf(name, cell)) ?? []), figure])
      }
      process.stderr.write(`round ${round + 1} of ${rounds}: ${cell.title}\n`)
    }
  }
  server.stop()

  const ratios = (name: string, cell: Cell): ReadonlyArray<number> => {
    const base = figures.get(keyOf("undici (raw)", cell)) ?? []
    return (figures.get(keyOf(name, cell)) ?? []).map(
      (figure, round) => figure.rate / (base[round]?.rate ?? Number.NaN)
    )
  }
  const cellText = (name: string, cell: Cell): string => {
    const all = ratios(name, cell)
    const cpu = median((figures.get(keyOf(name, cell)) ?? []).map((figure) => figure.cpu))
    return `${median(all).toFixed(2)} (${Math.min(...all).toFixed(2)}-${Math.max(...all).toFixed(2)}), ${cpu.toFixed(0)} µs`
  }
  console.log(
    `\n${cpus().length} × ${cpus()[0]?.model ?? "CPU"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}, ${process.platform}`
  )
  console.log(
    `small ${server.small} bytes, large ${server.large} bytes; ${rounds} rounds; median ratio (least-most) and CPU time of the client's process per call\n`
  )
  console.log(
    table([
      ["requests a second, raw undici = 1", ...cells.map((cell) => cell.title)],
      ...names.map((name) => [name, ...cells.map((cell) => cellText(name, cell))])
    ])
  )
}
