/**
 * What changed between two catalogs.
 *
 * @since 0.1.0
 */
import type * as Change from "./Change.ts"
import * as Fields from "./Fields.ts"
import type * as Model from "./Model.ts"
import * as Names from "./Names.ts"
import * as Print from "./Print.ts"
import * as Rules from "./Rules.ts"

/** An endpoint in its catalog. */
interface Seen {
  readonly endpoint: Model.Endpoint
  readonly look: Names.Look
}

const endpointsOf = (catalog: Model.Catalog): ReadonlyArray<Seen> =>
  catalog.groups.flatMap((group) => {
    const look = Names.look(group, catalog)
    return group.endpoints.map((endpoint) => ({
      endpoint: { ...endpoint, host: endpoint.host ?? catalog.host },
      look
    }))
  })

// ---------------------------------------------------------------------------------------------------------------------
// Pairs
// ---------------------------------------------------------------------------------------------------------------------

const callOf = ({ endpoint, look }: Seen): string => Rules.callOf(endpoint, ({ name }) => look(name)?.shared.type)

/** What makes two endpoints the same, the surest first. */
const marks: ReadonlyArray<(seen: Seen) => string> = [
  (seen) => `${seen.endpoint.id} ${callOf(seen)}`,
  (seen) => `${Rules.kindOf(seen.endpoint)} ${callOf(seen)}`,
  (seen) => seen.endpoint.id,
  callOf
]

interface Pair {
  readonly before: Seen | undefined
  readonly after: Seen | undefined
}

/** Endpoints of both catalogs in the order of the new one, then those that only the old one has. */
const pairs = (before: ReadonlyArray<Seen>, after: ReadonlyArray<Seen>): ReadonlyArray<Pair> => {
  const left = new Set(before)
  const found = new Map<Seen, Seen>()
  for (const mark of marks) {
    const waiting = new Map([...left].toReversed().map((seen) => [mark(seen), seen]))
    for (const seen of after) {
      const old = found.has(seen) ? undefined : waiting.get(mark(seen))
      if (old === undefined || !left.delete(old)) continue
      found.set(seen, old)
    }
  }
  return [
    ...after.map((seen) => ({ before: found.get(seen), after: seen })),
    ...[...left].map((seen) => ({ before: seen, after: undefined }))
  ]
}

// ---------------------------------------------------------------------------------------------------------------------
// Endpoints
// ---------------------------------------------------------------------------------------------------------------------

type Changes = ReadonlyArray<Change.Change>

/** A property of an endpoint as text, and whether it breaks callers when it changes. */
interface Property {
  readonly what: Change.Whole
  readonly text: (endpoint: Model.Endpoint) => string
  readonly breaks: (before: Model.Endpoint, after: Model.Endpoint) => boolean
}

const never = (): boolean => false
const always = (): boolean => true

const kindOf = ({ output }: Model.Endpoint): string =>
  output._tag === "Nothing" ? "nothing" : output._tag === "File" ? "file" : output._tag === "Any" ? "any" : "object"

const wayText = ({ steps }: Model.Way): string => steps.map(({ name }) => name).join(".")

const pageText = ({ page }: Model.Endpoint): string => {
  if (page === undefined) return "none"
  const { field, from, items, kind, more, total } = page
  const way = from === undefined || wayText(from.way) === field ? "" : ` from ${wayText(from.way)}`
  const others = Object.entries({ total, more }).flatMap(([name, to]) =>
    to === undefined ? [] : [`${name}: ${wayText(to)}`]
  )
  return `{ ${[`items: ${wayText(items)}`, `${kind}: ${field}${way}`, ...others].join(", ")} }`
}

const properties: ReadonlyArray<Property> = [
  { what: "renamed", text: ({ id }) => id, breaks: always },
  { what: "call", text: ({ host, method, path }) => `${method} ${host}${path}`, breaks: never },
  { what: "token", text: ({ auth }) => auth, breaks: always },
  { what: "safe", text: ({ safe }) => String(safe), breaks: never },
  { what: "summary", text: ({ summary }) => summary, breaks: never },
  { what: "official page", text: ({ doc }) => doc ?? "none", breaks: never },
  { what: "body", text: ({ body }) => body, breaks: never },
  { what: "answer", text: kindOf, breaks: ({ output: { _tag } }) => _tag !== "Nothing" && _tag !== "Any" },
  {
    what: "page",
    text: pageText,
    breaks: ({ page: old }, { page: now }) =>
      old !== undefined && (now === undefined || wayText(old.items) !== wayText(now.items))
  }
]

const whole = (before: Model.Endpoint, after: Model.Endpoint): Changes =>
  properties.flatMap(({ breaks, text, what }) => {
    const [from, to] = [text(before), text(after)]
    return from === to ? [] : [{ of: "endpoint", id: after.id, what, breaking: breaks(before, after), from, to }]
  })

const deprecation = (before: Model.Endpoint, after: Model.Endpoint): Changes => {
  const [was, is] = [Print.deprecation(before), Print.deprecation(after)]
  if ((was === undefined) === (is === undefined)) return []
  const what = is === undefined ? "no longer deprecated" : "deprecated"
  return [{ of: "endpoint", id: after.id, what, breaking: false, ...(is === undefined ? {} : { to: is }) }]
}

const noFields: Model.Struct = { _tag: "Struct", fields: [], rest: undefined }

const inputOf = ({ input }: Model.Endpoint): Model.Type => (input._tag === "Nothing" ? noFields : input)

const outputOf = ({ output }: Model.Endpoint): Model.Type | undefined =>
  output._tag === "Any" || output._tag === "File" || output._tag === "Nothing" ? undefined : output

/** Takes the shared types that both sides name. */
type Same = (side: Model.Side, before: Names.Named, after: Names.Named, looks: Looks) => void

interface Looks {
  readonly before: Names.Look
  readonly after: Names.Look
}

const inside = (before: Seen, after: Seen, share: Same): Changes => {
  const looks = { before: before.look, after: after.look }
  const compare = (side: Model.Side, old: Model.Type | undefined, now: Model.Type | undefined): Changes => {
    if (old === undefined || now === undefined) return []
    const same: Fields.Sight["same"] = (from, to) => share(side, from, to, looks)
    return Fields.types(old, now, { ...looks, side, same }).map((each) => ({
      of: "field",
      within: "endpoint",
      id: after.endpoint.id,
      side,
      ...each
    }))
  }
  return [
    ...compare("input", inputOf(before.endpoint), inputOf(after.endpoint)),
    ...compare("output", outputOf(before.endpoint), outputOf(after.endpoint))
  ]
}

const endpoint = ({ after, before }: Pair, share: Same): Changes => {
  if (before !== undefined && after !== undefined) {
    const [old, now] = [before.endpoint, after.endpoint]
    return [...whole(old, now), ...deprecation(old, now), ...inside(before, after, share)]
  }
  const only = after ?? before
  if (only === undefined) return []
  const { id, method, path, summary } = only.endpoint
  return after === undefined
    ? [{ of: "endpoint", id, what: "removed", breaking: true, from: `${method} ${path}` }]
    : [{ of: "endpoint", id, what: "added", breaking: false, to: `${method} ${path}`, summary }]
}

// ---------------------------------------------------------------------------------------------------------------------
// Shared types
// ---------------------------------------------------------------------------------------------------------------------

/** Shared types that wait to be compared, each pair once on each side. */
const queue = () => {
  const known = new Set<string>()
  const waiting: Array<() => Changes> = []
  const share: Same = (side, before, after, looks) => {
    const key = `${side} ${before.id} ${after.id}`
    if (known.has(key)) return
    known.add(key)
    const same: Fields.Sight["same"] = (from, to) => share(side, from, to, looks)
    waiting.push(() =>
      Fields.types(before.shared.type, after.shared.type, { ...looks, side, same }).map((each) => ({
        of: "field",
        within: "type",
        id: after.id,
        side,
        ...each
      }))
    )
  }
  const drain = (): Changes => {
    const found: Array<Change.Change> = []
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) found.push(...next())
    return found
  }
  return { share, drain }
}

/**
 * All changes from one catalog to another: endpoints in the order of the new one, then the shared types that they use.
 *
 * @since 0.1.0
 */
export const changes = (before: Model.Catalog, after: Model.Catalog): Changes => {
  const { drain, share } = queue()
  const found = pairs(endpointsOf(before), endpointsOf(after)).flatMap((pair) => endpoint(pair, share))
  return [...found, ...drain()]
}
