import type { PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import type { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { Effect, Schema } from "effect"
import type { Thread } from "../Forge.ts"
import { ForgeError } from "../ForgeError.ts"
import { makePlainPosts, type Place, type PlainPosts } from "../PlainPosts.ts"
import type { GitLabClient } from "./Client.ts"
import { isForbidden, isNotFound, isRefused } from "./Failure.ts"
import { operationOf } from "./Operation.ts"
import { type GitLabPosts, noteUrl } from "./Posts.ts"

/** GitLab's answer to a creation. */
const Created = Schema.Struct({ id: Schema.Int })

/** True if a discussion was deleted while we worked, or takes no replies. */
const isThreadClosed = (error: unknown): error is ForgeError => isNotFound(error) || isRefused(error)

/** Notes below a merge request and in its discussions, without drafts. */
export const makePlain = (client: GitLabClient, host: string, posts: GitLabPosts): PlainPosts => {
  const placed = (ref: PullRequestRef, kind: Place["kind"]) => ({ id }: typeof Created.Type): Place => ({
    kind,
    id,
    url: noteUrl(host, ref, id)
  })

  const sendInThread = (operation: string, { pullRequest: ref, threadId }: Thread, body: string) =>
    client.write({
      operation: operationOf(operation, ref),
      answer: Created,
      ask: (gitlab) => gitlab.MergeRequestDiscussions.addNote(ref.repo, ref.number, threadId, body)
    }).pipe(Effect.map(placed(ref, "thread")))

  /** Posts an answer in the discussion that the event was in, or below the merge request. */
  const send = (operation: string, event: PullRequestEvent, body: string) => {
    const { pullRequest: ref } = event
    const below = client.write({
      operation: operationOf(operation, ref),
      answer: Created,
      ask: (gitlab) => gitlab.MergeRequestNotes.create(ref.repo, ref.number, body)
    }).pipe(Effect.map(placed(ref, "comment")))
    if (event._tag !== "Comment" || event.threadId === undefined) return below
    return sendInThread(operation, { pullRequest: ref, threadId: event.threadId }, body).pipe(
      Effect.catchIf(isThreadClosed, () => below)
    )
  }

  /** Deletes a duplicate post of ours. The other one stays, so no lease is needed. */
  const remove = (operation: string, ref: PullRequestRef, { id }: Place) =>
    client.request({
      operation: operationOf(operation, ref),
      ask: (gitlab) => gitlab.MergeRequestNotes.remove(ref.repo, ref.number, id),
      answer: Schema.Unknown
    }).pipe(Effect.catchIf(isNotFound, () => Effect.void))

  return makePlainPosts({ jobPosts: posts.jobPosts, send, sendInThread, isThreadClosed, remove })
}

const Alone = Schema.Struct({ individual_note: Schema.Boolean })

/**
 * Makes the resolution of discussions. It is idempotent; a note of its own cannot be resolved, which GitLab forbids with
 * the answer that a missing role has, too.
 */
export const makeResolve = (client: GitLabClient) =>
  Effect.fn("GitLab.resolveThread")(({ pullRequest: ref, threadId }: Thread) => {
    const operation = operationOf("resolveThread", ref)
    const unlessAlone = (forbidden: ForgeError) =>
      client.request({
        operation,
        ask: (gitlab) => gitlab.MergeRequestDiscussions.show(ref.repo, ref.number, threadId),
        answer: Alone
      }).pipe(Effect.flatMap(({ individual_note }) => individual_note ? Effect.void : Effect.fail(forbidden)))
    return client.write({
      operation,
      ask: (gitlab) => gitlab.MergeRequestDiscussions.resolve(ref.repo, ref.number, threadId, true),
      answer: Schema.Unknown
    }).pipe(
      Effect.asVoid,
      Effect.catchIf(isForbidden, unlessAlone),
      Effect.catchIf(isRefused, () => Effect.void)
    )
  })

/** True if our account has given the emoji before. GitLab answers 404 and has no code for it. */
const isGiven = (error: unknown): boolean =>
  error instanceof ForgeError && /has already been taken/i.test(error.reason.message)

/** Awards the `eyes` emoji to the comment, or to the merge request. It is idempotent. */
export const makeAcknowledge = (client: GitLabClient) =>
  Effect.fn("GitLab.acknowledge")((event: PullRequestEvent) => {
    const { number, repo } = event.pullRequest
    return client.request({
      operation: operationOf("acknowledge", event.pullRequest),
      ask: (gitlab) =>
        event._tag === "Comment"
          ? gitlab.MergeRequestNoteAwardEmojis.award(repo, number, event.commentId, "eyes")
          : gitlab.MergeRequestAwardEmojis.award(repo, number, "eyes"),
      answer: Schema.Unknown
    }).pipe(
      Effect.asVoid,
      Effect.catchIf(isGiven, () => Effect.void)
    )
  })
