import { matchesGlob, relative } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))

/** Packages of which most tests start no process. */
const pure = ["agent", "config", "domain", "forge", "llm", "review", "server"]

/** Files of these packages that start processes: programs, git beside our code, emulated forges. */
export const startingProcesses = [
  "packages/agent/test/{ClaudeCode,SpendOfMany}*.test.ts",
  "packages/config/test/ConfigFile*.test.ts",
  "packages/domain/test/{DiffIndex,GitDiff,Hunk,IgnorePatterns}*.test.ts",
  "packages/forge/test/{Checks,Fence,Gate,GitHubForge,GitHubPosts,GitHubSideBySide,Relation,Requests}*.test.ts",
  "packages/forge/test/GitLab{Diffs,FailedJobs,Forge,Publish,Webhook}*.test.ts",
  "packages/server/test/Reconcile{,Changes,Comments,Trouble}.test.ts"
]

/** Tests of these packages, those that start processes among them. */
export const testsOfPure = pure.map((name) => `packages/${name}/test/**/*.test.ts`)

const isOf = (file: string, globs: ReadonlyArray<string>) =>
  globs.some((glob) => matchesGlob(relative(root, file), glob))

/** True for a file of tests that start `nominal-code`: the journeys, and those of its own package. */
export const startsCommand = (file: string): boolean => isOf(file, ["test/**", "packages/cli/test/**"])

/** True for a file of tests that may start no process: those of `make test-fast`. */
export const startsNone = (file: string): boolean => isOf(file, testsOfPure) && !isOf(file, startingProcesses)
