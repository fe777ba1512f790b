/** Bytes to fields: XML or JSON, by the first character. */
import * as Json from "@wechat/core/Json"
import * as Result from "effect/Result"
import type { Format } from "../Push.ts"
import * as Xml from "../Xml.ts"

type Fields = Readonly<Record<string, unknown>>

export interface Tree {
  readonly format: Format
  readonly fields: Fields
}

const strict = new TextDecoder("utf-8", { fatal: true })

export const textOf = (bytes: Uint8Array): string | undefined => {
  try {
    return strict.decode(bytes)
  } catch {
    return undefined
  }
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const deepest = 16
const most = 10_000
// oxlint-disable-next-line no-control-regex -- this is the character to find
const forbidden = /[\u0000\p{Surrogate}]/u

/** Whether a value is as deep and large as a push may be, and its texts hold what texts may. */
const isBounded = (root: unknown): boolean => {
  let left = most
  const isFine = (value: unknown, depth: number): boolean => {
    if (--left < 0 || depth > deepest) return false
    if (typeof value === "string") return !forbidden.test(value)
    if (typeof value !== "object" || value === null) return true
    if (Array.isArray(value)) return value.every((one) => isFine(one, depth + 1))
    return Object.entries(value).every(
      ([name, one]) => name !== "__proto__" && !forbidden.test(name) && isFine(one, depth + 1)
    )
  }
  return isFine(root, 0)
}

const json = (text: string): Fields | undefined => {
  try {
    const value = Json.parse(text)
    return isFields(value) && isBounded(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** `undefined`: neither of the two, or not as a push may be. */
export const parse = (text: string): Tree | undefined => {
  const start = text.trimStart()
  if (start.startsWith("{")) {
    const fields = json(start)
    return fields === undefined ? undefined : { format: "json", fields }
  }
  const fields = start.startsWith("<") ? Result.getOrUndefined(Xml.parse(start)) : undefined
  return fields === undefined ? undefined : { format: "xml", fields }
}
