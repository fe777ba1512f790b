/** Where figures come from. */
import { cpus, totalmem } from "node:os"

export const machine = (): string =>
  `${cpus().length} × ${cpus()[0]?.model ?? "CPU"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}, ${process.platform}`
