/** Where a Redis is, read from its address. */
import { VaultError } from "@wechat/core/Vault"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

export interface Address {
  readonly kind: "single" | "sentinel" | "cluster"
  readonly nodes: ReadonlyArray<Node>
  readonly isTls: boolean
  readonly login: Login
  /** Those of the sentinels, which have accounts of their own. */
  readonly sentinelLogin: Login
  readonly database: number
  /** What the sentinels call the master. */
  readonly master: string
}

interface Node {
  readonly host: string
  readonly port: number
}

interface Login {
  readonly username?: string
  readonly password?: string
}

const form = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/?]*)@)?([^/?@]+)(?:\/([^?]*))?(?:\?(.*))?$/
const hostForm = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/

const forms =
  "redis://[user:password@]host[:port][/database], redis+sentinel://host[:port],.../master[/database] or redis+cluster://host[:port],...; rediss for TLS"

class Unreadable extends Error {}

const fail = (detail: string): never => {
  throw new Unreadable(detail)
}

const loginOf = (username: string | undefined, password: string | undefined): Login => ({
  ...(username === undefined || username === "" ? {} : { username }),
  ...(password === undefined || password === "" ? {} : { password })
})

const nodeOf = (text: string, port: number): Node => {
  const [, v6, name, given] = hostForm.exec(text) ?? []
  const host = v6 ?? name ?? fail(`its hosts are not host[:port]`)
  return { host, port: given === undefined ? port : Number(given) }
}

const databaseOf = (text: string | undefined): number => {
  if (text === undefined || text === "") return 0
  return /^\d{1,5}$/.test(text) ? Number(text) : fail("its database is not a number")
}

const userinfo = (text: string | undefined): Login => {
  if (text === undefined) return {}
  const colon = text.indexOf(":")
  const [username, password] = colon < 0 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1)]
  return loginOf(decodeURIComponent(username), decodeURIComponent(password))
}

const parse = (url: string): Address => {
  const [, scheme, kind = "single", user, hosts, path = "", query = ""] =
    form.exec(url) ?? fail(`it is none of ${forms}`)
  const isSentinel = kind === "sentinel"
  const [first, second, ...more] = path.split("/")
  const nodes = (hosts ?? "").split(",").map((host) => nodeOf(host, isSentinel ? 26_379 : 6379))
  const parameters = new URLSearchParams(query)
  if (kind === "single" && nodes.length > 1)
    fail("it names several hosts, so it has to be redis+sentinel:// or redis+cluster://")
  if (isSentinel && (first === undefined || first === "")) fail("it does not name the sentinels' master")
  if (more.length > 0 || (!isSentinel && second !== undefined)) fail(`it is none of ${forms}`)
  const database = databaseOf(isSentinel ? second : first)
  if (kind === "cluster" && database !== 0) fail("a cluster has database 0 only")
  return {
    kind: isSentinel ? "sentinel" : kind === "cluster" ? "cluster" : "single",
    nodes,
    isTls: scheme === "rediss",
    login: userinfo(user),
    sentinelLogin: loginOf(
      parameters.get("sentinel_username") ?? undefined,
      parameters.get("sentinel_password") ?? undefined
    ),
    database,
    master: isSentinel ? decodeURIComponent(first ?? "") : ""
  }
}

/** The address may hold a password, so a failure shows nothing of it. */
export const read = (url: string | Redacted.Redacted): Effect.Effect<Address, VaultError> =>
  Effect.try({
    try: () => parse(typeof url === "string" ? url : Redacted.value(url)),
    catch: (cause) =>
      new VaultError({
        detail: `the address of Redis cannot be read: ${cause instanceof Unreadable ? cause.message : "a part of it is not encoded as in an address"}`
      })
  })

/** For messages: hosts, without a password. */
export const show = (address: Address): string =>
  `Redis at ${address.nodes.map(({ host, port }) => `${host}:${port}`).join(", ")}`
