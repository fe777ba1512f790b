/**
 * Rules between the parts of a catalog that names and shapes alone do not keep.
 *
 * @since 0.1.0
 */
import type { Place, Report } from "./Mistake.ts"
import type * as Model from "./Model.ts"
import type * as Notation from "./Notation.ts"
import * as Page from "./Page.ts"
import type * as Read from "./Read.ts"
import type * as Types from "./Types.ts"
import type { Occurrence } from "./Sides.ts"

type Follow = (reference: Model.Reference) => Model.Type | undefined

// ---------------------------------------------------------------------------------------------------------------------
// Fields
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Checks fields against the sides on which they occur. One that a type shares between both may be of use on either.
 * `answers` is the key of the catalog under which answers stand.
 *
 * @since 0.1.0
 */
export const fields = (occurrences: Iterable<Occurrence>, report: Report, answers = "returns"): void => {
  for (const { field, isInner, sides } of occurrences) {
    if (!sides.has("input")) answerField(field, answers, report)
    if (!sides.has("output")) inputField(field, report)
    if (sides.has("input") && isError(field.type))
      report(field.at, `an error field in an input; expected it in \`${answers}\``)
    if (field.given?._tag !== "Fill") continue
    if (sides.has("output")) report(field.at, `\`$${field.given.fill}\` in \`${answers}\`; expected it in inputs only`)
    else if (isInner) report(field.at, `\`$${field.given.fill}\` inside an object; expected it at the top of an input`)
  }
}

const isError = (type: Model.Type): boolean =>
  type._tag === "Word" && (type.word === "errcode" || type.word === "errmsg")

const answerField = ({ at, given, name, presence, type }: Model.Field, answers: string, report: Report): void => {
  if (presence === "maybe" && type._tag === "List") {
    report(at, `\`?\` on a list in \`${answers}\`; expected \`${name}\`: it reads as empty where it is absent`)
  }
  if (given?._tag === "Default") report(at, `a default of \`${name}\` in \`${answers}\`; expected it in inputs only`)
}

const inputField = ({ at, name, presence }: Model.Field, report: Report): void => {
  if (presence === "sure") report(at, `\`!\` in an input; expected \`${name}\`: it is required`)
}

const isText = (type: Model.Type, isForm: boolean, follow: Follow): boolean => {
  switch (type._tag) {
    case "Literals":
    case "Joined":
    case "Json":
      return true
    case "Word":
      return type.word === "file" ? isForm : type.word !== "any" && type.word !== "bytes"
    case "Reference": {
      const target = follow(type)
      return target === undefined || isText(target, isForm, follow)
    }
    default:
      return false
  }
}

/**
 * Checks that what travels in the address or as parts of a form can be written as text.
 *
 * @since 0.1.0
 */
export const texts = ({ form, input, query }: Model.Endpoint, follow: Follow, report: Report): void => {
  if (input._tag === "Nothing") return
  for (const { at, name, type } of Page.structsOf(input, { follow }).flatMap((struct) => struct.fields)) {
    const where = query.includes(name) ? "`query`" : form.includes(name) ? "`multipart`" : undefined
    if (where === undefined || isText(type, where === "`multipart`", follow)) continue
    report(at, `\`${name}\` cannot travel in ${where} as it is; expected text, a joined list or \`(json)\``)
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Error fields
// ---------------------------------------------------------------------------------------------------------------------

interface Found {
  readonly word: "errcode" | "errmsg"
  readonly path: string
  readonly at: Place
  readonly isInList: boolean
}

const errorFields = (
  type: Model.Type,
  path: string,
  isInList: boolean,
  trail: ReadonlyArray<string>,
  follow: Follow
): ReadonlyArray<Found> => {
  switch (type._tag) {
    case "List":
    case "Json":
      return errorFields(type.of, path, true, trail, follow)
    case "Reference": {
      const target = trail.includes(type.name) ? undefined : follow(type)
      return target === undefined ? [] : errorFields(target, path, isInList, [...trail, type.name], follow)
    }
    case "Variants":
      return errorFields(type.otherwise, path, isInList, trail, follow)
    case "Struct":
      return type.fields.flatMap(({ at, name, type: of }): ReadonlyArray<Found> => {
        const here = path === "" ? name : `${path}.${name}`
        return of._tag === "Word" && (of.word === "errcode" || of.word === "errmsg")
          ? [{ word: of.word, path: here, at, isInList }]
          : errorFields(of, here, isInList, trail, follow)
      })
    default:
      return []
  }
}

/**
 * Where an answer holds its error code and message, if not in the usual place.
 *
 * @since 0.1.0
 */
export const failure = (output: Model.Type, follow: Follow, report: Report): Model.Endpoint["failure"] => {
  const found = errorFields(output, "", false, [], follow)
  const pick = (word: Found["word"]): string | undefined => {
    const [first, second] = found.filter((each) => each.word === word)
    if (first?.isInList === true)
      report(first.at, `\`${word}\` inside a list or JSON text; expected it in an object of the answer`)
    if (second !== undefined) report(second.at, `\`${word}\` twice in one answer; expected it once`)
    return first?.path
  }
  const [code, message] = [pick("errcode"), pick("errmsg")]
  if (code === undefined && message === undefined) return undefined
  return { code: code ?? "errcode", message: message ?? "errmsg" }
}

/**
 * Reports fields that no answer can have: the usual error code and message, which are taken out of all of them.
 *
 * @since 0.1.0
 */
export const takenOut = (output: Model.Type, follow: Follow, report: Report): void => {
  for (const { at, name, type } of Page.structsOf(output, { follow }).flatMap((struct) => struct.fields)) {
    if ((name !== "errcode" && name !== "errmsg") || isError(type)) continue
    report(at, `\`${name}\` is taken out of every answer; expected the type \`${name}\`, or no field`)
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Shared types
// ---------------------------------------------------------------------------------------------------------------------

/** The shared types that a type names, and those that it spreads. */
const mentions = (type: Notation.Type | undefined): ReadonlyArray<string> => {
  switch (type?._tag) {
    case "Name":
      return [type.name]
    case "List":
    case "Joined":
    case "Json":
      return mentions(type.of)
    case "Variants":
      return [...type.cases.map((each) => each.type), type.otherwise].flatMap(mentions)
    case "Fields":
      return type.members.flatMap((member) => (member._tag === "Spread" ? [member.name] : mentions(member.type)))
    default:
      return []
  }
}

/**
 * What an endpoint sends and answers, as far as it can name shared types.
 *
 * @since 0.1.0
 */
export const parts = ({ body, multipart, query, returns }: Read.Api): ReadonlyArray<Notation.Type> =>
  [query, multipart, body, returns].flatMap((part) => (part?._tag === "Fields" || part?._tag === "Name" ? [part] : []))

/**
 * The shared types that some others use, directly or not.
 *
 * @since 0.1.0
 */
export const reached = (
  by: ReadonlyArray<Notation.Type | undefined>,
  types: ReadonlyMap<string, Types.Shared>
): ReadonlySet<Types.Shared> => {
  const found = new Set<Types.Shared>()
  const waiting = by.flatMap(mentions)
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const type = types.get(name)
    if (type === undefined || found.has(type)) continue
    found.add(type)
    waiting.push(...mentions(type.type))
  }
  return found
}

/**
 * Reports types that nobody uses.
 *
 * @since 0.1.0
 */
export const unused = (types: ReadonlyArray<Types.Shared>, used: ReadonlySet<Types.Shared>, report: Report): void => {
  for (const type of types) {
    if (!used.has(type))
      report(type.at, `nobody uses the type \`${type.name}\`; expected an endpoint that does, or no type`)
  }
}

/** The types that a type always contains: not in a list, not optionally. */
const always = (type: Model.Type): ReadonlyArray<string> => {
  switch (type._tag) {
    case "Json":
      return always(type.of)
    case "Reference":
      return [type.name]
    case "Struct":
      return type.fields.flatMap((field) => (field.presence === "maybe" ? [] : always(field.type)))
    case "Variants":
      return [...type.cases.map(({ shape }) => shape), type.otherwise].flatMap(always)
    default:
      return []
  }
}

/**
 * Reports types that contain themselves without end, and answers their names.
 *
 * @since 0.1.0
 */
export const endless = (
  types: ReadonlyArray<Types.Shared>,
  find: (name: string) => Model.Type | undefined,
  report: Report
): ReadonlySet<string> => {
  const found = new Set<string>()
  const containsOf = (name: string): ReadonlyArray<string> => {
    const type = find(name)
    return type === undefined ? [] : always(type)
  }
  for (const { at, name } of types) {
    const seen = new Set<string>()
    const waiting = [...containsOf(name)]
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (!seen.has(next)) waiting.push(...containsOf(next))
      seen.add(next)
    }
    if (!seen.has(name)) continue
    found.add(name)
    report(at, `\`${name}\` contains itself without end; expected \`?\` or a list on the way`)
  }
  return found
}

// ---------------------------------------------------------------------------------------------------------------------
// Endpoints
// ---------------------------------------------------------------------------------------------------------------------

/**
 * What an endpoint always sends, by the names of the fields.
 *
 * @since 0.1.0
 */
export const constants = (
  { input }: Model.Endpoint,
  follow: Follow
): ReadonlyArray<readonly [field: string, value: Notation.Literal]> => {
  const fields = input._tag === "Nothing" ? [] : Page.structsOf(input, { follow }).flatMap((struct) => struct.fields)
  return fields.flatMap(({ given, name }) => (given?._tag === "Constant" ? [[name, given.value] as const] : []))
}

/**
 * What tells two calls of one path apart, what they return aside.
 *
 * @since 0.1.0
 */
export const callOf = (endpoint: Model.Endpoint, follow: Follow): string => {
  const { auth, host, method, path } = endpoint
  const sent = constants(endpoint, follow).map(([field, value]) => `${field}=${value}`)
  return JSON.stringify([method, host, path, auth, ...new Set(sent.toSorted())])
}

/**
 * The kind of answer, as far as it tells two calls of one path apart.
 *
 * @since 0.1.0
 */
export const kindOf = ({ output }: Model.Endpoint): "Nothing" | "File" | "Json" =>
  output._tag === "Nothing" || output._tag === "File" ? output._tag : "Json"

/**
 * Reports endpoints that make the same call as another one.
 *
 * @since 0.1.0
 */
export const duplicates = (
  endpoints: ReadonlyArray<{ readonly endpoint: Model.Endpoint; readonly follow: Follow }>,
  report: Report
): void => {
  const calls = new Map<string, Model.Endpoint>()
  for (const { endpoint, follow } of endpoints) {
    const call = `${kindOf(endpoint)} ${callOf(endpoint, follow)}`
    const first = calls.get(call)
    if (first === undefined) calls.set(call, endpoint)
    else
      report(endpoint.at, `the same call as \`${first.id}\`; expected another path, token, constant or kind of answer`)
  }
}

/**
 * Reports what is said to be missing and is not, or is said twice.
 *
 * @since 0.1.0
 */
export const missing = (
  said: ReadonlyArray<Read.Missing>,
  endpoints: ReadonlyArray<Model.Endpoint>,
  report: Report
): void => {
  const present = new Map(endpoints.map((endpoint) => [endpoint.path, endpoint.id]))
  const paths = new Set<string>()
  for (const { path } of said) {
    const id = present.get(path.text)
    if (id !== undefined)
      report(path.at, `\`${path.text}\` is no longer missing: it is \`${id}\`; expected a path that no endpoint has`)
    if (paths.has(path.text)) report(path.at, `\`${path.text}\` twice; expected every path once`)
    paths.add(path.text)
  }
}
