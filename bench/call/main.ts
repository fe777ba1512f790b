/** The cost of a call, as requests a second relative to raw undici in the same run. */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { machine } from "../machine.ts"
import { clients } from "./clients.ts"
import { nodeAt, type Place, placed } from "./core.ts"
import { serve } from "./serve.ts"

interface Cell {
  readonly title: string
  readonly size: "small" | "post" | "large"
  readonly concurrency: number
  /** Calls of a short run. */
  readonly calls: number
}

/** How long a cell runs, and where. */
interface Mode {
  readonly title: string
  readonly place: Place
  readonly length: (cell: Cell) => readonly [unit: "calls" | "seconds", number: number]
}

interface Figure {
  readonly rate: number
  /** Microseconds of processor time a call. */
  readonly cpu: number
  /** Bytes of heap a call. */
  readonly bytes: number
  /** Bytes of memory that the process holds at the end. */
  readonly memory: number
}

const cells: ReadonlyArray<Cell> = [
  { title: "GET small, 1 at a time", size: "small", concurrency: 1, calls: 3_500 },
  { title: "GET small, 64 at once", size: "small", concurrency: 64, calls: 12_000 },
  { title: "POST small, 64 at once", size: "post", concurrency: 64, calls: 12_000 },
  { title: "POST large, 1 at a time", size: "large", concurrency: 1, calls: 500 },
  { title: "POST large, 64 at once", size: "large", concurrency: 64, calls: 1_200 }
]

/** What every other client is measured against, and itself too: how far it is from 1 is the noise. */
const reference = "undici (raw)"

const short: Mode = { title: "short runs", place: "anywhere", length: ({ calls }) => ["calls", calls] }
const long: Mode = { title: "long runs", place: "a core each", length: () => ["seconds", 2] }

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const exec = promisify(execFile)

const measure = async (name: string, cell: Cell, mode: Mode, url: string): Promise<Figure> => {
  const args = [cell.size, cell.concurrency, url, ...mode.length(cell)].map(String)
  const [command, ...words] = nodeAt(mode.place, 1)
  // Packages as they are installed. What Node does to run their sources goes on in the background of a short run.
  const { stdout } = await exec(command, [...words, "--expose-gc", path("cell.ts"), name, ...args])
  return JSON.parse(stdout)
}

/** A client's figures, and raw undici's right before: what the machine does meanwhile is in both. */
interface Pair {
  readonly raw: Figure
  readonly own: Figure
}

const ratioOf = ({ own, raw }: Pair): number => own.rate / raw.rate

const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

const table = (rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  rows.map((row, at) => `| ${row.join(" | ")} |${at === 0 ? `\n|${row.map(() => "---|").join("")}` : ""}`).join("\n")

/** `pnpm bench call [long] [ROUNDS] [PART OF NAMES]`: clients whose names have that part, and raw undici. */
export const run = async (words: ReadonlyArray<string>): Promise<void> => {
  const mode = words[0] === "long" ? long : short
  const [rounds = "6", only = ""] = mode === long ? words.slice(1) : words
  const server = await serve(mode.place)
  const names = Object.keys(clients).filter((name) => name === reference || name.includes(only))
  const pairs = new Map<string, Array<Pair>>()
  const keyOf = (name: string, cell: Cell) => `${name}\n${cell.title}`
  for (let round = 0; round < Number(rounds); round++) {
    for (const cell of cells) {
      // Another one begins each round, so that none always has the quiet moment.
      for (let at = 0; at < names.length; at++) {
        const name = names[(at + round) % names.length] ?? ""
        const raw = await measure(reference, cell, mode, server.url)
        const own = await measure(name, cell, mode, server.url)
        pairs.set(keyOf(name, cell), [...(pairs.get(keyOf(name, cell)) ?? []), { raw, own }])
      }
      process.stderr.write(`round ${round + 1} of ${rounds}: ${cell.title}\n`)
    }
  }
  server.stop()

  const middle = (name: string, cell: Cell, of: (figure: Figure) => number): number =>
    median((pairs.get(keyOf(name, cell)) ?? []).map(({ own }) => of(own)))
  const rate = (name: string, cell: Cell): string => {
    const all = (pairs.get(keyOf(name, cell)) ?? []).map(ratioOf)
    return `${median(all).toFixed(2)} (${Math.min(...all).toFixed(2)}-${Math.max(...all).toFixed(2)})`
  }
  const show = (title: string, text: (name: string, cell: Cell) => string) => {
    console.log(
      `\n${table([
        [title, ...cells.map((cell) => cell.title)],
        ...names.map((name) => [name, ...cells.map((cell) => text(name, cell))])
      ])}`
    )
  }
  console.log(`\n${mode.title}: ${machine()}, ${placed(mode.place)}`)
  console.log(`small ${server.small} bytes, large ${server.large} bytes; ${rounds} rounds; medians (least-most)`)
  show("requests a second, raw undici = 1", rate)
  show("processor time a call, µs", (name, cell) => middle(name, cell, ({ cpu }) => cpu).toFixed(0))
  show("heap a call, kB", (name, cell) => (middle(name, cell, ({ bytes }) => bytes) / 1000).toFixed(1))
  show("memory of the process, MB", (name, cell) => (middle(name, cell, ({ memory }) => memory) / 1e6).toFixed(0))
}
