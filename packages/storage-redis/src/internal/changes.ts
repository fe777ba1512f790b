/** What others have changed, as Redis tells all that listen. */
import type { Keeping, VaultError } from "@wechat/core/Vault"
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Connection } from "./connection.ts"

/** How often it is looked whether the connection has failed, */
const glance = "250 millis"
/** and after how many of these looks whether what is published still arrives here. */
const looks = 20
/** How long that may take. */
const patience = "1 second"

export interface Changes {
  readonly stream: Stream.Stream<string>
  /** Remembers which tokens were read here: they are looked at again when something may have been missed. */
  readonly watch: (token: Keeping["token"]) => Keeping["token"]
}

/**
 * A message is lost where the connection is down for a moment. So this process also sends itself messages: when one does not
 * arrive, or the connection has failed, everything that was read is told as changed as soon as one arrives again.
 */
export const make = Effect.fnUntraced(function* (
  connection: Connection,
  channel: string
): Effect.fn.Return<Changes, VaultError, Scope.Scope> {
  const paths = new Set<string>()
  const changes = yield* PubSub.unbounded<string>()
  const own = `${channel}:${crypto.randomUUID()}`
  let echoed = 0
  let look = 0
  let isSure = true
  let failures = connection.failures()

  const onChange = (path: string) => {
    PubSub.publishUnsafe(changes, path)
  }
  const onEcho = () => {
    echoed++
  }
  const listen = Effect.andThen(connection.subscribe(channel, onChange), connection.subscribe(own, onEcho))

  const echo = Effect.gen(function* () {
    const before = echoed
    yield* connection.ask("PUBLISH", own, "")
    yield* Effect.sleep(patience)
    return echoed > before
  })

  const check = Effect.gen(function* () {
    const seen = connection.failures()
    look = (look + 1) % looks
    if (seen !== failures) isSure = false
    if (isSure && look !== 0) return
    if (!(yield* Effect.orElseSucceed(echo, () => false))) {
      isSure = false
      yield* Effect.ignore(listen)
    } else if (!isSure) {
      isSure = true
      failures = seen
      for (const path of paths) PubSub.publishUnsafe(changes, path)
    }
  })

  yield* listen
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(glance), check)))

  return {
    stream: Stream.fromPubSub(changes),
    watch: (token) => (key) => {
      paths.add(key.path)
      return token(key)
    }
  }
})
