/**
 * YAML text as nodes that know their place and their comments.
 *
 * @since 0.1.0
 */
import * as Yaml from "yaml"
import * as Comment from "./Comment.ts"
import type { Mistake, Place, Report } from "./Mistake.ts"

/**
 * A text; numbers, truth values and nothing at all are texts here, as they were written.
 *
 * @since 0.1.0
 */
export interface Text {
  readonly _tag: "Text"
  readonly text: string
  readonly at: Place
}

/**
 * A list.
 *
 * @since 0.1.0
 */
export interface List {
  readonly _tag: "List"
  readonly items: ReadonlyArray<Node>
  readonly at: Place
}

/**
 * A map. Keys that occur twice are entries of their own.
 *
 * @since 0.1.0
 */
export interface Map {
  readonly _tag: "Map"
  readonly entries: ReadonlyArray<Entry>
  readonly at: Place
}

/**
 * A key, its value, and the comment above and behind it.
 *
 * @since 0.1.0
 */
export interface Entry {
  readonly key: string
  readonly at: Place
  readonly value: Node
  readonly note: ReadonlyArray<string>
}

/**
 * A text, a list or a map.
 *
 * @since 0.1.0
 */
export type Node = Text | List | Map

/**
 * A file as it was read; without a root where it is no YAML.
 *
 * @since 0.1.0
 */
export interface Source {
  readonly root: Node | undefined
  readonly mistakes: ReadonlyArray<Mistake>
}

const deepest = 64

/** What reading a file goes by. */
interface Context {
  readonly placeAt: (offset: number, path: string) => Place
  readonly report: Report
  /** The keys that have been read, for the comments that they take. */
  readonly keys: Array<Comment.Key>
}

/** The text of a scalar: in this schema of YAML there is nothing else. */
const textOf = ({ value }: Yaml.Scalar): string => (typeof value === "string" ? value : "")

/** Whether a node has nothing that the notation has no use for. */
const isPlain = (node: Yaml.Node, at: Place, { report }: Context): boolean => {
  if (Yaml.isAlias(node)) report(at, "a YAML alias; expected the name of a shared type")
  if (node.tag?.startsWith("!") === true) report(at, "a YAML tag; expected none")
  if ("anchor" in node && node.anchor !== undefined) {
    report(at, "a YAML anchor; expected none: what is shared stands in `types`")
  }
  return !Yaml.isAlias(node)
}

const nodeOf = (node: unknown, start: number, path: string, depth: number, context: Context): Node => {
  const { placeAt, report } = context
  const at = placeAt(Yaml.isNode(node) ? (node.range?.[0] ?? start) : start, path)
  const nothing: Text = { _tag: "Text", text: "", at }
  if (!Yaml.isNode(node) || !isPlain(node, at, context)) return nothing
  if (depth > deepest) {
    report(at, tooDeep)
    return nothing
  }
  if (Yaml.isMap(node)) {
    return { _tag: "Map", entries: node.items.flatMap((pair) => entryOf(pair, at, depth, context)), at }
  }
  if (Yaml.isSeq(node)) {
    const items = node.items.map((item, index) =>
      nodeOf(item, node.range?.[0] ?? start, `${path}[${index}]`, depth + 1, context)
    )
    return { _tag: "List", items, at }
  }
  return Yaml.isScalar(node) ? { ...nothing, text: textOf(node) } : nothing
}

const entryOf = ({ key, value }: Yaml.Pair, parent: Place, depth: number, context: Context): ReadonlyArray<Entry> => {
  if (!Yaml.isScalar(key)) {
    const range = Yaml.isNode(key) ? key.range : undefined
    context.report(range ? context.placeAt(range[0], parent.path) : parent, "a key that is no text; expected a name")
    return []
  }
  const offset = key.range?.[0] ?? 0
  const name = textOf(key)
  const at = context.placeAt(offset, parent.path === "" ? name : `${parent.path}.${name}`)
  const note: Array<string> = []
  isPlain(key, at, context)
  context.keys.push({ offset, line: at.line, column: at.column, end: endOf(value, context), note })
  return [{ key: name, at, value: nodeOf(value, offset, at.path, depth + 1, context), note }]
}

const endOf = (value: unknown, { placeAt }: Context): Comment.Key["end"] => {
  const isBlock = Yaml.isCollection(value) && value.flow !== true
  const offset = Yaml.isNode(value) && !isBlock ? value.range?.[1] : undefined
  return offset === undefined ? undefined : { offset, line: placeAt(Math.max(0, offset - 1), "").line }
}

const tooDeep = `nested too deep; expected at most ${deepest} levels`

/** What YAML says, and what the usual slip is where a map on one line holds a comma or quote. */
const notYaml = ({ code, message }: Yaml.YAMLError): string => {
  if (code === "RESOURCE_EXHAUSTION") return tooDeep
  const slip =
    code === "MISSING_CHAR" ? "; expected text with a comma or quote on a line of its own, not inside { }" : ""
  return `not YAML: ${message}${slip}`
}

/** All errors of YAML; nothing but the first of its depth where it is too deep to be read. */
const errorsOf = (documents: ReadonlyArray<Yaml.Document.Parsed>): ReadonlyArray<Yaml.YAMLError> => {
  const errors = documents.flatMap((each) => each.errors)
  const deep = errors.find(({ code }) => code === "RESOURCE_EXHAUSTION")
  return deep === undefined ? errors : [deep]
}

/**
 * Reads YAML.
 *
 * @since 0.1.0
 */
export const parse = (file: string, content: string): Source => {
  const text = content.replaceAll("\r\n", "\n")
  const lines = new Yaml.LineCounter()
  const mistakes: Array<Mistake> = []
  const start: Place = { file, line: 1, column: 1, path: "" }
  const placeAt: Context["placeAt"] = (offset, path) => {
    const { col, line } = lines.linePos(offset)
    return { file, line, column: col, path }
  }
  const report: Report = (at, message) => mistakes.push({ ...at, message })

  const tokens = [...new Yaml.Parser(lines.addNewLine).parse(text)]
  const options = { schema: "failsafe", version: "1.2", uniqueKeys: false, merge: false } as const
  const documents = [...new Yaml.Composer(options).compose(tokens, true, text.length)]
  const [document, second] = documents
  const errors = errorsOf(documents)
  for (const error of errors) report(placeAt(error.pos[0], ""), notYaml(error))
  if (errors.length > 0) return { root: undefined, mistakes }
  if (second !== undefined) report(placeAt(second.range[0], ""), "a second YAML document; expected one in a file")
  if (document === undefined || document.contents === null) {
    report(start, "an empty file; expected a catalog, with `products` or a `group`")
    return { root: undefined, mistakes }
  }
  const keys: Context["keys"] = []
  const root = nodeOf(document.contents, 0, "", 0, { placeAt, report, keys })
  for (const comment of Comment.attach(text, Comment.find(text, lines, tokens), keys)) {
    const what = "a comment that documents nothing; expected it behind a key, or above one in the same column"
    report(placeAt(comment.offset, ""), what)
  }
  return { root, mistakes }
}
