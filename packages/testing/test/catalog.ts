/** A few endpoints made by hand, in the form in which `@wechat/api` has them. */
import * as Endpoint from "@wechat/core/Endpoint"
import type * as File from "@wechat/core/File"
import * as Wire from "@wechat/core/Wire"

interface Article {
  readonly title: string
  readonly create_time: number
  readonly replies: ReadonlyArray<Article>
}

const Article: Wire.Codec<Article> = Wire.lazy(() =>
  Wire.struct<Article>({ title: Wire.text, create_time: Wire.int, replies: Wire.list(Article) })
)

export interface ReadInput {
  readonly openid: string
  readonly lang?: "en" | "zh_CN" | undefined
}

export interface ReadOutput {
  readonly openid: string
  readonly big_id: string
  readonly total: number
  readonly list: ReadonlyArray<Article>
  readonly next_cursor?: string | undefined
}

export const read: Endpoint.Endpoint<ReadInput, ReadOutput> = Endpoint.make({
  id: "test.Example.read",
  method: "GET",
  path: "/test/read",
  auth: "access_token",
  safe: true,
  body: "none",
  returns: "json",
  query: ["openid", "lang"],
  input: () => Wire.struct({ openid: Wire.text, lang: Wire.preset(Wire.oneOf("en", "zh_CN"), "en") }),
  output: () =>
    Wire.struct({
      openid: Wire.sure(Wire.text),
      big_id: Wire.id64,
      total: Wire.int,
      list: Wire.list(Article),
      next_cursor: Wire.maybe(Wire.text)
    })
})

export interface WriteInput {
  readonly name: string
  readonly level: number
}

export const write: Endpoint.Endpoint<WriteInput, void> = Endpoint.make({
  id: "test.Example.write",
  method: "POST",
  path: "/test/write",
  auth: "access_token",
  safe: false,
  body: "json",
  returns: "nothing",
  input: () => Wire.struct({ name: Wire.text, level: Wire.int }),
  output: () => Wire.nothing
})

const action = <const A extends string>(
  name: A
): Endpoint.Endpoint<{ readonly action?: A | undefined }, { readonly did: string }> =>
  Endpoint.make<{ readonly action?: A | undefined }, { readonly did: string }>({
    id: `test.Example.${name}`,
    method: "POST",
    path: "/test/action",
    auth: "access_token",
    safe: true,
    body: "json",
    returns: "json",
    input: () => Wire.struct({ action: Wire.preset(Wire.oneOf(name), name) }),
    output: () => Wire.struct({ did: Wire.text })
  })

/** Two endpoints on one path. */
export const open = action("open")
export const close = action("close")

export const download: Endpoint.Endpoint<{ readonly name: string }, File.File> = Endpoint.make({
  id: "test.Example.download",
  method: "POST",
  path: "/test/download",
  auth: "access_token",
  safe: true,
  body: "json",
  returns: "file",
  input: () => Wire.struct({ name: Wire.text }),
  output: () => Wire.download
})

export const upload: Endpoint.Endpoint<
  { readonly kind: string; readonly media: Wire.Upload },
  { readonly id: string }
> = Endpoint.make({
  id: "test.Example.upload",
  method: "POST",
  path: "/test/upload",
  auth: "access_token",
  safe: false,
  body: "form",
  returns: "json",
  query: ["kind"],
  form: ["media"],
  input: () => Wire.struct({ kind: Wire.text, media: Wire.file }),
  output: () => Wire.struct({ id: Wire.sure(Wire.text) })
})

interface Page {
  readonly names: ReadonlyArray<string>
}

/** Pages without a total: only an empty one is the last. */
export const pages: Endpoint.Paged<{ readonly begin?: number | undefined }, Page, string> = Endpoint.paged({
  id: "test.Example.pages",
  method: "POST",
  path: "/test/pages",
  auth: "access_token",
  safe: true,
  body: "json",
  returns: "json",
  input: () => Wire.struct({ begin: Wire.preset(Wire.int, 0) }),
  output: () => Wire.struct({ names: Wire.list(Wire.text) }),
  page: { items: (output) => output.names, offset: "begin" }
})

export const scores: Endpoint.Endpoint<Wire.Empty, { readonly score: number }> = Endpoint.make({
  id: "test.Example.scores",
  method: "POST",
  path: "/test/scores",
  auth: "access_token",
  safe: true,
  body: "json",
  returns: "json",
  failure: { code: "base_resp.ret", message: "base_resp.err_msg" },
  input: () => Wire.struct({}),
  output: () => Wire.struct({ score: Wire.int })
})

export const mine: Endpoint.Endpoint<Wire.Empty, void> = Endpoint.make({
  id: "test.Example.mine",
  method: "POST",
  path: "/test/mine",
  auth: "component",
  safe: true,
  body: "json",
  returns: "nothing",
  input: () => Wire.struct({}),
  output: () => Wire.nothing
})

export const endpoints: ReadonlyArray<Endpoint.Any> = [read, write, open, close, download, upload, pages, scores, mine]
