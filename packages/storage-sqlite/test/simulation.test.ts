import { assert, it } from "@effect/vitest"
import * as Simulation from "@wechat/testing/Simulation"
import { inProcess } from "./inProcess.ts"

it("processes of one machine that are paused and killed keep every token right: 300 seeds", () => {
  const failed = Array.from({ length: 300 }, (_, seed) => Simulation.run({ seed, vault: inProcess, clocks: false }))
    .filter(({ problems }) => problems.length > 0)
    .map(({ problems, seed }) => `pnpm simulate --vault sqlite --seed ${seed} --trace: ${problems.join("; ")}`)
  assert.deepStrictEqual(failed, [])
}, 60_000)
