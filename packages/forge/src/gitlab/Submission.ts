import type { ReviewDraft } from "@nominal-code/domain/review/Review"
import { Effect, Option, Ref } from "effect"
import type { GitLabClient } from "./Client.ts"
import type { GitLabDrafts } from "./Drafts.ts"
import type { VersionDiff } from "./KnownDiffs.ts"
import type { PlainReview } from "./PlainReview.ts"
import { positionOf } from "./Positions.ts"
import { makeSettleReview, type ReviewPosts } from "./SubmittedReview.ts"

const warnOfPlaces = (refused: number, all: number) =>
  refused === 0 ? Effect.void : Effect.logWarning(`GitLab refuses the place of ${refused} of ${all} comments`)

/** Makes the submission of a review with comments. */
export const makeSubmission = (
  client: GitLabClient,
  drafts: GitLabDrafts,
  plainReview: PlainReview,
  reviewPosts: ReviewPosts
) => {
  const { bodies, summaries } = reviewPosts
  const settle = makeSettleReview(client, reviewPosts)

  /** Makes the drafts of all comments and, last, that of the summary: where it stands, everything does. */
  const submitDrafts = Effect.fnUntraced(function*(draft: ReviewDraft, { files, refs }: VersionDiff) {
    const { comments, pullRequest: ref } = draft
    const made = yield* Ref.make<ReadonlyArray<number>>([])
    const keep = (id: number) => Ref.update(made, (ids) => [...ids, id])
    const submitting = Effect.gen(function*() {
      const placed = yield* Effect.forEach(
        comments,
        (comment) =>
          drafts.makePlaced(ref, bodies.commentBody(draft, comment), positionOf(files, refs, comment.finding)).pipe(
            Effect.tap(Option.match({ onNone: () => Effect.void, onSome: keep }))
          )
      )
      const folded = comments.filter((_, index) => Option.isNone(placed[index] ?? Option.none()))
      yield* warnOfPlaces(folded.length, comments.length)
      if (folded.length === comments.length) return yield* summaries.plain(draft, folded)
      yield* keep((yield* drafts.make(ref, bodies.reviewBody(draft, folded))).id)
      yield* drafts.publish(ref, yield* Ref.get(made))
      return yield* settle(draft, comments.filter((comment) => !folded.includes(comment)), folded)
    })
    return yield* Effect.tapErrorTag(
      submitting,
      ["RunNotWanted", "NoDraftNotes"],
      () =>
        Effect.flatMap(Ref.get(made), (ids) => Effect.ignore(Effect.forEach(ids, (id) => drafts.discardOwn(ref, id))))
    )
  })

  /** Posts a review where there are no draft notes: the comments and, last, the summary, and looks at what stands. */
  const submitPlainly = (draft: ReviewDraft, { files, refs }: VersionDiff) => {
    const { comments, jobId, pullRequest: ref } = draft
    const placed = comments.map((comment) => ({
      comment,
      body: bodies.commentBody(draft, comment),
      position: positionOf(files, refs, comment.finding)
    }))
    return plainReview.post(
      ref,
      jobId,
      placed,
      Effect.fnUntraced(function*(folded) {
        yield* warnOfPlaces(folded.length, comments.length)
        yield* summaries.plain(draft, folded, comments.length - folded.length)
        return yield* settle(draft, comments.filter((comment) => !folded.includes(comment)), folded)
      })
    )
  }

  return (draft: ReviewDraft, diff: VersionDiff) =>
    Effect.catchTag(submitDrafts(draft, diff), "NoDraftNotes", () => submitPlainly(draft, diff))
}
