import { readdirSync } from "node:fs"
import { defineConfig } from "vitest/config"

const packages = readdirSync(new URL("packages", import.meta.url))

export default defineConfig({
  test: {
    projects: [
      ...packages.map((name) => ({
        test: { name, include: [`packages/${name}/test/**/*.test.ts`], testTimeout: 120_000 }
      })),
      { test: { name: "journeys", include: ["test/**/*.test.ts"], testTimeout: 300_000, hookTimeout: 60_000 } }
    ]
  }
})
