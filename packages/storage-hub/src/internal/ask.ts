/** What is asked of a hub, byte for byte as Elixir clients ask it. */
import type * as App from "@wechat/core/App"
import { paths } from "@wechat/core/Hub"
import type * as Token from "@wechat/core/Token"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Redacted from "effect/Redacted"

type Names = Readonly<Record<"appid", string> & Partial<Record<"authorizer_appid", string>>>

/** An authorizer is named after its platform. */
const names = (app: App.App): Names =>
  app._tag === "Authorizer" ? { appid: app.component, authorizer_appid: app.appid } : { appid: app.appid }

const get = (path: string, query: Readonly<Record<string, string>>) => HttpClientRequest.get(path, { urlParams: query })

/** A hub has no way to renew a ticket, so it is read again. */
export const read = (key: Token.Key): HttpClientRequest.HttpClientRequest =>
  key._tag === "Ticket"
    ? get(paths.ticket, { ...names(key.app), type: key.type })
    : get(key.app._tag === "Component" ? paths.componentToken : paths.token, names(key.app))

export const refresh = (app: App.App, stale: Token.Token): HttpClientRequest.HttpClientRequest =>
  HttpClientRequest.post(app._tag === "Component" ? paths.refreshComponent : paths.refresh).pipe(
    HttpClientRequest.bodyJsonUnsafe({ access_token: Redacted.value(stale.value), ...names(app) })
  )
