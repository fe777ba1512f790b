/** Where an endpoint's answers say whether all is well. */
import type * as Endpoint from "@wechat/core/Endpoint"
import * as Predicate from "effect/Predicate"

export type Fields = { readonly [name: string]: unknown }

type Names = Endpoint.Any["failure"]

const put = (fields: Fields, path: ReadonlyArray<string>, value: unknown): Fields => {
  const [name, ...rest] = path
  if (name === undefined) return fields
  const inner = fields[name]
  return { ...fields, [name]: rest.length === 0 ? value : put(Predicate.isObject(inner) ? inner : {}, rest, value) }
}

const usual: Names = { code: "errcode", message: "errmsg" }

/** Fields with a return code and a message, in the places where an endpoint has them. */
export const told = (fields: Fields, code: number, message: string, names: Names = usual): Fields =>
  put(put(fields, names.code.split("."), code), names.message.split("."), message)

/** Fields of an answer that says that all is well. */
export const succeeded = (endpoint: Endpoint.Any, fields: Fields): Fields => told(fields, 0, "ok", endpoint.failure)
