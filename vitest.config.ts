import { availableParallelism } from "node:os"
import { env } from "node:process"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
import { BaseSequencer, type InlineConfig, type TestSpecification } from "vitest/node"
import { useMemory } from "./test/scratch.ts"

/**
 * Files to begin with: the long ones, since one of them at the end would run alone. Those that take a processor stand
 * between those that mostly wait. The first builds the command, which the next three do without.
 */
const first = [
  "Package",
  "ClaudeCodeFailures",
  "Behaviours",
  "test/ClaudeCode",
  "Storm",
  "RedisQueue",
  "SpendOfMany",
  "ReviewInTerminal",
  "Kubernetes",
  "RedisNodes",
  "Outage",
  "Clouds",
  "BadInput",
  "EndToEnd",
  "Doctor",
  "Poison",
  "Bundle",
  "RedisReplicas",
  "journeys/GitHubApp",
  "Kill",
  "RedisFailover",
  "journeys/Redis",
  "BadModel",
  "ReviewPullRequest",
  "RedisCluster",
  "journeys/Commands",
  "journeys/Docs",
  "Ci",
  "SecondAct",
  "Cases",
  "MemoryQueue",
  "GitLabKubernetes",
  "Rollout",
  "FivePushes",
  "HostileCluster",
  "CommandsOnGitLab",
  "journeys/ClaudeCode",
  "SqliteQueue",
  "Fuzz",
  "GitWorkspace",
  "Missed",
  "GitLabForge",
  "EverySetting",
  "RedisLooks",
  "RedisRaces",
  "GitLab",
  "forge/test/Fence"
]

/**
 * Files that mostly wait, for a program's time limit or a lost connection. Side by side they would leave the processors
 * idle: they are spread among the many short ones.
 */
const waiting = [
  "RunJob",
  "RateLimit",
  "Traces",
  "EmulatedServices",
  "ReconcileTrouble",
  "workspace/test/Process",
  "RedisSentinel",
  "ClaudeCodeLost",
  "llm/test/Anthropic",
  "ChatErrors",
  "KubeEmulator",
  "OpenAiErrors",
  "GoogleErrors",
  "Telemetry"
]

const placeOf = (names: ReadonlyArray<string>) => ({ moduleId }: TestSpecification) =>
  names.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`))

/** The files of `names`, in their order. */
const filesOf = (names: ReadonlyArray<string>, files: ReadonlyArray<TestSpecification>) => {
  const place = placeOf(names)
  return files.filter((file) => place(file) >= 0).toSorted((one, other) => place(one) - place(other))
}

/** Order of the files: those of `first`, then the others with those of `waiting` spread among them. */
class ByPlace extends BaseSequencer {
  override sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    return super.sort(files).then((sorted) => {
      const long = filesOf(first, sorted)
      const spread = filesOf(waiting, sorted)
      const others = sorted.filter((file) => !long.includes(file) && !spread.includes(file))
      // The shortest files are the last half: they stay for the end.
      const every = Math.max(1, Math.floor(others.length / 2 / (spread.length + 1)))
      return [
        ...long,
        ...others.flatMap((file, at) => [file, ...at % every === 0 ? spread.splice(0, 1) : []]),
        ...spread
      ]
    })
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
  // Tests of processes and servers mostly wait: with two workers more than processors, a tenth of these was idle.
  maxWorkers: availableParallelism() + 3,
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
