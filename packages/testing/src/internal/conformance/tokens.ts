/** The contract of a token store. */
import * as App from "@wechat/core/App"
import * as Token from "@wechat/core/Token"
import { TokenStore } from "@wechat/core/TokenStore"
import * as Effect from "effect/Effect"
import { appid, Simulator } from "../../Simulator.ts"
import { type Case, expect, textOf } from "./case.ts"

const key = Token.Access(App.common(appid))
const stable = "/cgi-bin/stable_token"

const get = TokenStore.use((tokens) => tokens.get(key))
const renew = (stale: Token.Token) => TokenStore.use((tokens) => tokens.renew(key, stale))
const asked = Simulator.use((simulator) => simulator.count(stable))
const revoke = Simulator.use((simulator) => simulator.revoke(appid))

const together = <A, E, R>(count: number, effect: Effect.Effect<A, E, R>) =>
  Effect.all(
    Array.from({ length: count }, () => effect),
    { concurrency: "unbounded" }
  )

const areOne = (tokens: ReadonlyArray<Token.Token>): boolean =>
  new Set(tokens.map((token) => textOf(token.value))).size === 1

type Needs = TokenStore | Simulator

export const tokenCases: ReadonlyArray<Case<Needs>> = [
  {
    name: "a hundred callers get one token, for one request",
    run: Effect.gen(function* () {
      const before = yield* asked
      yield* expect(areOne(yield* together(100, get)), "callers got different tokens")
      const count = (yield* asked) - before
      yield* expect(count <= 1, `WeChat was asked ${count} times`)
    })
  },
  {
    name: "the same token comes back as long as it is good",
    run: Effect.gen(function* () {
      const first = yield* get
      const before = yield* asked
      yield* expect((yield* get).same(first), "it is another token")
      yield* expect((yield* asked) === before, "WeChat was asked again")
    })
  },
  {
    name: "a refused token is replaced by another one, for one request, whoever asks",
    run: Effect.gen(function* () {
      const stale = yield* get
      yield* revoke
      const before = yield* asked
      const all = yield* together(100, renew(stale))
      yield* expect(areOne(all), "callers got different tokens")
      yield* expect(all[0]?.same(stale) === false, "the refused token came back")
      const count = (yield* asked) - before
      yield* expect(count === 1, `WeChat was asked ${count} times`)
    })
  },
  {
    name: "a token that somebody has replaced already is only read",
    run: Effect.gen(function* () {
      const stale = yield* get
      yield* revoke
      const fresh = yield* renew(stale)
      const before = yield* asked
      yield* expect((yield* renew(stale)).same(fresh), "it was replaced again")
      yield* expect((yield* get).same(fresh), "the old token came back")
      yield* expect((yield* asked) === before, "WeChat was asked again")
    })
  },
  {
    name: "an account that nobody has a secret for is a failure that names it, and no request",
    run: Effect.gen(function* () {
      const before = yield* asked
      const unknown = Token.Access(App.common("wxunknowntoall"))
      const failure = yield* Effect.flip(TokenStore.use((tokens) => tokens.get(unknown)))
      yield* expect(failure._tag === "NoToken" && failure.message.includes("wxunknowntoall"), failure.message)
      yield* expect((yield* asked) === before, "WeChat was asked")
    })
  }
]
