/** Writes every TypeScript block of the READMEs to a file of its own, for the compiler to judge. */
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../..", import.meta.url))
const out = fileURLToPath(new URL("blocks", import.meta.url))
const pages = ["README*.md", "packages/*/README.md", "codegen/README.md", "examples/*/README.md", "bench/README.md"]

rmSync(out, { recursive: true, force: true })
mkdirSync(out)
let count = 0
for (const page of globSync(pages, { cwd: root })) {
  const text = readFileSync(`${root}/${page}`, "utf8")
  for (const [, block = ""] of text.matchAll(/^```ts\n([^]*?)^```/gm)) {
    const name = `${page.replaceAll(/[^A-Za-z0-9]+/g, "-")}-${++count}.ts`
    // What a reader's own project would have generated is here generated already.
    const own = block.replaceAll(/"\.\/wechat\/(\w+)\.js"/g, '"@wechat/api/offiaccount/$1"')
    // A block without imports is a script to the compiler, and its names would clash with the others'.
    writeFileSync(`${out}/${name}`, `${own}\nexport {}\n`)
  }
}
if (count === 0) throw new Error("no block was found")
console.log(`${count} blocks`)
