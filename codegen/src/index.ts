/**
 * The generator as a library.
 *
 * @since 0.1.0
 */
export * as Generate from "./Generate.ts"
export * as Mistake from "./Mistake.ts"
export * as Model from "./Model.ts"
