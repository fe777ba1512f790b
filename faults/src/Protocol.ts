/** What a test and its worker processes say to each other. */
import * as App from "@wechat/core/App"
import * as Token from "@wechat/core/Token"

/** Where a worker keeps its tokens. */
export type Storage =
  | { readonly kind: "redis"; readonly url: string; readonly prefix: string }
  | { readonly kind: "sqlite"; readonly path: string }

export interface Setup {
  readonly storage: Storage
  /** Where WeChat is. */
  readonly wechat: string
  /** Milliseconds by which the worker's clock is wrong. */
  readonly offset: number
}

/** A token by name, as text of a command line would have it. */
export type Name =
  | { readonly kind: "stable" | "plain"; readonly appid: string }
  | { readonly kind: "ticket"; readonly appid: string }
  | { readonly kind: "component" }
  | { readonly kind: "authorizer"; readonly appid: string }

export const component = "wxplatform"

export const keyOf = (name: Name): Token.Key => {
  switch (name.kind) {
    case "ticket":
      return Token.Ticket(App.common(name.appid), "jsapi")
    case "component":
      return Token.Access(App.component(component))
    case "authorizer":
      return Token.Access(App.authorizer(component, name.appid))
    default:
      return Token.Access(App.common(name.appid))
  }
}

export type Order =
  /** So many callers ask at once, for a token other than `stale` where one is given. */
  | { readonly do: "ask"; readonly name: Name; readonly callers: number; readonly stale?: string | undefined }
  /** Renews these tokens over and over, until it is killed. */
  | { readonly do: "churn"; readonly names: ReadonlyArray<Name> }
  /** From now on a token that WeChat has issued is told, and waits to be kept until `go`. */
  | { readonly do: "hold" }
  | { readonly do: "go" }
  | { readonly do: "ticket"; readonly ticket: string }
  | { readonly do: "refresh"; readonly appid: string }

export interface Told {
  /** The different tokens that callers got, */
  readonly tokens: ReadonlyArray<string>
  /** the different failures, */
  readonly failures: ReadonlyArray<string>
  /** how many callers failed, */
  readonly failed: number
  /** and how long the slowest waited, in milliseconds. */
  readonly slowest: number
  /** Seconds that the token has left by the worker's clock. */
  readonly left: number
  /** Writes that the vault has refused so far. */
  readonly refused: number
}

export type Message =
  | { readonly is: "ready" }
  | { readonly is: "failed"; readonly detail: string }
  | { readonly is: "answer"; readonly id: number; readonly answer: unknown }
  /** A token was issued, and is not kept yet. */
  | { readonly is: "holding" }
  /** Churning has renewed one. */
  | { readonly is: "renewed" }
