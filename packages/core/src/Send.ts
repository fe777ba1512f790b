/**
 * The way of a call: encode, send, read, decode, and once more where that does no harm.
 *
 * Everything that a call does stands in this file. It runs for every call, so what does not depend on the call is prepared
 * once per endpoint, and what only a failure needs is made after it.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Headers from "effect/http/Headers"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as UrlParams from "effect/http/UrlParams"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Tracer from "effect/Tracer"
import type { Covering } from "./Cover.ts"
import * as Reason from "./Error.ts"
import * as File from "./File.ts"
import { download } from "./internal/download.ts"
import { Mismatch } from "./internal/wire/mismatch.ts"
import { multipart } from "./internal/multipart.ts"
import * as Json from "./Json.ts"
import * as Settings from "./Settings.ts"
import type { Spec } from "./Spec.ts"
import type { Token } from "./Token.ts"
import * as Wire from "./Wire.ts"

/** What a call's token comes from. */
export interface Tokens {
  /** The one in memory, if it needs no renewal at `now`, in unix milliseconds. */
  readonly held: (now: number) => Token | undefined
  readonly get: Effect.Effect<Token, Reason.Reason>
  /** Another one, in place of one that WeChat refused. */
  readonly renew: (stale: Token) => Effect.Effect<Token, Reason.Reason>
}

/** The parameter that carries the token. */
const parameter = (auth: "access_token" | "component" | "component_access_token"): string =>
  auth === "component" ? "access_token" : auth

// ---------------------------------------------------------------------------------------------------------------------
// What is known before the call
// ---------------------------------------------------------------------------------------------------------------------

const calls = (endpoint: string, outcome: string): Metric.Counter<number> =>
  Metric.counter("wechat_calls_total", {
    description: "Calls to WeChat, by endpoint and outcome",
    attributes: { endpoint, outcome }
  })
const retries = Metric.counter("wechat_retries_total", { description: "Attempts after the first, by endpoint" })
const renewals = Metric.counter("wechat_renewals_total", {
  description: "Calls whose token WeChat refused, by endpoint"
})

/** Where an answer holds its error code and message, unless its endpoint says otherwise. */
export const failure = { code: "errcode", message: "errmsg" }
const usual = { code: [failure.code], message: [failure.message] }

/** What a call of an endpoint needs that does not depend on the call. */
export interface Plan<in out I, in out A> {
  readonly spec: Spec<I, A>
  readonly input: Wire.Codec<I>
  readonly output: Wire.Codec<A>
  readonly query: ReadonlySet<string>
  readonly form: ReadonlySet<string>
  /** Fields that must not be seen. */
  readonly secret: ReadonlySet<string>
  readonly code: ReadonlyArray<string>
  readonly message: ReadonlyArray<string>
  readonly isTransfer: boolean
  /** The address at an origin: one text for all calls, which clients know again without reading it. */
  readonly address: (origin: string) => string
  readonly outcome: (tag: string) => Metric.Counter<number>
  /** The failure of a call, for a reason. */
  readonly failed: (reason: Reason.Reason) => Reason.WeChatError
}

const isSecret = ({ shape }: Wire.AnyCodec): boolean =>
  shape._tag === "Secret" ||
  ((shape._tag === "Maybe" || shape._tag === "Sure" || shape._tag === "Preset") && isSecret(shape.of()))

const secretFields = (codec: Wire.AnyCodec): ReadonlyArray<string> =>
  Object.entries(Wire.fieldsOf(codec)).flatMap(([name, field]) => (isSecret(field) ? [name] : []))

export const plan = <I, A>(spec: Spec<I, A>): Plan<I, A> => {
  const input = spec.input()
  const outcomes = new Map<string, Metric.Counter<number>>()
  const addresses = new Map<string, string>()
  return {
    spec,
    input,
    output: spec.output(),
    query: new Set(spec.query),
    form: new Set(spec.form),
    secret: new Set(secretFields(input)),
    code: spec.failure?.code.split(".") ?? usual.code,
    message: spec.failure?.message.split(".") ?? usual.message,
    isTransfer:
      spec.body === "form" || spec.body === "form-or-json" || spec.body === "bytes" || spec.returns === "file",
    address: (origin) => {
      const known = addresses.get(origin)
      if (known !== undefined) return known
      const made = `${origin}${spec.path}`
      // Few: more than these are addresses that tests or proxies make up.
      if (addresses.size < 16) addresses.set(origin, made)
      return made
    },
    outcome: (tag) => {
      const known = outcomes.get(tag)
      if (known !== undefined) return known
      const made = calls(spec.id, tag)
      outcomes.set(tag, made)
      return made
    },
    failed: (reason) => new Reason.WeChatError({ endpoint: spec.id, reason })
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Encode
// ---------------------------------------------------------------------------------------------------------------------

type Fields = Readonly<Record<string, unknown>>

/** What is sent, whichever host and token an attempt uses. */
export interface Encoded {
  /** The fields as they travel. */
  readonly fields: Fields
  readonly query: ReadonlyArray<readonly [string, string | Redacted.Redacted]>
  readonly body: HttpBody.HttpBody
  /** Encrypts each attempt, where the account has asked for it. */
  readonly cover?: Covering | undefined
}

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null

const textOf = (value: unknown): string => (typeof value === "string" ? value : Json.stringify(value))

const without = (fields: Fields, names: ReadonlySet<string>): Fields => {
  if (names.size === 0) return fields
  const rest: Record<string, unknown> = {}
  for (const name of Object.keys(fields)) if (!names.has(name)) rest[name] = fields[name]
  return rest
}

const noQuery: Encoded["query"] = []

const entries = (fields: Fields, names: ReadonlySet<string>): ReadonlyArray<readonly [string, unknown]> => {
  const found: Array<readonly [string, unknown]> = []
  for (const name of names) if (fields[name] !== undefined) found.push([name, fields[name]])
  return found
}

const queryOf = <I, A>({ query, secret }: Plan<I, A>, fields: Fields): Encoded["query"] => {
  if (query.size === 0) return noQuery
  const found: Array<readonly [string, string | Redacted.Redacted]> = []
  for (const name of query) {
    const value = fields[name]
    if (value !== undefined) found.push([name, secret.has(name) ? Redacted.make(textOf(value)) : textOf(value)])
  }
  return found
}

const json = (value: unknown): HttpBody.HttpBody => HttpBody.text(Json.stringify(value), "application/json")

const formOf = <I, A>(plan: Plan<I, A>, fields: Fields): HttpBody.HttpBody => {
  const parts = entries(fields, plan.form)
  const files = parts.flatMap(([name, value]) => (File.isUpload(value) ? [[name, value] as const] : []))
  if (files.length === 0 && plan.spec.body === "form-or-json")
    return json(without(without(fields, plan.query), plan.form))
  const texts = parts.flatMap(([name, value]) => (File.isUpload(value) ? [] : [[name, textOf(value)] as const]))
  return multipart(texts, files, `----${crypto.randomUUID()}`)
}

const bodyOf = <I, A>(plan: Plan<I, A>, fields: Fields): HttpBody.HttpBody => {
  switch (plan.spec.body) {
    case "none":
      return HttpBody.empty
    case "json":
      return json(without(fields, plan.query))
    case "value":
      return json(fields["body"])
    case "bytes":
      return HttpBody.uint8Array(fields["body"] instanceof Uint8Array ? fields["body"] : new Uint8Array())
    case "form":
    case "form-or-json":
      return formOf(plan, fields)
  }
}

/** The input as it travels, checked once however many attempts follow. */
export const encode = <I, A>(plan: Plan<I, A>, input: I): Effect.Effect<Encoded, Reason.InvalidInput> => {
  try {
    const written = plan.input.write(input)
    const fields = isFields(written) ? written : {}
    return Effect.succeed({ fields, query: queryOf(plan, fields), body: bodyOf(plan, fields) })
  } catch (error) {
    return Effect.fail(
      new Reason.InvalidInput({ detail: error instanceof Mismatch ? error.message : "the input cannot be written" })
    )
  }
}

const exposed = (query: Fields = {}): Fields =>
  Object.fromEntries(
    Object.entries(query).map(([name, value]) => [name, Redacted.isRedacted(value) ? Redacted.value(value) : value])
  )

/** What a call without an endpoint sends. */
export const raw = (request: {
  readonly query?: Readonly<Record<string, string | number | boolean | Redacted.Redacted>> | undefined
  readonly body?: unknown
}): Encoded => ({
  fields: { ...exposed(request.query), ...(isFields(request.body) ? request.body : {}) },
  query: Object.entries(request.query ?? {}).map(
    ([name, value]) => [name, Redacted.isRedacted(value) ? value : String(value)] as const
  ),
  body:
    request.body === undefined
      ? HttpBody.empty
      : request.body instanceof Uint8Array
        ? HttpBody.uint8Array(request.body)
        : json(request.body)
})

// ---------------------------------------------------------------------------------------------------------------------
// Send
// ---------------------------------------------------------------------------------------------------------------------

const accept = Headers.fromInput({ accept: "application/json" })

const requestOf = <I, A>(
  plan: Plan<I, A>,
  encoded: Encoded,
  origin: string,
  token: Token | undefined,
  method = plan.spec.method
) => {
  const { auth } = plan.spec
  // A redacted parameter is sent in clear and shows as REDACTED in spans, logs and errors.
  const query =
    auth === "none" || token === undefined ? encoded.query : [[parameter(auth), token.value] as const, ...encoded.query]
  return HttpClientRequest.makeWith(
    method,
    plan.address(origin),
    UrlParams.make(query),
    Option.none(),
    headersOf(encoded.body),
    encoded.body
  )
}

const headersOf = (body: HttpBody.HttpBody): Headers.Headers => {
  if (body._tag === "Empty" || body.contentType === undefined) return accept
  const typed = Headers.set(accept, "content-type", body.contentType)
  return body.contentLength === undefined ? typed : Headers.set(typed, "content-length", String(body.contentLength))
}

const originOf = <I, A>(plan: Plan<I, A>, settings: Settings.Settings, attempt: number): string =>
  plan.spec.host === undefined
    ? (settings.hosts[attempt % settings.hosts.length] ?? settings.hosts[0])
    : (settings.otherHosts ?? `https://${plan.spec.host}`)

/** Whether anybody can see a span. */
export const isTraced = (context: Context.Context<never>): boolean =>
  Context.getOrUndefined(context, Tracer.Tracer) !== undefined

// A redirect is not followed: it would take the body, and with it the account's secrets, to another place.
const direct: RequestInit = { redirect: "manual" }
const always = () => true

/** The context of exchanges, from the caller's. */
const exchangeContext = (caller: Context.Context<never>): Context.Context<never> => {
  const own = Context.getOrUndefined(caller, FetchHttpClient.RequestInit)
  const context = Context.add(caller, FetchHttpClient.RequestInit, own === undefined ? direct : { ...direct, ...own })
  // WeChat is not ours: it gets no trace headers. Where nobody can see a span, none is made: 8 µs and more.
  return isTraced(caller)
    ? Context.add(context, HttpClient.TracerPropagationEnabled, false)
    : Context.add(context, HttpClient.TracerDisabledWhen, always)
}

const within = <A, E>(context: Context.Context<never>, effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.updateContext<A, E, never, never>(effect, () => context)

type Fork = <A, E>(effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>

/** What a call takes from the context that it is made in. */
interface Surroundings {
  /** The caller's context. */
  readonly context: Context.Context<never>
  /** The context of exchanges, and how to run something in it. */
  readonly exchange: Context.Context<never>
  readonly fork: Fork
  readonly clock: Clock.Clock
  readonly settings: Settings.Settings
  /** Milliseconds that a call may take, an attempt, and the transfer of a file. */
  readonly call: number
  readonly attempt: number
  readonly transfer: number
}

const surroundings = (context: Context.Context<never>, defaults: Settings.Settings): Surroundings => {
  const settings = Context.getOrUndefined(context, Settings.Settings) ?? defaults
  const exchange = exchangeContext(context)
  return {
    context,
    exchange,
    fork: Effect.runForkWith(exchange),
    clock: Context.get(context, Clock.Clock),
    settings,
    call: Duration.toMillis(settings.call),
    attempt: Duration.toMillis(settings.attempt),
    transfer: Duration.toMillis(settings.transfer)
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Read
// ---------------------------------------------------------------------------------------------------------------------

const beforeSending = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT"
])

/** The system's code for what went wrong, wherever the client has put it. */
export const systemCode = (error: unknown): string | undefined => {
  if (!isFields(error)) return undefined
  if (typeof error["code"] === "string") return error["code"]
  if (Array.isArray(error["errors"])) return systemCode(error["errors"][0])
  return systemCode(error["cause"] ?? error["reason"])
}

/** How an attempt fails. What that says of WeChat is looked at where it is handled, and not on the way. */
type Failing = Reason.Reason | HttpClientError.HttpClientError

const reasonOf = (failing: Failing): Reason.Reason =>
  failing._tag === "HttpClientError" ? unreachable(failing) : failing

/** What can be said of a failed exchange. Its own words are left out: an address may stand in them, and a token in that. */
const unreachable = (error: HttpClientError.HttpClientError): Reason.Reason => {
  const { reason } = error
  const code = systemCode(reason)
  switch (reason._tag) {
    case "EncodeError":
    case "InvalidUrlError":
      return new Reason.InvalidInput({
        detail: reason._tag === "EncodeError" ? "the body cannot be sent" : "the address is not valid"
      })
    case "TransportError":
      return new Reason.Unreachable({
        sent: code === undefined || !beforeSending.has(code),
        detail: code === undefined ? "the connection failed" : `the connection failed with ${code}`
      })
    default:
      return new Reason.Unreachable({
        sent: true,
        detail: `the answer was cut off${code === undefined ? "" : ` (${code})`}`
      })
  }
}

const at = (value: unknown, path: ReadonlyArray<string>): unknown => {
  let found = value
  for (const name of path) found = isFields(found) ? found[name] : undefined
  return found
}

/** The refusal that an answer says it is. */
const refusal = <I, A>(plan: Plan<I, A>, value: unknown): Reason.Reason | undefined =>
  refusalAt(value, plan.code, plan.message) ??
  // An endpoint with fields of its own for errors still answers a refused token in the usual ones.
  (plan.code === usual.code ? undefined : refusalAt(value, usual.code, usual.message))

const refusalAt = (value: unknown, codePath: ReadonlyArray<string>, messagePath: ReadonlyArray<string>) => {
  const code = at(value, codePath)
  if (code === undefined || code === 0 || code === "0" || code === null || code === "") return undefined
  const errcode = Number(code)
  if (!Number.isSafeInteger(errcode)) return new Reason.Malformed({ detail: `${codePath.join(".")} is no number` })
  const message = at(value, messagePath)
  return Reason.fromCode(errcode, typeof message === "string" ? message : "")
}

const readJson = (text: string): unknown => {
  try {
    return Json.parse(text)
  } catch {
    return undefined
  }
}

const notJson = (response: HttpClientResponse.HttpClientResponse, text: string): Reason.Malformed => {
  const type = response.headers["content-type"] ?? "no content type"
  const encoding = response.headers["content-encoding"]
  return new Reason.Malformed({
    detail:
      text === ""
        ? "an empty answer"
        : `${text.length} characters that are no JSON (${type}${encoding === undefined ? "" : `, ${encoding}`})`
  })
}

const isOk = (status: number): boolean => status >= 200 && status < 300

/** An HTTP status outside 2xx, unless the body is a refusal in WeChat's own form. */
const badStatus = <I, A>(
  plan: Plan<I, A>,
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<never, Reason.Reason> => {
  const { status } = response
  const detail = (status >= 300 && status < 400) || status === 0 ? `a redirect (HTTP ${status})` : `HTTP ${status}`
  return response.text.pipe(
    Effect.orElseSucceed(() => ""),
    Effect.flatMap((text) =>
      Effect.fail(refusal(plan, readJson(text)) ?? new Reason.Unreachable({ sent: true, status, detail }))
    )
  )
}

const decode = <I, A>(
  plan: Plan<I, A>,
  response: HttpClientResponse.HttpClientResponse,
  text: string
): Exit.Exit<A, Reason.Reason> => {
  const value = readJson(text)
  if (value === undefined) return Exit.fail(notJson(response, text))
  const refused = refusal(plan, value)
  if (refused !== undefined) return Exit.fail(refused)
  try {
    return Exit.succeed(plan.output.read(value))
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error
    return Exit.fail(new Reason.Malformed({ detail: error.message }))
  }
}

const read = <I, A>(
  plan: Plan<I, A>,
  response: HttpClientResponse.HttpClientResponse,
  settings: Settings.Settings
): Effect.Effect<A, Failing> => {
  if (!isOk(response.status)) return badStatus(plan, response)
  if (plan.spec.returns !== "file") return Effect.flatMapEager(response.text, (text) => decode(plan, response, text))
  return Effect.map(
    download({
      endpoint: plan.spec.id,
      response,
      idle: settings.transfer,
      unreachable,
      refused: (value) => refusal(plan, value)
    }),
    plan.output.read
  )
}

/** One exchange whose fields and answer are encrypted. It is a `POST`, for they travel in the body. */
const covered = <I, A>(
  client: HttpClient.HttpClient,
  plan: Plan<I, A>,
  encoded: Encoded,
  cover: Covering,
  origin: string,
  token: Token | undefined
): Effect.Effect<A, Failing> =>
  Effect.flatMap(cover(plan.address(origin), encoded.fields), ({ body, headers, open }) => {
    const sealed: Encoded = { fields: {}, query: [], body: HttpBody.text(body, "application/json") }
    const request = HttpClientRequest.setHeaders(requestOf(plan, sealed, origin, token, "POST"), headers)
    return Effect.flatMap(client.execute(request), (response) =>
      isOk(response.status)
        ? response.text.pipe(
            Effect.flatMap((text) => open({ headers: response.headers, body: text })),
            Effect.flatMap((text) => decode(plan, response, text))
          )
        : badStatus(plan, response)
    )
  })

// ---------------------------------------------------------------------------------------------------------------------
// Call
// ---------------------------------------------------------------------------------------------------------------------

const liveClock = Context.get(Context.empty(), Clock.Clock)

/** One call, however many attempts it takes. */
interface Run<in out I, in out A> {
  readonly client: HttpClient.HttpClient
  readonly plan: Plan<I, A>
  readonly encoded: Encoded
  readonly tokens: Tokens | undefined
  readonly here: Surroundings
  /** Unix milliseconds at which the call has failed. */
  readonly deadline: number
  /** Attempts before the present one. */
  attempts: number
  /** What the last attempt was sent with. */
  token: Token | undefined
}

/** Milliseconds that the call has left. */
const left = <I, A>({ deadline, here }: Run<I, A>): number =>
  Math.max(0, deadline - here.clock.currentTimeMillisUnsafe())

/** The most milliseconds that a timer counts, 24.8 days: with more it ends at once. */
const longestTimer = 2 ** 31 - 1

/** Lengths of timers whose list is kept. */
const keptLists = new Set<number>()

/**
 * Node has a list for the timers of each length, which comes and goes with the first and the last of them. A timer that
 * nobody waits for keeps it: a call that is alone then takes 5 % less. Elsewhere there is nothing to keep.
 */
const keepList = (millis: number): void => {
  if (keptLists.has(millis)) return
  keptLists.add(millis)
  const timer: NodeJS.Timeout | number = setTimeout(() => keptLists.delete(millis), Math.min(millis, longestTimer))
  if (typeof timer === "number") clearTimeout(timer)
  else timer.unref()
}

const expired = (millis: number) => Effect.fail(new Reason.Timeout({ after: Duration.millis(millis) }))

/**
 * Runs an effect in a context of exchanges and fails after `millis`. With the real clock that is one child fiber and one
 * timer: 2.5 µs and 6 kB less than a race.
 */
const bounded = <A, E>(
  effect: Effect.Effect<A, E>,
  here: Surroundings,
  millis: number
): Effect.Effect<A, E | Reason.Timeout> => {
  if (here.clock !== liveClock) {
    return Effect.timeoutOrElse(within(here.exchange, effect), { duration: millis, orElse: () => expired(millis) })
  }
  if (millis === here.attempt) keepList(millis)
  return Effect.callback((resume) => {
    const child = here.fork(effect)
    const done = child.pollUnsafe()
    if (done !== undefined) return resume(done)
    let isLate = false
    const timer = setTimeout(
      () => {
        isLate = true
        child.interruptUnsafe()
      },
      Math.min(millis, longestTimer)
    )
    child.addObserver((exit) => {
      clearTimeout(timer)
      resume(isLate && Exit.hasInterrupts(exit) ? expired(millis) : exit)
    })
    return Effect.suspend(() => {
      clearTimeout(timer)
      return Fiber.interrupt(child)
    })
  })
}

const send = <I, A>(run: Run<I, A>, token: Token | undefined): Effect.Effect<A, Failing> => {
  const { client, encoded, here, plan } = run
  run.token = token
  const origin = originOf(plan, here.settings, run.attempts)
  const sent =
    encoded.cover === undefined
      ? Effect.flatMap(client.execute(requestOf(plan, encoded, origin, token)), (response) =>
          read(plan, response, here.settings)
        )
      : covered(client, plan, encoded, encoded.cover, origin, token)
  const longest = plan.isTransfer ? Math.max(here.transfer, here.attempt) : here.attempt
  return bounded(sent, here, Math.min(longest, left(run)))
}

const attempt = <I, A>(run: Run<I, A>, now: number): Effect.Effect<A, Failing> => {
  const { tokens } = run
  if (tokens === undefined) return send(run, undefined)
  const held = tokens.held(now)
  return held === undefined ? Effect.flatMapEager(tokens.get, (token) => send(run, token)) : send(run, held)
}

/** A failed attempt. Where the token was refused nothing else was looked at, so once more is right for every endpoint. */
const renewed = <I, A>(run: Run<I, A>, failing: Failing): Effect.Effect<A, Reason.Reason> => {
  const { here, token, tokens } = run
  const reason = reasonOf(failing)
  if (reason._tag !== "InvalidToken" || tokens === undefined || token === undefined) {
    return Effect.fail(scrub(reason, run, token))
  }
  renewals.updateUnsafe(1, here.context)
  const renewal = within(here.context, tokens.renew(token))
  return Effect.flatMap(bounded(renewal, here, left(run)), (fresh) =>
    Effect.mapError(send(run, fresh), (again) => scrub(reasonOf(again), run, fresh))
  )
}

/** The attempts after a failed one. Their schedule is made here, after the first failure: most calls need none. */
const repeated = <I, A>(run: Run<I, A>, first: Reason.Reason): Effect.Effect<A, Reason.Reason> => {
  let last = first
  let hasFailed = true
  const next = Effect.suspend(() => {
    if (hasFailed) {
      hasFailed = false
      return Effect.fail(first)
    }
    run.attempts++
    retries.updateUnsafe(1, run.here.context)
    const now = run.here.clock.currentTimeMillisUnsafe()
    return Effect.catch(attempt(run, now), (failing) =>
      Effect.mapError(renewed(run, failing), (reason) => (last = reason))
    )
  })
  const again = (reason: Reason.Reason) => isRepeatable(run.plan.spec.safe, reason)
  return Effect.timeoutOrElse(Effect.retry(next, { schedule: run.here.settings.backoff, while: again }), {
    duration: left(run),
    orElse: () => Effect.fail(last)
  })
}

/** Whether trying again cannot do the thing twice. */
export const isRepeatable = (safe: boolean, reason: Reason.Reason): boolean => {
  switch (reason._tag) {
    case "Unreachable":
      return !reason.sent || (safe && (reason.status === undefined || reason.status >= 500))
    case "Busy":
    case "Timeout":
      return safe
    default:
      return false
  }
}

/** A token or secret that WeChat quotes in its message must not go on into logs, whether it travelled in address or body. */
const scrub = <I, A>(reason: Reason.Reason, { encoded, plan }: Run<I, A>, token: Token | undefined): Reason.Reason => {
  if (!("errmsg" in reason)) return reason
  const redacted = [token?.value, ...encoded.query.map(([, value]) => value)].flatMap((value) =>
    Redacted.isRedacted(value) ? [Redacted.value(value)] : []
  )
  const fields = [...plan.secret].map((name) => encoded.fields[name])
  const secrets = [...redacted, ...fields].filter((secret) => typeof secret === "string" && secret !== "")
  const errmsg = secrets.reduce<string>((text, secret) => text.replaceAll(String(secret), "<redacted>"), reason.errmsg)
  return errmsg === reason.errmsg ? reason : Reason.fromCode(reason.errcode, errmsg)
}

/** Calls endpoints over one HTTP client, each in its caller's context. */
export interface Sender {
  /** One call: attempts, renewals and pauses, until there is an answer or a failure that stays. */
  readonly call: <I, A>(
    plan: Plan<I, A>,
    encoded: Encoded,
    tokens: Tokens | undefined,
    caller: Context.Context<never>
  ) => Effect.Effect<A, Reason.WeChatError>
}

/** What comes after a failed attempt: all of it is made once there is one. */
const recovered = <I, A>(run: Run<I, A>, failing: Failing): Effect.Effect<A, Reason.WeChatError> =>
  renewed(run, failing).pipe(
    Effect.catchIf(
      (reason) => isRepeatable(run.plan.spec.safe, reason),
      (first) => repeated(run, first)
    ),
    Effect.mapError(run.plan.failed)
  )

export const make = Effect.gen(function* () {
  const client = yield* HttpClient.HttpClient
  const defaults = yield* Settings.Settings

  // Most calls come from one context, and what it says is looked up once: 0.6 µs.
  let last: Surroundings | undefined
  const around = (context: Context.Context<never>): Surroundings =>
    last?.context === context ? last : (last = surroundings(context, defaults))

  const call: Sender["call"] = (plan, encoded, tokens, caller) => {
    const here = around(caller)
    const now = here.clock.currentTimeMillisUnsafe()
    const deadline = now + (plan.isTransfer ? here.call + here.transfer : here.call)
    const run = { client, plan, encoded, tokens, here, deadline, attempts: 0, token: undefined }
    return Effect.catch(attempt(run, now), (failing) => recovered(run, failing))
  }

  return { call } satisfies Sender
})
