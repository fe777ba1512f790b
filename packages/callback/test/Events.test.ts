import type * as Event from "@wechat/callback/events/Event"
import { pushes, replies } from "@wechat/callback/events/Table"
import * as Push from "@wechat/callback/Push"
import type * as Reply from "@wechat/callback/Reply"
import * as App from "@wechat/core/App"
import * as WeChatPush from "@wechat/testing/Push"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { inspect } from "node:util"
import { kindOf, lost, parse } from "./kept.ts"

const user = "<ToUserName><![CDATA[gh_000000000000]]></ToUserName><FromUserName>oUser</FromUserName>"
const xml = (inner: string): string => `<xml>${user}<CreateTime>1700000000</CreateTime>${inner}</xml>`
const event = (name: string, inner: string): string => xml(`<MsgType>event</MsgType><Event>${name}</Event>${inner}`)
const json = (fields: object): string =>
  JSON.stringify({ ToUserName: "gh_000000000000", FromUserName: "oUser", CreateTime: 1700000000, ...fields })

const read = <A>(kind: Event.Event<A>, text: string): A => {
  const { fields, format } = parse(text)
  assert.strictEqual(kindOf(fields)?.name, kind.name)
  return kind.codec(format).read(fields)
}

const envelope = { ToUserName: "gh_000000000000", FromUserName: "oUser", CreateTime: 1700000000 }

describe("a message", () => {
  const text = { ...envelope, MsgType: "text", MsgId: "7300000000000000001", Content: "好 🙂" } as const
  it("is the same from XML and from JSON", () => {
    const fromXml = read(
      pushes.text,
      xml("<MsgType>text</MsgType><Content><![CDATA[好 🙂]]></Content><MsgId>7300000000000000001</MsgId>")
    )
    const fromJson = read(
      pushes.text,
      json({ MsgType: "text", Content: "好 🙂", MsgId: 0 }).replace(`"MsgId":0`, `"MsgId":7300000000000000001`)
    )
    assert.deepStrictEqual(fromXml, fromJson)
    assert.deepStrictEqual<unknown>(fromXml, text)
  })

  it("keeps identifiers that are no numbers", () => {
    const message = read(pushes.text, json({ MsgType: "text", Content: "", MsgId: "49d72d67_1555684067" }))
    assert.strictEqual(message.MsgId, "49d72d67_1555684067")
    assert.strictEqual(message.Content, "")
  })
})

describe("an event", () => {
  it("reads empty elements as nothing", () => {
    const subscribed = read(pushes.subscribe, event("subscribe", "<EventKey></EventKey>"))
    assert.deepStrictEqual(subscribed, { ...envelope, MsgType: "event", Event: "subscribe", EventKey: "" })
  })

  it("reads numbers and booleans that are text", () => {
    const inner = "<CardId>c</CardId><UserCardCode>1</UserCardCode><IsGiveByFriend>1</IsGiveByFriend>"
    const got = read(
      pushes.user_get_card,
      event("user_get_card", `${inner}<IsRestoreMemberCard>0</IsRestoreMemberCard>`)
    )
    assert.isTrue(got.IsGiveByFriend)
    assert.isFalse(got.IsRestoreMemberCard)
    const deliver = { order_id: "3705115058471208928", finish_delivery: 1 }
    const delivered = read(
      pushes.channels_ec_order_deliver,
      json({ MsgType: "event", Event: "channels_ec_order_deliver", order_info: deliver })
    )
    assert.deepStrictEqual(delivered.order_info, { order_id: "3705115058471208928", finish_delivery: true })
  })

  it("reads identifiers of 64 bits exactly", () => {
    const text = json({ MsgType: "event", Event: "channels_ec_order_new", order_info: { order_id: 0 } })
    const got = read(pushes.channels_ec_order_new, text.replace(`"order_id":0`, `"order_id":3705115058471208928`))
    assert.strictEqual(got.order_info.order_id, "3705115058471208928")
  })

  it("reads one or many, in an element of XML and at the top in JSON", () => {
    const one = { TemplateId: "a", SubscribeStatusString: "accept", PopupScene: 2 }
    const item =
      "<List><TemplateId>a</TemplateId><SubscribeStatusString>accept</SubscribeStatusString><PopupScene>2</PopupScene></List>"
    const name = "subscribe_msg_popup_event"
    const base = { MsgType: "event", Event: name }
    const all = [
      event(name, `<SubscribeMsgPopupEvent>${item}</SubscribeMsgPopupEvent>`),
      json({ ...base, List: [{ ...one, PopupScene: "2" }] }),
      json({ ...base, List: { ...one, PopupScene: "2" } })
    ].map((text) => read(pushes.subscribe_msg_popup_event, text).List)
    assert.deepStrictEqual(all, [[one], [one], [one]])
    const two = read(
      pushes.subscribe_msg_popup_event,
      event(name, `<SubscribeMsgPopupEvent>${item}${item}</SubscribeMsgPopupEvent>`)
    )
    assert.deepStrictEqual(two.List, [one, one])
    assert.deepStrictEqual(read(pushes.subscribe_msg_popup_event, event(name, "<SubscribeMsgPopupEvent/>")).List, [])
  })

  it("reads lists inside elements, also of one", () => {
    const detail = "<count>1</count><item><idx>1</idx><article_url>https://x</article_url></item>"
    const inner = `<publish_id>1</publish_id><publish_status>0</publish_status><article_detail>${detail}</article_detail>`
    const got = read(
      pushes.FREEPUBLISHJOBFINISH,
      event(
        "FREEPUBLISHJOBFINISH",
        `<PublishEventInfo>${inner}<fail_idx>2</fail_idx><fail_idx>3</fail_idx></PublishEventInfo>`
      )
    )
    assert.deepStrictEqual(got.PublishEventInfo.article_detail?.item, [{ idx: 1, article_url: "https://x" }])
    assert.deepStrictEqual(got.PublishEventInfo.fail_idx, [2, 3])
  })

  it("has one name for a field that WeChat calls differently in JSON", () => {
    const fromXml = event("TEMPLATESENDJOBFINISH", "<MsgID>200163836</MsgID><Status>success</Status>")
    const fromJson = json({ MsgType: "event", Event: "TEMPLATESENDJOBFINISH", MsgId: 200163836, Status: "success" })
    for (const text of [fromXml, fromJson])
      assert.strictEqual(read(pushes.TEMPLATESENDJOBFINISH, text).MsgID, "200163836")
  })

  it("is told by any of its values, and has one name", () => {
    const complaint = { MsgType: "event", Event: "complaint callback", complaint_order_id: "2157", status: "201" }
    const got = read(pushes.complaint_callback, json(complaint))
    assert.strictEqual(got.Event, "complaint_callback")
    assert.strictEqual(got.status, 201)
  })

  it("parses JSON that is text", () => {
    const ProductSpuAudit = { product_id: "1", status: 3, audit_info: `{"a":[1]}` }
    const got = read(pushes.product_spu_audit, json({ MsgType: "event", Event: "product_spu_audit", ProductSpuAudit }))
    assert.deepStrictEqual(got.ProductSpuAudit.audit_info, { a: [1] })
  })

  it("keeps fields that nobody has described yet, where the catalog says that there are some", () => {
    const got = read(pushes.debug_demo, json({ MsgType: "event", Event: "debug_demo", debug_str: "x", more: [1] }))
    assert.deepStrictEqual(got, { ...envelope, MsgType: "event", Event: "debug_demo", debug_str: "x", more: [1] })
  })
})

describe("a notice", () => {
  const notice = (inner: string): string =>
    `<xml><AppId>wxplatform</AppId><CreateTime>1700000000</CreateTime>${inner}</xml>`

  it("shows no ticket", () => {
    const got = read(
      pushes.component_verify_ticket,
      notice("<InfoType>component_verify_ticket</InfoType><ComponentVerifyTicket>ticket@@@abc</ComponentVerifyTicket>")
    )
    assert.strictEqual(Redacted.value(got.ComponentVerifyTicket), "ticket@@@abc")
    assert.notInclude(`${inspect(got, { depth: null })}${JSON.stringify(got)}`, "abc")
  })

  it("is refused without what it is worth, and says so without the rest", () => {
    const { fields } = parse(notice("<InfoType>authorized</InfoType><AuthorizerAppid>wxprivate</AuthorizerAppid>"))
    try {
      pushes.authorized.codec("xml").read(fields)
      assert.fail("read")
    } catch (error) {
      assert.include(String(error), "AuthorizationCode: expected a value, found nothing")
      assert.notInclude(String(error), "wxprivate")
    }
  })
})

describe("every kind of push", () => {
  const kinds: ReadonlyArray<readonly [string, Event.Event<never> | { readonly name: string }]> = Object.entries(pushes)

  it("is in the table under its name, and is told from all others whatever its capitals", () => {
    const values = Object.values(pushes).flatMap((kind) =>
      Object.entries(kind.match).flatMap(([field, value]) =>
        [value, ...(kind.aka ?? [])].map((each) => `${field} ${each}`.toLowerCase())
      )
    )
    assert.strictEqual(values.length, new Set(values).size)
    for (const [name, kind] of kinds) assert.strictEqual(name, kind.name)
    assert.isAbove(kinds.length, 200)
  })

  const bare = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value, (_, each) => (Redacted.isRedacted(each) ? Redacted.value(each) : each)))

  const roundTrip = <A>(kind: Event.Event<A>): void => {
    for (const format of ["xml", "json"] as const) {
      const codec = kind.codec(format)
      const made = codec.read(WeChatPush.sample(kind, format))
      assert.deepStrictEqual(bare(codec.read(codec.write(made))), bare(made), `${kind.name} as ${format}`)
      const other = kind.codec(format === "xml" ? "json" : "xml")
      assert.deepStrictEqual(bare(other.read(codec.write(made))), bare(made), `${kind.name} as the other format`)
    }
  }

  it("is read as it was written, in both formats", () => {
    const each = (kind: (typeof pushes)[keyof typeof pushes]): void =>
      roundTrip<never>(kind as unknown as Event.Event<never>)
    for (const kind of Object.values(pushes)) each(kind)
  })
})

describe("what does not fit", () => {
  const secret = "of the plaintext"
  const wrong: ReadonlyArray<unknown> = [
    null,
    "",
    secret,
    -1.5,
    2n ** 70n,
    true,
    [],
    [[]],
    [secret],
    {},
    { a: [{ b: secret }] }
  ]

  /** What is said about a push whose field has this value, if anything. */
  const said = (
    kind: { readonly codec: (format: Push.Format) => { readonly read: (value: unknown) => unknown } },
    fields: object
  ) => {
    try {
      kind.codec("json").read(fields)
      return ""
    } catch (error) {
      return error instanceof Error ? error.message : "no error"
    }
  }

  it("is refused at its place, and never shown", () => {
    let refused = 0
    for (const kind of Object.values(pushes)) {
      const good = WeChatPush.sample<never>(kind as unknown as Event.Event<never>, "json")
      assert.strictEqual(said(kind, good), "", kind.name)
      for (const name of Object.keys(good)) {
        for (const value of wrong) {
          const message = said(kind, { ...good, [name]: value })
          if (message === "") continue
          refused++
          assert.match(message, /^[\w[\].]+: expected .+, found .+$/, kind.name)
          const own = Object.entries(kind.names ?? {}).find(([, other]) => other === name)?.[0] ?? name
          assert.isTrue(message.startsWith(own), kind.name)
          assert.notInclude(message, secret)
        }
      }
    }
    assert.isAbove(refused, 1000)
  })
})

describe("handlers", () => {
  const { on } = Push.over(pushes)
  const push = (text: string): Push.Push => ({ app: App.common("wx00000000000000aa"), ...parse(text) })

  it.effect("know the fields of what they handle", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const note = (text: string) => Effect.sync(() => void seen.push(text))
      const handle = on({
        text: ({ Content, FromUserName }) => note(`${FromUserName} ${Content}`),
        CLICK: ({ EventKey }) => note(EventKey),
        weapp_audit_fail: ({ ScreenShot }) => note(ScreenShot.join()),
        unknown: ({ fields }) => note(JSON.stringify(fields))
      })
      yield* handle(push(xml("<MsgType>text</MsgType><Content>hi</Content><MsgId>1</MsgId>")))
      yield* handle(push(event("CLICK", "<EventKey>menu</EventKey>")))
      yield* handle(push(event("weapp_audit_fail", "<FailTime>1</FailTime><ScreenShot>a|b</ScreenShot>")))
      assert.deepStrictEqual(seen, ["oUser hi", "menu", "a,b"])
    })
  )

  it.effect("get the fields as they came of what nobody knows", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const handle = on({ unknown: ({ fields }) => Effect.sync(() => void seen.push(fields["Novelty"])) })
      yield* handle(push(event("of_next_year", "<Novelty><a>1</a></Novelty>")))
      assert.deepStrictEqual(seen, [{ a: "1" }])
    })
  )

  const fieldsOf = (answer: Reply.Answer) => (typeof answer === "object" && "fields" in answer ? answer.fields : {})

  it.effect("answer as the event wants it", () =>
    Effect.gen(function* () {
      const handle = on({
        cancel_waybill: ({ BizID, OrderID, WayBillID }) =>
          Effect.succeed({ BizID, OrderID, WayBillID, ResultCode: 0 as const, ResultMsg: "success" }),
        xpay_goods_deliver_notify: () => Effect.succeed({})
      })
      const order = { BizID: "b", OrderID: "o", WayBillID: "w" }
      const answer = yield* handle(push(json({ MsgType: "event", Event: "cancel_waybill", ...order })))
      assert.deepInclude(fieldsOf(answer), { ...order, ResultCode: 0, ResultMsg: "success", Event: "cancel_waybill" })
      const paid = yield* handle(push(json({ MsgType: "event", Event: "xpay_goods_deliver_notify", OpenId: "o" })))
      assert.deepStrictEqual(fieldsOf(paid), { ErrCode: 0, ErrMsg: "success" })
    })
  )

  it("do not compile with a name, field or answer that does not exist", () => {
    // @ts-expect-error -- no such push
    on({ subscribed: () => Effect.void })
    // @ts-expect-error -- no such field
    on({ subscribe: ({ Content }) => Effect.succeed(Content) })
    // @ts-expect-error -- no such result
    on({ cancel_waybill: () => Effect.succeed({ ResultCode: 7 }) })
  })
})

describe("an answer", () => {
  it("is text, elements and lists in XML, and stays as it is in JSON", () => {
    const news = { ArticleCount: 1, Articles: { item: [{ Title: "t", Description: "", PicUrl: "", Url: "u" }] } }
    assert.deepStrictEqual(replies.news.codec("json").write(news), news)
    assert.deepStrictEqual(replies.news.codec("xml").write(news), { ...news, ArticleCount: "1" })
    assert.deepStrictEqual(
      pushes.get_quota.reply("xml").write({ BizID: "b", ResultCode: 0, ResultMsg: "", Quota: 9 }),
      {
        BizID: "b",
        ResultCode: "0",
        ResultMsg: "",
        Quota: "9"
      }
    )
  })

  it("says whether it begins like a push", () => {
    assert.isTrue(pushes.get_quota.envelope)
    assert.isFalse(pushes.xpay_coin_pay_notify.envelope)
  })
})

// Payloads of our own, one for each way in which WeChat writes things; the check is the one for payloads from elsewhere.
describe("the fields of a push are kept", () => {
  const party =
    "<Sender><Name>A</Name><Tel>1</Tel><Province>p</Province><City>c</City><Area>a</Area><Address>d</Address></Sender>"
  const payloads: ReadonlyArray<readonly [what: string, text: string]> = [
    ["a text", xml("<MsgType>text</MsgType><Content>a &lt;b&gt; ]]&gt;</Content><MsgId>1</MsgId><Idx>2</Idx>")],
    [
      "a place",
      xml(
        "<MsgType>location</MsgType><Location_X>23.1</Location_X><Location_Y>-1.50</Location_Y><Scale>20</Scale><Label>x</Label><MsgId>1</MsgId>"
      )
    ],
    ["spaces around elements", event("subscribe", "\n  <EventKey>qrscene_1</EventKey>\n  <Ticket>t</Ticket>\n")],
    [
      "elements in elements",
      event(
        "scancode_push",
        "<EventKey>6</EventKey><ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult>1</ScanResult></ScanCodeInfo>"
      )
    ],
    [
      "repeated elements",
      event(
        "add_express_path",
        "<DeliveryID>SF</DeliveryID><Count>2</Count><Actions><ActionTime>1</ActionTime><ActionType>100001</ActionType><ActionMsg>a</ActionMsg></Actions><Actions><ActionTime>2</ActionTime><ActionType>999</ActionType><ActionMsg>b</ActionMsg></Actions>"
      )
    ],
    [
      "lists in repeated elements",
      event(
        "wxa_appeal_record",
        "<appeal_record_id>1</appeal_record_id><material><appeal_material><reason>r</reason><proof_material_id>x</proof_material_id><proof_material_id>y</proof_material_id></appeal_material></material>"
      )
    ],
    [
      "a wrapped complaint",
      event(
        "complaint_callback",
        "<BussiCallBackInfo><appid>wx</appid><status>201</status><history><time>1</time><media_id_list>m</media_id_list><media_id_list>n</media_id_list></history><history><time>2</time></history></BussiCallBackInfo>"
      )
    ],
    [
      "an order for couriers",
      event(
        "add_waybill",
        `<Token>t</Token><OrderID>o</OrderID><BizID>b</BizID><BizPwd>p</BizPwd>${party}<Cargo><Weight>1.2</Weight><Count>2</Count><DetailList><Name>n</Name><Count>1</Count></DetailList></Cargo><Insured><UseInsured>1</UseInsured><InsuredValue>10000</InsuredValue></Insured>`
      )
    ],
    [
      "the same in JSON",
      json({
        MsgType: "event",
        Event: "add_waybill",
        Token: "t",
        OrderID: "o",
        BizID: "b",
        BizPwd: "p",
        Cargo: { Weight: 1.2, Count: 2, DetailList: [{ Name: "n", Count: 1 }] },
        Insured: { UseInsured: 1, InsuredValue: 10000 }
      })
    ],
    [
      "a payment",
      json({
        MsgType: "event",
        Event: "xpay_coin_pay_notify",
        OpenId: "o",
        OutTradeNo: "n",
        Env: 1,
        WeChatPayInfo: { MchOrderNo: "m", TransactionId: "t", PaidTime: "1700000000" },
        CoinInfo: { Quantity: "10", OrigPrice: 100, ActualPrice: 90, Attach: "" }
      })
    ],
    [
      "a time as text",
      json({
        MsgType: "event",
        Event: "subscribe_msg_sent_event",
        CreateTime: "1620963428",
        List: [{ TemplateId: "t", MsgID: "1864323726461255680", ErrorCode: "0", ErrorStatus: "success" }]
      })
    ],
    [
      "a verdict",
      json({
        MsgType: "event",
        Event: "wxa_media_check",
        appid: "wx",
        trace_id: "t",
        status_code: 0,
        result: { suggest: "risky", label: 20002 },
        detail: [{ strategy: "content_model", errcode: 0, suggest: "risky", label: 20002, prob: 90 }]
      })
    ]
  ]
  for (const [what, text] of payloads) {
    it(`as in ${what}`, () => {
      assert.deepStrictEqual(lost(text), [])
    })
  }

  it("or the check says which are not", () => {
    assert.deepStrictEqual(lost(event("CLICK", "<EventKey>a</EventKey><Surprise><b>1</b></Surprise>")), ["Surprise.b"])
    assert.deepStrictEqual(lost(event("of_next_year", "<a>1</a>")), ["unknown"])
  })
})
