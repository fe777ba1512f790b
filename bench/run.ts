/** `pnpm bench [call | accounts | size | hub | push | storage] ...`: prints figures; fails on nothing that a clock says. */
const [name = "all", ...rest] = process.argv.slice(2)

const benches = ["call", "accounts", "size", "hub", "push", "storage"]
if (name !== "all" && !benches.includes(name)) {
  console.error(`There is no bench ${name}: ${benches.join(", ")}.`)
  process.exit(1)
}
for (const bench of name === "all" ? benches : [name]) {
  const { run } = await import(`./${bench}/main.ts`)
  await run(rest)
}
