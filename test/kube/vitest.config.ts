import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/kube/**/*.kube.ts"],
    root: ".",
    globalSetup: ["test/bundle.ts"],
    runner: "test/Runner.ts",
    testTimeout: 300_000,
    hookTimeout: 300_000,
    fileParallelism: false,
    reporters: ["verbose"]
  }
})
