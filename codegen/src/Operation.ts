/**
 * Operations of an OpenAPI document. All endpoints with one path and method are one operation.
 *
 * @since 0.1.0
 */
import * as JsonSchema from "./JsonSchema.ts"
import type { Json, Schema } from "./JsonSchema.ts"
import type * as Model from "./Model.ts"
import type * as Names from "./Names.ts"
import * as Page from "./Page.ts"
import * as Print from "./Print.ts"
import * as Rules from "./Rules.ts"

/**
 * What an endpoint is printed in.
 *
 * @since 0.1.0
 */
export interface Surroundings {
  readonly tag: string
  readonly host: string
  readonly look: Names.Look
  readonly refer: JsonSchema.Context["refer"]
}

/** A parameter of the address; `how` says in which form its value travels. */
interface Parameter {
  readonly name: string
  readonly required: boolean
  readonly description: Json | undefined
  readonly deprecated: Json | undefined
  readonly how: "plain" | "json" | "form" | "pipeDelimited"
  readonly schema: Schema
}

/** What is sent or answered, by media type. */
interface Content {
  readonly description: string | undefined
  readonly media: ReadonlyMap<string, Schema>
}

/**
 * An endpoint as a part of an operation.
 *
 * @since 0.1.0
 */
export interface Part {
  readonly id: string
  readonly method: Model.Endpoint["method"]
  readonly path: string
  readonly host: string
  readonly tag: string
  readonly summary: string
  readonly description: ReadonlyArray<string>
  readonly doc: string | undefined
  readonly deprecated: boolean
  readonly auth: Model.Endpoint["auth"]
  readonly parameters: ReadonlyArray<Parameter>
  readonly request: Content | undefined
  readonly response: Content
  /** What OpenAPI has no words for. */
  readonly extras: Schema
}

/**
 * The name of the schema that all answers with the usual error fields share. Shared types begin with a capital.
 *
 * @since 0.1.0
 */
export const errorName = "error"

/**
 * The usual error fields.
 *
 * @since 0.1.0
 */
export const errorSchema: Schema = {
  description: "What went wrong; `errcode` is 0 or absent where nothing did.",
  type: "object",
  properties: { errcode: { type: "integer" }, errmsg: { type: "string" } }
}

// ---------------------------------------------------------------------------------------------------------------------
// What is sent
// ---------------------------------------------------------------------------------------------------------------------

/** An object with some of its fields only. */
const only = (shape: Model.Shape, keeps: (name: string) => boolean): Model.Shape =>
  shape._tag === "Struct"
    ? { ...shape, fields: shape.fields.filter(({ name }) => keeps(name)) }
    : {
        ...shape,
        cases: shape.cases.map((each) => ({ ...each, shape: only(each.shape, keeps) })),
        otherwise: only(shape.otherwise, keeps)
      }

const inputFields = ({ input }: Model.Endpoint, look: Names.Look): ReadonlyArray<Model.Field> => {
  if (input._tag === "Nothing") return []
  const structs = Page.structsOf(input, { follow: ({ name }) => look(name)?.shared.type })
  return [...new Map(structs.flatMap(({ fields }) => fields).map((field) => [field.name, field])).values()]
}

const howOf = (type: Model.Type, look: Names.Look): Parameter["how"] => {
  const target = type._tag === "Reference" ? look(type.name)?.shared.type : undefined
  if (target !== undefined) return howOf(target, look)
  if (type._tag === "Json") return "json"
  if (type._tag !== "Joined") return "plain"
  return type.separator === "," ? "form" : type.separator === "|" ? "pipeDelimited" : "plain"
}

/** The schema of a value once the form in which it travels is taken off. */
const valueOf = (field: Model.Field, how: Parameter["how"]): Model.Field => {
  const { type } = field
  if (how === "json" && type._tag === "Json") return { ...field, type: type.of }
  const isList = (how === "form" || how === "pipeDelimited") && type._tag === "Joined"
  return isList ? { ...field, type: { _tag: "List", of: type.of } } : field
}

const parameter = (field: Model.Field, look: Names.Look, context: JsonSchema.Context): Parameter => {
  const how = howOf(field.type, look)
  const { deprecated, description, ...schema } = JsonSchema.field(valueOf(field, how), context)
  return { name: field.name, required: field.presence === "plain", description, deprecated, how, schema }
}

const binary = "application/octet-stream"
const json = "application/json"
const form = "multipart/form-data"

const bodySchema = (
  endpoint: Model.Endpoint,
  keeps: (name: string) => boolean,
  context: JsonSchema.Context
): Schema => {
  const { input } = endpoint
  if (input._tag === "Nothing") return { type: "object" }
  return JsonSchema.schema(input._tag === "Reference" ? input : only(input, keeps), context)
}

const requestMedia = (
  endpoint: Model.Endpoint,
  context: JsonSchema.Context
): ReadonlyArray<readonly [string, Schema]> => {
  const { body, form: formFields, query } = endpoint
  const inForm = bodySchema(endpoint, (name) => formFields.includes(name), context)
  const inBody = bodySchema(endpoint, (name) => !query.includes(name) && !formFields.includes(name), context)
  switch (body) {
    case "none":
      return []
    case "json":
      return [[json, inBody]]
    case "value":
      return [[json, {}]]
    case "bytes":
      return [[binary, { type: "string", format: "binary" }]]
    case "form":
      return [[form, inForm]]
    case "form-or-json":
      return [
        [form, inForm],
        [json, inBody]
      ]
  }
}

const request = (endpoint: Model.Endpoint, look: Names.Look, context: JsonSchema.Context): Content | undefined => {
  const media = requestMedia(endpoint, context)
  if (media.length === 0) return undefined
  const isWhole = endpoint.body === "value" || endpoint.body === "bytes"
  const field = isWhole ? inputFields(endpoint, look).find(({ name }) => name === "body") : undefined
  return { description: paragraph(field?.note ?? endpoint.inputNote), media: new Map(media) }
}

const paragraph = (note: ReadonlyArray<string>): string | undefined => (note.length === 0 ? undefined : note.join("\n"))

// ---------------------------------------------------------------------------------------------------------------------
// What comes back
// ---------------------------------------------------------------------------------------------------------------------

const error: Schema = { $ref: `#/components/schemas/${errorName}` }

const response = ({ failure, output, outputNote }: Model.Endpoint, context: JsonSchema.Context): Content => {
  const content = (otherwise: string, ...media: ReadonlyArray<readonly [string, Schema]>): Content => ({
    description: paragraph(outputNote) ?? otherwise,
    media: new Map(media)
  })
  switch (output._tag) {
    case "Nothing":
      return content("Only an error code.", [json, error])
    case "Any":
      return content("The answer, which nobody has described yet.", [json, {}])
    case "File":
      return content("The file, or an error as JSON.", ["*/*", { type: "string", format: "binary" }], [json, error])
    default: {
      const schema = JsonSchema.schema(output, context)
      return content("The answer.", [json, failure === undefined ? { allOf: [error, schema] } : schema])
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Endpoints
// ---------------------------------------------------------------------------------------------------------------------

const wayText = (way: Model.Way | undefined): string | undefined => way?.steps.map(({ name }) => name).join(".")

const page = ({ page: of }: Model.Endpoint): Schema | undefined =>
  of && {
    items: wayText(of.items),
    [of.kind]: of.field,
    from: wayText(of.from?.way),
    total: wayText(of.total),
    more: wayText(of.more)
  }

const describe = (endpoint: Model.Endpoint): ReadonlyArray<string> => {
  const { note, safe, safeNote } = endpoint
  const lines = Print.split(note).text
  const why = Print.deprecation(endpoint)
  return [
    ...(lines.length === 0 ? [] : [lines.join("\n")]),
    ...(safeNote.length === 0 ? [] : [`${safe ? "Safe to repeat" : "Not safe to repeat"}: ${safeNote.join(" ")}`]),
    ...(why === undefined || why === "" ? [] : [`Deprecated: ${why}`])
  ]
}

/**
 * Reads an endpoint.
 *
 * @since 0.1.0
 */
export const part = (endpoint: Model.Endpoint, { host, look, refer, tag }: Surroundings): Part => {
  const { aka, auth, doc, id, method, path, query, safe, summary } = endpoint
  const input: JsonSchema.Context = { side: "input", refer }
  const constants = Rules.constants(endpoint, ({ name }) => look(name)?.shared.type)
  return {
    id,
    method,
    path,
    host: endpoint.host ?? host,
    tag,
    summary,
    description: describe(endpoint),
    doc,
    deprecated: Print.deprecation(endpoint) !== undefined,
    auth,
    parameters: inputFields(endpoint, look)
      .filter(({ name }) => query.includes(name))
      .map((field) => parameter(field, look, input)),
    request: request(endpoint, look, input),
    response: response(endpoint, { side: "output", refer }),
    extras: {
      safe,
      page: page(endpoint),
      aka: aka.length === 0 ? undefined : aka,
      constants: constants.length === 0 ? undefined : Object.fromEntries(constants)
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Operations
// ---------------------------------------------------------------------------------------------------------------------

/** Values that differ, each once, in the order of their first occurrence. */
const distinct = <A extends Json | undefined>(values: ReadonlyArray<A>): ReadonlyArray<A> => [
  ...new Map(values.map((value) => [JSON.stringify(value), value])).values()
]

const isConstant = (schema: Schema): boolean =>
  Object.entries(schema).every(([key, value]) => value === undefined || key === "type" || key === "const") &&
  schema["const"] !== undefined

/** One of several schemas; constants make an enumeration. */
const anyOf = (schemas: ReadonlyArray<Schema>): Schema => {
  const [first, ...others] = distinct(schemas)
  if (first === undefined || others.length === 0) return first ?? {}
  const isEnum = [first, ...others].every((each) => isConstant(each) && each["type"] === first["type"])
  if (!isEnum) return { anyOf: [first, ...others] }
  return { type: first["type"], enum: [first, ...others].map((each) => each["const"] ?? null) }
}

/** The media types of all contents. What several endpoints send or answer bears their names. */
const media = (parts: ReadonlyArray<Part>, of: (part: Part) => Content | undefined): Schema => {
  const contents = parts.flatMap((each) =>
    [...(of(each)?.media ?? [])].map(([type, schema]) => ({ id: each.id, type, schema }))
  )
  const types = distinct(contents.map(({ type }) => type))
  return Object.fromEntries(
    types.map((type) => {
      const same = contents.filter((each) => each.type === type)
      const isOne = distinct(same.map(({ schema }) => schema)).length < 2
      return [type, { schema: anyOf(same.map(({ id, schema }) => (isOne ? schema : { title: id, ...schema }))) }]
    })
  )
}

const descriptions = (texts: ReadonlyArray<Json | undefined>): string | undefined =>
  paragraph(distinct(texts).flatMap((text) => (typeof text === "string" ? [text] : [])))

const printParameter = (same: ReadonlyArray<Parameter>, isEverywhere: boolean): Schema => {
  const [first] = same
  const schema = anyOf(same.map((each) => each.schema))
  const isList = first?.how === "form" || first?.how === "pipeDelimited"
  return {
    name: first?.name,
    in: "query",
    description: descriptions(same.map((each) => each.description)),
    required: isEverywhere && same.every((each) => each.required) ? true : undefined,
    deprecated: same.every((each) => each.deprecated === true) ? true : undefined,
    style: isList ? first.how : undefined,
    explode: isList ? false : undefined,
    ...(first?.how === "json" ? { content: { [json]: { schema } } } : { schema })
  }
}

const parameters = (parts: ReadonlyArray<Part>): Json | undefined => {
  const all = parts.flatMap((each) => each.parameters)
  const names = distinct(all.map(({ name }) => name))
  const printed = names.map((name) => {
    const same = all.filter((each) => each.name === name)
    return printParameter(same, same.length === parts.length)
  })
  return printed.length === 0 ? undefined : printed
}

const requestBody = (parts: ReadonlyArray<Part>): Schema | undefined =>
  parts.every((each) => each.request === undefined)
    ? undefined
    : {
        description: descriptions(parts.map((each) => each.request?.description)),
        required: parts.every((each) => each.request !== undefined) ? true : undefined,
        content: media(parts, (each) => each.request)
      }

const security = (parts: ReadonlyArray<Part>): Json => {
  const auths = distinct(parts.map(({ auth }) => auth))
  if (auths.every((auth) => auth === "none")) return []
  return auths.map((auth): Json => (auth === "none" ? {} : { [auth]: [] }))
}

const link = ({ doc }: Part): Schema | undefined => (doc === undefined ? undefined : { url: doc })

/** What each of several endpoints is, as text and for programs. */
const several = (parts: ReadonlyArray<Part>): Schema => ({
  summary: parts.map(({ id }) => id.replace(/^.*\./, "")).join(", "),
  description: [
    `One of ${parts.length} endpoints on this path, told apart by what is sent, by the token, or by the answer:`,
    ...parts.map(({ deprecated, description, doc, id, summary }) => {
      const page = doc === undefined ? "" : ` ([page](${doc}))`
      return [`- \`${id}\`${page}: ${summary}${deprecated ? " Deprecated." : ""}`, ...description].join("\n  ")
    })
  ].join("\n"),
  "x-wechat-endpoints": parts.map(({ auth, deprecated, doc, extras, id, summary }) => ({
    id,
    summary,
    auth,
    doc,
    deprecated: deprecated ? true : undefined,
    ...extras
  }))
})

const single = ({ description, extras, summary }: Part): Schema => ({
  summary,
  description: description.length === 0 ? undefined : description.join("\n\n"),
  ...Object.fromEntries(Object.entries(extras).map(([key, value]) => [`x-wechat-${key}`, value]))
})

/**
 * The operation of all endpoints with one path and method.
 *
 * @since 0.1.0
 */
export const merged = (parts: ReadonlyArray<Part>): Schema => {
  const [first, ...others] = parts
  if (first === undefined) return {}
  return {
    operationId: first.id,
    tags: distinct(parts.map(({ tag }) => tag)),
    ...(others.length === 0 ? single(first) : several(parts)),
    externalDocs: link(first),
    deprecated: parts.every(({ deprecated }) => deprecated) ? true : undefined,
    security: security(parts),
    parameters: parameters(parts),
    requestBody: requestBody(parts),
    responses: {
      "200": {
        description: descriptions(parts.map((each) => each.response.description)),
        content: media(parts, (each) => each.response)
      }
    }
  }
}
