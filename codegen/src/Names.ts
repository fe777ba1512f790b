/**
 * What groups and shared types are called in a whole catalog, and shared types by the names that a group gives them.
 *
 * @since 0.1.0
 */
import type * as Model from "./Model.ts"

/**
 * A shared type and its name in the whole catalog: `<product>.<Group>.<Type>`, or `<Type>` for one of the root file.
 *
 * @since 0.1.0
 */
export interface Named {
  readonly id: string
  readonly shared: Model.Shared
}

/**
 * A shared type by its name.
 *
 * @since 0.1.0
 */
export type Look = (name: string) => Named | undefined

/**
 * What a group is called: `<product>.<Group>`, or `<Group>` where it is a catalog of its own.
 *
 * @since 0.1.0
 */
export const groupId = ({ name, product }: Model.Group): string => (product === "" ? name : `${product}.${name}`)

/**
 * The shared types that a group can name.
 *
 * @since 0.1.0
 */
export const look = (group: Model.Group, { types }: Model.Catalog): Look => {
  const known = new Map([...types.map(ofRoot), ...own(group)].map((named) => [named.shared.name, named]))
  return (name) => known.get(name)
}

const ofRoot = (shared: Model.Shared): Named => ({ id: shared.name, shared })

/**
 * The shared types of a group itself.
 *
 * @since 0.1.0
 */
export const own = (group: Model.Group): ReadonlyArray<Named> =>
  group.types.map((shared) => ({ id: `${groupId(group)}.${shared.name}`, shared }))
