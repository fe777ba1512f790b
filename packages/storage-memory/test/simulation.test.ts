import { assert, describe, it } from "@effect/vitest"
import { type Keeping, isLease, type Lease, Vault } from "@wechat/core/Vault"
import * as Memory from "@wechat/storage-memory/Memory"
import * as Simulation from "@wechat/testing/Simulation"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

const vault = Effect.map(Layer.build(Layer.fresh(Memory.layerVault)), Context.get(Vault))

/** The seeds that went wrong, each with what it takes to see it again. */
const play = (count: number, vault: Simulation.Options["vault"]) =>
  Array.from({ length: count }, (_, seed) => Simulation.run({ seed, vault }))
    .filter(({ problems }) => problems.length > 0)
    .map(({ problems, seed }) => `pnpm simulate --vault memory --seed ${seed} --trace: ${problems.join("; ")}`)

describe("processes that are paused and killed, over lost requests and wrong clocks", () => {
  it("keep every token right: 700 seeds", () => {
    assert.deepStrictEqual(play(700, vault), [])
  }, 60_000)

  it("do the same thing again for the same seed", () => {
    const [one, other] = [7, 7].map((seed) => Simulation.run({ seed, vault, trace: true }))
    assert.isAbove(one?.trace.length ?? 0, 50)
    assert.deepStrictEqual(one, other)
  })
})

describe("the simulation finds a vault that", () => {
  /** A vault with a mistake in it, which knows the latest lease of each key. */
  const broken = (mistake: (vault: Keeping, latest: Map<string, Lease>) => Partial<Keeping>) =>
    Effect.map(vault, (vault): Keeping => {
      const latest = new Map<string, Lease>()
      const lease: Keeping["lease"] = (key, life) =>
        Effect.tap(vault.lease(key, life), (answer) =>
          Effect.sync(() => isLease(answer) && latest.set(key.path, answer))
        )
      return { ...vault, lease, ...mistake({ ...vault, lease }, latest) }
    })
  /** Some seed shows it; most mistakes are seen in the first few. */
  const finds = (problem: string, vault: Simulation.Options["vault"]) => {
    for (let seed = 0; seed < 600; seed++) {
      if (Simulation.run({ seed, vault }).problems.some((text) => text.includes(problem))) return
    }
    assert.fail(`no seed shows: ${problem}`)
  }

  it("lets a holder write that has lost its lease", () => {
    const vault = broken((vault, latest) => ({
      keep: (lease, minted) => vault.keep(latest.get(lease.key.path) ?? lease, minted)
    }))
    finds("wrote after it was lost", vault)
  })

  it("gives a lease to two", () => {
    const vault = broken((vault, latest) => ({
      lease: (key, life) =>
        Effect.flatMap(vault.lease(key, life), (answer) => {
          const before = latest.get(key.path)
          return isLease(answer) || before === undefined
            ? Effect.succeed(answer)
            : Effect.andThen(vault.release(before), vault.lease(key, life))
        })
    }))
    finds("live at once", vault)
  })

  it("gives out a fence again", () => {
    const vault = broken((vault) => ({
      lease: (key, life) =>
        Effect.map(vault.lease(key, life), (answer) => (isLease(answer) ? { ...answer, fence: 1 } : answer))
    }))
    finds("fence 1 follows 1", vault)
  })

  it("forgets what it has said it kept", () => {
    let writes = 0
    const vault = broken((vault) => ({
      keep: (lease, minted) => (writes++ % 5 === 4 ? Effect.succeed(true) : vault.keep(lease, minted))
    }))
    finds("a token was minted though a good one was there", vault)
  })

  it("loses the refresh token that comes with a renewal", () => {
    const vault = broken((vault) => ({ keep: (lease, { token }) => vault.keep(lease, { token }) }))
    finds("the refresh token was lost", vault)
  })

  it("never ends the lease of a dead process", () => {
    const vault = broken((vault) => ({ lease: (key) => vault.lease(key, Duration.days(1)) }))
    finds("at the end a call is", vault)
  })
})
