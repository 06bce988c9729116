import { readdirSync } from "node:fs"
import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"

const packages = readdirSync(new URL("packages", import.meta.url))

/** Packages whose tests start `nominal-code`. */
const starting = new Set(["cli"])

export default defineConfig({
  test: {
    // Files share a worker's modules: importing Effect again for each took more time than the tests of most packages.
    isolate: false,
    // Tests of processes and servers mostly wait.
    maxWorkers: availableParallelism() + 2,
    projects: [
      ...packages.map((name) => ({
        extends: true as const,
        test: {
          name,
          include: [`packages/${name}/test/**/*.test.ts`],
          testTimeout: 120_000,
          globalSetup: starting.has(name) ? ["test/bundle.ts"] : []
        }
      })),
      {
        extends: true as const,
        test: {
          name: "journeys",
          include: ["test/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 60_000,
          globalSetup: ["test/bundle.ts"]
        }
      }
    ]
  }
})
