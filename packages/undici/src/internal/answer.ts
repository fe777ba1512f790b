/** The answer of an exchange, with a body that is read when somebody asks for it. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Cookies from "effect/http/Cookies"
import * as Headers from "effect/http/Headers"
import * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as UrlParams from "effect/http/UrlParams"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import { pipeArguments } from "effect/Pipeable"
import type * as Schema from "effect/Schema"
import type * as Socket from "effect/socket/Socket"
import * as Stream from "effect/Stream"
import type { Address } from "./address.ts"
import { type Exchange, highWater } from "./exchange.ts"

type Read<A> = Effect.Effect<A, HttpClientError.HttpClientError>

const utf8 = new TextDecoder()
const decode = (bytes: Uint8Array): string => utf8.decode(bytes)
// A form may begin with U+FEFF, and with "?".
const formUtf8 = new TextDecoder("utf-8", { ignoreBOM: true })

/** Ends exchanges whose answers nobody holds any more: their connections would stand still for ever. */
const forgotten = new FinalizationRegistry<Exchange>((exchange) => exchange.abort())

const waiting = (exchange: Exchange): Effect.Effect<void> =>
  Effect.callback((resume) => {
    exchange.onChange(() => resume(Effect.void))
  })

/** Whether an answer that nobody reads would stop in the middle. */
const mayPause = (exchange: Exchange): boolean =>
  !exchange.isOver && !(Number(exchange.headers["content-length"]) < highWater)

export class Answer extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpIncomingMessage.TypeId]: typeof HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly [HttpClientResponse.TypeId]: typeof HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly request: HttpClientRequest.HttpClientRequest
  readonly #address: Address
  readonly #exchange: Exchange
  #reader: "whole" | "stream" | undefined
  #form: Read<FormData> | undefined

  constructor(request: HttpClientRequest.HttpClientRequest, exchange: Exchange, address: Address) {
    super()
    this.request = request
    this.#address = address
    this.#exchange = exchange
    if (mayPause(exchange)) forgotten.register(this, exchange, this)
  }

  get url(): string {
    return this.#address.href + this.#address.search
  }

  get status(): number {
    return this.#exchange.status
  }

  get headers(): Headers.Headers {
    return Headers.fromInput(this.#exchange.headers)
  }

  get cookies(): Cookies.Cookies {
    return Cookies.fromSetCookie(this.#exchange.headers["set-cookie"] ?? [])
  }

  get remoteAddress(): Option.Option<string> {
    return Option.none()
  }

  get text(): Read<string> {
    return Effect.mapEager(this.#bytes, decode)
  }

  get arrayBuffer(): Read<ArrayBuffer> {
    // A copy: the chunk that undici hands over is a part of a longer buffer.
    return Effect.map(this.#bytes, (bytes) => new Uint8Array(bytes).buffer)
  }

  get json(): Read<Schema.Json> {
    return Effect.flatMap(this.text, (text) =>
      Effect.try({ try: () => (text === "" ? null : JSON.parse(text)), catch: (cause) => this.#unreadable(cause) })
    )
  }

  get urlParamsBody(): Read<UrlParams.UrlParams> {
    return Effect.map(this.#bytes, (bytes) =>
      UrlParams.fromInput(new URLSearchParams(formUtf8.decode(bytes).replace(/^\?/, "%3F")))
    )
  }

  get formData(): Read<FormData> {
    this.#form ??= Effect.flatMap(this.arrayBuffer, (body) =>
      Effect.tryPromise({
        try: () => new Response(body, { headers: this.headers }).formData(),
        catch: (cause) => this.#unreadable(cause)
      })
    )
    return this.#form
  }

  /** The body as it arrives. The other side pauses while nobody pulls. */
  get stream(): Stream.Stream<Uint8Array, HttpClientError.HttpClientError> {
    return Stream.suspend(() => {
      const exchange = this.#exchange
      if (this.#reader !== undefined) {
        return Stream.fail(this.#unreadable(new Error(`the body has been read as a ${this.#reader}`)))
      }
      this.#readFor("stream")
      return Stream.ensuring(
        Stream.fromPull(Effect.succeed(Effect.suspend(() => this.#next()))),
        Effect.sync(() => exchange.abort())
      )
    })
  }

  get upgrade(): Effect.Effect<Socket.Socket, HttpClientError.HttpClientError> {
    const description = "expected 101 Switching Protocols"
    return Effect.fail(
      new HttpClientError.HttpClientError({
        reason: new HttpClientError.StatusCodeError({ request: this.request, response: this, description })
      })
    )
  }

  toJSON(): unknown {
    return HttpIncomingMessage.inspect(this, {
      _id: "effect/http/HttpClientResponse",
      request: this.request.toJSON(),
      status: this.status
    })
  }

  pipe() {
    return pipeArguments(this, arguments)
  }

  /** The whole body: at once where it has come with the headers. Reading it takes nothing away. */
  get #bytes(): Read<Buffer> {
    return this.#exchange.isOver && this.#reader === undefined ? this.#settled() : Effect.suspend(() => this.#whole())
  }

  #whole(): Read<Buffer> {
    const exchange = this.#exchange
    if (this.#reader === "stream") return Effect.fail(this.#unreadable(new Error("the body has been read as a stream")))
    this.#readFor("whole")
    exchange.readWhole()
    if (exchange.isOver) return this.#settled()
    return Effect.callback((resume) => {
      exchange.onChange(() => resume(this.#settled()))
      return Effect.sync(() => exchange.abort())
    })
  }

  #settled(): Read<Buffer> {
    const bytes = this.#exchange.bytes()
    return bytes instanceof Error ? Effect.fail(this.#unreadable(bytes)) : Effect.succeed(bytes)
  }

  #next(): Effect.Effect<readonly [Uint8Array, ...Array<Uint8Array>], HttpClientError.HttpClientError | Cause.Done> {
    const exchange = this.#exchange
    const [first, ...rest] = exchange.take()
    if (first !== undefined) return Effect.succeed([first, ...rest])
    if (!exchange.isOver) return Effect.flatMap(waiting(exchange), () => this.#next())
    return exchange.error === undefined ? Cause.done() : Effect.fail(this.#unreadable(exchange.error))
  }

  #readFor(reader: "whole" | "stream"): void {
    this.#reader = reader
    forgotten.unregister(this)
  }

  #unreadable(cause: unknown): HttpClientError.HttpClientError {
    return new HttpClientError.HttpClientError({
      reason: new HttpClientError.DecodeError({ request: this.request, response: this, cause })
    })
  }
}
