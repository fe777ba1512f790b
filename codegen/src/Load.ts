/**
 * A catalog on disk: the nodes of its root file and of all group files.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Result from "effect/Result"
import type * as Mistake from "./Mistake.ts"
import * as Read from "./Read.ts"
import * as Source from "./Source.ts"

/**
 * A group file.
 *
 * @since 0.1.0
 */
export interface File {
  readonly product: string
  /** Relative to the root file. */
  readonly source: string
  readonly node: Source.Node
  /** Whether it is YAML without mistakes. */
  readonly isSound: boolean
}

/**
 * All files of a catalog.
 *
 * @since 0.1.0
 */
export interface Files {
  readonly source: string
  readonly root: Read.Root
  readonly files: ReadonlyArray<File>
  /** Whether the root file has no mistakes, and all that it lists are there. */
  readonly isSound: boolean
}

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

const noRoot: Read.Root = { host: Read.defaultHost, products: [], types: [], missing: [] }

/**
 * Reports to `report`, and knows whether it did.
 *
 * @since 0.1.0
 */
export const watched = (report: Mistake.Report) => {
  const state = { isSound: true }
  const told: Mistake.Report = (at, message) => {
    state.isSound = false
    report(at, message)
  }
  return { state, report: told }
}

const groupFile = Effect.fnUntraced(function* (
  { at, file, product, source }: ReturnType<typeof listed>[number],
  report: Mistake.Report
) {
  const watch = watched(report)
  const node = yield* nodeOf(file, at, watch.report)
  if (node === undefined) return undefined
  const read: File = { product, source: source.replaceAll("\\", "/"), node, isSound: watch.state.isSound }
  return read
})

/**
 * Reads a catalog: a root file with all that it lists, or a single group file. What is no YAML is reported.
 *
 * @since 0.1.0
 */
export const load: (
  catalog: string,
  report: Mistake.Report
) => Effect.Effect<Files | undefined, never, FileSystem.FileSystem | Path.Path> = Effect.fnUntraced(
  function* (catalog, report) {
    const path = yield* Path.Path
    const watch = watched(report)
    const source = path.basename(catalog)
    const node = yield* nodeOf(catalog, { file: catalog, line: 1, column: 1, path: "" }, watch.report)
    if (node === undefined) return undefined
    if (!Read.isRoot(node)) {
      const { isSound } = watch.state
      return { source, root: noRoot, files: [{ product: "", source, node, isSound }], isSound }
    }
    const root = Read.root(node, watch.report)
    const all = listed(root, path.dirname(catalog), path, watch.report)
    const read = yield* Effect.forEach(all, (each) => groupFile(each, report), { concurrency: 8 })
    const files = read.flatMap((file) => (file === undefined ? [] : [file]))
    return { source, root, files, isSound: watch.state.isSound && files.length === all.length }
  }
)

/**
 * A group file as it was read.
 *
 * @since 0.1.0
 */
export interface Group<G> extends Omit<File, "node"> {
  readonly group: G
}

/**
 * All group files as what `read` makes of them.
 *
 * @since 0.1.0
 */
export const groups = <G>(
  { files, isSound }: Files,
  read: (node: Source.Node, report: Mistake.Report) => G,
  report: Mistake.Report
): { readonly files: ReadonlyArray<Group<G>>; readonly isSound: boolean } => {
  const all = files.map(({ node, ...file }) => {
    const watch = watched(report)
    const group = read(node, watch.report)
    return { ...file, group, isSound: file.isSound && watch.state.isSound }
  })
  return { files: all, isSound: isSound && all.every((file) => file.isSound) }
}

/**
 * Reports a single group that would be printed over one of the other generated files.
 *
 * @since 0.1.0
 */
export const checkNames = (
  files: ReadonlyArray<Group<{ readonly name: string; readonly at: Mistake.Place }>>,
  taken: ReadonlyArray<string>,
  report: Mistake.Report
): void => {
  for (const { group, product } of files) {
    if (product === "" && taken.some((name) => name.toLowerCase() === group.name.toLowerCase()))
      report(group.at, `the group \`${group.name}\` would hide a generated file; expected another name`)
  }
}
