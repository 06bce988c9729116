import type { PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import { type InlineComment, PostedReview, type ReviewDraft } from "@nominal-code/domain/review/Review"
import { Effect, Schema } from "effect"
import type { PostedSummary } from "../Forge.ts"
import type { PlainPosts } from "../PlainPosts.ts"
import { isUnavailable, transient } from "../Retries.ts"
import type { GitLabBodies } from "./Body.ts"
import type { GitLabClient } from "./Client.ts"
import { isNotFound, isRefused } from "./Failure.ts"
import { operationOf } from "./Operation.ts"

/** A review that was posted by this run. */
export const posted = ({ headSha }: ReviewDraft, url: string, inline: number, folded: number): PostedReview =>
  new PostedReview({ url, headSha, inline, folded, alreadyPosted: false })

/** Makes the posts of reviews that are one note, and the changes of it. */
export const makeSummaryNotes = (client: GitLabClient, plainPosts: PlainPosts, bodies: GitLabBodies) => {
  const edit = (ref: PullRequestRef, id: number, body: string) =>
    client.write({
      operation: operationOf("publish", ref),
      ask: (gitlab) => gitlab.MergeRequestNotes.edit(ref.repo, ref.number, id, { body }),
      answer: Schema.Unknown
    }).pipe(Effect.retry({ schedule: transient, while: isUnavailable }))

  /** Posts a review without comments as a plain note, in the discussion that asked. */
  const plain = Effect.fnUntraced(function*(draft: ReviewDraft, folded: ReadonlyArray<InlineComment>, inline = 0) {
    const { event, jobId, pullRequest } = draft
    const body = bodies.reviewBody(draft, folded)
    const { own, seen, stays } = yield* plainPosts.post("publish", event, jobId, body, ({ reviews }) => reviews)
    yield* plainPosts.removeAll("publish", pullRequest, seen.answers)
    // The summary of another run stays, and is about the comments of this one now.
    if (inline > 0 && stays.id !== own.id) yield* edit(pullRequest, stays.id, body)
    return posted(draft, stays.url, inline, folded.length)
  })

  /** Writes a review over the summary of an earlier one, or posts it if that is gone. */
  const over = (draft: ReviewDraft, { body, id, url }: PostedSummary) =>
    edit(draft.pullRequest, id, bodies.bodyOver(draft, body)).pipe(
      Effect.map(() => posted(draft, url, 0, 0)),
      Effect.catchIf((error) => isNotFound(error) || isRefused(error), () => plain(draft, []))
    )

  return { edit, over, plain }
}

/** The posts of reviews that are one note, and the changes of it. */
export type SummaryNotes = ReturnType<typeof makeSummaryNotes>
