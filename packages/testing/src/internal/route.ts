/** Endpoints that the simulator plays by hand: their input, who may call them, and what they do. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Attachment, type Reply, type Refusal, refuse } from "./reply.ts"
import type { Account, Platform, State } from "./state.ts"
import type { Issued } from "./tokens.ts"

/** The token that a call needs: an account's, the platform's, either, or none. */
export type Auth = "account" | "platform" | "either" | "none"

/** What a call meets. */
export interface Scene {
  readonly state: State
  /** Unix milliseconds. */
  readonly now: number
  /** Unix seconds. */
  readonly seconds: number
  /** The token that the call brought, where it needs one. */
  readonly token: Issued | undefined
  /** How the world looks up an account that a platform brings in. */
  readonly account: (appid: string) => Account
}

export interface Route {
  readonly method: "GET" | "POST"
  readonly path: string
  readonly auth: Auth
  readonly run: (fields: unknown, scene: Scene) => Reply
}

type Input = Schema.ConstraintDecoder<unknown>

const reading = <S extends Input, C>(input: S, run: (input: S["Type"], context: C) => Reply) => {
  const decode = Schema.decodeUnknownResult(input)
  return (fields: unknown, context: C): Reply => {
    const read = decode(fields)
    return Result.isSuccess(read)
      ? run(read.success, context)
      : refuse(47001, `data format error hint: [${String(read.failure).replaceAll("\n", " ").trim()}]`)
  }
}

/** A route that needs no token. */
export const open = <S extends Input>(
  method: Route["method"],
  path: string,
  input: S,
  run: (input: S["Type"], scene: Scene) => Reply
): Route => ({ method, path, auth: "none", run: reading(input, run) })

/** A route of the account whose token came with the call. */
export const own = <S extends Input>(
  method: Route["method"],
  path: string,
  input: S,
  run: (input: S["Type"], scene: Scene & { readonly me: Account }) => Reply
): Route => {
  const read = reading<S, Scene & { readonly me: Account }>(input, run)
  return {
    method,
    path,
    auth: "account",
    run: (fields, scene) => {
      if (scene.token === undefined) return refuse(41001)
      return read(fields, { ...scene, me: scene.account(scene.token.appid) })
    }
  }
}

/** A route of the platform whose token came with the call; a `component_appid` has to be its own. */
export const platform = <S extends Input>(
  method: Route["method"],
  path: string,
  input: S,
  run: (input: S["Type"], scene: Scene & { readonly me: Platform }) => Reply
): Route => {
  const read = reading<S, Scene & { readonly me: Platform }>(input, run)
  return {
    method,
    path,
    auth: "platform",
    run: (fields, scene) => {
      const me = scene.token === undefined ? undefined : scene.state.platforms.get(scene.token.appid)
      return me === undefined ? refuse(61014) : read(fields, { ...scene, me })
    }
  }
}

const blank = (value: unknown): boolean => value === undefined || value === null || value === ""

/** The account that shows the right secret. */
export const proven = (appid: unknown, secret: unknown, { state }: Scene): Account | Refusal => {
  if (blank(appid)) return refuse(41002)
  if (blank(secret)) return refuse(41004)
  if (typeof appid !== "string") return refuse(40013)
  if (state.platforms.has(appid)) return refuse(61024)
  const account = state.accounts.get(appid)
  if (account === undefined) return refuse(40013)
  return account.secret !== undefined && account.secret === secret ? account : refuse(40125)
}

/** A number, or a text that spells one. */
export const Int = Schema.Union([Schema.Finite, Schema.FiniteFromString])

/** An identifier, which travels as text or as a number. */
export const Id = Schema.Union([Schema.String, Schema.Finite, Schema.BigInt])

/** A file part of a form. */
export const Upload = Schema.Struct({ name: Schema.String, type: Schema.String, data: Schema.Uint8Array })

/** An upload as it is downloaded: under its id, with the ending that it had. */
export const attachment = (file: typeof Upload.Type, id: string): Attachment =>
  new Attachment(`${id}${/\.\w+$/.exec(file.name)?.[0] ?? ""}`, file.type, file.data)

/** Any object. */
export const Fields = Schema.Record(Schema.String, Schema.Unknown)

/** No fields that matter. */
export const Nothing = Schema.Struct({})

/** What is under a key, or a refusal. */
export const found = <K, V>(map: ReadonlyMap<K, V>, key: K, errcode: number): V | Refusal =>
  map.get(key) ?? refuse(errcode)

/** One page of a list. */
export const page = <A>(
  all: ReadonlyArray<A>,
  offset: number | undefined,
  count: number | undefined
): ReadonlyArray<A> => {
  const from = Math.max(0, offset ?? 0)
  return all.slice(from, from + Math.max(0, count ?? all.length))
}
