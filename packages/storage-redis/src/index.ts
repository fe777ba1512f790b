/**
 * WeChat tokens in Redis.
 *
 * @since 0.1.0
 */
export * as Redis from "./Redis.ts"
