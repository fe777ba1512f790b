/** One address for several servers: each connection goes to the next one, and on to another where that does not answer. */
import { Effect } from "effect"
import { once } from "node:events"
import { connect, createServer, type Socket } from "node:net"

/** The first of the ports that takes a connection. */
const reach = async (ports: ReadonlyArray<number>): Promise<Socket | undefined> => {
  for (const port of ports) {
    const socket = connect(port, "127.0.0.1")
    try {
      await once(socket, "connect")
      return socket
    } catch {
      socket.destroy()
    }
  }
  return undefined
}

const join = (client: Socket, server: Socket) => {
  client.on("close", () => server.destroy())
  server.on("close", () => client.destroy())
  server.on("error", () => client.destroy())
  client.pipe(server)
  server.pipe(client)
}

/** Tells its address, and which ports its connections went to. */
export const balancer = Effect.fnUntraced(function* (ports: ReadonlyArray<number>) {
  const served = new Set<number>()
  const open = new Set<Socket>()
  let turn = 0
  const serve = async (client: Socket) => {
    open.add(client)
    client.on("close", () => open.delete(client))
    client.on("error", () => client.destroy())
    const first = turn++ % ports.length
    const server = await reach([...ports.slice(first), ...ports.slice(0, first)])
    if (server === undefined) return client.destroy()
    served.add(server.remotePort ?? 0)
    return join(client, server)
  }
  const listener = createServer((client) => void serve(client))
  yield* Effect.acquireRelease(
    Effect.promise(async () => {
      listener.listen(0, "127.0.0.1")
      await once(listener, "listening")
    }),
    () =>
      Effect.promise(async () => {
        listener.close()
        for (const socket of open) socket.destroy()
        await once(listener, "close")
      })
  )
  const bound = listener.address()
  const port = typeof bound === "object" && bound !== null ? bound.port : 0
  return { url: `http://127.0.0.1:${port}`, served: Effect.sync(() => [...served]) }
})
