import type { JobId } from "@nominal-code/domain/Job"
import { Marker } from "@nominal-code/domain/Marker"
import type { PullRequestRef } from "@nominal-code/domain/PullRequest"
import type { PullRequestEvent } from "@nominal-code/domain/PullRequestEvent"
import { Effect, Option, Schema } from "effect"
import type { OwnPosts } from "../Forge.ts"
import { asInstallationOf } from "../Installation.ts"
import { markedBody } from "./Body.ts"
import { type GitHubClient, isUnavailable, transient } from "./Client.ts"
import { isNotFound, isPendingReview } from "./Failure.ts"
import type { GitHubPosts, JobPosts, Post, PostKind } from "./Posts.ts"
import { pullRequestCall } from "./Reads.ts"

/** GitHub's answer to a creation. */
export const Created = Schema.Struct({ id: Schema.Int, html_url: Schema.optional(Schema.String) })
export type Created = typeof Created.Type

const threadOf = (event: PullRequestEvent): Option.Option<number> =>
  event._tag === "Comment" && event.kind === "review_comment"
    ? Option.some(event.threadId === undefined ? event.commentId : Number(event.threadId))
    : Option.none()

/** Where plain answers to an event stand: below the pull request, if not in the event's thread. */
export const plainKinds = (event: PullRequestEvent): ReadonlyArray<PostKind> =>
  Option.isSome(threadOf(event)) ? ["thread", "comment"] : ["comment"]

/** Place of a plain post of ours. */
type Place = Pick<Post, "kind" | "id" | "url">

const placed = (kind: PostKind) => ({ html_url = "", id }: Created): Place => ({ kind, id, url: html_url })

/** Comments below a pull request and in the threads of its diff. They have no drafts. */
export const makePlain = (client: GitHubClient, posts: GitHubPosts) => {
  /** Posts an answer where the event was: in the thread of the diff, or below the pull request. */
  const send = (operation: string, event: PullRequestEvent, body: string) => {
    const { names, ...call } = pullRequestCall(operation, event.pullRequest)
    const parameters = { ...names, number: event.pullRequest.number, body }
    const below = client.write({
      ...call,
      route: "POST /repos/{owner}/{repo}/issues/{number}/comments",
      parameters,
      answer: Created
    }).pipe(Effect.map(placed("comment")))
    const inThread = (thread: number) =>
      client.write({
        ...call,
        route: "POST /repos/{owner}/{repo}/pulls/{number}/comments/{thread}/replies",
        parameters: { ...parameters, thread },
        answer: Created
      }).pipe(
        Effect.map(placed("thread")),
        // The comment was deleted while we worked, or an unsubmitted review of our account bars the thread.
        Effect.catchIf((error) => isNotFound(error) || isPendingReview(error), () => below)
      )
    return Option.match(threadOf(event), { onNone: () => below, onSome: inThread })
  }

  /** Deletes a duplicate post of ours. The other one stays, so no lease is needed. */
  const remove = (operation: string, ref: PullRequestRef, { id, kind }: Place) => {
    const { names, ...call } = pullRequestCall(operation, ref)
    return client.request({
      ...call,
      route: `DELETE /repos/{owner}/{repo}/${kind === "thread" ? "pulls" : "issues"}/comments/{id}`,
      parameters: { ...names, id },
      answer: Schema.Unknown,
      repeatable: true
    }).pipe(Effect.catchIf(isNotFound, () => Effect.void))
  }

  const removeAll = (operation: string, ref: PullRequestRef, duplicates: ReadonlyArray<Place>) =>
    Effect.forEach(duplicates, (duplicate) => remove(operation, ref, duplicate), { discard: true })

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
    const look = posts.jobPosts(operation, event.pullRequest, jobId)
    const sent = send(operation, event, body)
    const again = Effect.flatMap(look, (seen) => {
      const [there] = same(seen)
      return there === undefined ? sent : Effect.succeed(there)
    }).pipe(Effect.delay("1 second"), Effect.retry({ schedule: transient, while: isUnavailable }))
    const own: Place = yield* Effect.catchIf(sent, isUnavailable, () => again)
    const seen = yield* posts.jobPosts(operation, event.pullRequest, jobId, ["review", own.kind])
    yield* removeAll(operation, event.pullRequest, seen.duplicates)
    return { own, stays: same(seen)[0] ?? own, seen }
  })

  return { post, removeAll }
}

export const makeReply = (client: GitHubClient, posts: GitHubPosts) => {
  const plain = makePlain(client, posts)
  return Effect.fn("GitHub.reply")(
    function*(event: PullRequestEvent, jobId: JobId, body: string, known: OwnPosts) {
      if (Option.isSome(known.review) || Option.isSome(known.answer)) return known.review
      const marked = markedBody(body, new Marker({ jobId }))
      const { pullRequest } = event
      const { own, seen } = yield* plain.post("reply", event, jobId, marked, ({ answers }) => answers)
      if (Option.isNone(seen.review)) return seen.review
      // The job's review came in between: it is the answer.
      yield* plain.removeAll("reply", pullRequest, [own])
      return (yield* posts.jobPosts("reply", pullRequest, jobId)).review
    }
  )
}

/** Adds an `eyes` reaction to the comment if GitHub supports one there, else to the pull request. It is idempotent. */
export const makeAcknowledge = (client: GitHubClient) =>
  Effect.fn("GitHub.acknowledge")(function*(event: PullRequestEvent) {
    const { names, ...call } = pullRequestCall("acknowledge", event.pullRequest)
    const comment = event._tag === "Comment" ? event.commentId : 0
    const target = event.kind === "issue_comment"
      ? "issues/comments/{comment}"
      : event.kind === "review_comment"
      ? "pulls/comments/{comment}"
      : "issues/{number}"
    yield* client.request({
      ...call,
      route: `POST /repos/{owner}/{repo}/${target}/reactions`,
      parameters: {
        ...names,
        ...(target === "issues/{number}" ? { number: event.pullRequest.number } : { comment }),
        content: "eyes"
      },
      answer: Schema.Unknown,
      repeatable: true
    }).pipe(asInstallationOf(event))
  })
