import { readdirSync } from "node:fs"
import { availableParallelism } from "node:os"
import { env } from "node:process"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"
import { useMemory } from "./test/scratch.ts"

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

/**
 * Files of each project to begin with: the long ones, since one of them at the end would run alone. Those that take a
 * processor stand between those that mostly wait, for a program's time limit or a lost connection. Side by side, the
 * latter leave the processors idle.
 */
const first = [
  // journeys
  "Package",
  "Storm",
  "ReviewInTerminal",
  "Kubernetes",
  "Outage",
  "BadInput",
  "EndToEnd",
  "Cases",
  // processes
  "ClaudeCodeFailures",
  "ClaudeCode",
  "SpendOfMany",
  "RedisRaces",
  "forge/test/Fence",
  "RedisNodes",
  "MemoryQueue",
  "KubeStreams",
  "SqliteQueue",
  "KubernetesRunner",
  "RedisQueue",
  "RedisCluster",
  "RedisReplicas",
  "server/test/Reconcile",
  "Mirror",
  "GitLabForge",
  "GitWorkspace",
  "KubeWatches",
  "RedisLooks",
  "LocalChanges",
  "ReconcileTrouble",
  "RedisSpace",
  "RedisFailover",
  // pure
  "Clouds",
  "Behaviours",
  "EverySetting",
  "ReadPayloads",
  "EmulatedServices",
  "SuggestionSyntax",
  "Sanitise",
  "llm/test/Anthropic",
  "LongContext",
  "OpenAiErrors",
  "GitHubPublish",
  "GoogleErrors",
  "Passes",
  "DiffBudget",
  "ChatErrors"
]

/** Order of the files: journeys, then what starts other processes, then what starts none. */
class ByPlace extends BaseSequencer {
  override sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = first.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`))
      return at < 0 ? first.length : at
    }
    const byName = ({ project: { name: one } }: TestSpecification, { project: { name } }: TestSpecification) =>
      one < name ? -1 : one > name ? 1 : 0
    return super.sort(files).then((sorted) =>
      sorted.toSorted((one, other) => byName(one, other) || place(one) - place(other))
    )
  }
}

// Workers and the programs that tests start compile what they import once.
env["NODE_COMPILE_CACHE"] ??= fileURLToPath(new URL("node_modules/.cache/compiled", import.meta.url))

// As in the image, glibc gives memory back. It kept half of a worker's 600 MB, and each start of a program copies the
// page tables of all of it: a third of the kernel's time in git's tests.
env["MALLOC_ARENA_MAX"] ??= "1"
env["MALLOC_MMAP_THRESHOLD_"] ??= "131072"
env["MALLOC_TRIM_THRESHOLD_"] ??= "131072"

useMemory()

export default defineConfig({
  test: {
    // Files share a worker's modules: importing Effect again for each took more time than the tests of most packages.
    isolate: false,
    // Four workers have two cores: threads of their garbage collectors would only take these from each other.
    // Nor does V8's slow compiler pay before a function is really hot: most of them live for a minute.
    execArgv: ["--single-threaded-gc", "--min-semi-space-size=32", "--invocation-count-for-turbofan=20000"],
    // Tests of processes and servers mostly wait. One group of all projects: no worker idles while another one's last
    // file of a project runs.
    maxWorkers: availableParallelism() + 2,
    sequence: { sequencer: ByPlace },
    setupFiles: ["test/warnings.ts"],
    // A project has workers of its own and transforms the sources for itself, so there is not one for each package.
    projects: [
      {
        extends: true as const,
        test: {
          name: "pure",
          include: testsOf(pure),
          exclude: startingProcesses,
          setupFiles: ["test/noProcess.ts"],
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
