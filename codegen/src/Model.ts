/**
 * The resolved catalog: every name looked up, every shape decided, ready to be printed.
 *
 * @since 0.1.0
 */
import type { Place } from "./Mistake.ts"
import type { Fill, Given, Literal, Note, Word } from "./Notation.ts"
import type { Auth } from "./Read.ts"

/**
 * The two directions in which types are used.
 *
 * @since 0.1.0
 */
export type Side = "input" | "output"

/**
 * A resolved type. Closed literals stay closed in answers: they tell variants apart.
 *
 * @since 0.1.0
 */
export type Type =
  | { readonly _tag: "Word"; readonly word: Word }
  | { readonly _tag: "Literals"; readonly values: ReadonlyArray<Literal>; readonly closed: boolean }
  | { readonly _tag: "List"; readonly of: Type }
  | { readonly _tag: "Joined"; readonly of: Type; readonly separator: string }
  | { readonly _tag: "Json"; readonly of: Type }
  | Reference
  | Shape

/**
 * An object, or one of several.
 *
 * @since 0.1.0
 */
export type Shape = Struct | Variants

/**
 * A shared type by its name.
 *
 * @since 0.1.0
 */
export interface Reference {
  readonly _tag: "Reference"
  readonly name: string
  readonly at: Place
}

/**
 * An object.
 *
 * @since 0.1.0
 */
export interface Struct {
  readonly _tag: "Struct"
  readonly fields: ReadonlyArray<Field>
  readonly rest: Rest | undefined
}

/**
 * Any other key of an object.
 *
 * @since 0.1.0
 */
export interface Rest {
  readonly type: Type
  readonly note: Note
}

/**
 * An object for each value of one field, and one for all other values.
 *
 * @since 0.1.0
 */
export interface Variants {
  readonly _tag: "Variants"
  readonly by: string
  readonly cases: ReadonlyArray<{ readonly value: Literal; readonly shape: Shape }>
  readonly otherwise: Shape
}

/**
 * A field of an object.
 *
 * @since 0.1.0
 */
export interface Field {
  readonly name: string
  readonly presence: "plain" | "maybe" | "sure"
  readonly type: Type
  readonly given: Given | undefined
  readonly note: Note
  readonly at: Place
}

/**
 * A shared type, and where it is used.
 *
 * @since 0.1.0
 */
export interface Shared {
  readonly name: string
  readonly type: Type
  readonly note: Note
  readonly at: Place
  /** The sides on which it is named: none where it is only spread into others. */
  readonly sides: ReadonlySet<Side>
  /** Whether its TypeScript differs between the sides, so that it is printed twice. */
  readonly isTwofold: boolean
}

/**
 * What an endpoint takes: nothing, a shared type as it is, or an object of its own.
 *
 * @since 0.1.0
 */
export type Input = { readonly _tag: "Nothing" } | Reference | Shape

/**
 * What an endpoint answers.
 *
 * @since 0.1.0
 */
export type Output =
  | { readonly _tag: "Nothing" }
  | { readonly _tag: "File" }
  | { readonly _tag: "Any" }
  | Reference
  | Shape

/**
 * A value of the answer: the way to it, whether something on the way may be absent, and its type.
 *
 * @since 0.1.0
 */
export interface Way {
  readonly steps: ReadonlyArray<{ readonly name: string; readonly optional: boolean }>
  readonly type: Type
}

/**
 * How to walk through pages. A cursor that is text on one side and a number on the other is converted.
 *
 * @since 0.1.0
 */
export interface Page {
  readonly items: Way
  readonly kind: "offset" | "number" | "cursor"
  readonly field: string
  readonly from: { readonly way: Way; readonly convert: "String" | "Number" | undefined } | undefined
  readonly total: Way | undefined
  readonly more: Way | undefined
}

/**
 * How what is not in the query travels.
 *
 * @since 0.1.0
 */
export type Body = "none" | "json" | "value" | "bytes" | "form" | "form-or-json"

/**
 * A resolved endpoint.
 *
 * @since 0.1.0
 */
export interface Endpoint {
  readonly id: string
  readonly name: string
  readonly at: Place
  readonly note: Note
  readonly summary: string
  readonly method: "GET" | "POST"
  readonly path: string
  /** Where it differs from the catalog's. */
  readonly host: string | undefined
  readonly auth: Auth
  readonly safe: boolean
  readonly safeNote: Note
  readonly doc: string | undefined
  readonly deprecated: string | undefined
  readonly aka: ReadonlyArray<string>
  readonly body: Body
  readonly query: ReadonlyArray<string>
  readonly form: ReadonlyArray<string>
  readonly fill: ReadonlyArray<readonly [field: string, fill: Fill]>
  readonly failure: { readonly code: string; readonly message: string } | undefined
  readonly input: Input
  readonly inputNote: Note
  readonly output: Output
  readonly outputNote: Note
  readonly page: Page | undefined
}

/**
 * A resolved group, with its own shared types.
 *
 * @since 0.1.0
 */
export interface Group {
  readonly product: string
  readonly name: string
  /** The file it comes from, relative to the root file. */
  readonly source: string
  readonly at: Place
  readonly note: Note
  readonly endpoints: ReadonlyArray<Endpoint>
  readonly types: ReadonlyArray<Shared>
}

/**
 * A path of WeChat's that the catalog does not have, and why.
 *
 * @since 0.1.0
 */
export interface Missing {
  readonly path: string
  readonly why: string
}

/**
 * A resolved catalog, with the shared types of the root file.
 *
 * @since 0.1.0
 */
export interface Catalog {
  /** The name of the root file. */
  readonly source: string
  /** The host of all endpoints that name no other. */
  readonly host: string
  readonly products: ReadonlyArray<{ readonly id: string; readonly title: string }>
  readonly groups: ReadonlyArray<Group>
  readonly types: ReadonlyArray<Shared>
  /** What is known to be missing; nothing where the catalog does not say. */
  readonly missing: ReadonlyArray<Missing>
}
