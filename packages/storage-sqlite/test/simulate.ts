/** The simulation by hand: `pnpm simulate --seeds 100000`, and `pnpm simulate --seed 42 --trace` for one seed again. */
import { Vault } from "@wechat/core/Vault"
import * as Memory from "@wechat/storage-memory/Memory"
import * as Simulation from "@wechat/testing/Simulation"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { parseArgs } from "node:util"
import { inProcess } from "./inProcess.ts"

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "0" },
    seed: { type: "string" },
    vault: { type: "string", default: "both" },
    trace: { type: "boolean", default: false }
  }
})

const memory = Effect.map(Layer.build(Layer.fresh(Memory.layerVault)), Context.get(Vault))
const vaults = [
  { name: "memory", vault: memory, clocks: true },
  { name: "sqlite", vault: inProcess, clocks: false }
].filter(({ name }) => values.vault === "both" || values.vault === name)

if (vaults.length === 0) throw new Error(`--vault ${values.vault}: memory, sqlite or both`)

const whole = (name: string, text: string): number => {
  const number = Number(text)
  if (text === "" || !Number.isSafeInteger(number) || number < 0) throw new Error(`--${name} ${text}: a whole number`)
  return number
}

const first = values.seed === undefined ? whole("from", values.from) : whole("seed", values.seed)
const count = values.seed === undefined ? whole("seeds", values.seeds) : 1

let bad = 0
for (const { name, ...vault } of vaults) {
  const sum = { calls: 0, failures: 0, refusals: 0, mints: 0, wasted: 0, faults: 0 }
  const began = performance.now()
  for (let seed = first; seed < first + count; seed++) {
    const report = Simulation.run({ seed, ...vault, trace: values.trace })
    for (const key of Object.keys(sum) as Array<keyof typeof sum>) sum[key] += report[key]
    if (values.trace) for (const line of report.trace) console.log(line)
    if (report.problems.length === 0) continue
    if (bad++ >= 10) continue
    console.log(`${name}: seed ${seed} fails; again with: pnpm simulate --vault ${name} --seed ${seed} --trace`)
    for (const problem of report.problems.slice(0, 3)) console.log(`  ${problem}`)
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(`${name}: ${count} seeds in ${seconds} s`, sum)
}
process.exitCode = bad === 0 ? 0 : 1
