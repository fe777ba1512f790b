/**
 * Page rules, looked up in what an endpoint takes and answers.
 *
 * @since 0.1.0
 */
import { expected } from "./Mistake.ts"
import type { Report } from "./Mistake.ts"
import type * as Model from "./Model.ts"
import { words } from "./Notation.ts"
import type * as Read from "./Read.ts"
import type * as Entry from "./Entry.ts"
import { isOptional } from "./Sides.ts"

/**
 * Where page rules look things up.
 *
 * @since 0.1.0
 */
export interface Sight {
  readonly input: Model.Type | undefined
  readonly output: Model.Type
  readonly follow: (reference: Model.Reference) => Model.Type | undefined
  readonly report: Report
}

/**
 * The objects that a type is, or may be; the one for all other values of a field comes last.
 *
 * @since 0.1.0
 */
export const structsOf = (type: Model.Type, sight: Pick<Sight, "follow">): ReadonlyArray<Model.Struct> => {
  switch (type._tag) {
    case "Struct":
      return [type]
    case "Variants":
      return [...type.cases.map(({ shape }) => shape), type.otherwise].flatMap((shape) => structsOf(shape, sight))
    case "Json":
      return structsOf(type.of, sight)
    case "Reference": {
      const target = sight.follow(type)
      return target === undefined ? [] : structsOf(target, sight)
    }
    default:
      return []
  }
}

const wayTo = ({ at, text }: Entry.Placed, sight: Sight): Model.Way | undefined => {
  const steps: Array<Model.Way["steps"][number]> = []
  let type = sight.output
  for (const name of text.split(".")) {
    const structs = structsOf(type, sight)
    const fields = structs.flatMap((struct) => struct.fields.filter((field) => field.name === name))
    const [field] = fields
    if (field === undefined || fields.length < structs.length) {
      const names = structs.flatMap((struct) => struct.fields.map((each) => each.name))
      const what = structs.length === 0 ? "an object before it" : "a field of the answer"
      sight.report(at, `\`${text}\` names no field of the answer at \`${name}\`; ${expected(name, names, what)}`)
      return undefined
    }
    steps.push({ name, optional: isOptional(field, "output") })
    type = field.type
  }
  return { steps, type }
}

type Kind = "text" | "number" | "boolean" | "other"

const kindOf = (type: Model.Type, sight: Sight): Kind => {
  if (type._tag === "Reference") {
    const target = sight.follow(type)
    return target === undefined ? "other" : kindOf(target, sight)
  }
  if (type._tag === "Literals") return typeof type.values[0] === "number" ? "number" : "text"
  const kind = type._tag === "Word" && type.word !== "secret" ? words[type.word].kind : undefined
  return kind === undefined
    ? "other"
    : kind === "int" || kind === "float"
      ? "number"
      : kind === "bool"
        ? "boolean"
        : "text"
}

const wayOf = (place: Entry.Placed | undefined, kind: Kind, what: string, sight: Sight): Model.Way | undefined => {
  const way = place === undefined ? undefined : wayTo(place, sight)
  if (place !== undefined && way !== undefined && kindOf(way.type, sight) !== kind) {
    sight.report(place.at, `\`${place.text}\` is not ${what}; expected ${what}`)
  }
  return way
}

const isList = (type: Model.Type, sight: Sight): boolean => {
  if (type._tag === "Json") return isList(type.of, sight)
  const target = type._tag === "Reference" ? sight.follow(type) : undefined
  return target === undefined ? type._tag === "List" || type._tag === "Joined" : isList(target, sight)
}

const itemsOf = (place: Entry.Placed, sight: Sight): Model.Way | undefined => {
  const way = wayTo(place, sight)
  if (way === undefined || isList(way.type, sight)) return way
  sight.report(place.at, `\`${place.text}\` is no list; expected one`)
  return undefined
}

const fieldOf = ({ field, kind }: Read.Page, sight: Sight): Kind | undefined => {
  const fields = sight.input === undefined ? [] : structsOf(sight.input, sight).flatMap((struct) => struct.fields)
  const found = fields.findLast(({ name }) => name === field.text)
  if (found === undefined) {
    const names = fields.map(({ name }) => name)
    sight.report(
      field.at,
      `\`${field.text}\` names no field of the input; ${expected(field.text, names, "a field of the input")}`
    )
    return undefined
  }
  const type = kindOf(found.type, sight)
  if (type === "text" || type === "number") return type
  sight.report(
    field.at,
    `\`${field.text}\` cannot say where a page begins; expected a text or a number for \`${kind}\``
  )
  return undefined
}

const cursorOf = ({ from }: Read.Page, wanted: Kind | undefined, sight: Sight): Model.Page["from"] => {
  const way = wayTo(from, sight)
  if (way === undefined) return undefined
  const given = kindOf(way.type, sight)
  if (given !== "text" && given !== "number") {
    sight.report(from.at, `\`${from.text}\` of the answer is no cursor; expected a text or a number`)
  }
  const convert = given === wanted || wanted === undefined ? undefined : wanted === "text" ? "String" : "Number"
  return { way, convert }
}

/**
 * A page rule with its fields looked up, or nothing where some are not there.
 *
 * @since 0.1.0
 */
export const resolve = (page: Read.Page, sight: Sight): Model.Page | undefined => {
  const items = itemsOf(page.items, sight)
  const wanted = fieldOf(page, sight)
  const from = page.kind === "cursor" ? cursorOf(page, wanted, sight) : undefined
  const total = wayOf(page.total, "number", "a number", sight)
  const more = wayOf(page.more, "boolean", "true or false", sight)
  return items === undefined ? undefined : { items, kind: page.kind, field: page.field.text, from, total, more }
}
