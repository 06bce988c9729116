import { readdirSync } from "node:fs"
import { availableParallelism } from "node:os"
import { env } from "node:process"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

/** Packages whose tests start `nominal-code`. */
const starting = ["cli"]

/** Packages of `make test-fast`. */
const pure = ["agent", "config", "domain", "forge", "llm", "review", "server"]

/** Files of these packages that start processes: programs, git beside our code, emulated forges. */
const startingProcesses = [
  "packages/agent/test/{ClaudeCode,SpendOfMany}*.test.ts",
  "packages/config/test/ConfigFile*.test.ts",
  "packages/domain/test/{DiffIndex,GitDiff,Hunk,IgnorePatterns}*.test.ts",
  "packages/forge/test/{Checks,Fence,Gate,GitHubForge,GitHubPosts,GitHubSideBySide,Relation,Requests}*.test.ts",
  "packages/forge/test/GitLab{Diffs,FailedJobs,Forge,Publish,Webhook}*.test.ts",
  "packages/server/test/Reconcile{,Changes,Comments,Trouble}.test.ts"
]

const others = readdirSync(new URL("packages", import.meta.url)).filter((name) =>
  !pure.includes(name) && !starting.includes(name)
)

const testsOf = (names: ReadonlyArray<string>) => names.map((name) => `packages/${name}/test/**/*.test.ts`)

// Workers and the programs that tests start compile what they import once.
env["NODE_COMPILE_CACHE"] ??= fileURLToPath(new URL("node_modules/.cache/compiled", import.meta.url))

export default defineConfig({
  test: {
    // Files share a worker's modules: importing Effect again for each took more time than the tests of most packages.
    isolate: false,
    // Tests of processes and servers mostly wait.
    maxWorkers: availableParallelism() + 2,
    // A project has workers of its own and transforms the sources for itself, so there is not one for each package.
    projects: [
      {
        extends: true as const,
        test: {
          name: "pure",
          include: testsOf(pure),
          exclude: startingProcesses,
          setupFiles: ["test/noProcess.ts"],
          // They wait for nothing, and each worker imports Effect and warms it up for itself.
          maxWorkers: availableParallelism(),
          sequence: { groupOrder: 1 },
          testTimeout: 120_000
        }
      },
      {
        extends: true as const,
        test: {
          name: "processes",
          include: [...testsOf(others), ...startingProcesses],
          testTimeout: 120_000
        }
      },
      {
        extends: true as const,
        test: {
          name: "journeys",
          include: [...testsOf(starting), "test/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 60_000,
          globalSetup: ["test/bundle.ts"]
        }
      }
    ]
  }
})
