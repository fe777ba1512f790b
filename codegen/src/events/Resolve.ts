/**
 * The model from what all files of a catalog of pushes say, with every mistake between them.
 *
 * A push is read like an answer, and what answers it is written like an input: the same rules hold for both.
 *
 * @since 0.1.0
 */
import * as Library from "../Library.ts"
import type { Place, Report } from "../Mistake.ts"
import type * as Model from "../Model.ts"
import type * as Notation from "../Notation.ts"
import * as Rules from "../Rules.ts"
import * as Shape from "../Shape.ts"
import * as Sides from "../Sides.ts"
import type { Shared } from "../Types.ts"
import type * as Events from "./Model.ts"
import type * as Read from "./Read.ts"

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
  readonly root: { readonly types: ReadonlyArray<Shared> }
  readonly files: ReadonlyArray<File>
  readonly isSound: boolean
}

// ---------------------------------------------------------------------------------------------------------------------
// Entries
// ---------------------------------------------------------------------------------------------------------------------

/** What every push has before its own fields. */
const envelopes: Readonly<Record<Read.Kind, ReadonlyArray<string>>> = {
  message: ["ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId"],
  event: ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Event"],
  notice: ["AppId", "CreateTime", "InfoType"],
  reply: ["ToUserName", "FromUserName", "CreateTime", "MsgType"]
}

const open = (fields: Read.Fields, scope: Shape.Scope): Shape.Open => {
  if (fields._tag === "Fields") return Shape.open(fields, scope)
  const shared = scope.find(fields.name, fields.at)
  if (shared?.type._tag === "Fields") return Shape.open(shared.type, scope, [shared])
  if (shared !== undefined) scope.report(fields.at, `\`${fields.name}\` is no object; expected one`)
  return { fields: [], rest: undefined }
}

/** Fields as an object of their own, spread out of a shared type where they are one. */
const spread = (fields: Read.Fields | undefined, { kind }: Read.Event, scope: Shape.Scope): Events.Fields => {
  if (fields === undefined) return { _tag: "Nothing" }
  const object = open(fields, scope)
  for (const { at, name } of object.fields) {
    if (envelopes[kind].includes(name))
      scope.report(at, `\`${name}\` is part of every ${kind}; expected fields of this one only`)
  }
  return object.fields.length === 0 && object.rest === undefined ? { _tag: "Nothing" } : Shape.shape(object, scope)
}

/** An answer body; a shared type as it is. */
const answerOf = ({ reply }: Read.Event, scope: Shape.Scope): Events.Fields | undefined => {
  if (reply === undefined) return undefined
  checkGiven(open(reply, scope), scope)
  return reply._tag === "Name"
    ? { _tag: "Reference", name: reply.name, at: reply.at }
    : Shape.shape(open(reply, scope), scope)
}

const checkGiven = ({ fields }: Shape.Open, { report }: Shape.Scope): void => {
  for (const { at, given } of fields) {
    if (given?._tag === "Fill")
      report(at, `\`$${given.fill}\` in an answer to a push; expected a type: nothing fills it in`)
  }
}

const checkNames = ({ fields, names }: Read.Event, object: Events.Fields, { report }: Shape.Scope): void => {
  const taken = new Set(object._tag === "Struct" ? object.fields.map(({ name }) => name) : [])
  for (const [name, other] of names) {
    if (name !== other && taken.has(other) && fields !== undefined)
      report(fields.at, `\`${other}\` is another field and the name of \`${name}\` in JSON; expected one of them`)
  }
}

const resolve = (written: Read.Event, scope: Shape.Scope): Events.Event => {
  const fields = spread(written.fields, written, scope)
  checkNames(written, fields, scope)
  if (written.kind === "reply" && written.fields?._tag === "Fields") checkGiven(open(written.fields, scope), scope)
  if (written.kind === "reply" && written.fields === undefined)
    scope.report(written.at, "`fields` is missing; expected what the reply says")
  return {
    ...written,
    aka: written.aka.map(({ text }) => text),
    inside: written.inside?.text,
    fields,
    reply: answerOf(written, scope)
  }
}

/** The sides of an entry: what is read from WeChat, and what is written. */
const sidesOf = ({ fields, kind, reply }: Events.Event): Pick<Model.Endpoint, "input" | "output"> =>
  kind === "reply"
    ? { input: fields, output: { _tag: "Nothing" } }
    : { input: reply ?? { _tag: "Nothing" }, output: fields }

// ---------------------------------------------------------------------------------------------------------------------
// Names
// ---------------------------------------------------------------------------------------------------------------------

interface Claim {
  readonly by: string
  readonly at: Place
}

/** Reports what two entries claim. */
const claims = (report: Report): ((what: string, claim: Claim, message: (first: string) => string) => void) => {
  const first = new Map<string, Claim>()
  return (what, claim, message) => {
    const known = first.get(what)
    if (known === undefined) first.set(what, claim)
    else report(claim.at, message(known.by))
  }
}

/** Handlers are told apart by name, pushes by value; servers of WeChat do not always agree on capitals. */
const checkClaims = (files: ReadonlyArray<File>, report: Report): void => {
  const claim = claims(report)
  for (const { group, product } of files) {
    for (const { aka, at, kind, name } of group.events) {
      const by = `${product === "" ? "" : `${product}.`}${group.name}.${name}`
      const ofReply = kind === "reply" ? "reply " : ""
      claim(
        `name ${ofReply}${name}`,
        { by, at },
        (first) => `the name \`${name}\` is that of \`${first}\`; expected another one`
      )
      for (const value of [{ text: name, at }, ...aka]) {
        const what = `${kind} ${value.text.toLowerCase()}`
        const told = (first: string): string => `\`${value.text}\` already means \`${first}\`; expected another value`
        claim(what, { by, at: value.at }, told)
      }
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Groups and catalogs
// ---------------------------------------------------------------------------------------------------------------------

/** A group whose entries are resolved, before it is known how all groups together use the types of the root file. */
interface Draft {
  readonly file: File
  readonly events: ReadonlyArray<Events.Event>
  readonly find: Library.Find
  readonly types: Sides.Usage["types"]
  /** The shared types that it uses, its own and those of the root file. */
  readonly reached: ReadonlySet<Shared>
}

interface Root {
  readonly types: ReadonlyMap<string, Shared>
  readonly find: Library.Find
  readonly endless: ReadonlySet<string>
  readonly fields: Sides.Usage["fields"]
}

const parts = ({ fields, reply }: Read.Event): ReadonlyArray<Notation.Type | undefined> => [fields, reply]

const draft = (file: File, root: Root, report: Report): Draft => {
  const { group } = file
  const all = Library.named(group.types, root.types, report)
  const scope = Shape.scope(all, report)
  const find = Library.library(group.types, scope, root.find)
  const endless = new Set([...root.endless, ...Rules.endless(group.types, find, report)])
  const events = group.events.map((each) => resolve(each, scope))
  const reached = Rules.reached(group.events.flatMap(parts), all)
  if (file.isSound) Rules.unused(group.types, reached, report)
  const follow = ({ name }: Model.Reference): Model.Type | undefined => (endless.has(name) ? undefined : find(name))
  return { file, events, find, types: Sides.usage(events.map(sidesOf), follow, root.fields), reached }
}

const groupOf = ({ events, file, find, types }: Draft, rootTwofold: ReadonlySet<string>): Events.Group => ({
  product: file.product,
  name: file.group.name,
  source: file.source,
  note: file.group.note,
  events,
  types: Library.shared(file.group.types, find, types, Sides.twofold(types, find, rootTwofold))
})

/**
 * Resolves a catalog of pushes.
 *
 * @since 0.1.0
 */
export const catalog = ({ files, isSound, root, source }: Files, report: Report): Events.Catalog => {
  const types = new Map(root.types.map((type) => [type.name, type]))
  const find = Library.library(root.types, Shape.scope(types, report), () => undefined)
  const fields: Sides.Usage["fields"] = new Map()
  const endless = Rules.endless(root.types, find, report)
  Library.groupNames(files, report)
  checkClaims(files, report)
  const drafts = files.map((file) => draft(file, { types, find, endless, fields }, report))
  Rules.fields(fields.values(), report, "fields")
  if (isSound) Rules.unused(root.types, new Set(drafts.flatMap(({ reached }) => [...reached])), report)
  const sides = Library.together(drafts, types)
  const twofold = Sides.twofold(sides, find, new Set())
  return {
    source,
    groups: drafts.map((each) => groupOf(each, twofold)),
    types: Library.shared(root.types, find, sides, twofold)
  }
}
