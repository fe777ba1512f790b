/** Catalogs in memory. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import * as PlatformError from "effect/PlatformError"
import * as Generate from "../src/Generate.ts"
import * as Mistake from "../src/Mistake.ts"

/** Text without the indentation of its first line, and without the lines around it. */
export const dedent = (text: string): string => {
  const lines = text.replace(/^\n/, "").trimEnd().split("\n")
  const indent = /^ */.exec(lines[0] ?? "")?.[0].length ?? 0
  return `${lines.map((line) => line.slice(indent)).join("\n")}\n`
}

export type Files = Readonly<Record<string, string | Uint8Array>>

const notFound = (path: string) =>
  PlatformError.systemError({ _tag: "NotFound", module: "FileSystem", method: "readFile", pathOrDescriptor: path })

/** A file system that holds these files, and nothing else. */
const disk = (files: Files): Layer.Layer<FileSystem.FileSystem | Path.Path> =>
  Layer.merge(
    Path.layer,
    FileSystem.layerNoop({
      readFile: (path) => {
        const content = files[path]
        if (content === undefined) return Effect.fail(notFound(path))
        return Effect.succeed(typeof content === "string" ? new TextEncoder().encode(content) : content)
      }
    })
  )

/** The generated files of a catalog. */
export const generate = (files: Files, catalog = "apis.yaml") =>
  Generate.files({ catalog, core: "@wechat/core" }).pipe(Effect.provide(disk(files)))

/** A catalog, ready to be printed. */
export const model = (files: Files, catalog = "apis.yaml") => Generate.read(catalog).pipe(Effect.provide(disk(files)))

/** The mistakes of a catalog, as they are shown. */
export const mistakesOf = (files: Files, catalog = "apis.yaml"): Effect.Effect<ReadonlyArray<string>> =>
  generate(files, catalog).pipe(
    Effect.as([]),
    Effect.catch((error) => Effect.succeed(error.mistakes.map(Mistake.format)))
  )
