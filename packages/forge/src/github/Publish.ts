import { DiffIndex } from "@nominal-code/domain/diff/DiffIndex"
import type { ChangedFile } from "@nominal-code/domain/diff/Patch"
import type { PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import type { JobId } from "@nominal-code/domain/job/Job"
import { MayHaveEarlierRuns, type RunNotWanted } from "@nominal-code/domain/job/RunStillWanted"
import { markersIn } from "@nominal-code/domain/review/Marker"
import { type InlineComment, PostedReview, ReviewDraft } from "@nominal-code/domain/review/Review"
import { Effect, Option, Ref, Schema } from "effect"
import type { Forge, OwnPosts, PostedSummary, PullRequestView } from "../Forge.ts"
import type { ForgeError } from "../ForgeError.ts"
import type { Post } from "../JobPosts.ts"
import { makeReply } from "../PlainPosts.ts"
import type { GitHubBodies } from "./Body.ts"
import type { GitHubClient } from "./Client.ts"
import { discussionsIn } from "./Discussions.ts"
import { type AlreadyReviewed, type ForeignDraft, makeDrafts } from "./Drafts.ts"
import { isNotFound, isPendingReview, isUnprocessable } from "./Failure.ts"
import type { GitHubPosts } from "./Posts.ts"
import { pullRequestCall } from "./Reads.ts"
import { type CreatedComment, makePlain } from "./Reply.ts"

type Comments = ReadonlyArray<InlineComment>

/** Maximum number of requests in a search for refused comments. GitHub allows 80 posts a minute. */
const maxProbes = 40

const unfinished =
  "> My account already has an unfinished review on this pull request, and GitHub allows only one. My findings are " +
  "therefore in this comment, and not at their lines. Submit or discard the unfinished review, and mention me again " +
  "for comments at the lines."

/** A plain review that holds nothing of another job: one that was written over an earlier summary is not removed. */
const isPlainAndOnly = (jobId: JobId) => ({ body, kind }: Post) =>
  kind !== "review" && markersIn(body).every((marker) => marker.jobId === jobId)

/** Comments that stand beside the diff as GitHub lists it. A file that it lists without its diff may take any. */
const besideDiff = (comments: Comments, files: ReadonlyArray<ChangedFile>): Comments => {
  const index = DiffIndex.make(files)
  const unknown = new Set(files.filter(({ patch }) => patch === undefined).map(({ path }) => path))
  return comments.filter(({ finding: { line, path, side, startLine = line } }) =>
    !unknown.has(path) && Option.isNone(index.code(path, side, line, startLine))
  )
}

export const makePublish = (
  client: GitHubClient,
  posts: GitHubPosts,
  bodies: GitHubBodies,
  changedFiles: Forge["Service"]["changedFiles"]
) => {
  const drafts = makeDrafts(client, posts, bodies)
  const plainPosts = makePlain(client, posts)
  const reply = makeReply("GitHub", plainPosts, posts.jobPosts, bodies.markedBody)

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

  const postedNow = (
    { headSha }: ReviewDraft,
    { html_url }: CreatedComment,
    inline: number,
    folded: number
  ): PostedReview =>
    new PostedReview({ ...(html_url ? { url: html_url } : {}), headSha, inline, folded, alreadyPosted: false })

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
  const plain = Effect.fnUntraced(function*(draft: ReviewDraft, folded: Comments) {
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

  /** Tests with a draft, which nobody else sees, if GitHub takes these comments. */
  const accepts = Effect.fnUntraced(function*(draft: ReviewDraft, comments: Comments) {
    yield* drafts.discardOwn(draft.pullRequest, yield* drafts.create(draft, comments, []))
    return true
  }, Effect.catchIf(isUnprocessable, () => Effect.succeed(false)))

  /** Finds the comments that GitHub refuses, by bisection: its answer does not name them in a usable way. */
  const refusedOf = Effect.fnUntraced(function*(
    draft: ReviewDraft,
    suspects: Comments,
    probes: Ref.Ref<number>
  ): Effect.fn.Return<Comments, ForgeError | RunNotWanted | AlreadyReviewed | ForeignDraft> {
    if (suspects.length < 2) return suspects
    const [left, right] = [suspects.slice(0, suspects.length >> 1), suspects.slice(suspects.length >> 1)]
    const ask = (half: Comments) =>
      Effect.flatMap(
        Ref.getAndUpdate(probes, (n) => n + 1),
        (asked) => asked < maxProbes ? accepts(draft, half) : Effect.succeed(false)
      )
    if (yield* ask(left)) return yield* refusedOf(draft, right, probes)
    const refused = yield* refusedOf(draft, left, probes)
    return (yield* ask(right)) ? refused : [...refused, ...(yield* refusedOf(draft, right, probes))]
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
