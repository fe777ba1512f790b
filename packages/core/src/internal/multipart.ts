/** Forms as WeChat reads them: file names as raw UTF-8, never `filename*=`, and the length said ahead. */
import * as HttpBody from "effect/http/HttpBody"
import * as Stream from "effect/Stream"
import { concat, type Upload } from "../File.ts"

const types: Readonly<Record<string, string>> = {
  amr: "audio/amr",
  bmp: "image/bmp",
  gif: "image/gif",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  json: "application/json",
  mp3: "audio/mpeg",
  mp4: "video/mp4",
  pdf: "application/pdf",
  png: "image/png",
  txt: "text/plain",
  wav: "audio/wav",
  webp: "image/webp",
  zip: "application/zip"
}

const endings = new Map(Object.entries(types).map(([ending, type]) => [type, ending]))

interface Part {
  readonly name: string
  readonly type: string
  readonly size: number
  /** Where the content is in memory already. */
  readonly data?: Uint8Array
  readonly stream: Stream.Stream<Uint8Array, unknown>
}

const typeOf = (name: string, given: string | undefined): string =>
  given !== undefined && given !== ""
    ? given
    : (types[name.split(".").pop()?.toLowerCase() ?? ""] ?? "application/octet-stream")

const ofBlob = (blob: Blob, name: string, type: string | undefined): Part => ({
  name,
  type: typeOf(name, type ?? blob.type),
  size: blob.size,
  stream: Stream.fromReadableStream({ evaluate: () => blob.stream(), onError: (error) => error })
})

const blobName = (blob: Blob): string =>
  "name" in blob && typeof blob.name === "string" ? blob.name : `file.${endings.get(blob.type) ?? "bin"}`

const partOf = (upload: Upload): Part => {
  if (upload instanceof Blob) return ofBlob(upload, blobName(upload), undefined)
  if ("stream" in upload) return { ...upload, type: typeOf(upload.name, upload.type) }
  if (upload.data instanceof Blob) return ofBlob(upload.data, upload.name, upload.type)
  const { data } = upload
  return {
    name: upload.name,
    type: typeOf(upload.name, upload.type),
    size: data.length,
    data,
    stream: Stream.succeed(data)
  }
}

const utf8 = new TextEncoder()

/** A name must not end the header line that it stands in. */
const quoted = (text: string): string => text.replace(/[\r\n"]/g, (character) => encodeURIComponent(character))

/** The body of a form: text parts first, then files. */
export const multipart = (
  texts: ReadonlyArray<readonly [string, string]>,
  files: ReadonlyArray<readonly [string, Upload]>,
  boundary: string
): HttpBody.HttpBody => {
  const head = (name: string, rest: string) =>
    utf8.encode(`--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"${rest}\r\n\r\n`)
  const line = utf8.encode("\r\n")
  const end = utf8.encode(`--${boundary}--\r\n`)
  const before = texts.flatMap(([name, text]) => [head(name, ""), utf8.encode(text), line])
  const parts = files.map(([name, upload]) => {
    const part = partOf(upload)
    return { ...part, head: head(name, `; filename="${quoted(part.name)}"\r\nContent-Type: ${part.type}`) }
  })
  const contentType = `multipart/form-data; boundary=${boundary}`
  const inMemory = parts.flatMap((part) => (part.data === undefined ? [] : [part.head, part.data, line]))
  if (parts.every((part) => part.data !== undefined)) {
    return HttpBody.uint8Array(concat([...before, ...inMemory, end]), contentType)
  }
  const sizes = [...before, end].reduce((sum, chunk) => sum + chunk.length, 0)
  const length = parts.reduce((sum, part) => sum + part.head.length + part.size + line.length, sizes)
  const pieces: ReadonlyArray<Stream.Stream<Uint8Array, unknown>> = [
    Stream.fromIterable(before),
    ...parts.flatMap((part) => [Stream.succeed(part.head), part.stream, Stream.succeed(line)]),
    Stream.succeed(end)
  ]
  return HttpBody.stream(
    pieces.reduce((all, piece) => Stream.concat(all, piece)),
    contentType,
    length
  )
}
