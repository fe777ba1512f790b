/**
 * The `state` of a sign-in: it proves that the browser that comes back is the one that was sent, and that it was sent just
 * now. Without it, somebody could sign a visitor in as themselves.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { StateRefused } from "./Failure.ts"
import * as Bytes from "./internal/bytes.ts"
import { Signer } from "./Signer.ts"

/**
 * @since 0.1.0
 */
export interface Options {
  /** How long a visitor may take to agree: 10 minutes. */
  readonly life?: Duration.Input | undefined
}

/** 32 digits of randomness, 8 of the end in Unix seconds, 64 of the signature: 104 of the 128 that WeChat lets through. */
const form = /^([0-9a-f]{32})([0-9a-f]{8})([0-9a-f]{64})$/

/** States that were redeemed, until they would have run out. */
const memory = () => {
  const spent = new Map<string, number>()
  return (nonce: string, until: number, now: number): boolean => {
    // Roughly in the order of their ends, so whatever has run out comes first.
    for (const [old, end] of spent) {
      if (end > now) break
      spent.delete(old)
    }
    if (spent.has(nonce)) return false
    spent.set(nonce, until)
    return true
  }
}

const make = Effect.fnUntraced(function* ({ life = "10 minutes" }: Options) {
  const signer = yield* Signer
  const seconds = Math.ceil(Duration.toSeconds(Duration.fromInputUnsafe(life)))
  const isFirst = memory()
  const now = Effect.map(Clock.currentTimeMillis, (millis) => Math.floor(millis / 1000))

  return {
    life: Duration.seconds(seconds),
    issue: Effect.fnUntraced(function* (browser: string) {
      const end = (yield* now) + seconds
      const head = `${Bytes.nonce()}${end.toString(16).padStart(8, "0")}`
      return `${head}${yield* signer.sign(`state\n${head}\n${browser}`)}`
    }),
    redeem: Effect.fnUntraced(function* (state: string, browser: string) {
      if (state === "" || browser === "") return yield* new StateRefused({ why: "missing" })
      const [, nonce = "", end = "", signature = ""] = form.exec(state) ?? []
      if (!(yield* signer.isSigned(`state\n${nonce}${end}\n${browser}`, signature))) {
        return yield* new StateRefused({ why: "forged" })
      }
      const until = Number.parseInt(end, 16)
      const seconds = yield* now
      if (seconds >= until) return yield* new StateRefused({ why: "expired" })
      if (!isFirst(nonce, until, seconds)) return yield* new StateRefused({ why: "replayed" })
    })
  }
})

/**
 * Makes states and takes them back, each once.
 *
 * That each is taken once is known to this process only. Among several processes it is the browser's cookie, which is gone
 * after the first time, and WeChat's code, which works once, that stop a replay.
 *
 * @since 0.1.0
 */
export class State extends Context.Service<
  State,
  {
    /** How long a state can be used. */
    readonly life: Duration.Duration
    /** A state for one browser, named by something that only this browser has: the value of a cookie. */
    readonly issue: (browser: string) => Effect.Effect<string>
    /** Fails unless the state was issued to this browser, has not run out, and was not redeemed before. */
    readonly redeem: (state: string, browser: string) => Effect.Effect<void, StateRefused>
  }
>()("@wechat/web/State") {
  static readonly layer = (options: Options = {}): Layer.Layer<State, never, Signer> =>
    Layer.effect(State, make(options))
}
