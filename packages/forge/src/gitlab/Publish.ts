import type { PullRequest, PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import type { JobId } from "@nominal-code/domain/job/Job"
import type { Fingerprint } from "@nominal-code/domain/review/Finding"
import type { InlineComment, ReviewDraft } from "@nominal-code/domain/review/Review"
import { Effect, Option, Ref, Schema } from "effect"
import type { Forge, OwnPosts, PullRequestView } from "../Forge.ts"
import type { ForgeError } from "../ForgeError.ts"
import { jobPostsIn, type Post } from "../JobPosts.ts"
import { makeReply } from "../PlainPosts.ts"
import type { OwnId } from "./Account.ts"
import type { GitLabBodies } from "./Body.ts"
import type { GitLabClient } from "./Client.ts"
import { discussionsIn } from "./Discussions.ts"
import { makeDrafts } from "./Drafts.ts"
import type { KnownDiffs, VersionDiff } from "./KnownDiffs.ts"
import { makePlainReview } from "./PlainReview.ts"
import { positionOf } from "./Positions.ts"
import { fingerprintIn, type GitLabPosts } from "./Posts.ts"
import { operationOf } from "./Reads.ts"
import { makePlain } from "./Reply.ts"
import { makeReviewedDiff } from "./ReviewedDiff.ts"
import { makeSummaryNotes, posted } from "./SummaryNote.ts"

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

  const { edit, over, plain } = makeSummaryNotes(client, plainPosts, bodies)
  const reviewedDiff = makeReviewedDiff(client, reads.knownDiff)

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

  /**
   * Looks at what stands: removes what other runs of the job have posted, and tells in the summary what GitLab lost of
   * this one.
   */
  const settle = Effect.fnUntraced(function*(draft: ReviewDraft, inline: Comments, folded: Comments) {
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
    if (summary === undefined) return yield* plain(draft, all, inPlace)
    if (missing.length > 0) yield* edit(ref, summary.id, bodies.reviewBody(draft, all))
    return posted(draft, summary.url, inPlace, all.length)
  })

  /** Makes the drafts of all comments and, last, that of the summary: where it stands, everything does. */
  const submit = Effect.fnUntraced(function*(draft: ReviewDraft, { files, refs }: VersionDiff) {
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
      if (folded.length > 0) {
        yield* Effect.logWarning(`GitLab refuses the place of ${folded.length} of ${comments.length} comments`)
      }
      if (folded.length === comments.length) return yield* plain(draft, folded)
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
        if (folded.length > 0) {
          yield* Effect.logWarning(`GitLab refuses the place of ${folded.length} of ${comments.length} comments`)
        }
        yield* plain(draft, folded, comments.length - folded.length)
        return yield* settle(draft, comments.filter((comment) => !folded.includes(comment)), folded)
      })
    )
  }

  const publish = Effect.fn("GitLab.publish")(function*(draft: ReviewDraft, known: OwnPosts) {
    if (Option.isSome(known.review)) return known.review.value
    if (draft.comments.length === 0) {
      return yield* Option.match(draft.inPlace === true ? known.summary : Option.none(), {
        onNone: () => plain(draft, []),
        onSome: (earlier) => over(draft, earlier)
      })
    }
    const diff = yield* reviewedDiff(draft)
    if (Option.isSome(diff)) {
      const { value } = diff
      return yield* Effect.catchTag(submit(draft, value), "NoDraftNotes", () => submitPlainly(draft, value))
    }
    yield* Effect.logWarning("GitLab has no diff of the reviewed commit any more: posting a plain note")
    return yield* plain(draft, draft.comments)
  })

  const settleThread: Forge["Service"]["settle"] = (thread, body, marker) =>
    plainPosts.settle(thread, bodies.markedBody(thread.pullRequest, body, marker), marker)

  return { look, ownPosts, publish, reply, settle: settleThread }
}
