import { assert, describe, it } from "@effect/vitest"
import { Simulator } from "@wechat/testing"
import type { Failure } from "@wechat/web/Visitor"
import * as Visitor from "@wechat/web/Visitor"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { appid, calls, code, site } from "./fixtures.ts"

const origin = "https://example.com"

const serve = (options: Partial<Visitor.Options> = {}) => {
  const visitors = Visitor.make({ origin, ...options })
  const me = HttpRouter.add(
    "*",
    "/me",
    Visitor.Visitor.use((visitor) => Effect.succeed(HttpServerResponse.jsonUnsafe(visitor)))
  )
  const routes = Layer.mergeAll(me.pipe(Layer.provide(visitors.layer)), visitors.callback)
  return HttpRouter.toHttpEffect(routes)
}

/** A browser: it keeps cookies, with their attributes, and follows nothing by itself. */
const browse = Effect.fnUntraced(function* (options: Partial<Visitor.Options> = {}) {
  const app = yield* serve(options)
  const jar = new Map<string, string>()
  const set: Array<string> = []
  const go = (path: string, init: { readonly method?: string; readonly headers?: Record<string, string> } = {}) =>
    Effect.gen(function* () {
      const cookie = Array.from(jar, ([name, value]) => `${name}=${value}`).join("; ")
      const request = new Request(`${origin}${path}`, { ...init, headers: { cookie, ...init.headers } })
      const answer = yield* Effect.provideService(
        app,
        HttpServerRequest.HttpServerRequest,
        HttpServerRequest.fromWeb(request)
      )
      const response = HttpServerResponse.toWeb(answer)
      for (const line of response.headers.getSetCookie()) {
        set.push(line)
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        if (/max-age=0/i.test(line) || value === "") jar.delete(name)
        else jar.set(name, value)
      }
      return response
    })
  return { go, jar, set }
})

type Browser = Effect.Success<ReturnType<typeof browse>>

const sentTo = (response: Response): URL => new URL(response.headers.get("location") ?? "", origin)
const stateOf = (response: Response): string => sentTo(response).searchParams.get("state") ?? ""

/** Comes back from WeChat as the user would. */
const comeBack = Effect.fnUntraced(function* (browser: Browser, state: string, given?: string) {
  return yield* browser.go(`/wechat/callback?code=${given ?? (yield* code())}&state=${state}`)
})

const signIn = Effect.fnUntraced(function* (browser: Browser, path = "/me") {
  return yield* comeBack(browser, stateOf(yield* browser.go(path)))
})

const me = Effect.fnUntraced(function* (browser: Browser) {
  const response = yield* browser.go("/me")
  if (response.status !== 200) return undefined
  const visit: { readonly openid: string } = JSON.parse(yield* Effect.promise(() => response.text()))
  return visit
})

describe("a visitor", () => {
  it.effect("is sent to WeChat, comes back to where they wanted to go, and the route knows the openid", () =>
    Effect.gen(function* () {
      const browser = yield* browse()
      const first = yield* browser.go("/me?tab=2")
      assert.strictEqual(first.status, 302)
      const to = sentTo(first)
      assert.strictEqual(to.host, "open.weixin.qq.com")
      assert.strictEqual(to.searchParams.get("redirect_uri"), `${origin}/wechat/callback`)
      assert.strictEqual(to.searchParams.get("scope"), "snsapi_base")
      const back = yield* comeBack(browser, stateOf(first))
      assert.strictEqual(back.status, 302)
      assert.strictEqual(back.headers.get("location"), "/me?tab=2")
      const [openid] = yield* Simulator.use((simulator) => simulator.followers(appid))
      assert.strictEqual((yield* me(browser))?.openid, openid)
    }).pipe(Effect.provide(site))
  )

  it.effect("has a cookie that only this host and no script can read, and no state is left behind", () =>
    Effect.gen(function* () {
      const browser = yield* browse()
      yield* signIn(browser)
      assert.deepStrictEqual([...browser.jar.keys()], ["__Host-wechat"])
      for (const line of browser.set) {
        for (const attribute of ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"]) assert.include(line, attribute)
        assert.match(line, /^__Host-/)
        assert.notMatch(line, /Domain=/i)
      }
    }).pipe(Effect.provide(site))
  )

  it.effect("gets a new cookie every hour, but not for longer than the sign-in lasts", () =>
    Effect.gen(function* () {
      const browser = yield* browse({ life: "2 days" })
      yield* signIn(browser)
      const cookies = [browser.jar.get("__Host-wechat")]
      yield* TestClock.adjust("59 minutes")
      yield* me(browser)
      assert.strictEqual(browser.jar.get("__Host-wechat"), cookies[0])
      yield* TestClock.adjust("1 minute")
      assert.isDefined(yield* me(browser))
      assert.notStrictEqual(browser.jar.get("__Host-wechat"), cookies[0])
      yield* TestClock.adjust("47 hours")
      assert.strictEqual((yield* browser.go("/me")).status, 302)
    }).pipe(Effect.provide(site))
  )

  it.effect("who is a script is not sent anywhere", () =>
    Effect.gen(function* () {
      const browser = yield* browse()
      assert.strictEqual((yield* browser.go("/me", { method: "POST" })).status, 401)
      assert.strictEqual((yield* browser.go("/me", { headers: { "sec-fetch-mode": "cors" } })).status, 401)
    }).pipe(Effect.provide(site))
  )

  it.effect("can have two pages open, and sign in on both", () =>
    Effect.gen(function* () {
      const browser = yield* browse()
      const [one, two] = [yield* browser.go("/me?1"), yield* browser.go("/me?2")]
      assert.strictEqual((yield* comeBack(browser, stateOf(two))).headers.get("location"), "/me?2")
      assert.strictEqual((yield* comeBack(browser, stateOf(one))).headers.get("location"), "/me?1")
    }).pipe(Effect.provide(site))
  )

  it.effect("whose tokens are wanted gives them once, before going on", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const onSignIn: Visitor.Options["onSignIn"] = ({ openid }) => Effect.sync(() => void seen.push(openid))
      const browser = yield* browse({ onSignIn, scope: "snsapi_userinfo" })
      yield* signIn(browser)
      assert.deepStrictEqual(seen, [(yield* me(browser))?.openid])
    }).pipe(Effect.provide(site))
  )
})

describe("bad input", () => {
  const failing = Effect.fnUntraced(function* (
    run: (browser: Browser) => Effect.Effect<unknown, unknown, Simulator | Scope.Scope>
  ) {
    const failures: Array<Failure> = []
    const onFailure: Visitor.Options["onFailure"] = (failure) =>
      Effect.sync(() => {
        failures.push(failure)
        return HttpServerResponse.empty({ status: 400 })
      })
    const browser = yield* browse({ onFailure })
    yield* run(browser)
    assert.isUndefined(yield* me(browser))
    return failures.map((failure) => ("why" in failure ? `${failure._tag} ${failure.why}` : failure._tag))
  })

  it.effect("a state of another browser does not sign in, and its code is not used", () =>
    Effect.gen(function* () {
      const attacker = yield* browse()
      const state = stateOf(yield* attacker.go("/me"))
      assert.deepStrictEqual(yield* failing((victim) => comeBack(victim, state)), ["StateRefused missing"])
      assert.strictEqual((yield* calls("/sns/oauth2/access_token")).length, 0)
    }).pipe(Effect.provide(site))
  )

  it.effect("a state that was changed", () =>
    Effect.gen(function* () {
      const failures = yield* failing((browser) =>
        Effect.flatMap(browser.go("/me"), (response) => comeBack(browser, `${stateOf(response).slice(0, -1)}x`))
      )
      assert.deepStrictEqual(failures, ["StateRefused forged"])
    }).pipe(Effect.provide(site))
  )

  it.effect("a state that took too long", () =>
    Effect.gen(function* () {
      const failures = yield* failing((browser) =>
        Effect.gen(function* () {
          const state = stateOf(yield* browser.go("/me"))
          yield* TestClock.adjust("11 minutes")
          yield* comeBack(browser, state)
        })
      )
      assert.deepStrictEqual(failures, ["StateRefused missing"])
    }).pipe(Effect.provide(site))
  )

  it.effect("a way back that is walked again, with the cookies of the first time", () =>
    Effect.gen(function* () {
      const browser = yield* browse()
      const state = stateOf(yield* browser.go("/me"))
      const kept = new Map(browser.jar)
      yield* comeBack(browser, state)
      browser.jar.clear()
      for (const [name, value] of kept) browser.jar.set(name, value)
      const response = yield* comeBack(browser, state)
      assert.strictEqual(response.status, 400)
      assert.include(yield* Effect.promise(() => response.text()), "replayed")
      assert.isUndefined(yield* me(browser))
    }).pipe(Effect.provide(site))
  )

  it.effect("a code that was used, and a visitor who declines", () =>
    Effect.gen(function* () {
      const given = yield* code()
      const first = yield* browse()
      yield* comeBack(first, stateOf(yield* first.go("/me")), given)
      const again = (given: string) => (browser: Browser) =>
        Effect.flatMap(browser.go("/me"), (response) => comeBack(browser, stateOf(response), given))
      assert.deepStrictEqual(yield* failing(again(given)), ["CodeRefused used"])
      assert.deepStrictEqual(yield* failing(again("")), ["Declined"])
    }).pipe(Effect.provide(site))
  )

  it.effect("a cookie that was changed, or is another account's", () =>
    Effect.gen(function* () {
      const browser = yield* browse()
      yield* signIn(browser)
      const value = browser.jar.get("__Host-wechat") ?? ""
      for (const changed of ["", "x", `${value}0`, value.replace(/^./, "z"), `${value}.x`]) {
        browser.jar.set("__Host-wechat", changed)
        assert.isUndefined(yield* me(browser))
      }
    }).pipe(Effect.provide(site))
  )

  for (const path of [
    "//evil.example/me",
    "/\\evil.example/me",
    "/%09/evil.example/me",
    "/me?to=https://evil.example",
    "/x/..//evil.example/me"
  ]) {
    it.effect(`never leads to another site: ${path}`, () =>
      Effect.gen(function* () {
        const visitors = Visitor.make({ origin })
        const all = HttpRouter.add("GET", "*", HttpServerResponse.text("in")).pipe(Layer.provide(visitors.layer))
        const app = yield* HttpRouter.toHttpEffect(Layer.mergeAll(all, visitors.callback))
        const run = (url: string, cookie = "") =>
          Effect.map(
            Effect.provideService(
              app,
              HttpServerRequest.HttpServerRequest,
              HttpServerRequest.fromWeb(new Request(`${origin}${url}`, { headers: { cookie } }))
            ),
            (response) => HttpServerResponse.toWeb(response)
          )
        const first = yield* run(path)
        const cookie = first.headers
          .getSetCookie()
          .map((line) => line.split(";")[0])
          .join("; ")
        const back = yield* run(`/wechat/callback?code=${yield* code()}&state=${stateOf(first)}`, cookie)
        assert.strictEqual(back.status, 302)
        assert.match(back.headers.get("location") ?? "", /^\/(?![/\\])/)
        assert.strictEqual(sentTo(back).origin, origin)
      }).pipe(Effect.provide(site))
    )
  }

  it.effect("an origin that is no site", () =>
    Effect.gen(function* () {
      for (const wrong of ["example.com", "https://example.com/path", ""]) {
        const error = yield* Effect.flip(serve({ origin: wrong }))
        assert(error._tag === "KeyRefused")
        assert.include(error.message, "https://example.com")
      }
    }).pipe(Effect.provide(site))
  )

  it.effect("what WeChat says stays on the server", () =>
    Effect.gen(function* () {
      const browser = yield* browse()
      yield* Simulator.use((simulator) =>
        simulator.fail("/sns/oauth2/access_token", { errcode: 40125, errmsg: "invalid appsecret" })
      )
      const response = yield* signIn(browser)
      assert.strictEqual(response.status, 502)
      assert.notInclude(yield* Effect.promise(() => response.text()), "appsecret")
    }).pipe(Effect.provide(site))
  )
})
