/**
 * The shared types of a catalog, looked up by name, and how all its groups use them.
 *
 * @since 0.1.0
 */
import type { Place, Report } from "./Mistake.ts"
import type * as Model from "./Model.ts"
import type * as Types from "./Types.ts"
import * as Shape from "./Shape.ts"
import type * as Sides from "./Sides.ts"

/**
 * A type by its name.
 *
 * @since 0.1.0
 */
export type Find = (name: string) => Model.Type | undefined

/**
 * The type of what cannot be resolved.
 *
 * @since 0.1.0
 */
export const anything: Model.Type = { _tag: "Word", word: "any" }

/**
 * Types by name, those of the root file and those of a group; a name that stands for two is a mistake.
 *
 * @since 0.1.0
 */
export const named = (
  own: ReadonlyArray<Types.Shared>,
  root: ReadonlyMap<string, Types.Shared>,
  report: Report
): ReadonlyMap<string, Types.Shared> => {
  for (const { at, name } of own) {
    if (root.has(name)) report(at, `the type \`${name}\` also stands in the root file; expected another name`)
  }
  return new Map([...root, ...own.map((type) => [type.name, type] as const)])
}

/**
 * The types of one file, resolved when they are first asked for; `otherwise` knows all others.
 *
 * @since 0.1.0
 */
export const library = (own: ReadonlyArray<Types.Shared>, scope: Shape.Scope, otherwise: Find): Find => {
  const written = new Map(own.map(({ name, type }) => [name, type]))
  const made = new Map<string, Model.Type>()
  return (name) => {
    const type = written.get(name)
    if (type === undefined) return otherwise(name)
    if (!made.has(name)) {
      made.set(name, anything)
      made.set(name, Shape.type(type, scope))
    }
    return made.get(name)
  }
}

/**
 * Shared types with what is known about their use.
 *
 * @since 0.1.0
 */
export const shared = (
  types: ReadonlyArray<Types.Shared>,
  find: Find,
  sides: Sides.Usage["types"],
  twofold: ReadonlySet<string>
): ReadonlyArray<Model.Shared> =>
  types.map(({ at, name, note }) => ({
    name,
    type: find(name) ?? anything,
    note,
    at,
    sides: sides.get(name) ?? new Set(),
    isTwofold: twofold.has(name)
  }))

/**
 * How all groups together use the types that have one of these names.
 *
 * @since 0.1.0
 */
export const together = (
  drafts: ReadonlyArray<Pick<Sides.Usage, "types">>,
  names: ReadonlyMap<string, unknown>
): Sides.Usage["types"] => {
  const all: Sides.Usage["types"] = new Map()
  for (const [name, sides] of drafts.flatMap(({ types }) => [...types])) {
    if (names.has(name)) all.set(name, new Set([...(all.get(name) ?? []), ...sides]))
  }
  return all
}

/**
 * Reports groups that share their name with another one of the product.
 *
 * @since 0.1.0
 */
export const groupNames = (
  files: ReadonlyArray<{
    readonly product: string
    readonly source: string
    readonly group: { readonly name: string; readonly at: Place }
  }>,
  report: Report
): void => {
  const names = new Map<string, string>()
  for (const { group, product, source } of files) {
    const key = `${product}/${group.name.toLowerCase()}`
    const first = names.get(key)
    if (first === undefined) names.set(key, source)
    else if (group.name !== "")
      report(group.at, `the group \`${group.name}\` also stands in ${first}; expected another name`)
  }
}
