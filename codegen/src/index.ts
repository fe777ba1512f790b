/**
 * The generator as a library.
 *
 * @since 0.1.0
 */
export * as Change from "./Change.ts"
export * as Changelog from "./Changelog.ts"
export * as Coverage from "./Coverage.ts"
export * as Diff from "./Diff.ts"
export * as Generate from "./Generate.ts"
export * as Mistake from "./Mistake.ts"
export * as Model from "./Model.ts"
export * as OpenApi from "./OpenApi.ts"
