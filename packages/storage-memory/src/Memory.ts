/**
 * Tokens in this process: for one server, for tests, for a hub of one. They are gone when the process ends; access tokens
 * are then fetched again, verify tickets are pushed again, and refresh tokens are read from the list of authorizers.
 *
 * @since 0.1.0
 */
import * as App from "@wechat/core/App"
import type { Credentials } from "@wechat/core/Credentials"
import { Mint } from "@wechat/core/Mint"
import * as Token from "@wechat/core/Token"
import { TokenStore } from "@wechat/core/TokenStore"
import { Vault } from "@wechat/core/Vault"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as PubSub from "effect/PubSub"
import type * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"

interface Slot {
  token: Token.Token | undefined
  /** The last fence that was given out: it only grows. */
  fence: number
  /** Unix milliseconds at which the last lease ends; 0 where it was given back. */
  until: number
}

interface Ticket {
  readonly value: Redacted.Redacted
  readonly until: number
}

const ticketLife = Duration.toMillis(Duration.hours(12))

const account = (component: string, authorizer: string) => Token.Access(App.authorizer(component, authorizer)).path

const make = Effect.gen(function* () {
  const slots = new Map<string, Slot>()
  const tickets = new Map<string, Ticket>()
  const refreshes = new Map<string, Redacted.Redacted>()
  const changes = yield* PubSub.unbounded<string>()

  const slotOf = (path: string): Slot => {
    const known = slots.get(path)
    if (known !== undefined) return known
    const made: Slot = { token: undefined, fence: 0, until: 0 }
    slots.set(path, made)
    return made
  }
  const changed = (path: string) => Effect.asVoid(PubSub.publish(changes, path))

  return Vault.of({
    token: (key) => Effect.sync(() => slots.get(key.path)?.token),
    lease: (key, life) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const slot = slotOf(key.path)
        if (now < slot.until) return { left: Duration.millis(slot.until - now) }
        slot.fence++
        slot.until = now + Duration.toMillis(life)
        return { key, fence: slot.fence }
      }),
    holds: (lease) => Effect.sync(() => slotOf(lease.key.path).fence === lease.fence),
    keep: (lease, minted) =>
      Effect.suspend(() => {
        const slot = slotOf(lease.key.path)
        if (slot.fence !== lease.fence) return Effect.succeed(false)
        slot.token = minted.token
        if (minted.refresh !== undefined) refreshes.set(lease.key.path, minted.refresh)
        return Effect.as(changed(lease.key.path), true)
      }),
    release: (lease) =>
      Effect.sync(() => {
        const slot = slotOf(lease.key.path)
        if (slot.fence === lease.fence) slot.until = 0
      }),
    changes: Stream.fromPubSub(changes),

    ticket: (component) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const ticket = tickets.get(component)
        return ticket !== undefined && now < ticket.until ? ticket.value : undefined
      }),
    keepTicket: (component, value) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        tickets.set(component, { value, until: now + ticketLife })
      }),

    refresh: (component, authorizer) => Effect.sync(() => refreshes.get(account(component, authorizer))),
    authorize: (component, authorizer, minted) =>
      Effect.suspend(() => {
        const path = account(component, authorizer)
        const slot = slotOf(path)
        // A renewal that is under way with the old refresh token must not write any more.
        slot.fence++
        slot.until = 0
        slot.token = minted.token
        refreshes.set(path, minted.refresh)
        return changed(path)
      }),
    unauthorize: (component, authorizer) =>
      Effect.suspend(() => {
        const path = account(component, authorizer)
        const slot = slotOf(path)
        slot.fence++
        slot.until = 0
        slot.token = undefined
        refreshes.delete(path)
        return changed(path)
      })
  })
})

/**
 * A vault in memory.
 *
 * @since 0.1.0
 */
export const layerVault: Layer.Layer<Vault> = Layer.effect(Vault, make)

/**
 * Tokens that this process mints and keeps in memory. The vault is there for a platform's event server to write to.
 *
 * @since 0.1.0
 */
export const layer: Layer.Layer<TokenStore | Vault, never, Credentials | HttpClient.HttpClient> = TokenStore.layer.pipe(
  Layer.provide(Mint.layer),
  Layer.provideMerge(layerVault)
)
