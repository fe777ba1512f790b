/** WeChat's side of message encryption and of its XML, written apart from the server's so that one checks the other. */
import * as Json from "@wechat/core/Json"
import { createCipheriv, createDecipheriv, createHash } from "node:crypto"
import { SaxesParser } from "saxes"

export type Format = "xml" | "json"
export type Fields = { readonly [name: string]: unknown }

export const sign = (...parts: ReadonlyArray<string>): string =>
  createHash("sha1").update(parts.toSorted().join("")).digest("hex")

const keyOf = (aesKey: string): Buffer => Buffer.from(`${aesKey}=`, "base64")

export const seal = (aesKey: string, receiver: string, message: string, random: string): string => {
  const key = keyOf(aesKey)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(Buffer.byteLength(message))
  const plain = Buffer.concat([
    Buffer.from(random.padEnd(16).slice(0, 16)),
    length,
    Buffer.from(message),
    Buffer.from(receiver)
  ])
  const pad = 32 - (plain.length % 32)
  const cipher = createCipheriv("aes-256-cbc", key, key.subarray(0, 16)).setAutoPadding(false)
  return Buffer.concat([cipher.update(plain), cipher.update(Buffer.alloc(pad, pad)), cipher.final()]).toString("base64")
}

/** The message and its receiver; `undefined` where it is none. */
export const open = (
  aesKey: string,
  sealed: string
): { readonly message: string; readonly receiver: string } | undefined => {
  const key = keyOf(aesKey)
  const data = Buffer.from(sealed, "base64")
  if (data.length === 0 || data.length % 32 !== 0) return undefined
  const cipher = createDecipheriv("aes-256-cbc", key, key.subarray(0, 16)).setAutoPadding(false)
  const plain = Buffer.concat([cipher.update(data), cipher.final()])
  const pad = plain.at(-1) ?? 0
  const end = plain.length - pad
  if (pad < 1 || pad > 32 || end < 20) return undefined
  const length = plain.readUInt32BE(16)
  if (20 + length > end) return undefined
  return { message: plain.toString("utf8", 20, 20 + length), receiver: plain.toString("utf8", 20 + length, end) }
}

const element = (name: string, value: unknown): string => {
  if (value === undefined || value === null) return ""
  if (Array.isArray(value)) return value.map((one) => element(name, one)).join("")
  if (typeof value === "object") return `<${name}>${elements(value)}</${name}>`
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") {
    return `<${name}>${value}</${name}>`
  }
  if (typeof value !== "string") return ""
  return `<${name}><![CDATA[${value.replaceAll("]]>", "]]]]><![CDATA[>")}]]></${name}>`
}

const elements = (fields: object): string =>
  Object.entries(fields)
    .map(([name, value]) => element(name, value))
    .join("")

export const write = (format: Format, fields: Fields): string =>
  format === "json" ? Json.stringify(fields) : `<xml>${elements(fields)}</xml>`

interface Element {
  readonly name: string
  text: string
  fields: Record<string, unknown> | undefined
}

/** Throws where the text is not XML. */
const readXml = (text: string): Fields | undefined => {
  const open: Array<Element> = []
  let root: Element | undefined
  const parser = new SaxesParser()
  const say = (text: string) => {
    const element = open.at(-1)
    if (element !== undefined) element.text += text
  }
  parser.on("opentag", ({ name }) => open.push({ name, text: "", fields: undefined }))
  parser.on("text", say)
  parser.on("cdata", say)
  parser.on("closetag", () => {
    const element = open.pop()
    const parent = open.at(-1)
    if (element === undefined || parent === undefined) {
      root = element
      return
    }
    const seen = parent.fields?.[element.name]
    const value = element.fields ?? element.text
    parent.fields = { ...parent.fields, [element.name]: seen === undefined ? value : [seen, value].flat() }
  })
  parser.write(text).close()
  return root?.name === "xml" ? (root.fields ?? {}) : undefined
}

/** The fields of an answer; `undefined` where it is not of this format. */
export const read = (format: Format, text: string): Fields | undefined => {
  try {
    if (format === "xml") return readXml(text)
    const value = Json.parse(text)
    return typeof value === "object" && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}
