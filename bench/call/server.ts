/** Stands in for WeChat: one small answer and one large, from memory, as fast as node:http goes. */
import { createServer } from "node:http"

const small = JSON.stringify({
  subscribe: 1,
  openid: "o6_bmjrPTlm6_2sgVt7hMZOPfL2M",
  language: "zh_CN",
  subscribe_time: 1382694957,
  unionid: "o6_bmasdasdsad6_2sgVt7hMZOPfL",
  remark: "",
  groupid: 0,
  tagid_list: [128, 2]
})

const article = (number: number) => ({
  title: `Article ${number}`,
  author: "author",
  digest: "what it is about, in a sentence or two",
  content: `<p>${"content of the article ".repeat(210)}</p>`,
  content_source_url: "https://example.com/source",
  thumb_media_id: `thumb-${number}`,
  url: "https://mp.weixin.qq.com/s/abcdefghijklmnop",
  thumb_url: "https://mmbiz.qpic.cn/abcdefghijklmnop",
  show_cover_pic: 1,
  need_open_comment: 0,
  only_fans_can_comment: 0
})

const large = JSON.stringify({
  total_count: 20,
  item_count: 20,
  item: Array.from({ length: 20 }, (_, number) => ({
    media_id: `media-${number}`,
    content: { news_item: [article(number)], update_time: 1700000000, create_time: 1700000000 },
    update_time: 1700000000
  }))
})

const token = JSON.stringify({ access_token: "ACCESS_TOKEN", expires_in: 7200 })

const answers: ReadonlyArray<readonly [path: string, body: Buffer]> = [
  ["/cgi-bin/user/info", Buffer.from(small)],
  ["/cgi-bin/material/batchget_material", Buffer.from(large)],
  ["/cgi-bin/message/custom/send", Buffer.from(JSON.stringify({ errcode: 0, errmsg: "ok" }))],
  ["/cgi-bin/stable_token", Buffer.from(token)],
  ["/cgi-bin/token", Buffer.from(token)]
]

const server = createServer((request, response) => {
  const found = answers.find(([path]) => request.url?.startsWith(path) === true)
  request.resume()
  request.on("end", () => {
    const body = found?.[1] ?? Buffer.from(`{"errcode":40066,"errmsg":"invalid url"}`)
    response.writeHead(200, { "content-type": "application/json; charset=utf-8", "content-length": body.length })
    response.end(body)
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  process.send?.({
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    small: small.length,
    large: large.length
  })
})
