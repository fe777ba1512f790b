// The door to this repository on a machine that has only Node >= 18 and npm:
//   node scripts/dev.mjs start        installs, then runs the quick start
//   node scripts/dev.mjs test         installs, then runs every check, step by step
//   node scripts/dev.mjs <anything>   installs, then runs pnpm with these words
// pnpm comes from npm at the version below. pnpm puts the Node that package.json pins (node-linux-*) in front of PATH,
// so that scripts, turbo tasks and test workers run on it, whatever Node started this file.
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const pnpmVersion = "12.21.0"
const oldest = [22, 19]

const env = {
  ...process.env,
  TURBO_TELEMETRY_DISABLED: "1",
  TURBO_NO_UPDATE_NOTIFIER: "1",
  npm_config_update_notifier: "false",
  npm_config_loglevel: "error"
}

// --yes: an npmrc may say yes=false. --prefer-offline: a warm start must not wait for a registry.
const pnpm = (...words) => {
  const args = [
    "--yes",
    "--prefer-offline",
    "--loglevel=error",
    `--package=pnpm@${pnpmVersion}`,
    "--",
    "pnpm",
    ...words
  ]
  const shell = process.platform === "win32"
  return spawnSync("npx", args, { cwd: root, env, stdio: "inherit", shell }).status ?? 1
}

const say = (text) => process.stdout.write(`${text}\n`)
const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`

const step = (name, ...words) => {
  say(`\n> ${name}`)
  const began = performance.now()
  const status = pnpm(...words)
  if (status !== 0) {
    say(`\n✗ ${name} failed (pnpm ${words.join(" ")})`)
    process.exit(status)
  }
  say(`✓ ${name}, ${seconds(began)}`)
}

// Where package.json brings no Node for this platform, the user's own has to be new enough.
const checkNode = () => {
  if (process.platform === "linux" && (process.arch === "x64" || process.arch === "arm64")) return
  const [major, minor] = process.versions.node.split(".").map(Number)
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return
  say(
    `Node ${oldest.join(".")} or later is needed on ${process.platform}, and this is ${process.version}. Install Node 24 from nodejs.org.`
  )
  process.exit(1)
}

// The lock file is reviewed in this repository; its hashes are still checked on download. The first time shows progress.
const install = () => {
  const quiet = existsSync(`${root}/node_modules`) ? ["--loglevel=warn"] : []
  step("install", "install", "--frozen-lockfile", "--trust-lockfile", ...quiet)
}

const checks = [
  ["generated code is up to date", "codegen", "--check"],
  ["generated pushes are up to date", "run", "codegen:events", "--check"],
  ["the coverage page is up to date", "coverage", "--check"],
  ["changes of the catalog have a changeset", "run", "check:changeset"],
  ["build", "run", "build"],
  ["types", "run", "check"],
  ["Effect rules", "run", "check:effect"],
  ["format and lint", "run", "lint"],
  ["tests", "exec", "vitest", "run"],
  ["packages", "run", "check:packages"],
  ["examples", "run", "check:examples"]
]

const changesPackages = ["install", "i", "add", "remove", "rm", "update", "up", "dedupe", "approve-builds"]

const [command = "test", ...rest] = process.argv.slice(2)
checkNode()
if (changesPackages.includes(command)) process.exit(pnpm(command, ...rest))
const began = performance.now()
install()
if (command === "start") {
  process.exit(pnpm("--silent", "--filter", "./examples/quickstart", "start", ...rest))
} else if (command === "test") {
  for (const check of checks) step(...check)
  say(`\n✓ all ${checks.length} checks passed in ${seconds(began)}`)
} else {
  process.exit(pnpm(command, ...rest))
}
