// Where the catalog differs from that of the last release, a changeset has to say so. Prints what differs.
import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const run = (command, ...args) => spawnSync(command, args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 })
const git = (...args) => run("git", ...args)

const changesets = readdirSync(".changeset")
  .filter((name) => name.endsWith(".md") && name !== "README.md")
  .map((name) => readFileSync(join(".changeset", name), "utf8"))
const isSaid = changesets.some((text) => text.includes("@wechat/api"))

/** What has changed in the catalog since a release, as a changelog. */
const changesSince = (release) => {
  const folder = mkdtempSync(join(tmpdir(), "wechat-catalog-"))
  try {
    const archive = join(folder, "catalog.tar")
    git("archive", "--output", archive, release, "apis.yaml", "apis")
    run("tar", "-xf", archive, "-C", folder)
    const { status, stderr, stdout } = run(
      process.execPath,
      "--conditions=@wechat/source",
      "codegen/src/Main.ts",
      "diff",
      join(folder, "apis.yaml"),
      "apis.yaml"
    )
    if (status !== 0) throw new Error(stderr)
    return stdout.trim()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const release = git("describe", "--tags", "--match", "@wechat/api@*", "--abbrev=0").stdout.trim()
if (release === "") {
  console.log("nothing is released yet")
} else {
  const changes = changesSince(release)
  console.log(changes)
  if (!isSaid && !changes.endsWith("No changes.")) {
    console.error(`The catalog has changed since ${release}: add a changeset for @wechat/api (npm run dev changeset).`)
    process.exitCode = 1
  }
}
