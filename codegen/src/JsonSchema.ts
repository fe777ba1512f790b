/**
 * JSON Schema of resolved types: what travels, in the form that is written.
 *
 * @since 0.1.0
 */
import type * as Model from "./Model.ts"
import type { Fill, Literal, Word } from "./Notation.ts"
import * as Print from "./Print.ts"

/**
 * JSON; `undefined` is left out.
 *
 * @since 0.1.0
 */
export type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json | undefined }

/**
 * A schema, or any other object of a document.
 *
 * @since 0.1.0
 */
export interface Schema {
  readonly [key: string]: Json | undefined
}

/**
 * What a type is printed for.
 *
 * @since 0.1.0
 */
export interface Context {
  readonly side: Model.Side
  /** The address of a shared type. */
  readonly refer: (name: string, side: Model.Side) => string
}

const int64: Schema = { type: "integer", format: "int64" }

const text: Schema = { type: "string" }

const words: Readonly<Record<Word, Schema>> = {
  string: text,
  date: { type: "string", format: "date" },
  datetime: text,
  secret: { type: "string", format: "password" },
  int: { type: "integer" },
  float: { type: "number" },
  seconds: int64,
  millis: int64,
  id64: int64,
  bool: { type: "boolean" },
  flag: { type: "integer", enum: [0, 1] },
  "text-bool": { type: "string", enum: ["true", "false"] },
  any: {},
  file: { type: "string", format: "binary" },
  bytes: { type: "string", format: "binary" },
  errcode: { type: "integer" },
  errmsg: text
}

/** The values that fields must not have here, because they have a shape of their own. */
type Excluded = ReadonlyMap<string, ReadonlyArray<Literal>>

const none: Excluded = new Map()

/**
 * The schema of a type.
 *
 * @since 0.1.0
 */
export const schema = (type: Model.Type, context: Context, excluded: Excluded = none): Schema => {
  switch (type._tag) {
    case "Word":
      return words[type.word]
    case "Literals":
      return literals(type, context)
    case "List":
      return { type: "array", items: schema(type.of, context) }
    case "Joined":
      return text
    case "Json":
      return { type: "string", contentMediaType: "application/json", contentSchema: schema(type.of, context) }
    case "Reference":
      return { $ref: context.refer(type.name, context.side) }
    case "Struct":
      return struct(type, context, excluded)
    case "Variants":
      return { anyOf: variants(type, context, excluded) }
  }
}

/** Literals are all there is in inputs; WeChat may answer with others. */
const literals = ({ closed, values }: Extract<Model.Type, { _tag: "Literals" }>, { side }: Context): Schema => {
  const type = typeof values[0] === "number" ? "integer" : "string"
  const [only, ...others] = values
  const known: Schema = only !== undefined && others.length === 0 ? { type, const: only } : { type, enum: values }
  return closed || side === "input" ? known : { anyOf: [known, { type }] }
}

const variants = (of: Model.Variants, context: Context, excluded: Excluded): ReadonlyArray<Schema> => {
  const { by, cases, otherwise } = of
  const others = new Map([...excluded, [by, cases.map(({ value }) => value)]])
  return [
    ...cases.map(({ shape, value }) => ({ title: `${by} ${value}`, ...schema(shape, context, excluded) })),
    { title: `any other ${by}`, ...schema(otherwise, context, others) }
  ]
}

/**
 * Whether a field has to be there: in an input, also what the bindings send without being given. WeChat leaves empty
 * fields out of its answers.
 */
const isRequired = ({ presence, type }: Model.Field, side: Model.Side): boolean =>
  presence === "sure" || (type._tag === "Literals" && type.closed) || (side === "input" && presence === "plain")

const struct = ({ fields, rest }: Model.Struct, context: Context, excluded: Excluded): Schema => {
  const required = fields.filter((each) => isRequired(each, context.side)).map(({ name }) => name)
  const properties = fields.map((each) => [each.name, field(each, context, excluded.get(each.name))] as const)
  return {
    type: "object",
    properties: fields.length === 0 ? undefined : Object.fromEntries(properties),
    required: required.length === 0 ? undefined : required,
    additionalProperties: rest === undefined ? undefined : described(schema(rest.type, context), rest.note)
  }
}

/**
 * The schema of a field, with its note.
 *
 * @since 0.1.0
 */
export const field = (of: Model.Field, context: Context, not?: ReadonlyArray<Literal>): Schema => {
  const { given, note, type } = of
  const plain = isDate(type) && note.length > 0 ? text : schema(type, context)
  const value = given?._tag === "Default" && context.side === "input" ? wire(type, given.value) : undefined
  const open = { ...plain, default: value, not: not === undefined ? undefined : { enum: not } }
  return described(open, [...note, ...hints(of)])
}

/** A date whose note may say that it looks otherwise. */
const isDate = (type: Model.Type): boolean => type._tag === "Word" && type.word === "date"

/** A default as it travels. */
const wire = (type: Model.Type, value: Literal | boolean): Json => {
  if (typeof value !== "boolean") return type._tag === "Word" && type.word === "id64" ? number(value) : value
  if (type._tag === "Word" && type.word === "flag") return value ? 1 : 0
  return type._tag === "Word" && type.word === "text-bool" ? String(value) : value
}

const number = (value: Literal): Literal => (Number.isSafeInteger(Number(value)) ? Number(value) : value)

const fills: Readonly<Record<Fill, string>> = {
  appid: "The account's appid.",
  secret: "The account's app secret.",
  offer_id: "The account's offer id for virtual payment.",
  delivery_key: "The shop id that the courier service gave out.",
  pay_sig: "HMAC-SHA256 of the path, `&` and the exact body, with the payment key.",
  signature: "HMAC-SHA256 of the exact body, with the user's session key.",
  sig: "HMAC-SHA256 of the sorted fields, with the payment key.",
  delivery_sign: "SHA-1 of shopid, shop_order_id and the secret of the courier service."
}

/** What the type says and JSON Schema does not. */
const hints = ({ given, type }: Pick<Model.Field, "given" | "type">): ReadonlyArray<string> => {
  if (given?._tag === "Fill") return [fills[given.fill]]
  if (type._tag === "List") return hints({ given: undefined, type: type.of })
  if (type._tag === "Joined") return [`A list, joined with ${JSON.stringify(type.separator)}.`]
  if (type._tag !== "Word") return []
  if (type.word === "seconds") return ["Unix time in seconds."]
  if (type.word === "millis") return ["Unix time in milliseconds."]
  return type.word === "datetime" ? ["Date and time in Beijing, such as `2026-01-31 08:00:00`."] : []
}

/**
 * A schema with a note.
 *
 * @since 0.1.0
 */
export const described = (of: Schema, note: ReadonlyArray<string>): Schema => {
  const { deprecated, text: lines } = Print.split(note)
  const said = deprecated === undefined || deprecated === "" ? lines : [...lines, `Deprecated: ${deprecated}`]
  return {
    ...of,
    description: said.length === 0 ? of["description"] : said.join("\n"),
    deprecated: deprecated === undefined ? undefined : true
  }
}
