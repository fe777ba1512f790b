/**
 * Shapes from what is written: names looked up, spreads written out, variants told apart.
 *
 * @since 0.1.0
 */
import { expected } from "./Mistake.ts"
import type { Place, Report } from "./Mistake.ts"
import type * as Model from "./Model.ts"
import type * as Notation from "./Notation.ts"
import type { Shared } from "./Types.ts"

/**
 * The shared types that a file can name.
 *
 * @since 0.1.0
 */
export interface Scope {
  /** The type of a name; a mistake where there is none. */
  readonly find: (name: string, at: Place) => Shared | undefined
  readonly report: Report
}

/**
 * A scope of these types.
 *
 * @since 0.1.0
 */
export const scope = (types: ReadonlyMap<string, Shared>, report: Report): Scope => ({
  find: (name, at) => {
    const type = types.get(name)
    const what = "a shared type of this file or of the root file"
    if (type === undefined) report(at, `unknown type \`${name}\`; ${expected(name, [...types.keys()], what)}`)
    return type
  },
  report
})

/**
 * The fields of an object with all spreads written out.
 *
 * @since 0.1.0
 */
export interface Open {
  readonly fields: ReadonlyArray<Notation.Field>
  readonly rest: Notation.Rest | undefined
}

/**
 * Writes out the spread of an object. A field of the object itself wins over one that is spread into it.
 *
 * @since 0.1.0
 */
export const open = ({ members }: Notation.Fields, scope: Scope, trail: ReadonlyArray<Shared> = []): Open => {
  const own = new Set(members.flatMap((member) => (member._tag === "Field" ? [member.name] : [])))
  let rest = members.find((member) => member._tag === "Rest")
  const fields = members.flatMap((member): ReadonlyArray<Notation.Field> => {
    if (member._tag === "Field") return [member]
    if (member._tag === "Rest") return []
    const from = openSpread(member, scope, trail)
    rest ??= from.rest
    return from.fields.filter(({ name }) => !own.has(name))
  })
  return { fields, rest }
}

const openSpread = ({ at, name }: Notation.Spread, scope: Scope, trail: ReadonlyArray<Shared>): Open => {
  const shared = scope.find(name, at)
  if (shared === undefined) return { fields: [], rest: undefined }
  if (shared.type._tag !== "Fields") scope.report(at, `\`${name}\` is no object; expected one`)
  if (trail.includes(shared)) scope.report(at, `\`${name}\` is spread into itself; expected another type`)
  if (shared.type._tag !== "Fields" || trail.includes(shared)) return { fields: [], rest: undefined }
  return open(shared.type, scope, [...trail, shared])
}

// ---------------------------------------------------------------------------------------------------------------------
// Variants
// ---------------------------------------------------------------------------------------------------------------------

/** What is known about the fields that tell variants apart: their value, or that it is none of the listed ones. */
type Known = ReadonlyMap<string, Notation.Literal | undefined>

/** The `(by field)`s within a type whose field is not inside that type itself. */
const unbound = (type: Notation.Type, scope: Scope): ReadonlyArray<Notation.Variants> => {
  switch (type._tag) {
    case "List":
    case "Joined":
    case "Json":
      return unbound(type.of, scope)
    case "Fields":
      return unboundIn(open(type, scope), scope).filter(({ by }) => !hasField(open(type, scope), by))
    case "Variants": {
      const within = [...type.cases.map((each) => each.type), ...(type.otherwise === undefined ? [] : [type.otherwise])]
      return [type, ...within.flatMap((each) => unbound(each, scope))]
    }
    default:
      return []
  }
}

const unboundIn = ({ fields, rest }: Open, scope: Scope): ReadonlyArray<Notation.Variants> =>
  [...fields, ...(rest === undefined ? [] : [rest])].flatMap(({ type }) => unbound(type, scope))

const hasField = ({ fields }: Open, name: string): boolean => fields.some((field) => field.name === name)

/** The value of a case in the type of its field, or `undefined` where it has none there. */
const valueOf = (text: string, { given, type }: Notation.Field): Notation.Literal | undefined => {
  if (given !== undefined) return undefined
  if (type._tag === "Literals") return type.values.find((value) => String(value) === text)
  if (type._tag !== "Word") return undefined
  if (type.word === "string") return text
  return type.word === "int" && /^-?(?:0|[1-9]\d*)$/.test(text) ? Number(text) : undefined
}

const canTell = ({ given, type }: Notation.Field): boolean =>
  given === undefined &&
  (type._tag === "Literals" || (type._tag === "Word" && (type.word === "string" || type.word === "int")))

const valuesOf = (
  tag: Notation.Field,
  variants: ReadonlyArray<Notation.Variants>,
  { report }: Scope
): ReadonlySet<Notation.Literal> => {
  const values = new Set<Notation.Literal>()
  for (const { at, by, cases } of variants) {
    if (!canTell(tag))
      report(at, `\`${by}\` cannot tell shapes apart; expected a field of type \`int\`, \`string\` or literals`)
    for (const each of cases) {
      const value = valueOf(each.value, tag)
      if (value !== undefined) values.add(value)
      else if (canTell(tag)) report(each.at, `\`${each.value}\` is no value of \`${by}\`; expected one`)
    }
  }
  return values
}

/**
 * The shape of an object.
 *
 * @since 0.1.0
 */
export const shape = (object: Open, scope: Scope, outside: Known = new Map()): Model.Shape => {
  const known = new Map([...outside].filter(([name]) => !hasField(object, name)))
  const free = unboundIn(object, scope)
  const tags = object.fields.filter(({ name }) => free.some(({ by }) => by === name))
  return tell(
    object,
    tags.map((tag) => ({
      tag,
      values: valuesOf(
        tag,
        free.filter(({ by }) => by === tag.name),
        scope
      )
    })),
    scope,
    known
  )
}

interface Tag {
  readonly tag: Notation.Field
  readonly values: ReadonlySet<Notation.Literal>
}

const tell = (object: Open, [first, ...others]: ReadonlyArray<Tag>, scope: Scope, known: Known): Model.Shape => {
  if (first === undefined) return struct(object, scope, known)
  const { tag, values } = first
  const one = (value: Notation.Literal | undefined): Model.Shape =>
    tell(value === undefined ? without(object, first) : object, others, scope, new Map([...known, [tag.name, value]]))
  return {
    _tag: "Variants",
    by: tag.name,
    cases: [...values].map((value) => ({ value, shape: one(value) })),
    otherwise: one(undefined)
  }
}

/** An object whose tag has none of the values that have a shape of their own, where any are left. */
const without = ({ fields, rest }: Open, { tag, values }: Tag): Open => {
  const left = tag.type._tag === "Literals" ? tag.type.values.filter((value) => !values.has(value)) : []
  const field: Notation.Field = left.length === 0 ? tag : { ...tag, type: { _tag: "Literals", values: left } }
  return { fields: fields.map((each) => (each.name === tag.name ? field : each)), rest }
}

const struct = ({ fields, rest }: Open, scope: Scope, known: Known): Model.Struct => ({
  _tag: "Struct",
  fields: fields.map((field) => fieldOf(field, scope, known)),
  rest: rest === undefined ? undefined : { type: type(rest.type, scope, known), note: rest.note }
})

const fieldOf = (
  { at, given, name, note, presence, type: written }: Notation.Field,
  scope: Scope,
  known: Known
): Model.Field => {
  const value = known.get(name)
  if (value === undefined) return { name, presence, type: type(written, scope, known), given, note, at }
  return {
    name,
    presence: "plain",
    type: { _tag: "Literals", values: [value], closed: true },
    given: undefined,
    note,
    at
  }
}

/**
 * A type with its names looked up.
 *
 * @since 0.1.0
 */
export const type = (written: Notation.Type, scope: Scope, known: Known = new Map()): Model.Type => {
  switch (written._tag) {
    case "Literals":
      return { ...written, closed: false }
    case "List":
    case "Json":
      return { _tag: written._tag, of: type(written.of, scope, known) }
    case "Joined":
      return { ...written, of: type(written.of, scope, known) }
    case "Name":
      return scope.find(written.name, written.at) === undefined
        ? { _tag: "Word", word: "any" }
        : { _tag: "Reference", name: written.name, at: written.at }
    case "Fields":
      return shape(open(written, scope), scope, known)
    case "Variants":
      return chosen(written, scope, known)
    default:
      return written
  }
}

const chosen = ({ at, by, cases, otherwise }: Notation.Variants, scope: Scope, known: Known): Model.Type => {
  if (!known.has(by)) scope.report(at, `\`(by ${by})\` names no field; expected one of an enclosing object`)
  const value = known.get(by)
  const found = cases.find((each) => value !== undefined && each.value === String(value))?.type ?? otherwise
  return found === undefined ? { _tag: "Word", word: "any" } : type(found, scope, known)
}
