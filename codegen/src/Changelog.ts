/**
 * Changes between two catalogs as Markdown.
 *
 * @since 0.1.0
 */
import type * as Change from "./Change.ts"

/**
 * How many changes break those who call.
 *
 * @since 0.1.0
 */
export const breaking = (changes: ReadonlyArray<Change.Change>): number =>
  changes.filter((change) => change.breaking).length

const code = (text: string | undefined): string => {
  const quoted = text ?? ""
  const fence = quoted.includes("`") ? "``" : "`"
  return quoted === "" ? "nothing" : `${fence}${quoted}${fence}`
}

const fromTo = ({ from, to }: Change.Change): string => `${code(from)} → ${code(to)}`

const because = (what: string, why: string | undefined): string =>
  why === undefined || why === "" ? what : `${what}: ${why}`

const said = (what: string, text: string | undefined): ReadonlyArray<string> =>
  text === undefined ? [] : [`${what} ${code(text)}`]

const fieldText = (change: Extract<Change.Change, { readonly of: "field" }>): string => {
  const side = change.side === "input" ? "input" : "answer"
  const name = change.field === "" ? side : `${side} ${code(change.field)}`
  switch (change.what) {
    case "added":
      return `${name} added: ${code(change.to)}`
    case "removed":
      return `${name} removed: ${code(change.from)}`
    case "required":
      return `${name} is ${change.side === "input" ? "required" : "always there"} now`
    case "optional":
      return `${name} may be ${change.side === "input" ? "left out" : "absent"} now`
    case "type":
      return `${name}: ${fromTo(change)}`
    case "literals":
      return `${name}: ${[...said("no longer", change.from), ...said("also", change.to)].join(", ")}`
    case "default":
      return `${name}: sent when left out, ${fromTo(change)}`
    default:
      return because(`${name} ${change.what}`, change.to)
  }
}

const wholeText = (change: Extract<Change.Change, { readonly of: "endpoint" }>): string => {
  switch (change.what) {
    case "added":
      return because(`${code(change.id)} ${code(change.to)}`, change.summary)
    case "removed":
      return `${code(change.id)} ${code(change.from)}`
    case "renamed":
      return fromTo(change)
    case "deprecated":
      return because(code(change.id), change.to)
    case "no longer deprecated":
      return change.what
    case "summary":
      return `summary: ${change.from} → ${change.to}`
    default:
      return `${change.what}: ${fromTo(change)}`
  }
}

const line = (change: Change.Change): string =>
  `- ${change.breaking ? "**breaking**" : "compatible"} · ${change.of === "field" ? fieldText(change) : wholeText(change)}`

const titles = { added: "Added", removed: "Removed", renamed: "Renamed", deprecated: "Deprecated" } as const

/** The section of its own that a change of a whole endpoint has. */
const sectionOf = (change: Change.Change): string | undefined =>
  change.of === "endpoint" && Object.hasOwn(titles, change.what) ? change.what : undefined

const section = (title: string, changes: ReadonlyArray<Change.Change>): ReadonlyArray<string> =>
  changes.length === 0 ? [] : [`${title}\n\n${changes.map(line).join("\n")}`]

/** What changed within each endpoint and shared type. */
const within = (changes: ReadonlyArray<Change.Change>): ReadonlyArray<string> => {
  const titleOf = (change: Change.Change): string =>
    change.of === "field" && change.within === "type" ? `### Type ${code(change.id)}` : `### ${code(change.id)}`
  const names = new Set(changes.map(titleOf))
  const sections = [...names].flatMap((title) =>
    section(
      title,
      changes.filter((change) => titleOf(change) === title)
    )
  )
  return sections.length === 0 ? [] : ["## Changed", ...sections]
}

const counted = (count: number): string => `${count} ${count === 1 ? "change" : "changes"}`

/**
 * A changelog.
 *
 * @since 0.1.0
 */
export const markdown = (changes: ReadonlyArray<Change.Change>): string => {
  const count = breaking(changes)
  const total = changes.length === 0 ? "No changes." : `${counted(changes.length)}, ${count} of them breaking.`
  const sections = Object.entries(titles).flatMap(([what, title]) =>
    section(
      `## ${title}`,
      changes.filter((change) => sectionOf(change) === what)
    )
  )
  const rest = changes.filter((change) => sectionOf(change) === undefined)
  return `${["# Changes", total, ...sections, ...within(rest)].join("\n\n")}\n`
}

/**
 * The same for programs.
 *
 * @since 0.1.0
 */
export const json = (changes: ReadonlyArray<Change.Change>): string =>
  `${JSON.stringify({ breaking: breaking(changes), changes }, undefined, 2)}\n`
