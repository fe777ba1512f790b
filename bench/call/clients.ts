/** The same two calls, made by each client as its documentation says. Each answers a value that has been parsed. */
import { createRequire } from "node:module"

export interface Calls {
  readonly small: () => Promise<unknown>
  readonly post: () => Promise<unknown>
  readonly large: () => Promise<unknown>
}

const require = createRequire(import.meta.url)
const openid = "o6_bmjrPTlm6_2sgVt7hMZOPfL2M"
const token = "ACCESS_TOKEN"
const news = { type: "news", offset: 0, count: 20 } as const
const message = { touser: openid, msgtype: "text", text: { content: "你好" } } as const

const addresses = (url: string) => ({
  small: `${url}/cgi-bin/user/info?access_token=${token}&openid=${openid}&lang=zh_CN`,
  post: `${url}/cgi-bin/message/custom/send?access_token=${token}`,
  large: `${url}/cgi-bin/material/batchget_material?access_token=${token}`
})

const rawUndici = async (url: string): Promise<Calls> => {
  const { request } = await import("undici")
  const at = addresses(url)
  const headers = { "content-type": "application/json" }
  const post = async (to: string, value: unknown) =>
    JSON.parse(await (await request(to, { method: "POST", body: JSON.stringify(value), headers })).body.text())
  return {
    small: async () => JSON.parse(await (await request(at.small)).body.text()),
    post: () => post(at.post, message),
    large: () => post(at.large, news)
  }
}

const rawFetch = async (url: string): Promise<Calls> => {
  const at = addresses(url)
  const headers = { "content-type": "application/json" }
  const post = async (to: string, value: unknown) =>
    (await fetch(to, { method: "POST", body: JSON.stringify(value), headers })).json()
  return {
    small: async () => (await fetch(at.small)).json(),
    post: () => post(at.post, message),
    large: () => post(at.large, news)
  }
}

const axios = async (url: string): Promise<Calls> => {
  const { default: client } = await import("axios")
  const { Agent } = await import("node:http")
  const at = addresses(url)
  const options = { httpAgent: new Agent({ keepAlive: true }) }
  return {
    small: async () => (await client.get(at.small, options)).data,
    post: async () => (await client.post(at.post, message, options)).data,
    large: async () => (await client.post(at.large, news, options)).data
  }
}

const coWechatApi = async (url: string): Promise<Calls> => {
  const Api = require("co-wechat-api")
  const api = new Api("wx", "secret", async () => ({ accessToken: token, expireTime: Date.now() + 3_600_000 }))
  api.prefix = `${url}/cgi-bin/`
  return {
    small: () => api.getUser({ openid, lang: "zh_CN" }),
    post: () => api.sendText(openid, message.text.content),
    large: () => api.getMaterials(news.type, news.offset, news.count)
  }
}

const nodeEasywechat = async (url: string): Promise<Calls> => {
  const { OfficialAccount } = require("node-easywechat")
  const app = new OfficialAccount({ app_id: "wx", secret: "secret", http: { baseURL: `${url}/` } })
  app.setAccessToken({ getToken: async () => token, toQuery: async () => ({ access_token: token }) })
  const client = app.getClient()
  return {
    small: async () => (await client.get("/cgi-bin/user/info", { params: { openid, lang: "zh_CN" } })).toObject(),
    post: async () => (await client.postJson("/cgi-bin/message/custom/send", message)).toObject(),
    large: async () => (await client.postJson("/cgi-bin/material/batchget_material", news)).toObject()
  }
}

const transports = {
  own: async () => (await import("@wechat/undici/Undici")).layer,
  undici: async () => (await import("@effect/platform-node/NodeHttpClient")).layerUndici,
  fetch: async () => (await import("effect/http/FetchHttpClient")).layer
}

type Transport = keyof typeof transports

/** Effect's client alone: a request that is made once, no token, nothing checked. What is above it is ours. */
const effectClient =
  (transport: Transport) =>
  async (url: string): Promise<Calls> => {
    const Context = await import("effect/Context")
    const Effect = await import("effect/Effect")
    const HttpClient = await import("effect/http/HttpClient")
    const HttpClientRequest = await import("effect/http/HttpClientRequest")
    const ManagedRuntime = await import("effect/ManagedRuntime")
    const runtime = ManagedRuntime.make(await transports[transport]())
    // Set once: a context for each call would be looked through anew each time.
    const run = Effect.runPromiseWith(Context.add(await runtime.context(), HttpClient.TracerDisabledWhen, () => true))
    const query = { access_token: token, openid, lang: "zh_CN" }
    const post = (path: string, body: unknown) =>
      HttpClientRequest.post(`${url}${path}`, { urlParams: { access_token: token } }).pipe(
        HttpClientRequest.acceptJson,
        HttpClientRequest.bodyJsonUnsafe(body)
      )
    const small = HttpClientRequest.get(`${url}/cgi-bin/user/info`, { urlParams: query, acceptJson: true })
    const send = post("/cgi-bin/message/custom/send", message)
    const large = post("/cgi-bin/material/batchget_material", news)
    const call = (request: typeof small) =>
      HttpClient.execute(request).pipe(
        Effect.flatMap(({ text }) => text),
        Effect.map((text) => JSON.parse(text))
      )
    return { small: () => run(call(small)), post: () => run(call(send)), large: () => run(call(large)) }
  }

/** Generated endpoints over a token store in memory, as an application runs them. */
const ours =
  (transport: Transport, isTraced: boolean) =>
  async (url: string): Promise<Calls> => {
    const Effect = await import("effect/Effect")
    const Layer = await import("effect/Layer")
    const ManagedRuntime = await import("effect/ManagedRuntime")
    const Redacted = await import("effect/Redacted")
    const Tracer = await import("effect/Tracer")
    const App = await import("@wechat/core/App")
    const { Credentials } = await import("@wechat/core/Credentials")
    const Settings = await import("@wechat/core/Settings")
    const { WeChat } = await import("@wechat/core/WeChat")
    const { sendCustomMessage } = await import("@wechat/api/offiaccount/Customer")
    const { batchGetMaterial } = await import("@wechat/api/offiaccount/Material")
    const { userInfo } = await import("@wechat/api/offiaccount/User")
    const Memory = await import("@wechat/storage-memory/Memory")
    const tracer = isTraced
      ? Layer.succeed(Tracer.Tracer, Tracer.make({ span: (options) => new Tracer.NativeSpan(options) }))
      : Layer.empty
    const runtime = ManagedRuntime.make(
      WeChat.layer(App.common("wx")).pipe(
        Layer.provide(Memory.layer),
        Layer.provide(Credentials.layer({ wx: { secret: Redacted.make("secret") } })),
        Layer.provide(await transports[transport]()),
        Layer.provideMerge(Settings.layerHost(url)),
        Layer.provideMerge(tracer)
      )
    )
    const run = Effect.runPromiseWith(await runtime.context())
    return {
      small: () => run(userInfo({ openid })),
      post: () => run(sendCustomMessage(message)),
      large: () => run(batchGetMaterial(news))
    }
  }

export const clients: Readonly<Record<string, (url: string) => Promise<Calls>>> = {
  "undici (raw)": rawUndici,
  "fetch (raw)": rawFetch,
  axios,
  "co-wechat-api": coWechatApi,
  "node-easywechat": nodeEasywechat,
  "effect, @wechat/undici": effectClient("own"),
  "effect, stock undici": effectClient("undici"),
  "@wechat/api, @wechat/undici": ours("own", false),
  "@wechat/api, stock undici": ours("undici", false),
  "@wechat/api, stock fetch": ours("fetch", false),
  "@wechat/api, @wechat/undici, traced": ours("own", true),
  "@wechat/api, stock undici, traced": ours("undici", true)
}
