/**
 * Catalog files from nodes, with every mistake in their form.
 *
 * @since 0.1.0
 */
import * as Entry from "./Entry.ts"
import type { Placed } from "./Entry.ts"
import { expected } from "./Mistake.ts"
import type { Place, Report } from "./Mistake.ts"
import * as Notation from "./Notation.ts"
import type * as Source from "./Source.ts"
import * as Types from "./Types.ts"
import type { Reference, Shared } from "./Types.ts"

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
export interface Group extends Entry.Title {
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
 * A path of WeChat's that the catalog does not have, and why.
 *
 * @since 0.1.0
 */
export interface Missing {
  readonly path: Placed
  readonly why: string
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
  readonly missing: ReadonlyArray<Missing>
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
  root: ["host", "products", "types", "missing"],
  product: ["title", "files"],
  missing: ["path", "why"],
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
// Endpoints
// ---------------------------------------------------------------------------------------------------------------------

const hostOf = (entry: Source.Entry | undefined, report: Report): string | undefined => {
  const host = Entry.textOf(entry, "the name of a host", report)
  if (host !== undefined && !/^[a-z0-9]+(?:[.-][a-z0-9]+)*(?::\d+)?$/.test(host.text)) {
    report(host.at, `the host \`${host.text}\`; expected only its name, such as \`mp.weixin.qq.com\``)
  }
  return host?.text
}

const auths = ["none", "component", "component_access_token", "access_token"] as const

const authOf = (entry: Source.Entry | undefined, report: Report): Auth | undefined => {
  const text = Entry.textOf(entry, Entry.list(auths), report)
  const auth = auths.find((each) => each === text?.text)
  if (text !== undefined && auth === undefined)
    report(text.at, `the token \`${text.text}\`; ${expected(text.text, auths)}`)
  return auth
}

/** What a group says for all its endpoints. */
interface Defaults {
  readonly doc: Placed | undefined
  readonly host: string | undefined
  readonly auth: Auth | undefined
}

const callOf = (
  at: Place,
  look: Entry.Look<"get" | "post">,
  report: Report
): { readonly method: "GET" | "POST"; readonly path: Placed } => {
  const [get, post] = [look("get"), look("post")]
  if (get !== undefined && post !== undefined) report(post.at, "`get` and `post`; expected one of them")
  if (get === undefined && post === undefined) report(at, "neither `get` nor `post`; expected one of them")
  const path = Entry.textOf(get ?? post, "a path", report) ?? { text: "/", at }
  if (!/^\/[^\s?#{}"\\]*$/.test(path.text)) {
    report(path.at, `the path \`${path.text}\`; expected a leading slash and no \`?\`, \`#\` or spaces`)
  }
  return { method: get === undefined ? "POST" : "GET", path }
}

const objectOf = (entry: Source.Entry | undefined, where: Types.Where, report: Report): Notation.Fields | undefined => {
  if (entry === undefined) return undefined
  if (entry.value._tag === "Map") return Types.fieldsOf(entry.value, { where, top: true, report })
  report(entry.value.at, `${Entry.describe(entry.value)}; expected fields`)
  return undefined
}

/** Fields, the name of a shared type, or one of some words: what stands behind `body` and `returns`. */
const wholeOf = <T>(
  entry: Source.Entry,
  where: Types.Where,
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
  report(value.at, `${Entry.describe(value)}; expected ${choices}`)
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
  const look = Entry.known(entry.value, keys.page, report)
  const path = (key: "items" | "total" | "more"): Placed | undefined =>
    Entry.textOf(look(key), "a field of the answer", report)
  const items = path("items")
  if (look("items") === undefined) Entry.missing(entry.at, "items", "the list in the answer", report)
  const kinds = (["offset", "number", "cursor"] as const).filter((kind) => look(kind) !== undefined)
  const [kind, second] = kinds
  if (kind === undefined) report(entry.at, "no way to the next page; expected `offset`, `number` or `cursor`")
  if (second !== undefined) report(look(second)?.at ?? entry.at, `${Entry.list(kinds)}; expected one of them`)
  const field = kind === undefined ? undefined : Entry.textOf(look(kind), "a field of the input", report)
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
  const look = Entry.known(value, keys.api, report)
  const { method, path } = callOf(at, look, report)
  const [query, multipart, body, returns] = [look("query"), look("multipart"), look("body"), look("returns")]
  const api: Api = {
    name: key,
    at,
    note,
    summary: Entry.summaryOf(at, look("summary"), report),
    method,
    path,
    doc: Entry.docOf(key, look("doc"), group.doc, report),
    host: hostOf(look("host"), report) ?? group.host,
    auth: authOf(look("auth"), report) ?? group.auth ?? "access_token",
    safe: Entry.truthOf(look("safe"), method === "GET", report),
    safeNote: look("safe")?.note ?? [],
    deprecated: Entry.textOf(look("deprecated"), "why, or what to use instead", report)?.text,
    aka: Entry.textsOf(look("aka"), "a name, or a list of names", report).map(({ text }) => text),
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

/** Keys that only groups have, of endpoints or of pushes. */
const groupKeys: ReadonlySet<string> = new Set(["group", "apis", "messages", "events", "notices", "replies"])

/**
 * Whether a file is a root file, that is: not a single group.
 *
 * @since 0.1.0
 */
export const isRoot = (node: Source.Node): boolean =>
  node._tag === "Map" && !node.entries.some(({ key }) => groupKeys.has(key))

/**
 * Reads a group file.
 *
 * @since 0.1.0
 */
export const group = (node: Source.Node, report: Report): Group => {
  const look = Entry.known(node, keys.group, report)
  const apis = look("apis")
  const title = Entry.groupName(node, look("group"), report)
  if (node._tag === "Map" && apis === undefined) Entry.missing(node.at, "apis", "the endpoints", report)
  const defaults = {
    doc: Entry.groupDoc(look("doc"), report),
    host: hostOf(look("host"), report),
    auth: authOf(look("auth"), report)
  }
  const entries = apis === undefined ? [] : Entry.entriesOf(apis.value, "a map of endpoints", report)
  if (apis?.value._tag === "Map" && entries.length === 0) report(apis.at, "no endpoints; expected at least one")
  const isName = (key: string): boolean => /^[a-z][A-Za-z0-9]*$/.test(key)
  return {
    ...title,
    apis: Entry.named(entries, isName, "a name in lower camel case", report).map((entry) =>
      apiOf(entry, defaults, report)
    ),
    types: Types.sharedOf(look("types"), report)
  }
}

const productOf = ({ at, key, value }: Source.Entry, report: Report): Product => {
  const look = Entry.known(value, keys.product, report)
  if (value._tag === "Map" && look("title") === undefined)
    Entry.missing(at, "title", "what the product is called", report)
  if (value._tag === "Map" && look("files") === undefined) Entry.missing(at, "files", "a list of group files", report)
  return {
    id: key,
    title: Entry.textOf(look("title"), "what the product is called", report)?.text ?? "",
    files: Entry.textsOf(look("files"), "the path of a group file", report)
  }
}

const missingOf = (node: Source.Node, report: Report): ReadonlyArray<Missing> => {
  const look = Entry.known(node, keys.missing, report)
  const path = Entry.textOf(look("path"), "a path", report)
  const why = Entry.textOf(look("why"), "why it is missing", report)
  if (node._tag === "Map" && look("path") === undefined) Entry.missing(node.at, "path", "a path", report)
  if (node._tag === "Map" && look("why") === undefined) Entry.missing(node.at, "why", "why it is missing", report)
  if (path === undefined) return []
  if (!/^\/[^\s#{}"\\]*$/.test(path.text))
    report(path.at, `the path \`${path.text}\`; expected a leading slash and no \`#\` or spaces`)
  return [{ path, why: why?.text ?? "" }]
}

const allMissing = (entry: Source.Entry | undefined, report: Report): ReadonlyArray<Missing> => {
  if (entry === undefined) return []
  const { value } = entry
  const what = "a list of maps with `path` and `why`"
  if (value._tag === "List" && value.items.length > 0) return value.items.flatMap((item) => missingOf(item, report))
  report(value.at, `${value._tag === "List" ? "an empty list" : Entry.describe(value)}; expected ${what}`)
  return []
}

/**
 * Reads a root file.
 *
 * @since 0.1.0
 */
export const root = (node: Source.Node, report: Report): Root => {
  const look = Entry.known(node, keys.root, report)
  const products = look("products")
  if (node._tag === "Map" && products === undefined) Entry.missing(node.at, "products", "a map of products", report)
  const entries = products === undefined ? [] : Entry.entriesOf(products.value, "a map of products", report)
  const isId = (key: string): boolean => /^[a-z][a-z0-9-]*$/.test(key)
  return {
    host: hostOf(look("host"), report) ?? defaultHost,
    products: Entry.named(entries, isId, "a name in lower case", report).map((entry) => productOf(entry, report)),
    types: Types.sharedOf(look("types"), report),
    missing: allMissing(look("missing"), report)
  }
}
