import type { JobId } from "@nominal-code/domain/Job"
import type { ChangedFile } from "@nominal-code/domain/Patch"
import type { Platform, PullRequest, PullRequestRef, RepoName } from "@nominal-code/domain/PullRequest"
import type { PullRequestEvent } from "@nominal-code/domain/PullRequestEvent"
import type { Discussion, PostedReview, ReviewDraft } from "@nominal-code/domain/Review"
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
  /** The review that this job has already posted, if it has; a `reply` is none. Only our own account's posts count. */
  posted(ref: PullRequestRef, jobId: JobId): Effect.Effect<Option.Option<PostedReview>, ForgeError>
  /**
   * Posts a review once: looks for the job's marker first, pins the comments to the reviewed commit, and folds a
   * comment whose place the forge refuses into the summary. It lands whole or it fails.
   */
  publish(draft: ReviewDraft): Effect.Effect<PostedReview, ForgeError>
  /** Posts a plain answer to an event, once for each job. `body` is final: redacted and neutralised. */
  reply(event: PullRequestEvent, jobId: JobId, body: string): Effect.Effect<void, ForgeError>
  cloneSource(repo: RepoName): Effect.Effect<CloneSource, ForgeError>
  /** The ref under which the forge keeps a pull request's head, forks included: `refs/pull/7/head`. */
  headRef(ref: PullRequestRef): string
}>()("@nominal-code/forge/Forge") {}
