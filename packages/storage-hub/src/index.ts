/**
 * WeChat tokens from a hub over HTTP: no secret in this process.
 *
 * @since 0.1.0
 */
export * as Remote from "./Remote.ts"
