/** Some Redis: that of `REDIS_URL`, or `redis-server` from the PATH on a free port, in `folder`. */
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { connect, createServer } from "node:net"
import { setTimeout } from "node:timers/promises"

interface Running {
  readonly url: string
  readonly stop: () => Promise<void>
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const bound = server.address()
  server.close()
  await once(server, "close")
  return typeof bound === "object" && bound !== null ? bound.port : 0
}

const answers = async (port: number): Promise<void> => {
  for (let left = 100; ; left--) {
    const socket = connect(port, "127.0.0.1")
    try {
      await once(socket, "connect")
      return
    } catch (error) {
      if (left === 0) throw error
      await setTimeout(50)
    } finally {
      socket.destroy()
    }
  }
}

/** A write is on its disk within a second, as in most places. */
const own = async (cwd: string): Promise<Running> => {
  const port = await freePort()
  const flags = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes"]
  const child = spawn("redis-server", flags, { cwd, stdio: "ignore" })
  const ended = once(child, "exit")
  await answers(port)
  return {
    url: `redis://127.0.0.1:${port}`,
    stop: async () => {
      child.kill()
      await ended
    }
  }
}

export const redis = async (folder: string): Promise<Running | undefined> => {
  const url = process.env["REDIS_URL"]
  if (url !== undefined) return { url, stop: async () => undefined }
  return spawnSync("redis-server", ["--version"]).status === 0 ? own(folder) : undefined
}
