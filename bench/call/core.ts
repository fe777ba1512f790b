/** Processes that stay on one core each, where the system can do that: what moves about adds a fifth of noise. */
import { spawnSync } from "node:child_process"
import { cpus } from "node:os"

const canStay = cpus().length > 1 && spawnSync("taskset", ["-c", "1", "true"]).status === 0

/** Where server and client run. */
export type Place = "anywhere" | "a core each"

/** What can be said of a place here. */
export const placed = (place: Place): string =>
  place === "a core each" && canStay
    ? "server and client on a core each"
    : "server and client where the system puts them"

/** The words that start Node at a place. */
export const nodeAt = (place: Place, core: 0 | 1): readonly [string, ...Array<string>] =>
  place === "a core each" && canStay ? ["taskset", "-c", String(core), process.execPath] : [process.execPath]
