/**
 * A change between two catalogs, and whether it breaks those who call.
 *
 * @since 0.1.0
 */
import type { Side } from "./Model.ts"

/**
 * What changed of an endpoint as a whole.
 *
 * @since 0.1.0
 */
export type Whole =
  | "added"
  | "removed"
  | "renamed"
  | "deprecated"
  | "no longer deprecated"
  | "call"
  | "token"
  | "summary"
  | "official page"
  | "safe"
  | "body"
  | "answer"
  | "page"

/**
 * What changed of a field. Where it is literals, `from` are those that are gone and `to` those that are new.
 *
 * @since 0.1.0
 */
export type Part =
  | "added"
  | "removed"
  | "type"
  | "literals"
  | "required"
  | "optional"
  | "default"
  | "deprecated"
  | "no longer deprecated"

/**
 * A change. `from` and `to` are texts of the notation, where the change is one from something to something.
 *
 * @since 0.1.0
 */
export type Change = {
  /** What the endpoint or shared type is called, in the new catalog where it is there. */
  readonly id: string
  readonly breaking: boolean
  readonly from?: string
  readonly to?: string
} & (
  | { readonly of: "endpoint"; readonly what: Whole; /** Of an endpoint that is new. */ readonly summary?: string }
  | {
      readonly of: "field"
      readonly what: Part
      readonly within: "endpoint" | "type"
      readonly side: Side
      /** The way to the field: `list[].name`. Empty for a shared type itself. */
      readonly field: string
    }
)
