/**
 * The token hub.
 *
 * @since 0.1.0
 */
export * as Guard from "./Guard.ts"
export * as Server from "./Server.ts"
