/** What many accounts cost in one process: time, and memory that stays. */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { serve } from "../call/serve.ts"
import { machine } from "../machine.ts"

const cell = fileURLToPath(new URL("cell.ts", import.meta.url))

/** `pnpm bench accounts [ACCOUNTS]` */
export const run = async ([count = "10000"]: ReadonlyArray<string>): Promise<void> => {
  const server = await serve("anywhere")
  const args = ["--conditions=@wechat/source", "--expose-gc", cell, count, server.url]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  server.stop()
  const { first, held, memory, second } = JSON.parse(stdout)
  console.log(`\n${machine()}`)
  console.log(`${count} accounts in one process, 64 calls at once`)
  console.log(`  a token and a call for each: ${(first / 1000).toFixed(2)} s`)
  console.log(`  another call for each:       ${(second / 1000).toFixed(2)} s`)
  console.log(`  heap that each one holds:    ${held.toFixed(0)} bytes; the process: ${(memory / 1e6).toFixed(0)} MB`)
}
