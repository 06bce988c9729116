import { ignoring } from "@nominal-code/domain/IgnorePatterns"
import { ChangedFile } from "@nominal-code/domain/Patch"
import type { PullRequest } from "@nominal-code/domain/PullRequest"
import type { Discussion } from "@nominal-code/domain/Review"
import type { ReviewSettings } from "@nominal-code/domain/ReviewSettings"
import { Forge, type OwnPosts, type PullRequestBackground, type PullRequestView } from "@nominal-code/forge/Forge"
import { reviewedIn } from "@nominal-code/forge/JobPosts"
import type { Checkout } from "@nominal-code/workspace/Workspace"
import { Effect, Option } from "effect"
import { type Guidelines, guidelines } from "./Guidelines.ts"
import type { ChangesSince } from "./LedgerPrompt.ts"
import { readRules, type RepositoryRules } from "./Rules.ts"

/** Everything that a review is made from. */
export interface ReviewContext {
  readonly pullRequest: PullRequest
  readonly checkout: Checkout
  /** The changed files, without the ignored ones. */
  readonly files: ReadonlyArray<ChangedFile>
  /** Number of files that the ignore patterns took away. */
  readonly ignored: number
  /** Changes since the last review of the head, if that can be told. */
  readonly since?: ChangesSince | undefined
  /** Subjects of the commits, oldest first. */
  readonly commits: ReadonlyArray<string>
  /** Every comment, ours included, oldest first; empty where they are not to be read. */
  readonly discussions: ReadonlyArray<Discussion>
  readonly guidelines: Guidelines
  /** Linked issues and failed checks; absent where the forge does not tell them. */
  readonly background?: PullRequestBackground
  readonly rules: RepositoryRules
}

/**
 * The files of git's diff, or the forge's where it makes its positions of them. Hunks that the forge leaves out come from
 * git; and so does everything when the forge shows another commit than the reviewed one, or refuses to list so many files.
 */
const changedFiles = Effect.fnUntraced(function*(pullRequest: PullRequest, checkout: Checkout) {
  const forge = yield* Forge
  if (forge.reviewsOwnDiff !== true || pullRequest.headSha !== checkout.headSha) return yield* checkout.changedFiles
  const listed = yield* Effect.catchReason(
    forge.changedFiles(pullRequest.ref),
    "ForgeError",
    "Refused",
    () => checkout.changedFiles
  )
  if (listed.every(({ patch }) => patch !== undefined)) return listed
  const patches = new Map((yield* checkout.changedFiles).map(({ patch, path }) => [path, patch]))
  return listed.map((file) => {
    const patch = file.patch ?? patches.get(file.path)
    return patch === undefined ? file : new ChangedFile({ ...file, patch })
  })
})

/** Changes since the commit that the newest summary is of. A commit that is gone costs this part only. */
const changesSince = Effect.fnUntraced(function*({ summary }: OwnPosts, checkout: Checkout) {
  const headSha = Option.flatMap(summary, ({ body }) => Option.fromUndefinedOr(reviewedIn(body)[0]))
  if (Option.isNone(headSha)) return undefined
  const files = yield* Effect.orElseSucceed(checkout.since(headSha.value), () => Option.none())
  return Option.match(files, { onNone: () => undefined, onSome: (files) => ({ headSha: headSha.value, files }) })
})

/** Time that the issues may take of a review. */
const issuesWithin = "30 seconds"

/**
 * The background with the issues that the pull request names, too. Where they cannot be read in time, the review goes
 * without.
 */
const withLinkedIssues = Effect.fnUntraced(
  function*(pullRequest: PullRequest, background: PullRequestBackground | undefined) {
    const { failedChecks, issues } = background ?? { issues: [], failedChecks: [] }
    const named = yield* (yield* Forge).linkedIssues(pullRequest, issues).pipe(
      Effect.catchTag(
        "ForgeError",
        ({ message }) => Effect.as(Effect.logWarning(`Reviewing without the linked issues: ${message}`), [])
      ),
      Effect.timeoutOrElse({
        duration: issuesWithin,
        orElse: () => Effect.as(Effect.logWarning("Reviewing without the linked issues: the forge did not answer"), [])
      })
    )
    return named.length === 0 ? background : { failedChecks, issues: [...issues, ...named] }
  }
)

/** Reads all that a review is made from. */
export const gather = Effect.fn("ReviewContext.gather")(function*(
  { background: known, discussions, posts, pullRequest }: PullRequestView,
  checkout: Checkout,
  settings: ReviewSettings
) {
  const isIgnored = ignoring(settings.ignorePatterns)
  const all = yield* changedFiles(pullRequest, checkout)
  const files = all.filter(({ path }) => !isIgnored(path))
  const background = yield* withLinkedIssues(pullRequest, known)
  const context: ReviewContext = {
    pullRequest,
    checkout,
    files,
    ignored: all.length - files.length,
    since: yield* changesSince(posts, checkout),
    commits: yield* checkout.commits,
    discussions: settings.ignoreExistingComments ? [] : discussions,
    ...(background === undefined ? {} : { background }),
    guidelines: yield* guidelines(checkout, settings, files.map(({ path }) => path)),
    rules: yield* readRules(checkout, files.map(({ path }) => path))
  }
  return context
})

/** Reason why there is nothing to review, or `undefined`. */
export const nothingToReview = ({ files, ignored }: ReviewContext): string | undefined => {
  if (files.length === 0) {
    return ignored === 0
      ? "the diff is empty"
      : `every changed file (${ignored}) matches reviewer.ignore_patterns`
  }
  return files.some(({ patch, previousPath }) => patch !== undefined || previousPath !== undefined)
    ? undefined
    : "nothing but binary files, file modes or submodules has changed"
}
