/**
 * Mistakes in a catalog: where each one is, what is wrong, and what was expected.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as CliError from "effect/cli/CliError"

/**
 * A place in a catalog: line and column count from one, and `path` is the way of keys to it.
 *
 * @since 0.1.0
 */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly path: string
}

/**
 * A place and what is wrong there.
 *
 * @since 0.1.0
 */
export const Mistake = Schema.Struct({
  file: Schema.String,
  line: Schema.Int,
  column: Schema.Int,
  path: Schema.String,
  message: Schema.String
})

/**
 * A place and what is wrong there.
 *
 * @since 0.1.0
 */
export type Mistake = typeof Mistake.Type

/**
 * Takes note of a mistake. All parts of the generator go on after one, so that all are reported at once.
 *
 * @since 0.1.0
 */
export type Report = (at: Place, message: string) => void

/**
 * A mistake as one line of text.
 *
 * @since 0.1.0
 */
export const format = ({ column, file, line, message, path }: Mistake): string =>
  `${file}:${line}:${column} ${path === "" ? "" : `${path}: `}${message}`

/**
 * A catalog from which nothing is generated, with all its mistakes in the order of files and lines.
 *
 * @since 0.1.0
 */
export class CatalogError extends Schema.TaggedError<CatalogError>("@wechat/codegen/CatalogError")("CatalogError", {
  mistakes: Schema.Array(Mistake)
}) {
  override get message(): string {
    const count = this.mistakes.length
    return [
      ...this.mistakes.map(format),
      `${count} ${count === 1 ? "mistake" : "mistakes"}; nothing was generated`
    ].join("\n")
  }
  override get [CliError.userMessage](): string {
    return this.message
  }
}

const compare = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0)

/**
 * Mistakes in the order of files, lines and columns, each once.
 *
 * @since 0.1.0
 */
export const sorted = (mistakes: ReadonlyArray<Mistake>): ReadonlyArray<Mistake> =>
  [...new Map(mistakes.map((mistake) => [format(mistake), mistake])).values()].toSorted(
    (a, b) =>
      compare(a.file, b.file) || compare(a.line, b.line) || compare(a.column, b.column) || compare(a.message, b.message)
  )

/** How many letters have to be put in, taken out, replaced or swapped to get from one word to another. */
const distance = (from: string, to: string): number => {
  let before: ReadonlyArray<number> = []
  let row: ReadonlyArray<number> = Array.from({ length: to.length + 1 }, (_, at) => at)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1]
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      next.push(
        Math.min(
          (row[j] ?? 0) + 1,
          (next[j - 1] ?? 0) + 1,
          (row[j - 1] ?? 0) + (same ? 0 : 1),
          swapped ? (before[j - 2] ?? 0) + 1 : Infinity
        )
      )
    }
    before = row
    row = next
  }
  return row[to.length] ?? 0
}

/**
 * Words that are allowed, for the end of a message: the nearest one where `word` looks like a slip, otherwise all of them.
 *
 * @since 0.1.0
 */
export const expected = (word: string, allowed: ReadonlyArray<string>, otherwise?: string): string => {
  const near = allowed
    .map((known) => ({ known, steps: distance(word.toLowerCase(), known.toLowerCase()) }))
    .toSorted((a, b) => a.steps - b.steps)[0]
  if (near !== undefined && near.steps <= Math.max(1, Math.floor(near.known.length / 3)))
    return `expected \`${near.known}\``
  return `expected ${otherwise ?? allowed.map((known) => `\`${known}\``).join(", ")}`
}
