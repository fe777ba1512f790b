/**
 * WeChat without an account: a simulator for tests and for trying things out. `@wechat/testing/Server` plays it on a port,
 * `@wechat/testing/Msw` makes msw handlers.
 *
 * @since 0.1.0
 */
export type { Call, Outcome, Request } from "./Call.ts"
export * as Conformance from "./Conformance.ts"
export * as Fault from "./Fault.ts"
export * as Push from "./Push.ts"
export * as Sample from "./Sample.ts"
export * as Simulation from "./Simulation.ts"
export { Simulator } from "./Simulator.ts"
