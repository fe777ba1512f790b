/** A web site whose visitors sign in with WeChat, and the server of a mini program. */
import { JsSdk, Session, Visitor } from "@wechat/web"
import { Effect, Layer, Schema } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"

const refused = (error: { readonly message: string }) =>
  Effect.succeed(HttpServerResponse.jsonUnsafe({ error: error.message }, { status: 400 }))

/** A page for visitors who have signed in. */
const me = HttpRouter.add(
  "GET",
  "/me",
  Visitor.Visitor.use(({ openid }) => Effect.succeed(HttpServerResponse.text(`hello, ${openid}`)))
)

/** What a page gives to `wx.config`. */
const config = (origin: string) =>
  HttpRouter.add(
    "GET",
    "/config",
    Effect.flatMap(HttpServerRequest.schemaSearchParams(Schema.Struct({ page: Schema.String })), ({ page }) =>
      // Only pages of this site: a signature lends the account's name to its page.
      URL.canParse(page, origin) && new URL(page, origin).origin === origin
        ? JsSdk.sign(new URL(page, origin).href, { jsApiList: ["scanQRCode"] })
        : Effect.fail(new Error("not a page of this site"))
    ).pipe(
      Effect.map((config) => HttpServerResponse.jsonUnsafe(config)),
      Effect.catch(refused)
    )
  )

const Login = Schema.Struct({ code: Schema.String })
const Encrypted = Schema.Struct({ openid: Schema.String, encryptedData: Schema.String, iv: Schema.String })

/** Where the mini program brings the code of `wx.login`. A real one would make a session of its own here. */
const login = HttpRouter.add(
  "POST",
  "/mini/login",
  HttpServerRequest.schemaBodyJson(Login).pipe(
    Effect.flatMap(({ code }) => Session.login(code)),
    Effect.map((user) => HttpServerResponse.jsonUnsafe(user)),
    Effect.catch(refused)
  )
)

/** Where the mini program brings what WeChat has encrypted for it. */
const decrypt = HttpRouter.add(
  "POST",
  "/mini/decrypt",
  HttpServerRequest.schemaBodyJson(Encrypted).pipe(
    Effect.flatMap(Session.decrypt),
    Effect.map((data) => HttpServerResponse.jsonUnsafe(data)),
    Effect.catch(refused)
  )
)

export const site = (origin: string) => {
  const visitors = Visitor.make({ origin })
  return Layer.mergeAll(Layer.provide(me, visitors.layer), visitors.callback, config(origin), login, decrypt)
}
