import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/nodes/**/*.nodes.ts"],
    root: ".",
    globalSetup: ["test/bundle.ts"],
    runner: "test/Runner.ts",
    testTimeout: 600_000,
    hookTimeout: 600_000,
    reporters: ["verbose"]
  }
})
