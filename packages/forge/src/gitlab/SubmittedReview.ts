import type { JobId } from "@nominal-code/domain/job/Job"
import type { Fingerprint } from "@nominal-code/domain/review/Finding"
import type { InlineComment, ReviewDraft } from "@nominal-code/domain/review/Review"
import { Effect, Schema } from "effect"
import { jobPostsIn, type Post } from "../JobPosts.ts"
import type { PlainPosts } from "../PlainPosts.ts"
import type { GitLabBodies } from "./Body.ts"
import type { GitLabClient } from "./Client.ts"
import { operationOf } from "./Operation.ts"
import { fingerprintIn, type GitLabPosts } from "./Posts.ts"
import { posted, type SummaryNotes } from "./SummaryNote.ts"

type Comments = ReadonlyArray<InlineComment>

/** Places of a review's comments on the merge request, compared with what the review has. */
const compare = (own: ReadonlyArray<Post>, jobId: JobId, inline: Comments) => {
  const there = Map.groupBy(own, (post) => fingerprintIn(post, jobId))
  const wanted = Map.groupBy(inline, ({ fingerprint }) => fingerprint)
  const inThread = (fingerprint: Fingerprint) =>
    (there.get(fingerprint) ?? []).filter(({ kind }) => kind === "thread").toSorted((one, other) => one.id - other.id)
  const known = [...there.keys()].flatMap((fingerprint) => fingerprint ?? [])
  return {
    /** Comments that no note shows. */
    missing: [...wanted].flatMap(([fingerprint, comments]) => comments.slice(inThread(fingerprint).length)),
    /** Notes that another run of the job made. */
    surplus: known.flatMap((fingerprint) => inThread(fingerprint).slice(wanted.get(fingerprint)?.length ?? 0))
  }
}

/** Parts of a review's posts on GitLab, by what makes and reads them. */
export interface ReviewPosts {
  readonly bodies: GitLabBodies
  readonly posts: GitLabPosts
  readonly plainPosts: PlainPosts
  readonly summaries: SummaryNotes
}

/**
 * Makes the look at a review that was submitted: it removes what other runs of the job have posted, and tells in the
 * summary what GitLab lost of this one.
 */
export const makeSettleReview = (client: GitLabClient, { bodies, plainPosts, posts, summaries }: ReviewPosts) =>
  Effect.fnUntraced(function*(draft: ReviewDraft, inline: Comments, folded: Comments) {
    const { jobId, pullRequest: ref } = draft
    const { posts: seen } = yield* posts.read("publish", ref)
    const { missing, surplus } = compare(seen.filter(({ own }) => own), jobId, inline)
    yield* Effect.forEach(surplus, ({ id }) =>
      client.write({
        operation: operationOf("publish", ref),
        ask: (gitlab) => gitlab.MergeRequestNotes.remove(ref.repo, ref.number, id),
        answer: Schema.Unknown
      }), { discard: true })
    const { answers, duplicates, reviews: [summary] } = surplus.length === 0
      ? jobPostsIn(seen, jobId)
      : yield* posts.jobPosts("publish", ref, jobId)
    yield* plainPosts.removeAll("publish", ref, [...duplicates, ...answers])
    const inPlace = inline.length - missing.length
    const all = [...folded, ...missing]
    if (summary === undefined) return yield* summaries.plain(draft, all, inPlace)
    if (missing.length > 0) yield* summaries.edit(ref, summary.id, bodies.reviewBody(draft, all))
    return posted(draft, summary.url, inPlace, all.length)
  })
