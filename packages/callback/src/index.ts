/**
 * Receives what WeChat pushes: messages, events and notices, verified, decrypted, typed and answered in time.
 *
 * @since 0.1.0
 */
export * as Authorization from "./Authorization.ts"
export * as Durable from "./Durable.ts"
export { Inbox } from "./Inbox.ts"
export * as Push from "./Push.ts"
export * as Receiver from "./Receiver.ts"
export * as Release from "./Release.ts"
export * as Reply from "./Reply.ts"
export * as Server from "./Server.ts"
export * as Xml from "./Xml.ts"
