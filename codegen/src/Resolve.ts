/**
 * The model from what all files of a catalog say, with every mistake between them.
 *
 * @since 0.1.0
 */
import * as Library from "./Library.ts"
import type { Report } from "./Mistake.ts"
import type * as Model from "./Model.ts"
import type * as Notation from "./Notation.ts"
import * as Page from "./Page.ts"
import type * as Read from "./Read.ts"
import type * as Types from "./Types.ts"
import * as Rules from "./Rules.ts"
import * as Shape from "./Shape.ts"
import * as Sides from "./Sides.ts"

/**
 * A group file as it was read.
 *
 * @since 0.1.0
 */
export interface File {
  readonly product: string
  /** Relative to the root file. */
  readonly source: string
  readonly group: Read.Group
  /** Whether the file reads without mistakes, so that what it uses is known. */
  readonly isSound: boolean
}

/**
 * All files of a catalog as they were read.
 *
 * @since 0.1.0
 */
export interface Files {
  readonly source: string
  readonly root: Read.Root
  readonly files: ReadonlyArray<File>
  readonly isSound: boolean
}

// ---------------------------------------------------------------------------------------------------------------------
// Inputs and answers
// ---------------------------------------------------------------------------------------------------------------------

interface Taken {
  readonly input: Model.Input
  /** The fields of the input, whichever way it is printed. */
  readonly fields: ReadonlyArray<Notation.Field>
  readonly query: ReadonlyArray<string>
  readonly form: ReadonlyArray<string>
}

const nothing: Shape.Open = { fields: [], rest: undefined }

const openObject = (fields: Notation.Fields | undefined, scope: Shape.Scope): Shape.Open =>
  fields === undefined ? nothing : Shape.open(fields, scope)

/** The whole body as one input field. */
const bodyField = (word: "any" | "bytes", { at, bodyNote }: Read.Api): Shape.Open => ({
  fields: [
    {
      _tag: "Field",
      name: "body",
      presence: "plain",
      type: { _tag: "Word", word },
      given: undefined,
      note: bodyNote,
      at
    }
  ],
  rest: undefined
})

const openBody = (api: Read.Api, scope: Shape.Scope): Shape.Open => {
  switch (api.body?._tag) {
    case "Any":
      return bodyField("any", api)
    case "Bytes":
      return bodyField("bytes", api)
    case "Fields":
      return Shape.open(api.body, scope)
    case "Name":
      return openNamed(api.body, scope)
    default:
      return nothing
  }
}

/** The fields of a shared type that has to be an object. */
const openNamed = ({ at, name }: Types.Reference, scope: Shape.Scope): Shape.Open => {
  const shared = scope.find(name, at)
  if (shared?.type._tag === "Fields") return Shape.open(shared.type, scope, [shared])
  if (shared !== undefined) scope.report(at, `\`${name}\` is no object; expected one`)
  return nothing
}

const merge = (parts: ReadonlyArray<Shape.Open>, { report }: Shape.Scope): Shape.Open => {
  const names = new Set<string>()
  const fields = parts.flatMap((part) => {
    const twice = part.fields.filter(({ name }) => names.has(name))
    for (const { at, name } of twice)
      report(at, `the input \`${name}\` in two places; expected it in one of \`query\`, \`multipart\` and \`body\``)
    for (const { name } of part.fields) names.add(name)
    return part.fields.filter((field) => !twice.includes(field))
  })
  return { fields, rest: parts.find(({ rest }) => rest !== undefined)?.rest }
}

const namesOf = ({ fields }: Shape.Open): ReadonlyArray<string> => fields.map(({ name }) => name)

const taken = (api: Read.Api, scope: Shape.Scope): Taken => {
  const [query, form, body] = [openObject(api.query, scope), openObject(api.multipart, scope), openBody(api, scope)]
  for (const rest of [query.rest, form.rest]) {
    if (rest !== undefined) scope.report(rest.at, "free keys in `query` or `multipart`; expected them in `body`")
  }
  const all = merge([query, form, body], scope)
  const isShared = api.body?._tag === "Name" && query.fields.length === 0 && form.fields.length === 0
  return {
    input:
      isShared && api.body?._tag === "Name"
        ? { _tag: "Reference", name: api.body.name, at: api.body.at }
        : all.fields.length === 0 && all.rest === undefined
          ? { _tag: "Nothing" }
          : Shape.shape(all, scope),
    fields: all.fields,
    query: namesOf(query),
    form: namesOf(form)
  }
}

const answered = (returns: Read.Returns | undefined, scope: Shape.Scope): Model.Output => {
  switch (returns?._tag) {
    case "File":
    case "Any":
      return { _tag: returns._tag }
    case "Fields":
      return Shape.shape(Shape.open(returns, scope), scope)
    case "Name":
      openNamed(returns, scope)
      return { _tag: "Reference", name: returns.name, at: returns.at }
    default:
      return { _tag: "Nothing" }
  }
}

const bodyOf = ({ body, method, multipart }: Read.Api): Model.Body => {
  if (method === "GET") return "none"
  if (multipart !== undefined) return body === undefined ? "form" : "form-or-json"
  return body?._tag === "Any" ? "value" : body?._tag === "Bytes" ? "bytes" : "json"
}

const inputNote = ({ body, bodyNote, queryNote }: Read.Api): Notation.Note =>
  body?._tag === "Any" || body?._tag === "Bytes" ? queryNote : [...queryNote, ...bodyNote]

// ---------------------------------------------------------------------------------------------------------------------
// Endpoints and groups
// ---------------------------------------------------------------------------------------------------------------------

/** What endpoints are resolved in. */
interface Surroundings {
  readonly scope: Shape.Scope
  readonly follow: (reference: Model.Reference) => Model.Type | undefined
  readonly host: string
  readonly prefix: string
}

const typeOf = (output: Model.Output): Model.Type =>
  output._tag === "Nothing" || output._tag === "File" || output._tag === "Any" ? Library.anything : output

const endpoint = (api: Read.Api, { follow, host, prefix, scope }: Surroundings): Model.Endpoint => {
  const { report } = scope
  const { fields, form, input, query } = taken(api, scope)
  const output = answered(api.returns, scope)
  Rules.takenOut(typeOf(output), follow, report)
  const sight = { input: input._tag === "Nothing" ? undefined : input, output: typeOf(output), follow, report }
  return {
    id: `${prefix}${api.name}`,
    name: api.name,
    at: api.at,
    note: api.note,
    summary: api.summary,
    method: api.method,
    path: api.path.text,
    host: api.host === host ? undefined : api.host,
    auth: api.auth,
    safe: api.safe,
    safeNote: api.safeNote,
    doc: api.doc,
    deprecated: api.deprecated,
    aka: api.aka,
    body: bodyOf(api),
    query,
    form,
    fill: fields.flatMap(({ given, name }) => (given?._tag === "Fill" ? [[name, given.fill] as const] : [])),
    failure: Rules.failure(typeOf(output), follow, report),
    input,
    inputNote: inputNote(api),
    output,
    outputNote: api.outputNote,
    page: api.page === undefined ? undefined : Page.resolve(api.page, sight)
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Groups and catalogs
// ---------------------------------------------------------------------------------------------------------------------

/** A group whose endpoints are resolved, before it is known how all groups together use the types of the root file. */
interface Draft {
  readonly file: File
  readonly endpoints: ReadonlyArray<Model.Endpoint>
  readonly find: Library.Find
  readonly follow: Surroundings["follow"]
  readonly types: Sides.Usage["types"]
  /** The shared types that it uses, its own and those of the root file. */
  readonly reached: ReadonlySet<Types.Shared>
}

interface Root {
  readonly types: ReadonlyMap<string, Types.Shared>
  readonly find: Library.Find
  /** The types that contain themselves without end, and so cannot be followed. */
  readonly endless: ReadonlySet<string>
  readonly host: string
  readonly fields: Sides.Usage["fields"]
}

const draft = (file: File, root: Root, report: Report): Draft => {
  const { apis, name, types } = file.group
  const all = Library.named(types, root.types, report)
  const scope = Shape.scope(all, report)
  const find = Library.library(types, scope, root.find)
  const endless = new Set([...root.endless, ...Rules.endless(types, find, report)])
  const follow: Draft["follow"] = (reference) => (endless.has(reference.name) ? undefined : find(reference.name))
  const prefix = file.product === "" ? `${name}.` : `${file.product}.${name}.`
  const endpoints = apis.map((api) => endpoint(api, { scope, follow, host: root.host, prefix }))
  for (const each of endpoints) Rules.texts(each, follow, report)
  const reached = Rules.reached(apis.flatMap(Rules.parts), all)
  if (file.isSound) Rules.unused(types, reached, report)
  return { file, endpoints, find, follow, types: Sides.usage(endpoints, follow, root.fields), reached }
}

const groupOf = ({ endpoints, file, find, types }: Draft, rootTwofold: ReadonlySet<string>): Model.Group => ({
  product: file.product,
  name: file.group.name,
  source: file.source,
  at: file.group.at,
  note: file.group.note,
  endpoints,
  types: Library.shared(file.group.types, find, types, Sides.twofold(types, find, rootTwofold))
})

/**
 * Resolves a catalog.
 *
 * @since 0.1.0
 */
export const catalog = ({ files, isSound, root, source }: Files, report: Report): Model.Catalog => {
  const types = new Map(root.types.map((type) => [type.name, type]))
  const find = Library.library(root.types, Shape.scope(types, report), () => undefined)
  const fields: Sides.Usage["fields"] = new Map()
  const endless = Rules.endless(root.types, find, report)
  Library.groupNames(files, report)
  const drafts = files.map((file) => draft(file, { types, find, endless, host: root.host, fields }, report))
  Rules.fields(fields.values(), report)
  Rules.duplicates(
    drafts.flatMap(({ endpoints, follow }) => endpoints.map((each) => ({ endpoint: each, follow }))),
    report
  )
  Rules.missing(
    root.missing,
    drafts.flatMap(({ endpoints }) => endpoints),
    report
  )
  if (isSound) Rules.unused(root.types, new Set(drafts.flatMap(({ reached }) => [...reached])), report)
  const sides = Library.together(drafts, types)
  const twofold = Sides.twofold(sides, find, new Set())
  return {
    source,
    host: root.host,
    products: root.products.map(({ id, title }) => ({ id, title })),
    groups: drafts.map((each) => groupOf(each, twofold)),
    types: Library.shared(root.types, find, sides, twofold),
    missing: root.missing.map(({ path, why }) => ({ path: path.text, why }))
  }
}
