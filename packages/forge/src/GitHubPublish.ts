import type { JobId } from "@nominal-code/domain/Job"
import type { PullRequestRef } from "@nominal-code/domain/PullRequest"
import { type InlineComment, PostedReview, type ReviewDraft } from "@nominal-code/domain/Review"
import { Effect, Option, Ref, Schema } from "effect"
import type { ForgeError } from "./ForgeError.ts"
import { reviewBody, reviewComment } from "./GitHubBody.ts"
import type { GitHubClient } from "./GitHubClient.ts"
import type { GitHubPosts, Seen } from "./GitHubPosts.ts"
import { about } from "./GitHubReads.ts"
import { asCreated, Created, makeAnswer, postOnce } from "./GitHubReply.ts"

type Comments = ReadonlyArray<InlineComment>

/** GitHub counts 80 posts a minute. A search for refused comments that takes more than this is given up. */
const mostProbes = 40

const isUnprocessable = ({ reason }: ForgeError) => reason._tag === "Refused" && reason.status === 422

const alreadyPosted = (review: Seen["review"]): Option.Option<PostedReview> =>
  Option.map(
    review,
    ({ folded, inline, url }) =>
      new PostedReview({ ...(url === "" ? {} : { url }), inline, folded, alreadyPosted: true })
  )

const postedNow = ({ html_url }: Created, inline: number, folded: number): PostedReview =>
  new PostedReview({ ...(html_url ? { url: html_url } : {}), inline, folded, alreadyPosted: false })

/** The review resource of GitHub: create, throw away, and create until it is certain that one is there. */
const makeReviews = (client: GitHubClient, posts: GitHubPosts) => {
  const discard = (ref: PullRequestRef, reviews: ReadonlyArray<number>) => {
    const { names, ...call } = about("publish", ref)
    return Effect.forEach(reviews, (review) =>
      client.request({
        ...call,
        route: "DELETE /repos/{owner}/{repo}/pulls/{number}/reviews/{review}",
        parameters: { ...names, number: ref.number, review },
        answer: Schema.Unknown,
        repeatable: true
      }).pipe(
        // Gone already: a repeated request whose first answer was lost.
        Effect.catchIf(({ reason }) => reason._tag === "NotFound", () => Effect.void)
      ), { concurrency: 1, discard: true })
  }

  /** With `COMMENT` it is for everybody to see; with nothing it stays a draft that only we see. */
  const create = (draft: ReviewDraft, comments: Comments, folded: Comments, event: { readonly event?: "COMMENT" }) => {
    const { names, ...call } = about("publish", draft.pullRequest)
    const post = client.request({
      ...call,
      route: "POST /repos/{owner}/{repo}/pulls/{number}/reviews",
      parameters: {
        ...names,
        number: draft.pullRequest.number,
        commit_id: draft.headSha,
        body: reviewBody(draft, folded),
        comments: comments.map((comment) => reviewComment(draft, comment)),
        ...event
      },
      answer: Created
    })
    const look = Effect.gen(function*() {
      const { review, unsubmitted } = yield* posts.seen("publish", draft.pullRequest, draft.jobId)
      yield* discard(draft.pullRequest, unsubmitted)
      return Option.map(review, asCreated)
    })
    return postOnce(post, look)
  }

  return { create, discard }
}

export const makePublish = (client: GitHubClient, posts: GitHubPosts) => {
  const reviews = makeReviews(client, posts)
  const answer = makeAnswer(client)

  const posted = Effect.fn("GitHub.posted")(function*(ref: PullRequestRef, jobId: JobId) {
    const { review } = yield* posts.seen("posted", ref, jobId)
    return alreadyPosted(review)
  })

  /** A review without comments, as a plain comment. It lands whatever GitHub thinks of the commit or of our drafts. */
  const plain = Effect.fnUntraced(function*(draft: ReviewDraft, folded: Comments) {
    const look = Effect.map(
      posts.seen("publish", draft.pullRequest, draft.jobId),
      ({ review }) => Option.map(review, asCreated)
    )
    return postedNow(yield* answer("publish", draft.event, reviewBody(draft, folded), look), 0, folded.length)
  })

  /** Whether GitHub takes these comments, found out with a draft that nobody else sees. */
  const accepts = Effect.fnUntraced(function*(draft: ReviewDraft, comments: Comments) {
    const { id } = yield* reviews.create(draft, comments, [], {})
    yield* reviews.discard(draft.pullRequest, [id])
    return true
  }, Effect.catchIf(isUnprocessable, () => Effect.succeed(false)))

  /**
   * The comments that GitHub refuses, out of some of which it refuses at least one. It says which in no usable way, so
   * they are halved until they are found.
   */
  const refusedOf = Effect.fnUntraced(function*(
    draft: ReviewDraft,
    suspects: Comments,
    probes: Ref.Ref<number>
  ): Effect.fn.Return<Comments, ForgeError> {
    if (suspects.length < 2) return suspects
    const [left, right] = [suspects.slice(0, suspects.length >> 1), suspects.slice(suspects.length >> 1)]
    const ask = (half: Comments) =>
      Effect.flatMap(
        Ref.getAndUpdate(probes, (n) => n + 1),
        (asked) => asked < mostProbes ? accepts(draft, half) : Effect.succeed(false)
      )
    if (yield* ask(left)) return yield* refusedOf(draft, right, probes)
    const refused = yield* refusedOf(draft, left, probes)
    return (yield* ask(right)) ? refused : [...refused, ...(yield* refusedOf(draft, right, probes))]
  })

  const submit = Effect.fnUntraced(function*(draft: ReviewDraft, folded: Comments) {
    const inline = draft.comments.filter((comment) => !folded.includes(comment))
    return postedNow(
      yield* reviews.create(draft, inline, folded, { event: "COMMENT" }),
      inline.length,
      folded.length
    )
  })

  /** Some comments were refused: they go into the summary, and the others stay in their places. */
  const submitAccepted = Effect.fnUntraced(function*(draft: ReviewDraft) {
    // Without any comment: is it the comments at all, or the commit, or a draft of the account's owner?
    const base = yield* accepts(draft, [])
    const folded = base ? yield* refusedOf(draft, draft.comments, yield* Ref.make(0)) : draft.comments
    yield* Effect.logWarning(`GitHub refuses the place of ${folded.length} of ${draft.comments.length} comments`)
    if (folded.length === draft.comments.length) return yield* plain(draft, folded)
    return yield* submit(draft, folded).pipe(Effect.catchIf(isUnprocessable, () => plain(draft, draft.comments)))
  })

  const publish = Effect.fn("GitHub.publish")(function*(draft: ReviewDraft) {
    const seen = yield* posts.seen("publish", draft.pullRequest, draft.jobId)
    const earlier = alreadyPosted(seen.review)
    if (Option.isSome(earlier)) return earlier.value
    yield* reviews.discard(draft.pullRequest, seen.unsubmitted)
    if (draft.comments.length === 0) return yield* plain(draft, [])
    return yield* submit(draft, []).pipe(Effect.catchIf(isUnprocessable, () => submitAccepted(draft)))
  })

  return { posted, publish }
}
