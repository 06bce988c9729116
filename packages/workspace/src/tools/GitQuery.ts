/** Shared parts of the git tools: their inputs' schemas, and a bounded answer from a fixed command. */
import { RepoPath, type Sha } from "@nominal-code/domain/event/PullRequest"
import { Effect, Option, Schema } from "effect"
import { Git, type GitError } from "../Git.ts"
import * as Objects from "../Objects.ts"
import { ToolError } from "../Tool.ts"
import { bounded, MAX_CHARACTERS, type Page, paged, type ToolContext } from "./Reading.ts"

/** Name of a commit, which git cannot take for an option or for another pull request's branch. */
export const Revision = Schema.String.check(
  Schema.isPattern(/^(?:(?:HEAD|BASE)(?:~\d{1,4})?|[0-9a-f]{7,64})$/, {
    message: "Expected HEAD, HEAD~n, BASE, BASE~n, or 7 to 64 hex digits of a commit"
  })
)

export const Line = Schema.Int.check(Schema.isGreaterThan(0))

export const FilePath = Schema.NonEmptyString

const TIMEOUT_SECONDS = 30

const refused = (error: GitError) => new ToolError({ message: error.message })

/** Fields of an input that asks for a part of an answer. */
export const pageFields = {
  offset: Schema.optionalKey(Line.annotate({ description: "The first line of the answer. Default: 1." })),
  limit: Schema.optionalKey(Line)
}

/** Bytes of an answer of which a later part is shown. */
const MAX_PAGED_BYTES = 16 * 1024 * 1024

/** Runs a git command that only reads, and bounds what it answers. */
export const answer = Effect.fnUntraced(
  function*(reading: ToolContext, args: ReadonlyArray<string>, whenEmpty: string, page?: Page) {
    const git = yield* Git
    const output = yield* Effect.mapError(
      git.run(args, {
        gitDir: reading.gitDir,
        timeoutSeconds: TIMEOUT_SECONDS,
        maxBytes: page?.offset === undefined ? 4 * MAX_CHARACTERS : MAX_PAGED_BYTES,
        overflow: "cut"
      }),
      refused
    )
    const text = Objects.decode(output.stdout).replace(/\n+$/, "")
    if (text === "") return whenEmpty
    return page === undefined ? bounded(text, output.cut) : paged(text.split("\n"), page, output.cut)
  }
)

/** True for an ancestor of the pull request's head or base. The mirror holds other pull requests' commits too. */
const isOurs = Effect.fnUntraced(function*({ commits, gitDir }: ToolContext, sha: Sha) {
  if (sha === commits.head || sha === commits.base || sha === commits.mergeBase) return true
  for (const tip of new Set([commits.head, commits.base])) {
    if (yield* Effect.mapError(Objects.isAncestor(gitDir, sha, tip), refused)) return true
  }
  return false
})

/** The commit that a revision names, if the pull request may see it. */
export const commitOf = Effect.fnUntraced(function*(reading: ToolContext, field: string, revision: string) {
  const { commits, objects } = reading
  const spelled = revision.replace(/^HEAD/, commits.head).replace(/^BASE/, commits.mergeBase)
  const unknown = new ToolError({ message: `${field}: ${revision} is not a commit in this pull request's history.` })
  const sha = yield* Effect.mapError(Objects.commitOf(objects, spelled), () => unknown)
  return (yield* isOurs(reading, sha)) ? sha : yield* unknown
})

/** Size above which git is not asked about a file's lines: it holds the file, and more for each of its versions. */
const MAX_FILE_BYTES = 4 * 1024 * 1024

/** Refuses a question about the lines of a file that is too large for it. */
export const ensureSmall = Effect.fnUntraced(
  function*({ objects }: ToolContext, commit: Sha, path: string) {
    const file = yield* Effect.option(Schema.decodeEffect(RepoPath)(path))
    if (Option.isNone(file)) return
    const entry = yield* objects.entry(commit, file.value)
    if (Option.isNone(entry)) return
    const { size } = Option.getOrElse(yield* objects.info(entry.value.id), () => ({ size: 0 }))
    if (size > MAX_FILE_BYTES) {
      return yield* new ToolError({
        message: `path: ${path} has ${size} bytes, and changes of lines are shown up to ${MAX_FILE_BYTES}.`
      })
    }
  },
  Effect.catchTag("GitError", (error) => Effect.fail(refused(error)))
)

/** Lines `start` to `end` of a file as git's `-L` wants them; none when no line is named. */
export const lineRange = Effect.fnUntraced(function*(input: {
  readonly start_line?: number | undefined
  readonly end_line?: number | undefined
}) {
  const { end_line: end, start_line: start } = input
  if (start === undefined && end === undefined) return undefined
  if (start === undefined) {
    return yield* new ToolError({ message: "start_line: expected a line, because end_line is given." })
  }
  if (end !== undefined && end < start) {
    return yield* new ToolError({ message: `end_line: expected a line from ${start} on, which is start_line.` })
  }
  return `${start},${end ?? start}`
})
