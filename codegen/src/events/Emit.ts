/**
 * The TypeScript text of groups of pushes, and of the table that has all of them.
 *
 * @since 0.1.0
 */
import * as Emit from "../Emit.ts"
import type { Report } from "../Mistake.ts"
import type { Note } from "../Notation.ts"
import * as Print from "../Print.ts"
import type * as Model from "./Model.ts"
import type { Kind } from "./Read.ts"

/**
 * What is printed differently for different users.
 *
 * @since 0.1.0
 */
export interface Options extends Emit.Options {
  /** The package whose `events/Event` the output imports. */
  readonly callback: string
}

const fieldOf: Readonly<Record<Kind, "MsgType" | "Event" | "InfoType">> = {
  message: "MsgType",
  event: "Event",
  notice: "InfoType",
  reply: "MsgType"
}

const suffixOf: Readonly<Record<Kind, string>> = {
  message: "Message",
  event: "Event",
  notice: "Notice",
  reply: "Reply"
}

/** What the type of a push is called. */
const typeName = ({ kind, name }: Model.Event): string => {
  const pascal = Print.pascal(name)
  const suffix = suffixOf[kind]
  return pascal.endsWith(suffix) ? pascal : `${pascal}${suffix}`
}

const answerName = (event: Model.Event): string => `${Print.pascal(event.name)}Answer`

/** What a push begins with. */
const baseOf = ({ kind, name }: Model.Event): Print.Base | undefined =>
  kind === "reply"
    ? undefined
    : {
        type: `Event.${suffixOf[kind]}Of<${Print.literal(name)}>`,
        codecs: `...Event.${kind}Of(${Print.literal(name)})`
      }

// ---------------------------------------------------------------------------------------------------------------------
// Entries
// ---------------------------------------------------------------------------------------------------------------------

const formats = { xml: "XML", json: "JSON", both: "XML and JSON" } as const

const ways = ({ aka, format, inside, kind, name }: Model.Event): string => {
  const values = [name, ...aka].map((value) => `\`${value}\``).join(" or ")
  if (kind === "reply") return `\`MsgType\` ${values}`
  const where = inside === undefined ? "" : `; in XML its fields stand inside \`${inside}\``
  return `\`${fieldOf[kind]}\` ${values}, seen as ${formats[format]}${where}`
}

const deprecation = (event: Model.Event): ReadonlyArray<string> => {
  const why = Print.deprecation(event)
  return why === undefined ? [] : [`@deprecated ${why}`.trimEnd()]
}

const docOf = (event: Model.Event): ReadonlyArray<string> => [
  event.summary,
  "",
  ways(event),
  ...Emit.paragraph(Print.split(event.note).text),
  "",
  ...(event.doc === undefined ? [] : [`@see ${event.doc}`]),
  ...deprecation(event),
  `@category ${event.kind === "reply" ? "replies" : `${event.kind}s`}`
]

/** What a type is called, and its codec. */
interface Text {
  readonly type: string
  readonly codec: string
}

/** Declares fields under a name, on top of what they begin with. */
const fieldsText = (fields: Model.Fields, doc: ReadonlyArray<string>, target: Print.Target): Text => {
  const { at, base, name, sheet } = target
  switch (fields._tag) {
    case "Reference":
      return { type: Print.type(fields, target), codec: Print.codec(fields, target) }
    case "Nothing": {
      const type = base === undefined ? "Wire.Empty" : base.type
      sheet.declare(name, at, `${Print.comment(doc)}export type ${name} = ${type}`)
      return { type: name, codec: `Wire.struct({ ${base === undefined ? "" : base.codecs} })` }
    }
    default:
      Print.declareShape(fields, doc, target)
      return { type: name, codec: Print.codec(fields, target) }
  }
}

const noted = (first: string, note: Note): ReadonlyArray<string> => [first, ...Emit.paragraph(note)]

const ownText = (event: Model.Event, file: Emit.Draft): Text => {
  const side = event.kind === "reply" ? "input" : "output"
  const base = baseOf(event)
  const target: Print.Target = { sheet: file.sheet, side, name: typeName(event), at: event.at, base }
  return fieldsText(event.fields, noted(event.summary, event.fieldsNote), target)
}

const answerText = (event: Model.Event, local: string, file: Emit.Draft): Text | undefined => {
  if (event.reply === undefined) return undefined
  const target: Print.Target = { sheet: file.sheet, side: "input", name: answerName(event), at: event.at }
  return fieldsText(event.reply, noted(`What {@link ${local}} is answered with.`, event.replyNote), target)
}

const pairs = (entries: ReadonlyArray<readonly [string, string]>): string =>
  `{ ${entries.map(([name, value]) => `${Print.key(name)}: ${Print.literal(value)}`).join(", ")} }`

const specOf = (event: Model.Event, own: Text, answer: Text | undefined): string => {
  const { aka, doc, format, inside, kind, name, names } = event
  const spec = [
    `name: ${Print.literal(name)}`,
    ...(kind === "reply" ? [] : [`match: ${pairs([[fieldOf[kind], name]])}`]),
    ...(aka.length === 0 ? [] : [`aka: [${aka.map(Print.literal).join(", ")}]`]),
    ...(kind === "reply" ? [] : [`format: ${Print.literal(format)}`]),
    ...(doc === undefined ? [] : [`doc: ${Print.literal(doc)}`]),
    ...(inside === undefined ? [] : [`inside: ${Print.literal(inside)}`]),
    ...(names.length === 0 ? [] : [`names: ${pairs(names)}`]),
    `fields: () => ${own.codec}`,
    ...(answer === undefined ? [] : [`envelope: ${String(event.envelope)}`, `reply: () => ${answer.codec}`])
  ]
  return spec.join(",\n")
}

const localName = (name: string): string => (Emit.reserved.has(name) ? `${name}_` : name)

const addEvent = (event: Model.Event, file: Emit.Draft): void => {
  const { at, kind, name } = event
  const local = localName(name)
  const own = ownText(event, file)
  const answer = answerText(event, local, file)
  const [type, make] =
    kind === "reply"
      ? [`Reply<${own.type}>`, "reply"]
      : answer === undefined
        ? [`Event<${own.type}>`, "make"]
        : [`Answered<${own.type}, ${answer.type}>`, "answered"]
  const exported = local === name ? "export " : ""
  file.sheet.declare(
    local,
    at,
    `${Print.comment(docOf(event))}${exported}const ${local}: Event.${type} = /* @__PURE__ */ Event.${make}({ ${specOf(event, own, answer)} })`
  )
  if (local !== name) file.add(`export { ${local} as ${name} }`)
}

// ---------------------------------------------------------------------------------------------------------------------
// Files
// ---------------------------------------------------------------------------------------------------------------------

const groupFile = (group: Model.Group, { types }: Model.Catalog, options: Options, report: Report): Emit.File => {
  const file = Emit.draft(group.types, types, ["Event"], report)
  for (const event of group.events) addEvent(event, file)
  for (const type of group.types) Emit.addShared(type, "", file)
  const uses = [`import * as Event from ${Print.literal(`${options.callback}/events/Event`)}`]
  const text = file.finish({ ...options, source: group.source, note: group.note, uses })
  return { path: Emit.pathOf(group), text }
}

/** What a group is called in the table: groups of two products may share a name. */
const alias = ({ name, product }: Model.Group): string => `${Print.pascal(product)}${name}`

const rows = (catalog: Model.Catalog, isWanted: (kind: Kind) => boolean) =>
  catalog.groups.flatMap((group) =>
    group.events
      .filter(({ kind }) => isWanted(kind))
      .map((event) => ({ event, value: `${alias(group)}.${event.name}` }))
  )

const tableOf = (
  [type, constant, doc]: readonly [type: string, constant: string, doc: string],
  entries: ReturnType<typeof rows>
): string => {
  const members = entries.map(({ event, value }) => {
    const note = Print.comment([event.summary, ...deprecation(event)])
    return `${note}readonly ${Print.key(event.name)}: typeof ${value}\n`
  })
  const values = entries.map(({ event, value }) => `${Print.key(event.name)}: ${value}`)
  return [
    `${Print.comment([doc])}export type ${type} = { ${members.join("")} }`,
    `${Print.comment([doc])}export const ${constant}: ${type} = { ${values.join(", ")} }`
  ].join("\n\n")
}

const tableFile = (catalog: Model.Catalog): Emit.File => {
  const imports = catalog.groups.map((group) => `import * as ${alias(group)} from "./${Emit.pathOf(group)}"`)
  const [pushes, replies] = [rows(catalog, (kind) => kind !== "reply"), rows(catalog, (kind) => kind === "reply")]
  const parts = [
    `${Emit.headerFor(catalog.source)}${imports.join("\n")}`,
    tableOf(["Pushes", "pushes", "Everything that is pushed, by its `MsgType`, `Event` or `InfoType`."], pushes),
    ...(replies.length === 0
      ? []
      : [tableOf(["Replies", "replies", "Replies to messages, by their `MsgType`."], replies)])
  ]
  return { path: "Table.ts", text: `${parts.join("\n\n")}\n` }
}

/**
 * The files of all groups, shared types and the table, not yet laid out.
 *
 * @since 0.1.0
 */
export const emit = (catalog: Model.Catalog, options: Options, report: Report): ReadonlyArray<Emit.File> => [
  ...catalog.groups.map((group) => groupFile(group, catalog, options, report)),
  ...Emit.typesFile(catalog, options, report),
  tableFile(catalog)
]
