import { readdirSync } from "node:fs"
import { matchesGlob, relative } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))

/** Packages whose tests start `nominal-code`, as the journeys do. */
export const startingCommand = ["cli"]

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

export const testsOf = (names: ReadonlyArray<string>) => names.map((name) => `packages/${name}/test/**/*.test.ts`)

/** Tests of these packages, those that start processes among them. */
export const testsOfPure = testsOf(pure)

/** Tests of all packages but those that start `nominal-code`. */
export const testsOfPackages = testsOf(
  readdirSync(`${root}packages`).filter((name) => !startingCommand.includes(name))
)

/** True for a file of tests that may start no process: those of `make test-fast`. */
export const startsNone = (file: string): boolean => {
  const isOf = (globs: ReadonlyArray<string>) => globs.some((glob) => matchesGlob(relative(root, file), glob))
  return isOf(testsOfPure) && !isOf(startingProcesses)
}
