/**
 * WeChat tokens kept in this process.
 *
 * @since 0.1.0
 */
export * as Memory from "./Memory.ts"
