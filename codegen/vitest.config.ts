import { mergeConfig } from "vitest/config"
import shared from "../vitest.shared.ts"

// No test changes what modules hold, so files share their workers: that halves the time spent on imports.
export default mergeConfig(shared, { test: { isolate: false } })
