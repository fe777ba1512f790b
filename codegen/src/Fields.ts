/**
 * How the fields of two types differ, and which differences break those who call.
 *
 * @since 0.1.0
 */
import type * as Change from "./Change.ts"
import type * as Model from "./Model.ts"
import type * as Names from "./Names.ts"
import { words } from "./Notation.ts"
import * as Print from "./Print.ts"
import { isOptional } from "./Sides.ts"

/**
 * A difference at a field.
 *
 * @since 0.1.0
 */
export interface Difference {
  readonly field: string
  readonly what: Change.Part
  readonly breaking: boolean
  readonly from?: string
  readonly to?: string
}

/**
 * What two types are compared in. `same` takes the types that both name, which are compared once, on their own.
 *
 * @since 0.1.0
 */
export interface Sight {
  readonly side: Model.Side
  readonly before: Names.Look
  readonly after: Names.Look
  readonly same: (before: Names.Named, after: Names.Named) => void
}

type Found = ReadonlyArray<Difference>

interface Walk extends Sight {
  /** The pairs of shared types that lead to this place. */
  readonly trail: ReadonlyArray<string>
}

// ---------------------------------------------------------------------------------------------------------------------
// Types as text
// ---------------------------------------------------------------------------------------------------------------------

/**
 * A type in the notation, with objects left open.
 *
 * @since 0.1.0
 */
export const text = (type: Model.Type): string => {
  switch (type._tag) {
    case "Literals":
      return type.values
        .map((value) => (typeof value === "string" && /^-?\d/.test(value) ? `"${value}"` : value))
        .join(" | ")
    case "List":
      return `[${text(type.of)}]`
    case "Joined":
      return `${text(type.of)} joined ${JSON.stringify(type.separator)}`
    case "Json":
      return `(json) ${text(type.of)}`
    case "Reference":
      return type.name
    case "Word":
      return type.word
    default:
      return "{ ... }"
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Types
// ---------------------------------------------------------------------------------------------------------------------

const anything: Model.Type = { _tag: "Word", word: "any" }

/** A type behind all names. */
const behind = (type: Model.Type, look: Names.Look, trail: ReadonlyArray<string> = []): Model.Type => {
  if (type._tag !== "Reference") return type
  const target = trail.includes(type.name) ? undefined : look(type.name)
  return target === undefined ? anything : behind(target.shared.type, look, [...trail, type.name])
}

/** A type as TypeScript sees it: JSON text is what it holds, and a joined list is a list. */
const seen = (type: Model.Type, look: Names.Look): Model.Type => {
  const found = behind(type, look)
  if (found._tag === "Json") return seen(found.of, look)
  return found._tag === "Joined" ? { _tag: "List", of: found.of } : found
}

/** How a type travels, where TypeScript does not see it. */
const travels = (type: Model.Type, look: Names.Look): string => {
  const found = behind(type, look)
  return found._tag === "Json" ? "json" : found._tag === "Joined" ? `joined ${found.separator}` : ""
}

const typeOf = (type: Model.Type): string =>
  type._tag === "Word" ? words[type.word].type : type._tag === "Literals" ? typeof type.values[0] : type._tag

/** Whether every value of a type without fields is one of another. What is open takes all values of its kind. */
const fits = (from: Model.Type, to: Model.Type, isOpen: boolean): boolean => {
  if (to._tag === "Word" && to.word === "any") return true
  if (to._tag !== "Literals" || isOpen) return typeOf(from) === typeOf(to)
  return from._tag === "Literals" && from.values.every((value) => to.values.includes(value))
}

const isObject = (type: Model.Type): type is Model.Shape => type._tag === "Struct" || type._tag === "Variants"

const leaf = (before: Model.Type, after: Model.Type, side: Model.Side): boolean =>
  side === "input" ? fits(before, after, false) : fits(after, before, true)

/**
 * How two types differ, and all fields in them.
 *
 * @since 0.1.0
 */
export const types = (before: Model.Type, after: Model.Type, sight: Sight): Found =>
  both(before, after, "", { ...sight, trail: [] })

const both = (before: Model.Type, after: Model.Type, field: string, walk: Walk): Found => {
  if (before._tag === "Reference" && after._tag === "Reference" && before.name === after.name) {
    const [old, now] = [walk.before(before.name), walk.after(after.name)]
    if (old !== undefined && now !== undefined) walk.same(old, now)
    return []
  }
  const step = [before, after].map((type) => (type._tag === "Reference" ? type.name : "")).join(" ")
  if (step !== " " && walk.trail.includes(step)) return []
  const [old, now] = [seen(before, walk.before), seen(after, walk.after)]
  const changed = (breaking: boolean): Difference => ({
    field,
    what: "type",
    breaking,
    from: text(before),
    to: text(after)
  })
  const inner = { ...walk, trail: step === " " ? walk.trail : [...walk.trail, step] }
  const isElsewhere = travels(before, walk.before) !== travels(after, walk.after)
  const way = isElsewhere ? [changed(false)] : []
  if (isObject(old) && isObject(now)) return [...way, ...shapes(old, now, field, inner)]
  if (old._tag === "List" && now._tag === "List") return [...way, ...both(old.of, now.of, `${field}[]`, inner)]
  if (old._tag === "Literals" && now._tag === "Literals" && old.values.some((value) => now.values.includes(value)))
    return [...way, ...literals(old, now, field, walk.side)]
  return text(old) === text(now) && old._tag === now._tag ? way : [changed(!leaf(old, now, walk.side))]
}

type Literals = Extract<Model.Type, { readonly _tag: "Literals" }>

/** The values that are gone and those that are new. */
const literals = (before: Literals, after: Literals, field: string, side: Model.Side): Found => {
  const lost = before.values.filter((value) => !after.values.includes(value))
  const gained = after.values.filter((value) => !before.values.includes(value))
  if (lost.length + gained.length === 0) return []
  return [
    {
      field,
      what: "literals",
      breaking: side === "input" && lost.length > 0,
      ...(lost.length === 0 ? {} : { from: text({ ...before, values: lost }) }),
      ...(gained.length === 0 ? {} : { to: text({ ...after, values: gained }) })
    }
  ]
}

// ---------------------------------------------------------------------------------------------------------------------
// Objects
// ---------------------------------------------------------------------------------------------------------------------

/** One of the objects that a shape may be, and the values of its fields that say so. */
interface Choice {
  readonly label: string
  readonly tags: ReadonlyArray<string>
  readonly struct: Model.Struct
}

/** The objects that a shape may be; the one for all other values comes last. */
const choices = (shape: Model.Shape): ReadonlyArray<Choice> => {
  if (shape._tag === "Struct") return [{ label: "", tags: [], struct: shape }]
  const { by, cases, otherwise } = shape
  const one = (of: Model.Shape, label: string): ReadonlyArray<Choice> =>
    choices(of).map((choice) => ({
      label: [label, choice.label].filter((each) => each !== "").join(", "),
      tags: [by, ...choice.tags],
      struct: choice.struct
    }))
  return [...cases.flatMap(({ shape: of, value }) => one(of, `${by} ${value}`)), ...one(otherwise, "")]
}

const shapes = (before: Model.Shape, after: Model.Shape, field: string, walk: Walk): Found => {
  const [old, now] = [choices(before), choices(after)]
  const tags = new Set([...old, ...now].flatMap((choice) => choice.tags))
  const labels = new Set([...now, ...old].map(({ label }) => label))
  const told = [...tags].flatMap((name) => maybe(tag(old, name), tag(now, name), field, walk))
  const inside = [...labels].flatMap((label) => {
    const [from, to] = [chosen(old, label), chosen(now, label)]
    const at = label === "" ? field : `${field}(${label})`
    return from === undefined || to === undefined ? [] : structs(from, to, at, tags, walk)
  })
  return [...told, ...inside]
}

/** The object for some values; where they have none of their own, the one for all others. */
const chosen = (all: ReadonlyArray<Choice>, label: string): Model.Struct | undefined =>
  (all.find((choice) => choice.label === label) ?? all.at(-1))?.struct

/** A field that tells objects apart, with the values of all of them. */
const tag = (all: ReadonlyArray<Choice>, name: string): Model.Field | undefined => {
  const fields = all.flatMap(({ struct }) => struct.fields.filter((field) => field.name === name))
  const last = fields.at(-1)
  if (last?.type._tag !== "Literals") return last
  const values = new Set(fields.flatMap(({ type }) => (type._tag === "Literals" ? type.values : [])))
  return { ...last, type: { _tag: "Literals", values: [...values], closed: false } }
}

const structs = (
  before: Model.Struct,
  after: Model.Struct,
  at: string,
  tags: ReadonlySet<string>,
  walk: Walk
): Found => {
  const [old, now] = [before, after].map((struct) => new Map(struct.fields.map((field) => [field.name, field])))
  const names = [...new Set([...(now?.keys() ?? []), ...(old?.keys() ?? [])])].filter((name) => !tags.has(name))
  return [
    ...names.flatMap((name) => maybe(old?.get(name), now?.get(name), at, walk)),
    ...rests(before.rest, after.rest, at, walk)
  ]
}

const below = (at: string, name: string): string => (at === "" ? name : `${at}.${name}`)

const rests = (before: Model.Rest | undefined, after: Model.Rest | undefined, at: string, walk: Walk): Found => {
  const field = below(at, "<key>")
  if (before !== undefined && after !== undefined) return both(before.type, after.type, field, walk)
  if (after !== undefined) return [{ field, what: "added", breaking: false, to: text(after.type) }]
  return before === undefined ? [] : [{ field, what: "removed", breaking: true, from: text(before.type) }]
}

// ---------------------------------------------------------------------------------------------------------------------
// Fields
// ---------------------------------------------------------------------------------------------------------------------

/** A field that may be on one side only. */
const maybe = (before: Model.Field | undefined, after: Model.Field | undefined, at: string, walk: Walk): Found => {
  if (before !== undefined && after !== undefined) return fields(before, after, below(at, after.name), walk)
  if (after !== undefined) return [added(after, below(at, after.name), walk.side)]
  return before === undefined
    ? []
    : [{ field: below(at, before.name), what: "removed", breaking: true, from: written(before) }]
}

const added = (field: Model.Field, at: string, side: Model.Side): Difference => ({
  field: at,
  what: "added",
  breaking: side === "input" && !isOptional(field, side),
  to: written(field)
})

/** A field's type and what is sent where it is left out, in the notation. */
const written = ({ given, name, presence, type }: Model.Field): string => {
  const sign = presence === "maybe" ? "?" : presence === "sure" ? "!" : ""
  const value = given === undefined ? "" : ` ${givenText(given)}`
  const of = given?._tag === "Constant" || given?._tag === "Fill" ? value.trim() : `${text(type)}${value}`
  return `${name}${sign}: ${of}`
}

const givenText = (given: NonNullable<Model.Field["given"]>): string =>
  given._tag === "Fill" ? `$${given.fill}` : `= ${given.value}`

const fields = (before: Model.Field, after: Model.Field, field: string, walk: Walk): Found => [
  ...presences(before, after, field, walk.side),
  ...both(before.type, after.type, field, walk),
  ...(walk.side === "input" ? defaults(before, after, field) : []),
  ...deprecations(before, after, field)
]

/** An input breaks where it becomes required, an answer where what was always there may be absent. */
const presences = (before: Model.Field, after: Model.Field, field: string, side: Model.Side): Found => {
  const [was, is] = [isOptional(before, side), isOptional(after, side)]
  if (was !== is) return [{ field, what: is ? "optional" : "required", breaking: is === (side === "output") }]
  if (side === "input" || (before.presence === "sure") === (after.presence === "sure")) return []
  return [{ field, what: "type", breaking: false, from: written(before), to: written(after) }]
}

const defaults = (before: Model.Field, after: Model.Field, field: string): Found => {
  const [from, to] = [before, after].map(({ given }) => (given === undefined ? "" : givenText(given)))
  const isConstant = before.given?._tag === "Constant" && after.given?._tag === "Constant"
  if (from === undefined || to === undefined || from === to || isConstant) return []
  return [{ field, what: "default", breaking: false, from, to }]
}

const deprecations = (before: Model.Field, after: Model.Field, field: string): Found => {
  const [was, is] = [before, after].map(({ note }) => Print.split(note).deprecated)
  if (was === undefined && is !== undefined) return [{ field, what: "deprecated", breaking: false, to: is }]
  return was !== undefined && is === undefined ? [{ field, what: "no longer deprecated", breaking: false }] : []
}
