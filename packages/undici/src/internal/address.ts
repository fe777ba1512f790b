/** Where a request goes, without a URL object for each of them. */
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as UrlParams from "effect/http/UrlParams"
import * as Redacted from "effect/Redacted"

export interface Address {
  readonly origin: string
  readonly path: string
  /** What the path ends with, from the question mark on. */
  readonly search: string
  /** As the response says it, but for the search. */
  readonly href: string
}

/** Where a request goes for which there is a URL already. */
export const addressOfUrl = ({ hash, href, origin, pathname, search }: URL): Address => ({
  origin,
  path: pathname + search,
  search: "",
  href: href.slice(0, href.length - hash.length)
})

// An endpoint has one address for all of its calls; a program with ever new addresses must not fill the memory.
const known = new Map<string, Address | undefined>()
const many = 4096

const plain = (address: string): Address | undefined => {
  const url = URL.parse(address)
  const isPlain =
    url !== null && url.href === url.origin + url.pathname && (url.protocol === "https:" || url.protocol === "http:")
  return isPlain ? addressOfUrl(url) : undefined
}

const baseOf = (address: string): Address | undefined => {
  const found = known.get(address)
  if (found !== undefined || known.has(address)) return found
  const made = plain(address)
  if (known.size >= many) known.clear()
  known.set(address, made)
  return made
}

const asItIs = /^[\w*.-]*$/

/** As URLSearchParams writes it. */
const encode = (text: string): string =>
  asItIs.test(text) ? text : new URLSearchParams([["", text]]).toString().slice(1)

const queryOf = ({ params }: UrlParams.UrlParams): string => {
  let text = ""
  for (const [name, value] of params) {
    const clear = typeof value === "string" ? value : Redacted.value(value)
    text += `${text === "" ? "?" : "&"}${encode(name)}=${encode(clear)}`
  }
  return text
}

/** Where a request goes; nothing for an address that takes more than gluing. */
export const addressOf = ({ url, urlParams }: HttpClientRequest.HttpClientRequest): Address | undefined => {
  const base = baseOf(url)
  if (base === undefined || urlParams.params.length === 0) return base
  const search = queryOf(urlParams)
  return { origin: base.origin, path: base.path + search, search, href: base.href }
}
