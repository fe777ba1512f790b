/** Objects: the codecs that the fields of every request and answer run through. */
import type { AnyCodec, Codec } from "../../Wire.ts"
import { missing, missingOrBlank } from "./absent.ts"
import { Mismatch } from "./mismatch.ts"

type Presence = "plain" | "maybe" | "sure"

const presenceOf = (codec: AnyCodec): Presence => {
  switch (codec.shape._tag) {
    case "Maybe":
    case "Preset":
      return "maybe"
    case "Sure":
      return "sure"
    default:
      return "plain"
  }
}

interface Slot {
  readonly name: string
  /** Whether every object has something of that name. */
  readonly isInherited: boolean
  readonly codec: Codec<unknown>
  readonly presence: Presence
}

const slotsOf = (fields: Readonly<Record<string, AnyCodec>>): ReadonlyArray<Slot> =>
  Object.entries(fields).map(([name, codec]) => ({
    name,
    isInherited: name in Object.prototype,
    codec: codec as Codec<unknown>,
    presence: presenceOf(codec)
  }))

type Loose = Record<string, unknown>

const isObject = (value: unknown): value is Readonly<Loose> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const noObject = (value: unknown): boolean => missingOrBlank(value) || (Array.isArray(value) && value.length === 0)

const put = (target: Loose, name: string, value: unknown): void => {
  if (name === "__proto__")
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
  else target[name] = value
}

// What most fields hold is never "nothing", and need not ask their codecs.
const isThere = (value: unknown): boolean => typeof value === "number" || (typeof value === "string" && value !== "")

const readSlots = (slots: ReadonlyArray<Slot>, source: Readonly<Loose>, target: Loose): void => {
  let name = ""
  try {
    for (const slot of slots) {
      name = slot.name
      const value = slot.isInherited && !Object.hasOwn(source, name) ? undefined : source[name]
      if (isThere(value) || (value !== undefined && !slot.codec.absent(value))) target[name] = slot.codec.read(value)
      else if (slot.presence === "plain") target[name] = slot.codec.empty()
      else if (slot.presence === "sure") throw new Mismatch("a value", undefined)
    }
  } catch (error) {
    throw Mismatch.under(error, name)
  }
}

const writeSlots = (slots: ReadonlyArray<Slot>, source: Readonly<Loose>, target: Loose): void => {
  let name = ""
  try {
    for (const slot of slots) {
      name = slot.name
      const value = source[name]
      if (value === undefined && slot.presence !== "maybe") {
        if (slot.codec.shape._tag === "Any") continue
        throw new Mismatch("a value", undefined)
      }
      const written = slot.codec.write(value)
      if (written !== undefined) target[name] = written
    }
  } catch (error) {
    throw Mismatch.under(error, name)
  }
}

export const objectCodec = <T>(fields: Readonly<Record<string, AnyCodec>>, rest: AnyCodec | undefined): Codec<T> => {
  const slots = slotsOf(fields)
  const extra = rest as Codec<unknown> | undefined
  const read = (value: unknown): T => {
    const source = noObject(value) ? {} : value
    if (!isObject(source)) throw new Mismatch("an object", value)
    const target: Loose = {}
    readSlots(slots, source, target)
    if (extra !== undefined) readRest(extra, fields, source, target)
    return target as T
  }
  return {
    shape: { _tag: "Struct", fields, rest },
    read,
    write: (value) => {
      if (!isObject(value)) throw new Mismatch("an object", value)
      const target: Loose = {}
      writeSlots(slots, value, target)
      if (extra !== undefined) writeRest(extra, fields, value, target)
      return target
    },
    empty: () => read({}),
    absent: noObject
  }
}

const readRest = (rest: Codec<unknown>, fields: object, source: Readonly<Loose>, target: Loose): void => {
  for (const name of Object.keys(source)) {
    if (Object.hasOwn(fields, name) || missing(source[name])) continue
    try {
      put(target, name, rest.read(source[name]))
    } catch (error) {
      throw Mismatch.under(error, name)
    }
  }
}

const writeRest = (rest: Codec<unknown>, fields: object, source: Readonly<Loose>, target: Loose): void => {
  for (const name of Object.keys(source)) {
    if (Object.hasOwn(fields, name) || source[name] === undefined) continue
    try {
      put(target, name, rest.write(source[name]))
    } catch (error) {
      throw Mismatch.under(error, name)
    }
  }
}

/** One object codec for each value of a field, and one for all other values. */
export const variantsCodec = <T>(
  by: string,
  cases: Readonly<Record<string, AnyCodec>>,
  otherwise: AnyCodec
): Codec<T> => {
  const byValue = new Map(Object.entries(cases).map(([value, codec]) => [value, codec as Codec<T>]))
  const rest = otherwise as Codec<T>
  const pick = (value: unknown): Codec<T> => (isObject(value) ? (byValue.get(String(value[by])) ?? rest) : rest)
  return {
    shape: { _tag: "Variants", by, cases, otherwise },
    read: (value) => pick(value).read(value),
    write: (value) => pick(value).write(value),
    empty: rest.empty,
    absent: noObject
  }
}
