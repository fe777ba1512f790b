/** Answers that are files, or a refusal in their place. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Pull from "effect/Pull"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Reason from "../Error.ts"
import * as File from "../File.ts"
import * as Json from "../Json.ts"

/** A refusal is short: what is longer than this is a file. */
const longestRefusal = 64 * 1024

type Chunks = Pull.Pull<readonly [Uint8Array, ...Array<Uint8Array>], Reason.Reason>

/** Headers arrive as Latin-1, one character a byte, and WeChat writes UTF-8 into them. */
const asUtf8 = (header: string): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(header, (byte) => byte.charCodeAt(0)))
  } catch {
    return header
  }
}

const nameOf = (disposition: string | undefined): string | undefined => {
  if (disposition === undefined) return undefined
  const extended = /filename\*=(?:UTF-8'[^']*')([^;]+)/i.exec(disposition)?.[1]
  if (extended !== undefined) {
    try {
      return decodeURIComponent(extended)
    } catch {
      return extended
    }
  }
  const plain = /filename="?([^";]+)"?/i.exec(disposition)?.[1]
  return plain === undefined ? undefined : asUtf8(plain)
}

const sizeOf = (headers: { readonly [name: string]: string | undefined }): number | undefined => {
  const length = headers["content-encoding"] === undefined ? Number(headers["content-length"]) : Number.NaN
  return Number.isSafeInteger(length) ? length : undefined
}

const mayBeJson = (type: string): boolean => /json|text\/|^$/.test(type)

/** The JSON object that the bytes spell, if they do. */
const objectIn = (bytes: Uint8Array): object | undefined => {
  try {
    const value = Json.parse(new TextDecoder().decode(bytes))
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

interface Opening {
  readonly chunks: ReadonlyArray<Uint8Array>
  readonly ended: boolean
}

/** The first bytes: all of a refusal, or the first chunk of a file. */
const opening = (pull: Chunks): Effect.Effect<Opening, Reason.Reason> => {
  const more = (chunks: ReadonlyArray<Uint8Array>): Effect.Effect<Opening, Reason.Reason> =>
    pull.pipe(
      Effect.flatMap((next) => {
        const all = [...chunks, ...next]
        const length = all.reduce((sum, chunk) => sum + chunk.length, 0)
        const first = all.find((chunk) => chunk.length > 0)?.[0]
        const isObject = first === undefined || first === 0x7b
        return isObject && length <= longestRefusal ? more(all) : Effect.succeed({ chunks: all, ended: false })
      }),
      Pull.catchDone(() => Effect.succeed({ chunks, ended: true }))
    )
  return more([])
}

const isChunk = (chunks: ReadonlyArray<Uint8Array>): chunks is readonly [Uint8Array, ...Array<Uint8Array>] =>
  chunks.length > 0

/**
 * Reads the answer of an endpoint that returns a file. `refused` sees the JSON object that stands in a file's place and
 * says what it means. The file's stream fails when it stands still for longer than `idle`.
 */
export const download = (options: {
  readonly endpoint: string
  readonly response: HttpClientResponse.HttpClientResponse
  readonly idle: Duration.Duration
  readonly unreachable: (error: HttpClientError.HttpClientError) => Reason.Reason
  readonly refused: (value: object) => Reason.Reason | undefined
}): Effect.Effect<File.File, Reason.Reason> =>
  Effect.gen(function* () {
    const { headers, stream } = options.response
    const type = headers["content-type"] ?? ""
    const scope = yield* Scope.make()
    const pull = yield* Stream.toPull(Stream.mapError(stream, options.unreachable)).pipe(
      Scope.provide(scope),
      Effect.map((next): Chunks =>
        Effect.timeoutOrElse(next, {
          duration: options.idle,
          orElse: () => Effect.fail(new Reason.Timeout({ after: options.idle }))
        })
      )
    )
    const start = yield* opening(pull).pipe(Effect.onError(() => Scope.close(scope, Exit.void)))
    const object = start.ended ? objectIn(File.concat(start.chunks)) : undefined
    const reason = object === undefined ? undefined : (options.refused(object) ?? inPlaceOfFile(object, type))
    if (start.ended) yield* Scope.close(scope, Exit.void)
    if (reason !== undefined) return yield* reason
    if (start.ended && start.chunks.length === 0 && mayBeJson(type)) {
      return yield* new Reason.Malformed({ detail: "an empty answer in place of a file" })
    }
    const rest = start.ended ? Stream.empty : Stream.fromPull(Effect.succeed(pull))
    const content = isChunk(start.chunks) ? Stream.concat(Stream.fromArray(start.chunks), rest) : rest
    return File.make({
      name: nameOf(headers["content-disposition"]),
      type: type === "" ? "application/octet-stream" : type,
      size: start.ended ? start.chunks.reduce((sum, chunk) => sum + chunk.length, 0) : sizeOf(headers),
      stream: content.pipe(
        Stream.mapError((error) => new Reason.WeChatError({ endpoint: options.endpoint, reason: error })),
        Stream.ensuring(Scope.close(scope, Exit.void))
      )
    })
  })

const inPlaceOfFile = (object: object, type: string): Reason.Reason | undefined =>
  mayBeJson(type)
    ? new Reason.Malformed({ detail: `JSON in place of a file, with the fields ${Object.keys(object).join(", ")}` })
    : undefined
