import { readdirSync } from "node:fs"
import { availableParallelism } from "node:os"
import { env } from "node:process"
import { defineConfig } from "vitest/config"

const packages = readdirSync(new URL("packages", import.meta.url))

/** Packages whose tests start `nominal-code`. */
const starting = new Set(["cli"])

/** `make test-fast`: tests that start no process, which `test/noProcess.ts` sees to. */
const fast = env["NOMINAL_FAST"] === "1"

/** Files of the packages of `make test-fast` that start processes: programs, git beside our code, emulated forges. */
const startingProcesses = [
  "packages/agent/test/{ClaudeCode,SpendOfMany}*",
  "packages/config/test/ConfigFile*",
  "packages/domain/test/{DiffIndex,GitDiff,Hunk,IgnorePatterns}*",
  "packages/forge/test/{Checks,Fence,Gate,GitHubForge,GitHubPosts,Relation,Requests}*",
  "packages/forge/test/GitLab{Diffs,Forge,Publish,Webhook}*",
  "packages/server/test/Reconcile.*"
]

export default defineConfig({
  test: {
    setupFiles: fast ? ["test/noProcess.ts"] : [],
    exclude: ["**/node_modules/**", ...fast ? startingProcesses : []],
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
