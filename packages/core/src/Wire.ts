/**
 * How values travel: one codec for each type word of the catalog's notation.
 *
 * Reading is tolerant, always in the same way, because WeChat mixes numbers and text and leaves empty values out; writing
 * produces exactly one form. Codecs are plain objects that read and write directly; {@link schema} gives the Effect schema.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as SchemaIssue from "effect/SchemaIssue"
import * as Files from "./File.ts"
import { missing, missingOrBlank } from "./internal/wire/absent.ts"
import { Mismatch } from "./internal/wire/mismatch.ts"
import { objectCodec, variantsCodec } from "./internal/wire/object.ts"
import * as Json from "./Json.ts"

/**
 * A file that an endpoint answers with.
 *
 * @since 0.1.0
 */
export type File = Files.File

/**
 * A file that an endpoint takes.
 *
 * @since 0.1.0
 */
export type Upload = Files.Upload

/**
 * An endpoint that takes no fields: call it with nothing.
 *
 * @since 0.1.0
 */
export type Empty = { readonly [field: string]: never }

/**
 * One of `L`, or a text that WeChat adds later.
 *
 * @since 0.1.0
 */
export type OpenText<L extends string> = L | (string & Record<never, never>)

/**
 * One of `L`, or a number that WeChat adds later.
 *
 * @since 0.1.0
 */
export type OpenInt<L extends number> = L | (number & Record<never, never>)

/**
 * What a codec is, as data: for whoever makes samples, documentation or other descriptions from it.
 *
 * @since 0.1.0
 */
export type Shape =
  | {
      readonly _tag:
        | "Text"
        | "Int"
        | "Float"
        | "Id64"
        | "Bool"
        | "Flag"
        | "TextBool"
        | "Secret"
        | "Any"
        | "Nothing"
        | "Upload"
        | "Download"
        | "Bytes"
    }
  | { readonly _tag: "Literals"; readonly values: ReadonlyArray<string | number>; readonly open: boolean }
  | { readonly _tag: "List" | "Record" | "Json" | "Maybe" | "Sure" | "Lazy"; readonly of: () => AnyCodec }
  | { readonly _tag: "Joined"; readonly of: () => AnyCodec; readonly separator: string }
  | { readonly _tag: "Preset"; readonly of: () => AnyCodec; readonly value: unknown }
  | {
      readonly _tag: "Struct"
      readonly fields: Readonly<Record<string, AnyCodec>>
      readonly rest: AnyCodec | undefined
    }
  | {
      readonly _tag: "Variants"
      readonly by: string
      readonly cases: Readonly<Record<string, AnyCodec>>
      readonly otherwise: AnyCodec
    }

/**
 * A codec of some type, seen from outside.
 *
 * @since 0.1.0
 */
export interface AnyCodec {
  readonly shape: Shape
}

/**
 * Reads `T` from what WeChat sends, and writes what WeChat takes. `read` and `write` throw where a value does not fit;
 * use {@link schema} for failures as values.
 *
 * @since 0.1.0
 */
export interface Codec<in out T> extends AnyCodec {
  readonly read: (value: unknown) => T
  readonly write: (value: T) => unknown
  /** What a required field reads as where WeChat leaves it out. */
  readonly empty: () => T
  /** Whether `value` says "nothing here". */
  readonly absent: (value: unknown) => boolean
}

export {
  any,
  bool,
  flag,
  float,
  id64,
  int,
  oneOf,
  openInt,
  openText,
  secret,
  text,
  textBool
} from "./internal/wire/scalar.ts"
export { joined, list } from "./internal/wire/list.ts"

// ---------------------------------------------------------------------------------------------------------------------
// Objects
// ---------------------------------------------------------------------------------------------------------------------

/** Codecs for the fields of `T`; an optional one takes {@link maybe} or {@link preset}. */
export type Fields<T> = { readonly [K in keyof T]-?: Codec<T[K]> }

/** As {@link Fields}, of the fields that have a name. */
export type KnownFields<T> = {
  readonly [K in keyof T as string extends K ? never : number extends K ? never : K]-?: Codec<T[K]>
}

/** The named fields of an object, whichever variant has them; none of anything else. */
export const fieldsOf = ({ shape }: AnyCodec): Readonly<Record<string, AnyCodec>> => {
  switch (shape._tag) {
    case "Struct":
      return shape.fields
    case "Lazy":
      return fieldsOf(shape.of())
    case "Variants":
      return Object.assign({}, ...[...Object.values(shape.cases), shape.otherwise].map(fieldsOf))
    default:
      return {}
  }
}

/** An object with these fields; others are dropped. Fields are written in this order. */
export const struct = <T>(fields: Fields<NoInfer<T>>): Codec<T> => objectCodec(fields, undefined)

/** An object with these fields and any others of one type. */
export const structWith = <T>(fields: KnownFields<NoInfer<T>>, rest: AnyCodec): Codec<T> => objectCodec(fields, rest)

/** An object with any keys and values of one type. */
export const record = <T>(value: Codec<T>): Codec<{ readonly [key: string]: T }> => ({
  ...objectCodec<{ readonly [key: string]: T }>({}, value),
  shape: { _tag: "Record", of: () => value }
})

/** The union that `codecs` make up. */
export type TypeOf<C> = C extends Codec<infer T> ? T : never

/** Objects whose fields depend on one of them, `by`: a codec for each of its values, and one for all others. */
export const variants = <const C extends Readonly<Record<string, AnyCodec>>, D extends AnyCodec>(
  by: string,
  cases: C,
  otherwise: D
): Codec<TypeOf<C[keyof C]> | TypeOf<D>> => variantsCodec(by, cases, otherwise)

/** A codec that is made when it is first needed: for types that contain themselves, and for import time. */
export const lazy = <T>(make: () => Codec<T>): Codec<T> => {
  let made: Codec<T> | undefined
  const get = (): Codec<T> => (made ??= make())
  return {
    shape: { _tag: "Lazy", of: get },
    read: (value) => get().read(value),
    write: (value) => get().write(value),
    empty: () => get().empty(),
    absent: (value) => get().absent(value)
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Text that is JSON, files, raw bytes
// ---------------------------------------------------------------------------------------------------------------------

const parse = (value: string): unknown => {
  try {
    return Json.parse(value)
  } catch {
    throw new Mismatch("JSON text", value)
  }
}

/** JSON inside a text; the value itself reads as well. */
export const json = <T>(of: Codec<T>): Codec<T> => ({
  shape: { _tag: "Json", of: () => of },
  read: (value) => {
    const inner = typeof value === "string" ? parse(value) : value
    return of.absent(inner) ? of.empty() : of.read(inner)
  },
  write: (value) => Json.stringify(of.write(value)),
  empty: () => of.empty(),
  absent: missingOrBlank
})

const passing = <T>(
  tag: "Upload" | "Download" | "Bytes",
  expected: string,
  is: (value: unknown) => value is T,
  empty: () => T
): Codec<T> => ({
  shape: { _tag: tag },
  read: (value) => {
    if (!is(value)) throw new Mismatch(expected, value)
    return value
  },
  write: (value) => {
    if (!is(value)) throw new Mismatch(expected, value)
    return value
  },
  empty,
  absent: missing
})

/** Nothing but an error code. */
export const nothing: Codec<void> = {
  shape: { _tag: "Nothing" },
  read: () => undefined,
  write: () => ({}),
  empty: () => undefined,
  absent: () => false
}

/** A file part of a form. */
export const file: Codec<Upload> = passing(
  "Upload",
  "a file: a Blob, or { name, data } or { name, stream, size }",
  Files.isUpload,
  () => ({ name: "", data: new Uint8Array() })
)

/** A file that is the whole answer. */
export const download: Codec<File> = passing("Download", "a file", Files.isFile, () => Files.empty)

/** Bytes that are the whole body. */
export const bytes: Codec<Uint8Array> = passing(
  "Bytes",
  "a Uint8Array",
  (value): value is Uint8Array => value instanceof Uint8Array,
  () => new Uint8Array()
)

// ---------------------------------------------------------------------------------------------------------------------
// Presence
// ---------------------------------------------------------------------------------------------------------------------

/** A field that may be absent; `null` reads as absent. */
export const maybe = <T>(of: Codec<T>): Codec<T | undefined> => ({
  shape: { _tag: "Maybe", of: () => of },
  read: of.read,
  write: (value) => (value === undefined ? undefined : of.write(value)),
  empty: () => undefined,
  absent: of.absent
})

/** A field without which an answer is worthless: where it is absent, or is an empty secret, reading fails. */
export const sure = <T>(of: Codec<T>): Codec<T> => ({
  shape: { _tag: "Sure", of: () => of },
  read: of.read,
  write: of.write,
  empty: of.empty,
  absent: of.shape._tag === "Secret" ? missingOrBlank : of.absent
})

/** A field that is sent as `value` where the caller leaves it out. */
export const preset = <T>(of: Codec<T>, value: NoInfer<T>): Codec<T | undefined> => ({
  shape: { _tag: "Preset", of: () => of, value },
  read: of.read,
  write: (given) => of.write(given === undefined ? value : given),
  empty: () => undefined,
  absent: of.absent
})

// ---------------------------------------------------------------------------------------------------------------------
// Schema
// ---------------------------------------------------------------------------------------------------------------------

/** Runs a codec's `read` or `write` and says where a value does not fit. */
const attempt =
  <A, B>(run: (value: A) => B) =>
  (value: A): Effect.Effect<B, SchemaIssue.Issue> => {
    try {
      return Effect.succeed(run(value))
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error
      const issue = new SchemaIssue.InvalidValue({ message: `Expected ${error.expected}, found ${error.found}` })
      return Effect.fail(error.steps.length === 0 ? issue : new SchemaIssue.Pointer(error.steps, issue))
    }
  }

const fits =
  <T>(codec: Codec<T>) =>
  (value: unknown): value is T => {
    try {
      codec.write(value as T)
      return true
    } catch (error) {
      if (error instanceof Mismatch) return false
      throw error
    }
  }

const schemas = new WeakMap<AnyCodec, Schema.Codec<unknown, unknown>>()

/** The Effect schema of a codec: the type on one side, what travels on the other. */
export const schema = <T>(codec: Codec<T>): Schema.Codec<T, unknown> => {
  const known = schemas.get(codec)
  if (known !== undefined) return known as Schema.Codec<T, unknown>
  const made = Schema.Unknown.pipe(
    Schema.decodeTo(Schema.declare(fits(codec)), {
      decode: SchemaGetter.transformEffect(attempt(codec.read)),
      encode: SchemaGetter.transformEffect(attempt(codec.write))
    })
  )
  schemas.set(codec, made)
  return made
}
