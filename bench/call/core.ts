/** Processes that stay on one core each, where the system can do that: what moves about adds a fifth of noise. */
import { spawnSync } from "node:child_process"
import { cpus } from "node:os"

const canStay = cpus().length > 1 && spawnSync("taskset", ["-c", "1", "true"]).status === 0

/** Whether server and client have a core of their own. */
export const apart = canStay ? "server and client on a core each" : "server and client where the system puts them"

/** The words that start Node on a core. */
export const nodeOn = (core: 0 | 1): readonly [string, ...Array<string>] =>
  canStay ? ["taskset", "-c", String(core), process.execPath] : [process.execPath]
