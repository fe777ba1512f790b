/**
 * Entries of catalog files: maps, lists and texts, and what all groups and their entries say about themselves.
 *
 * @since 0.1.0
 */
import { expected } from "./Mistake.ts"
import type { Place, Report } from "./Mistake.ts"
import * as Notation from "./Notation.ts"
import type * as Source from "./Source.ts"

/**
 * A text and where it stands.
 *
 * @since 0.1.0
 */
export interface Placed {
  readonly text: string
  readonly at: Place
}

// ---------------------------------------------------------------------------------------------------------------------
// Maps and texts
// ---------------------------------------------------------------------------------------------------------------------

/**
 * A way to look up the keys of a map.
 *
 * @since 0.1.0
 */
export type Look<K extends string> = (key: K) => Source.Entry | undefined

/**
 * The entries of a map; a mistake where it is none.
 *
 * @since 0.1.0
 */
export const entriesOf = (node: Source.Node, what: string, report: Report): ReadonlyArray<Source.Entry> => {
  if (node._tag === "Map") return node.entries
  report(node.at, `${describe(node)}; expected ${what}`)
  return []
}

/**
 * What a node is, for the beginning of a message.
 *
 * @since 0.1.0
 */
export const describe = (node: Source.Node): string =>
  node._tag === "Map"
    ? "a map"
    : node._tag === "List"
      ? "a list"
      : node.text === ""
        ? "nothing"
        : `the text \`${node.text}\``

/**
 * A map whose keys are known: a way to look them up.
 *
 * @since 0.1.0
 */
export const known = <K extends string>(node: Source.Node, allowed: ReadonlyArray<K>, report: Report): Look<K> => {
  const found = new Map<string, Source.Entry>()
  for (const entry of entriesOf(node, `a map with ${list(allowed)}`, report)) {
    if (!allowed.some((key) => key === entry.key))
      report(entry.at, `unknown key \`${entry.key}\`; ${expected(entry.key, allowed)}`)
    else if (found.has(entry.key)) report(entry.at, `\`${entry.key}\` twice; expected it once`)
    else found.set(entry.key, entry)
  }
  return (key) => found.get(key)
}

/**
 * Words as a list in a message.
 *
 * @since 0.1.0
 */
export const list = (words: ReadonlyArray<string>): string => words.map((word) => `\`${word}\``).join(", ")

/**
 * Entries whose keys are free: those with a fitting name, each once.
 *
 * @since 0.1.0
 */
export const named = (
  entries: ReadonlyArray<Source.Entry>,
  fits: (name: string) => boolean,
  what: string,
  report: Report
): ReadonlyArray<Source.Entry> => {
  const names = new Set<string>()
  return entries.filter((entry) => {
    if (!fits(entry.key)) report(entry.at, `the name \`${entry.key}\`; expected ${what}`)
    if (names.has(entry.key)) report(entry.at, `\`${entry.key}\` twice; expected every name once`)
    return names.size !== names.add(entry.key).size
  })
}

/**
 * A text in one line; a mistake where it is none.
 *
 * @since 0.1.0
 */
export const textOf = (entry: Source.Entry | undefined, what: string, report: Report): Placed | undefined => {
  if (entry === undefined) return undefined
  const { value } = entry
  if (value._tag === "Text" && value.text.trim() !== "")
    return { text: value.text.trim().replaceAll(/\s+/g, " "), at: value.at }
  report(value.at, `${describe(value)}; expected ${what}`)
  return undefined
}

/**
 * A text, or a list of them.
 *
 * @since 0.1.0
 */
export const textsOf = (entry: Source.Entry | undefined, what: string, report: Report): ReadonlyArray<Placed> => {
  if (entry === undefined) return []
  const items = entry.value._tag === "List" ? entry.value.items : [entry.value]
  if (items.length === 0) report(entry.value.at, `an empty list; expected ${what}`)
  return items.flatMap((value) => {
    const text = textOf({ ...entry, value }, what, report)
    return text === undefined ? [] : [text]
  })
}

/**
 * Reports a key that is missing.
 *
 * @since 0.1.0
 */
export const missing = (at: Place, key: string, what: string, report: Report): void =>
  report(at, `\`${key}\` is missing; expected ${what}`)

/**
 * A truth value.
 *
 * @since 0.1.0
 */
export const truthOf = (entry: Source.Entry | undefined, otherwise: boolean, report: Report): boolean => {
  const text = textOf(entry, "`true` or `false`", report)
  if (text === undefined) return otherwise
  if (text.text !== "true" && text.text !== "false") report(text.at, `\`${text.text}\`; expected \`true\` or \`false\``)
  return text.text === "true"
}

// ---------------------------------------------------------------------------------------------------------------------
// Titles, summaries and pages
// ---------------------------------------------------------------------------------------------------------------------

/**
 * What a group is called, where that stands, and what is said about it.
 *
 * @since 0.1.0
 */
export interface Title {
  readonly name: string
  readonly at: Place
  readonly note: Notation.Note
}

/**
 * What a group is called, and what is said about it.
 *
 * @since 0.1.0
 */
export const groupName = (node: Source.Node, entry: Source.Entry | undefined, report: Report): Title => {
  if (node._tag === "Map" && entry === undefined) missing(node.at, "group", "the name of the module", report)
  const text = textOf(entry, "a name in PascalCase", report)
  if (text !== undefined && !Notation.isTypeName(text.text))
    report(text.at, `the group name \`${text.text}\`; expected PascalCase`)
  return { name: text?.text ?? "", at: text?.at ?? node.at, note: entry?.note ?? [] }
}

const snake = (name: string): string =>
  name
    .replaceAll(/([a-z0-9])([A-Z])|([A-Z])(?=[A-Z][a-z])/g, (_, low: string | undefined, high: string, cap: string) =>
      low === undefined ? `${cap}_` : `${low}_${high}`
    )
    .toLowerCase()

const isAddress = (text: string): boolean => /^https?:\/\/[^\s/{}]+(?:\/[^\s{}]*)?$/.test(text)

/**
 * The page of an entry.
 *
 * @since 0.1.0
 */
export const docOf = (
  name: string,
  entry: Source.Entry | undefined,
  group: Placed | undefined,
  report: Report
): string | undefined => {
  const own = textOf(entry, "an address, a file beside the group's page, or `none`", report)
  const filled = group?.text.replaceAll("{name}", name.toLowerCase()).replaceAll("{snake}", snake(name))
  if (own === undefined) return filled
  if (own.text === "none") return undefined
  if (isAddress(own.text)) return own.text
  if (/^[^\s/{}]+\.[^\s/{}]+$/.test(own.text) && filled !== undefined) return filled.replace(/[^/]*$/, () => own.text)
  const without = group === undefined ? " (the group has no `doc`, so there is no page to stand beside)" : ""
  report(own.at, `the page \`${own.text}\`; expected an address, a file beside the group's page, or \`none\`${without}`)
  return undefined
}

/**
 * The page of all entries of a group that name no other.
 *
 * @since 0.1.0
 */
export const groupDoc = (entry: Source.Entry | undefined, report: Report): Placed | undefined => {
  const doc = textOf(entry, "an address", report)
  if (doc === undefined) return undefined
  if (isAddress(doc.text.replaceAll(/\{(?:name|snake)\}/g, "x"))) return doc
  report(
    doc.at,
    `the page \`${doc.text}\`; expected an address, with \`{name}\` or \`{snake}\` where the endpoint's name stands`
  )
  return undefined
}

/**
 * The summary of an entry.
 *
 * @since 0.1.0
 */
export const summaryOf = (
  at: Place,
  entry: Source.Entry | undefined,
  report: Report,
  says = "what the call does"
): string => {
  if (entry === undefined) missing(at, "summary", `one sentence that says ${says}`, report)
  const summary = textOf(entry, "a sentence", report)
  if (summary !== undefined && !summary.text.endsWith("."))
    report(summary.at, "a summary without a period; expected a sentence")
  return summary?.text ?? ""
}
