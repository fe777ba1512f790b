// Checks sources with the TypeScript build that carries Effect's diagnostics, without patching node_modules: pnpm
// hard-links them from a store that other projects share.
import { execFileSync, spawnSync } from "node:child_process"

const shell = process.platform === "win32"
const tsc = execFileSync("effect-tsgo", ["get-exe-path"], { encoding: "utf8", shell }).trim()
const projects = [
  "packages/core",
  "packages/storage-memory",
  "packages/storage-sqlite",
  "packages/storage-redis",
  "packages/storage-hub",
  "packages/callback",
  "packages/hub",
  "packages/web",
  "packages/undici",
  "packages/testing",
  "codegen"
]

const failed = projects.filter(
  (project) => spawnSync(tsc, ["-p", `${project}/tsconfig.build.json`, "--noEmit"], { stdio: "inherit" }).status !== 0
)
process.exitCode = failed.length > 0 ? 1 : 0
