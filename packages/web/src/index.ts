/**
 * What a web page or mini program needs from its server. Services come as their classes, everything else as modules; what is
 * not listed here is in the module of its name, such as `@wechat/web/Sm`.
 *
 * @since 0.1.0
 */
export * as ApiSecurity from "./ApiSecurity.ts"
export * as Card from "./Card.ts"
export * as Failure from "./Failure.ts"
export * as JsSdk from "./JsSdk.ts"
export * as OAuth from "./OAuth.ts"
export * as Session from "./Session.ts"
export { SessionKeys } from "./SessionKeys.ts"
export { Signer } from "./Signer.ts"
export { State } from "./State.ts"
export * as Visitor from "./Visitor.ts"
