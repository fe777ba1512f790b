/** Fields that the client fills in: credentials first, then signatures over what is sent. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as App from "../App.ts"
import * as Credentials from "../Credentials.ts"
import { InvalidInput } from "../Error.ts"
import * as Send from "../Send.ts"
import type { Fill } from "../Spec.ts"
import { hmacSha256, sha1 } from "./sign.ts"

type Fields = Readonly<Record<string, unknown>>

interface Context {
  readonly app: App.App
  readonly path: string
  readonly account: (appid: string) => Effect.Effect<Credentials.Account>
}

/** `component_...` fields are about the platform, whichever account the call is for. */
const appidFor = (app: App.App, field: string, isPlatformCall: boolean): string =>
  app._tag === "Authorizer" && (isPlatformCall || field.startsWith("component_")) ? app.component : app.appid

const text = (fields: Fields, name: string): string => {
  const value = fields[name]
  return typeof value === "string" || typeof value === "number" ? String(value) : ""
}

/** Mini game payment signs sorted parameters, then path, method and the secret itself. */
const midas = (key: Redacted.Redacted, fields: Fields, path: string): Effect.Effect<string> => {
  const parameters = ["appid", "offer_id", "openid", "pf", "ts", "zone_id"]
    .filter((name) => fields[name] !== undefined)
    .map((name) => `${name}=${encodeURIComponent(text(fields, name))}`)
  return hmacSha256(key, [...parameters, `org_loc=${path}`, "method=POST", `secret=${Redacted.value(key)}`].join("&"))
}

type Filled = Effect.Effect<unknown, Credentials.MissingCredential | InvalidInput>

const credential = (context: Context, appid: string, fields: Fields, fill: Fill): Filled =>
  Effect.flatMap(context.account(appid), (account): Filled => {
    switch (fill) {
      case "secret":
        return Credentials.need(appid, account, "secret")
      case "offer_id":
        return Credentials.need(appid, account, "offerId")
      case "delivery_key":
        return Credentials.need(appid, account, "deliveryKey")
      case "sig":
        return Effect.flatMap(Credentials.need(appid, account, "midasKey"), (key) => midas(key, fields, context.path))
      case "delivery_sign":
        return Effect.flatMap(Credentials.need(appid, account, "deliverySecret"), (secret) =>
          sha1(`${text(fields, "shopid")}${text(fields, "shop_order_id")}${Redacted.value(secret)}`)
        )
      default:
        return Effect.succeed(appid)
    }
  })

const signature = (context: Context, appid: string, fields: Fields, fill: Fill, body: string): Filled =>
  Effect.flatMap(context.account(appid), (account): Filled => {
    if (fill === "pay_sig") {
      const name = context.path.startsWith("/wxa/game/") ? "midasKey" : fields["env"] === 1 ? "sandboxPayKey" : "payKey"
      return Effect.flatMap(Credentials.need(appid, account, name), (key) => hmacSha256(key, `${context.path}&${body}`))
    }
    const openid = text(fields, "openid")
    return Effect.flatMap(Credentials.need(appid, account, "sessionKey"), (sessionKey) => sessionKey(openid)).pipe(
      Effect.flatMap((key) =>
        key === undefined
          ? Effect.fail(new InvalidInput({ detail: "the user has no session key: have the user sign in first" }))
          : hmacSha256(key, body)
      )
    )
  })

/** Signatures over fields come after the fields, and signatures over the body after everything. */
const stageOf = (fill: Fill): 0 | 1 | 2 => {
  switch (fill) {
    case "sig":
    case "delivery_sign":
      return 1
    case "pay_sig":
    case "signature":
      return 2
    default:
      return 0
  }
}

const bodyText = (encoded: Send.Encoded): string =>
  encoded.body._tag === "Uint8Array" ? new TextDecoder().decode(encoded.body.body) : ""

/** Encodes an input after its missing fields have been filled in. */
export const encode = Effect.fnUntraced(
  function* <I, A>(plan: Send.Plan<I, A>, input: I, context: Context) {
    const isPlatformCall = plan.spec.auth === "component" || plan.spec.auth === "component_access_token"
    const given: Fields = Object.assign({}, input)
    const missing = Object.entries<Fill | undefined>(plan.spec.fill ?? {}).flatMap(([field, fill]) =>
      fill === undefined || given[field] !== undefined
        ? []
        : [{ field, fill, stage: stageOf(fill), appid: appidFor(context.app, field, isPlatformCall) }]
    )
    const filled: Record<string, unknown> = {}
    for (const stage of [0, 1]) {
      for (const { appid, field, fill } of missing.filter((entry) => entry.stage === stage)) {
        filled[field] = yield* credential(context, appid, { ...given, ...filled }, fill)
      }
    }
    const unsigned = yield* Send.encode(plan, { ...input, ...filled })
    const signatures = missing.filter((entry) => entry.stage === 2)
    if (signatures.length === 0) return unsigned
    const body = bodyText(unsigned)
    for (const { appid, field, fill } of signatures) {
      filled[field] = yield* signature(context, appid, unsigned.fields, fill, body)
    }
    return yield* Send.encode(plan, { ...input, ...filled })
  },
  Effect.mapError((error) => (error._tag === "InvalidInput" ? error : new InvalidInput({ detail: error.message })))
)
