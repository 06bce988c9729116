import { Effect } from "effect"
import { type Api, checkText, Refusal, unprocessable } from "./GitHubApi.ts"
import { type Anchor, type DiffFile, hunkOf, refusalOf } from "./GitHubDiff.ts"
import {
  type Account,
  now,
  type PullRequest,
  type Review,
  type ReviewComment,
  type ReviewState
} from "./GitHubState.ts"

/** A comment that is to be part of a review. */
export interface CommentDraft extends Anchor {
  readonly body: string
}

/** A review that is to be made. */
export interface ReviewRequest {
  readonly commitId: string
  readonly body: string
  readonly state: ReviewState
  readonly comments: ReadonlyArray<CommentDraft>
}

// GitHub joins all refusals of one review into one sentence, without saying which comment each is about.
const sentence = (errors: ReadonlyArray<string>): string => {
  const [last = ""] = errors.slice(-1)
  if (errors.length <= 2) return errors.join(" and ")
  return `${errors.slice(0, -1).join(", ")}, and ${last}`
}

const diffAt = (api: Api, pull: PullRequest, commit: string) =>
  Effect.mapError(api.diff(pull, commit), () => unprocessable("Commit could not be resolved"))

const patchOf = (files: ReadonlyArray<DiffFile>, path: string) => files.find((file) => file.path === path)?.patch

/** True if the line of a comment has changed since the commit that it was made on. */
export const isOutdated = Effect.fnUntraced(
  function*(api: Api, { commitId, path, pull }: Pick<ReviewComment, "commitId" | "path" | "pull">) {
    if (commitId === pull.headSha) return false
    const [then, now] = yield* Effect.all([api.diff(pull, commitId), api.diff(pull, pull.headSha)])
    return patchOf(then, path) !== patchOf(now, path)
  }
)

const addComment = Effect.fnUntraced(function*(api: Api, review: Review, draft: CommentDraft) {
  const files = yield* api.diff(review.pull, review.commitId)
  const outdated = yield* isOutdated(api, { commitId: review.commitId, path: draft.path, pull: review.pull })
  const comment: ReviewComment = {
    id: api.state.nextId(),
    pull: review.pull,
    review,
    thread: { id: api.state.nextId(), resolvedBy: undefined },
    author: review.author,
    path: draft.path,
    line: draft.line,
    startLine: draft.startLine,
    side: draft.side,
    startSide: draft.startSide,
    commitId: review.commitId,
    diffHunk: hunkOf(files, draft),
    inReplyTo: undefined,
    createdAt: now(),
    outdated,
    body: draft.body
  }
  api.state.reviewComments.push(comment)
  return comment
})

const newReview = (api: Api, pull: PullRequest, author: Account, request: Omit<ReviewRequest, "comments">): Review => {
  const submittedAt = request.state === "PENDING" ? undefined : now()
  const { body, commitId, state } = request
  const review = { id: api.state.nextId(), pull, author, commitId, body, state, submittedAt }
  api.state.reviews.push(review)
  return review
}

/** True if an account has begun a review that it has not submitted. */
const hasPending = (api: Api, pull: PullRequest, author: Account): boolean =>
  api.state.reviewsOf(pull, author).some((review) => review.author === author && review.state === "PENDING")

/** A comment beside an unsubmitted review of the same account would belong to that review, so GitHub takes none. */
const besidePending = new Refusal({
  status: 422,
  message: "Validation Failed",
  errors: [{
    resource: "PullRequestReview",
    code: "custom",
    field: "user_id",
    message: "user_id can only have one pending review per pull request"
  }]
})

/** Makes a review with all its comments, or none of it: one comment out of place refuses the whole. */
export const addReview = Effect.fnUntraced(
  function*(api: Api, pull: PullRequest, author: Account, request: ReviewRequest) {
    const files = yield* diffAt(api, pull, request.commitId)
    const refusals = request.comments.flatMap((comment) => refusalOf(files, comment) ?? [])
    if (refusals.length > 0) return yield* unprocessable(sentence(refusals))
    yield* Effect.forEach(request.comments, ({ body }) => checkText(body, "Body"))
    if (request.state === "COMMENTED" || request.state === "CHANGES_REQUESTED" || request.body !== "") {
      yield* checkText(request.body, "Body")
    }
    // Of a review that is submitted at once, too: GitHub begins it first.
    if (hasPending(api, pull, author)) {
      return yield* unprocessable("User can only have one pending review per pull request")
    }
    const review = newReview(api, pull, author, request)
    yield* Effect.forEach(request.comments, (comment) => addComment(api, review, comment))
    return review
  }
)

/** Makes one comment on the diff, which GitHub keeps in a review of its own without a body. */
export const addReviewComment = Effect.fnUntraced(
  function*(api: Api, pull: PullRequest, author: Account, commitId: string, draft: CommentDraft) {
    const refusal = refusalOf(yield* diffAt(api, pull, commitId), draft)
    if (refusal !== undefined) {
      const field = refusal.startsWith("Path") ? "path" : refusal.startsWith("Start") ? "start_line" : "line"
      return yield* new Refusal({
        status: 422,
        message: "Validation Failed",
        errors: [{
          resource: "PullRequestReviewComment",
          code: "custom",
          field: `pull_request_review_thread.${field}`,
          message: `pull_request_review_thread.${field} must be part of the diff`
        }]
      })
    }
    yield* checkText(draft.body, "Body")
    if (hasPending(api, pull, author)) return yield* besidePending
    return yield* addComment(api, newReview(api, pull, author, { commitId, body: "", state: "COMMENTED" }), draft)
  }
)

/** Answers in a thread. Only the thread's first comment can be answered. */
export const addReply = Effect.fnUntraced(function*(api: Api, author: Account, parent: ReviewComment, body: string) {
  if (parent.inReplyTo !== undefined) {
    return yield* unprocessable("in_reply_to must be the thread's first comment: replies to replies are not supported")
  }
  yield* checkText(body, "Body")
  if (hasPending(api, parent.pull, author)) return yield* besidePending
  const review = newReview(api, parent.pull, author, { commitId: parent.commitId, body: "", state: "COMMENTED" })
  const comment: ReviewComment = {
    ...parent,
    id: api.state.nextId(),
    author,
    review,
    inReplyTo: parent.id,
    createdAt: now(),
    body
  }
  api.state.reviewComments.push(comment)
  return comment
})
