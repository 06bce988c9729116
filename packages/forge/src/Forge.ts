import type { ChangedFile } from "@nominal-code/domain/diff/Patch"
import type { Relation } from "@nominal-code/domain/event/Access"
import type {
  Platform,
  PullRequest,
  PullRequestRef,
  RepoName,
  RepoPath,
  Sha
} from "@nominal-code/domain/event/PullRequest"
import type { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import type { JobId } from "@nominal-code/domain/job/Job"
import type { RunNotWanted } from "@nominal-code/domain/job/RunStillWanted"
import type { CheckedCommit, CheckState } from "@nominal-code/domain/review/CommitCheck"
import type { Marker, ReviewMode } from "@nominal-code/domain/review/Marker"
import type { Discussion, PostedReview, ReviewDraft } from "@nominal-code/domain/review/Review"
import { Context, type Effect, type Option, type Redacted } from "effect"
import type { ForgeError } from "./ForgeError.ts"

/** Clone URL of a repository, and the credentials for it. The URL holds no secret. */
export interface CloneSource {
  readonly url: string
  readonly username: string
  readonly password: Redacted.Redacted
}

/** A review on the pull request that counts as the review of that commit. */
export interface ReviewedHead {
  readonly headSha: Sha
  readonly jobId: JobId
  readonly url?: string
}

/** Summary of a review, as it stands on the pull request. */
export interface PostedSummary {
  readonly kind: "review" | "comment" | "thread"
  readonly id: number
  readonly url: string
  readonly body: string
}

/** A discussion on a pull request, by the id that an event names it with. */
export interface Thread {
  readonly pullRequest: PullRequestRef
  readonly threadId: string
}

/** Posts of our own account on a pull request, read at one time for one job. */
export interface OwnPosts {
  /** The job's review. */
  readonly review: Option.Option<PostedReview>
  /** URL of the job's plain answer or notice. */
  readonly answer: Option.Option<string>
  /** Commits reviewed by any job, in the order of the posts. The review of a focused request does not count. */
  readonly reviewedHeads: ReadonlyArray<ReviewedHead>
  /** Summary of the newest review of a head, if it can be edited. */
  readonly summary: Option.Option<PostedSummary>
  /** Mode that our newest answer to `pause`, `ignore` or `resume` has set. */
  readonly mode: ReviewMode
}

/** Facts that an answer records in its marker. */
export type AnswerFacts = Pick<Marker, "mode" | "dismissed">

/** An issue that a pull request closes, or names in its title or text. */
export interface LinkedIssue {
  readonly number: number
  readonly title: string
  readonly body: string
}

/** Facts about a pull request beside its change. People wrote them. */
export interface PullRequestBackground {
  /** Those that our account may see; five at most. */
  readonly issues: ReadonlyArray<LinkedIssue>
  /** Names of the checks of its head that have failed, without our own. */
  readonly failedChecks: ReadonlyArray<string>
}

/** A pull request, read at one time for one job. */
export interface PullRequestView {
  readonly pullRequest: PullRequest
  /** Every comment on it, oldest first. */
  readonly discussions: ReadonlyArray<Discussion>
  readonly posts: OwnPosts
  /** Absent where the forge does not tell it in the same request. */
  readonly background?: PullRequestBackground
}

/** A code forge: reads pull requests and posts reviews. It knows nothing of queues, webhooks or models. */
export class Forge extends Context.Service<Forge, {
  readonly platform: Platform
  /** Acknowledges an event with an `eyes` reaction. */
  acknowledge(event: PullRequestEvent): Effect.Effect<void, ForgeError>
  /** The pull request as it is now. */
  pullRequest(ref: PullRequestRef): Effect.Effect<PullRequest, ForgeError>
  /** Present where positions of comments are made of the forge's own list of files. Else reviews take git's diff. */
  readonly reviewsOwnDiff?: true
  /** All changed files; a file whose diff the forge leaves out has no `patch`. Fails rather than returning a part. */
  changedFiles(ref: PullRequestRef): Effect.Effect<ReadonlyArray<ChangedFile>, ForgeError>
  /**
   * Everything that a run has to know at its begin, in as few requests as the forge allows. First it removes what
   * earlier runs left over, as `ownPosts` does. Each run of a job calls it first, and passes the posts to `publish` and
   * `reply`.
   */
  look(ref: PullRequestRef, jobId: JobId): Effect.Effect<PullRequestView, ForgeError | RunNotWanted>
  /**
   * Issues of its own repository that a pull request names in its title and text, without the `known` ones, those that
   * our account may not see, and confidential ones. It asks nothing where none is named.
   */
  linkedIssues(
    pullRequest: PullRequest,
    known: ReadonlyArray<LinkedIssue>
  ): Effect.Effect<ReadonlyArray<LinkedIssue>, ForgeError>
  /** Names of the checks of a head that have failed, without our own, where `look` does not tell them: else none. */
  failedChecks(pullRequest: PullRequest): Effect.Effect<ReadonlyArray<string>, ForgeError>
  /**
   * Posts of our own account. First it removes what earlier runs left over: unsubmitted drafts, and duplicates of a
   * post.
   */
  ownPosts(ref: PullRequestRef, jobId: JobId): Effect.Effect<OwnPosts, ForgeError | RunNotWanted>
  /**
   * Posts a review once, pinned to the reviewed commit: as a draft, which is submitted if the queue still wants this
   * run. A comment whose place the forge refuses is folded into the summary. It lands whole or it fails. A review without
   * comments that may stand in place of the newest summary is written over that, and counts as posted there.
   */
  publish(draft: ReviewDraft, known: OwnPosts): Effect.Effect<PostedReview, ForgeError | RunNotWanted>
  /**
   * Posts a plain answer to an event, once for each job, unless the job's review is there: then that is what it
   * returns, and no answer stands below it. `body` is final: redacted and neutralised.
   */
  reply(
    event: PullRequestEvent,
    jobId: JobId,
    body: string,
    known: OwnPosts,
    facts?: AnswerFacts
  ): Effect.Effect<Option.Option<PostedReview>, ForgeError | RunNotWanted>
  /**
   * Resolves a thread; one that is gone is left alone. Fails as forbidden where our account may not: GitHub lets an App
   * resolve threads only if it may write the repository's contents.
   */
  resolveThread(thread: Thread): Effect.Effect<void, ForgeError | RunNotWanted>
  /**
   * Posts a reply in a thread that says what became of the finding there, once for each job and finding, which the marker
   * names. False if the thread is gone or takes no reply. `body` is final.
   */
  settle(thread: Thread, body: string, marker: Marker): Effect.Effect<boolean, ForgeError | RunNotWanted>
  /**
   * Shows the state of a commit's review as a check on the commit, where the forge has such and lets us. It never fails,
   * takes ten seconds at most, and changes nothing else.
   */
  check(commit: CheckedCommit, state: CheckState): Effect.Effect<void>
  cloneSource(repo: RepoName): Effect.Effect<CloneSource, ForgeError>
  /**
   * Asks the forge's API for what git was refused: the repository's contents, with the same credentials. It fails as the
   * API does, which tells a limit from credentials that are refused or lack a permission. git's own 401 and 403 do not.
   */
  checkAccess(repo: RepoName): Effect.Effect<void, ForgeError>
  /** Text of a file at the tip of a branch; none where there is no such file. */
  file(repo: RepoName, branch: string, path: RepoPath): Effect.Effect<Option.Option<string>, ForgeError>
  /** Relation of an event's author to the repository, as the forge has it now. It may be five minutes old. */
  relation(event: PullRequestEvent): Effect.Effect<Relation, ForgeError>
  /** The ref under which the forge keeps a pull request's head, forks included: `refs/pull/7/head`. */
  headRef(ref: PullRequestRef): string
}>()("@nominal-code/forge/Forge") {}
