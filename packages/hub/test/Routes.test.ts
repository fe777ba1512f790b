import { assert, describe, it } from "@effect/vitest"
import { Vault } from "@wechat/core/Vault"
import { Simulator } from "@wechat/testing"
import { appid, authorizer, component } from "@wechat/testing/Simulator"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { adminSecret, ask, platformSecret, world } from "./world.ts"

const stable = "/cgi-bin/stable_token"
const requests = (path: string) => Simulator.use((simulator) => simulator.count(path))
const mints = (of: string) => Simulator.use((simulator) => simulator.mints(of))
const revoke = Simulator.use((simulator) => simulator.revoke(appid))
const tokenOf = ({ json }: { readonly json: Readonly<Record<string, unknown>> }) => String(json["access_token"])

/** What WeChat pushes to a platform every ten minutes. */
const pushed = Effect.gen(function* () {
  const ticket = yield* Simulator.use((simulator) => simulator.pushTicket(component))
  yield* Vault.use((vault) => vault.keepTicket(component, Redacted.make(ticket)))
})

const token = `/client/access_token?appid=${appid}`
const refresh = (stale: string | null) => ask("/refresh/access_token", { json: { appid, access_token: stale } })

describe("the five routes", () => {
  it.effect("an account's token, with the life that is left of it", () =>
    Effect.gen(function* () {
      const answer = yield* ask(token)
      assert.strictEqual(answer.status, 200)
      assert.strictEqual(answer.type, "application/json; charset=utf-8")
      assert.sameOrderedMembers(Object.keys(answer.json), ["access_token", "expires_in", "timestamp", "valid_for"])
      assert.strictEqual(answer.json["valid_for"], 7200)
      yield* TestClock.adjust("1 hour")
      const later = yield* ask(token)
      assert.strictEqual(tokenOf(later), tokenOf(answer))
      assert.strictEqual(later.json["timestamp"], 3600)
      assert.strictEqual(later.json["valid_for"], 3599)
    }).pipe(Effect.provide(world()))
  )

  it.effect("a client keeps a token until the hub has the next one: then the old one may be void already", () =>
    Effect.gen(function* () {
      const first = yield* ask(token)
      assert.strictEqual(first.json["expires_in"], 7200 - 270)
      yield* Simulator.use((simulator) => simulator.status(stable, 502))
      yield* TestClock.adjust("119 minutes")
      const last = yield* ask(token)
      assert.strictEqual(tokenOf(last), tokenOf(first))
      assert.strictEqual(last.json["expires_in"], 30)
    }).pipe(Effect.provide(world()))
  )

  it.effect("a platform's token, and that of an account that has authorized it", () =>
    Effect.gen(function* () {
      yield* pushed
      const own = yield* ask(`/client/component_access_token?appid=${component}`, { as: platformSecret })
      assert.strictEqual(own.status, 200)
      const path = `/client/access_token?appid=${component}&authorizer_appid=${authorizer}`
      const client = yield* ask(path, { as: platformSecret })
      assert.strictEqual(client.status, 200)
      assert.notStrictEqual(tokenOf(own), tokenOf(client))
      assert.strictEqual(tokenOf(yield* ask(path, { as: platformSecret })), tokenOf(client))
    }).pipe(Effect.provide(world()))
  )

  it.effect("tickets, with their type", () =>
    Effect.gen(function* () {
      const answer = yield* ask(`/client/ticket?appid=${appid}&type=jsapi`)
      assert.sameOrderedMembers(Object.keys(answer.json), ["ticket", "type", "expires_in", "timestamp", "valid_for"])
      assert.strictEqual(answer.json["type"], "jsapi")
      const card = yield* ask(`/client/ticket?appid=${appid}&type=wx_card`)
      assert.notStrictEqual(card.json["ticket"], answer.json["ticket"])
      yield* pushed
      const path = `/client/ticket?appid=${component}&authorizer_appid=${authorizer}&type=jsapi`
      assert.strictEqual((yield* ask(path, { as: platformSecret })).status, 200)
    }).pipe(Effect.provide(world()))
  )

  it.effect("a refused token is replaced, by comparison: ten clients that ask at once cost one refresh", () =>
    Effect.gen(function* () {
      const stale = tokenOf(yield* ask(token))
      yield* revoke
      const all = yield* Effect.all(
        Array.from({ length: 10 }, () => refresh(stale)),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(new Set(all.map(tokenOf)).size, 1)
      assert.isFalse(all.map(tokenOf).includes(stale))
      assert.strictEqual(yield* mints(appid), 2)
      assert.strictEqual(tokenOf(yield* refresh(stale)), tokenOf(yield* ask(token)))
      assert.strictEqual(yield* mints(appid), 2)
    }).pipe(Effect.provide(world()))
  )

  it.effect("a platform's and an authorizer's token are refreshed the same way", () =>
    Effect.gen(function* () {
      yield* pushed
      const as = platformSecret
      const own = tokenOf(yield* ask(`/client/component_access_token?appid=${component}`, { as }))
      const next = yield* ask("/client/refresh_component_access_token", {
        as,
        json: { access_token: own, appid: component }
      })
      assert.notStrictEqual(tokenOf(next), own)
      const path = `/client/access_token?appid=${component}&authorizer_appid=${authorizer}`
      const client = tokenOf(yield* ask(path, { as }))
      const json = { access_token: client, appid: component, authorizer_appid: authorizer }
      const renewed = yield* ask("/refresh/access_token", { as, json })
      assert.notStrictEqual(tokenOf(renewed), client)
      assert.strictEqual(tokenOf(yield* ask("/refresh/access_token", { as, json })), tokenOf(renewed))
    }).pipe(Effect.provide(world()))
  )

  it.effect("null in place of a refused token asks for whichever there is", () =>
    Effect.gen(function* () {
      const first = yield* refresh(null)
      assert.strictEqual(first.status, 200)
      assert.strictEqual(tokenOf(yield* refresh(null)), tokenOf(first))
      assert.strictEqual(yield* mints(appid), 1)
    }).pipe(Effect.provide(world()))
  )

  it.effect(
    "a refresh is never answered with the token that it names: forced once in thirty seconds, then refused",
    () =>
      Effect.gen(function* () {
        const stuck = Simulator.use((simulator) => simulator.revoke(appid, { stuck: true }))
        const first = tokenOf(yield* ask(token))
        yield* stuck
        const second = tokenOf(yield* refresh(first))
        assert.notStrictEqual(second, first)
        yield* stuck
        const third = yield* refresh(second)
        assert.strictEqual(third.status, 503)
        assert.include(String(third.json["message"]), "takes no forced refresh now (1 of 20 today, 30 s apart)")
        yield* TestClock.adjust("30 seconds")
        assert.notStrictEqual(tokenOf(yield* refresh(second)), second)
      }).pipe(Effect.provide(world()))
  )

  it.effect("bodies may be forms, and a slash at the end of a path does no harm", () =>
    Effect.gen(function* () {
      const stale = tokenOf(yield* ask(`/client/access_token/?appid=${appid}`))
      yield* revoke
      const answer = yield* ask("/refresh/access_token", {
        body: new URLSearchParams({ appid, access_token: stale }).toString(),
        type: "application/x-www-form-urlencoded"
      })
      assert.strictEqual(answer.status, 200)
      assert.notStrictEqual(tokenOf(answer), stale)
    }).pipe(Effect.provide(world()))
  )
})

describe("tokens in use", () => {
  it.effect("are renewed before their end though nobody asks, and not any more once they are out of use", () =>
    Effect.gen(function* () {
      const first = tokenOf(yield* ask(token))
      yield* TestClock.adjust("6929 seconds")
      assert.strictEqual(yield* mints(appid), 1)
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(yield* mints(appid), 2)
      assert.notStrictEqual(tokenOf(yield* ask(token)), first)
      yield* TestClock.adjust("9 hours")
      assert.isAtMost(yield* mints(appid), 5)
    }).pipe(Effect.provide(world()))
  )

  it.effect("one that WeChat does not renew any more is given up, not asked for every second", () =>
    Effect.gen(function* () {
      yield* ask(token)
      yield* Simulator.use((simulator) => simulator.fail(stable, { errcode: 40243 }))
      yield* TestClock.adjust("4 hours")
      assert.isAtMost(yield* requests(stable), 40)
    }).pipe(Effect.provide(world()))
  )
})

describe("when WeChat gives no token", () => {
  it.effect("it refuses: its code and words are passed on", () =>
    Effect.gen(function* () {
      const answer = yield* ask("/client/access_token?appid=wxwrong", { as: adminSecret })
      assert.strictEqual(answer.status, 502)
      assert.strictEqual(answer.json["errcode"], 40013)
      assert.strictEqual(answer.json["http_status"], 200)
      assert.include(String(answer.json["message"]), "invalid appid")
    }).pipe(Effect.provide(world()))
  )

  it.effect("the platform waits for a verify ticket, which WeChat has been asked for", () =>
    Effect.gen(function* () {
      for (const path of [
        `/client/component_access_token?appid=${component}`,
        `/client/access_token?appid=${component}&authorizer_appid=${authorizer}`
      ]) {
        const answer = yield* ask(path, { as: platformSecret })
        assert.strictEqual(answer.status, 503)
        assert.strictEqual(answer.json["reason"], "verify_ticket_not_found")
      }
      assert.isAtLeast(yield* requests("/cgi-bin/component/api_start_push_ticket"), 1)
    }).pipe(Effect.provide(world()))
  )

  it.effect("codes of the platform come with the word that Elixir hubs have for them", () =>
    Effect.gen(function* () {
      yield* pushed
      yield* Simulator.use((simulator) =>
        simulator.fail("/cgi-bin/component/api_component_token", { errcode: 61004, errmsg: "access clientip" })
      )
      const answer = yield* ask(`/client/component_access_token?appid=${component}`, { as: platformSecret })
      assert.strictEqual(answer.json["reason"], "invalid_clientip")
      assert.strictEqual(answer.json["errcode"], 61004)
    }).pipe(Effect.provide(world()))
  )

  it.effect("the account has not authorized the platform", () =>
    Effect.gen(function* () {
      yield* pushed
      const path = `/client/access_token?appid=${component}&authorizer_appid=wxnobody`
      const answer = yield* ask(path, { as: platformSecret })
      assert.strictEqual(answer.status, 404)
      assert.strictEqual(answer.json["reason"], "invalid_authorizer_appid")
    }).pipe(Effect.provide(world()))
  )

  it.effect("it hangs: the client has its answer before it hangs up, after fifteen seconds", () =>
    Effect.gen(function* () {
      yield* Simulator.use((simulator) => simulator.answer(stable, () => Effect.never))
      const answer = yield* ask(token)
      assert.strictEqual(answer.status, 503)
      assert.strictEqual(answer.json["reason"], "no_token")
      assert.isAtMost(yield* Effect.clockWith((clock) => clock.currentTimeMillis), 14_500)
    }).pipe(Effect.provide(world()))
  )
})
