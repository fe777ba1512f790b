/** Starts the server in a process of its own. */
import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import { nodeAt, type Place } from "./core.ts"

export interface Server {
  readonly url: string
  /** Lengths of its answers. */
  readonly small: number
  readonly large: number
  readonly stop: () => void
}

export const serve = (place: Place): Promise<Server> =>
  new Promise((resolve) => {
    const [execPath, ...execArgv] = nodeAt(place, 0)
    const child = fork(fileURLToPath(new URL("server.ts", import.meta.url)), { execPath, execArgv })
    child.once("message", (about: Omit<Server, "stop">) => resolve({ ...about, stop: () => child.kill() }))
  })
