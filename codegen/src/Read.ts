/**
 * Catalog files from nodes, with every mistake in their form.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
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
 * What is sent as the body.
 *
 * @since 0.1.0
 */
export type Body = Notation.Fields | Reference | { readonly _tag: "Any" | "Bytes" }

/**
 * What comes back.
 *
 * @since 0.1.0
 */
export type Returns = Notation.Fields | Reference | { readonly _tag: "Any" | "File" }

/**
 * The name of a shared type.
 *
 * @since 0.1.0
 */
export type Reference = Extract<Notation.Type, { readonly _tag: "Name" }>

/**
 * How to walk through pages, as it is written.
 *
 * @since 0.1.0
 */
export interface Page {
  readonly items: Placed
  readonly kind: "offset" | "number" | "cursor"
  readonly field: Placed
  readonly from: Placed
  readonly total: Placed | undefined
  readonly more: Placed | undefined
}

/**
 * The token that an endpoint takes.
 *
 * @since 0.1.0
 */
export type Auth = "access_token" | "component" | "component_access_token" | "none"

/**
 * An endpoint as it is written, with what its group says.
 *
 * @since 0.1.0
 */
export interface Api {
  readonly name: string
  readonly at: Place
  readonly note: Notation.Note
  readonly summary: string
  readonly method: "GET" | "POST"
  readonly path: Placed
  readonly doc: string | undefined
  readonly host: string | undefined
  readonly auth: Auth
  readonly safe: boolean
  readonly safeNote: Notation.Note
  readonly deprecated: string | undefined
  readonly aka: ReadonlyArray<string>
  readonly query: Notation.Fields | undefined
  readonly multipart: Notation.Fields | undefined
  readonly body: Body | undefined
  readonly bodyNote: Notation.Note
  readonly queryNote: Notation.Note
  readonly returns: Returns | undefined
  readonly outputNote: Notation.Note
  readonly page: Page | undefined
}

/**
 * A group file.
 *
 * @since 0.1.0
 */
export interface Group {
  readonly name: string
  readonly at: Place
  readonly note: Notation.Note
  readonly apis: ReadonlyArray<Api>
  readonly types: ReadonlyArray<Shared>
}

/**
 * A product of a root file.
 *
 * @since 0.1.0
 */
export interface Product {
  readonly id: string
  readonly title: string
  readonly files: ReadonlyArray<Placed>
}

/**
 * A root file.
 *
 * @since 0.1.0
 */
export interface Root {
  readonly host: string
  readonly products: ReadonlyArray<Product>
  readonly types: ReadonlyArray<Shared>
}

/**
 * The host that all paths belong to where nothing else is said.
 *
 * @since 0.1.0
 */
export const defaultHost = "api.weixin.qq.com"

/**
 * The keys that each kind of map takes.
 *
 * @since 0.1.0
 */
export const keys = {
  root: ["host", "products", "types"],
  product: ["title", "files"],
  group: ["group", "doc", "host", "auth", "apis", "types"],
  api: [
    "summary",
    "get",
    "post",
    "doc",
    "host",
    "auth",
    "safe",
    "deprecated",
    "aka",
    "query",
    "multipart",
    "body",
    "returns",
    "page"
  ],
  page: ["items", "offset", "number", "cursor", "total", "more"]
} as const

// ---------------------------------------------------------------------------------------------------------------------
// Maps and texts
// ---------------------------------------------------------------------------------------------------------------------

type Look<K extends string> = (key: K) => Source.Entry | undefined

const entriesOf = (node: Source.Node, what: string, report: Report): ReadonlyArray<Source.Entry> => {
  if (node._tag === "Map") return node.entries
  report(node.at, `${describe(node)}; expected ${what}`)
  return []
}

const describe = (node: Source.Node): string =>
  node._tag === "Map"
    ? "a map"
    : node._tag === "List"
      ? "a list"
      : node.text === ""
        ? "nothing"
        : `the text \`${node.text}\``

/** A map whose keys are known: a way to look them up. */
const known = <K extends string>(node: Source.Node, allowed: ReadonlyArray<K>, report: Report): Look<K> => {
  const found = new Map<string, Source.Entry>()
  for (const entry of entriesOf(node, `a map with ${list(allowed)}`, report)) {
    if (!allowed.some((key) => key === entry.key))
      report(entry.at, `unknown key \`${entry.key}\`; ${expected(entry.key, allowed)}`)
    else if (found.has(entry.key)) report(entry.at, `\`${entry.key}\` twice; expected it once`)
    else found.set(entry.key, entry)
  }
  return (key) => found.get(key)
}

const list = (words: ReadonlyArray<string>): string => words.map((word) => `\`${word}\``).join(", ")

/** Entries whose keys are free: those with a fitting name, each once. */
const named = (
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

const textOf = (entry: Source.Entry | undefined, what: string, report: Report): Placed | undefined => {
  if (entry === undefined) return undefined
  const { value } = entry
  if (value._tag === "Text" && value.text.trim() !== "")
    return { text: value.text.trim().replaceAll(/\s+/g, " "), at: value.at }
  report(value.at, `${describe(value)}; expected ${what}`)
  return undefined
}

const textsOf = (entry: Source.Entry | undefined, what: string, report: Report): ReadonlyArray<Placed> => {
  if (entry === undefined) return []
  const items = entry.value._tag === "List" ? entry.value.items : [entry.value]
  if (items.length === 0) report(entry.value.at, `an empty list; expected ${what}`)
  return items.flatMap((value) => {
    const text = textOf({ ...entry, value }, what, report)
    return text === undefined ? [] : [text]
  })
}

const missing = (at: Place, key: string, what: string, report: Report): void =>
  report(at, `\`${key}\` is missing; expected ${what}`)

const hostOf = (entry: Source.Entry | undefined, report: Report): string | undefined => {
  const host = textOf(entry, "the name of a host", report)
  if (host !== undefined && !/^[a-z0-9]+(?:[.-][a-z0-9]+)*(?::\d+)?$/.test(host.text)) {
    report(host.at, `the host \`${host.text}\`; expected only its name, such as \`mp.weixin.qq.com\``)
  }
  return host?.text
}

const auths = ["none", "component", "component_access_token", "access_token"] as const

const authOf = (entry: Source.Entry | undefined, report: Report): Auth | undefined => {
  const text = textOf(entry, list(auths), report)
  const auth = auths.find((each) => each === text?.text)
  if (text !== undefined && auth === undefined)
    report(text.at, `the token \`${text.text}\`; ${expected(text.text, auths)}`)
  return auth
}

// ---------------------------------------------------------------------------------------------------------------------
// Types
// ---------------------------------------------------------------------------------------------------------------------

type Where = "query" | "multipart" | "body" | "returns" | "types"

/** What a type is read for: the key it stands under, and whether it belongs to the outermost object there. */
interface Context {
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

const fieldsOf = (node: Source.Map, context: Context): Notation.Fields => {
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

const sharedOf = (entry: Source.Entry | undefined, report: Report): ReadonlyArray<Shared> => {
  if (entry === undefined) return []
  const entries = entriesOf(entry.value, "a map of shared types", report)
  return named(entries, Notation.isTypeName, "a name in PascalCase", report).map(({ at, key, note, value }) => ({
    name: key,
    type: typeOf(value, { where: "types", top: true, report }),
    note,
    at
  }))
}

// ---------------------------------------------------------------------------------------------------------------------
// Endpoints
// ---------------------------------------------------------------------------------------------------------------------

/** What a group says for all its endpoints. */
interface Defaults {
  readonly doc: Placed | undefined
  readonly host: string | undefined
  readonly auth: Auth | undefined
}

const snake = (name: string): string =>
  name
    .replaceAll(/([a-z0-9])([A-Z])|([A-Z])(?=[A-Z][a-z])/g, (_, low: string | undefined, high: string, cap: string) =>
      low === undefined ? `${cap}_` : `${low}_${high}`
    )
    .toLowerCase()

const isAddress = (text: string): boolean => /^https?:\/\/[^\s/{}]+(?:\/[^\s{}]*)?$/.test(text)

const docOf = (
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

const groupDoc = (entry: Source.Entry | undefined, report: Report): Placed | undefined => {
  const doc = textOf(entry, "an address", report)
  if (doc === undefined) return undefined
  if (isAddress(doc.text.replaceAll(/\{(?:name|snake)\}/g, "x"))) return doc
  report(
    doc.at,
    `the page \`${doc.text}\`; expected an address, with \`{name}\` or \`{snake}\` where the endpoint's name stands`
  )
  return undefined
}

const summaryOf = (at: Place, entry: Source.Entry | undefined, report: Report): string => {
  if (entry === undefined) missing(at, "summary", "one sentence that says what the call does", report)
  const summary = textOf(entry, "a sentence", report)
  if (summary !== undefined && !summary.text.endsWith("."))
    report(summary.at, "a summary without a period; expected a sentence")
  return summary?.text ?? ""
}

const callOf = (
  at: Place,
  look: Look<"get" | "post">,
  report: Report
): { readonly method: "GET" | "POST"; readonly path: Placed } => {
  const [get, post] = [look("get"), look("post")]
  if (get !== undefined && post !== undefined) report(post.at, "`get` and `post`; expected one of them")
  if (get === undefined && post === undefined) report(at, "neither `get` nor `post`; expected one of them")
  const path = textOf(get ?? post, "a path", report) ?? { text: "/", at }
  if (!/^\/[^\s?#{}"\\]*$/.test(path.text)) {
    report(path.at, `the path \`${path.text}\`; expected a leading slash and no \`?\`, \`#\` or spaces`)
  }
  return { method: get === undefined ? "POST" : "GET", path }
}

const safeOf = (entry: Source.Entry | undefined, otherwise: boolean, report: Report): boolean => {
  const text = textOf(entry, "`true` or `false`", report)
  if (text === undefined) return otherwise
  if (text.text !== "true" && text.text !== "false") report(text.at, `\`${text.text}\`; expected \`true\` or \`false\``)
  return text.text === "true"
}

const objectOf = (entry: Source.Entry | undefined, where: Where, report: Report): Notation.Fields | undefined => {
  if (entry === undefined) return undefined
  if (entry.value._tag === "Map") return fieldsOf(entry.value, { where, top: true, report })
  report(entry.value.at, `${describe(entry.value)}; expected fields`)
  return undefined
}

/** Fields, the name of a shared type, or one of some words: what stands behind `body` and `returns`. */
const wholeOf = <T>(
  entry: Source.Entry,
  where: Where,
  others: ReadonlyMap<string, T>,
  report: Report
): Notation.Fields | Reference | T | undefined => {
  const { value } = entry
  const choices = `fields, the name of a shared type, ${[...others.keys()].map((word) => `\`${word}\``).join(" or ")}`
  if (value._tag === "Map") {
    const fields = objectOf(entry, where, report)
    if (where === "returns" && fields?.members.length === 0)
      report(value.at, `no fields; expected no \`returns\` at all`)
    return fields
  }
  if (value._tag === "Text") {
    const text = value.text.trim()
    const other = others.get(text)
    if (other !== undefined) return other
    if (Notation.isTypeName(text)) return { _tag: "Name", name: text, at: value.at }
  }
  report(value.at, `${describe(value)}; expected ${choices}`)
  return undefined
}

const bodies: ReadonlyMap<string, Body> = new Map([
  ["any", { _tag: "Any" }],
  ["bytes", { _tag: "Bytes" }]
])
const answers: ReadonlyMap<string, Returns> = new Map([
  ["file", { _tag: "File" }],
  ["any", { _tag: "Any" }]
])

const pageOf = (entry: Source.Entry | undefined, report: Report): Page | undefined => {
  if (entry === undefined) return undefined
  const look = known(entry.value, keys.page, report)
  const path = (key: "items" | "total" | "more"): Placed | undefined =>
    textOf(look(key), "a field of the answer", report)
  const items = path("items")
  if (look("items") === undefined) missing(entry.at, "items", "the list in the answer", report)
  const kinds = (["offset", "number", "cursor"] as const).filter((kind) => look(kind) !== undefined)
  const [kind, second] = kinds
  if (kind === undefined) report(entry.at, "no way to the next page; expected `offset`, `number` or `cursor`")
  if (second !== undefined) report(look(second)?.at ?? entry.at, `${list(kinds)}; expected one of them`)
  const field = kind === undefined ? undefined : textOf(look(kind), "a field of the input", report)
  if (kind === undefined || field === undefined || items === undefined) return undefined
  return { items, kind, ...wayOf(kind, field, report), total: path("total"), more: path("more") }
}

/** `field`, or `field from path`. */
const wayOf = (kind: Page["kind"], { at, text }: Placed, report: Report): Pick<Page, "field" | "from"> => {
  const [name = "", word, path, ...more] = text.split(" ")
  const isFrom = word === "from" && path !== undefined && more.length === 0 && kind === "cursor"
  if (word !== undefined && !isFrom)
    report(at, `\`${text}\`; expected a field of the input${kind === "cursor" ? ", or `field from path`" : ""}`)
  return { field: { text: name, at }, from: { text: path ?? name, at } }
}

const checkForm = (at: Place, api: Pick<Api, "method" | "multipart" | "body">, report: Report): void => {
  if (api.method === "GET" && (api.body !== undefined || api.multipart !== undefined)) {
    report(at, "a `get` that sends a body; expected `post`, or fields in `query`")
  }
  if (api.multipart !== undefined && (api.body?._tag === "Any" || api.body?._tag === "Bytes")) {
    report(at, "a form and a body that is one value; expected fields behind `body`")
  }
}

const apiOf = ({ at, key, note, value }: Source.Entry, group: Defaults, report: Report): Api => {
  const look = known(value, keys.api, report)
  const { method, path } = callOf(at, look, report)
  const [query, multipart, body, returns] = [look("query"), look("multipart"), look("body"), look("returns")]
  const api: Api = {
    name: key,
    at,
    note,
    summary: summaryOf(at, look("summary"), report),
    method,
    path,
    doc: docOf(key, look("doc"), group.doc, report),
    host: hostOf(look("host"), report) ?? group.host,
    auth: authOf(look("auth"), report) ?? group.auth ?? "access_token",
    safe: safeOf(look("safe"), method === "GET", report),
    safeNote: look("safe")?.note ?? [],
    deprecated: textOf(look("deprecated"), "why, or what to use instead", report)?.text,
    aka: textsOf(look("aka"), "a name, or a list of names", report).map(({ text }) => text),
    query: objectOf(query, "query", report),
    multipart: objectOf(multipart, "multipart", report),
    body: body === undefined ? undefined : wholeOf(body, "body", bodies, report),
    bodyNote: body?.note ?? [],
    queryNote: [...(query?.note ?? []), ...(multipart?.note ?? [])],
    returns: returns === undefined ? undefined : wholeOf(returns, "returns", answers, report),
    outputNote: returns?.note ?? [],
    page: pageOf(look("page"), report)
  }
  checkForm(body?.at ?? multipart?.at ?? at, api, report)
  return api
}

// ---------------------------------------------------------------------------------------------------------------------
// Files
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Whether a file is a root file, that is: not a single group.
 *
 * @since 0.1.0
 */
export const isRoot = (node: Source.Node): boolean =>
  node._tag === "Map" && !node.entries.some(({ key }) => key === "group" || key === "apis")

/**
 * Reads a group file.
 *
 * @since 0.1.0
 */
export const group = (node: Source.Node, report: Report): Group => {
  const look = known(node, keys.group, report)
  const [name, apis] = [look("group"), look("apis")]
  if (node._tag === "Map" && name === undefined) missing(node.at, "group", "the name of the module", report)
  if (node._tag === "Map" && apis === undefined) missing(node.at, "apis", "the endpoints", report)
  const text = textOf(name, "a name in PascalCase", report)
  if (text !== undefined && !Notation.isTypeName(text.text))
    report(text.at, `the group name \`${text.text}\`; expected PascalCase`)
  const defaults = {
    doc: groupDoc(look("doc"), report),
    host: hostOf(look("host"), report),
    auth: authOf(look("auth"), report)
  }
  const entries = apis === undefined ? [] : entriesOf(apis.value, "a map of endpoints", report)
  if (apis?.value._tag === "Map" && entries.length === 0) report(apis.at, "no endpoints; expected at least one")
  const isName = (key: string): boolean => /^[a-z][A-Za-z0-9]*$/.test(key)
  return {
    name: text?.text ?? "",
    at: text?.at ?? node.at,
    note: name?.note ?? [],
    apis: named(entries, isName, "a name in lower camel case", report).map((entry) => apiOf(entry, defaults, report)),
    types: sharedOf(look("types"), report)
  }
}

const productOf = ({ at, key, value }: Source.Entry, report: Report): Product => {
  const look = known(value, keys.product, report)
  if (value._tag === "Map" && look("title") === undefined) missing(at, "title", "what the product is called", report)
  if (value._tag === "Map" && look("files") === undefined) missing(at, "files", "a list of group files", report)
  return {
    id: key,
    title: textOf(look("title"), "what the product is called", report)?.text ?? "",
    files: textsOf(look("files"), "the path of a group file", report)
  }
}

/**
 * Reads a root file.
 *
 * @since 0.1.0
 */
export const root = (node: Source.Node, report: Report): Root => {
  const look = known(node, keys.root, report)
  const products = look("products")
  if (node._tag === "Map" && products === undefined) missing(node.at, "products", "a map of products", report)
  const entries = products === undefined ? [] : entriesOf(products.value, "a map of products", report)
  const isId = (key: string): boolean => /^[a-z][a-z0-9-]*$/.test(key)
  return {
    host: hostOf(look("host"), report) ?? defaultHost,
    products: named(entries, isId, "a name in lower case", report).map((entry) => productOf(entry, report)),
    types: sharedOf(look("types"), report)
  }
}
