/**
 * The simulator on a port, for programs in other processes and languages. Faults happen on the socket: a reset is a reset.
 *
 * Other processes steer it under `/_simulator/`: `GET calls`, `GET mints?appid=`, `GET followers?appid=`, and as JSON
 * `POST fail`, `POST answer`, `POST heal`, `POST revoke`, `POST signin`, `POST ticket`, `POST authorize`, `POST unauthorize`, `POST push`.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Http from "node:http"
import type { Outcome, Request } from "./Call.ts"
import { control, prefix } from "./internal/control.ts"
import * as Simulator from "./Simulator.ts"

/**
 * The server could not listen.
 *
 * @since 0.1.0
 */
export class ServerError extends Schema.TaggedError<ServerError>("@wechat/testing/ServerError")("ServerError", {
  /** What happened. */
  detail: Schema.String
}) {
  override get message(): string {
    return `the simulator cannot listen: ${this.detail}`
  }
}

/**
 * @since 0.1.0
 */
export interface Options extends Simulator.Options {
  /** A free one where left out, or 0. */
  readonly port?: number | undefined
  /** The address to listen on: 127.0.0.1, which only this machine reaches. */
  readonly host?: string | undefined
}

/**
 * Where a simulator listens.
 *
 * @since 0.1.0
 */
export interface Address {
  /** For `Settings.layerHost`, such as `http://127.0.0.1:8080`. */
  readonly url: string
  readonly port: number
}

/**
 * A simulator that listens.
 *
 * @since 0.1.0
 */
export class Server extends Context.Service<Server, Address>()("@wechat/testing/Server") {
  /** A simulator and its server, which stops when the scope ends. */
  static readonly layer = (options: Options = {}): Layer.Layer<Server | Simulator.Simulator, ServerError> =>
    Layer.provideMerge(Layer.effect(Server, listen(options)), Simulator.Simulator.layerOnly(options))
}

const read = (incoming: Http.IncomingMessage): Effect.Effect<Uint8Array> =>
  Effect.callback((resume) => {
    const chunks: Array<Buffer> = []
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk))
    incoming.on("end", () => resume(Effect.succeed(new Uint8Array(Buffer.concat(chunks)))))
    incoming.on("error", () => resume(Effect.interrupt))
  })

const requestOf = Effect.fnUntraced(function* (incoming: Http.IncomingMessage) {
  const url = new URL(incoming.url ?? "/", "http://simulator")
  const headers = Object.entries(incoming.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(", ") : value
  ])
  const request: Request = {
    method: incoming.method ?? "GET",
    host: incoming.headers.host ?? "",
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: Object.fromEntries(headers),
    body: yield* read(incoming)
  }
  return request
})

const write = (outcome: Outcome, response: Http.ServerResponse): void => {
  if (!("body" in outcome)) {
    response.socket?.resetAndDestroy()
    return
  }
  const { body, headers, status } = outcome
  response.writeHead(status, { ...headers, "content-length": body.length })
  if (outcome._tag === "Answer") response.end(body)
  else response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.socket?.destroy())
}

/** A mistake in what a test gave as an answer, or an endpoint that cannot be loaded: whoever calls must not wait for it. */
const failed = (defect: unknown): Effect.Effect<Outcome> =>
  Effect.as(Effect.logError("the simulator failed", defect), {
    _tag: "Answer",
    status: 500,
    headers: { "content-type": "text/plain" },
    body: new TextEncoder().encode(String(defect))
  })

const address = (server: Http.Server, host: string): Address => {
  const bound = server.address()
  const port = typeof bound === "object" && bound !== null ? bound.port : 0
  return { url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`, port }
}

const started = (server: Http.Server, port: number, host: string): Effect.Effect<Address, ServerError> =>
  Effect.callback((resume) => {
    server.once("error", (error) => resume(Effect.fail(new ServerError({ detail: error.message }))))
    server.listen(port, host, () => resume(Effect.sync(() => address(server, host))))
  })

const stopped = (server: Http.Server): Effect.Effect<void> =>
  Effect.callback((resume) => {
    server.close(() => resume(Effect.void))
    server.closeAllConnections()
  })

const listen = ({
  host = "127.0.0.1",
  port = 0
}: Options): Effect.Effect<Address, ServerError, Scope.Scope | Simulator.Simulator> =>
  Effect.gen(function* () {
    const simulator = yield* Simulator.Simulator
    const run = Effect.runForkWith(yield* Effect.context())
    const respond = Effect.fnUntraced(function* (incoming: Http.IncomingMessage, response: Http.ServerResponse) {
      const request = yield* requestOf(incoming)
      const outcome = request.path.startsWith(prefix) ? control(simulator, request) : simulator.handle(request)
      write(yield* Effect.catchDefect(outcome, failed), response)
    })
    const server = Http.createServer((incoming, response) => {
      const fiber = run(respond(incoming, response))
      // Whoever hangs up does not wait for the answer any more.
      response.on("close", () => run(Fiber.interrupt(fiber)))
    })
    yield* Effect.addFinalizer(() => stopped(server))
    return yield* started(server, port, host)
  })
