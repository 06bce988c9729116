import type { PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import type { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import type { JobId } from "@nominal-code/domain/job/Job"
import type { RunNotWanted } from "@nominal-code/domain/job/RunStillWanted"
import { Marker } from "@nominal-code/domain/review/Marker"
import { Effect, Option } from "effect"
import type { AnswerFacts, OwnPosts, Thread } from "./Forge.ts"
import type { ForgeError } from "./ForgeError.ts"
import { type JobPosts, jobPostsIn, type Post, settledBy } from "./JobPosts.ts"
import { isUnavailable, transient } from "./Retries.ts"

/** Place of a plain post of ours. */
export type Place = Pick<Post, "kind" | "id" | "url">

/** Calls of a forge for plain posts, which have no drafts. */
export interface PlainForge {
  /** Posts of our account for one job. */
  jobPosts(operation: string, ref: PullRequestRef, jobId: JobId): Effect.Effect<JobPosts, ForgeError>
  /** Posts a reply in a thread, or fails. */
  sendInThread(operation: string, thread: Thread, body: string): Effect.Effect<Place, ForgeError | RunNotWanted>
  /** True if a thread is gone, or takes no reply now. */
  readonly isThreadClosed: (error: unknown) => error is ForgeError
  /** Posts an answer where the event was. */
  send(operation: string, event: PullRequestEvent, body: string): Effect.Effect<Place, ForgeError | RunNotWanted>
  /** Deletes a post of ours. One that is gone is no failure. */
  remove(operation: string, ref: PullRequestRef, place: Place): Effect.Effect<void, ForgeError>
}

/** Plain posts, each of them once for its job. */
export type PlainPosts = ReturnType<typeof makePlainPosts>

export const makePlainPosts = ({ isThreadClosed, jobPosts, remove, send, sendInThread }: PlainForge) => {
  const removeAll = (operation: string, ref: PullRequestRef, duplicates: ReadonlyArray<Place>) =>
    Effect.forEach(duplicates, (duplicate) => remove(operation, ref, duplicate), { discard: true })

  /** The job's posts out of everybody's. What says the same twice is removed, and an answer beside the job's review. */
  const tidy = Effect.fnUntraced(function*(
    operation: string,
    ref: PullRequestRef,
    jobId: JobId,
    posts: ReadonlyArray<Post>
  ) {
    const { answers, duplicates, mode, review, reviewedHeads, summary } = jobPostsIn(posts, jobId)
    const removed = Option.isSome(review) ? [...duplicates, ...answers] : duplicates
    yield* removeAll(operation, ref, removed)
    const own: OwnPosts = {
      review,
      answer: Option.map(Option.fromNullishOr(answers[0]), ({ url }) => url),
      reviewedHeads,
      summary,
      mode
    }
    return { own, removed: new Set(removed.map(({ id }) => id)) }
  })

  /**
   * Posts once: posts, and then reads again what another run of the job may have posted meanwhile. Of two posts, every
   * process keeps the same one. `same`: the job's posts that say the same, the one that stays first.
   */
  const post = Effect.fnUntraced(function*(
    operation: string,
    event: PullRequestEvent,
    jobId: JobId,
    body: string,
    same: (seen: JobPosts) => ReadonlyArray<Post>
  ) {
    const look = jobPosts(operation, event.pullRequest, jobId)
    const sent = send(operation, event, body)
    const again = Effect.flatMap(look, (seen) => {
      const [there] = same(seen)
      return there === undefined ? sent : Effect.succeed(there)
    }).pipe(Effect.delay("1 second"), Effect.retry({ schedule: transient, while: isUnavailable }))
    const own: Place = yield* Effect.catchIf(sent, isUnavailable, () => again)
    const seen = yield* look
    yield* removeAll(operation, event.pullRequest, seen.duplicates)
    return { own, stays: same(seen)[0] ?? own, seen }
  })

  /** Posts a reply that settles a finding, once for its job and finding. `body` ends with the marker. */
  const settle = (thread: Thread, body: string, marker: Marker): Effect.Effect<boolean, ForgeError | RunNotWanted> => {
    const sent = Effect.as(sendInThread("settle", thread, body), true)
    const isThere = ({ settled }: JobPosts) => settled.some((fingerprint) => fingerprint === settledBy(marker))
    const again = jobPosts("settle", thread.pullRequest, marker.jobId).pipe(
      Effect.flatMap((seen) => isThere(seen) ? Effect.succeed(true) : sent),
      Effect.delay("1 second"),
      Effect.retry({ schedule: transient, while: isUnavailable })
    )
    return sent.pipe(
      Effect.catchIf(isUnavailable, () => again),
      Effect.catchIf(isThreadClosed, () => Effect.succeed(false))
    )
  }

  return { post, removeAll, settle, tidy }
}

/**
 * Makes `Forge.reply`. The body is final: `mark` has neutralised it, and put the job's marker at its end.
 */
export const makeReply = (
  forge: "GitHub" | "GitLab",
  plain: PlainPosts,
  jobPosts: PlainForge["jobPosts"],
  mark: (pullRequest: PullRequestRef, body: string, marker: Marker) => string
) =>
  Effect.fn(`${forge}.reply`)(
    function*(event: PullRequestEvent, jobId: JobId, body: string, known: OwnPosts, facts: AnswerFacts = {}) {
      if (Option.isSome(known.review) || Option.isSome(known.answer)) return known.review
      const { pullRequest } = event
      const { own, seen } = yield* plain.post(
        "reply",
        event,
        jobId,
        mark(pullRequest, body, new Marker({ jobId, ...facts })),
        ({ answers }) => answers
      )
      if (Option.isNone(seen.review)) return seen.review
      // The job's review came in between: it is the answer.
      yield* plain.removeAll("reply", pullRequest, [own])
      return (yield* jobPosts("reply", pullRequest, jobId)).review
    }
  )
