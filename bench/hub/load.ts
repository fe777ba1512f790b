/** Requests over plain sockets, so that the server is the slower side: `load.ts URL CONNECTIONS REQUESTS APPS`. */
import { connect, type Socket } from "node:net"

const [url = "", width = "", count = "", apps = "1"] = process.argv.slice(2)
const { hostname, port } = new URL(url)
const times: Array<number> = []
let left = 0
let asked = 0

const request = (): string =>
  `GET /client/access_token?appid=wx${String(asked++ % Number(apps)).padStart(16, "0")} HTTP/1.1\r\n` +
  `host: ${hostname}:${port}\r\nuser-agent: bench\r\nauthorization: Bearer bench-secret-0123456789\r\n\r\n`

const lengthOf = (head: string): number => Number(/content-length: (\d+)/i.exec(head)?.[1])

/** One connection, one request after the other. */
const lane = (socket: Socket): Promise<void> =>
  new Promise((resolve, reject) => {
    let text = ""
    let began = 0
    const next = () => {
      if (left-- <= 0) {
        socket.removeAllListeners("data")
        resolve()
        return
      }
      began = performance.now()
      socket.write(request())
    }
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1")
      const end = text.indexOf("\r\n\r\n")
      if (end < 0 || text.length < end + 4 + lengthOf(text)) return
      if (!text.startsWith("HTTP/1.1 200")) return reject(new Error(text))
      text = ""
      times.push(performance.now() - began)
      next()
    })
    next()
  })

const sockets = await Promise.all(
  Array.from(
    { length: Number(width) },
    () =>
      new Promise<Socket>((resolve) => {
        const socket = connect(Number(port), hostname, () => resolve(socket))
        socket.setNoDelay(true)
      })
  )
)

const round = async (total: number): Promise<number> => {
  times.length = 0
  left = total
  const began = performance.now()
  await Promise.all(sockets.map(lane))
  return (performance.now() - began) / 1000
}

await round(Math.ceil(Number(count) / 3))
const seconds = await round(Number(count))
times.sort((a, b) => a - b)
process.stdout.write(
  JSON.stringify({ rate: times.length / seconds, p99: times[Math.floor(times.length * 0.99)] ?? Number.NaN })
)
process.exit(0)
