/**
 * The resolved catalog of pushes, ready to be printed.
 *
 * @since 0.1.0
 */
import type { Place } from "../Mistake.ts"
import type * as Model from "../Model.ts"
import type { Note } from "../Notation.ts"
import type { Event as Written } from "./Read.ts"

/**
 * Fields of a push or of an answer to one: nothing, a shared type as it is, or an object of its own.
 *
 * @since 0.1.0
 */
export type Fields = Model.Input

/**
 * A resolved push, or a reply to a message.
 *
 * @since 0.1.0
 */
export interface Event extends Pick<
  Written,
  | "kind"
  | "name"
  | "note"
  | "summary"
  | "doc"
  | "deprecated"
  | "format"
  | "names"
  | "fieldsNote"
  | "replyNote"
  | "envelope"
> {
  readonly at: Place
  readonly aka: ReadonlyArray<string>
  readonly inside: string | undefined
  readonly fields: Fields
  /** The answer body that it wants, where it wants one. */
  readonly reply: Fields | undefined
}

/**
 * A resolved group, with its own shared types.
 *
 * @since 0.1.0
 */
export interface Group extends Pick<Model.Group, "product" | "name" | "source" | "types"> {
  readonly note: Note
  readonly events: ReadonlyArray<Event>
}

/**
 * A resolved catalog, with the shared types of the root file.
 *
 * @since 0.1.0
 */
export interface Catalog extends Pick<Model.Catalog, "source" | "types"> {
  readonly groups: ReadonlyArray<Group>
}
