import type { PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import type { JobId } from "@nominal-code/domain/job/Job"
import type { RunNotWanted } from "@nominal-code/domain/job/RunStillWanted"
import type { InlineComment } from "@nominal-code/domain/review/Review"
import { Effect, Option, Schema } from "effect"
import type { ForgeError } from "../ForgeError.ts"
import { jobPostsIn, type Post } from "../JobPosts.ts"
import { isUnavailable, transient } from "../Retries.ts"
import type { GitLabClient } from "./Client.ts"
import { isNotFound, isRefused } from "./Failure.ts"
import { operationOf } from "./Operation.ts"
import type { Position } from "./Positions.ts"
import { fingerprintIn, type GitLabPosts } from "./Posts.ts"

/** A comment, with its text and its place. */
export interface PlacedComment {
  readonly comment: InlineComment
  readonly body: string
  readonly position: Position
}

const Begun = Schema.Struct({ notes: Schema.NonEmptyArray(Schema.Struct({ id: Schema.Int })) })

/**
 * Comments of a review on a GitLab without draft notes. Everybody sees each of them at once; the summary that follows
 * makes them a review. So what another run of the job left behind without a summary is deleted by whoever looks.
 */
export const makePlainReview = (client: GitLabClient, posts: GitLabPosts) => {
  const remove = (operation: string, ref: PullRequestRef, id: number) => ({
    operation: operationOf(operation, ref),
    ask: (gitlab: Parameters<Parameters<GitLabClient["write"]>[0]["ask"]>[0]) =>
      gitlab.MergeRequestNotes.remove(ref.repo, ref.number, id),
    answer: Schema.Unknown
  })

  /** Comments of a job that are part of none of its reviews. */
  const strayOf = (seen: ReadonlyArray<Post>, jobId: JobId): ReadonlyArray<Post> =>
    Option.isSome(jobPostsIn(seen, jobId).review)
      ? []
      : seen.filter((post) => post.own && post.kind === "thread" && fingerprintIn(post, jobId) !== undefined)

  /** Deletes the comments of a job that are part of none of its reviews, and returns their numbers. */
  const clear = Effect.fnUntraced(function*(
    operation: string,
    ref: PullRequestRef,
    jobId: JobId,
    seen: ReadonlyArray<Post>
  ) {
    const stray = strayOf(seen, jobId)
    yield* Effect.forEach(
      stray,
      ({ id }) => Effect.catchIf(client.write(remove(operation, ref, id)), isNotFound, () => Effect.void),
      { discard: true }
    )
    return new Set(stray.map(({ id }) => id))
  })

  /**
   * Begins a discussion at a place of the diff, and returns the number of its note; none where GitLab finds no such
   * place. It may have carried out a request that it answered 502, so what is there is looked at first.
   */
  const begin = (ref: PullRequestRef, jobId: JobId, { body, comment, position }: PlacedComment) => {
    const once = client.write({
      operation: operationOf("publish", ref),
      // gitbeaker's own method has the types of a position wrong.
      ask: (gitlab) =>
        gitlab.MergeRequests.requester.post(
          `projects/${encodeURIComponent(ref.repo)}/merge_requests/${ref.number}/discussions`,
          { body: { body, position } }
        ).then(({ body: answer }) => answer),
      answer: Begun
    }).pipe(Effect.map(({ notes: [{ id }] }) => id))
    const again = Effect.flatMap(posts.read("publish", ref), ({ posts: seen }) => {
      const there = seen.find((post) => post.own && fingerprintIn(post, jobId) === comment.fingerprint)
      return there === undefined ? once : Effect.succeed(there.id)
    }).pipe(Effect.delay("1 second"), Effect.retry({ schedule: transient, while: isUnavailable }))
    return once.pipe(
      Effect.catchIf(isUnavailable, () => again),
      Effect.asSome,
      Effect.catchIf(isRefused, () => Effect.succeed(Option.none<number>())),
      // Some wrong places make GitLab answer 500, always. While it is away altogether, so are the posts.
      Effect.catchIf(isUnavailable, () => Effect.as(posts.read("publish", ref), Option.none<number>()))
    )
  }

  /** Posts comments, the queue asked before each. One that it does not want any more deletes those that it has posted. */
  const post = Effect.fnUntraced(function*<A>(
    ref: PullRequestRef,
    jobId: JobId,
    comments: ReadonlyArray<PlacedComment>,
    then: (folded: ReadonlyArray<InlineComment>) => Effect.Effect<A, ForgeError | RunNotWanted>
  ) {
    const made: Array<number> = []
    const folded: Array<InlineComment> = []
    const posting = Effect.forEach(comments, (one) =>
      Effect.map(
        begin(ref, jobId, one),
        Option.match({ onNone: () => folded.push(one.comment), onSome: (id) => made.push(id) })
      ), { discard: true })
    // The run that took over may have deleted some of them.
    const takeBack = Effect.forEach(
      made,
      (id) => Effect.catchIf(client.request(remove("publish", ref, id)), isNotFound, () => Effect.void),
      { discard: true }
    )
    return yield* Effect.andThen(posting, Effect.suspend(() => then(folded))).pipe(
      Effect.tapErrorTag("RunNotWanted", () => Effect.ignore(takeBack))
    )
  })

  return { clear, post }
}

/** The comments of reviews on a GitLab without draft notes. */
export type PlainReview = ReturnType<typeof makePlainReview>
