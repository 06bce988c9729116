import { type PullRequest, type PullRequestRef, RepoPath, Sha } from "@nominal-code/domain/event/PullRequest"
import type { JobId } from "@nominal-code/domain/job/Job"
import type { Fingerprint } from "@nominal-code/domain/review/Finding"
import { type InlineComment, PostedReview, type ReviewDraft } from "@nominal-code/domain/review/Review"
import { Effect, Option, Ref, Schema } from "effect"
import type { Forge, OwnPosts, PostedSummary, PullRequestView } from "../Forge.ts"
import type { ForgeError } from "../ForgeError.ts"
import { jobPostsIn, type Post } from "../JobPosts.ts"
import { makeReply } from "../PlainPosts.ts"
import { isUnavailable, transient } from "../Retries.ts"
import type { OwnId } from "./Account.ts"
import type { GitLabBodies } from "./Body.ts"
import type { GitLabClient } from "./Client.ts"
import { discussionsIn } from "./Discussions.ts"
import { makeDrafts } from "./Drafts.ts"
import { isNotFound, isRefused } from "./Failure.ts"
import type { KnownDiffs, VersionDiff } from "./KnownDiffs.ts"
import { makePlainReview } from "./PlainReview.ts"
import { positionOf } from "./Positions.ts"
import { fingerprintIn, type GitLabPosts } from "./Posts.ts"
import { operationOf } from "./Reads.ts"
import { makePlain } from "./Reply.ts"

type Comments = ReadonlyArray<InlineComment>

const Version = Schema.Struct({
  id: Schema.Int,
  base_commit_sha: Schema.String,
  start_commit_sha: Schema.String,
  head_commit_sha: Sha
})

const WholeVersion = Schema.Struct({
  diffs: Schema.Array(Schema.Struct({ old_path: RepoPath, new_path: RepoPath, diff: Schema.String }))
})

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

  /** Diff that the reviewed commit was part of: as it was read for the review, or else as GitLab keeps it. */
  const reviewedDiff = Effect.fnUntraced(function*({ comments, headSha, pullRequest: ref }: ReviewDraft) {
    const known = reads.knownDiff(ref, headSha, comments.map(({ finding }) => finding.path))
    if (known !== undefined) return Option.some(known)
    const call = { operation: operationOf("publish", ref) }
    const versions = yield* client.request({
      ...call,
      ask: (gitlab) => gitlab.MergeRequests.allDiffVersions(ref.repo, ref.number),
      answer: Schema.Array(Version)
    })
    const version = versions.find(({ head_commit_sha }) => head_commit_sha === headSha)
    if (version === undefined) return Option.none<VersionDiff>()
    const { diffs } = yield* client.request({
      ...call,
      ask: (gitlab) => gitlab.MergeRequests.showDiffVersion(ref.repo, ref.number, version.id),
      answer: WholeVersion
    })
    return Option.some<VersionDiff>({
      refs: { baseSha: version.base_commit_sha, startSha: version.start_commit_sha, headSha },
      files: diffs.map(({ diff, new_path, old_path }) => ({ oldPath: old_path, newPath: new_path, diff }))
    })
  })

  const edit = (ref: PullRequestRef, id: number, body: string) =>
    client.write({
      operation: operationOf("publish", ref),
      ask: (gitlab) => gitlab.MergeRequestNotes.edit(ref.repo, ref.number, id, { body }),
      answer: Schema.Unknown
    }).pipe(Effect.retry({ schedule: transient, while: isUnavailable }))

  const posted = ({ headSha }: ReviewDraft, url: string, inline: number, folded: number): PostedReview =>
    new PostedReview({ url, headSha, inline, folded, alreadyPosted: false })

  /** Posts a review without comments as a plain note, in the discussion that asked. */
  const plain = Effect.fnUntraced(function*(draft: ReviewDraft, folded: Comments, inline = 0) {
    const { event, jobId, pullRequest } = draft
    const body = bodies.reviewBody(draft, folded)
    const { own, seen, stays } = yield* plainPosts.post("publish", event, jobId, body, ({ reviews }) => reviews)
    yield* plainPosts.removeAll("publish", pullRequest, seen.answers)
    // The summary of another run stays, and is about the comments of this one now.
    if (inline > 0 && stays.id !== own.id) yield* edit(pullRequest, stays.id, body)
    return posted(draft, stays.url, inline, folded.length)
  })

  /** Writes a review over the summary of an earlier one, or posts it if that is gone. */
  const over = (draft: ReviewDraft, { body, id, url }: PostedSummary) =>
    edit(draft.pullRequest, id, bodies.bodyOver(draft, body)).pipe(
      Effect.map(() => posted(draft, url, 0, 0)),
      Effect.catchIf((error) => isNotFound(error) || isRefused(error), () => plain(draft, []))
    )

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
