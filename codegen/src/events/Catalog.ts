/**
 * A catalog of pushes: from its files to what they make.
 *
 * @since 0.1.0
 */
import type { File } from "../Emit.ts"
import * as Load from "../Load.ts"
import type { Report } from "../Mistake.ts"
import * as Emit from "./Emit.ts"
import * as Read from "./Read.ts"
import * as Resolve from "./Resolve.ts"

/**
 * What is printed differently for different users.
 *
 * @since 0.1.0
 */
export interface Options {
  readonly core: string
  /** The package whose `events/Event` the output imports; `@wechat/callback` where left out. */
  readonly callback?: string
}

/**
 * Whether a catalog is one of pushes. It then has no endpoints.
 *
 * @since 0.1.0
 */
export const has = ({ files }: Load.Files): boolean => files.some(({ node }) => Read.isGroup(node))

/**
 * The files that a catalog of pushes makes, not yet laid out.
 *
 * @since 0.1.0
 */
export const print = (loaded: Load.Files, options: Options, report: Report): ReadonlyArray<File> => {
  const read = Load.groups(loaded, Read.group, report)
  Load.checkNames(read.files, ["Table", "Types"], report)
  const model = Resolve.catalog({ ...loaded, ...read }, report)
  return Emit.emit(model, { callback: "@wechat/callback", ...options }, report)
}
