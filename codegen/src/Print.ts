/**
 * TypeScript types and codecs of resolved types.
 *
 * @since 0.1.0
 */
import type { Place } from "./Mistake.ts"
import type * as Model from "./Model.ts"
import { words } from "./Notation.ts"
import type { Literal, Note, Word } from "./Notation.ts"
import { isOptional } from "./Sides.ts"

/**
 * The file that is being printed.
 *
 * @since 0.1.0
 */
export interface Sheet {
  /** What a shared type is called on one side. */
  readonly refer: (name: string, side: Model.Side) => string
  /** Takes note of a type word. */
  readonly use: (word: Word) => void
  /** Adds a declaration. */
  readonly declare: (name: string, at: Place, text: string) => void
}

/**
 * What a type is printed for: a side, and the name that types inside it begin with.
 *
 * @since 0.1.0
 */
export interface Target {
  readonly sheet: Sheet
  readonly side: Model.Side
  readonly name: string
  readonly at: Place
  /** What an object has before its own fields. */
  readonly base?: Base | undefined
}

/**
 * An interface that another one extends, and the text that puts its codecs among those of the fields.
 *
 * @since 0.1.0
 */
export interface Base {
  readonly type: string
  readonly codecs: string
}

// ---------------------------------------------------------------------------------------------------------------------
// Names, literals, comments
// ---------------------------------------------------------------------------------------------------------------------

/**
 * A name with a capital from any text.
 *
 * @since 0.1.0
 */
export const pascal = (text: string): string =>
  text
    .replace(/^-(?=\d)/, "minus ")
    .split(/[^\p{L}\p{N}]+/u)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join("")

/**
 * A text or number as it stands in TypeScript.
 *
 * @since 0.1.0
 */
export const literal = (value: Literal | boolean): string => JSON.stringify(value)

const isIdentifier = (name: string): boolean => /^[A-Za-z_$][\w$]*$/.test(name)

/**
 * The key of a property.
 *
 * @since 0.1.0
 */
export const key = (name: string): string => (isIdentifier(name) ? name : literal(name))

/**
 * Access to a property.
 *
 * @since 0.1.0
 */
export const access = (name: string, isOptional: boolean): string =>
  isIdentifier(name) ? `${isOptional ? "?." : "."}${name}` : `${isOptional ? "?." : ""}[${literal(name)}]`

/**
 * A doc comment, or nothing where it would be empty.
 *
 * @since 0.1.0
 */
export const comment = (lines: ReadonlyArray<string>): string => {
  const safe = lines.map((line) => line.replaceAll("*/", "*\\/"))
  if (safe.length === 0) return ""
  if (safe.length === 1) return `/** ${safe[0]} */\n`
  return `/**\n${safe.map((line) => ` * ${line}`.trimEnd()).join("\n")}\n */\n`
}

/**
 * A note as lines of a doc comment, and what it says about being deprecated.
 *
 * @since 0.1.0
 */
export const split = (
  note: Note
): { readonly text: ReadonlyArray<string>; readonly deprecated: string | undefined } => {
  const at = note.findIndex((line) => /^deprecated\b/i.test(line))
  if (at < 0) return { text: note, deprecated: undefined }
  const why = note
    .slice(at)
    .join(" ")
    .replace(/^deprecated[\s:;,]*/i, "")
  return { text: note.slice(0, at), deprecated: why }
}

/**
 * Why an endpoint is deprecated, or nothing where it is not.
 *
 * @since 0.1.0
 */
export const deprecation = ({ deprecated, note }: Pick<Model.Endpoint, "deprecated" | "note">): string | undefined =>
  deprecated ?? split(note).deprecated

/**
 * The lines of a note, with its `@deprecated` tag.
 *
 * @since 0.1.0
 */
export const noteLines = (note: Note): ReadonlyArray<string> => {
  const { deprecated, text } = split(note)
  return deprecated === undefined ? text : [...text, `@deprecated ${deprecated}`.trimEnd()]
}

// ---------------------------------------------------------------------------------------------------------------------
// Types
// ---------------------------------------------------------------------------------------------------------------------

const union = (values: ReadonlyArray<Literal>): string => values.map(literal).join(" | ")

const isNumeric = (values: ReadonlyArray<Literal>): boolean => typeof values[0] === "number"

/** The target of a field, or of the interface for one value of a field. */
const within = (target: Target, name: string, at = target.at): Target => ({
  ...target,
  name: `${target.name}${pascal(name)}`,
  at,
  base: undefined
})

/**
 * The TypeScript of a type. Interfaces of variants are declared on the way.
 *
 * @since 0.1.0
 */
export const type = (of: Model.Type, target: Target): string => {
  switch (of._tag) {
    case "Literals":
      if (of.closed || target.side === "input") return union(of.values)
      return `Wire.${isNumeric(of.values) ? "OpenInt" : "OpenText"}<${union(of.values)}>`
    case "List":
    case "Joined":
      return `ReadonlyArray<${type(of.of, target)}>`
    case "Json":
      return type(of.of, target)
    case "Reference":
      return target.sheet.refer(of.name, target.side)
    case "Struct":
      return struct(of, target)
    case "Variants":
      declareVariants(of, [], target)
      return target.name
    default:
      target.sheet.use(of.word)
      return words[of.word].type
  }
}

const struct = (of: Model.Struct, target: Target): string =>
  of.fields.length === 0 && of.rest === undefined ? "Wire.Empty" : `{ ${members(of, target)} }`

const members = ({ fields, rest }: Model.Struct, target: Target): string => {
  const known = fields.map((field) => member(field, target)).join("")
  return rest === undefined
    ? known
    : `${known}${restMember(rest, fields.length > 0 || target.base !== undefined, target)}`
}

/** The lines of a field's note, and what is sent where it is left out. */
const fieldLines = ({ given, note }: Model.Field, side: Model.Side): ReadonlyArray<string> => {
  if (side === "output") return noteLines(note)
  if (given?._tag === "Default") return [...noteLines(note), `@default ${literal(given.value)}`]
  return given?._tag === "Fill" ? [...noteLines(note), "@default filled in by the client"] : noteLines(note)
}

const member = (field: Model.Field, target: Target): string => {
  const isOpen = isOptional(field, target.side)
  const of = type(field.type, within(target, field.name, field.at))
  const or = isOpen && of !== "unknown" ? " | undefined" : ""
  return `${comment(fieldLines(field, target.side))}readonly ${key(field.name)}${isOpen ? "?" : ""}: ${of}${or}\n`
}

const restMember = (rest: Model.Rest, isBeside: boolean, target: Target): string =>
  `${comment(noteLines(rest.note))}readonly [key: string]: ${isBeside ? "unknown" : type(rest.type, target)}\n`

const extension = ({ base }: Target): string => (base === undefined ? "" : `extends ${base.type} `)

/**
 * Declares an object type under the name of the target: an interface, or a union of interfaces.
 *
 * @since 0.1.0
 */
export const declareShape = (shape: Model.Shape, doc: ReadonlyArray<string>, target: Target): void => {
  if (shape._tag === "Variants") return declareVariants(shape, doc, target)
  target.sheet.declare(
    target.name,
    target.at,
    `${comment(doc)}export interface ${target.name} ${extension(target)}{ ${members(shape, target)} }`
  )
}

const variantTargets = ({ cases }: Model.Variants, target: Target): ReadonlyArray<Target> =>
  [...cases.map(({ value }) => String(value)), "Other"].map((value) => ({
    ...within(target, value),
    base: target.base
  }))

const declareVariants = (of: Model.Variants, doc: ReadonlyArray<string>, target: Target): void => {
  const targets = variantTargets(of, target)
  const { name } = target
  target.sheet.declare(
    name,
    target.at,
    `${comment(doc)}export type ${name} = ${targets.map((each) => each.name).join(" | ")}`
  )
  targets.forEach((each, at) => {
    const one = of.cases[at]
    const which = one === undefined ? `with any other \`${of.by}\`` : `where \`${of.by}\` is ${literal(one.value)}`
    declareShape(one?.shape ?? of.otherwise, [`{@link ${name}} ${which}.`], each)
  })
}

// ---------------------------------------------------------------------------------------------------------------------
// Codecs
// ---------------------------------------------------------------------------------------------------------------------

/**
 * The codec of a type.
 *
 * @since 0.1.0
 */
export const codec = (of: Model.Type, target: Target): string => {
  switch (of._tag) {
    case "Literals": {
      const name = of.closed || target.side === "input" ? "oneOf" : isNumeric(of.values) ? "openInt" : "openText"
      return `Wire.${name}(${of.values.map(literal).join(", ")})`
    }
    case "List":
      return `Wire.list(${codec(of.of, target)})`
    case "Joined":
      return `Wire.joined(${codec(of.of, target)}, ${literal(of.separator)})`
    case "Json":
      return `Wire.json(${codec(of.of, target)})`
    case "Reference":
      return target.sheet.refer(of.name, target.side)
    case "Struct":
      return structCodec(of, "", target)
    case "Variants":
      return variantsCodec(of, target)
    default:
      return words[of.word].codec
  }
}

/** `typed` says the type where nothing else does: `<Name>`. */
const structCodec = ({ fields, rest }: Model.Struct, typed: string, target: Target): string => {
  const own = fields.map((field) => `${key(field.name)}: ${fieldCodec(field, within(target, field.name))}`)
  const known = target.base === undefined ? own : [target.base.codecs, ...own]
  if (rest === undefined) return `Wire.struct${typed}({ ${known.join(", ")} })`
  const others = codec(rest.type, target)
  return known.length === 0 ? `Wire.record(${others})` : `Wire.structWith${typed}({ ${known.join(", ")} }, ${others})`
}

const variantsCodec = (of: Model.Variants, target: Target): string => {
  const shapes = [...of.cases.map(({ shape }) => shape), of.otherwise]
  const codecs = variantTargets(of, target).map((each, at) => caseCodec(shapes[at] ?? of.otherwise, each))
  const cases = of.cases.map(({ value }, at) => `${literal(String(value))}: ${codecs[at]}`)
  return `Wire.variants(${literal(of.by)}, { ${cases.join(", ")} }, ${codecs.at(-1)})`
}

const caseCodec = (shape: Model.Shape, target: Target): string =>
  shape._tag === "Variants" ? variantsCodec(shape, target) : structCodec(shape, `<${target.name}>`, target)

const fieldCodec = (field: Model.Field, target: Target): string => {
  const { given, presence } = field
  const plain = codec(field.type, target)
  if (target.side === "input" && (given?._tag === "Constant" || given?._tag === "Default"))
    return `Wire.preset(${plain}, ${literal(given.value)})`
  if (isOptional(field, target.side)) return `Wire.maybe(${plain})`
  return presence === "sure" ? `Wire.sure(${plain})` : plain
}
