/**
 * Files on their way to and from WeChat. Neither direction holds a file in memory unless asked to.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as PlatformError from "effect/PlatformError"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type { WeChatError } from "./Error.ts"

/**
 * A file that WeChat answered with. Its content is read once: by `stream`, `bytes`, `text` or `saveAs`.
 *
 * @since 0.1.0
 */
export interface File {
  /** The name that WeChat gives it, where it does. */
  readonly name: string | undefined
  /** The media type, such as `image/jpeg`. */
  readonly type: string
  /** Bytes, where WeChat says so ahead. */
  readonly size: number | undefined
  /** The content as it arrives. */
  readonly stream: Stream.Stream<Uint8Array, WeChatError>
  /** The whole content in memory. */
  readonly bytes: Effect.Effect<Uint8Array, WeChatError>
  /** The whole content as UTF-8 text. */
  readonly text: Effect.Effect<string, WeChatError>
  /** Writes the content to a file as it arrives. The file appears under its name once it is whole. */
  readonly saveAs: (
    path: string
  ) => Effect.Effect<void, WeChatError | PlatformError.PlatformError, FileSystem.FileSystem>
}

/**
 * A file to send: a `Blob` or `File`, bytes with a name, or a stream with a name and its size in bytes.
 * WeChat judges a file by the ending of its name, so give it one that fits. The type follows from the ending unless given.
 * A stream is run again where the call has to be repeated. Over `fetch` it is sent in chunks without its length, which a
 * proxy may refuse; the undici client says the length.
 *
 * @since 0.1.0
 */
export type Upload =
  | Blob
  | { readonly name: string; readonly type?: string | undefined; readonly data: Uint8Array | Blob }
  | {
      readonly name: string
      readonly type?: string | undefined
      readonly stream: Stream.Stream<Uint8Array, unknown>
      readonly size: number
    }

/**
 * Whether a value can be sent as a file.
 *
 * @since 0.1.0
 */
export const isUpload = (value: unknown): value is Upload => {
  if (value instanceof Blob) return true
  if (!Predicate.hasProperty(value, "name") || typeof value.name !== "string") return false
  if (Predicate.hasProperty(value, "data")) return value.data instanceof Uint8Array || value.data instanceof Blob
  return (
    Predicate.hasProperty(value, "stream") &&
    Stream.isStream(value.stream) &&
    Predicate.hasProperty(value, "size") &&
    Number.isSafeInteger(value.size)
  )
}

/**
 * Whether a value is a file that WeChat answered with.
 *
 * @since 0.1.0
 */
export const isFile = (value: unknown): value is File =>
  Predicate.hasProperty(value, "saveAs") && Predicate.hasProperty(value, "stream") && Stream.isStream(value.stream)

/**
 * A file from what an answer says about it and its content.
 *
 * @since 0.1.0
 */
export const make = (about: {
  readonly name: string | undefined
  readonly type: string
  readonly size: number | undefined
  readonly stream: Stream.Stream<Uint8Array, WeChatError>
}): File => {
  const bytes = Effect.map(Stream.runCollect(about.stream), concat)
  return {
    ...about,
    bytes,
    text: Effect.map(bytes, (whole) => new TextDecoder().decode(whole)),
    saveAs: (path) =>
      Effect.flatMap(FileSystem.FileSystem, (fs) => {
        const partial = `${path}.part`
        return Stream.run(about.stream, fs.sink(partial)).pipe(
          Effect.andThen(fs.rename(partial, path)),
          Effect.onError(() => Effect.ignore(fs.remove(partial)))
        )
      })
  }
}

/** One array from many. */
export const concat = (chunks: ReadonlyArray<Uint8Array>): Uint8Array => {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

/**
 * A file without content.
 *
 * @since 0.1.0
 */
export const empty: File = make({ name: undefined, type: "application/octet-stream", size: 0, stream: Stream.empty })
