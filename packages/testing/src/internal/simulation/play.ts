/** The play of a seed: what happens when, and what has to hold in the end. */
import type * as Token from "@wechat/core/Token"
import type { Keeping } from "@wechat/core/Vault"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import type { Options, Report } from "../../Simulation.ts"
import { appid, authorizer, component, type Control, Simulator } from "../../Simulator.ts"
import * as Random from "../random.ts"
import { clock, Engine } from "./engine.ts"
import { authorized, call, type Life, start, stop } from "./life.ts"
import { Network, type Weather } from "./network.ts"
import { Process, surroundings } from "./process.ts"
import { Watch } from "./watch.ts"
import { account, client, platform, probe, ticket, World } from "./world.ts"

const second = 1_000
const hour = 3_600 * second

const weathers: ReadonlyArray<Weather> = ["calm", "rough", "rough", "wild"]

class Play {
  readonly engine = new Engine()
  readonly random: Random.Random
  readonly watch: Watch
  readonly network: Network
  readonly world: World
  readonly kind: "stable" | "plain"
  readonly keys: ReadonlyArray<Token.Key>
  readonly lives: Array<Life | undefined>
  readonly offsets: ReadonlyArray<number>
  #starts = 0

  constructor(options: Options) {
    const { engine } = this
    const random = Random.make(`simulation ${options.seed}`)
    this.random = random
    this.watch = new Watch(engine, options.trace ?? false)
    const weather = random.pick(weathers) ?? "calm"
    this.network = new Network(engine, random, weather, {
      note: (process, text) => this.watch.note(process, text),
      harm: (process) => this.#harm(this.lives.findIndex((life) => life?.process === process))
    })
    this.kind = random.pick(["stable", "plain"] as const) ?? "plain"
    this.keys = random.pick([[account], [client], [account, client], [client, platform], [account, ticket]]) ?? [
      account
    ]
    const count = random.int(2, 4)
    const apart = (options.clocks ?? true) && random.next() < 0.5
    this.offsets = Array.from({ length: count }, () => (apart ? random.int(-hour, hour) : 0))
    this.lives = Array.from({ length: count }, () => undefined)
    const context = surroundings(
      engine,
      random,
      clock(engine, 0, (millis, fire) => engine.after(millis, fire))
    )
    const [simulator, vault] = this.#now(context, Effect.all([simulated(options.seed), opened(options.vault)]))
    this.world = new World(context, this.network, this.watch, simulator, vault)
    this.watch.note(
      undefined,
      `${weather}, ${this.kind}, ${count} processes, ${this.keys.map(({ path }) => path).join(" ")}`
    )
  }

  /** Does something that takes no time. */
  #now<A, E>(context: World["context"], effect: Effect.Effect<A, E>): A {
    let exit: Exit.Exit<A, E> | undefined
    Effect.runForkWith(context)(effect).addObserver((done) => (exit = done))
    this.engine.drain()
    if (exit === undefined) throw new Error("the vault waits for something that is not the Clock")
    if (Exit.isFailure(exit)) throw new Error(`the simulation cannot go on: ${Cause.pretty(exit.cause)}`)
    return exit.value
  }

  now<A, E>(effect: Effect.Effect<A, E>): A {
    return this.#now(this.world.context, effect)
  }

  pass(millis: number): void {
    this.engine.until(() => false, this.engine.now + millis)
  }

  // -------------------------------------------------------------------------------------------------------------------
  // Processes
  // -------------------------------------------------------------------------------------------------------------------

  birth(index: number): void {
    const process = new Process(this.engine, `p${index}.${++this.#starts}`, this.offsets[index] ?? 0, this.random)
    this.watch.note(process, `starts, clock ${process.offset} ms`)
    process.run(start(this.world, process, this.kind), (exit) => {
      if (Exit.isSuccess(exit)) this.lives[index] = exit.value
      else this.watch.problem(process, `no start: ${Cause.pretty(exit.cause)}`)
    })
    this.engine.drain()
  }

  /** Short, longer than anything waits, or just as long as a lease lasts, which is when a late write gets through. */
  #pause(): number {
    const [from, to] = this.random.pick([
      [100, 5_000],
      [14_000, 20_000],
      [20_000, 40_000]
    ] as const) ?? [0, 0]
    return this.random.int(from, to)
  }

  /** A pause, a kill or a graceful end, and a start after the latter two. */
  #harm(index: number): void {
    const life = this.lives[index]
    if (life === undefined) return
    const { process } = life
    this.network.faults++
    const what = this.random.pick(["pause", "pause", "kill", "kill", "end"])
    this.watch.note(process, `${what}`)
    if (what === "pause") return process.pause(this.#pause())
    this.lives[index] = undefined
    if (what === "kill") process.kill()
    else process.run(stop(life), () => undefined)
    this.engine.after(this.random.int(10, 10 * second), () => this.birth(index))
  }

  calls(index: number, key: Token.Key, done?: (how: Effect.Success<ReturnType<typeof call>>) => void): void {
    const life = this.lives[index]
    if (life === undefined) return
    const { process } = life
    let isOver = false
    // Whoever waits is watched over from outside: a caller that hears nothing cannot tell.
    this.#watchOver(process, key, () => isOver)
    process.run(call(this.world, life, key), (exit) => {
      isOver = true
      if (Exit.isSuccess(exit)) done?.(exit.value)
      else if (process.isAlive && !Exit.hasInterrupts(exit))
        this.watch.problem(process, `${key.path}: ${Cause.pretty(exit.cause)}`)
    })
  }

  #watchOver(process: Process, key: Token.Key, isOver: () => boolean): void {
    const since = this.engine.now
    const look = () => {
      if (isOver() || !process.isAlive) return
      const late = this.engine.now - since - process.pausedSince(since) - 61 * second
      if (late > 0) this.watch.problem(process, `${key.path}: a caller has no answer after a minute`)
      else this.engine.after(-late + second, look)
    }
    this.engine.after(62 * second, look)
  }

  // -------------------------------------------------------------------------------------------------------------------
  // Events
  // -------------------------------------------------------------------------------------------------------------------

  /** Voids tokens as WeChat, or somebody else, does. */
  #event(): void {
    const { simulator } = this.world
    const revoke = (appid: string, path: string, isStuck = false) => {
      this.watch.note(undefined, `${path} is revoked`)
      this.now(simulator.revoke(appid, { stuck: isStuck }))
      this.watch.disturbed(path)
    }
    switch (this.random.pick(["none", "account", "stuck", "platform", "client", "authorize"])) {
      case "account":
        return revoke(appid, account.path)
      case "stuck":
        return revoke(appid, account.path, this.kind === "stable")
      case "platform":
        return revoke(component, platform.path)
      case "client":
        return revoke(authorizer, client.path)
      case "authorize":
        return this.#authorize()
      default:
        return undefined
    }
  }

  #authorize(): void {
    if (!this.keys.includes(client)) return
    const code = this.now(this.world.simulator.authorize(component, authorizer))
    this.world.refresh = undefined
    this.watch.note(undefined, "authorizes again")
    this.watch.disturbed(client.path)
    const life = this.random.pick(this.lives)
    if (life !== undefined) life.process.run(authorized(this.world, life, code), () => undefined)
  }

  /** Callers in every process within some time, and harm that comes over the processes meanwhile. */
  scene(length: number): void {
    if (this.random.next() < 0.6) this.#event()
    this.lives.forEach((_, index) => {
      for (const key of this.keys) {
        for (let left = this.random.int(1, 3); left > 0; left--) {
          this.engine.after(this.random.int(0, length), () => this.calls(index, key))
        }
      }
    })
    const harms = { calm: 0, rough: 1, wild: 3 }[this.network.weather]
    for (let left = harms; left > 0; left--) {
      this.engine.after(this.random.int(0, length + 5 * second), () =>
        this.#harm(this.random.int(0, this.lives.length - 1))
      )
    }
    this.pass(length + 2 * 60 * second)
  }

  // -------------------------------------------------------------------------------------------------------------------
  // The end
  // -------------------------------------------------------------------------------------------------------------------

  /** When nothing goes wrong any more, every process has a good token within one renewal, and from then on without. */
  heal(): void {
    this.network.weather = "calm"
    this.lives.forEach((life, index) => {
      if (life === undefined) this.birth(index)
    })
    this.pass(second)
    for (const mayRenew of [true, false]) {
      this.lives.forEach((life, index) => {
        for (const key of this.keys) {
          let answer: string | undefined
          this.calls(index, key, (how) => (answer = how))
          this.pass(5 * second)
          if (answer !== "first" && !(mayRenew && answer === "second")) {
            this.watch.problem(life?.process, `${key.path}: at the end a call is ${answer ?? "not answered"}`)
          }
        }
      })
    }
    if (!this.keys.includes(client)) return
    const kept = this.now(this.world.kept)
    if (this.watch.isSettled(client.path) && kept !== this.world.refresh) {
      this.watch.problem(undefined, `${client.path}: the refresh token was lost`)
    }
  }

  report(seed: number): Report {
    const { network, watch } = this
    watch.settle()
    const isCalm = network.faults === 0
    if (isCalm && watch.failures > 0)
      watch.problem(undefined, `${watch.failures} calls failed though nothing went wrong`)
    if (isCalm && watch.unused() > 0)
      watch.problem(undefined, `${watch.unused()} tokens were wasted though nothing went wrong`)
    const { calls, failures, problems, refusals, trace } = watch
    return {
      seed,
      problems,
      calls,
      failures,
      refusals,
      mints: watch.mints(),
      wasted: watch.wasted(),
      faults: network.faults,
      trace
    }
  }
}

const simulated = (seed: number): Effect.Effect<Control> =>
  Effect.scoped(Effect.provide(Simulator, Simulator.layerOnly({ seed })))

/** It lives as long as the play, which is forgotten as a whole. */
const opened = (vault: Options["vault"]): Effect.Effect<Keeping, unknown> => Scope.provide(vault, Scope.makeUnsafe())

export const play = (options: Options): Report => {
  const play = new Play(options)
  const { random, world } = play
  play.now(world.simulator.answer(probe, { errcode: 0 }))
  const verify = play.now(world.simulator.pushTicket(component))
  play.now(world.vault.keepTicket(component, Redacted.make(verify)))
  play.lives.forEach((_, index) => play.birth(index))
  // A cold start, a while after it, near the end of the tokens, and long after it.
  play.scene(2 * second)
  play.scene(random.int(1, 30) * second)
  play.pass(random.int(6_000, 6_900) * second)
  play.scene(400 * second)
  play.pass(random.int(7_000, 9_000) * second)
  play.scene(2 * second)
  play.pass(60 * second)
  play.heal()
  return play.report(options.seed)
}
