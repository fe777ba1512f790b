/** Push servers that are compared: each takes the address and the body of a push and gives the body of its answer. */
import * as Push from "@wechat/callback/Push"
import * as Receiver from "@wechat/callback/Receiver"
import * as Reply from "@wechat/callback/Reply"
import * as Server from "@wechat/callback/Server"
import { Effect, Exit, Redacted, Scope } from "effect"
import { HttpClientRequest, HttpServerRequest } from "effect/http"
import { createRequire } from "node:module"
import { parse } from "node:querystring"

export const settings = {
  appid: "wx00000000000000aa",
  token: "bench-token",
  aesKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
}

/** What a push is when it has arrived. */
export interface Sent {
  readonly url: string
  readonly body: string
}

/** As express and koa do it. */
const queryOf = (url: string) => parse(url.slice(url.indexOf("?") + 1))

type Serve = (push: Sent) => Promise<string>

/** None of these has types of its own that fit how it is used here. */
const load: (name: string) => unknown = createRequire(import.meta.url)

const utf8 = new TextDecoder()

const ours = async (options: Partial<Server.Options> = {}): Promise<Serve> => {
  const { aesKey, appid, token } = settings
  const handler = Push.on({ text: ({ Content }) => Effect.succeed(Reply.text(`you said ${Content}`)) })
  const receivers = Receiver.account({ appid, token: Redacted.make(token), aesKey: Redacted.make(aesKey) })
  const scope = Scope.makeUnsafe()
  const respond = await Effect.runPromise(Scope.provide(Server.make({ receivers, handler, ...options }), scope))
  process.once("exit", () => Effect.runFork(Scope.close(scope, Exit.void)))
  return async ({ body, url }) => {
    const request = HttpClientRequest.post(url).pipe(HttpClientRequest.bodyText(body, "text/xml"))
    const response = await Effect.runPromise(respond(HttpServerRequest.fromClientRequest(request)))
    const answer = response.body
    return answer._tag === "Uint8Array" ? utf8.decode(answer.body) : ""
  }
}

interface Wechat {
  (
    config: object,
    handle: (req: { weixin: { Content: string } }, res: { reply: (text: string) => void }) => void
  ): {
    (req: object, res: object, next: (error: unknown) => void): void
  }
}

const wechat = async (): Promise<Serve> => {
  const middleware = (load("wechat") as Wechat)(
    { token: settings.token, appid: settings.appid, encodingAESKey: settings.aesKey },
    (req, res) => res.reply(`you said ${req.weixin.Content}`)
  )
  return ({ body, url }) =>
    new Promise((resolve, reject) => {
      const response = { writeHead: () => {}, setHeader: () => {}, end: resolve }
      middleware({ method: "POST", query: queryOf(url), rawBody: body }, response, reject)
    })
}

interface CoWechat {
  (config: object): {
    middleware: (handle: (message: { Content: string }) => Promise<string>) => (ctx: { body?: string }) => Promise<void>
  }
}

const coWechat = async (): Promise<Serve> => {
  const middleware = (load("co-wechat") as CoWechat)({
    token: settings.token,
    appid: settings.appid,
    encodingAESKey: settings.aesKey
  }).middleware(async ({ Content }) => `you said ${Content}`)
  return async ({ body, url }) => {
    const ctx: { body?: string; method: string; query: object; request: object } = {
      method: "POST",
      query: queryOf(url),
      request: { body }
    }
    await middleware(ctx)
    return ctx.body ?? ""
  }
}

interface EasyWechat {
  readonly OfficialAccount: new (config: object) => {
    setRequest: (request: object) => void
    getServer: () => {
      addMessageListener: (type: string, handle: (message: { Content: string }) => string) => void
      serve: () => Promise<{ getBody: () => { toString: () => string } }>
    }
  }
  readonly ServerRequest: new (method: string, url: string, headers: object, body: string) => object
}

// Its server keeps what it adds for each push, so every push takes a new one, as its guide does it.
const easywechat = async (): Promise<Serve> => {
  const { OfficialAccount, ServerRequest } = load("node-easywechat") as EasyWechat
  return async ({ body, url }) => {
    const app = new OfficialAccount({
      app_id: settings.appid,
      secret: "s",
      token: settings.token,
      aes_key: settings.aesKey
    })
    app.setRequest(new ServerRequest("POST", url, { "content-type": "text/xml" }, body))
    const server = app.getServer()
    server.addMessageListener("text", ({ Content }) => `you said ${Content}`)
    return (await server.serve()).getBody().toString()
  }
}

export const servers: Readonly<Record<string, () => Promise<Serve>>> = {
  "@wechat/callback": () => ours(),
  "@wechat/callback, no memory of duplicates": () => ours({ duplicates: false }),
  wechat: wechat,
  "co-wechat": coWechat,
  "node-easywechat": easywechat
}
