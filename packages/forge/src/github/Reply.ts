import type { PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import type { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { Effect, Option, Schema } from "effect"
import type { Thread } from "../Forge.ts"
import type { ForgeError } from "../ForgeError.ts"
import { withInstallationOf } from "../Installation.ts"
import type { PostKind } from "../JobPosts.ts"
import { makePlainPosts, type Place, type PlainPosts } from "../PlainPosts.ts"
import type { GitHubClient } from "./Client.ts"
import { isForbidden, isNotFound, isPendingReview } from "./Failure.ts"
import type { GitHubPosts } from "./Posts.ts"
import { pullRequestCall } from "./Reads.ts"

/** GitHub's answer to a creation. */
export const CreatedComment = Schema.Struct({ id: Schema.Int, html_url: Schema.optional(Schema.String) })
export type CreatedComment = typeof CreatedComment.Type

/** First comment of the thread on the diff that an event's comment stands in. */
export const threadOf = (event: PullRequestEvent): Option.Option<number> =>
  event._tag === "Comment" && event.kind === "review_comment"
    ? Option.some(event.threadId === undefined ? event.commentId : Number(event.threadId))
    : Option.none()

const placed = (kind: PostKind) => ({ html_url = "", id }: CreatedComment): Place => ({ kind, id, url: html_url })

/** True if a comment was deleted while we worked, or if an unsubmitted review of our account bars its thread. */
const isThreadClosed = (error: unknown): error is ForgeError => isNotFound(error) || isPendingReview(error)

/** Comments below a pull request and in the threads of its diff. They have no drafts. */
export const makePlain = (client: GitHubClient, posts: GitHubPosts): PlainPosts => {
  const sendInThread = (operation: string, { pullRequest, threadId }: Thread, body: string) => {
    const { names, ...call } = pullRequestCall(operation, pullRequest)
    return client.write({
      ...call,
      route: "POST /repos/{owner}/{repo}/pulls/{number}/comments/{thread}/replies",
      parameters: { ...names, number: pullRequest.number, body, thread: Number(threadId) },
      answer: CreatedComment
    }).pipe(Effect.map(placed("thread")))
  }

  /** Posts an answer where the event was: in the thread of the diff, or below the pull request. */
  const send = (operation: string, event: PullRequestEvent, body: string) => {
    const { names, ...call } = pullRequestCall(operation, event.pullRequest)
    const below = client.write({
      ...call,
      route: "POST /repos/{owner}/{repo}/issues/{number}/comments",
      parameters: { ...names, number: event.pullRequest.number, body },
      answer: CreatedComment
    }).pipe(Effect.map(placed("comment")))
    return Option.match(threadOf(event), {
      onNone: () => below,
      onSome: (thread) =>
        sendInThread(operation, { pullRequest: event.pullRequest, threadId: String(thread) }, body).pipe(
          Effect.catchIf(isThreadClosed, () => below)
        )
    })
  }

  /**
   * Deletes a duplicate post of ours. The other one stays, so no lease is needed; one of our other account stays where
   * this one may not delete it.
   */
  const remove = (operation: string, ref: PullRequestRef, { id, kind }: Place) => {
    const { names, ...call } = pullRequestCall(operation, ref)
    return client.request({
      ...call,
      route: `DELETE /repos/{owner}/{repo}/${kind === "thread" ? "pulls" : "issues"}/comments/{id}`,
      parameters: { ...names, id },
      answer: Schema.Unknown,
      repeatable: true
    }).pipe(Effect.catchIf((error) => isNotFound(error) || isForbidden(error), () => Effect.void))
  }

  return makePlainPosts({ jobPosts: posts.jobPosts, send, sendInThread, isThreadClosed, remove })
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
    }).pipe(withInstallationOf(event))
  })
