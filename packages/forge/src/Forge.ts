import type { JobId } from "@nominal-code/domain/Job"
import type { ChangedFile } from "@nominal-code/domain/Patch"
import type { Platform, PullRequest, PullRequestRef, RepoName, Sha } from "@nominal-code/domain/PullRequest"
import type { PullRequestEvent } from "@nominal-code/domain/PullRequestEvent"
import type { Discussion, PostedReview, ReviewDraft } from "@nominal-code/domain/Review"
import type { RunNotWanted } from "@nominal-code/domain/RunStillWanted"
import { Context, type Effect, type Option, type Redacted } from "effect"
import type { ForgeError, WebhookError } from "./ForgeError.ts"

/** A webhook request as it came over the wire. Header names are lower-case. */
export interface WebhookRequest {
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
}

/** A delivery that is understood: its id, and the event in it or why there is none for us. */
export interface Delivery {
  readonly id: string
  readonly event: Option.Option<PullRequestEvent>
  /** Where there is no event: what was delivered and why it is none of our business. */
  readonly ignored: string
}

/** Where git finds a repository, and what it has to show there. The URL holds no secret. */
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

/** What our own account has posted on a pull request, as one look shows it, for one job. */
export interface OwnPosts {
  /** The job's review. */
  readonly review: Option.Option<PostedReview>
  /** Where the job's plain answer or notice is: its URL. */
  readonly answer: Option.Option<string>
  /** The commits that were reviewed, by any job and in the order of their posts. A focused request's review is none. */
  readonly reviewedHeads: ReadonlyArray<ReviewedHead>
}

/**
 * A code forge: events in, reviews out. It knows nothing of queues or models.
 */
export class Forge extends Context.Service<Forge, {
  readonly platform: Platform
  /** Checks the signature over the raw bytes, in constant time; fails before anything is parsed. */
  verify(request: WebhookRequest): Effect.Effect<void, WebhookError>
  /** Payload → event. Fails on a request that no forge would send; an event that is not ours is no failure. */
  parse(request: WebhookRequest): Effect.Effect<Delivery, WebhookError>
  /** Shows the author that the event was heard: an `eyes` reaction. */
  acknowledge(event: PullRequestEvent): Effect.Effect<void, ForgeError>
  /** The pull request as it is now. */
  pullRequest(ref: PullRequestRef): Effect.Effect<PullRequest, ForgeError>
  /** Every changed file; one whose diff the forge leaves out has no `patch`. All pages, or a failure: never a part. */
  changedFiles(ref: PullRequestRef): Effect.Effect<ReadonlyArray<ChangedFile>, ForgeError>
  /** Every comment on the pull request, oldest first. */
  discussions(ref: PullRequestRef): Effect.Effect<ReadonlyArray<Discussion>, ForgeError>
  /**
   * What our own account has posted, after what earlier runs left over is gone: their unsubmitted drafts, and all but
   * the first where two of them posted. Each run of a job calls it first, and hands it to `publish` and `reply`.
   */
  ownPosts(ref: PullRequestRef, jobId: JobId): Effect.Effect<OwnPosts, ForgeError | RunNotWanted>
  /**
   * Posts a review once: as a draft that is submitted when the queue still wants this run, pinned to the reviewed
   * commit. A comment whose place the forge refuses is folded into the summary. It lands whole or it fails.
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
    known: OwnPosts
  ): Effect.Effect<Option.Option<PostedReview>, ForgeError | RunNotWanted>
  cloneSource(repo: RepoName): Effect.Effect<CloneSource, ForgeError>
  /**
   * Asks the forge's API for what git was refused: the repository's contents, with the same credentials. It fails as the
   * API does, which tells a limit from credentials that are refused or lack a permission. git's own 401 and 403 do not.
   */
  checkAccess(repo: RepoName): Effect.Effect<void, ForgeError>
  /** The ref under which the forge keeps a pull request's head, forks included: `refs/pull/7/head`. */
  headRef(ref: PullRequestRef): string
}>()("@nominal-code/forge/Forge") {}
