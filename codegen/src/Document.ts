/**
 * A single file that is made from a catalog: printed, written, or checked.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import { Occupied, Stale, Unwritable } from "./Generate.ts"

/**
 * Writes a file, with the folders that lead to it.
 *
 * @since 0.1.0
 */
export const write: (file: string, text: string) => Effect.Effect<void, Unwritable, FileSystem.FileSystem | Path.Path> =
  Effect.fnUntraced(
    function* (file: string, text: string) {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      yield* fs.makeDirectory(path.dirname(file), { recursive: true })
      yield* fs.writeFileString(file, text)
    },
    Effect.mapError(({ message }) => new Unwritable({ reason: message }))
  )

const textOf = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* fs.readFileString(file).pipe(Effect.orElseSucceed(() => undefined))
})

/**
 * Writes a file unless one stands there that does not begin with `header`.
 *
 * @since 0.1.0
 */
export const replace: (
  file: string,
  text: string,
  header: string
) => Effect.Effect<void, Occupied | Unwritable, FileSystem.FileSystem | Path.Path> = Effect.fnUntraced(function* (
  file: string,
  text: string,
  header: string
) {
  const present = yield* textOf(file)
  if (present?.startsWith(header) === false) return yield* new Occupied({ files: [file] })
  yield* write(file, text)
})

/**
 * Fails where a file is not there or holds something else. Writes nothing.
 *
 * @since 0.1.0
 */
export const check: (file: string, text: string) => Effect.Effect<void, Stale, FileSystem.FileSystem> =
  Effect.fnUntraced(function* (file: string, text: string) {
    const present = yield* textOf(file)
    if (present === text) return
    const [stale, missing] = present === undefined ? [[], [file]] : [[file], []]
    return yield* new Stale({ stale, missing, orphaned: [] })
  })
