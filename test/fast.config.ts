import { defineConfig } from "vitest/config"
import { workers } from "../vitest.config.ts"
import { startingProcesses, testsOfPure } from "./processes.ts"

/** The tests that start no process, of `make test-fast`. */
export default defineConfig({
  test: {
    ...workers,
    include: testsOfPure,
    exclude: startingProcesses,
    testTimeout: 120_000
  }
})
