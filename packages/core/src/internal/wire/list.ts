/** Lists, and lists that travel as one text. */
import type { Codec } from "../../Wire.ts"
import { missingOrBlank } from "./absent.ts"
import { Mismatch } from "./mismatch.ts"

const isEmptyObject = (value: object): boolean => {
  for (const _ in value) return false
  return true
}

const emptyList = (value: unknown): boolean =>
  missingOrBlank(value) ||
  (typeof value === "object" && value !== null && !Array.isArray(value) && isEmptyObject(value))

const readItems = <T>(item: Codec<T>, values: ReadonlyArray<unknown>): ReadonlyArray<T> => {
  const items = new Array<T>(values.length)
  let at = 0
  try {
    for (; at < values.length; at++) items[at] = item.absent(values[at]) ? item.empty() : item.read(values[at])
  } catch (error) {
    throw Mismatch.under(error, at)
  }
  return items
}

const writeItems = <T>(item: Codec<T>, values: ReadonlyArray<T>): ReadonlyArray<unknown> => {
  if (!Array.isArray(values)) throw new Mismatch("a list", values)
  let at = 0
  try {
    const items = new Array<unknown>(values.length)
    for (; at < values.length; at++) items[at] = item.write(values[at])
    return items
  } catch (error) {
    throw Mismatch.under(error, at)
  }
}

const noItems: ReadonlyArray<never> = []

/** A list; a lone value reads as a list of one, and `null`, `""` and `{}` as none. */
export const list = <T>(item: Codec<T>): Codec<ReadonlyArray<T>> => ({
  shape: { _tag: "List", of: () => item },
  read: (value) =>
    Array.isArray(value) ? readItems(item, value) : emptyList(value) ? noItems : readItems(item, [value]),
  write: (values) => writeItems(item, values),
  empty: () => noItems,
  absent: missingOrBlank
})

/** A list that travels as one text, its items joined by `separator`. A list or a lone number reads as well. */
export const joined = <T>(item: Codec<T>, separator: string): Codec<ReadonlyArray<T>> => ({
  shape: { _tag: "Joined", of: () => item, separator },
  read: (value) =>
    emptyList(value)
      ? noItems
      : readItems(item, Array.isArray(value) ? value : typeof value === "string" ? value.split(separator) : [value]),
  write: (values) => writeItems(item, values).join(separator),
  empty: () => noItems,
  absent: missingOrBlank
})
