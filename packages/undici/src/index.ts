/**
 * An HttpClient layer for Node that costs what undici costs.
 *
 * @since 0.1.0
 */
export * as Undici from "./Undici.ts"
