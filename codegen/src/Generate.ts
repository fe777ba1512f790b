/**
 * From a catalog on disk to generated files on disk: write them, or check that they are up to date.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import * as CliError from "effect/cli/CliError"
import { format } from "oxfmt"
import * as Emit from "./Emit.ts"
import * as Events from "./events/Catalog.ts"
import * as Load from "./Load.ts"
import * as Mistake from "./Mistake.ts"
import type * as Model from "./Model.ts"
import * as Read from "./Read.ts"
import * as Registry from "./Registry.ts"
import * as Resolve from "./Resolve.ts"

/**
 * Generated files that are not what the catalog says.
 *
 * @since 0.1.0
 */
export class Stale extends Schema.TaggedError<Stale>("@wechat/codegen/Stale")("Stale", {
  /** Files whose text differs. */
  stale: Schema.Array(Schema.String),
  /** Files that are not there. */
  missing: Schema.Array(Schema.String),
  /** Generated files that the catalog no longer has. */
  orphaned: Schema.Array(Schema.String)
}) {
  override get message(): string {
    const lines = [
      ...this.stale.map((file) => `stale: ${file}`),
      ...this.missing.map((file) => `missing: ${file}`),
      ...this.orphaned.map((file) => `orphaned: ${file}`)
    ]
    return [...lines, "run wechat-codegen without --check"].join("\n")
  }
  override get [CliError.userMessage](): string {
    return this.message
  }
}

/**
 * Files that stand where generated ones belong. They are never overwritten.
 *
 * @since 0.1.0
 */
export class Occupied extends Schema.TaggedError<Occupied>("@wechat/codegen/Occupied")("Occupied", {
  files: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return this.files.map((file) => `${file} was not generated; move it away, or choose another folder`).join("\n")
  }
  override get [CliError.userMessage](): string {
    return this.message
  }
}

/**
 * A file or folder that cannot be written.
 *
 * @since 0.1.0
 */
export class Unwritable extends Schema.TaggedError<Unwritable>("@wechat/codegen/Unwritable")("Unwritable", {
  reason: Schema.String
}) {
  override get message(): string {
    return `the output cannot be written: ${this.reason}`
  }
  override get [CliError.userMessage](): string {
    return this.message
  }
}

/**
 * The packages that the output imports.
 *
 * @since 0.1.0
 */
export type Modules = Emit.Options & Events.Options

/**
 * What to generate, and where.
 *
 * @since 0.1.0
 */
export interface Options extends Modules {
  /** A root file, or a single group file. */
  readonly catalog: string
  /** The folder that generated files fill. */
  readonly out: string
}

// ---------------------------------------------------------------------------------------------------------------------
// The catalog
// ---------------------------------------------------------------------------------------------------------------------

const endpoints = (loaded: Load.Files, report: Mistake.Report): Model.Catalog => {
  const read = Load.groups(loaded, Read.group, report)
  Load.checkNames(read.files, ["Registry", "Types"], report)
  return Resolve.catalog({ ...loaded, ...read }, report)
}

/** Runs with a place to report to, and fails with every mistake that was. */
const collect: <A, R>(
  run: (report: Mistake.Report) => Effect.Effect<A | undefined, never, R>
) => Effect.Effect<A, Mistake.CatalogError, R> = Effect.fnUntraced(function* <A, R>(
  run: (report: Mistake.Report) => Effect.Effect<A | undefined, never, R>
) {
  const mistakes: Array<Mistake.Mistake> = []
  const report: Mistake.Report = ({ column, file, line, path }, message) =>
    mistakes.push({ file, line, column, path, message })
  const made = yield* run(report)
  if (made === undefined || mistakes.length > 0)
    return yield* new Mistake.CatalogError({ mistakes: Mistake.sorted(mistakes) })
  return made
})

/**
 * Reads a catalog of endpoints with all its files, or fails with every mistake in them.
 *
 * @since 0.1.0
 */
export const read = (
  catalog: string
): Effect.Effect<Model.Catalog, Mistake.CatalogError, FileSystem.FileSystem | Path.Path> =>
  collect((report) =>
    Effect.map(Load.load(catalog, report), (loaded) => (loaded === undefined ? undefined : endpoints(loaded, report)))
  )

// ---------------------------------------------------------------------------------------------------------------------
// The output
// ---------------------------------------------------------------------------------------------------------------------

const layout = (file: Emit.File): Effect.Effect<Emit.File> =>
  Effect.promise(() => format(file.path, file.text, { semi: false, printWidth: 120, trailingComma: "none" })).pipe(
    Effect.flatMap(({ code, errors: [error] }) =>
      error === undefined
        ? Effect.succeed({ ...file, text: code })
        : Effect.die(new Error(`${file.path}: ${error.message}`))
    )
  )

/** What a catalog makes: bindings of its endpoints, or a table of what is pushed. */
const print = (loaded: Load.Files, options: Modules, report: Mistake.Report): ReadonlyArray<Emit.File> => {
  if (Events.has(loaded)) return Events.print(loaded, options, report)
  const model = endpoints(loaded, report)
  return [...Emit.emit(model, options, report), Registry.emit(model, options)]
}

/**
 * The files that a catalog makes, as they are to stand on disk.
 *
 * @since 0.1.0
 */
export const files = (
  options: Omit<Options, "out">
): Effect.Effect<ReadonlyArray<Emit.File>, Mistake.CatalogError, FileSystem.FileSystem | Path.Path> =>
  collect((report) =>
    Effect.map(Load.load(options.catalog, report), (loaded) =>
      loaded === undefined ? undefined : print(loaded, options, report)
    )
  ).pipe(Effect.flatMap((printed) => Effect.forEach(printed, layout, { concurrency: 4 })))

/** The TypeScript files of a folder and the folders in it: no output lies deeper. */
const found = Effect.fnUntraced(function* (folder: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const namesIn = (inner: string) =>
    fs.readDirectory(path.join(folder, inner)).pipe(Effect.orElseSucceed((): Array<string> => []))
  const outer = yield* namesIn("")
  const inner = yield* Effect.forEach(
    outer.filter((name) => !name.includes(".")),
    (name) => Effect.map(namesIn(name), (names) => names.map((each) => `${name}/${each}`))
  )
  return [...outer, ...inner.flat()].filter((name) => name.endsWith(".ts")).toSorted()
})

const textOf = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* fs.readFileString(file).pipe(Effect.orElseSucceed(() => undefined))
})

interface Difference {
  readonly stale: ReadonlyArray<Emit.File>
  readonly missing: ReadonlyArray<Emit.File>
  readonly orphaned: ReadonlyArray<string>
}

/** How a folder differs from what it should hold. Files that were not generated do not count. */
const compare = Effect.fnUntraced(function* (out: string, wanted: ReadonlyArray<Emit.File>) {
  const path = yield* Path.Path
  const names = yield* found(out)
  const present = new Map(
    yield* Effect.forEach(
      [...new Set([...names, ...wanted.map((file) => file.path)])],
      (name) => Effect.map(textOf(path.join(out, name)), (text) => [name, text] as const),
      { concurrency: 8 }
    )
  )
  const foreign = wanted.filter((file) => present.get(file.path)?.startsWith(Emit.header) === false)
  if (foreign.length > 0) return yield* new Occupied({ files: foreign.map((file) => path.join(out, file.path)) })
  const isWanted = new Set(wanted.map((file) => file.path))
  const difference: Difference = {
    stale: wanted.filter((file) => present.get(file.path) !== undefined && present.get(file.path) !== file.text),
    missing: wanted.filter((file) => present.get(file.path) === undefined),
    orphaned: names.filter((name) => !isWanted.has(name) && present.get(name)?.startsWith(Emit.header) === true)
  }
  return difference
})

/**
 * Fails where generated files are stale, missing or orphaned. Writes nothing. Answers how many files there are.
 *
 * @since 0.1.0
 */
export const check: (
  options: Options
) => Effect.Effect<number, Mistake.CatalogError | Stale | Occupied, FileSystem.FileSystem | Path.Path> =
  Effect.fnUntraced(function* (options) {
    const path = yield* Path.Path
    const wanted = yield* files(options)
    const { missing, orphaned, stale } = yield* compare(options.out, wanted)
    const inOut = (name: string): string => path.join(options.out, name)
    if (stale.length + missing.length + orphaned.length === 0) return wanted.length
    return yield* new Stale({
      stale: stale.map((file) => inOut(file.path)),
      missing: missing.map((file) => inOut(file.path)),
      orphaned: orphaned.map(inOut)
    })
  })

const write = Effect.fnUntraced(function* (file: string, text: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  yield* fs.makeDirectory(path.dirname(file), { recursive: true })
  yield* fs.writeFileString(file, text)
})

/** Removes a file, and its folder where nothing else is in it. */
const remove = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  yield* fs.remove(file)
  const folder = path.dirname(file)
  if ((yield* fs.readDirectory(folder)).length === 0) yield* fs.remove(folder, { recursive: true })
})

/**
 * What was done to the folder.
 *
 * @since 0.1.0
 */
export interface Written {
  readonly files: number
  readonly written: number
  readonly removed: number
}

/**
 * Writes the files that differ and removes generated ones that no longer belong.
 *
 * @since 0.1.0
 */
export const generate: (
  options: Options
) => Effect.Effect<Written, Mistake.CatalogError | Occupied | Unwritable, FileSystem.FileSystem | Path.Path> =
  Effect.fnUntraced(function* (options) {
    const path = yield* Path.Path
    const wanted = yield* files(options)
    const { missing, orphaned, stale } = yield* compare(options.out, wanted)
    const changed = [...stale, ...missing]
    const changes = [
      ...changed.map((file) => write(path.join(options.out, file.path), file.text)),
      ...orphaned.map((name) => remove(path.join(options.out, name)))
    ]
    yield* Effect.all(changes, { discard: true }).pipe(
      Effect.mapError(({ message }) => new Unwritable({ reason: message }))
    )
    return { files: wanted.length, written: changed.length, removed: orphaned.length }
  })
