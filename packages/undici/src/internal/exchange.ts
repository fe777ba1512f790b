/** One request on its way, and the body that it brings: what undici reports, kept until somebody reads it. */
import type { IncomingHttpHeaders } from "node:http"
import { type Dispatcher, errors } from "undici"

/** Bytes that wait for a reader before the other side is told to pause: more than almost all of WeChat's answers have. */
export const highWater = 256 * 1024

const none = Buffer.alloc(0)
const settled = Promise.resolve()

/**
 * Whoever waits here goes on in a microtask, when undici has handed over all that came with one packet: a small body is
 * complete by then and costs no second wait.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  /** The HTTP status, once there is one. */
  status = 0
  headers: IncomingHttpHeaders = {}
  /** Whether nothing more will come. */
  isOver = false
  /** Why nothing more will come, unless the body is complete. */
  error: Error | undefined
  /** Bytes that the body has had so far. */
  received = 0

  #controller: Dispatcher.DispatchController | undefined
  #chunks: Array<Buffer> = []
  #waiting = 0
  #aborted: Error | undefined
  #isWhole = false
  readonly #limit: number
  #waiter: (() => void) | undefined

  /** `limit`: the most bytes of a body that is read as a whole. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Calls back when there is a status, when there are more chunks where nobody reads the whole, and when all is over. */
  onChange(waiter: () => void): void {
    const earlier = this.#waiter
    this.#waiter =
      earlier === undefined
        ? waiter
        : () => {
            earlier()
            waiter()
          }
    // Only now: what has been read already may arrive at once.
    this.#controller?.resume()
  }

  /** Keeps the body together from now on, however long it is, up to the limit. */
  readWhole(): void {
    this.#isWhole = true
    if (this.received > this.#limit || Number(this.headers["content-length"]) > this.#limit) this.#exceed()
  }

  /** The whole body, once it is over, or why there is none. */
  bytes(): Buffer | Error {
    if (this.received > this.#limit) this.#exceed()
    if (this.error !== undefined) return this.error
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks, this.received)]
    return this.#chunks[0] ?? none
  }

  /** The chunks that wait for a reader. */
  take(): Array<Buffer> {
    const chunks = this.#chunks
    this.#chunks = []
    this.#waiting = 0
    return chunks
  }

  /** Ends what is still under way, and closes its connection. */
  abort(reason: Error = new errors.RequestAbortedError()): void {
    if (this.isOver) return
    this.#aborted = reason
    this.#controller?.abort(reason)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#aborted !== undefined) controller.abort(this.#aborted)
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // 1xx only announces.
    if (status < 200) return
    this.status = status
    this.headers = headers
    this.#changed()
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.isOver) return
    this.#chunks.push(chunk)
    this.#waiting += chunk.length
    this.received += chunk.length
    if (this.#isWhole) {
      if (this.received > this.#limit) this.#exceed()
      return
    }
    if (this.#waiting >= highWater) controller.pause()
    this.#changed()
  }

  onResponseEnd(): void {
    this.isOver = true
    this.#changed()
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.isOver) return
    this.isOver = true
    this.error = error
    this.#changed()
  }

  #changed(): void {
    const waiter = this.#waiter
    if (waiter === undefined) return
    this.#waiter = undefined
    void settled.then(waiter)
  }

  #exceed(): void {
    const error = new errors.ResponseExceededMaxSizeError(`the body has more than ${this.#limit} bytes`)
    this.abort(error)
    this.#chunks = []
    this.isOver = true
    this.error = error
    this.#changed()
  }
}
