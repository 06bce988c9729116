import type { JobId } from "@nominal-code/domain/Job"
import { Marker } from "@nominal-code/domain/Marker"
import type { PullRequestEvent } from "@nominal-code/domain/PullRequestEvent"
import { Effect, Option, Schema } from "effect"
import type { ForgeError } from "./ForgeError.ts"
import { asInstallationOf } from "./GitHubApp.ts"
import { markedBody } from "./GitHubBody.ts"
import { type GitHubClient, isUnavailable, transient } from "./GitHubClient.ts"
import type { GitHubPosts } from "./GitHubPosts.ts"
import { about } from "./GitHubReads.ts"

/** What GitHub says about something that it just made. */
export const Created = Schema.Struct({ id: Schema.Int, html_url: Schema.optional(Schema.String) })
export type Created = typeof Created.Type

/** What was posted earlier, in the shape of what is posted now. */
export const asCreated = ({ id, url }: { readonly id: number; readonly url: string }): Created => ({
  id,
  html_url: url
})

/**
 * Posts, and when no good answer comes looks whether it is there before posting again: GitHub may have carried out a
 * request that it answered 502. It looks after a pause, since what was carried out late shows late.
 */
export const postOnce = (
  post: Effect.Effect<Created, ForgeError>,
  look: Effect.Effect<Option.Option<Created>, ForgeError>
): Effect.Effect<Created, ForgeError> => {
  const again = Effect.flatMap(look, Option.match({ onNone: () => post, onSome: Effect.succeed })).pipe(
    Effect.delay("1 second"),
    Effect.retry({ schedule: transient, while: isUnavailable })
  )
  return Effect.catchIf(post, isUnavailable, () => again)
}

const threadOf = (event: PullRequestEvent): Option.Option<number> =>
  event._tag === "Comment" && event.kind === "review_comment"
    ? Option.some(event.threadId === undefined ? event.commentId : Number(event.threadId))
    : Option.none()

/** Answers where the event was: in the thread of the diff, or below the pull request. */
export const makeAnswer = (client: GitHubClient) =>
(
  operation: string,
  event: PullRequestEvent,
  body: string,
  look: Effect.Effect<Option.Option<Created>, ForgeError>
): Effect.Effect<Created, ForgeError> => {
  const { names, ...call } = about(operation, event.pullRequest)
  const parameters = { ...names, number: event.pullRequest.number, body }
  const below = client.request({
    ...call,
    route: "POST /repos/{owner}/{repo}/issues/{number}/comments",
    parameters,
    answer: Created
  })
  const inThread = (thread: number) =>
    client.request({
      ...call,
      route: "POST /repos/{owner}/{repo}/pulls/{number}/comments/{thread}/replies",
      parameters: { ...parameters, thread },
      answer: Created
    }).pipe(
      // The comment was deleted while we worked. The answer is still wanted.
      Effect.catchIf(({ reason }) => reason._tag === "NotFound", () => below)
    )
  return postOnce(Option.match(threadOf(event), { onNone: () => below, onSome: inThread }), look)
}

export const makeReply = (client: GitHubClient, posts: GitHubPosts) => {
  const answer = makeAnswer(client)
  return Effect.fn("GitHub.reply")(function*(event: PullRequestEvent, jobId: JobId, body: string) {
    const look = posts.seen("reply", event.pullRequest, jobId).pipe(
      Effect.map((seen) => Option.map(seen.answer, asCreated))
    )
    if (Option.isSome(yield* look)) return
    yield* answer("reply", event, markedBody(body, new Marker({ jobId })), look)
  })
}

/** An `eyes` reaction: on the comment where GitHub can hold one, else on the pull request. It is there once at most. */
export const makeAcknowledge = (client: GitHubClient) =>
  Effect.fn("GitHub.acknowledge")(function*(event: PullRequestEvent) {
    const { names, ...call } = about("acknowledge", event.pullRequest)
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
