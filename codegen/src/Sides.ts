/**
 * Where types and fields are used: in inputs, in answers, or in both, and what TypeScript makes of that.
 *
 * @since 0.1.0
 */
import type * as Model from "./Model.ts"

/**
 * A field and the sides on which it occurs; `isInner` where it occurs inside an object of an input.
 *
 * @since 0.1.0
 */
export interface Occurrence {
  readonly field: Model.Field
  readonly sides: Set<Model.Side>
  isInner: boolean
}

/**
 * The sides of shared types by their name, and fields by their place.
 *
 * @since 0.1.0
 */
export interface Usage {
  readonly types: Map<string, Set<Model.Side>>
  readonly fields: Map<string, Occurrence>
}

type Follow = (reference: Model.Reference) => Model.Type | undefined

interface Walk extends Usage {
  readonly follow: Follow
  readonly side: Model.Side
  /** References that have been followed already, as a name and whether they were at the top. */
  readonly done: Set<string>
}

const visit = (type: Model.Type, isTop: boolean, walk: Walk): void => {
  switch (type._tag) {
    case "Word":
    case "Literals":
      return
    case "List":
    case "Joined":
    case "Json":
      return visit(type.of, false, walk)
    case "Reference":
      return visitReference(type, isTop, walk)
    case "Struct":
      for (const field of type.fields) visitField(field, isTop, walk)
      if (type.rest !== undefined) visit(type.rest.type, false, walk)
      return
    case "Variants":
      for (const { shape } of type.cases) visit(shape, isTop, walk)
      return visit(type.otherwise, isTop, walk)
  }
}

const visitReference = (type: Model.Reference, isTop: boolean, walk: Walk): void => {
  const { done, follow, side, types } = walk
  const key = `${side} ${isTop} ${type.name}`
  if (done.has(key)) return
  done.add(key)
  types.set(type.name, (types.get(type.name) ?? new Set()).add(side))
  const target = follow(type)
  if (target !== undefined) visit(target, isTop, walk)
}

const visitField = (field: Model.Field, isTop: boolean, walk: Walk): void => {
  const key = `${field.at.file}:${field.at.line}:${field.at.column}`
  const seen = walk.fields.get(key) ?? { field, sides: new Set(), isInner: false }
  walk.fields.set(key, seen)
  seen.sides.add(walk.side)
  if (!isTop) seen.isInner = true
  visit(field.type, false, walk)
}

const isShape = (input: Model.Input | Model.Output): input is Model.Reference | Model.Shape =>
  input._tag === "Reference" || input._tag === "Struct" || input._tag === "Variants"

/**
 * How endpoints use types and fields. `fields` is shared between groups, as they may share types.
 *
 * @since 0.1.0
 */
export const usage = (
  endpoints: ReadonlyArray<Pick<Model.Endpoint, "input" | "output">>,
  follow: Follow,
  fields: Usage["fields"]
): Usage["types"] => {
  const types: Usage["types"] = new Map()
  const done = new Set<string>()
  for (const { input, output } of endpoints) {
    if (isShape(input)) visit(input, true, { types, fields, follow, side: "input", done })
    if (isShape(output)) visit(output, true, { types, fields, follow, side: "output", done })
  }
  return types
}

/**
 * Whether the TypeScript of a type differs between inputs and answers.
 *
 * @since 0.1.0
 */
export const differs = (type: Model.Type, isTwofold: (name: string) => boolean): boolean => {
  switch (type._tag) {
    case "Literals":
      return !type.closed
    case "List":
    case "Joined":
    case "Json":
      return differs(type.of, isTwofold)
    case "Reference":
      return isTwofold(type.name)
    case "Struct":
      return (
        type.fields.some((field) => fieldDiffers(field, isTwofold)) ||
        (type.rest !== undefined && differs(type.rest.type, isTwofold))
      )
    case "Variants":
      return [...type.cases.map(({ shape }) => shape), type.otherwise].some((shape) => differs(shape, isTwofold))
    default:
      return false
  }
}

const fieldDiffers = (field: Model.Field, isTwofold: (name: string) => boolean): boolean =>
  isOptional(field, "input") !== isOptional(field, "output") || differs(field.type, isTwofold)

/**
 * Whether a field may be left out of an input, or may be absent in an answer.
 *
 * @since 0.1.0
 */
export const isOptional = ({ given, presence, type }: Model.Field, side: Model.Side): boolean =>
  side === "input" ? presence === "maybe" || given !== undefined : presence === "maybe" && type._tag !== "List"

/**
 * The names of types that are used on both sides and differ between them, together with `others` that are known to.
 *
 * @since 0.1.0
 */
export const twofold = (
  types: Usage["types"],
  find: (name: string) => Model.Type | undefined,
  others: ReadonlySet<string>
): ReadonlySet<string> => {
  const found = new Set(others)
  const both = [...types].filter(([, sides]) => sides.size === 2).map(([name]) => name)
  for (let before = -1; before < found.size;) {
    before = found.size
    for (const name of both) {
      const type = find(name)
      if (type !== undefined && differs(type, (each) => found.has(each))) found.add(name)
    }
  }
  return found
}
