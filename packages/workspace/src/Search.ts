import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { Effect, RegExp as Regex, Schema } from "effect"
import { Git, GitError } from "./Git.ts"
import { decode } from "./Objects.ts"
import * as FileSearch from "./tools/FileSearch.ts"
import type { ToolContext } from "./tools/Reading.ts"
import type { WordHit } from "./Workspace.ts"

/** Limits of a search: bytes of its answer, lines of one file, characters of a line, and its time. */
const MAX_BYTES = 2 * 1024 * 1024
const MAX_LINES_PER_FILE = 40
const MAX_LINE = 400
const TIMEOUT_SECONDS = 30

const options = [
  "--no-color",
  "--line-number",
  "--null",
  // No binary files.
  "-I",
  `--max-count=${MAX_LINES_PER_FILE}`,
  "--extended-regexp",
  "--word-regexp",
  "--no-recurse-submodules"
]

/**
 * One expression of all words. git looks for each of several patterns up to the end of the file, at every line in which
 * one of them begins a longer word: 50,000 such lines took minutes.
 */
const anyOf = (wanted: ReadonlyArray<string>): string => wanted.map(Regex.escape).join("|")

const isRepoPath = Schema.is(RepoPath)

/** Reads a line of git's answer, behind its commit: the path, the line's number and its text. */
const hitIn = (record: string): ReadonlyArray<WordHit> => {
  const [, path = "", line, text = ""] = /^([^\0]+)\0(\d+)\0(.*?)\r?\n?$/s.exec(record) ?? []
  return line === undefined || !isRepoPath(path) || text.length > MAX_LINE ? [] : [{ path, line: Number(line), text }]
}

/** Searches by ripgrep, which is given no large file. */
const byRipgrep = Effect.fnUntraced(function*(reading: ToolContext, wanted: ReadonlyArray<string>) {
  const args = ["--word-regexp", `--max-columns=${MAX_LINE}`, "-e", anyOf(wanted)]
  const { lines } = yield* FileSearch.search(reading, yield* reading.listing, {
    tool: "The search",
    args,
    maxBytes: MAX_BYTES
  })
  return lines.flatMap(({ line, path, text }) => isRepoPath(path) ? [{ path, line, text }] : [])
}, Effect.mapError(({ message }) => new GitError({ reason: "other", message })))

/** Finds the lines of all files that hold one of the words as a whole word, by one process. Long lines are left out. */
export const words = Effect.fn("Search.words")(function*(reading: ToolContext, wanted: ReadonlyArray<string>) {
  if (wanted.length === 0) return []
  const git = yield* Git
  const args = ["grep", ...options, "-e", anyOf(wanted), reading.commits.head, "--"]
  const found = git.run(args, {
    gitDir: reading.gitDir,
    timeoutSeconds: TIMEOUT_SECONDS,
    maxBytes: MAX_BYTES,
    overflow: "cut",
    answers: [1]
  })
  return yield* found.pipe(
    // A path may hold line breaks, but not the commit that it is in.
    Effect.map(({ stdout }) => decode(stdout).split(new RegExp(`^${reading.commits.head}:`, "m")).flatMap(hitIn)),
    // git fails at a file that is larger than the memory that we give it, and may call it corrupt.
    Effect.catchIf(({ reason }) => reason !== "timeout", () => byRipgrep(reading, wanted))
  )
})
