import { assert, describe, it } from "@effect/vitest"
import * as Xml from "@wechat/callback/Xml"
import * as Result from "effect/Result"
import { SaxesParser } from "saxes"

const read = (source: string) => Result.getOrThrow(Xml.parse(source))
const problem = (source: string) => {
  const result = Xml.parse(source)
  return Result.isFailure(result) ? result.failure.detail : undefined
}

describe("reading", () => {
  it("takes text, CDATA, entities, empty, nested and repeated elements", () => {
    const source = `<?xml version="1.0" encoding="utf-8"?>
      <xml>
        <ToUserName><![CDATA[gh_1]]></ToUserName>
        <CreateTime>1472631550</CreateTime>
        <Content>a &lt;b&gt; &amp;&#20320;&#x1F600;<![CDATA[ <i>]]></Content>
        <Padded>
          <![CDATA[inside]]>
        </Padded>
        <Empty/><Blank></Blank><!-- a remark -->
        <List><item><Id>1</Id></item><item><Id>2</Id></item><item/></List>
      </xml>`
    assert.deepStrictEqual(read(source), {
      ToUserName: "gh_1",
      CreateTime: "1472631550",
      Content: "a <b> &你😀 <i>",
      Padded: "inside",
      Empty: "",
      Blank: "",
      List: { item: [{ Id: "1" }, { Id: "2" }, ""] }
    })
  })

  it("takes control characters as they stand in users' texts", () => {
    assert.deepStrictEqual(read("<xml><Content><![CDATA[a\u0001\b\u001fb😀]]></Content></xml>"), {
      Content: "a\u0001\b\u001fb😀"
    })
  })

  it("is not led astray by names that JavaScript knows", () => {
    assert.deepStrictEqual(read("<xml><constructor>1</constructor><toString>2</toString></xml>"), {
      constructor: "1",
      toString: "2"
    })
    assert.isDefined(problem("<xml><__proto__><admin>1</admin></__proto__></xml>"))
  })

  const bomb = `<!DOCTYPE xml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><xml>&b;</xml>`
  for (const [name, source] of [
    ["nothing", ""],
    ["text", "hello"],
    ["a document type", "<!DOCTYPE xml><xml></xml>"],
    ["entities of its own", bomb],
    ["an external entity", `<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml>&a;</xml>`],
    ["an unknown entity", "<xml>&nbsp;</xml>"],
    ["a processing instruction", "<?php 1 ?><xml></xml>"],
    ["NUL", "<xml>\0</xml>"],
    ["NUL by its number", "<xml>&#0;</xml>"],
    ["a control character by its number", "<xml>&#1;</xml>"],
    ["a control character of XML 1.1", "<?xml version='1.1'?><xml>&#1;</xml>"],
    ["a lone surrogate", "<xml>\ud800</xml>"],
    ["a lone surrogate by its number", "<xml>&#xD800;</xml>"],
    ["a character that is none", "<xml>\uffff</xml>"],
    ["]]> in text", "<xml>]]></xml>"],
    ["two roots", "<xml/><xml/>"],
    ["another root", "<html/>"],
    ["an open element", "<xml><a></xml>"],
    ["deep nesting", `<xml>${"<a>".repeat(16)}${"</a>".repeat(16)}</xml>`],
    ["very deep nesting", "<a>".repeat(100_000)],
    ["too many elements", `<xml>${"<a/>".repeat(20_000)}</xml>`],
    ["a huge attribute", `<xml a="${"x".repeat(2000)}"/>`],
    ["the same attribute twice", `<xml a="" a=""/>`]
  ] as const) {
    it(`refuses ${name}`, () => assert.isDefined(problem(source)))
  }

  it("says nothing of the content", () => {
    for (const source of [
      "<xml><Password>x</Secret></xml>",
      "<xml>&Password;</xml>",
      "<xml Password='1' Password='2'/>"
    ]) {
      assert.strictEqual(problem(source), "it is not well formed")
    }
  })
})

describe("writing", () => {
  it("gives CDATA for text, repeated elements for lists, and leaves out what is not there", () => {
    const fields = { A: "x ]]> y", B: 1, C: { item: [{ D: "1" }, { D: "2" }] }, E: undefined, F: true, G: "" }
    assert.strictEqual(
      Xml.write(fields),
      "<xml><A><![CDATA[x ]]]]><![CDATA[> y]]></A><B>1</B><C><item><D><![CDATA[1]]></D></item><item><D><![CDATA[2]]></D></item></C><F>true</F><G><![CDATA[]]></G></xml>"
    )
  })

  it("drops characters that XML cannot hold", () => {
    assert.deepStrictEqual(read(Xml.write({ A: "a\0\u0001\uffff\ud800b😀\n" })), { A: "ab😀\n" })
  })
})

// ---------------------------------------------------------------------------------------------------------------------
// Against another parser
// ---------------------------------------------------------------------------------------------------------------------

/** Random numbers that are the same in every run. */
const generator = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const pieces = [
  "<xml>",
  "</xml>",
  "<a>",
  "</a>",
  "<b/>",
  "<b >",
  "</b >",
  "<![CDATA[",
  "]]>",
  "<!--",
  "-->",
  "&amp;",
  "&lt;",
  "&#65;",
  "&#x41;",
  "&#0;",
  "&#xD800;",
  "&#x10FFFF;",
  "&#x110000;",
  "&x;",
  "&",
  ";",
  "<",
  ">",
  "/",
  "=",
  '"',
  "'",
  "x",
  " ",
  "\n",
  "\r\n",
  "\r",
  "\t",
  "汉",
  "😀",
  "\ud83d",
  "\ude00",
  "\u0085",
  "\u2028",
  "\ufeff",
  "\ufffd",
  "\ufffe",
  "a='1'",
  ' b="<"',
  "<a b='&lt;'>",
  "<a:b>",
  "</a:b>",
  "<?p?>",
  "<?xml version='1.0'?>",
  "-",
  "--",
  "]",
  "]]"
]

const base = "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><a>1</a><L><item><b>x</b></item><item/></L>t</xml>"

interface Element {
  readonly name: string
  text: string
  children: Array<readonly [string, unknown]>
}

/** What the other parser reads: attributes left out, text beside elements dropped. */
const other = (source: string): readonly [string, unknown] => {
  const open: Array<Element> = []
  let root: readonly [string, unknown] = ["", ""]
  const parser = new SaxesParser({ defaultXMLVersion: "1.0", forceXMLVersion: true })
  const say = (text: string) => {
    const element = open.at(-1)
    if (element !== undefined) element.text += text
  }
  parser.on("opentag", ({ name }) => open.push({ name, text: "", children: [] }))
  parser.on("text", say)
  parser.on("cdata", say)
  parser.on("closetag", () => {
    const element = open.pop()
    if (element === undefined) return
    const made = [element.name, element.children.length === 0 ? element.text : element.children] as const
    const parent = open.at(-1)
    if (parent === undefined) root = made
    else parent.children.push(made)
  })
  parser.write(source).close()
  return root
}

const pairs = (value: unknown): unknown =>
  typeof value !== "object" || value === null
    ? value
    : Object.entries(value).flatMap(([name, one]) =>
        (Array.isArray(one) ? one : [one]).map((one) => [name, pairs(one)])
      )

const sorted = (value: unknown): unknown =>
  Array.isArray(value) && Array.isArray(value[0])
    ? value.map(([name, one]) => [name, sorted(one)]).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    : value

/** What we refuse on purpose, or read differently on purpose; and half of a pair before another, which escapes the other. */
const isOurs = (source: string): boolean =>
  /\p{Surrogate}/u.test(source) ||
  /<\?|<!D|__proto__|\]\]><|<!\[CDATA\[[^]*[ \t\r\n]|[ \t\r\n][^]*<!\[CDATA\[/.test(source)

describe("against another strict parser", () => {
  it("5,000 mutated documents: the same are refused, and the others say the same", () => {
    const random = generator(7)
    let taken = 0
    for (let round = 0; round < 5000; round++) {
      let source = base
      for (let times = random(6) === 0 ? 3 : 1; times > 0; times--) {
        const at = random(source.length + 1)
        const piece = pieces[random(pieces.length)] ?? ""
        source = source.slice(0, at) + piece + source.slice(at + (random(3) === 0 ? random(6) : 0))
      }
      const ours = Xml.parse(source)
      const theirs = Result.try(() => other(source))
      if (Result.isSuccess(ours)) {
        if (Result.isFailure(theirs)) assert.fail(`only we take ${JSON.stringify(source)}: ${String(theirs.failure)}`)
        const [name, value] = theirs.success
        assert.strictEqual(name, "xml")
        if (!isOurs(source) && typeof value !== "string") {
          assert.deepStrictEqual(sorted(pairs(ours.success)), sorted(value), JSON.stringify(source))
        }
        taken++
      } else if (Result.isSuccess(theirs) && theirs.success[0] === "xml" && !isOurs(source)) {
        assert.fail(`only we refuse ${JSON.stringify(source)}: ${ours.failure.detail}`)
      }
    }
    assert.isAbove(taken, 500)
  })
})
