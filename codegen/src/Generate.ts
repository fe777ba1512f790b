/**
 * From a catalog on disk to generated files on disk: write them, or check that they are up to date.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as CliError from "effect/cli/CliError"
import { format } from "oxfmt"
import * as Emit from "./Emit.ts"
import * as Mistake from "./Mistake.ts"
import type * as Model from "./Model.ts"
import * as Read from "./Read.ts"
import * as Registry from "./Registry.ts"
import * as Resolve from "./Resolve.ts"
import * as Source from "./Source.ts"

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
 * What to generate, and where.
 *
 * @since 0.1.0
 */
export interface Options extends Emit.Options {
  /** A root file, or a single group file. */
  readonly catalog: string
  /** The folder that generated files fill. */
  readonly out: string
}

// ---------------------------------------------------------------------------------------------------------------------
// The catalog
// ---------------------------------------------------------------------------------------------------------------------

/** The text of bytes, or a mistake at the first ones that are no UTF-8. */
const decode = (file: string, bytes: Uint8Array, report: Mistake.Report): string | undefined => {
  const text = Result.try(() => new TextDecoder("utf-8", { fatal: true }).decode(bytes))
  if (Result.isSuccess(text)) return text.success
  const [before = ""] = new TextDecoder().decode(bytes).split("\uFFFD")
  const lines = before.split("\n")
  report(
    { file, line: lines.length, column: (lines.at(-1) ?? "").length + 1, path: "" },
    "bytes that are no UTF-8; expected UTF-8 text"
  )
  return undefined
}

/** The root node of a file. What is wrong with its YAML, or why it cannot be read, is reported. */
const nodeOf = Effect.fnUntraced(function* (file: string, from: Mistake.Place, report: Mistake.Report) {
  const fs = yield* FileSystem.FileSystem
  const bytes = yield* fs.readFile(file).pipe(
    Effect.catch((error) =>
      Effect.sync(() => {
        const reason = error.reason._tag === "NotFound" ? "there is no such file" : "it cannot be read"
        report(from, `\`${file}\`: ${reason}; expected a file`)
        return undefined
      })
    )
  )
  const text = bytes === undefined ? undefined : decode(file, bytes, report)
  const source = text === undefined ? undefined : Source.parse(file, text)
  for (const mistake of source?.mistakes ?? []) report(mistake, mistake.message)
  return source?.root
})

/** The files that a root file lists, each once. */
const listed = (root: Read.Root, folder: string, path: Path.Path, report: Mistake.Report) => {
  const seen = new Set<string>()
  return root.products.flatMap(({ files, id }) =>
    files.flatMap(({ at, text }) => {
      const file = path.join(folder, text)
      if (path.isAbsolute(text)) {
        report(at, `the path \`${text}\`; expected one that is relative to this file`)
        return []
      }
      if (seen.has(file)) report(at, `\`${text}\` twice; expected every file once`)
      return seen.size === seen.add(file).size ? [] : [{ product: id, file, source: text, at }]
    })
  )
}

const noRoot: Read.Root = { host: Read.defaultHost, products: [], types: [] }

/** Reports to `report`, and knows whether it did. */
const watched = (report: Mistake.Report) => {
  const state = { isSound: true }
  const told: Mistake.Report = (at, message) => {
    state.isSound = false
    report(at, message)
  }
  return { state, report: told }
}

const groupFile = Effect.fnUntraced(function* (
  {
    at,
    file,
    product,
    source
  }: { readonly at: Mistake.Place; readonly file: string; readonly product: string; readonly source: string },
  report: Mistake.Report
) {
  const watch = watched(report)
  const node = yield* nodeOf(file, at, watch.report)
  const group = node === undefined ? undefined : Read.group(node, watch.report)
  return group === undefined
    ? undefined
    : { product, source: source.replaceAll("\\", "/"), group, isSound: watch.state.isSound }
})

const readFiles = Effect.fnUntraced(function* (catalog: string, report: Mistake.Report) {
  const path = yield* Path.Path
  const watch = watched(report)
  const source = path.basename(catalog)
  const node = yield* nodeOf(catalog, { file: catalog, line: 1, column: 1, path: "" }, watch.report)
  if (node === undefined) return undefined
  if (!Read.isRoot(node)) {
    const group = Read.group(node, watch.report)
    const file: Resolve.File = { product: "", source, group, isSound: watch.state.isSound }
    if (/^(?:registry|types)$/i.test(group.name))
      report(group.at, `the group \`${group.name}\` would hide a generated file; expected another name`)
    return { source, root: noRoot, files: [file], isSound: watch.state.isSound }
  }
  const root = Read.root(node, watch.report)
  const all = listed(root, path.dirname(catalog), path, watch.report)
  const read = yield* Effect.forEach(all, (each) => groupFile(each, report), { concurrency: 8 })
  const files = read.flatMap((file) => (file === undefined ? [] : [file]))
  const isSound = watch.state.isSound && files.length === all.length && files.every((file) => file.isSound)
  return { source, root, files, isSound }
})

/**
 * Reads a catalog with all its files, or fails with every mistake in them.
 *
 * @since 0.1.0
 */
export const read: (
  catalog: string,
  check: (model: Model.Catalog, report: Mistake.Report) => void
) => Effect.Effect<Model.Catalog, Mistake.CatalogError, FileSystem.FileSystem | Path.Path> = Effect.fnUntraced(
  function* (catalog: string, check: (model: Model.Catalog, report: Mistake.Report) => void) {
    const mistakes: Array<Mistake.Mistake> = []
    const report: Mistake.Report = ({ column, file, line, path }, message) =>
      mistakes.push({ file, line, column, path, message })
    const files = yield* readFiles(catalog, report)
    const model = files === undefined ? undefined : Resolve.catalog(files, report)
    if (model !== undefined) check(model, report)
    if (model === undefined || mistakes.length > 0)
      return yield* new Mistake.CatalogError({ mistakes: Mistake.sorted(mistakes) })
    return model
  }
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

/**
 * The files that a catalog makes, as they are to stand on disk.
 *
 * @since 0.1.0
 */
export const files: (
  options: Pick<Options, "catalog" | "core">
) => Effect.Effect<ReadonlyArray<Emit.File>, Mistake.CatalogError, FileSystem.FileSystem | Path.Path> =
  Effect.fnUntraced(function* ({ catalog, core }) {
    const printed: Array<Emit.File> = []
    const model = yield* read(catalog, (model, report) => printed.push(...Emit.emit(model, { core }, report)))
    return yield* Effect.forEach([...printed, Registry.emit(model, { core })], layout, { concurrency: 4 })
  })

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
