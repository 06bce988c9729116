import { RepoPath } from "@nominal-code/domain/PullRequest"
import { Effect, Schema } from "effect"
import { decode } from "./Objects.ts"
import type { ToolContext } from "./tools/Reading.ts"
import * as Ripgrep from "./tools/Ripgrep.ts"
import { type WordHit, WorkspaceError } from "./Workspace.ts"

/** Limits of a search: bytes of its answer, and lines of one file. */
const MAX_BYTES = 2 * 1024 * 1024
const MAX_LINES_PER_FILE = 40

const options = [
  "--line-number",
  "--with-filename",
  "--no-heading",
  "--null",
  "--crlf",
  "--max-columns=400",
  "--max-filesize=1M",
  `--max-count=${MAX_LINES_PER_FILE}`,
  "--fixed-strings",
  "--word-regexp"
]

const isRepoPath = Schema.is(RepoPath)

/** Text that ripgrep shows for a line that is too long. */
const omitted = /^\[Omitted long (?:matching )?line/

const hitIn = (record: string): ReadonlyArray<WordHit> => {
  const [, path = "", line, text = ""] = /^(?:\.\/)?([^\0]+)\0(\d+):(.*)$/.exec(record) ?? []
  return line === undefined || !isRepoPath(path) || omitted.test(text) ? [] : [{ path, line: Number(line), text }]
}

/** Finds the lines of all files that hold one of the words as a whole word, by one process. Long lines are left out. */
export const words = Effect.fn("Search.words")(function*(reading: ToolContext, wanted: ReadonlyArray<string>) {
  if (wanted.length === 0) return []
  const args = [...options, ...wanted.flatMap((word) => ["-e", word]), "--", "."]
  const { stdout } = yield* Ripgrep.run("Search", reading.directory, args, MAX_BYTES).pipe(
    Effect.mapError(({ message }) => new WorkspaceError({ message, reason: "other" })),
    Effect.provide(reading.services)
  )
  return decode(stdout).split(/\r?\n/).flatMap(hitIn)
})
