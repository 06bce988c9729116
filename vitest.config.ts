import { availableParallelism } from "node:os"
import { env } from "node:process"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
import { BaseSequencer, type InlineConfig, type TestSpecification } from "vitest/node"
import { useMemory } from "./test/scratch.ts"

/**
 * Files to begin with: the long ones, since one of them at the end would run alone. Those that take a processor stand
 * between those that mostly wait, for a program's time limit or a lost connection. Side by side, the latter leave the
 * processors idle.
 */
const first = [
  // The first builds the command; the next three need none, and mostly wait.
  "Package",
  "ClaudeCodeFailures",
  "SpendOfMany",
  "RedisNodes",
  "Storm",
  "ReviewInTerminal",
  "Kubernetes",
  "BadModel",
  "Outage",
  "BadInput",
  "EndToEnd",
  "Poison",
  "Bundle",
  "journeys/GitHubApp",
  "Kill",
  "journeys/Redis",
  "test/ClaudeCode",
  "ReviewPullRequest",
  "RedisCluster",
  "journeys/Commands",
  "Behaviours",
  "journeys/Docs",
  "Ci",
  "SecondAct",
  "Cases",
  "Clouds",
  "MemoryQueue",
  "GitLabKubernetes",
  "Rollout",
  "Doctor",
  "FivePushes",
  "RedisReplicas",
  "HostileCluster",
  "CommandsOnGitLab",
  "journeys/ClaudeCode",
  "RedisFailover",
  "RedisQueue",
  "RunJob",
  "SqliteQueue",
  "RateLimit",
  "Fuzz",
  "Traces",
  "GitWorkspace",
  "EmulatedServices",
  "Missed",
  "ReconcileTrouble",
  "GitLabForge",
  "EverySetting",
  "RedisLooks",
  "RedisRaces",
  "GitLab",
  "forge/test/Fence"
]

/** Order of the files: those of `first`, then the others. */
class ByPlace extends BaseSequencer {
  override sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = first.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`))
      return at < 0 ? first.length : at
    }
    return super.sort(files).then((sorted) => sorted.toSorted((one, other) => place(one) - place(other)))
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

/** Options of the workers, for whichever tests run. */
export const workers = {
  // Files share a worker's modules: importing Effect again for each took more time than the tests of most packages.
  isolate: false,
  runner: "test/Runner.ts",
  // Four workers have two cores: threads of their garbage collectors would only take these from each other.
  // Nor does V8's slow compiler pay before a function is really hot: most of them live for a minute.
  execArgv: ["--single-threaded-gc", "--min-semi-space-size=32", "--invocation-count-for-turbofan=20000"],
  // Tests of processes and servers mostly wait. One group of all projects: no worker idles while another one's last
  // file of a project runs.
  maxWorkers: availableParallelism() + 2,
  sequence: { sequencer: ByPlace },
  setupFiles: ["test/warnings.ts"]
} satisfies InlineConfig

export default defineConfig({
  test: {
    ...workers,
    include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
    globalSetup: ["test/bundle.ts"],
    testTimeout: 300_000,
    hookTimeout: 60_000
  }
})
