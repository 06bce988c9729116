import { Schema } from "effect"
import { commandOf } from "../command/CommandParser.ts"
import { Side } from "../diff/Patch.ts"
import { PullRequestRef, RepoPath, Sha } from "../event/PullRequest.ts"
import { PullRequestEvent } from "../event/PullRequestEvent.ts"
import { type Job, JobId } from "../job/Job.ts"
import { Finding, Fingerprint } from "./Finding.ts"

/** A finding that has its place in the diff and its text as it will be posted: redacted and neutralised. */
export class InlineComment extends Schema.Class<InlineComment>("@nominal-code/domain/InlineComment")({
  finding: Finding,
  fingerprint: Fingerprint
}) {}

/** Scope of a review: the pull request at its head, or only what one comment asked about. */
export const ReviewScope = Schema.Literals(["head", "request"])
export type ReviewScope = typeof ReviewScope.Type

/** Scope of a job's review. The review of a lifecycle event and of a bare request counts as the review of the head. */
export const scopeOf = (job: Pick<Job, "event" | "prompt">): ReviewScope => {
  const command = commandOf(job)
  return command._tag === "Review" && command.focus === "" ? "head" : "request"
}

/**
 * A review that is ready to be posted. Its texts are final: redacted, neutralised, within the forge's limits.
 * The forge adds the hidden marker and, for suggestions, its own fence.
 */
export class ReviewDraft extends Schema.Class<ReviewDraft>("@nominal-code/domain/ReviewDraft")({
  jobId: JobId,
  pullRequest: PullRequestRef,
  /** The reviewed commit. Comments are pinned to it. */
  headSha: Sha,
  scope: ReviewScope,
  summary: Schema.NonEmptyString,
  comments: Schema.Array(InlineComment),
  /** Findings that stand in the summary. */
  folded: Schema.Array(Fingerprint),
  /** Findings without a thread that the reviewed commit has fixed: its marker tells the next review. */
  fixed: Schema.optionalKey(Schema.Array(Fingerprint)),
  /** True if it may take the place of the newest review's summary: it has nothing new that somebody must be told. */
  inPlace: Schema.optionalKey(Schema.Boolean),
  /** Event of the job, so that a forge can answer in its thread. */
  event: PullRequestEvent
}) {}

/** A review that is on the pull request. */
export class PostedReview extends Schema.Class<PostedReview>("@nominal-code/domain/PostedReview")({
  url: Schema.optionalKey(Schema.String),
  /** The commit that was reviewed. */
  headSha: Sha,
  /** Number of inline comments. */
  inline: Schema.Natural,
  /** Number of comments whose place the forge refused. Their text is in the summary. */
  folded: Schema.Natural,
  /** True if an earlier run of the same job had posted it. */
  alreadyPosted: Schema.Boolean
}) {}

/** Somebody's comment on the pull request, ours included. */
export class Discussion extends Schema.Class<Discussion>("@nominal-code/domain/Discussion")({
  author: Schema.String,
  /** True if an account of ours wrote it, as the forge says. */
  own: Schema.optionalKey(Schema.Boolean),
  body: Schema.String,
  path: Schema.optionalKey(RepoPath),
  line: Schema.optionalKey(Schema.Int),
  /** Line at the commit that was commented on. It stays when the code there has changed. */
  originalLine: Schema.optionalKey(Schema.Int),
  /** The commit that `originalLine` is a line of; absent: the one that was reviewed. */
  commitId: Schema.optionalKey(Sha),
  /** Absent where its hunk shows it. */
  side: Schema.optionalKey(Side),
  /** The diff from the head of its hunk to the line, as it was when the comment was made. */
  diffHunk: Schema.optionalKey(Schema.String),
  resolved: Schema.Boolean,
  /** Id of its thread, as an event names it. Absent below a pull request of GitHub, which has no threads there. */
  threadId: Schema.optionalKey(Schema.String),
  /** ISO 8601, as the forge gives it. */
  createdAt: Schema.String
}) {}
