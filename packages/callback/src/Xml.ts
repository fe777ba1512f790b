/**
 * The XML of pushes and replies, as plain objects.
 *
 * Reading is strict: no document type, no processing instructions, no entities but the five that XML has, no characters that
 * XML does not allow, and limits on depth and number of elements. One thing is tolerated: control characters as they stand
 * in users' texts.
 *
 * @since 0.1.0
 */
import {
  parseXml,
  XmlCdata,
  type XmlDocument,
  XmlDocumentType,
  XmlElement,
  XmlProcessingInstruction,
  XmlText
} from "@rgrove/parse-xml"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/**
 * The text is not XML, or more of it than is taken. It says nothing of the content.
 *
 * @since 0.1.0
 */
export class XmlError extends Schema.TaggedError<XmlError>("@wechat/callback/XmlError")("XmlError", {
  /** What is wrong. */
  detail: Schema.String
}) {
  override get message(): string {
    return `not the XML of a push: ${this.detail}`
  }
}

/**
 * An element: its text, or its elements by name; those that are repeated as a list.
 *
 * @since 0.1.0
 */
export type Node = string | Tree | ReadonlyArray<string | Tree>

/**
 * Elements by name.
 *
 * @since 0.1.0
 */
export interface Tree {
  readonly [name: string]: Node
}

/** How deep elements may be nested, how much markup there may be, and how many characters an attribute may have. */
const deepest = 16
const most = 20_000
const longest = 1024

// oxlint-disable no-control-regex -- these are the characters to find
/** What needs a closer look; most texts have none of it. */
const odd = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\uD800-\uDFFF\uFFFE\uFFFF]/
/** What no XML may hold, and JavaScript strings can. */
const forbidden = /[\u0000\uFFFE\uFFFF\p{Surrogate}]/u
const controls = /[\u0001-\u0008\u000b\u000c\u000e-\u001f]/g
const unwritable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\uFFFE\uFFFF\p{Surrogate}]/gu
// oxlint-enable no-control-regex
const veils = /[\u{10ff01}-\u{10ff1f}]/gu

/** Private characters that stand for control characters while a strict parser looks. */
const veiled = 0x10ff00
const veil = (text: string): string => text.replace(controls, (one) => String.fromCodePoint(veiled + one.charCodeAt(0)))
const unveil = (text: string): string =>
  text.replace(veils, (one) => String.fromCharCode((one.codePointAt(0) ?? veiled) - veiled))

const fail = (detail: string): never => {
  throw new XmlError({ detail })
}

const blank = /^[ \t\r\n]*$/

/** Whether there are more than {@link most} tags and sections, which is known before anything is built from them. */
const isVast = (source: string): boolean => {
  let count = 0
  for (let at = source.indexOf("<"); at >= 0; at = source.indexOf("<", at + 1)) if (++count > most) return true
  return false
}

const document = (source: string): XmlDocument => {
  try {
    return parseXml(source, { preserveCdata: true, preserveDocumentType: true })
  } catch {
    // What the parser says quotes the document.
    return fail("it is not well formed")
  }
}

/** Makes of an element what it holds; `text` gives texts back what was hidden from the parser. */
class Reader {
  readonly text: (text: string) => string

  constructor(text: (text: string) => string) {
    this.text = text
  }

  read({ attributes, children }: XmlElement, depth: number): string | Tree {
    if (depth > deepest) fail(`elements more than ${deepest} deep`)
    for (const name in attributes) if ((attributes[name] ?? "").length > longest) fail("too large an attribute")
    let tree: { [name: string]: Growing } | undefined
    let text = ""
    let hasData = false
    for (const child of children) {
      if (child instanceof XmlElement) {
        tree ??= {}
        put(tree, child.name, this.read(child, depth + 1))
      } else if (child instanceof XmlText) {
        const isData = child instanceof XmlCdata
        // White space around a CDATA section is layout.
        if (isData && !hasData && blank.test(text)) text = ""
        if (isData || !hasData || !blank.test(child.text)) text += child.text
        hasData ||= isData
      } else if (child instanceof XmlProcessingInstruction) fail("a processing instruction")
    }
    return tree ?? this.text(text)
  }
}

/** A node while it is read. */
type Growing = string | Tree | Array<string | Tree>

const isList = (node: Growing): node is Array<string | Tree> => Array.isArray(node)

const put = (tree: { [name: string]: Growing }, name: string, value: string | Tree): void => {
  if (name === "__proto__") fail("an element with the name __proto__")
  const seen = Object.hasOwn(tree, name) ? tree[name] : undefined
  if (seen === undefined) tree[name] = value
  else if (isList(seen)) seen.push(value)
  else tree[name] = [seen, value]
}

const same = (text: string): string => text

const read = (source: string): Tree => {
  const isOdd = odd.test(source)
  if (isOdd && forbidden.test(source)) fail("a character that XML does not allow")
  if (isVast(source)) fail(`more than ${most} tags`)
  const { children, root } = document(isOdd ? veil(source) : source)
  for (const child of children) {
    if (child instanceof XmlDocumentType) fail("a document type")
    if (child instanceof XmlProcessingInstruction) fail("a processing instruction")
  }
  if (root?.name !== "xml") return fail("the outermost element is not xml")
  const tree = new Reader(isOdd ? unveil : same).read(root, 1)
  return typeof tree === "string" ? {} : tree
}

/**
 * Reads a document whose outermost element is `xml`.
 *
 * @since 0.1.0
 */
export const parse = (source: string): Result.Result<Tree, XmlError> => {
  try {
    return Result.succeed(read(source))
  } catch (error) {
    if (error instanceof XmlError) return Result.fail(error)
    throw error
  }
}

const writable = (text: string): string => (odd.test(text) ? text.replace(unwritable, "") : text)

const data = (text: string): string => `<![CDATA[${writable(text).replaceAll("]]>", "]]]]><![CDATA[>")}]]>`

const element = (name: string, value: unknown): string => {
  if (value === undefined || value === null) return ""
  if (Array.isArray(value)) return value.map((one) => element(name, one)).join("")
  if (typeof value === "object") return `<${name}>${elements(value)}</${name}>`
  if (typeof value === "string") return `<${name}>${data(value)}</${name}>`
  return typeof value === "number" || typeof value === "bigint" || typeof value === "boolean"
    ? `<${name}>${value}</${name}>`
    : ""
}

const elements = (fields: object): string =>
  Object.entries(fields)
    .map(([name, value]) => element(name, value))
    .join("")

/**
 * Writes a document: text as CDATA, numbers and booleans bare, lists as repeated elements; `undefined` is left out, and so are
 * characters that XML cannot hold.
 *
 * @since 0.1.0
 */
export const write = (fields: Readonly<Record<string, unknown>>): string => `<xml>${elements(fields)}</xml>`
