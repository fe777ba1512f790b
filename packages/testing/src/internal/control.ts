/** Steers a simulator over HTTP, for other processes. */
import * as Json from "@wechat/core/Json"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Outcome, Request } from "../Call.ts"
import * as Fault from "../Fault.ts"
import * as Push from "../Push.ts"
import type { Control } from "../Simulator.ts"

/** Where it is reached. */
export const prefix = "/_simulator/"

const optional = Schema.optionalKey

const named: Readonly<Record<string, Fault.Fault>> = {
  empty: Fault.empty,
  gzip: Fault.gzip,
  half: Fault.half,
  hang: Fault.hang,
  html: Fault.html,
  lost: Fault.lost,
  reset: Fault.reset
}

const Fail = Schema.Struct({
  path: Schema.String,
  /** A return code, */
  errcode: optional(Schema.Int),
  errmsg: optional(Schema.String),
  /** or an HTTP status and a body, */
  status: optional(Schema.Int),
  body: optional(Schema.String),
  /** or milliseconds, */
  delay: optional(Schema.Finite),
  /** or a place to go to, */
  redirect: optional(Schema.String),
  /** or another fault by its name. */
  fault: optional(Schema.Literals(["empty", "gzip", "half", "hang", "html", "lost", "reset"])),
  times: optional(Schema.Int)
})

const faultOf = (input: typeof Fail.Type): Fault.Fault => {
  if (input.errcode !== undefined) return Fault.refuse(input.errcode, input.errmsg)
  if (input.delay !== undefined) return Fault.delay(input.delay)
  if (input.redirect !== undefined) return Fault.redirect(input.redirect)
  if (input.fault !== undefined) return named[input.fault] ?? Fault.reset
  return Fault.status(input.status ?? 500, input.body)
}

const One = Schema.Struct({ appid: Schema.String })
const Platform = Schema.Struct({ component: Schema.String })
const Authorizing = Schema.Struct({ component: Schema.String, appid: Schema.String })
const Revoke = Schema.Struct({ appid: Schema.String, stuck: optional(Schema.Boolean) })
const Answer = Schema.Struct({ path: Schema.String, answer: Schema.Json })
const Mints = Schema.Struct({
  appid: Schema.String,
  kind: optional(Schema.Literals(["plain", "stable", "component", "authorizer", "jsapi", "wx_card"]))
})

const SigningIn = Schema.Struct({
  appid: Schema.String,
  openid: optional(Schema.String),
  scope: optional(Schema.Literals(["snsapi_base", "snsapi_userinfo"]))
})

const Pushing = Schema.Struct({
  to: Schema.String,
  appid: Schema.String,
  token: Schema.String,
  aesKey: optional(Schema.String),
  mode: optional(Schema.Literals(["plain", "compatible", "safe"])),
  format: optional(Schema.Literals(["xml", "json"])),
  /** What stands behind the address, as /wx1/callback. */
  path: optional(Schema.String),
  fields: Schema.Record(Schema.String, Schema.Json)
})

/** Pushes, and says what came of it. */
const push = ({ fields, path, ...options }: typeof Pushing.Type) =>
  Effect.match(Push.make(options).push(fields, path), {
    onFailure: ({ attempts }) => ({ _tag: "Refused", attempts }),
    onSuccess: (answer): object => answer
  })

type Action = (input: unknown, simulator: Control) => Effect.Effect<unknown>

/** Something that a program without access to the process can do, or look at. */
const action = <S extends Schema.ConstraintDecoder<unknown>>(
  input: S,
  run: (input: S["Type"], simulator: Control) => Effect.Effect<unknown>
): Action => {
  const decode = Schema.decodeUnknownResult(input)
  return (given, simulator) => {
    const read = decode(given)
    return Result.isSuccess(read) ? run(read.success, simulator) : Effect.succeed({ error: String(read.failure) })
  }
}

const actions: Readonly<Record<string, Action>> = {
  "GET calls": action(Schema.Unknown, (_, { calls }) => calls),
  "GET mints": action(Mints, ({ appid, kind }, { mints }) => Effect.map(mints(appid, kind), (mints) => ({ mints }))),
  "GET followers": action(One, ({ appid }, { followers }) => followers(appid)),
  "POST fail": action(Fail, (input, { fail }) => fail(input.path, { ...faultOf(input), times: input.times })),
  "POST answer": action(Answer, ({ answer, path }, simulator) => simulator.answer(path, answer)),
  "POST heal": action(Schema.Unknown, (_, { heal }) => heal),
  "POST revoke": action(Revoke, ({ appid, stuck }, { revoke }) => revoke(appid, { stuck })),
  "POST signin": action(SigningIn, ({ appid, ...options }, { signIn }) =>
    Effect.map(signIn(appid, options), (code) => ({ code }))
  ),
  "POST ticket": action(Platform, ({ component }, { pushTicket }) =>
    Effect.map(pushTicket(component), (ticket) => ({ ticket }))
  ),
  "POST push": action(Pushing, push),
  "POST authorize": action(Authorizing, ({ appid, component }, { authorize }) =>
    Effect.map(authorize(component, appid), (code) => ({ code }))
  ),
  "POST unauthorize": action(Authorizing, ({ appid, component }, { unauthorize }) => unauthorize(component, appid))
}

const parsed = (request: Request): unknown => {
  const text = new TextDecoder().decode(request.body)
  const read = Result.try(() => (text === "" ? {} : Json.parse(text)))
  return request.method === "GET" ? request.query : Result.isSuccess(read) ? read.success : undefined
}

const answer = (status: number, value: unknown): Outcome => ({
  _tag: "Answer",
  status,
  headers: { "content-type": "application/json" },
  body: new TextEncoder().encode(Json.stringify(value ?? { ok: true }))
})

const isError = (value: unknown): boolean => typeof value === "object" && value !== null && "error" in value

export const control = (simulator: Control, request: Request): Effect.Effect<Outcome> => {
  const run = actions[`${request.method} ${request.path.slice(prefix.length)}`]
  if (run === undefined) return Effect.succeed(answer(404, { error: `one of: ${Object.keys(actions).join(", ")}` }))
  return run(parsed(request), simulator).pipe(
    Effect.map((value) => answer(isError(value) ? 400 : 200, value)),
    Effect.catchDefect((defect) => Effect.succeed(answer(400, { error: String(defect) })))
  )
}
