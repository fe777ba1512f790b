/** The contract of a vault over one connection. */
import * as App from "@wechat/core/App"
import type * as Seal from "@wechat/core/Seal"
import * as Token from "@wechat/core/Token"
import { type Keeping, VaultError } from "@wechat/core/Vault"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type * as Stream from "effect/Stream"
import type { Connection } from "./connection.ts"
import * as Record from "./record.ts"
import * as Scripts from "./scripts.ts"

const ticketLife = String(Duration.toMillis(Duration.hours(12)))

const account = (component: string, authorizer: string) => Token.Access(App.authorizer(component, authorizer)).path

/** What is written in one step: any of them may be left out. */
interface Secrets {
  readonly token?: Token.Token | undefined
  readonly refresh?: Redacted.Redacted | undefined
}

export interface Parts {
  readonly connection: Connection
  readonly seal: Seal.Seal
  readonly prefix: string
  readonly channel: string
  readonly changes: Stream.Stream<string>
}

/** The braces keep everything of one account in one place of a cluster. */
export const keyOf = (prefix: string, path: string): string => `${prefix}:{${path}}`

const verifyPath = (component: string) => `verify:${component}`

const nonce = Effect.sync(() => crypto.randomUUID())

const unreadable = (key: string) => new VaultError({ detail: `what is kept as ${key} cannot be read` })

const texts = (answer: unknown, key: string): Effect.Effect<ReadonlyArray<string>, VaultError> =>
  Array.isArray(answer) && answer.every((text) => typeof text === "string")
    ? Effect.succeed(answer)
    : Effect.fail(unreadable(key))

export const make = ({ changes, channel, connection, prefix, seal }: Parts): Keeping => {
  const run = (script: Scripts.Script, path: string, ...words: ReadonlyArray<string>) =>
    connection.run(script, keyOf(prefix, path), words)
  /** A secret opens only in its own field of its own record. */
  const placeOf = (path: string, field: string) => `${keyOf(prefix, path)}.${field}`

  const secret = (path: string, field: string) =>
    Effect.flatMap(run(Scripts.field, path, field), (sealed) =>
      typeof sealed === "string" ? seal.open(sealed, placeOf(path, field)) : Effect.undefined
    )

  const sealed = (path: string, minted: Secrets) =>
    Effect.gen(function* () {
      const refresh = minted.refresh === undefined ? "" : yield* seal.seal(minted.refresh, placeOf(path, "refresh"))
      const token = minted.token === undefined ? [] : yield* Record.words(seal, placeOf(path, "token"), minted.token)
      return [refresh, ...token]
    })

  const change = Effect.fnUntraced(function* (path: string, minted: Secrets) {
    yield* run(Scripts.authorize, path, yield* nonce, channel, path, ...(yield* sealed(path, minted)))
  })

  return {
    token: Effect.fnUntraced(function* ({ path }) {
      const now = yield* Clock.currentTimeMillis
      return yield* Record.token(seal, placeOf(path, "token"), yield* run(Scripts.read, path), now)
    }),
    lease: Effect.fnUntraced(function* (key, life) {
      const answer = yield* run(Scripts.lease, key.path, String(Math.ceil(Duration.toMillis(life))), yield* nonce)
      const [fence = "", left] = yield* texts(answer, keyOf(prefix, key.path))
      return fence === "" ? { left: Duration.millis(Number(left)) } : { key, fence: Number(fence) }
    }),
    holds: ({ fence, key }) => Effect.map(run(Scripts.holds, key.path, String(fence)), (held) => held === 1),
    keep: Effect.fnUntraced(function* ({ fence, key: { path } }, minted) {
      const words = yield* sealed(path, minted)
      return (yield* run(Scripts.keep, path, String(fence), channel, path, ...words)) === 1
    }),
    release: ({ fence, key }) => Effect.asVoid(run(Scripts.release, key.path, String(fence))),
    changes,

    ticket: (component) => secret(verifyPath(component), "ticket"),
    keepTicket: Effect.fnUntraced(function* (component: string, ticket: Redacted.Redacted) {
      const path = verifyPath(component)
      yield* run(Scripts.setField, path, "ticket", yield* seal.seal(ticket, placeOf(path, "ticket")), ticketLife)
    }),

    refresh: (component, authorizer) => secret(account(component, authorizer), "refresh"),
    authorize: (component, authorizer, minted) => change(account(component, authorizer), minted),
    unauthorize: (component, authorizer) => change(account(component, authorizer), {})
  }
}
