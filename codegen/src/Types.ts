/**
 * Types from nodes, with every mistake in their form.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { describe, entriesOf, named } from "./Entry.ts"
import type { Place, Report } from "./Mistake.ts"
import * as Notation from "./Notation.ts"
import type * as Source from "./Source.ts"

/**
 * A shared type as it is written.
 *
 * @since 0.1.0
 */
export interface Shared {
  readonly name: string
  readonly type: Notation.Type
  readonly note: Notation.Note
  readonly at: Place
}

/**
 * The name of a shared type.
 *
 * @since 0.1.0
 */
export type Reference = Extract<Notation.Type, { readonly _tag: "Name" }>

/**
 * The key that a type stands under.
 *
 * @since 0.1.0
 */
export type Where = "query" | "multipart" | "body" | "returns" | "fields" | "reply" | "types"

/**
 * What a type is read for: the key it stands under, and whether it belongs to the outermost object there.
 *
 * @since 0.1.0
 */
export interface Context {
  readonly where: Where
  readonly top: boolean
  readonly report: Report
}

const below = (context: Context): Context => (context.top ? { ...context, top: false } : context)

const anything: Notation.Type = { _tag: "Word", word: "any" }

const expressionOf = (node: Source.Text, { report }: Context): Notation.Expression => {
  const found = Notation.expression(node.text.replaceAll(/\s+/g, " ").trim(), node.at)
  if (Result.isSuccess(found)) return found.success
  report(node.at, found.failure)
  return { type: anything, given: undefined }
}

/** Words that only stand in some places. */
const checkWord = (type: Notation.Type, at: Place, { report, top, where }: Context): void => {
  if (type._tag !== "Word") return
  const isFile = type.word === "file" && !(where === "multipart" && top)
  if (isFile) report(at, "`file` outside a form; expected it as a field of `multipart`, or as `returns: file`")
  if (type.word === "bytes") report(at, "`bytes` as a field; expected it as `body: bytes`")
}

/** A type that stands where nothing can be given in its place: in a list, in JSON text. */
const typeOf = (node: Source.Node, context: Context): Notation.Type => {
  if (node._tag === "List") return listOf(node, context)
  if (node._tag === "Map") return mapOf(node, context)
  const { given, type } = expressionOf(node, context)
  if (given !== undefined)
    context.report(node.at, "a constant or default of something that is no field; expected a type")
  checkWord(type, node.at, context)
  return type
}

const listOf = (node: Source.List, context: Context): Notation.Type => {
  const [item, ...more] = node.items
  if (item === undefined || more.length > 0) {
    context.report(node.at, `a list of ${node.items.length} types; expected one, the type of its items`)
  }
  return { _tag: "List", of: item === undefined ? anything : typeOf(item, below(context)) }
}

const mapOf = (node: Source.Map, context: Context): Notation.Type => {
  const [only, ...others] = node.entries
  if (only === undefined || others.length > 0) return fieldsOf(node, context)
  if (Notation.isJsonKey(only.key)) return { _tag: "Json", of: typeOf(only.value, below(context)) }
  const by = Notation.tagOf(only.key)
  return by === undefined ? fieldsOf(node, context) : variantsOf(by, only, below(context))
}

const variantsOf = (by: string, entry: Source.Entry, context: Context): Notation.Type => {
  const entries = entriesOf(entry.value, `a shape for each value of \`${by}\``, context.report)
  const names = named(entries, (name) => name !== "", "a value", context.report)
  const cases = names.flatMap(({ at, key, value }) =>
    key === "(else)" ? [] : [{ value: key, type: typeOf(value, context), at }]
  )
  const otherwise = names.find(({ key }) => key === "(else)")?.value
  if (cases.length === 0) context.report(entry.at, `no shapes; expected one for each value of \`${by}\``)
  return {
    _tag: "Variants",
    by,
    cases,
    otherwise: otherwise === undefined ? undefined : typeOf(otherwise, context),
    at: entry.at
  }
}

/**
 * An object.
 *
 * @since 0.1.0
 */
export const fieldsOf = (node: Source.Map, context: Context): Notation.Fields => {
  const members = node.entries.flatMap((entry) => memberOf(entry, context))
  const names = new Set<string>()
  for (const member of members) {
    const name = member._tag === "Field" ? member.name : member._tag === "Rest" ? "<key>" : "..."
    if (names.has(name)) context.report(member.at, `the field \`${name}\` twice; expected it once`)
    names.add(name)
  }
  return { _tag: "Fields", members, at: node.at }
}

type Member = Notation.Fields["members"][number]

const memberOf = (entry: Source.Entry, context: Context): ReadonlyArray<Member> => {
  const { at, key, note } = entry
  if (key === "...") return spreadOf(entry, context)
  if (/^<[^<>]*>$/.test(key)) return [{ _tag: "Rest", type: typeOf(entry.value, below(context)), note, at }]
  if (Notation.isJsonKey(key) || Notation.tagOf(key) !== undefined) {
    context.report(at, `\`${key}\` beside other fields; expected it alone in the map of a field`)
    return []
  }
  const [, name = "", sign = ""] = /^(.*?)([?!]?)$/.exec(key) ?? []
  if (name === "" || name === "__proto__" || /^[(<]|[?!>\s]/.test(name)) {
    context.report(at, `the field name \`${key}\`; expected a name, \`name?\`, \`name!\`, \`...\` or \`<key>\``)
    return []
  }
  return [fieldOf(name, sign === "?" ? "maybe" : sign === "!" ? "sure" : "plain", entry, context)]
}

const spreadOf = ({ at, value }: Source.Entry, { report }: Context): ReadonlyArray<Member> => {
  const name = value._tag === "Text" ? value.text.trim() : ""
  if (Notation.isTypeName(name)) return [{ _tag: "Spread", name, at: value.at }]
  report(at, `${describe(value)} behind \`...\`; expected the name of a shared type`)
  return []
}

const fieldOf = (
  name: string,
  presence: Notation.Field["presence"],
  entry: Source.Entry,
  context: Context
): Notation.Field => {
  const { at, key, note, value } = entry
  const isText = value._tag === "Text"
  const { given, type } = isText
    ? expressionOf(value, context)
    : { given: undefined, type: typeOf(value, below(context)) }
  if (isText) checkWord(type, value.at, context)
  if (presence !== "plain" && given !== undefined) {
    context.report(at, `\`${key.slice(-1)}\` on a field that is sent without being given; expected \`${name}\``)
  }
  return { _tag: "Field", name, presence, type, given, note, at }
}

/**
 * The shared types of a file.
 *
 * @since 0.1.0
 */
export const sharedOf = (entry: Source.Entry | undefined, report: Report): ReadonlyArray<Shared> => {
  if (entry === undefined) return []
  const entries = entriesOf(entry.value, "a map of shared types", report)
  return named(entries, Notation.isTypeName, "a name in PascalCase", report).map(({ at, key, note, value }) => ({
    name: key,
    type: typeOf(value, { where: "types", top: true, report }),
    note,
    at
  }))
}
