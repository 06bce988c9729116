import type { PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import type { JobId } from "@nominal-code/domain/job/Job"
import { MayHaveEarlierRuns } from "@nominal-code/domain/job/RunStillWanted"
import { type InlineComment, ReviewDraft } from "@nominal-code/domain/review/Review"
import { Effect, Option, Ref } from "effect"
import type { Forge, OwnPosts, PullRequestView } from "../Forge.ts"
import { makeReply } from "../PlainPosts.ts"
import type { GitHubBodies } from "./Body.ts"
import type { GitHubClient } from "./Client.ts"
import { discussionsIn } from "./Discussions.ts"
import { makeDrafts } from "./Drafts.ts"
import { isPendingReview, isUnprocessable } from "./Failure.ts"
import type { GitHubPosts } from "./Posts.ts"
import { besideDiff, makeRefusedComments } from "./RefusedComments.ts"
import { makePlain } from "./Reply.ts"
import { makeSummaryPosts, postedNow } from "./SummaryPost.ts"

type Comments = ReadonlyArray<InlineComment>

const unfinished =
  "> My account already has an unfinished review on this pull request, and GitHub allows only one. My findings are " +
  "therefore in this comment, and not at their lines. Submit or discard the unfinished review, and mention me again " +
  "for comments at the lines."

export const makePublish = (
  client: GitHubClient,
  posts: GitHubPosts,
  bodies: GitHubBodies,
  changedFiles: Forge["Service"]["changedFiles"]
) => {
  const drafts = makeDrafts(client, posts, bodies)
  const plainPosts = makePlain(client, posts)
  const reply = makeReply("GitHub", plainPosts, posts.jobPosts, bodies.markedBody)

  const { over, plain, withdrawPlain } = makeSummaryPosts(client, posts, plainPosts, bodies)
  const { accepts, refusedOf } = makeRefusedComments(drafts)

  const ownPosts = Effect.fn("GitHub.ownPosts")(function*(ref: PullRequestRef, jobId: JobId) {
    const seen = yield* drafts.clear("ownPosts", ref, posts.read("ownPosts", ref))
    return (yield* plainPosts.tidy("ownPosts", ref, jobId, seen.posts)).own
  })

  const look = Effect.fn("GitHub.look")(function*(ref: PullRequestRef, jobId: JobId) {
    const seen = yield* drafts.clear("look", ref, posts.whole("look", ref))
    const { own, removed } = yield* plainPosts.tidy("look", ref, jobId, seen.posts)
    const view: PullRequestView = {
      pullRequest: seen.pullRequest,
      discussions: discussionsIn(seen.posts.filter(({ id }) => !removed.has(id))),
      posts: own,
      ...(seen.background === undefined ? {} : { background: seen.background })
    }
    return view
  })

  const submit = Effect.fnUntraced(function*(draft: ReviewDraft, folded: Comments) {
    const inline = draft.comments.filter((comment) => !folded.includes(comment))
    const created = yield* drafts.post(draft, inline, folded)
    if (yield* MayHaveEarlierRuns) yield* withdrawPlain(draft)
    return postedNow(draft, created, inline.length, folded.length)
  })

  const submitWithout = Effect.fnUntraced(function*(draft: ReviewDraft, folded: Comments) {
    yield* Effect.logWarning(`GitHub refuses the place of ${folded.length} of ${draft.comments.length} comments`)
    return yield* folded.length === draft.comments.length ? plain(draft, folded) : submit(draft, folded)
  })

  /**
   * Posts a review some of whose comments were refused: these go into the summary, the others stay inline. Those beside
   * GitHub's own diff are suspected first. It may be the diff of a newer commit, so the others are if these are not all.
   */
  const submitAccepted = Effect.fnUntraced(function*(draft: ReviewDraft) {
    const { comments, pullRequest } = draft
    // Without any comment: is it the comments at all, or the commit?
    if (!(yield* accepts(draft, []))) return yield* submitWithout(draft, comments)
    const probes = yield* Ref.make(0)
    const files = yield* Effect.orElseSucceed(changedFiles(pullRequest), () => [])
    const beside = besideDiff(comments, files)
    const all = Effect.flatMap(refusedOf(draft, comments, probes), (folded) => submitWithout(draft, folded))
    const first = beside.length === 0 || beside.length === comments.length
      ? all
      : Effect.flatMap(refusedOf(draft, beside, probes), (folded) => submitWithout(draft, folded)).pipe(
        Effect.catchIf(isUnprocessable, () => all)
      )
    return yield* Effect.catchIf(first, isUnprocessable, () => plain(draft, comments))
  })

  /** Posts everything in one plain comment, which says why. */
  const besideForeignDraft = Effect.fnUntraced(function*(draft: ReviewDraft) {
    yield* Effect.logWarning("The account has an unsubmitted review on the pull request: posting a plain comment")
    return yield* plain(
      new ReviewDraft({ ...draft, summary: `${unfinished}\n\n${draft.summary}` }),
      draft.comments
    )
  })

  const publish = Effect.fn("GitHub.publish")(function*(draft: ReviewDraft, known: OwnPosts) {
    if (Option.isSome(known.review)) return known.review.value
    if (draft.comments.length === 0) {
      return yield* Option.match(draft.inPlace === true ? known.summary : Option.none(), {
        onNone: () => plain(draft, []),
        onSome: (earlier) => over(draft, earlier)
      })
    }
    return yield* submit(draft, []).pipe(
      Effect.catchIf(isUnprocessable, () => submitAccepted(draft)),
      Effect.catchTag("ForeignDraft", () => besideForeignDraft(draft)),
      Effect.catchIf(isPendingReview, () => besideForeignDraft(draft)),
      Effect.catchTag("AlreadyReviewed", ({ review }) => Effect.succeed(review))
    )
  })

  const settle: Forge["Service"]["settle"] = (thread, body, marker) =>
    plainPosts.settle(thread, bodies.markedBody(thread.pullRequest, body, marker), marker)

  return { look, ownPosts, publish, reply, settle }
}
