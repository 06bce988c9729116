import { ChangedFile } from "@nominal-code/domain/diff/Patch"
import type { PullRequest } from "@nominal-code/domain/event/PullRequest"
import { ignoreMatcher } from "@nominal-code/domain/file/IgnorePatterns"
import type { Discussion } from "@nominal-code/domain/review/Review"
import type { ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import { Forge, type OwnPosts, type PullRequestBackground, type PullRequestView } from "@nominal-code/forge/Forge"
import type { ForgeError } from "@nominal-code/forge/ForgeError"
import { reviewedIn } from "@nominal-code/forge/JobPosts"
import type { Checkout } from "@nominal-code/workspace/Workspace"
import { Effect, Option } from "effect"
import type { ChangesSince } from "../prompt/LedgerPrompt.ts"
import { type Guidelines, guidelines } from "./Guidelines.ts"
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

/** Time that each read of the background may take of a review. */
const backgroundWithin = "30 seconds"

/** A part of the background. Where it cannot be read in time, the review goes without. */
const ifInTime = <A>(what: string, read: Effect.Effect<ReadonlyArray<A>, ForgeError>) =>
  read.pipe(
    Effect.catchTag(
      "ForgeError",
      ({ message }) => Effect.as(Effect.logWarning(`Reviewing without ${what}: ${message}`), [])
    ),
    Effect.timeoutOrElse({
      duration: backgroundWithin,
      orElse: () => Effect.as(Effect.logWarning(`Reviewing without ${what}: the forge did not answer`), [])
    })
  )

/** The background with what the first look at the pull request did not tell: issues that it names, and failed checks. */
const wholeBackground = Effect.fnUntraced(
  function*(pullRequest: PullRequest, known: PullRequestBackground | undefined) {
    const forge = yield* Forge
    const { failedChecks, issues } = known ?? { issues: [], failedChecks: [] }
    const [named, failed] = yield* Effect.all([
      ifInTime("the linked issues", forge.linkedIssues(pullRequest, issues)),
      ifInTime("the failed checks", forge.failedChecks(pullRequest))
    ], { concurrency: 2 })
    const background: PullRequestBackground = {
      failedChecks: [...failedChecks, ...failed],
      issues: [...issues, ...named]
    }
    return background.failedChecks.length + background.issues.length === 0 ? undefined : background
  }
)

/** Reads all that a review is made from. */
export const gather = Effect.fn("ReviewContext.gather")(function*(
  { background: known, discussions, posts, pullRequest }: PullRequestView,
  checkout: Checkout,
  settings: ReviewSettings
) {
  const isIgnored = ignoreMatcher(settings.ignorePatterns)
  const { all, background, commits, since } = yield* Effect.all({
    all: changedFiles(pullRequest, checkout),
    background: wholeBackground(pullRequest, known),
    commits: checkout.commits,
    since: changesSince(posts, checkout)
  }, { concurrency: 4 })
  const files = all.filter(({ path }) => !isIgnored(path))
  const context: ReviewContext = {
    pullRequest,
    checkout,
    files,
    ignored: all.length - files.length,
    since,
    commits,
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
