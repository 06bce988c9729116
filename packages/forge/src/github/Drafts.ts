import type { PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import type { RunNotWanted } from "@nominal-code/domain/job/RunStillWanted"
import { markersIn } from "@nominal-code/domain/review/Marker"
import type { InlineComment, PostedReview, ReviewDraft } from "@nominal-code/domain/review/Review"
import { Data, Effect, Option, Schema } from "effect"
import type { ForgeError } from "../ForgeError.ts"
import { draftIn, jobPostsIn, type Post } from "../JobPosts.ts"
import { isUnavailable, transient } from "../Retries.ts"
import type { GitHubBodies } from "./Body.ts"
import type { GitHubClient } from "./Client.ts"
import { isNotFound, isPendingReview, isUnprocessable } from "./Failure.ts"
import type { GitHubPosts } from "./Posts.ts"
import { pullRequestCall } from "./Reads.ts"
import { CreatedComment } from "./Reply.ts"

type Comments = ReadonlyArray<InlineComment>

/** Raised if the job's review is already on the pull request. */
export class AlreadyReviewed extends Data.TaggedError("AlreadyReviewed")<{ readonly review: PostedReview }> {}

/** Raised if a person who uses our account has begun a review on the pull request, which must not be discarded. */
export class ForeignDraft extends Data.TaggedError("ForeignDraft") {}

/** Raised if the draft that was just made is gone, or has been submitted. */
class DraftGone extends Data.TaggedError("DraftGone")<{ readonly cause: ForgeError }> {}

/** Maximum number of restarts of a review whose draft was gone. */
const mostRestarts = 3

/** True if a draft is gone, or was submitted in the meantime. */
const isGone = (error: unknown): error is ForgeError => isUnprocessable(error) || isNotFound(error)

/**
 * Reviews that are posted in two steps: a draft that only our account sees, then its submission, right before which the
 * queue is asked. A run that lost its lease can leave a draft behind and nothing more; the run that took over discards
 * it, so that it can be submitted no longer, and then knows whether it has to post.
 */
export const makeDrafts = (client: GitHubClient, posts: GitHubPosts, { reviewBody, reviewComment }: GitHubBodies) => {
  const ofReview = (operation: string, ref: PullRequestRef, review: number) => {
    const { names, ...call } = pullRequestCall(operation, ref)
    return { ...call, parameters: { ...names, number: ref.number, review } }
  }

  const removal = (operation: string, ref: PullRequestRef, review: number) => ({
    ...ofReview(operation, ref, review),
    route: "DELETE /repos/{owner}/{repo}/pulls/{number}/reviews/{review}",
    answer: Schema.Unknown,
    repeatable: true
  })

  /** Takes back a draft of this run's own. Nobody else counts on it, so nobody is asked. */
  const discardOwn = (ref: PullRequestRef, { id }: CreatedComment) =>
    Effect.catchIf(client.request(removal("publish", ref, id)), isGone, () => Effect.void)

  /** True for a draft that can be discarded: it holds our marker, or nothing at all. */
  const isDisposable = Effect.fnUntraced(function*(operation: string, ref: PullRequestRef, { body, id }: Post) {
    if (markersIn(body).length > 0) return true
    if (body.trim() !== "") return false
    const comments = yield* client.request({
      ...ofReview(operation, ref, id),
      route: "GET /repos/{owner}/{repo}/pulls/{number}/reviews/{review}/comments",
      answer: Schema.Array(Schema.Unknown)
    })
    return comments.length === 0
  })

  /**
   * Reads the posts on a pull request, and discards the draft of an earlier run. A draft that is still in the result is
   * a person's. If the draft was submitted before it could be discarded, it is a review, so the posts are read again.
   */
  const clear = Effect.fnUntraced(function*<Seen extends { readonly posts: ReadonlyArray<Post> }>(
    operation: string,
    ref: PullRequestRef,
    read: Effect.Effect<Seen, ForgeError>
  ): Effect.fn.Return<Seen, ForgeError | RunNotWanted> {
    const seen = yield* read
    const draft = draftIn(seen.posts)
    if (Option.isNone(draft) || !(yield* isDisposable(operation, ref, draft.value))) return seen
    return yield* client.write(removal(operation, ref, draft.value.id)).pipe(
      Effect.as({ ...seen, posts: seen.posts.filter((post) => post !== draft.value) }),
      Effect.catchIf(isGone, () => read)
    )
  })

  /** Clears the way for a draft of the job, unless its review is there. */
  const makeRoom = Effect.fnUntraced(function*({ jobId, pullRequest }: ReviewDraft) {
    const { posts: there } = yield* clear("publish", pullRequest, posts.read("publish", pullRequest))
    const { review } = jobPostsIn(there, jobId)
    if (Option.isSome(review)) return yield* new AlreadyReviewed({ review: review.value })
    if (Option.isSome(draftIn(there))) return yield* new ForeignDraft()
  })

  /** Makes a draft. GitHub may have carried out a request that it answered 502, so what is there is cleared first. */
  const create = (draft: ReviewDraft, comments: Comments, folded: Comments) => {
    const { pullRequest } = draft
    const { names, ...call } = pullRequestCall("publish", pullRequest)
    const once = client.write({
      ...call,
      route: "POST /repos/{owner}/{repo}/pulls/{number}/reviews",
      parameters: {
        ...names,
        number: pullRequest.number,
        commit_id: draft.headSha,
        body: reviewBody(draft, folded),
        comments: comments.map((comment) => reviewComment(draft, comment))
      },
      answer: CreatedComment
    })
    const isUncertain = (error: unknown): error is ForgeError => isUnavailable(error) || isPendingReview(error)
    const again = Effect.andThen(makeRoom(draft), once).pipe(
      Effect.delay("1 second"),
      Effect.retry({ schedule: transient, while: isUncertain })
    )
    return Effect.catchIf(once, isUncertain, () => again)
  }

  const submit = (draft: ReviewDraft, created: CreatedComment) => {
    const { jobId, pullRequest } = draft
    const once = client.write({
      ...ofReview("publish", pullRequest, created.id),
      route: "POST /repos/{owner}/{repo}/pulls/{number}/reviews/{review}/events",
      parameters: { ...ofReview("publish", pullRequest, created.id).parameters, event: "COMMENT" },
      answer: CreatedComment
    })
    const again = Effect.gen(function*() {
      const { review } = yield* posts.jobPosts("publish", pullRequest, jobId)
      return Option.isSome(review) ? created : yield* once
    })
    return once.pipe(
      Effect.catchIf(
        isUnavailable,
        () => again.pipe(Effect.delay("1 second"), Effect.retry({ schedule: transient, while: isUnavailable }))
      ),
      Effect.catchIf(isGone, (cause) => Effect.fail(new DraftGone({ cause }))),
      Effect.tapError((error) =>
        error._tag === "RunNotWanted" ? Effect.ignore(discardOwn(pullRequest, created)) : Effect.void
      )
    )
  }

  /** Posts a review, in both steps. */
  const post = (draft: ReviewDraft, comments: Comments, folded: Comments) => {
    const once = Effect.flatMap(create(draft, comments, folded), (created) => submit(draft, created))
    const anew = Effect.andThen(makeRoom(draft), once).pipe(
      Effect.retry({ times: mostRestarts, while: ({ _tag }) => _tag === "DraftGone" })
    )
    return once.pipe(
      Effect.catchTag("DraftGone", () => anew),
      Effect.catchTag("DraftGone", ({ cause }) => Effect.fail(cause))
    )
  }

  return { clear, create, discardOwn, post }
}

/** Reviews that are posted in two steps. */
export type Drafts = ReturnType<typeof makeDrafts>
