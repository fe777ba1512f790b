/** Reads the body of a request, whatever its headers say about it. */
import * as Json from "@wechat/core/Json"
import * as Effect from "effect/Effect"
import type { Request } from "../Call.ts"

export type Body =
  | { readonly _tag: "Empty" }
  | { readonly _tag: "Json"; readonly value: unknown }
  | { readonly _tag: "Form"; readonly parts: { readonly [name: string]: unknown } }
  | { readonly _tag: "Bytes"; readonly bytes: Uint8Array }

const partOf = async (part: string | File): Promise<unknown> =>
  typeof part === "string" ? part : { name: part.name, type: part.type, data: new Uint8Array(await part.arrayBuffer()) }

const form = (type: string, body: Uint8Array): Effect.Effect<Body> =>
  Effect.tryPromise(async (): Promise<Body> => {
    const data = await new Response(new Uint8Array(body), { headers: { "content-type": type } }).formData()
    const parts = await Promise.all(
      Array.from(data.entries(), async ([name, part]) => [name, await partOf(part)] as const)
    )
    return { _tag: "Form", parts: Object.fromEntries(parts) }
  }).pipe(Effect.orElseSucceed((): Body => ({ _tag: "Bytes", bytes: body })))

const jsonOrBytes = (bytes: Uint8Array): Body => {
  try {
    return { _tag: "Json", value: Json.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) }
  } catch {
    return { _tag: "Bytes", bytes }
  }
}

export const read = ({ body, headers, method }: Request): Effect.Effect<Body> => {
  if (method === "GET" || body.length === 0) return Effect.succeed({ _tag: "Empty" })
  const type = headers["content-type"] ?? ""
  return type.startsWith("multipart/form-data") ? form(type, body) : Effect.succeed(jsonOrBytes(body))
}

/** What a test sees of it. */
export const seen = (body: Body): unknown => {
  switch (body._tag) {
    case "Empty":
      return undefined
    case "Json":
      return body.value
    case "Form":
      return body.parts
    case "Bytes":
      return body.bytes
  }
}
