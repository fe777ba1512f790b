/**
 * The notation: type words, type expressions, and what a catalog says before its names are resolved.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { expected } from "./Mistake.ts"
import type { Place } from "./Mistake.ts"

/**
 * How TypeScript sees a type word, and the codec that carries it.
 *
 * @since 0.1.0
 */
export interface WordInfo {
  readonly type: string
  readonly codec: string
  /** What literals and defaults of it are; nothing where it has none. */
  readonly kind: "text" | "int" | "float" | "bool" | undefined
}

const info = (type: string, codec: string, kind: WordInfo["kind"]): WordInfo => ({ type, codec: `Wire.${codec}`, kind })

/**
 * All type words.
 *
 * @since 0.1.0
 */
export const words = {
  string: info("string", "text", "text"),
  date: info("string", "text", "text"),
  datetime: info("string", "text", "text"),
  secret: info("Redacted.Redacted", "secret", undefined),
  int: info("number", "int", "int"),
  float: info("number", "float", "float"),
  seconds: info("number", "int", "int"),
  millis: info("number", "int", "int"),
  id64: info("string", "id64", "text"),
  bool: info("boolean", "bool", "bool"),
  flag: info("boolean", "flag", "bool"),
  "text-bool": info("boolean", "textBool", "bool"),
  any: info("unknown", "any", undefined),
  file: info("Wire.Upload", "file", undefined),
  bytes: info("Uint8Array", "bytes", undefined),
  errcode: info("number", "int", undefined),
  errmsg: info("string", "text", undefined)
} as const satisfies Record<string, WordInfo>

/**
 * A type word.
 *
 * @since 0.1.0
 */
export type Word = keyof typeof words

const isWord = (text: string): text is Word => Object.hasOwn(words, text)

/**
 * What the client fills in.
 *
 * @since 0.1.0
 */
export const fills = [
  "appid",
  "secret",
  "offer_id",
  "delivery_key",
  "pay_sig",
  "signature",
  "sig",
  "delivery_sign"
] as const

/**
 * What the client fills in.
 *
 * @since 0.1.0
 */
export type Fill = (typeof fills)[number]

/**
 * A text or whole number that stands for itself.
 *
 * @since 0.1.0
 */
export type Literal = string | number

/**
 * A type as it is written.
 *
 * @since 0.1.0
 */
export type Type =
  | { readonly _tag: "Word"; readonly word: Word }
  | { readonly _tag: "Literals"; readonly values: ReadonlyArray<Literal> }
  | { readonly _tag: "List"; readonly of: Type }
  | { readonly _tag: "Joined"; readonly of: Type; readonly separator: string }
  | { readonly _tag: "Json"; readonly of: Type }
  | { readonly _tag: "Name"; readonly name: string; readonly at: Place }
  | Fields
  | Variants

/**
 * An object as it is written.
 *
 * @since 0.1.0
 */
export interface Fields {
  readonly _tag: "Fields"
  readonly members: ReadonlyArray<Field | Spread | Rest>
  readonly at: Place
}

/**
 * A shape for each value of another field.
 *
 * @since 0.1.0
 */
export interface Variants {
  readonly _tag: "Variants"
  readonly by: string
  readonly cases: ReadonlyArray<{ readonly value: string; readonly type: Type; readonly at: Place }>
  readonly otherwise: Type | undefined
  readonly at: Place
}

/**
 * What is sent where the caller gives nothing.
 *
 * @since 0.1.0
 */
export type Given =
  | { readonly _tag: "Constant"; readonly value: Literal }
  | { readonly _tag: "Default"; readonly value: Literal | boolean }
  | { readonly _tag: "Fill"; readonly fill: Fill }

/**
 * A comment, line by line.
 *
 * @since 0.1.0
 */
export type Note = ReadonlyArray<string>

/**
 * A field as it is written.
 *
 * @since 0.1.0
 */
export interface Field {
  readonly _tag: "Field"
  readonly name: string
  readonly presence: "plain" | "maybe" | "sure"
  readonly type: Type
  readonly given: Given | undefined
  readonly note: Note
  readonly at: Place
}

/**
 * All fields of a shared type, in this place.
 *
 * @since 0.1.0
 */
export interface Spread {
  readonly _tag: "Spread"
  readonly name: string
  readonly at: Place
}

/**
 * Any other key.
 *
 * @since 0.1.0
 */
export interface Rest {
  readonly _tag: "Rest"
  readonly type: Type
  readonly note: Note
  readonly at: Place
}

/**
 * A type and what is sent in its place.
 *
 * @since 0.1.0
 */
export interface Expression {
  readonly type: Type
  readonly given: Given | undefined
}

// ---------------------------------------------------------------------------------------------------------------------
// Expressions
// ---------------------------------------------------------------------------------------------------------------------

type Answer<A> = Result.Result<A, string>

const wrong = (message: string): Answer<never> => Result.fail(message)

const token = /\s*("(?:[^"\\]|\\.)*"|\||=|[^\s|="]+)/y

const tokens = (text: string): Answer<ReadonlyArray<string>> => {
  const found: Array<string> = []
  token.lastIndex = 0
  for (let end = 0; end < text.length; end = token.lastIndex) {
    const next = token.exec(text)?.[1]
    if (next === undefined)
      return wrong(`\`${text.slice(end).trim()}\` cannot be read; expected a type, with every quote closed`)
    found.push(next)
  }
  return Result.succeed(found)
}

/** What stands behind the `=` of a default, with its spaces. */
const behindSign = (text: string, parts: ReadonlyArray<string>): string => {
  token.lastIndex = 0
  for (const _ of parts.slice(0, parts.indexOf("=") + 1)) token.exec(text)
  return text.slice(token.lastIndex).trim()
}

const isQuoted = (text: string): boolean => text.startsWith('"')
const isWhole = (text: string): boolean => /^-?(?:0|[1-9]\d*)$/.test(text) && Number.isSafeInteger(Number(text))
const isNumeric = (text: string): boolean => /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text)

const unquote = (text: string): Answer<string> => {
  if (!isQuoted(text)) return Result.succeed(text)
  return Result.mapError(
    Result.try((): string => String(JSON.parse(text))),
    () => `\`${text}\` is no text; expected it as in JSON`
  )
}

const literal = (text: string): Answer<Literal> => {
  if (isWhole(text)) return Result.succeed(Number(text))
  if (!isQuoted(text) && isNumeric(text))
    return wrong(`\`${text}\` is no whole number; expected quotes around it if it is a text`)
  return unquote(text)
}

const literals = (parts: ReadonlyArray<string>): Answer<Type> => {
  if (parts.some((part, at) => (at % 2 === 1) !== (part === "|")) || parts.length % 2 === 0) {
    return wrong(`\`${parts.join(" ")}\` is no list of literals; expected \`a | b\``)
  }
  const given = parts.filter((part) => part !== "|")
  if (given.every((part) => isWord(part) || /^json$/.test(part))) {
    return wrong(`\`${parts.join(" ")}\` offers one type or another; expected one type, or quotes around literals`)
  }
  return Result.flatMap(Result.all(given.map(literal)), (values) => {
    const kinds = new Set(values.map((value) => typeof value))
    if (kinds.size > 1)
      return wrong("texts and numbers in one list of literals; expected one kind (quotes make a number a text)")
    const twice = values.find((value, at) => values.indexOf(value) !== at)
    if (twice !== undefined) return wrong(`\`${twice}\` twice in a list of literals; expected it once`)
    return Result.succeed<Type>({ _tag: "Literals", values })
  })
}

const unknownWord = (text: string): string =>
  isWhole(text) || isQuoted(text)
    ? `\`${text}\` is no type; expected \`= ${text}\` for a constant`
    : `unknown type \`${text}\`; ${expected(text, [...Object.keys(words), "json"], "a type word, literals such as `a | b`, or a shared type")}`

const single = (text: string, at: Place): Answer<Type> => {
  if (isWord(text)) return Result.succeed({ _tag: "Word", word: text })
  if (text === "json") return Result.succeed({ _tag: "Json", of: { _tag: "Word", word: "any" } })
  if (isTypeName(text)) return Result.succeed({ _tag: "Name", name: text, at })
  return wrong(unknownWord(text))
}

const joined = (parts: ReadonlyArray<string>, at: Place): Answer<Type> => {
  const [word, separator, ...more] = parts.slice(parts.lastIndexOf("joined"))
  if (word === undefined || separator === undefined || !isQuoted(separator) || more.length > 0) {
    return wrong('a list that is joined with nothing; expected `joined ","`')
  }
  return Result.flatMap(
    Result.all([base(parts.slice(0, parts.lastIndexOf("joined")), at), unquote(separator)]),
    ([of, text]) => {
      if (text === "") return wrong('a list that is joined with nothing; expected `joined ","`')
      if (of._tag === "Literals" || (of._tag === "Word" && of.word !== "secret" && of.word !== "any")) {
        return Result.succeed<Type>({ _tag: "Joined", of, separator: text })
      }
      return wrong("a joined list of something that is no text; expected a type word or literals before `joined`")
    }
  )
}

const isJoined = (parts: ReadonlyArray<string>): boolean => {
  const sign = parts.lastIndexOf("joined")
  return sign > 0 && parts[sign - 1] !== "|"
}

const base = (parts: ReadonlyArray<string>, at: Place): Answer<Type> => {
  const [first, second] = parts
  if (first === undefined) return wrong("a type is missing; expected one")
  if (isJoined(parts)) return joined(parts, at)
  if (parts.length === 1) return single(first, at)
  if (first === "json" && parts.length === 2 && second !== undefined && isTypeName(second)) {
    return Result.succeed({ _tag: "Json", of: { _tag: "Name", name: second, at } })
  }
  return literals(parts)
}

const fill = (name: string): Answer<Expression> => {
  const known = fills.find((each) => each === name)
  if (known === undefined)
    return wrong(
      `nothing fills in \`$${name}\`; ${expected(
        name,
        fills.map((each) => `$${each}`)
      )}`
    )
  const type: Type = { _tag: "Word", word: known === "secret" ? "secret" : "string" }
  return Result.succeed({ type, given: { _tag: "Fill", fill: known } })
}

const constant = (text: string): Answer<Expression> => {
  if (text === "true" || text === "false") {
    return wrong(`the constant \`${text}\`; expected quotes around it, or \`bool = ${text}\``)
  }
  return Result.map(literal(text), (value) => ({
    type: { _tag: "Literals", values: [value] },
    given: { _tag: "Constant", value }
  }))
}

const defaultOf = (type: Type, text: string): Answer<Literal | boolean> => {
  const kind = type._tag === "Word" ? words[type.word].kind : undefined
  if (type._tag === "Literals") {
    return Result.flatMap(typeof type.values[0] === "number" ? literal(text) : unquote(text), (value) =>
      type.values.includes(value)
        ? Result.succeed(value)
        : wrong(`\`${text}\` is none of the literals; expected one of them`)
    )
  }
  if (kind === undefined)
    return wrong("a default of something that has none; expected it behind text, a number, a truth value or literals")
  if (kind === "text") return unquote(text)
  if (kind === "bool") {
    return text === "true" || text === "false"
      ? Result.succeed(text === "true")
      : wrong(`the default \`${text}\`; expected \`true\` or \`false\``)
  }
  const fits = kind === "int" ? isWhole(text) : isNumeric(text)
  return fits
    ? Result.succeed(Number(text))
    : wrong(`the default \`${text}\`; expected a ${kind === "int" ? "whole number" : "number"}`)
}

const withGiven = (parts: ReadonlyArray<string>, text: string, at: Place): Answer<Expression> => {
  const sign = parts.indexOf("=")
  if (sign < 0) return Result.map(base(parts, at), (type) => ({ type, given: undefined }))
  const value = behindSign(text, parts)
  if (value === "") return wrong("nothing stands behind `=`; expected a value")
  if (sign === 0) return constant(value)
  return Result.flatMap(base(parts.slice(0, sign), at), (type) =>
    Result.map(defaultOf(type, value), (found) => ({ type, given: { _tag: "Default", value: found } }))
  )
}

/**
 * Whether a text can name a shared type.
 *
 * @since 0.1.0
 */
export const isTypeName = (text: string): boolean => /^[A-Z][A-Za-z0-9]*$/.test(text)

/**
 * Reads a type expression, or says what is wrong with it.
 *
 * @since 0.1.0
 */
export const expression = (text: string, at: Place): Result.Result<Expression, string> => {
  if (text.trim() === "") return wrong("a type is missing; expected one")
  if (text.startsWith("$")) return fill(text.slice(1).trim())
  return Result.flatMap(tokens(text), (parts) => withGiven(parts, text, at))
}

/**
 * The name of a single-field map: `(json)`, or `(by field)` with its field.
 *
 * @since 0.1.0
 */
export const isJsonKey = (key: string): boolean => key === "(json)"

/**
 * The field that `(by field)` names.
 *
 * @since 0.1.0
 */
export const tagOf = (key: string): string | undefined => /^\(by (\S+)\)$/.exec(key)?.[1]
