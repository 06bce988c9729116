import { Effect, Schema } from "effect"
import { type Api, bodyOf, type Call, checkText, found, type Handlers, pullOf, unprocessable } from "./GitHubApi.ts"
import { addReply, addReview, addReviewComment, type CommentDraft } from "./GitHubReviews.ts"
import { now, type ReviewState } from "./GitHubState.ts"

const Place = {
  path: Schema.String,
  line: Schema.optionalKey(Schema.Int),
  side: Schema.optionalKey(Schema.String),
  start_line: Schema.optionalKey(Schema.Int),
  start_side: Schema.optionalKey(Schema.String)
}
const CommentBody = Schema.Struct({ ...Place, body: Schema.String })
const Event = Schema.Literals(["APPROVE", "REQUEST_CHANGES", "COMMENT"])
const CreateReview = Schema.Struct({
  commit_id: Schema.optionalKey(Schema.String),
  body: Schema.optionalKey(Schema.String),
  event: Schema.optionalKey(Event),
  comments: Schema.optionalKey(Schema.Array(CommentBody))
})
const SubmitReview = Schema.Struct({ body: Schema.optionalKey(Schema.String), event: Event })
const CreateComment = Schema.Struct({ ...Place, body: Schema.String, commit_id: Schema.String })
const Text = Schema.Struct({ body: Schema.String })

const states: Readonly<Record<typeof Event.Type, ReviewState>> = {
  APPROVE: "APPROVED",
  REQUEST_CHANGES: "CHANGES_REQUESTED",
  COMMENT: "COMMENTED"
}

const draft = (comment: typeof CommentBody.Type): CommentDraft => ({
  path: comment.path,
  body: comment.body,
  // The emulator knows places by line only; without one, the place is nowhere in the diff.
  line: comment.line ?? 0,
  side: comment.side ?? "RIGHT",
  startLine: comment.start_line,
  startSide: comment.start_side
})

const reviewOf = Effect.fnUntraced(function*(api: Api, call: Call) {
  const pull = yield* pullOf(api, call)
  return yield* found(api.state.reviewsOf(pull, call.viewer), call.params["review_id"])
})

const commentOf = (api: Api, { params }: Call) =>
  found(
    api.state.reviewComments.filter(({ review }) => review.state !== "PENDING"),
    params["comment_id"]
  )

/** Reviews as a whole: made, submitted, listed, taken back. */
export const reviewRoutes = (api: Api): Handlers => ({
  "pulls/create-review": Effect.fnUntraced(function*(call) {
    const pull = yield* pullOf(api, call)
    const { body = "", comments = [], commit_id = pull.headSha, event } = yield* bodyOf(CreateReview, call)
    const review = yield* addReview(api, pull, call.viewer, {
      commitId: commit_id,
      body,
      state: event === undefined ? "PENDING" : states[event],
      comments: comments.map(draft)
    })
    return { status: 200, body: api.wire.review(review) }
  }),
  "pulls/list-reviews": Effect.fnUntraced(function*(call) {
    const pull = yield* pullOf(api, call)
    return { status: 200, list: api.state.reviewsOf(pull, call.viewer).map((review) => api.wire.review(review)) }
  }),
  "pulls/get-review": (call) =>
    Effect.map(reviewOf(api, call), (review) => ({ status: 200, body: api.wire.review(review) })),
  "pulls/update-review": Effect.fnUntraced(function*(call) {
    const review = yield* reviewOf(api, call)
    const { body } = yield* bodyOf(Text, call)
    yield* checkText(body, "Body")
    Object.assign(review, { body, editedAt: now() })
    return { status: 200, body: api.wire.review(review) }
  }),
  "pulls/submit-review": Effect.fnUntraced(function*(call) {
    const review = yield* reviewOf(api, call)
    const { body = review.body, event } = yield* bodyOf(SubmitReview, call)
    if (review.state !== "PENDING") return yield* unprocessable("Could not submit a review that is not pending")
    if (event !== "APPROVE") yield* checkText(body, "Body")
    Object.assign(review, { body, state: states[event], submittedAt: now() })
    return { status: 200, body: api.wire.review(review) }
  }),
  "pulls/delete-pending-review": Effect.fnUntraced(function*(call) {
    const review = yield* reviewOf(api, call)
    if (review.state !== "PENDING") return yield* unprocessable("Can not delete a non-pending pull request review")
    const { reviewComments, reviews } = api.state
    api.state.remove(reviews, review)
    for (const comment of reviewComments.filter((candidate) => candidate.review === review)) {
      api.state.remove(reviewComments, comment)
    }
    return { status: 200, body: api.wire.review(review) }
  }),
  "pulls/list-comments-for-review": Effect.fnUntraced(function*(call) {
    const review = yield* reviewOf(api, call)
    const comments = api.state.reviewComments.filter((comment) => comment.review === review)
    return { status: 200, list: comments.map((comment) => api.wire.reviewComment(comment)) }
  })
})

/** Comments on the diff, one at a time. */
export const reviewCommentRoutes = (api: Api): Handlers => ({
  "pulls/list-review-comments": Effect.fnUntraced(function*(call) {
    const pull = yield* pullOf(api, call)
    return { status: 200, list: api.state.reviewCommentsOf(pull).map((comment) => api.wire.reviewComment(comment)) }
  }),
  "pulls/create-review-comment": Effect.fnUntraced(function*(call) {
    const pull = yield* pullOf(api, call)
    const request = yield* bodyOf(CreateComment, call)
    const comment = yield* addReviewComment(api, pull, call.viewer, request.commit_id, draft(request))
    return { status: 201, body: api.wire.reviewComment(comment) }
  }),
  "pulls/create-reply-for-review-comment": Effect.fnUntraced(function*(call) {
    yield* pullOf(api, call)
    const parent = yield* commentOf(api, call)
    const { body } = yield* bodyOf(Text, call)
    return { status: 201, body: api.wire.reviewComment(yield* addReply(api, call.viewer, parent, body)) }
  }),
  "pulls/get-review-comment": (call) =>
    Effect.map(commentOf(api, call), (comment) => ({ status: 200, body: api.wire.reviewComment(comment) })),
  "pulls/update-review-comment": Effect.fnUntraced(function*(call) {
    const comment = yield* commentOf(api, call)
    const { body } = yield* bodyOf(Text, call)
    yield* checkText(body, "Body")
    comment.body = body
    return { status: 200, body: api.wire.reviewComment(comment) }
  }),
  "pulls/delete-review-comment": Effect.fnUntraced(function*(call) {
    api.state.remove(api.state.reviewComments, yield* commentOf(api, call))
    return { status: 204 }
  })
})
