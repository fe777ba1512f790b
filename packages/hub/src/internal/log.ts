/** Lines for machines, a batch at a time: a hub logs every request, and a system call for each would cost more than the answer. */
import * as Array from "effect/Array"
import * as Console from "effect/Console"
import type * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"

/** As logfmt, without the work that a plain line does not need. */
const line = Logger.make((options) => {
  const [message, ...more] = Array.ensure(options.message)
  return typeof message === "string" && more.length === 0 && options.cause.reasons.length === 0
    ? `timestamp=${options.date.toISOString()} level=${options.logLevel.toUpperCase()} message=${JSON.stringify(message)}`
    : Logger.formatLogFmt.log(options)
})

export const layerLog: Layer.Layer<never> = Logger.layer([
  Logger.batched(line, { window: "100 millis", flush: (lines) => Console.log(lines.join("\n")) })
])
