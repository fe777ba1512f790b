/**
 * What `wechat-codegen` can be told to do.
 *
 * @since 0.1.0
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import * as Argument from "effect/cli/Argument"
import * as CliError from "effect/cli/CliError"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Changelog from "./Changelog.ts"
import * as Coverage from "./Coverage.ts"
import * as Diff from "./Diff.ts"
import * as Document from "./Document.ts"
import * as Generate from "./Generate.ts"
import * as OpenApi from "./OpenApi.ts"

const checked = (options: Generate.Options) =>
  Effect.map(Generate.check(options), (count) => `${count} files are up to date`)

const generated = (options: Generate.Options) =>
  Effect.map(
    Generate.generate(options),
    ({ files, removed, written }) => `wrote ${written} of ${files} files, removed ${removed}`
  )

const catalog = Argument.String("catalog").pipe(
  Argument.withDescription("A root file, such as apis.yaml, or a single group file")
)

const check = Flag.Boolean("check").pipe(Flag.withDefault(false))

const file = Flag.String("out").pipe(Flag.withAlias("o"), Flag.optional)

/** Says a text that ends with a line break. */
const print = (text: string) => Console.log(text.replace(/\n$/, ""))

// ---------------------------------------------------------------------------------------------------------------------
// Bindings
// ---------------------------------------------------------------------------------------------------------------------

const generate = Command.make(
  "wechat-codegen",
  {
    catalog,
    out: Flag.String("out").pipe(Flag.withAlias("o"), Flag.withDescription("The folder that generated files fill")),
    check: check.pipe(Flag.withDescription("Fail where generated files are not up to date, and write nothing")),
    core: Flag.String("core").pipe(
      Flag.withDefault("@wechat/core"),
      Flag.withDescription("The package whose Endpoint and Wire the output imports")
    ),
    callback: Flag.String("callback").pipe(
      Flag.withDefault("@wechat/callback"),
      Flag.withDescription("The package whose Event a catalog of pushes imports")
    )
  },
  Effect.fnUntraced(function* (options) {
    yield* Console.log(options.check ? yield* checked(options) : yield* generated(options))
  })
).pipe(Command.withDescription("Generates typed WeChat bindings from a YAML catalog"))

// ---------------------------------------------------------------------------------------------------------------------
// Changes
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Changes that break those who call, where that was not to be.
 *
 * @since 0.1.0
 */
export class Breaking extends Schema.TaggedError<Breaking>("@wechat/codegen/Breaking")("Breaking", {
  count: Schema.Int
}) {
  override get message(): string {
    return `${this.count} breaking ${this.count === 1 ? "change" : "changes"}`
  }
  override get [CliError.userMessage](): string {
    return this.message
  }
}

/** A folder stands for the root file in it. */
const rootIn = Effect.fnUntraced(function* (place: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const info = yield* fs.stat(place).pipe(Effect.option)
  return Option.isSome(info) && info.value.type === "Directory" ? path.join(place, "apis.yaml") : place
})

const readAt = (place: string) => Effect.flatMap(rootIn(place), (root) => Generate.read(root))

const diff = Command.make(
  "diff",
  {
    old: Argument.String("old").pipe(
      Argument.withDescription("The catalog as it was: a root file, a folder with an apis.yaml, or a single group file")
    ),
    new: Argument.String("new").pipe(Argument.withDescription("The catalog as it is, likewise")),
    json: Flag.Boolean("json").pipe(Flag.withDefault(false), Flag.withDescription("Print JSON instead of Markdown")),
    failOn: Flag.Literals("fail-on", ["breaking"]).pipe(
      Flag.optional,
      Flag.withDescription("End with 1 where a change breaks those who call")
    )
  },
  Effect.fnUntraced(function* ({ failOn, json, new: after, old }) {
    const changes = Diff.changes(yield* readAt(old), yield* readAt(after))
    yield* print(json ? Changelog.json(changes) : Changelog.markdown(changes))
    const count = Changelog.breaking(changes)
    if (Option.isSome(failOn) && count > 0) return yield* new Breaking({ count })
  })
).pipe(Command.withDescription("Prints what changed between two catalogs, and what of it breaks callers"))

// ---------------------------------------------------------------------------------------------------------------------
// OpenAPI
// ---------------------------------------------------------------------------------------------------------------------

const openapi = Command.make(
  "openapi",
  { catalog, out: file.pipe(Flag.withDescription("The file to write; printed where left out")) },
  Effect.fnUntraced(function* ({ catalog, out }) {
    const text = OpenApi.print(yield* Generate.read(catalog))
    if (Option.isNone(out)) return yield* print(text)
    yield* Document.write(out.value, text)
    yield* Console.log(`wrote ${out.value}`)
  })
).pipe(Command.withDescription("Prints an OpenAPI 3.1 document of a catalog"))

// ---------------------------------------------------------------------------------------------------------------------
// Coverage
// ---------------------------------------------------------------------------------------------------------------------

/** The page as it is to stand in a folder: its links are relative to that. */
const pageIn = Effect.fnUntraced(function* (catalog: string, folder: string) {
  const path = yield* Path.Path
  const model = yield* Generate.read(catalog)
  const root = path.dirname(catalog)
  return Coverage.markdown(model, (source) => path.relative(folder, path.join(root, source)).replaceAll("\\", "/"))
})

/** What is checked has to stand somewhere. */
const withoutOut = new CliError.ShowHelp({
  commandPath: ["wechat-codegen", "coverage"],
  errors: [new CliError.MissingOption({ option: "out" })]
})

const coverage = Command.make(
  "coverage",
  {
    catalog,
    out: file.pipe(Flag.withDescription("The page to write; printed where left out")),
    check: check.pipe(Flag.withDescription("Fail where the page is not up to date, and write nothing"))
  },
  Effect.fnUntraced(function* ({ catalog, check, out }) {
    const path = yield* Path.Path
    if (Option.isNone(out)) {
      if (check) return yield* withoutOut
      return yield* print(yield* pageIn(catalog, path.dirname(catalog)))
    }
    const text = yield* pageIn(catalog, path.dirname(out.value))
    yield* check ? Document.check(out.value, text) : Document.replace(out.value, text, Coverage.header)
    yield* Console.log(check ? `${out.value} is up to date` : `wrote ${out.value}`)
  })
).pipe(Command.withDescription("Prints a page of what a catalog covers, and of what it is known to lack"))

/**
 * The command with all that it can be told to do.
 *
 * @since 0.1.0
 */
export const all = generate.pipe(Command.withSubcommands([diff, openapi, coverage]))
