/** A browser: it keeps cookies, and shows where it is sent instead of going there. */
import { Undici } from "@wechat/undici"
import { Effect } from "effect"
import { Cookies, HttpClient, HttpClientRequest } from "effect/http"

export class Browser {
  readonly #origin: string
  readonly #jar = new Map<string, string>()
  /** The cookies as they were set. */
  readonly lines: Array<string> = []

  constructor(origin: string) {
    this.#origin = origin
  }

  get(path: string) {
    return this.#go(HttpClientRequest.get(`${this.#origin}${path}`))
  }

  post(path: string, body: object) {
    return this.#go(HttpClientRequest.bodyJsonUnsafe(HttpClientRequest.post(`${this.#origin}${path}`), body))
  }

  #go(request: HttpClientRequest.HttpClientRequest) {
    const cookie = Array.from(this.#jar, ([name, value]) => `${name}=${value}`).join("; ")
    return Effect.gen({ self: this }, function* () {
      const client = yield* HttpClient.HttpClient
      const response = yield* client.execute(HttpClientRequest.setHeader(request, "cookie", cookie))
      for (const line of Cookies.toSetCookieHeaders(response.cookies)) this.#keep(line)
      return {
        status: response.status,
        location: response.headers["location"] ?? "",
        body: yield* response.text
      }
    }).pipe(Effect.provide(Undici.layer), Effect.orDie)
  }

  #keep(line: string) {
    this.lines.push(line)
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    if (value === "" || /max-age=0/i.test(line)) this.#jar.delete(name)
    else this.#jar.set(name, value)
  }
}
