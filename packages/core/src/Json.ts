/**
 * JSON as WeChat writes it: integers of any size, exactly, and strings with raw control characters.
 *
 * @since 0.1.0
 */

/** What `JSON.parse` tells a reviver about a value: the text that it stood in. */
interface Source {
  readonly source?: string
}

/** Digits of the first integer that a `number` cannot hold; what has only shorter ones is read without a second look. */
const long = 16

const isDigit = (code: number): boolean => code >= 48 && code <= 57

/**
 * Whether so many digits stand in a row. One of them is at a multiple of that length, and only there is it looked for: 16 µs
 * for 100 kB, where a regular expression takes 57 and `JSON.parse` 48.
 */
const hasLong = (text: string): boolean => {
  for (let at = long - 1; at < text.length; at += long) {
    if (!isDigit(text.charCodeAt(at))) continue
    let first = at
    let end = at + 1
    while (isDigit(text.charCodeAt(first - 1))) first--
    while (isDigit(text.charCodeAt(end))) end++
    if (end - first >= long) return true
  }
  return false
}

const integer = /^-?\d+$/
// oxlint-disable-next-line no-control-regex -- these are the characters to find
const control = /[\u0000-\u001f]/
// oxlint-disable-next-line no-control-regex -- as above
const controls = /[\u0000-\u001f]/g
const strings = /"[^"\\]*(?:\\[^][^"\\]*)*"/g

const exactNumber = (_key: string, value: unknown, context: Source = {}): unknown =>
  typeof value === "number" &&
  !Number.isSafeInteger(value) &&
  context.source !== undefined &&
  integer.test(context.source)
    ? BigInt(context.source)
    : value

const read = (text: string): unknown => (hasLong(text) ? JSON.parse(text, exactNumber) : JSON.parse(text))

const escapeControl = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

/**
 * Reads JSON. An integer that a `number` cannot hold becomes a `bigint`; a control character that stands raw inside a
 * string, as nicknames have them, is taken as it is. Throws a `SyntaxError` for anything else that is not JSON.
 *
 * @since 0.1.0
 */
export const parse = (text: string): unknown => {
  const json = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  try {
    return read(json)
  } catch (error) {
    if (!control.test(json)) throw error
    return read(json.replace(strings, (string) => string.replace(controls, escapeControl)))
  }
}

/** The standard's way to write a number that no JavaScript number can hold; absent in older engines. */
const rawJSON: unknown = Reflect.get(JSON, "rawJSON")

const exactText = (_key: string, value: unknown): unknown => {
  if (typeof value !== "bigint") return value
  if (typeof rawJSON !== "function") throw new TypeError("this JavaScript engine cannot write 64-bit integers as JSON")
  return rawJSON(String(value))
}

/**
 * Writes JSON without spaces, a `bigint` as the number that it is. Throws a `TypeError` for what JSON cannot hold.
 *
 * @since 0.1.0
 */
export const stringify = (value: unknown): string => JSON.stringify(value, exactText) ?? "null"
