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
  return typeof value === "string" || typeof value === "number" || typeof value === "bigint" ? String(value) : ""
}

type Filled = Effect.Effect<unknown, Credentials.MissingCredential | InvalidInput>
type Key = Effect.Effect<Redacted.Redacted, Credentials.MissingCredential>

const credential = (appid: string, account: Credentials.Account, fill: Fill): Filled => {
  switch (fill) {
    case "secret":
      return Credentials.need(appid, account, "secret")
    case "offer_id":
      return Credentials.need(appid, account, "offerId")
    case "delivery_key":
      return Credentials.need(appid, account, "deliveryKey")
    default:
      return Effect.succeed(appid)
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Signatures
// ---------------------------------------------------------------------------------------------------------------------

const midasKey = (appid: string, account: Credentials.Account, isSandbox: boolean): Key =>
  isSandbox && account.sandboxMidasKey !== undefined
    ? Effect.succeed(account.sandboxMidasKey)
    : Credentials.need(appid, account, "midasKey")

const payKey = (appid: string, account: Credentials.Account, path: string, fields: Fields): Key => {
  const isSandbox = fields["env"] === 1
  if (path.startsWith("/wxa/game/")) return midasKey(appid, account, isSandbox)
  if (path.startsWith("/retail/")) return Credentials.needFor(appid, account, "b2bKey", text(fields, "mchid"))
  return Credentials.need(appid, account, isSandbox ? "sandboxPayKey" : "payKey")
}

/** The first version of mini game payment signs every field that is sent, sorted, then path, method and the secret itself. */
const midas = (key: Redacted.Redacted, fields: Fields, path: string): Effect.Effect<string> => {
  const parameters = Object.keys(fields)
    .toSorted()
    .map((name) => `${name}=${text(fields, name)}`)
  return hmacSha256(key, [...parameters, `org_loc=${path}`, "method=POST", `secret=${Redacted.value(key)}`].join("&"))
}

const bySession = (account: Credentials.Account, appid: string, fields: Fields, body: string): Filled =>
  Effect.flatMap(Credentials.need(appid, account, "sessionKey"), (sessionKey) =>
    sessionKey(text(fields, "openid"))
  ).pipe(
    Effect.flatMap((key) =>
      key === undefined
        ? Effect.fail(new InvalidInput({ detail: "the user has no session key: have the user sign in first" }))
        : hmacSha256(key, body)
    )
  )

const signature = (
  { path }: Context,
  appid: string,
  account: Credentials.Account,
  fill: Fill,
  { body, fields }: Send.Encoded
): Filled => {
  switch (fill) {
    case "sig": {
      const key = midasKey(appid, account, path.startsWith("/cgi-bin/midas/sandbox/"))
      return Effect.flatMap(key, (key) => midas(key, fields, path))
    }
    case "delivery_sign": {
      const shop = text(fields, "shopid")
      return Effect.flatMap(Credentials.needFor(appid, account, "deliverySecret", shop), (secret) =>
        sha1(`${shop}${text(fields, "shop_order_id")}${Redacted.value(secret)}`)
      )
    }
    case "pay_sig":
      return Effect.flatMap(payKey(appid, account, path, fields), (key) => hmacSha256(key, `${path}&${textOf(body)}`))
    default:
      return bySession(account, appid, fields, textOf(body))
  }
}

/** Exactly what is sent. */
const textOf = (body: Send.Encoded["body"]): string =>
  body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : ""

// ---------------------------------------------------------------------------------------------------------------------
// Order
// ---------------------------------------------------------------------------------------------------------------------

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
    for (const { appid, field, fill } of missing.filter(({ stage }) => stage === 0)) {
      filled[field] = yield* credential(appid, yield* context.account(appid), fill)
    }
    let encoded = yield* Send.encode(plan, { ...input, ...filled })
    for (const now of [1, 2]) {
      const entries = missing.filter(({ stage }) => stage === now)
      if (entries.length === 0) continue
      for (const { appid, field, fill } of entries) {
        filled[field] = yield* signature(context, appid, yield* context.account(appid), fill, encoded)
      }
      encoded = yield* Send.encode(plan, { ...input, ...filled })
    }
    return encoded
  },
  Effect.mapError((error) => (error._tag === "InvalidInput" ? error : new InvalidInput({ detail: error.message })))
)
