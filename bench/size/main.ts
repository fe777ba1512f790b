/** What an endpoint adds to a bundle, and what an import costs. */
import { execFileSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { fileURLToPath, pathToFileURL } from "node:url"
import { gzipSync } from "node:zlib"
import { rolldown } from "rolldown"

const entries = {
  "core alone": `import { WeChat } from "@wechat/core/WeChat"; import * as App from "@wechat/core/App"; import * as Endpoint from "@wechat/core/Endpoint"; import * as Wire from "@wechat/core/Wire"; console.log(WeChat.layer(App.common("x")), Endpoint.make, Wire.struct)`,
  "one endpoint": `import { WeChat } from "@wechat/core/WeChat"; import * as App from "@wechat/core/App"; import * as Endpoint from "@wechat/core/Endpoint"; import * as Wire from "@wechat/core/Wire"; import { getCallbackIp } from "@wechat/api/offiaccount/Token"; console.log(WeChat.layer(App.common("x")), Endpoint.make, Wire.struct, getCallbackIp)`
}

const bundle = async (code: string): Promise<{ readonly bytes: number; readonly zipped: number }> => {
  const build = await rolldown({
    input: "entry",
    platform: "node",
    resolve: { conditionNames: ["@wechat/source", "import", "default"] },
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === "entry" ? fileURLToPath(new URL("entry.ts", import.meta.url)) : null),
        load: (id) => (id.endsWith("/size/entry.ts") ? code : null)
      }
    ]
  })
  const { output } = await build.generate({ format: "esm", minify: true })
  await build.close()
  const text = output.map((chunk) => (chunk.type === "chunk" ? chunk.code : "")).join("")
  return { bytes: text.length, zipped: gzipSync(text).length }
}

/** A file that imports modules, in a folder from which they resolve. */
const importing = (name: string, modules: ReadonlyArray<string>): string => {
  const folder = fileURLToPath(new URL("../node_modules/.cache/size", import.meta.url))
  mkdirSync(folder, { recursive: true })
  const file = `${folder}/${name}.mjs`
  writeFileSync(file, modules.map((module) => `import ${JSON.stringify(module)}\n`).join(""))
  return pathToFileURL(file).href
}

/** Milliseconds that the import takes in a fresh process; the median of many. */
const importTime = (name: string, modules: ReadonlyArray<string>): number => {
  const program = `const began = performance.now(); await import(${JSON.stringify(importing(name, modules))}); console.log(performance.now() - began)`
  const times = Array.from({ length: 15 }, () =>
    Number(execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" }))
  )
  return times.toSorted((a, b) => a - b)[7] ?? 0
}

const core = ["WeChat", "App", "Endpoint", "Wire", "Credentials", "Settings"].map((name) => `@wechat/core/${name}`)

/** Sizes of bundles, and import times of the built packages (run `pnpm build` first). */
export const run = async (): Promise<void> => {
  const alone = await bundle(entries["core alone"])
  const one = await bundle(entries["one endpoint"])
  const kb = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`
  console.log(
    `bundles: core alone ${kb(alone.bytes)}, ${kb(alone.zipped)} gzipped; one endpoint adds ${one.bytes - alone.bytes} bytes`
  )
  const { endpoints } = await import("@wechat/api/Registry")
  const chapters = [...new Set(endpoints.map(({ group, product }) => `@wechat/api/${product}/${group}`))]
  const base = importTime("core", core)
  const registry = importTime("registry", [...core, "@wechat/api/Registry"])
  const all = importTime("all", [...core, ...chapters])
  console.log(
    `imports: core alone ${base.toFixed(0)} ms; with the registry of ${endpoints.length} endpoints ${(registry / base).toFixed(2)} times that, ` +
      `with all ${chapters.length} chapters ${(all / base).toFixed(2)} times`
  )
}
