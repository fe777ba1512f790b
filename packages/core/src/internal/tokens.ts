/** One of a store's tokens, as calls take it. */
import type * as Send from "../Send.ts"
import type * as Token from "../Token.ts"
import type { Tokens } from "../TokenStore.ts"

export const tokensOf = (store: Tokens, key: Token.Key): Send.Tokens => ({
  held: (now) => store.held?.(key, now),
  get: store.get(key),
  renew: (stale) => store.renew(key, stale)
})
