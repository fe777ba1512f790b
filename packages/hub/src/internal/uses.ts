/** Tokens that clients use are renewed before their end, whether or not anybody asks at that moment. */
import type * as Token from "@wechat/core/Token"
import type { Tokens } from "@wechat/core/TokenStore"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"

interface Use {
  readonly key: Token.Key
  asked: number
  due: number
}

/** A client asks once in a token's life, so one that nobody has asked for in two lives is not used any more. */
const unused = Duration.toMillis(Duration.hours(4))
const interval = Duration.seconds(1)
/** How many tokens are renewed at most in one interval: ten thousand that are due at once take three minutes. */
const most = 60

const inUse = Metric.gauge("wechat_hub_tokens", {
  description: "Tokens and tickets that clients have asked for lately"
})

export interface Uses {
  readonly note: (key: Token.Key, token: Token.Token, now: number) => void
  /** Renews for ever. */
  readonly renew: Effect.Effect<never>
}

export const uses = (tokens: Tokens): Uses => {
  const all = new Map<string, Use>()

  /** Those that are due, the longest untouched first. */
  const due = (now: number): ReadonlyArray<Use> => {
    const found: Array<Use> = []
    for (const [path, use] of all) {
      if (now - use.asked > unused) all.delete(path)
      else if (now >= use.due && found.push(use) === most) break
    }
    return found
  }

  const renewOne = (use: Use) =>
    Effect.match(tokens.get(use.key), {
      onFailure: () => {
        // Whoever needs it asks again, and learns why there is none.
        all.delete(use.key.path)
      },
      onSuccess: (token) => {
        if (!all.delete(use.key.path)) return
        use.due = token.due
        all.set(use.key.path, use)
      }
    })

  const round = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    yield* Effect.forEach(due(now), renewOne, { concurrency: "unbounded", discard: true })
    yield* Metric.update(inUse, all.size)
    yield* Effect.sleep(interval)
  })

  return {
    note: (key, token, now) => {
      const use = all.get(key.path)
      if (use === undefined) all.set(key.path, { key, asked: now, due: token.due })
      else {
        use.asked = now
        use.due = token.due
      }
    },
    renew: Effect.forever(round)
  }
}
