/**
 * What every storage has to do, as named effects for any test runner: `vault` is the contract of a `Vault`, `shared` that of
 * one that several processes open or that survives them, `tokens` that of a `TokenStore`.
 *
 * They run in real time, take well under a second, and use keys of their own, so a storage need not be empty.
 *
 * @since 0.1.0
 */
import type { TokenStore } from "@wechat/core/TokenStore"
import type { Vault } from "@wechat/core/Vault"
import type { Case, Opening } from "./internal/conformance/case.ts"
import { sharedCases } from "./internal/conformance/shared.ts"
import { tokenCases } from "./internal/conformance/tokens.ts"
import { vaultCases } from "./internal/conformance/vault.ts"
import type { Simulator } from "./Simulator.ts"

export { Broken, type Case, Opening } from "./internal/conformance/case.ts"

/**
 * A vault, whoever shares it: reading, replacing, comparing, expiry, exclusivity, fencing, refresh tokens, concurrency.
 *
 * @since 0.1.0
 */
export const vault: ReadonlyArray<Case<Vault>> = vaultCases

/**
 * A vault that several processes share, and that outlives each of them. Provide {@link Opening}: every time it is opened
 * stands for a process of its own.
 *
 * @since 0.1.0
 */
export const shared: ReadonlyArray<Case<Opening>> = sharedCases

/**
 * A token store over the simulator's own account, `appid` of `@wechat/testing/Simulator`.
 *
 * @since 0.1.0
 */
export const tokens: ReadonlyArray<Case<TokenStore | Simulator>> = tokenCases
