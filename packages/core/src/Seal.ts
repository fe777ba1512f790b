/**
 * Encryption of what a storage keeps: AES-256-GCM, with keys that can be replaced. Every storage that can encrypt does it
 * with this module, so that one key serves all of them.
 *
 * A sealed text names its key, and opens only in the place that it was sealed for: it cannot be moved to another record.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import * as Base64Url from "effect/encoding/Base64Url"
import * as Hex from "effect/encoding/Hex"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { VaultError } from "./Vault.ts"

/**
 * The keys of a storage: 32 random bytes each, as base64 or as 64 hexadecimal digits. `openssl rand -base64 32` makes one.
 *
 * @since 0.1.0
 */
export interface Keys {
  /** Seals, and opens. Without it nothing is encrypted. */
  readonly key?: Redacted.Redacted | undefined
  /** Open what they sealed while they were the key. */
  readonly former?: ReadonlyArray<Redacted.Redacted> | undefined
}

/**
 * Seals and opens texts.
 *
 * @since 0.1.0
 */
export interface Seal {
  /** Names the key without giving anything of it away; `undefined` where nothing is encrypted. */
  readonly id: string | undefined
  /** `place` says where the text is kept, such as the name of its record. */
  readonly seal: (text: Redacted.Redacted, place: string) => Effect.Effect<string>
  /** Fails where no key fits, or where the text was changed or moved. Texts that were kept in clear open without a key. */
  readonly open: (sealed: string, place: string) => Effect.Effect<Redacted.Redacted, VaultError>
  /** Whether the key of today sealed it; if not, it should be sealed anew. */
  readonly isCurrent: (sealed: string) => boolean
}

/**
 * Keys from the configuration: `WECHAT_STORAGE_KEY`, and `WECHAT_STORAGE_FORMER_KEYS` with commas between them.
 *
 * @since 0.1.0
 */
export const config: Config.Config<Keys> = Config.map(
  Config.all({
    key: Config.option(Config.Redacted("WECHAT_STORAGE_KEY")),
    former: Config.option(Config.Redacted("WECHAT_STORAGE_FORMER_KEYS"))
  }),
  ({ former, key }) => ({
    key: Option.getOrUndefined(Option.filter(key, (text) => Redacted.value(text) !== "")),
    former: Option.match(former, {
      onNone: () => [],
      onSome: (list) =>
        Redacted.value(list)
          .split(",")
          .filter((text) => text.trim() !== "")
          .map((text) => Redacted.make(text.trim()))
    })
  })
)

const clear = "clear:"
const sealedForm = /^sealed:([0-9a-f]{8}):([\w-]+)$/
const size = 32
const nonceSize = 12

const utf8 = new TextEncoder()
const text = new TextDecoder("utf-8", { fatal: true })

interface Key {
  readonly id: string
  readonly key: Awaited<ReturnType<typeof crypto.subtle.importKey>>
}

const bytesOf = (key: Redacted.Redacted): Uint8Array<ArrayBuffer> | undefined => {
  const given = Redacted.value(key).trim()
  const decoded = /^[0-9a-f]{64}$/i.test(given) ? Hex.decode(given) : Base64.decode(given)
  return Result.isSuccess(decoded) && decoded.success.length === size ? new Uint8Array(decoded.success) : undefined
}

const keyOf = (key: Redacted.Redacted, name: string): Effect.Effect<Key, VaultError> => {
  const bytes = bytesOf(key)
  return bytes === undefined
    ? Effect.fail(
        new VaultError({
          detail: `the ${name} has to be ${size} bytes, as base64 or as ${size * 2} hexadecimal digits`
        })
      )
    : Effect.promise(async () => ({
        id: Hex.encode(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))).slice(0, 8),
        key: await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"])
      }))
}

const algorithm = (nonce: Uint8Array<ArrayBuffer>, place: string) => ({
  name: "AES-GCM",
  iv: nonce,
  additionalData: utf8.encode(place)
})

const sealWith = ({ id, key }: Key, secret: Redacted.Redacted, place: string): Effect.Effect<string> =>
  Effect.promise(async () => {
    const nonce = crypto.getRandomValues(new Uint8Array(nonceSize))
    const sealed = await crypto.subtle.encrypt(algorithm(nonce, place), key, utf8.encode(Redacted.value(secret)))
    const whole = new Uint8Array(nonceSize + sealed.byteLength)
    whole.set(nonce)
    whole.set(new Uint8Array(sealed), nonceSize)
    return `sealed:${id}:${Base64Url.encode(whole)}`
  })

const openWith = ({ key }: Key, encoded: string, place: string): Effect.Effect<Redacted.Redacted, VaultError> =>
  Effect.tryPromise({
    try: async () => {
      const whole = new Uint8Array(Result.getOrThrow(Base64Url.decode(encoded)))
      const nonce = whole.slice(0, nonceSize)
      return Redacted.make(
        text.decode(await crypto.subtle.decrypt(algorithm(nonce, place), key, whole.slice(nonceSize)))
      )
    },
    catch: () => new VaultError({ detail: `what is kept as ${place} was changed, or sealed for another place` })
  })

const noKey = (id: string, place: string, keys: ReadonlyMap<string, Key>): VaultError =>
  new VaultError({
    detail:
      keys.size === 0
        ? `what is kept as ${place} is encrypted with the key ${id}, and no key is given`
        : `what is kept as ${place} is encrypted with the key ${id}, which is none of those given (${[...keys.keys()].join(", ")})`
  })

/**
 * Makes keys ready. A key that has not the right form is a failure; without keys texts are kept in clear.
 *
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (keys: Keys): Effect.fn.Return<Seal, VaultError> {
  const current = keys.key === undefined ? undefined : yield* keyOf(keys.key, "encryption key")
  const former = yield* Effect.forEach(keys.former ?? [], (key) => keyOf(key, "former encryption key"))
  const known = new Map([...former, ...(current === undefined ? [] : [current])].map((key) => [key.id, key]))
  return {
    id: current?.id,
    seal: (secret, place) =>
      current === undefined ? Effect.succeed(clear + Redacted.value(secret)) : sealWith(current, secret, place),
    open: (sealed, place) => {
      if (sealed.startsWith(clear)) return Effect.succeed(Redacted.make(sealed.slice(clear.length)))
      const [, id = "", encoded = ""] = sealedForm.exec(sealed) ?? []
      if (id === "")
        return Effect.fail(new VaultError({ detail: `what is kept as ${place} was not written by this program` }))
      const key = known.get(id)
      return key === undefined ? Effect.fail(noKey(id, place, known)) : openWith(key, encoded, place)
    },
    isCurrent: (sealed) => sealed.startsWith(current === undefined ? clear : `sealed:${current.id}:`)
  }
})
