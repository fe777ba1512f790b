/**
 * Which account a call acts for.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The appid of an official account, mini program, shop or third-party platform: text without spaces.
 * Most look like `wx` and 16 hexadecimal digits, but test accounts and other products have other shapes.
 *
 * @since 0.1.0
 */
export const AppId = Schema.String.pipe(Schema.check(Schema.isPattern(/^\S+$/)))
export type AppId = typeof AppId.Type

/**
 * An account of one's own, which holds its own secret.
 *
 * @since 0.1.0
 */
export class Common extends Schema.TaggedClass<Common>("@wechat/core/App/Common")("Common", {
  appid: AppId
}) {}

/**
 * A third-party platform that acts for itself.
 *
 * @since 0.1.0
 */
export class Component extends Schema.TaggedClass<Component>("@wechat/core/App/Component")("Component", {
  appid: AppId
}) {}

/**
 * An account that a third-party platform acts for.
 *
 * @since 0.1.0
 */
export class Authorizer extends Schema.TaggedClass<Authorizer>("@wechat/core/App/Authorizer")("Authorizer", {
  appid: AppId,
  component: AppId
}) {}

/**
 * Any of the three.
 *
 * @since 0.1.0
 */
export const App = Schema.Union([Common, Component, Authorizer])
export type App = typeof App.Type

/**
 * An account of one's own.
 *
 * @since 0.1.0
 */
export const common = (appid: AppId): Common => new Common({ appid })

/**
 * A third-party platform.
 *
 * @since 0.1.0
 */
export const component = (appid: AppId): Component => new Component({ appid })

/**
 * An account, and the platform that it has authorized.
 *
 * @since 0.1.0
 */
export const authorizer = (component: AppId, appid: AppId): Authorizer => new Authorizer({ appid, component })

/**
 * A stable text for an account, for stores and span attributes: `Common:wx1`, `Authorizer:wxPlatform:wx2`.
 *
 * @since 0.1.0
 */
export const key = (app: App): string =>
  app._tag === "Authorizer" ? `${app._tag}:${app.component}:${app.appid}` : `${app._tag}:${app.appid}`
