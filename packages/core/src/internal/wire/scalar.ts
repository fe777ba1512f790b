/** Text, numbers, booleans, and literals of them. */
import * as Redacted from "effect/Redacted"
import type { Codec, OpenInt, OpenText } from "../../Wire.ts"
import { missing, missingOrBlank } from "./absent.ts"
import { Mismatch } from "./mismatch.ts"

const readText = (value: unknown): string => {
  if (typeof value === "string") return value
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") return String(value)
  throw new Mismatch("text", value)
}

const writeText = (value: string): string => {
  if (typeof value !== "string") throw new Mismatch("text", value)
  return value
}

/** Text; a number or boolean reads as its text. */
export const text: Codec<string> = {
  shape: { _tag: "Text" },
  read: readText,
  write: writeText,
  empty: () => "",
  absent: missing
}

/** Text that must not be seen: tokens, session keys, app secrets. */
export const secret: Codec<Redacted.Redacted> = {
  shape: { _tag: "Secret" },
  read: (value) => Redacted.make(readText(value)),
  write: (value) => {
    if (!Redacted.isRedacted(value)) throw new Mismatch("a secret, as Redacted.make(text)", value)
    return Redacted.value(value)
  },
  empty: () => Redacted.make(""),
  absent: missing
}

const numeral = /^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*$/

const readNumber = (value: unknown): number => {
  if (typeof value === "number") return value
  if (typeof value === "string" && numeral.test(value)) return Number(value)
  if (typeof value === "boolean") return value ? 1 : 0
  throw new Mismatch("a number", value)
}

const readInt = (value: unknown): number => {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value
  const number = typeof value === "bigint" ? Number(value) : readNumber(value)
  if (Math.abs(number) > Number.MAX_SAFE_INTEGER) throw new Mismatch("a whole number up to 2^53 - 1", value)
  return number
}

const writeInt = (value: number): number => {
  if (!Number.isSafeInteger(value)) throw new Mismatch("a whole number", value)
  return value
}

/** A whole number up to 2^53 − 1; text that spells one reads as it. A larger one is refused rather than rounded. */
export const int: Codec<number> = {
  shape: { _tag: "Int" },
  read: readInt,
  write: writeInt,
  empty: () => 0,
  absent: missingOrBlank
}

/** Any number that JSON can hold; text that spells one reads as it. */
export const float: Codec<number> = {
  shape: { _tag: "Float" },
  read: (value) => (typeof value === "bigint" ? Number(value) : readNumber(value)),
  write: (value) => {
    if (typeof value !== "number" || !Number.isFinite(value)) throw new Mismatch("a finite number", value)
    return value
  },
  empty: () => 0,
  absent: missingOrBlank
}

const digits = /^(?:0|-?[1-9]\d*)$/

/** An identifier that WeChat takes as a number of up to 64 bits: text here, exact in both directions. */
export const id64: Codec<string> = {
  shape: { _tag: "Id64" },
  read: readText,
  write: (value) => {
    if (!digits.test(writeText(value))) return value
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : BigInt(value)
  },
  empty: () => "",
  absent: missing
}

const truths: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  ["true", true],
  ["false", false],
  ["1", true],
  ["0", false],
  ["True", true],
  ["False", false]
])

const readBool = (value: unknown): boolean => {
  if (typeof value === "boolean") return value
  if (typeof value === "number" || typeof value === "bigint") return Number(value) !== 0
  const known = truths.get(value)
  if (known === undefined) throw new Mismatch("true or false", value)
  return known
}

const boolean = (tag: "Bool" | "Flag" | "TextBool", written: (value: boolean) => unknown): Codec<boolean> => ({
  shape: { _tag: tag },
  read: readBool,
  write: (value) => {
    if (typeof value !== "boolean") throw new Mismatch("true or false", value)
    return written(value)
  },
  empty: () => false,
  absent: missingOrBlank
})

/** A boolean, written as `true` or `false`. */
export const bool: Codec<boolean> = boolean("Bool", (value) => value)

/** A boolean, written as `1` or `0`. */
export const flag: Codec<boolean> = boolean("Flag", (value) => (value ? 1 : 0))

/** A boolean, written as `"true"` or `"false"`. */
export const textBool: Codec<boolean> = boolean("TextBool", (value) => (value ? "true" : "false"))

/** Any JSON value, as it is. */
export const any: Codec<unknown> = {
  shape: { _tag: "Any" },
  read: (value) => value,
  write: (value) => value,
  empty: () => undefined,
  absent: missing
}

// Literals are closed for the compiler and open at run time: WeChat adds values before anybody hears of it.
const literals = <T extends string | number>(
  values: ReadonlyArray<T>,
  open: boolean,
  base: Codec<string> | Codec<number>
): Codec<T> => ({
  shape: { _tag: "Literals", values, open },
  read: base.read as (value: unknown) => T,
  write: base.write as (value: T) => unknown,
  empty: base.empty as () => T,
  absent: base.absent
})

/** One of some texts, or one of some numbers: for the compiler no other, at run time any. */
export const oneOf = <const L extends string | number>(...values: ReadonlyArray<L>): Codec<L> =>
  literals(values, false, typeof values[0] === "number" ? int : text)

/** One of some texts, or a text that WeChat adds later. */
export const openText = <const L extends string>(...values: ReadonlyArray<L>): Codec<OpenText<L>> =>
  literals<OpenText<L>>(values, true, text)

/** One of some whole numbers, or one that WeChat adds later. */
export const openInt = <const L extends number>(...values: ReadonlyArray<L>): Codec<OpenInt<L>> =>
  literals<OpenInt<L>>(values, true, int)
