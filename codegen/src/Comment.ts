/**
 * Comments of YAML text, and the keys that they document.
 *
 * @since 0.1.0
 */
import type * as Yaml from "yaml"

/**
 * A comment.
 *
 * @since 0.1.0
 */
export interface Comment {
  readonly offset: number
  readonly line: number
  readonly column: number
  readonly text: string
  /** Nothing else stands on its line. */
  readonly isAlone: boolean
}

/**
 * Where a key stands, where its value ends unless that is a block, and the comments that it takes.
 *
 * @since 0.1.0
 */
export interface Key {
  readonly offset: number
  readonly line: number
  readonly column: number
  readonly end: { readonly offset: number; readonly line: number } | undefined
  readonly note: Array<string>
}

// ---------------------------------------------------------------------------------------------------------------------
// Finding
// ---------------------------------------------------------------------------------------------------------------------

type Token = Yaml.CST.Token | Yaml.CST.SourceToken | Yaml.CST.CollectionItem

/** The tokens inside a token. */
const inner = (token: Token): ReadonlyArray<Token> => {
  const within: Array<Token> = []
  if ("start" in token) within.push(...(Array.isArray(token.start) ? token.start : [token.start]))
  if ("props" in token) within.push(...token.props)
  if ("items" in token) within.push(...token.items)
  if ("key" in token && token.key) within.push(token.key)
  if ("sep" in token && token.sep) within.push(...token.sep)
  if ("value" in token && token.value) within.push(token.value)
  if ("end" in token && token.end) within.push(...token.end)
  return within
}

const commentOf = (text: string, lines: Yaml.LineCounter, offset: number, source: string): Comment => {
  const { col, line } = lines.linePos(offset)
  return {
    offset,
    line,
    column: col,
    text: source.replace(/^#+ ?/, "").trimEnd(),
    isAlone: text.slice(offset - col + 1, offset).trim() === ""
  }
}

/**
 * All comments of a text, in its order.
 *
 * @since 0.1.0
 */
export const find = (
  text: string,
  lines: Yaml.LineCounter,
  tokens: ReadonlyArray<Yaml.CST.Token>
): ReadonlyArray<Comment> => {
  const found: Array<Comment> = []
  const waiting: Array<Token> = [...tokens]
  for (let token = waiting.pop(); token !== undefined; token = waiting.pop()) {
    if ("type" in token && token.type === "comment") found.push(commentOf(text, lines, token.offset, token.source))
    else for (const within of inner(token)) waiting.push(within)
  }
  return found.toSorted((a, b) => a.offset - b.offset)
}

// ---------------------------------------------------------------------------------------------------------------------
// Handing out
// ---------------------------------------------------------------------------------------------------------------------

/** The keys of a text, in its order, and what lies around a comment. */
interface Page {
  readonly rows: ReadonlyArray<string>
  readonly keys: ReadonlyArray<Key>
  /** The first key of each line. */
  readonly first: ReadonlyMap<number, Key>
  /** The outermost key whose value, no block, ends on a line. */
  readonly ending: ReadonlyMap<number, Key>
}

const pageOf = (text: string, keys: ReadonlyArray<Key>): Page => {
  const first = new Map<number, Key>()
  const ending = new Map<number, Key>()
  for (const key of keys) {
    if (!first.has(key.line)) first.set(key.line, key)
    if (key.end !== undefined && !ending.has(key.end.line)) ending.set(key.end.line, key)
  }
  return { rows: text.split("\n"), keys, first, ending }
}

/** The first key of the line, else the outermost whose value ends on it, else the last one before. */
const behind = ({ ending, first, keys }: Page, { line, offset }: Comment): Key | undefined =>
  first.get(line) ?? ending.get(line) ?? keys.findLast((key) => key.offset < offset)

/** The key below, where it stands in the same column; or the key of the list, where an item stands there. */
const above = ({ first, keys, rows }: Page, { column, line, offset }: Comment): Key | undefined => {
  const isItem = rows[line]?.slice(0, column).trim() === "-"
  if (isItem) return keys.findLast((key) => key.offset < offset && key.column <= column)
  const below = first.get(line + 1)
  return below?.column === column ? below : undefined
}

/** Comments on lines that follow each other, in one column. */
const blocksOf = (comments: ReadonlyArray<Comment>): ReadonlyArray<ReadonlyArray<Comment>> => {
  const blocks: Array<Array<Comment>> = []
  for (const comment of comments) {
    const block = blocks.at(-1)
    const last = block?.at(-1)
    const isNext = comment.isAlone && comment.line - 1 === last?.line && comment.column === last.column
    if (isNext) block?.push(comment)
    else blocks.push([comment])
  }
  return blocks
}

/**
 * Hands comments to the keys that they document. One with an empty line below it is a remark for those who edit the file;
 * answered are the others that document nothing.
 *
 * @since 0.1.0
 */
export const attach = (
  text: string,
  comments: ReadonlyArray<Comment>,
  keys: ReadonlyArray<Key>
): ReadonlyArray<Comment> => {
  const page = pageOf(text, keys)
  return blocksOf(comments).flatMap((block) => {
    const [first, last] = [block[0], block.at(-1)]
    if (first === undefined || last === undefined) return []
    const isRemark = first.isAlone && (page.rows[last.line] ?? "").trim() === ""
    const key = first.isAlone ? above(page, last) : behind(page, first)
    if (isRemark) return []
    if (key === undefined) return [first]
    key.note.push(...block.map((comment) => comment.text))
    return []
  })
}
