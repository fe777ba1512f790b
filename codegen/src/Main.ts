#!/usr/bin/env node
/**
 * The command `wechat-codegen`.
 *
 * @since 0.1.0
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Generate from "./Generate.ts"

const checked = (options: Generate.Options) =>
  Effect.map(Generate.check(options), (count) => `${count} files are up to date`)

const generated = (options: Generate.Options) =>
  Effect.map(
    Generate.generate(options),
    ({ files, removed, written }) => `wrote ${written} of ${files} files, removed ${removed}`
  )

const command = Command.make(
  "wechat-codegen",
  {
    catalog: Argument.String("catalog").pipe(
      Argument.withDescription("A root file, such as apis.yaml, or a single group file")
    ),
    out: Flag.String("out").pipe(Flag.withAlias("o"), Flag.withDescription("The folder that generated files fill")),
    check: Flag.Boolean("check").pipe(
      Flag.withDefault(false),
      Flag.withDescription("Fail where generated files are not up to date, and write nothing")
    ),
    core: Flag.String("core").pipe(
      Flag.withDefault("@wechat/core"),
      Flag.withDescription("The package whose Endpoint and Wire the output imports")
    )
  },
  Effect.fnUntraced(function* (options) {
    yield* Console.log(options.check ? yield* checked(options) : yield* generated(options))
  })
).pipe(Command.withDescription("Generates typed WeChat bindings from a YAML catalog"))

command.pipe(Command.run({ version: "0.1.0" }), Effect.provide(NodeServices.layer), NodeRuntime.runMain)
