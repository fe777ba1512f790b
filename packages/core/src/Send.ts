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

const calls = Metric.counter("wechat_calls_total", { description: "Calls to WeChat, by endpoint and outcome" })
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
  readonly outcome: (tag: string) => Metric.Counter<number>
}

const isSecret = ({ shape }: Wire.AnyCodec): boolean =>
  shape._tag === "Secret" ||
  ((shape._tag === "Maybe" || shape._tag === "Sure" || shape._tag === "Preset") && isSecret(shape.of()))

const secretFields = (codec: Wire.AnyCodec): ReadonlyArray<string> =>
  Object.entries(Wire.fieldsOf(codec)).flatMap(([name, field]) => (isSecret(field) ? [name] : []))

export const plan = <I, A>(spec: Spec<I, A>): Plan<I, A> => {
  const input = spec.input()
  const outcomes = new Map<string, Metric.Counter<number>>()
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
    outcome: (tag) => {
      const known = outcomes.get(tag) ?? Metric.withAttributes(calls, { endpoint: spec.id, outcome: tag })
      outcomes.set(tag, known)
      return known
    }
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
}

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null

const textOf = (value: unknown): string => (typeof value === "string" ? value : Json.stringify(value))

const without = (fields: Fields, names: ReadonlySet<string>): Fields => {
  if (names.size === 0) return fields
  const rest: Record<string, unknown> = {}
  for (const name of Object.keys(fields)) if (!names.has(name)) rest[name] = fields[name]
  return rest
}

const entries = (fields: Fields, names: ReadonlySet<string>): ReadonlyArray<readonly [string, unknown]> => {
  const found: Array<readonly [string, unknown]> = []
  for (const name of names) if (fields[name] !== undefined) found.push([name, fields[name]])
  return found
}

const queryOf = <I, A>(plan: Plan<I, A>, fields: Fields): Encoded["query"] =>
  entries(fields, plan.query).map(
    ([name, value]) => [name, plan.secret.has(name) ? Redacted.make(textOf(value)) : textOf(value)] as const
  )

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

/** What a call without an endpoint sends. */
export const raw = (request: {
  readonly query?: Readonly<Record<string, string | number | boolean | Redacted.Redacted>> | undefined
  readonly body?: unknown
}): Encoded => ({
  fields: {},
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

const requestOf = <I, A>(plan: Plan<I, A>, encoded: Encoded, origin: string, token: Token | undefined) => {
  const { auth, method, path } = plan.spec
  // A redacted parameter is sent in clear and shows as REDACTED in spans, logs and errors.
  const query =
    auth === "none" || token === undefined ? encoded.query : [[parameter(auth), token.value] as const, ...encoded.query]
  const headers = Headers.setAll(accept, bodyHeaders(encoded.body))
  return HttpClientRequest.makeWith(
    method,
    `${origin}${path}`,
    UrlParams.make(query),
    Option.none(),
    headers,
    encoded.body
  )
}

const bodyHeaders = (body: HttpBody.HttpBody): Record<string, string> => {
  if (body._tag === "Empty" || body.contentType === undefined) return {}
  return body.contentLength === undefined
    ? { "content-type": body.contentType }
    : { "content-type": body.contentType, "content-length": String(body.contentLength) }
}

const originOf = <I, A>(plan: Plan<I, A>, settings: Settings.Settings, attempt: number): string =>
  plan.spec.host === undefined
    ? (settings.hosts[attempt % settings.hosts.length] ?? settings.hosts[0])
    : (settings.otherHosts ?? `https://${plan.spec.host}`)

/** Whether anybody can see a span. */
const isTraced = (context: Context.Context<never>): boolean =>
  Context.getOrUndefined(context, Tracer.Tracer) !== undefined

// A redirect is not followed: it would take the body, and with it the account's secrets, to another place.
const direct = Context.make(FetchHttpClient.RequestInit, { redirect: "manual" })
// WeChat is not ours: it gets no trace headers.
const silent = Context.add(direct, HttpClient.TracerPropagationEnabled, false)
const quiet = Context.add(direct, HttpClient.TracerDisabledWhen, () => true)

/** The HTTP client as calls use it. */
const prepare = (http: HttpClient.HttpClient): HttpClient.HttpClient =>
  HttpClient.transformResponse(http, (effect) =>
    Effect.withFiber((fiber) => {
      const context = isTraced(fiber.context) ? silent : quiet
      const own = Context.getOrUndefined(fiber.context, FetchHttpClient.RequestInit)
      return Effect.provideContext(
        effect,
        own === undefined ? context : Context.add(context, FetchHttpClient.RequestInit, { redirect: "manual", ...own })
      )
    })
  )

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
const systemCode = (error: unknown): string | undefined => {
  if (!isFields(error)) return undefined
  if (typeof error["code"] === "string") return error["code"]
  if (Array.isArray(error["errors"])) return systemCode(error["errors"][0])
  return systemCode(error["cause"] ?? error["reason"])
}

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
): Effect.Effect<A, Reason.Reason> => {
  if (!isOk(response.status)) return badStatus(plan, response)
  if (plan.spec.returns !== "file") {
    return Effect.flatMap(Effect.mapError(response.text, unreachable), (text) => decode(plan, response, text))
  }
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

// ---------------------------------------------------------------------------------------------------------------------
// Call
// ---------------------------------------------------------------------------------------------------------------------

const liveClock = Context.get(Context.empty(), Clock.Clock)

/**
 * Fails after `millis`. With the real clock that is one child fiber and one timer, which costs half of what a race does.
 */
const bounded = <A>(effect: Effect.Effect<A, Reason.Reason>, millis: number): Effect.Effect<A, Reason.Reason> =>
  Effect.withFiber((fiber) => {
    const expired = () => Effect.fail(new Reason.Timeout({ after: Duration.millis(millis) }))
    if (fiber.getRef(Clock.Clock) !== liveClock) {
      return Effect.timeoutOrElse(effect, { duration: millis, orElse: expired })
    }
    return Effect.callback<A, Reason.Reason>((resume) => {
      const child = Effect.runForkWith(fiber.context)(effect)
      const done = child.pollUnsafe()
      if (done !== undefined) return resume(done)
      let isLate = false
      const timer = setTimeout(() => {
        isLate = true
        child.interruptUnsafe()
      }, millis)
      child.addObserver((exit) => {
        clearTimeout(timer)
        resume(isLate && Exit.hasInterrupts(exit) ? expired() : exit)
      })
      return Effect.suspend(() => {
        clearTimeout(timer)
        return Fiber.interrupt(child)
      })
    })
  })

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

/** Calls endpoints over one HTTP client. */
export interface Sender {
  /** One call: attempts, renewals and pauses, until there is an answer or a failure that stays. */
  readonly call: <I, A>(
    plan: Plan<I, A>,
    encoded: Encoded,
    tokens: Tokens | undefined
  ) => Effect.Effect<A, Reason.Reason>
}

/** A token or secret that WeChat quotes in its message must not go on into logs. */
const scrub = (reason: Reason.Reason, encoded: Encoded, token: Token | undefined): Reason.Reason => {
  if (!("errmsg" in reason)) return reason
  const secrets = [token?.value, ...encoded.query.map(([, value]) => value)]
    .flatMap((value) => (Redacted.isRedacted(value) ? [Redacted.value(value)] : []))
    .filter((secret) => secret !== "")
  const errmsg = secrets.reduce((text, secret) => text.replaceAll(secret, "<redacted>"), reason.errmsg)
  return errmsg === reason.errmsg ? reason : Reason.fromCode(reason.errcode, errmsg)
}

export const make = Effect.gen(function* () {
  const client = prepare(yield* HttpClient.HttpClient)
  const defaults = yield* Settings.Settings

  const call: Sender["call"] = (plan, encoded, tokens) =>
    Effect.withFiber((fiber) => {
      const clock = fiber.getRef(Clock.Clock)
      const settings = Context.getOrUndefined(fiber.context, Settings.Settings) ?? defaults
      const transfer = plan.isTransfer ? Duration.toMillis(settings.transfer) : 0
      const longest = Math.max(transfer, Duration.toMillis(settings.attempt))
      const deadline = clock.currentTimeMillisUnsafe() + Duration.toMillis(settings.call) + transfer
      const left = () => Math.max(0, deadline - clock.currentTimeMillisUnsafe())
      let attempt = 0

      const once = (token: Token | undefined) =>
        bounded(
          Effect.matchEffect(client.execute(requestOf(plan, encoded, originOf(plan, settings, attempt), token)), {
            onFailure: (error) => Effect.fail(unreachable(error)),
            onSuccess: (response) => read(plan, response, settings)
          }),
          Math.min(longest, left())
        )
      // Refused before it was looked at, so once more is right for every endpoint.
      const renewed = (tokens: Tokens, stale: Token) => (reason: Reason.Reason) => {
        if (reason._tag !== "InvalidToken") return Effect.fail(scrub(reason, encoded, stale))
        renewals.updateUnsafe(1, fiber.context)
        return Effect.flatMap(bounded(tokens.renew(stale), left()), (fresh) =>
          Effect.mapError(once(fresh), (again) => scrub(again, encoded, fresh))
        )
      }
      const one =
        tokens === undefined
          ? Effect.mapError(
              Effect.suspend(() => once(undefined)),
              (reason) => scrub(reason, encoded, undefined)
            )
          : Effect.flatMap(tokens.get, (token) => Effect.catch(once(token), renewed(tokens, token)))
      const again = (reason: Reason.Reason) => isRepeatable(plan.spec.safe, reason)

      return Effect.catchIf(one, again, (first) => {
        // The schedule is made after the first failure: most calls need none.
        let last = first
        let hasFailed = true
        const next = Effect.suspend(() => {
          if (hasFailed) {
            hasFailed = false
            return Effect.fail(first)
          }
          attempt++
          retries.updateUnsafe(1, fiber.context)
          return Effect.mapError(one, (reason) => (last = reason))
        })
        return Effect.timeoutOrElse(Effect.retry(next, { schedule: settings.backoff, while: again }), {
          duration: left(),
          orElse: () => Effect.fail(last)
        })
      })
    })

  return { call } satisfies Sender
})
