/** The menu of an account, and the conditional ones that some followers see. */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { ok, Refusal, refuse } from "./reply.ts"
import * as Route from "./route.ts"
import type { Account, Menu } from "./state.ts"

const mostButtons = 3

const Buttons = Schema.Struct({ button: Schema.Array(Route.Fields) })

const isTooMany = (button: ReadonlyArray<unknown>): boolean => button.length === 0 || button.length > mostButtons

const create = Route.own("POST", "/cgi-bin/menu/create", Buttons, ({ button }, { me, state }) => {
  if (isTooMany(button)) return refuse(40016)
  me.menu = { button, menuid: state.random.digits(9) }
  return ok
})

const get = Route.own("GET", "/cgi-bin/menu/get", Route.Nothing, (_, { me }) => {
  if (me.menu === undefined) return refuse(46003)
  const { button, menuid } = me.menu
  return me.conditional.size === 0
    ? { menu: { button } }
    : { menu: { button, menuid }, conditionalmenu: [...me.conditional.values()].toReversed() }
})

const remove = Route.own("GET", "/cgi-bin/menu/delete", Route.Nothing, (_, { me }) => {
  if (me.menu === undefined) return refuse(46003)
  me.menu = undefined
  me.conditional.clear()
  return ok
})

/** A button as clients show it. */
const shown = (button: unknown): unknown => {
  if (!Predicate.isObject(button) || !Array.isArray(button["sub_button"])) return button
  return { ...button, sub_button: { list: button["sub_button"].map(shown) } }
}

const current = Route.own("GET", "/cgi-bin/get_current_selfmenu_info", Route.Nothing, (_, { me }) => ({
  is_menu_open: me.menu === undefined ? 0 : 1,
  selfmenu_info: { button: me.menu?.button.map(shown) ?? [] }
}))

const addConditional = Route.own(
  "POST",
  "/cgi-bin/menu/addconditional",
  Schema.Struct({ button: Schema.Array(Route.Fields), matchrule: Route.Fields }),
  ({ button, matchrule }, { me, state }) => {
    if (me.menu === undefined) return refuse(65303)
    if (isTooMany(button)) return refuse(40016)
    const menuid = state.random.digits(9)
    me.conditional.set(menuid, { button, menuid, matchrule })
    return { menuid }
  }
)

const removeConditional = Route.own(
  "POST",
  "/cgi-bin/menu/delconditional",
  Schema.Struct({ menuid: Route.Id }),
  ({ menuid }, { me }) => (me.conditional.delete(String(menuid)) ? ok : refuse(65301))
)

/** Conditions other than a tag are about the client, of which the simulator knows nothing: they match nobody. */
const matches = ({ matchrule = {} }: Menu, tags: ReadonlySet<number>): boolean => {
  const tag = matchrule["tag_id"] ?? matchrule["group_id"]
  return tag !== undefined && Object.keys(matchrule).length === 1 && tags.has(Number(tag))
}

const menuFor = (me: Account, openid: string): Menu | Refusal => {
  const follower = me.followers.get(openid)
  if (follower === undefined) return refuse(46004, "user not exist")
  if (me.menu === undefined) return refuse(46003)
  return [...me.conditional.values()].findLast((menu) => matches(menu, follower.tags)) ?? me.menu
}

const tryMatch = Route.own(
  "POST",
  "/cgi-bin/menu/trymatch",
  Schema.Struct({ user_id: Schema.String }),
  ({ user_id }, { me }) => {
    const menu = menuFor(me, user_id)
    return menu instanceof Refusal ? menu : { button: menu.button }
  }
)

export const routes: ReadonlyArray<Route.Route> = [
  create,
  get,
  remove,
  current,
  addConditional,
  removeConditional,
  tryMatch
]
