/** From a request to a push: whom it is for, whether it is WeChat's, and what it says. */
import * as App from "@wechat/core/App"
import * as Effect from "effect/Effect"
import type * as Crypt from "../Crypt.ts"
import type { Format, Push } from "../Push.ts"
import type { Receiver } from "../Receiver.ts"
import { Refused } from "./refused.ts"
import * as Tree from "./tree.ts"

/** A receiver whose keys have been read. */
export interface Ready extends Receiver {
  readonly crypt: Crypt.Crypt
}

/** The parameters of the address. */
export interface Query {
  readonly timestamp: string
  readonly nonce: string
  readonly signature: string
  readonly msg_signature: string
  readonly echostr: string
}

/** How the answer has to be protected. */
export interface Seal {
  readonly receiver: Ready
  readonly box: Crypt.Box
  readonly format: Format
}

export interface Opened {
  readonly push: Push
  /** Absent: the answer travels as it is. */
  readonly seal: Seal | undefined
  readonly receiver: Ready
}

/** Who could be meant by an address, with or without an appid in it. */
export const candidates = (all: ReadonlyArray<Ready>, appid: string | undefined): ReadonlyArray<Ready> => {
  if (appid === undefined) return all
  const own = all.filter((one) => one.appid === appid)
  return own.length > 0 ? own : all.filter(({ kind }) => kind === "platform")
}

const appOf = (receiver: Ready, appid: string | undefined): App.App => {
  if (receiver.kind === "account") return App.common(receiver.appid)
  return appid === undefined || appid === receiver.appid
    ? App.component(receiver.appid)
    : App.authorizer(receiver.appid, appid)
}

const unsigned = Effect.fail(new Refused(401, "the signature is wrong"))

/** The first candidate whose token made the signature. */
export const signer = (
  receivers: ReadonlyArray<Ready>,
  signature: string,
  parts: ReadonlyArray<string>,
  at = 0
): Effect.Effect<Ready, Refused> => {
  const receiver = receivers[at]
  return receiver === undefined
    ? unsigned
    : Effect.flatMap(receiver.crypt.signs(signature, parts), (isSigned) =>
        isSigned ? Effect.succeed(receiver) : signer(receivers, signature, parts, at + 1)
      )
}

const outside = new Refused(400, "the message is neither XML nor JSON")

const decrypted = (
  receiver: Ready,
  appid: string | undefined,
  outer: Tree.Tree,
  ciphertext: string,
  at = 0
): Effect.Effect<Opened, Refused> => {
  const box = receiver.crypt.boxes[at]
  if (box === undefined) return Effect.fail(new Refused(401, "there is no key"))
  return Effect.matchEffect(box.open(receiver.appid, ciphertext), {
    onFailure: ({ detail }) =>
      at + 1 < receiver.crypt.boxes.length
        ? decrypted(receiver, appid, outer, ciphertext, at + 1)
        : Effect.fail(new Refused(401, detail)),
    onSuccess: (message): Effect.Effect<Opened, Refused> => {
      const tree = Tree.parse(message)
      if (tree === undefined) return Effect.fail(outside)
      const push: Push = { app: appOf(receiver, appid), format: tree.format, fields: tree.fields }
      return Effect.succeed({ push, seal: { receiver, box, format: outer.format }, receiver })
    }
  })
}

const plain = (receiver: Ready, { fields, format }: Tree.Tree): Opened => {
  const rest = Object.fromEntries(Object.entries(fields).filter(([name]) => name !== "Encrypt"))
  return { push: { app: App.common(receiver.appid), format, fields: rest }, seal: undefined, receiver }
}

const cloudHeader = "x-wx-sources"

/** Verifies, decrypts and reads a push. */
export const open = (
  receivers: ReadonlyArray<Ready>,
  appid: string | undefined,
  query: Query,
  headers: Readonly<Record<string, string | undefined>>,
  outer: Tree.Tree
): Effect.Effect<Opened, Refused> => {
  const ciphertext = outer.fields["Encrypt"]
  const sealed = receivers.filter(({ crypt }) => crypt.boxes.length > 0)
  if (typeof ciphertext === "string" && sealed.length > 0 && query.msg_signature !== "") {
    return Effect.flatMap(signer(sealed, query.msg_signature, [query.timestamp, query.nonce, ciphertext]), (receiver) =>
      decrypted(receiver, appid, outer, ciphertext)
    )
  }
  const cloud = receivers.find((receiver) => receiver.cloud)
  if (cloud !== undefined && headers[cloudHeader] !== undefined) return Effect.succeed(plain(cloud, outer))
  const takers = receivers.filter((receiver) => receiver.plain)
  if (takers.length === 0) return Effect.fail(new Refused(401, "it is not encrypted"))
  return Effect.map(signer(takers, query.signature, [query.timestamp, query.nonce]), (receiver) =>
    plain(receiver, outer)
  )
}
