/**
 * The runtime of the WeChat bindings: accounts, tokens, calls, failures. Services come as their classes, everything else as
 * modules; what is not listed here is in the module of its name, such as `@wechat/core/Vault`.
 *
 * @since 0.1.0
 */
export * as App from "./App.ts"
export { Credentials } from "./Credentials.ts"
export * as Endpoint from "./Endpoint.ts"
export { catchCode, WeChatError } from "./Error.ts"
export * as File from "./File.ts"
export * as Json from "./Json.ts"
export { Mint } from "./Mint.ts"
export * as Settings from "./Settings.ts"
export * as Token from "./Token.ts"
export { TokenStore } from "./TokenStore.ts"
export { Vault } from "./Vault.ts"
export { WeChat } from "./WeChat.ts"
export * as Wire from "./Wire.ts"
