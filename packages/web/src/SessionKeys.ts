/**
 * Where the session keys of a mini program's users are kept: on the server, and nowhere else.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/**
 * The store is out of reach.
 *
 * @since 0.1.0
 */
export class SessionStoreError extends Schema.TaggedError<SessionStoreError>("@wechat/web/SessionStoreError")(
  "SessionStoreError",
  {
    /** What could not be done. */
    detail: Schema.String
  }
) {
  override get message(): string {
    return `session keys: ${this.detail}`
  }
}

const memory = (capacity: number) => {
  const keys = new Map<string, Redacted.Redacted>()
  return {
    get: (appid: string, openid: string) => Effect.sync(() => keys.get(`${appid} ${openid}`)),
    set: (appid: string, openid: string, key: Redacted.Redacted) =>
      Effect.sync(() => {
        const place = `${appid} ${openid}`
        keys.delete(place)
        keys.set(place, key)
        const [oldest] = keys.keys()
        if (keys.size > capacity && oldest !== undefined) keys.delete(oldest)
      })
  }
}

/**
 * The session key that each user signed in with last.
 *
 * @since 0.1.0
 */
export class SessionKeys extends Context.Service<
  SessionKeys,
  {
    readonly get: (appid: string, openid: string) => Effect.Effect<Redacted.Redacted | undefined, SessionStoreError>
    readonly set: (appid: string, openid: string, key: Redacted.Redacted) => Effect.Effect<void, SessionStoreError>
  }
>()("@wechat/web/SessionKeys") {
  /** In this process: those of the latest users, 100,000 unless said otherwise. */
  static readonly layerMemory = (options: { readonly capacity?: number } = {}): Layer.Layer<SessionKeys> =>
    Layer.sync(SessionKeys, () => memory(options.capacity ?? 100_000))

  /** In a `KeyValueStore`: files, SQL, or one of your own. It holds the keys as they are, so guard it. */
  static readonly layerStore: Layer.Layer<SessionKeys, never, KeyValueStore.KeyValueStore> = Layer.effect(
    SessionKeys,
    Effect.map(KeyValueStore.KeyValueStore, (store) => ({
      get: (appid, openid) =>
        store.get(`wechat-session-key ${appid} ${openid}`).pipe(
          Effect.map((key) => (key === undefined ? undefined : Redacted.make(key))),
          Effect.mapError(() => new SessionStoreError({ detail: "the store cannot be read" }))
        ),
      set: (appid, openid, key) =>
        Effect.mapError(
          store.set(`wechat-session-key ${appid} ${openid}`, Redacted.value(key)),
          () => new SessionStoreError({ detail: "the store cannot be written" })
        )
    }))
  )
}
