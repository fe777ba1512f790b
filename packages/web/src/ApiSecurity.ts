/**
 * WeChat's API security mode for mini programs: what a call says is encrypted and signed, and what it is answered is verified
 * and decrypted, so that neither can be read, changed or replayed on the way.
 *
 * Provide the layer to `WeChat.layer`; calls stay as they are written.
 *
 * @since 0.1.0
 */
import type * as App from "@wechat/core/App"
import { type Answer, Cover, type Covering } from "@wechat/core/Cover"
import * as Reason from "@wechat/core/Error"
import * as Json from "@wechat/core/Json"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import type * as Redacted from "effect/Redacted"
import { KeyRefused } from "./Failure.ts"
import * as Bytes from "./internal/bytes.ts"
import * as Suite from "./Suite.ts"

/**
 * The endpoints that carry the mode and answer JSON. The three that answer pictures of QR codes carry it too, but nobody has
 * published how such an answer looks, so they are left out.
 *
 * @since 0.1.0
 */
export const paths: ReadonlySet<string> = new Set([
  "/cgi-bin/clear_quota",
  "/cgi-bin/express/business/account/getall",
  "/cgi-bin/express/business/delivery/getall",
  "/cgi-bin/express/business/printer/getall",
  "/cgi-bin/message/custom/send",
  "/cgi-bin/openapi/quota/get",
  "/cgi-bin/openapi/rid/get",
  "/datacube/getweanalysisappiddailyretaininfo",
  "/datacube/getweanalysisappiddailysummarytrend",
  "/datacube/getweanalysisappiddailyvisittrend",
  "/datacube/getweanalysisappidmonthlyretaininfo",
  "/datacube/getweanalysisappidmonthlyvisittrend",
  "/datacube/getweanalysisappiduserportrait",
  "/datacube/getweanalysisappidvisitdistribution",
  "/datacube/getweanalysisappidvisitpage",
  "/datacube/getweanalysisappidweeklyretaininfo",
  "/datacube/getweanalysisappidweeklyvisittrend",
  "/wxa/business/checkencryptedmsg",
  "/wxa/business/getuserencryptkey",
  "/wxa/business/getuserphonenumber",
  "/wxa/business/performance/boot",
  "/wxa/devplugin",
  "/wxa/getpluginopenpid",
  "/wxa/getuserriskrank",
  "/wxa/getwxadevinfo",
  "/wxa/media_check_async",
  "/wxa/msg_sec_check",
  "/wxa/plugin",
  "/wxa/servicemarket",
  "/wxaapi/log/get_performance",
  "/wxaapi/log/jserr_detail",
  "/wxaapi/log/jserr_list"
])

/**
 * What the console (development, API security) shows of an account.
 *
 * @since 0.1.0
 */
export interface Account {
  /** The symmetric key, as base64, and its number. */
  readonly symmetric: { readonly sn: string; readonly key: Redacted.Redacted }
  /** One's own private key, as PEM, and the number of its public half. */
  readonly asymmetric: { readonly sn: string; readonly privateKey: Redacted.Redacted }
  /** WeChat's certificates, as PEM, with their numbers in the console: both, while one takes the place of the other. */
  readonly certificates: ReadonlyArray<{ readonly sn: string; readonly pem: string }>
  /** AES256_GCM unless said otherwise. */
  readonly cipher?: Suite.Cipher | undefined
  /** RSAwithSHA256 unless said otherwise. */
  readonly signing?: Suite.Signing | undefined
  /** The endpoints that are called so: {@link paths} unless said otherwise. */
  readonly paths?: ReadonlySet<string> | undefined
  /** Where WeChat sees the calls arrive, if a proxy stands between: `https://api.weixin.qq.com`. */
  readonly origin?: string | undefined
}

interface Tools {
  readonly appid: string
  readonly account: Account
  readonly cipher: Suite.Ciphering
  readonly sign: (message: Uint8Array) => Effect.Effect<Uint8Array>
  readonly verifiers: ReadonlyMap<string, (message: Uint8Array, signature: Uint8Array) => Effect.Effect<boolean>>
  /** Certificates that a warning was given about. */
  readonly warned: Set<string>
}

const tools = Effect.fnUntraced(function* (appid: string, account: Account) {
  const { asymmetric, certificates, cipher = Suite.aes256Gcm, signing = Suite.rsaPss, symmetric } = account
  if (certificates.length === 0) {
    return yield* new KeyRefused({ what: `the list of WeChat's certificates for ${appid}`, expected: "at least one" })
  }
  const made: Tools = {
    appid,
    account,
    cipher: yield* cipher.make(symmetric.key),
    sign: yield* signing.signer(asymmetric.privateKey, asymmetric.sn),
    verifiers: new Map(
      yield* Effect.forEach(certificates, ({ pem, sn }) =>
        Effect.map(signing.verifier(pem, sn), (verify) => [sn, verify] as const)
      )
    ),
    warned: new Set()
  }
  return made
})

const ivSize = 12
const tagSize = 16
/** Seconds that an answer may be old. */
const oldest = 300

const associated = ({ account, appid }: Tools, url: string, timestamp: number): Bytes.Bytes =>
  Bytes.utf8(`${url}|${appid}|${timestamp}|${account.symmetric.sn}`)

const message = ({ appid }: Tools, url: string, timestamp: number, body: string): Bytes.Bytes =>
  Bytes.utf8(`${url}\n${appid}\n${timestamp}\n${body}`)

// ---------------------------------------------------------------------------------------------------------------------
// Answers
// ---------------------------------------------------------------------------------------------------------------------

const malformed = (detail: string) => new Reason.Malformed({ detail: `API security mode: ${detail}` })

const objectIn = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value = Json.parse(text)
    return Predicate.isObject(value) && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}

/** WeChat refuses in clear what it cannot read. A success in clear is never taken. */
const isRefusal = (text: string): boolean => {
  const errcode = objectIn(text)?.["errcode"]
  return typeof errcode === "number" && errcode !== 0
}

/** The signature by a certificate that is held. In a rotation WeChat signs by two. */
const signatureOf = (
  { verifiers }: Tools,
  headers: Answer["headers"]
): { readonly sn: string; readonly signature: string; readonly isDeprecated: boolean } | undefined => {
  const sn = headers["wechatmp-serial"] ?? ""
  const signature = headers["wechatmp-signature"] ?? ""
  if (verifiers.has(sn)) return { sn, signature, isDeprecated: false }
  const old = headers["wechatmp-serial-deprecated"] ?? ""
  return verifiers.has(old)
    ? { sn: old, signature: headers["wechatmp-signature-deprecated"] ?? "", isDeprecated: true }
    : undefined
}

const verified = Effect.fnUntraced(function* (tools: Tools, url: string, timestamp: number, { body, headers }: Answer) {
  const found = signatureOf(tools, headers)
  const named = headers["wechatmp-serial"] ?? "none"
  if (found === undefined) {
    return yield* malformed(
      `the answer is signed by a certificate that is not configured (${named}): download it from the console`
    )
  }
  const signature = Bytes.fromBase64(found.signature)
  const verify = tools.verifiers.get(found.sn)
  if (
    signature === undefined ||
    verify === undefined ||
    !(yield* verify(message(tools, url, timestamp, body), signature))
  ) {
    return yield* malformed("the signature of the answer does not fit: do not trust it")
  }
  if (found.isDeprecated && !tools.warned.has(found.sn)) {
    tools.warned.add(found.sn)
    yield* Effect.logWarning(
      `WeChat's certificate ${found.sn} for ${tools.appid} is being replaced: download ${named} from the console`
    )
  }
})

const sealedIn = (body: string) => {
  const { authtag, data, iv } = objectIn(body) ?? {}
  if (typeof iv !== "string" || typeof data !== "string" || typeof authtag !== "string") return undefined
  const [vector, content, tag] = [iv, data, authtag].map(Bytes.fromBase64)
  return vector?.length === ivSize && tag?.length === tagSize && content !== undefined
    ? { iv: vector, data: content, tag }
    : undefined
}

const decrypted = Effect.fnUntraced(function* (tools: Tools, url: string, timestamp: number, body: string) {
  const sealed = sealedIn(body)
  if (sealed === undefined) return yield* malformed("the answer is not encrypted")
  const plain = yield* tools.cipher.open(sealed.iv, sealed, associated(tools, url, timestamp))
  const fields = plain === undefined ? undefined : objectIn(new TextDecoder().decode(plain))
  if (fields === undefined) {
    return yield* malformed("the answer does not decrypt: check the symmetric key and its number")
  }
  const { _appid, _n, _timestamp, ...rest } = fields
  if (_appid !== tools.appid || _timestamp !== timestamp) {
    return yield* malformed("the content of the answer is of another account or another time: do not trust it")
  }
  return Json.stringify(rest)
})

const open = (tools: Tools, url: string) =>
  Effect.fnUntraced(function* (answer: Answer) {
    const { body, headers } = answer
    if (headers["wechatmp-signature"] === undefined) {
      return isRefusal(body) ? body : yield* malformed("the answer is not signed: do not trust it")
    }
    const timestamp = Number(headers["wechatmp-timestamp"])
    if (headers["wechatmp-appid"] !== tools.appid || !Number.isSafeInteger(timestamp)) {
      return yield* malformed("the answer is of another account, or has no time")
    }
    yield* verified(tools, url, timestamp, answer)
    const age = Math.floor((yield* Clock.currentTimeMillis) / 1000) - timestamp
    if (Math.abs(age) >= oldest) {
      return yield* malformed(`the answer is ${age} seconds old: it was sent before, or the clock is wrong`)
    }
    return isRefusal(body) ? body : yield* decrypted(tools, url, timestamp, body)
  })

// ---------------------------------------------------------------------------------------------------------------------
// Calls
// ---------------------------------------------------------------------------------------------------------------------

const covering =
  (tools: Tools): Covering =>
  (address, fields) =>
    Effect.gen(function* () {
      const { account, appid } = tools
      const url = account.origin === undefined ? address : `${account.origin}${new URL(address).pathname}`
      const timestamp = Math.floor((yield* Clock.currentTimeMillis) / 1000)
      const plain = { _n: Base64.encode(Bytes.random(16)), _appid: appid, _timestamp: timestamp, ...fields }
      const iv = Bytes.random(ivSize)
      const aad = associated(tools, url, timestamp)
      const sealed = yield* tools.cipher.seal(iv, Bytes.utf8(Json.stringify(plain)), aad)
      const body = JSON.stringify({
        iv: Base64.encode(iv),
        data: Base64.encode(sealed.data),
        authtag: Base64.encode(sealed.tag)
      })
      const signature = yield* tools.sign(message(tools, url, timestamp, body))
      return {
        headers: {
          "Wechatmp-AppId": appid,
          "Wechatmp-TimeStamp": String(timestamp),
          "Wechatmp-Signature": Base64.encode(signature)
        },
        body,
        open: open(tools, url)
      }
    })

const impossible: Covering = () =>
  Effect.fail(
    new Reason.InvalidInput({
      detail: "API security mode takes JSON and answers JSON: take this path, which carries a file, out of its paths"
    })
  )

const make = Effect.fnUntraced(function* (accounts: Readonly<Record<string, Account>>) {
  const made = yield* Effect.forEach(Object.entries(accounts), ([appid, account]) =>
    Effect.map(tools(appid, account), (tools) => [appid, { tools, cover: covering(tools) }] as const)
  )
  const known = new Map(made)
  return {
    of: (app: App.App, call: Parameters<Cover["Service"]["of"]>[1]) => {
      const found = app._tag === "Component" ? undefined : known.get(app.appid)
      if (found === undefined || !(found.tools.account.paths ?? paths).has(call.path)) return undefined
      const isJson = (call.body === "none" || call.body === "json") && call.returns !== "file"
      return isJson ? found.cover : impossible
    }
  }
})

/**
 * Turns the mode on for accounts, by appid. Fails with `KeyRefused` where a key or certificate cannot be used.
 *
 * @since 0.1.0
 */
export const layer = (accounts: Readonly<Record<string, Account>>): Layer.Layer<Cover, KeyRefused> =>
  Layer.effect(Cover, make(accounts))

/**
 * Turns the mode on for one account: `WECHAT_APPID`, `WECHAT_API_KEY` and `WECHAT_API_KEY_SN`, `WECHAT_API_PRIVATE_KEY` and
 * `WECHAT_API_PRIVATE_KEY_SN`, `WECHAT_API_CERTIFICATE` and `WECHAT_API_CERTIFICATE_SN`.
 *
 * @since 0.1.0
 */
export const layerConfig = (
  options: Pick<Account, "cipher" | "signing" | "paths" | "origin"> = {}
): Layer.Layer<Cover, KeyRefused | Config.ConfigError> =>
  Layer.effect(
    Cover,
    Effect.flatMap(
      Config.all({
        appid: Config.String("WECHAT_APPID"),
        symmetric: Config.all({ sn: Config.String("WECHAT_API_KEY_SN"), key: Config.Redacted("WECHAT_API_KEY") }),
        asymmetric: Config.all({
          sn: Config.String("WECHAT_API_PRIVATE_KEY_SN"),
          privateKey: Config.Redacted("WECHAT_API_PRIVATE_KEY")
        }),
        certificate: Config.all({
          sn: Config.String("WECHAT_API_CERTIFICATE_SN"),
          pem: Config.String("WECHAT_API_CERTIFICATE")
        })
      }),
      ({ appid, asymmetric, certificate, symmetric }) =>
        make({ [appid]: { ...options, symmetric, asymmetric, certificates: [certificate] } })
    )
  )
