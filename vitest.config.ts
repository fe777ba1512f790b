import { defineConfig } from "vitest/config"

// Run from the root (`vitest`) for all projects, or inside one package through turbo.
export default defineConfig({
  test: { projects: ["packages/*", "codegen", "examples/*", "bench", "faults"] }
})
