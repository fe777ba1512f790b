/** Return codes that mean something to a page. */
import { catchCode, type WeChatError } from "@wechat/core/Error"
import * as Effect from "effect/Effect"
import { CodeRefused } from "../Failure.ts"

/** 40029 unknown, 40163 used, 42003 too old, 41008 none at all. */
export const codes = <A, E, R>(self: Effect.Effect<A, E | WeChatError, R>) =>
  catchCode([40029, 40163, 42003, 41008], ({ errcode }) =>
    Effect.fail(new CodeRefused({ why: errcode === 40163 ? "used" : "stale", errcode }))
  )(self)
