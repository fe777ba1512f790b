/**
 * Group files of messages, events and notices from nodes, with every mistake in their form.
 *
 * @since 0.1.0
 */
import * as Entry from "../Entry.ts"
import type { Place, Report } from "../Mistake.ts"
import { expected } from "../Mistake.ts"
import * as Notation from "../Notation.ts"
import type * as Source from "../Source.ts"
import * as Types from "../Types.ts"

/**
 * What is pushed: messages of users, events, notices to a platform; and what answers a message.
 *
 * @since 0.1.0
 */
export type Kind = "message" | "event" | "notice" | "reply"

/**
 * The formats in which a push has been seen.
 *
 * @since 0.1.0
 */
export type Format = "xml" | "json" | "both"

/**
 * Fields, or the name of a shared type that has them.
 *
 * @since 0.1.0
 */
export type Fields = Notation.Fields | Types.Reference

/**
 * A push as it is written, with what its group says.
 *
 * @since 0.1.0
 */
export interface Event {
  readonly kind: Kind
  readonly name: string
  readonly at: Place
  readonly note: Notation.Note
  readonly summary: string
  readonly doc: string | undefined
  readonly deprecated: string | undefined
  readonly format: Format
  readonly aka: ReadonlyArray<Entry.Placed>
  readonly inside: Entry.Placed | undefined
  /** Fields with another name in JSON. */
  readonly names: ReadonlyArray<readonly [name: string, other: string]>
  readonly fields: Fields | undefined
  readonly fieldsNote: Notation.Note
  readonly reply: Fields | undefined
  readonly replyNote: Notation.Note
  /** Whether the answer body begins like a push. */
  readonly envelope: boolean
}

/**
 * A group file of pushes.
 *
 * @since 0.1.0
 */
export interface Group {
  readonly name: string
  readonly at: Place
  readonly note: Notation.Note
  readonly events: ReadonlyArray<Event>
  readonly types: ReadonlyArray<Types.Shared>
}

const push = ["summary", "doc", "format", "aka", "deprecated", "fields"] as const

/**
 * The keys that each kind of map takes.
 *
 * @since 0.1.0
 */
export const keys = {
  group: ["group", "doc", "format", "messages", "events", "notices", "replies", "types"],
  message: push,
  event: ["summary", "doc", "format", "aka", "deprecated", "inside", "fields", "reply", "envelope"],
  notice: push,
  reply: ["summary", "doc", "deprecated", "fields"]
} as const

const kinds = [
  ["message", "messages"],
  ["event", "events"],
  ["notice", "notices"],
  ["reply", "replies"]
] as const

/**
 * Whether a file is a group of pushes: it has them, and no endpoints.
 *
 * @since 0.1.0
 */
export const isGroup = (node: Source.Node): boolean =>
  node._tag === "Map" &&
  node.entries.some(({ key }) => kinds.some(([, section]) => section === key)) &&
  !node.entries.some(({ key }) => key === "apis")

// ---------------------------------------------------------------------------------------------------------------------
// Entries
// ---------------------------------------------------------------------------------------------------------------------

/** What a group says for all its entries. */
interface Defaults {
  readonly doc: Entry.Placed | undefined
  readonly format: Format | undefined
}

type Look = (key: (typeof keys.event)[number]) => Source.Entry | undefined

const formats = ["xml", "json", "both"] as const

const formatOf = (entry: Source.Entry | undefined, report: Report): Format | undefined => {
  const text = Entry.textOf(entry, Entry.list(formats), report)
  const format = formats.find((each) => each === text?.text)
  if (text !== undefined && format === undefined)
    report(text.at, `the format \`${text.text}\`; ${expected(text.text, formats)}`)
  return format
}

/** A map whose keys of the form `name | other` are only `name`, and the names that this took away. */
const withoutOthers = (
  node: Source.Map,
  report: Report
): { readonly node: Source.Map; readonly names: Event["names"] } => {
  const names: Array<readonly [string, string]> = []
  const entries = node.entries.map((entry) => {
    const [, name, other, sign = ""] = /^([^\s|?!]+) \| ([^\s|?!]+)([?!]?)$/.exec(entry.key) ?? []
    if (name === undefined || other === undefined) return entry
    if (name === other) report(entry.at, `\`${name}\` has the same name in JSON; expected another one, or \`${name}\``)
    names.push([name, other])
    return { ...entry, key: `${name}${sign}` }
  })
  return { node: { ...node, entries }, names }
}

const noFields = "no fields; expected some, or the key to be left out"

const fieldsOf = (
  entry: Source.Entry | undefined,
  where: "fields" | "reply",
  report: Report
): Pick<Event, "fields" | "names"> => {
  if (entry === undefined) return { fields: undefined, names: [] }
  const { value } = entry
  if (value._tag === "Map") {
    const { names, node } = where === "fields" ? withoutOthers(value, report) : { names: [], node: value }
    const fields = Types.fieldsOf(node, { where, top: true, report })
    if (value.entries.length === 0) report(value.at, noFields)
    return { fields, names }
  }
  const text = value._tag === "Text" ? value.text.trim() : ""
  if (Notation.isTypeName(text)) return { fields: { _tag: "Name", name: text, at: value.at }, names: [] }
  report(value.at, `${Entry.describe(value)}; expected fields, or the name of a shared type`)
  return { fields: undefined, names: [] }
}

const insideOf = (entry: Source.Entry | undefined, report: Report): Entry.Placed | undefined => {
  const text = Entry.textOf(entry, "the name of an element", report)
  if (text !== undefined && !/^[A-Za-z_][\w.-]*$/.test(text.text))
    report(text.at, `the element \`${text.text}\`; expected its name`)
  return text
}

const envelopeOf = (entry: Source.Entry | undefined, hasReply: boolean, report: Report): boolean => {
  const isEnveloped = Entry.truthOf(entry, false, report)
  if (entry !== undefined && !hasReply) report(entry.at, "`envelope` without a `reply`; expected both, or neither")
  return isEnveloped
}

const entryOf = (kind: Kind, { at, key, note, value }: Source.Entry, group: Defaults, report: Report): Event => {
  const known = Entry.known<string>(value, keys[kind], report)
  const look: Look = (each) => known(each)
  const { fields, names } = fieldsOf(look("fields"), "fields", report)
  return {
    kind,
    name: key,
    at,
    note,
    summary: Entry.summaryOf(at, look("summary"), report, kind === "reply" ? "what it answers with" : "what it tells"),
    doc: Entry.docOf(key, look("doc"), group.doc, report),
    deprecated: Entry.textOf(look("deprecated"), "why, or what to use instead", report)?.text,
    format: formatOf(look("format"), report) ?? group.format ?? "both",
    aka: Entry.textsOf(look("aka"), "another value that means the same", report),
    inside: insideOf(look("inside"), report),
    names,
    fields,
    fieldsNote: look("fields")?.note ?? [],
    reply: fieldsOf(look("reply"), "reply", report).fields,
    replyNote: look("reply")?.note ?? [],
    envelope: envelopeOf(look("envelope"), look("reply") !== undefined, report)
  }
}

const isName = (key: string): boolean => /^[A-Za-z][A-Za-z0-9_]*$/.test(key)

const entriesOf = (
  kind: Kind,
  entry: Source.Entry | undefined,
  group: Defaults,
  report: Report
): ReadonlyArray<Event> => {
  if (entry === undefined) return []
  const entries = Entry.entriesOf(entry.value, `a map of ${entry.key}`, report)
  if (entry.value._tag === "Map" && entries.length === 0)
    report(entry.at, `no ${entry.key}; expected at least one, or the key to be left out`)
  const what = "the value as it is on the wire, in letters, digits and `_`"
  return Entry.named(entries, isName, what, report).map((each) => entryOf(kind, each, group, report))
}

/**
 * Reads a group file of pushes.
 *
 * @since 0.1.0
 */
export const group = (node: Source.Node, report: Report): Group => {
  const look = Entry.known(node, keys.group, report)
  const sections = kinds.map(([kind, section]) => ({ kind, entry: look(section) }))
  if (node._tag === "Map" && sections.every(({ entry }) => entry === undefined))
    report(node.at, `nothing that is pushed; expected ${Entry.list(kinds.map(([, section]) => section))}`)
  const { at, name, note } = Entry.groupName(node, look("group"), report)
  const defaults = { doc: Entry.groupDoc(look("doc"), report), format: formatOf(look("format"), report) }
  return {
    name,
    at,
    note,
    events: sections.flatMap(({ entry, kind }) => entriesOf(kind, entry, defaults, report)),
    types: Types.sharedOf(look("types"), report)
  }
}
