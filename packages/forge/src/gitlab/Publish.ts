import type { PullRequest, PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import type { JobId } from "@nominal-code/domain/job/Job"
import type { ReviewDraft } from "@nominal-code/domain/review/Review"
import { Effect, Option } from "effect"
import type { Forge, OwnPosts, PullRequestView } from "../Forge.ts"
import type { ForgeError } from "../ForgeError.ts"
import { makeReply } from "../PlainPosts.ts"
import type { OwnId } from "./Account.ts"
import type { GitLabBodies } from "./Body.ts"
import type { GitLabClient } from "./Client.ts"
import { discussionsIn } from "./Discussions.ts"
import { makeDrafts } from "./Drafts.ts"
import type { KnownDiffs } from "./KnownDiffs.ts"
import { makePlainReview } from "./PlainReview.ts"
import type { GitLabPosts } from "./Posts.ts"
import { makePlain } from "./Reply.ts"
import { makeReviewedDiff } from "./ReviewedDiff.ts"
import { makeSubmission } from "./Submission.ts"
import { makeSummaryNotes } from "./SummaryNote.ts"

/** Reads of a merge request that its posts are part of, and the form of the posts. */
interface MergeRequestReads {
  readonly bodies: GitLabBodies
  readonly ownId: OwnId
  readonly posts: GitLabPosts
  readonly knownDiff: KnownDiffs["at"]
  pullRequest(ref: PullRequestRef): Effect.Effect<PullRequest, ForgeError>
}

export const makePublish = (client: GitLabClient, host: string, reads: MergeRequestReads) => {
  const { bodies, posts } = reads
  const drafts = makeDrafts(client, reads.ownId)
  const plainPosts = makePlain(client, host, posts)
  const plainReview = makePlainReview(client, posts)
  const reply = makeReply("GitLab", plainPosts, posts.jobPosts, bodies.markedBody)

  const summaries = makeSummaryNotes(client, plainPosts, bodies)
  const { over, plain } = summaries
  const reviewedDiff = makeReviewedDiff(client, reads.knownDiff)
  const submit = makeSubmission(client, drafts, plainReview, { bodies, posts, plainPosts, summaries })

  const ownPosts = Effect.fn("GitLab.ownPosts")(function*(ref: PullRequestRef, jobId: JobId) {
    // The drafts first: what a run that lost its lease has published by then is read after that.
    const hasDrafts = yield* drafts.clear("ownPosts", ref)
    const { posts: seen } = yield* posts.read("ownPosts", ref)
    if (!hasDrafts) yield* plainReview.clear("ownPosts", ref, jobId, seen)
    return (yield* plainPosts.tidy("ownPosts", ref, jobId, seen)).own
  })

  const look = Effect.fn("GitLab.look")(function*(ref: PullRequestRef, jobId: JobId) {
    const hasDrafts = yield* drafts.clear("look", ref)
    const [pullRequest, seen] = yield* Effect.all([reads.pullRequest(ref), posts.read("look", ref)], { concurrency: 2 })
    const stray = hasDrafts ? new Set() : yield* plainReview.clear("look", ref, jobId, seen.posts)
    const { own, removed } = yield* plainPosts.tidy("look", ref, jobId, seen.posts)
    const view: PullRequestView = {
      pullRequest,
      discussions: discussionsIn(
        seen.notes.filter(({ id }) => !removed.has(id) && !stray.has(id)),
        pullRequest.headSha
      ),
      posts: own
    }
    return view
  })

  const publish = Effect.fn("GitLab.publish")(function*(draft: ReviewDraft, known: OwnPosts) {
    if (Option.isSome(known.review)) return known.review.value
    if (draft.comments.length === 0) {
      return yield* Option.match(draft.inPlace === true ? known.summary : Option.none(), {
        onNone: () => plain(draft, []),
        onSome: (earlier) => over(draft, earlier)
      })
    }
    const diff = yield* reviewedDiff(draft)
    if (Option.isSome(diff)) return yield* submit(draft, diff.value)
    yield* Effect.logWarning("GitLab has no diff of the reviewed commit any more: posting a plain note")
    return yield* plain(draft, draft.comments)
  })

  const settleThread: Forge["Service"]["settle"] = (thread, body, marker) =>
    plainPosts.settle(thread, bodies.markedBody(thread.pullRequest, body, marker), marker)

  return { look, ownPosts, publish, reply, settle: settleThread }
}
