/**
 * What can be set about calls: where they go, how long they may take, how they are repeated.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"

/**
 * @since 0.1.0
 */
export interface Settings {
  /**
   * Where calls go. A call that may be repeated goes on to the next one when it gets no answer. By default WeChat's nearest
   * host, then its disaster recovery.
   */
  readonly hosts: readonly [string, ...Array<string>]
  /** Where calls go that the documentation sends to other hosts, such as mp.weixin.qq.com; by default to those. */
  readonly otherHosts: string | undefined
  /** How long one attempt may take: 10 seconds. */
  readonly attempt: Duration.Duration
  /** How long one attempt may take that carries a file, and how long a download may stand still: 2 minutes. */
  readonly transfer: Duration.Duration
  /** How long a call may take, with its token, all attempts and the pauses between them: 30 seconds. A transfer adds to it. */
  readonly call: Duration.Duration
  /** The pauses between attempts. What may be attempted again depends on the endpoint and the failure alone. */
  readonly backoff: Schedule.Schedule<unknown>
}

/**
 * The settings of calls. They hold for calls made below them, or for a client made below them.
 *
 * @since 0.1.0
 */
export const Settings = Context.Reference<Settings>("@wechat/core/Settings", {
  defaultValue: () => ({
    hosts: ["https://api.weixin.qq.com", "https://api2.weixin.qq.com"],
    otherHosts: undefined,
    attempt: Duration.seconds(10),
    transfer: Duration.minutes(2),
    call: Duration.seconds(30),
    backoff: Schedule.exponential("200 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 3 }))
  })
})

/**
 * Settings to change; times as Effect takes them, such as `"3 seconds"`.
 *
 * @since 0.1.0
 */
export interface Changes extends Partial<Omit<Settings, "attempt" | "transfer" | "call">> {
  readonly attempt?: Duration.Input
  readonly transfer?: Duration.Input
  readonly call?: Duration.Input
}

const change = (settings: Settings, changes: Changes): Settings => ({
  hosts: changes.hosts ?? settings.hosts,
  otherHosts: changes.otherHosts ?? settings.otherHosts,
  attempt: Duration.fromInputUnsafe(changes.attempt ?? settings.attempt),
  transfer: Duration.fromInputUnsafe(changes.transfer ?? settings.transfer),
  call: Duration.fromInputUnsafe(changes.call ?? settings.call),
  backoff: changes.backoff ?? settings.backoff
})

/**
 * Changes some settings for the calls of an effect.
 *
 * @since 0.1.0
 */
export const provide =
  (changes: Changes) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(Settings, (settings) => Effect.provideService(self, Settings, change(settings, changes)))

/**
 * Changes some settings for everything below.
 *
 * @since 0.1.0
 */
export const layer = (changes: Changes): Layer.Layer<never> =>
  Layer.effect(
    Settings,
    Effect.map(Settings, (settings) => change(settings, changes))
  )

/**
 * Sends every call to one place: a proxy, a test server. `url` has no path.
 *
 * @since 0.1.0
 */
export const layerHost = (url: string): Layer.Layer<never> => layer({ hosts: [url], otherHosts: url })
