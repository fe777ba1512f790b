/**
 * The TypeScript text of the registry: all endpoints by what they are, none of them loaded.
 *
 * @since 0.1.0
 */
import { headerFor, pathOf } from "./Emit.ts"
import type { File, Options } from "./Emit.ts"
import type * as Model from "./Model.ts"
import * as Print from "./Print.ts"

const entryType = `/** What is known about an endpoint before it is loaded. */
export interface Entry {
  /** \`<product>.<Group>.<name>\`, unique. */
  readonly id: string
  /** Empty in the registry of a single group. */
  readonly product: string
  readonly group: string
  readonly name: string
  readonly method: "GET" | "POST"
  readonly path: string
  /** Where it differs from the catalog's. */
  readonly host?: string
  readonly auth: Endpoint.Auth
  /** One sentence that says what the call does. */
  readonly summary: string
  /** The official page. */
  readonly doc?: string
  /** Former and cloud-call names. */
  readonly aka?: ReadonlyArray<string>
  /** Why, or what to use instead. */
  readonly deprecated?: string
  /** Loads the module of its group. */
  readonly load: () => Promise<Endpoint.Any>
}`

const entry = (group: Model.Group, endpoint: Model.Endpoint): string => {
  const { aka, auth, deprecated, doc, host, id, method, name, path, summary } = endpoint
  const texts = { id, product: group.product, group: group.name, name, method, path, host, auth, summary, doc }
  const known = Object.entries(texts).flatMap(([key, text]) =>
    text === undefined ? [] : [`${key}: ${Print.literal(text)}`]
  )
  const names = aka.length === 0 ? [] : [`aka: [${aka.map(Print.literal).join(", ")}]`]
  const why = deprecated === undefined ? [] : [`deprecated: ${Print.literal(deprecated)}`]
  const load = `load: () => import(${Print.literal(`./${pathOf(group)}`)}).then((module) => module.${name})`
  return `{ ${[...known, ...names, ...why, load].join(",\n")} }`
}

const products = (catalog: Model.Catalog): string => {
  const titles = catalog.products.map(({ id, title }) => `${Print.key(id)}: ${Print.literal(title)}`)
  return `/** The products and what they are called. */
export const products: Readonly<Record<string, string>> = { ${titles.join(", ")} }`
}

/**
 * The registry of a catalog, not yet laid out.
 *
 * @since 0.1.0
 */
export const emit = (catalog: Model.Catalog, { core }: Options): File => {
  const entries = catalog.groups.flatMap((group) => group.endpoints.map((endpoint) => entry(group, endpoint)))
  const parts = [
    `${headerFor(catalog.source)}import type * as Endpoint from ${Print.literal(`${core}/Endpoint`)}`,
    entryType,
    ...(catalog.products.length === 0 ? [] : [products(catalog)]),
    `/** All endpoints, in the order of the catalog. */
export const endpoints: ReadonlyArray<Entry> = [${entries.join(",\n")}]`
  ]
  return { path: "Registry.ts", text: `${parts.join("\n\n")}\n` }
}
