/**
 * WeChat in memory: tokens that run out, are replaced and are refused, and an answer for every endpoint.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import type { Call, Outcome, Request } from "./Call.ts"
import type { Fault } from "./Fault.ts"
import type { Entry } from "./internal/catalog.ts"
import { client } from "./internal/client.ts"
import type { Where } from "./internal/faults.ts"
import * as Session from "./internal/session.ts"
import * as State from "./internal/state.ts"
import type { Kind } from "./internal/tokens.ts"
import * as World from "./internal/world.ts"
import * as Push from "./Push.ts"

export type { Entry } from "./internal/catalog.ts"
export type { Where } from "./internal/faults.ts"
export type { Kind } from "./internal/tokens.ts"

/**
 * The appid of the account that a simulator has where none is given.
 *
 * @since 0.1.0
 */
export const appid = "wxsimulator"

/**
 * The secret of {@link appid}.
 *
 * @since 0.1.0
 */
export const secret = "simulator-secret"

/**
 * The appid of the third-party platform that a simulator has where none is given.
 *
 * @since 0.1.0
 */
export const component = "wxplatform"

/**
 * The secret of {@link component}.
 *
 * @since 0.1.0
 */
export const componentSecret = "platform-secret"

/**
 * The appid of an account that has authorized {@link component}.
 *
 * @since 0.1.0
 */
export const authorizer = "wxauthorizer"

/**
 * @since 0.1.0
 */
export interface Options {
  /** Accounts of one's own: {@link appid} where left out. */
  readonly accounts?:
    | ReadonlyArray<{
        readonly appid: string
        readonly secret: string
        /** How many users follow it: 10. */
        readonly followers?: number | undefined
      }>
    | undefined
  /** Third-party platforms: {@link component} where left out. */
  readonly components?:
    | ReadonlyArray<{
        readonly appid: string
        readonly secret: string
        /** The appids of the accounts that have authorized it. */
        readonly authorizers?: ReadonlyArray<string> | undefined
        /** Whether a refresh token works once, which is the harder case: yes. */
        readonly rotates?: boolean | undefined
        /** The address of its authorization notices: verify tickets and what becomes of authorizations is pushed there. */
        readonly push?: Omit<Push.Options, "appid"> | undefined
      }>
    | undefined
  /** What it answers besides tokens and what it remembers: `endpoints` of `@wechat/api/Registry`, or single endpoints. */
  readonly endpoints?: Iterable<Entry> | undefined
  /** Another seed gives other tokens, users and answers: 0. */
  readonly seed?: number | undefined
  /** Whether tokens and secrets stay in {@link Simulator} `calls`: no. */
  readonly secrets?: boolean | undefined
}

/** A return code in place of an answer. */
interface Refuse {
  readonly errcode: number
  readonly errmsg?: string | undefined
  /** How often; always, where it is left out. */
  readonly times?: number | undefined
}

interface SignInOptions {
  readonly openid?: string | undefined
  readonly scope?: "snsapi_base" | "snsapi_userinfo" | undefined
}

/** An answer: a text as it is, bytes as a file, any other value as JSON. */
type Given = object | string | number | boolean | null

/**
 * What a test does to WeChat.
 *
 * @since 0.1.0
 */
export interface Control {
  /** What becomes of a request. The Layer and the server both stand on this. */
  readonly handle: (request: Request) => Effect.Effect<Outcome>

  /** What arrived, in order: at least the last 10,000 calls. */
  readonly calls: Effect.Effect<ReadonlyArray<Call>>
  /** How many calls of a path arrived. */
  readonly count: (path: string) => Effect.Effect<number>
  /** How many access tokens, or tokens of one kind, were issued to an appid. The same token asked for again does not count. */
  readonly mints: (appid: string, kind?: Kind) => Effect.Effect<number>

  /**
   * Lets calls fail, by path or by whatever a predicate sees. Faults with `times` come first, in the order in which they were
   * given, then the latest of those without. They come before everything else, so the call has no effect unless the fault
   * says otherwise.
   */
  readonly fail: (where: Where, fault: Fault | Refuse) => Effect.Effect<void>
  /** Lets calls end with an HTTP status. */
  readonly status: (where: Where, status: number, body?: string, times?: number) => Effect.Effect<void>
  /**
   * Answers calls from now on: a text as it is, bytes as a file, any other value as JSON; a function sees the call. Tokens
   * and, where the endpoint is known, fields are checked before.
   */
  readonly answer: {
    (where: Where, answer: (call: Call) => Effect.Effect<unknown>): Effect.Effect<void>
    (where: Where, answer: Given): Effect.Effect<void>
  }
  /** Forgets all faults and given answers. */
  readonly heal: Effect.Effect<void>

  /**
   * Voids every access token of an appid at once, as if somebody else had forced a refresh. `stuck`: the stable token comes
   * back although it is void, until a refresh is forced.
   */
  readonly revoke: (appid: string, options?: { readonly stuck?: boolean | undefined }) => Effect.Effect<void>
  /** Changes the secret of an account, which voids the old one at once. Its tokens stay. */
  readonly resetSecret: (appid: string, secret: string) => Effect.Effect<void>

  /**
   * A verify ticket, as WeChat pushes one to a platform every ten minutes. It works for 12 hours. This and what follows is also
   * pushed to the platform's address, where it has one; `api_start_push_ticket` has one pushed too.
   */
  readonly pushTicket: (component: string) => Effect.Effect<string>
  /** Lets an account authorize a platform, for the first time or again. The code of the redirect works once, within an hour. */
  readonly authorize: (component: string, appid: string) => Effect.Effect<string>
  /** Lets an account withdraw its authorization. */
  readonly unauthorize: (component: string, appid: string) => Effect.Effect<void>
  /** Puts another refresh token in the place of an account's, as if the platform had lost the one that it got last. */
  readonly loseRefresh: (component: string, appid: string) => Effect.Effect<void>

  /**
   * Lets a user sign in to an account, on a web page or in a mini program. The one-time code works within five minutes. The
   * scope is `snsapi_userinfo` and the user the account's first follower, unless said otherwise; an openid that nobody has
   * makes a new user who does not follow.
   */
  readonly signIn: (appid: string, options?: SignInOptions) => Effect.Effect<string>

  /** The openids of the users who follow an account. */
  readonly followers: (appid: string) => Effect.Effect<ReadonlyArray<string>>
}

/**
 * A simulated WeChat.
 *
 * @since 0.1.0
 */
export class Simulator extends Context.Service<Simulator, Control>()("@wechat/testing/Simulator") {
  /** The simulator, and an `HttpClient` whose requests go straight to it, whatever their host. It obeys the TestClock. */
  static readonly layer = (options: Options = {}): Layer.Layer<Simulator | HttpClient.HttpClient> =>
    Layer.effectContext(
      Effect.map(make(options), (simulator) => Context.add(client(simulator.handle), Simulator, simulator))
    )

  /** The simulator alone. */
  static readonly layerOnly = (options: Options = {}): Layer.Layer<Simulator> => Layer.effect(Simulator, make(options))
}

const accessKinds: ReadonlyArray<Kind> = ["plain", "stable", "component", "authorizer"]

/** Milliseconds that a verify ticket and an authorization code live. */
const ticketLife = 12 * 3_600_000
const codeLife = 3_600_000

const isRefuse = (fault: Fault | Refuse): fault is Refuse => !("_tag" in fault)

const platformOf = ({ state }: World.World, component: string): Effect.Effect<State.Platform> => {
  const known = state.platforms.get(component)
  return known === undefined
    ? Effect.die(new Error(`the simulator has no platform ${component}: give it to Simulator.layer({ components })`))
    : Effect.succeed(known)
}

const make = Effect.fnUntraced(function* (options: Options) {
  const now = yield* Clock.currentTimeMillis
  const world = World.make({
    seed: options.seed ?? 0,
    now,
    accounts: options.accounts ?? [{ appid, secret }],
    components: options.components ?? [{ appid: component, secret: componentSecret, authorizers: [authorizer] }],
    endpoints: options.endpoints ?? [],
    secrets: options.secrets ?? false
  })
  const notices = pushing(world, options.components ?? [])
  return Simulator.of({
    handle: (request) => Effect.tap(world.handle(request), () => started(request, notices.pushTicket)),
    ...observing(world),
    ...steering(world),
    ...notices,
    ...signing(world)
  })
})

/** A platform that asks for tickets gets the first one soon, and not before the answer. */
const started = (request: Request, pushTicket: (component: string) => Effect.Effect<string>): Effect.Effect<void> => {
  if (request.path !== "/cgi-bin/component/api_start_push_ticket") return Effect.void
  const component = /"component_appid"\s*:\s*"([^"]+)"/.exec(new TextDecoder().decode(request.body))?.[1]
  return component === undefined
    ? Effect.void
    : Effect.asVoid(Effect.forkDetach(Effect.ignoreCause(pushTicket(component))))
}

const observing = (world: World.World) => ({
  calls: Effect.sync(() => [...world.calls]),
  count: (path: string) => Effect.sync(() => world.counts.get(path) ?? 0),
  mints: (appid: string, kind?: Kind) =>
    Effect.sync(() =>
      (kind === undefined ? accessKinds : [kind]).reduce((sum, kind) => sum + world.state.ledger.mints(appid, kind), 0)
    ),
  followers: (appid: string) =>
    Effect.sync(() => [...State.accountOf(world.state, world.options, appid).followers.keys()])
})

const steering = (world: World.World) => ({
  fail: (where: Where, fault: Fault | Refuse) =>
    Effect.sync(() => world.faults.add(where, isRefuse(fault) ? { _tag: "Refuse", ...fault } : fault)),
  status: (where: Where, status: number, body = "", times?: number) =>
    Effect.sync(() => world.faults.add(where, { _tag: "Respond", status, type: "text/plain", body, times })),
  answer: (where: Where, answer: Given | ((call: Call) => Effect.Effect<unknown>)) =>
    Effect.sync(() => {
      world.answers.push({ where, answer: isAnswering(answer) ? answer : () => Effect.succeed(answer) })
    }),
  heal: Effect.sync(() => {
    world.faults.clear()
    world.answers.length = 0
  }),
  revoke: (appid: string, options?: { readonly stuck?: boolean | undefined }) =>
    Effect.map(Clock.currentTimeMillis, (now) => world.state.ledger.revoke(appid, now, options?.stuck ?? false)),
  resetSecret: (appid: string, secret: string) =>
    Effect.sync(() => {
      State.accountOf(world.state, world.options, appid).secret = secret
    })
})

const isAnswering = (
  answer: Given | ((call: Call) => Effect.Effect<unknown>)
): answer is (call: Call) => Effect.Effect<unknown> => typeof answer === "function"

const signing = (world: World.World) => ({
  signIn: Effect.fnUntraced(function* (appid: string, options: SignInOptions = {}) {
    const now = yield* Clock.currentTimeMillis
    const { state } = world
    const account = State.accountOf(state, world.options, appid)
    const [first = ""] = account.followers.keys()
    const openid = options.openid ?? first
    const user = account.followers.get(openid) ?? {
      ...State.follower(state.random, now),
      ...(openid === "" ? {} : { openid })
    }
    return Session.signIn(state, account, user, options.scope ?? "snsapi_userinfo", Math.floor(now / 1000))
  })
})

const pushing = (world: World.World, components: NonNullable<Options["components"]>) => {
  const addresses = new Map(
    components.flatMap(({ appid, push }) =>
      push === undefined ? [] : [[appid, Push.make({ ...push, appid })] as const]
    )
  )
  const notify = Effect.fnUntraced(function* (component: string, InfoType: string, fields: Record<string, string>) {
    const CreateTime = Math.floor((yield* Clock.currentTimeMillis) / 1000)
    const address = addresses.get(component)
    if (address === undefined) return
    yield* Effect.catch(address.push({ AppId: component, CreateTime, InfoType, ...fields }), (error) =>
      Effect.logWarning(`${InfoType}: ${error.message}`)
    )
  })
  return {
    pushTicket: Effect.fnUntraced(function* (component: string) {
      const platform = yield* platformOf(world, component)
      const ticket = `ticket@@@${world.state.random.text(86)}`
      platform.tickets.set(ticket, (yield* Clock.currentTimeMillis) + ticketLife)
      yield* notify(component, "component_verify_ticket", { ComponentVerifyTicket: ticket })
      return ticket
    }),
    authorize: Effect.fnUntraced(function* (component: string, appid: string) {
      const platform = yield* platformOf(world, component)
      const now = yield* Clock.currentTimeMillis
      const again = platform.authorizations.has(appid)
      const { random } = world.state
      const code = `queryauthcode@@@${random.text(43)}`
      const told = `queryauthcode@@@${random.text(43)}`
      State.accountOf(world.state, world.options, appid)
      world.state.ledger.void({ kind: "authorizer", appid, component }, now, false)
      platform.authorizations.set(appid, { refresh: State.refreshToken(world.state), time: Math.floor(now / 1000) })
      for (const one of [code, told]) platform.codes.set(one, { appid, until: now + codeLife })
      yield* notify(component, again ? "updateauthorized" : "authorized", {
        AuthorizerAppid: appid,
        AuthorizationCode: told,
        AuthorizationCodeExpiredTime: String(Math.floor((now + codeLife) / 1000)),
        PreAuthCode: `preauthcode@@@${random.text(43)}`
      })
      return code
    }),
    unauthorize: Effect.fnUntraced(function* (component: string, appid: string) {
      const platform = yield* platformOf(world, component)
      world.state.ledger.void({ kind: "authorizer", appid, component }, yield* Clock.currentTimeMillis, false)
      platform.authorizations.delete(appid)
      yield* notify(component, "unauthorized", { AuthorizerAppid: appid })
    }),
    loseRefresh: Effect.fnUntraced(function* (component: string, appid: string) {
      const authorization = (yield* platformOf(world, component)).authorizations.get(appid)
      if (authorization !== undefined) authorization.refresh = State.refreshToken(world.state)
    })
  }
}
