/** WeChat as one function from a request to what becomes of it. */
import type * as Endpoint from "@wechat/core/Endpoint"
import * as Json from "@wechat/core/Json"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { type Call, type Outcome, redact, type Request } from "../Call.ts"
import type { Fault } from "../Fault.ts"
import * as Sample from "../Sample.ts"
import * as Body from "./body.ts"
import * as Catalog from "./catalog.ts"
import * as Code from "./code.ts"
import * as Draft from "./draft.ts"
import * as Failure from "./failure.ts"
import { Faults, isAt, type Where } from "./faults.ts"
import * as Issue from "./issue.ts"
import * as Material from "./material.ts"
import * as Menu from "./menu.ts"
import * as Platform from "./platform.ts"
import { Attachment, disposition, NotFound, Refusal, type Reply, refuse } from "./reply.ts"
import type * as Route from "./route.ts"
import * as Session from "./session.ts"
import * as State from "./state.ts"
import type { Issued } from "./tokens.ts"
import * as User from "./user.ts"

export interface Options extends State.Options {
  readonly endpoints: Iterable<Catalog.Entry>
  /** Whether tokens and secrets stay in the calls that are kept. */
  readonly secrets: boolean
}

/** An answer that a test gives: a text as it is, bytes as a file, anything else as JSON. */
type Answer = (call: Call) => Effect.Effect<unknown>

export interface World {
  readonly state: State.State
  readonly options: Options
  /** The latest calls: at least {@link kept} of them. */
  readonly calls: Array<Call>
  /** How many calls of each path there were. */
  readonly counts: Map<string, number>
  readonly faults: Faults
  readonly answers: Array<{ readonly where: Where; readonly answer: Answer }>
  readonly handle: (request: Request) => Effect.Effect<Outcome>
}

/** A simulator that runs for weeks must not keep everything. */
const kept = 10_000

const utf8 = new TextEncoder()

const routes: ReadonlyMap<string, Route.Route> = new Map(
  [Issue, Platform, Session, Material, Draft, Menu, User, Code]
    .flatMap(({ routes }) => routes)
    .map((route) => [route.path, route])
)

// ---------------------------------------------------------------------------------------------------------------------
// Answers
// ---------------------------------------------------------------------------------------------------------------------

const textAnswer = (body: string, type = "application/json; encoding=utf-8"): Outcome => ({
  _tag: "Answer",
  status: 200,
  headers: { "content-type": type },
  body: utf8.encode(body)
})

const fileAnswer = ({ data, name, type }: Attachment): Outcome => ({
  _tag: "Answer",
  status: 200,
  headers: { "content-type": type, "content-disposition": disposition(name) },
  body: data
})

const refusalAnswer = (
  world: World,
  { errcode, errmsg }: Refusal,
  now: number,
  names?: Endpoint.Any["failure"]
): Outcome => {
  const { random } = world.state
  const rid = `${Math.floor(now / 1000)
    .toString(16)
    .padStart(8, "0")}-${random.hex(8)}-${random.hex(8)}`
  return textAnswer(Json.stringify(Failure.told({}, errcode, `${errmsg} rid: ${rid}`, names)))
}

const notFound: Outcome = {
  _tag: "Answer",
  status: 404,
  headers: { "content-type": "text/html" },
  body: new Uint8Array()
}

const answerOf = (world: World, reply: Reply, now: number): Outcome => {
  if (reply instanceof Refusal) return refusalAnswer(world, reply, now)
  if (reply instanceof Attachment) return fileAnswer(reply)
  return reply instanceof NotFound ? notFound : textAnswer(Json.stringify(reply))
}

const givenAnswer = (value: unknown): Outcome =>
  typeof value === "string"
    ? textAnswer(value)
    : value instanceof Uint8Array
      ? fileAnswer(new Attachment("file.png", "image/png", value))
      : textAnswer(Json.stringify(value))

// ---------------------------------------------------------------------------------------------------------------------
// Tokens
// ---------------------------------------------------------------------------------------------------------------------

/** Paths that take the token of whoever's calls they are about. */
const aboutCalls = "/cgi-bin/openapi/"

const authOf = (candidates: ReadonlyArray<Catalog.Candidate>, path: string): Route.Auth => {
  if (path.startsWith(aboutCalls)) return "either"
  const kinds = new Set(candidates.map(({ endpoint }) => endpoint.auth))
  if (kinds.has("none")) return "none"
  return !kinds.has("access_token") ? "platform" : kinds.size === 1 ? "account" : "either"
}

const tokenIn = (query: Request["query"], auth: Route.Auth | undefined): string | undefined =>
  auth === "account" ? query["access_token"] : (query["component_access_token"] ?? query["access_token"])

/** The token of a call, if it is of the kind that the endpoint takes. */
const admit = (world: World, request: Request, auth: Route.Auth, now: number): Issued | Refusal => {
  const token = world.state.ledger.check(tokenIn(request.query, auth), now)
  if (token instanceof Refusal || auth === "either") return token
  if (auth === "account") return token.kind === "component" ? refuse(61015) : token
  if (token.kind === "component") return token
  return request.path.startsWith("/cgi-bin/component/") || token.kind === "authorizer" ? refuse(61014) : refuse(48001)
}

/** The token of a call that nobody knows the needs of: where one is brought, it has to be good. */
const admitAny = (world: World, request: Request, now: number): Issued | Refusal | undefined =>
  tokenIn(request.query, undefined) === undefined ? undefined : admit(world, request, "either", now)

// ---------------------------------------------------------------------------------------------------------------------
// The way of a call
// ---------------------------------------------------------------------------------------------------------------------

const fieldsOf = (query: Request["query"], body: Body.Body): unknown => {
  if (body._tag === "Form") return { ...query, ...body.parts }
  if (body._tag === "Json") return Predicate.isObject(body.value) ? { ...query, ...body.value } : undefined
  return body._tag === "Empty" ? query : undefined
}

const wrongMethod = (methods: ReadonlyArray<string>): Refusal => refuse(methods.includes("POST") ? 43002 : 43001)

const appidOf = (world: World, request: Request, body: Body.Body): string | undefined => {
  const token = tokenIn(request.query, undefined)
  const issued = token === undefined ? undefined : world.state.ledger.find(token)
  if (issued !== undefined) return issued.appid
  const fields = fieldsOf(request.query, body)
  const named = Predicate.isObject(fields) ? (fields["component_appid"] ?? fields["appid"]) : undefined
  return typeof named === "string" ? named : undefined
}

/** Fields other than the token. */
const queryOf = ({ query }: Request): Request["query"] =>
  Object.fromEntries(
    Object.entries(query).filter(([name]) => name !== "access_token" && name !== "component_access_token")
  )

const scene = (world: World, now: number, token: Issued | undefined): Route.Scene => ({
  state: world.state,
  now,
  seconds: Math.floor(now / 1000),
  token,
  account: (appid) => State.accountOf(world.state, world.options, appid)
})

const played = (world: World, route: Route.Route, request: Request, body: Body.Body, now: number): Reply => {
  if (route.method !== request.method) return wrongMethod([route.method])
  const token = route.auth === "none" ? undefined : admit(world, request, route.auth, now)
  if (token instanceof Refusal) return token
  const fields = fieldsOf(route.auth === "none" ? request.query : queryOf(request), body)
  return fields === undefined ? refuse(47001) : route.run(fields, scene(world, now, token))
}

/** The beginning of a day in Beijing, in Unix seconds: samples stay the same all day. */
const midnight = (now: number): number => Math.floor((now / 1000 + 28_800) / 86_400) * 86_400 - 28_800

const sampled = (world: World, match: Catalog.Match): Reply => {
  const { endpoint, fields } = match
  if (endpoint.returns === "file") return new Attachment("sample.png", "image/png", Sample.picture)
  const { now, seed } = world.options
  return Sample.output(endpoint, { seed, now: now === 0 ? undefined : midnight(now), input: fields })
}

const fromCatalog = (
  world: World,
  candidates: ReadonlyArray<Catalog.Candidate>,
  request: Request,
  body: Body.Body,
  now: number,
  answer: Effect.Effect<unknown> | undefined
): Effect.Effect<Outcome> => {
  const refused = (refusal: Refusal) => Effect.succeed(refusalAnswer(world, refusal, now))
  const fitting = candidates.filter(({ endpoint }) => endpoint.method === request.method)
  if (fitting.length === 0) return refused(wrongMethod(candidates.map(({ endpoint }) => endpoint.method)))
  const auth = authOf(fitting, request.path)
  const token = auth === "none" ? undefined : admit(world, request, auth, now)
  if (token instanceof Refusal) return refused(token)
  const match = Catalog.choose(fitting, auth === "none" ? request.query : queryOf(request), body)
  if (match instanceof Refusal) return refused(match)
  return answer === undefined
    ? Effect.sync(() => answerOf(world, sampled(world, match), now))
    : Effect.map(answer, givenAnswer)
}

const respond = Effect.fnUntraced(function* (
  world: World,
  catalog: Catalog.Catalog,
  request: Request,
  call: Call,
  body: Body.Body,
  now: number
) {
  const given = world.answers.findLast(({ where }) => isAt(where, call))?.answer(call)
  const route = routes.get(request.path)
  const candidates = yield* catalog.at(request.host, request.path)
  if (given === undefined && route !== undefined) return answerOf(world, played(world, route, request, body, now), now)
  if (candidates.length > 0) return yield* fromCatalog(world, candidates, request, body, now, given)
  if (given === undefined) return refusalAnswer(world, refuse(40066), now)
  const needs =
    route === undefined
      ? admitAny(world, request, now)
      : route.auth === "none"
        ? undefined
        : admit(world, request, route.auth, now)
  return needs instanceof Refusal ? refusalAnswer(world, needs, now) : givenAnswer(yield* given)
})

// ---------------------------------------------------------------------------------------------------------------------
// Faults
// ---------------------------------------------------------------------------------------------------------------------

const compress = (body: Uint8Array): Effect.Effect<Uint8Array> =>
  Effect.promise(async () => {
    const stream = new Blob([new Uint8Array(body)]).stream().pipeThrough(new CompressionStream("gzip"))
    return new Uint8Array(await new Response(stream).arrayBuffer())
  })

const compressed = Effect.fnUntraced(function* (outcome: Outcome) {
  if (outcome._tag !== "Answer") return outcome
  return {
    ...outcome,
    headers: { ...outcome.headers, "content-encoding": "gzip" },
    body: yield* compress(outcome.body)
  }
})

const halved = (outcome: Outcome): Outcome => (outcome._tag === "Answer" ? { ...outcome, _tag: "Half" } : outcome)

const withFault = (
  fault: Fault | undefined,
  answer: Effect.Effect<Outcome>,
  refused: (refusal: Refusal) => Effect.Effect<Outcome>
): Effect.Effect<Outcome> => {
  switch (fault?._tag) {
    case undefined:
      return answer
    case "Refuse":
      return refused(refuse(fault.errcode, fault.errmsg))
    case "Respond": {
      const { body, location, status, type } = fault
      const headers = { "content-type": type, ...(location === undefined ? {} : { location }) }
      return Effect.succeed({ _tag: "Answer", status, headers, body: utf8.encode(body) })
    }
    case "Delay":
      return Effect.delay(answer, fault.duration)
    case "Gzip":
      return Effect.flatMap(answer, compressed)
    case "Half":
      return Effect.map(answer, halved)
    case "Lost":
      return Effect.as(answer, { _tag: "Reset" })
    case "Reset":
    case "NoConnection":
      return Effect.succeed({ _tag: fault._tag })
    case "Hang":
      return Effect.never
  }
}

const callOf = (world: World, request: Request, body: Body.Body): Call => {
  const { headers, host, method, path, query } = request
  const call: Call = { method, host, path, query, headers, body: Body.seen(body), appid: appidOf(world, request, body) }
  return world.options.secrets ? call : redact(call)
}

const record = ({ calls, counts }: World, call: Call): void => {
  counts.set(call.path, (counts.get(call.path) ?? 0) + 1)
  calls.push(call)
  if (calls.length > 2 * kept) calls.splice(0, kept)
}

export const make = (options: Options): World => {
  const catalog = new Catalog.Catalog(options.endpoints)
  const world: World = {
    state: State.make(options),
    options,
    calls: [],
    counts: new Map(),
    faults: new Faults(),
    answers: [],
    handle: Effect.fnUntraced(function* (request) {
      const body = yield* Body.read(request)
      const call = callOf(world, request, body)
      record(world, call)
      // The clock is read when the call is carried out: a delay comes before that.
      const answer = Effect.flatMap(Clock.currentTimeMillis, (now) => respond(world, catalog, request, call, body, now))
      const refused = Effect.fnUntraced(function* (refusal: Refusal) {
        const [first] = yield* catalog.at(request.host, request.path)
        return refusalAnswer(world, refusal, yield* Clock.currentTimeMillis, first?.endpoint.failure)
      })
      return yield* withFault(world.faults.take(call), answer, refused)
    })
  }
  return world
}
