/** A connection to a single Redis, to a master behind sentinels, or to a cluster. */
import { createClient, createCluster, createSentinel, ErrorReply } from "@redis/client"
import { VaultError } from "@wechat/core/Vault"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { type Address, show } from "./address.ts"
import { foreign, type Script } from "./scripts.ts"

/** Certificates, as PEM. */
export interface Tls {
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: Redacted.Redacted | undefined
}

export interface Connection {
  /** Runs a script on a key: again, until `timeout` has passed, where Redis is away for a moment. */
  readonly run: (script: Script, key: string, words: ReadonlyArray<string>) => Effect.Effect<unknown, VaultError>
  /** Runs a command; in a cluster on any node. */
  readonly ask: (...words: ReadonlyArray<string>) => Effect.Effect<unknown, VaultError>
  /** How often the connection has failed: in between, messages may have been missed. */
  readonly failures: () => number
  /** Can be called again with the same listener, which then makes sure that it is still subscribed. */
  readonly subscribe: (channel: string, listener: (message: string) => void) => Effect.Effect<void, VaultError>
}

/** What the client has thrown, in one attempt. */
class Trouble extends Data.TaggedError("Trouble")<{ readonly error: unknown }> {}

/** What the three kinds of clients have in common. */
interface Client {
  readonly connect: () => Promise<unknown>
  readonly send: (key: string | undefined, words: ReadonlyArray<string>, signal: AbortSignal) => Promise<unknown>
  readonly subscribe: (channel: string, listener: (message: string) => void) => Promise<unknown>
  readonly destroy: () => unknown
}

/** Milliseconds between signs of life, and without one after which a connection is given up. */
const pingInterval = 10_000
const socketTimeout = 30_000

const options = (address: Address, tls: Tls) => {
  let wasReady = false
  const certificates = {
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: Redacted.value(tls.key) })
  }
  const timing = {
    connectTimeout: 5000,
    socketTimeout,
    reconnectStrategy: (retries: number, cause: Error) => {
      // A wrong password does not get better by being tried again.
      if (!wasReady && cause instanceof ErrorReply) return cause
      return Math.min(50 * 2 ** retries, 1000)
    }
  }
  return {
    ready: () => {
      wasReady = true
    },
    each: {
      pingInterval,
      socket: address.isTls ? { ...timing, ...certificates, tls: true as const } : timing
    }
  }
}

const single = (address: Address, tls: Tls, onError: (error: unknown) => void): Client => {
  const { each, ready } = options(address, tls)
  const [node] = address.nodes
  const client = createClient({
    ...each,
    ...address.login,
    database: address.database,
    socket: { ...each.socket, ...node }
  })
  client.on("error", onError).on("ready", ready)
  return {
    connect: () => client.connect(),
    send: (_, words, abortSignal) => client.sendCommand([...words], { abortSignal }),
    subscribe: (channel, listener) => client.subscribe(channel, listener),
    destroy: () => client.destroy()
  }
}

const sentinel = (address: Address, tls: Tls, onError: (error: unknown) => void): Client => {
  const { each, ready } = options(address, tls)
  const client = createSentinel({
    name: address.master,
    sentinelRootNodes: [...address.nodes],
    nodeClientOptions: { ...each, ...address.login, database: address.database },
    sentinelClientOptions: { ...each, ...address.sentinelLogin },
    scanInterval: pingInterval
  })
  client.on("error", onError).on("client-error", onError).on("ready", ready)
  return {
    connect: () => client.connect(),
    send: (_, words, abortSignal) => client.sendCommand(false, [...words], { abortSignal }),
    subscribe: (channel, listener) => client.subscribe(channel, listener),
    destroy: () => client.destroy()
  }
}

const cluster = (address: Address, tls: Tls, onError: (error: unknown) => void): Client => {
  const { each, ready } = options(address, tls)
  const client = createCluster({
    rootNodes: address.nodes.map((node) => ({ socket: { ...each.socket, ...node } })),
    defaults: { ...each, ...address.login }
  })
  client.on("error", onError).on("node-error", onError).on("node-ready", ready)
  return {
    connect: () => client.connect(),
    send: (key, words, abortSignal) => client.sendCommand(key, false, [...words], { abortSignal }),
    subscribe: (channel, listener) => client.subscribe(channel, listener),
    destroy: () => client.destroy()
  }
}

const clients = { single, sentinel, cluster }

/** An answer of Redis that says that it is not ready yet, or not any more: another attempt may find it, or its successor. */
const passing = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|NOREPLICAS|UNBLOCKED)\b/

const isPassing = (error: unknown): boolean => !(error instanceof ErrorReply) || passing.test(error.message)

/** Redis repeats a part of a command that it does not know, and the command may hold a secret. */
const told = (error: unknown): string =>
  (error instanceof AggregateError ? error.errors : [error])
    .map((one) => (one instanceof Error ? one.message : String(one)).replace(/,? with args .*$/s, ""))
    .join("; ")

export const connect = Effect.fnUntraced(function* (
  address: Address,
  settings: { readonly tls: Tls; readonly timeout: Duration.Duration }
): Effect.fn.Return<Connection, VaultError, Scope.Scope> {
  const fork = Effect.runForkWith(yield* Effect.context())
  let reason: unknown
  let isDown = false
  let failures = 0
  const client = clients[address.kind](address, settings.tls, (error) => {
    // Said once for each outage, not at every attempt to reconnect.
    if (!isDown) fork(Effect.logWarning(`${show(address)}: ${told(error)}`))
    isDown = true
    reason = error
    failures++
  })

  const failure = (error: unknown): VaultError => {
    const text = told(error)
    if (!text.startsWith(foreign)) return new VaultError({ detail: `${show(address)}: ${text}` })
    const found = text.slice(foreign.length).trim()
    const detail = found.startsWith("version")
      ? `${show(address)} holds tokens of another version of this package (${found}): update it, or choose another prefix`
      : `${show(address)} holds something else where tokens are kept (${found}): choose another prefix`
    return new VaultError({ detail })
  }

  const limited = <A>(effect: Effect.Effect<A, VaultError>): Effect.Effect<A, VaultError> =>
    Effect.timeoutOrElse(effect, {
      duration: settings.timeout,
      orElse: () => {
        const why = reason === undefined ? "" : `: ${told(reason)}`
        const detail = `${show(address)} did not answer within ${Duration.format(settings.timeout)}${why}`
        return Effect.fail(new VaultError({ detail }))
      }
    })

  /** One attempt after the other until the time is up; what is not sent by then is not sent any more. */
  const within = <A>(attempt: (signal: AbortSignal) => Promise<A>): Effect.Effect<A, VaultError> =>
    Effect.tryPromise({
      try: (signal) => attempt(signal),
      catch: (error) => {
        reason = error
        return new Trouble({ error })
      }
    }).pipe(
      Effect.retry({ while: ({ error }) => isPassing(error), schedule: Schedule.spaced("100 millis") }),
      Effect.mapError(({ error }) => failure(error)),
      limited,
      Effect.tap(() =>
        Effect.sync(() => {
          reason = undefined
          isDown = false
        })
      )
    )

  yield* Effect.addFinalizer(() => Effect.ignoreCause(Effect.promise(async () => client.destroy())))
  yield* limited(Effect.tryPromise({ try: () => client.connect(), catch: failure }))

  const evaluate = async (script: Script, key: string, words: ReadonlyArray<string>, signal: AbortSignal) => {
    try {
      return await client.send(key, ["EVALSHA", script.digest, "1", key, ...words], signal)
    } catch (error) {
      if (!(error instanceof ErrorReply) || !error.message.startsWith("NOSCRIPT")) throw error
      return await client.send(key, ["EVAL", script.text, "1", key, ...words], signal)
    }
  }

  return {
    run: (script, key, words) => within((signal) => evaluate(script, key, words, signal)),
    failures: () => failures,
    ask: (...words) => within((signal) => client.send(undefined, words, signal)),
    subscribe: (channel, listener) => within(() => client.subscribe(channel, listener))
  }
})
