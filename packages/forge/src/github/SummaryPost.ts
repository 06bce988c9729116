import type { JobId } from "@nominal-code/domain/job/Job"
import { markersIn } from "@nominal-code/domain/review/Marker"
import { type InlineComment, PostedReview, type ReviewDraft } from "@nominal-code/domain/review/Review"
import { Effect, Schema } from "effect"
import type { PostedSummary } from "../Forge.ts"
import type { Post } from "../JobPosts.ts"
import type { PlainPosts } from "../PlainPosts.ts"
import type { GitHubBodies } from "./Body.ts"
import type { GitHubClient } from "./Client.ts"
import { isNotFound, isUnprocessable } from "./Failure.ts"
import type { GitHubPosts } from "./Posts.ts"
import { pullRequestCall } from "./Reads.ts"
import type { CreatedComment } from "./Reply.ts"

/** A review that was posted by this run. */
export const postedNow = (
  { headSha }: ReviewDraft,
  { html_url }: CreatedComment,
  inline: number,
  folded: number
): PostedReview =>
  new PostedReview({ ...(html_url ? { url: html_url } : {}), headSha, inline, folded, alreadyPosted: false })

/** A plain review that holds nothing of another job: one that was written over an earlier summary is not removed. */
const isPlainAndOnly = (jobId: JobId) => ({ body, kind }: Post) =>
  kind !== "review" && markersIn(body).every((marker) => marker.jobId === jobId)

/** Makes the posts of reviews that are one comment, without comments at lines. */
export const makeSummaryPosts = (
  client: GitHubClient,
  posts: GitHubPosts,
  plainPosts: PlainPosts,
  bodies: GitHubBodies
) => {
  /**
   * Takes back what other runs of the job have said plainly, one that lost its lease among them: the review that was just
   * submitted takes its place. Where the forge is away, the next run of the job does it. A first run has nobody before
   * it, and whoever comes after it sees its draft, or its review, before it says anything.
   */
  const withdrawPlain = ({ jobId, pullRequest }: ReviewDraft) =>
    posts.jobPosts("publish", pullRequest, jobId).pipe(
      Effect.flatMap(({ answers, reviews }) =>
        plainPosts.removeAll("publish", pullRequest, [...reviews.filter(isPlainAndOnly(jobId)), ...answers])
      ),
      Effect.catchTag(
        "ForgeError",
        ({ message }) => Effect.logWarning(`An earlier answer may stand beside the review: ${message}`)
      )
    )

  /**
   * Posts a review without comments as a plain comment, which GitHub accepts whatever the state of the commit or of our
   * drafts.
   */
  const plain = Effect.fnUntraced(function*(draft: ReviewDraft, folded: ReadonlyArray<InlineComment>) {
    const { event, jobId } = draft
    const { seen, stays } = yield* plainPosts.post(
      "publish",
      event,
      jobId,
      bodies.reviewBody(draft, folded),
      (seen) => seen.reviews
    )
    yield* plainPosts.removeAll("publish", draft.pullRequest, seen.answers)
    return postedNow(draft, { id: stays.id, html_url: stays.url }, 0, folded.length)
  })

  /** Writes a review over the summary of an earlier one, or posts it if that is gone. */
  const over = (draft: ReviewDraft, { body, id, kind, url }: PostedSummary) => {
    const { names, ...call } = pullRequestCall("publish", draft.pullRequest)
    return client.write({
      ...call,
      route: kind === "review"
        ? "PUT /repos/{owner}/{repo}/pulls/{number}/reviews/{id}"
        : "PATCH /repos/{owner}/{repo}/issues/comments/{id}",
      parameters: {
        ...names,
        ...(kind === "review" ? { number: draft.pullRequest.number } : {}),
        id,
        body: bodies.bodyOver(draft, body)
      },
      answer: Schema.Unknown,
      repeatable: true
    }).pipe(
      Effect.map(() => postedNow(draft, { id, html_url: url }, 0, 0)),
      Effect.catchIf((error) => isNotFound(error) || isUnprocessable(error), () => plain(draft, []))
    )
  }

  return { over, plain, withdrawPlain }
}
