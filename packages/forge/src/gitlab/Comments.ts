import type { PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { Effect, Schema, Stream } from "effect"
import { type FoundComment, millisOf, type OpenPullRequest } from "../Inventory.ts"
import type { OwnId } from "./Account.ts"
import type { GitLabClient } from "./Client.ts"
import type { ThreadNote } from "./Discussions.ts"
import { isMadeByGitLab, loginOf, place } from "./Webhook.ts"

const Award = Schema.Struct({ name: Schema.String, user: Schema.Struct({ id: Schema.Int }) })

/** True for a note that has changed since it was written: GitLab does not tell an edit from what else changes a note. */
const isChanged = ({ created_at, updated_at }: ThreadNote): boolean =>
  millisOf(updated_at ?? created_at) - millisOf(created_at) > 1_000

/** Reads which of a merge request's notes a delivery would have told of, as it would have. */
export const makeComments = (client: GitLabClient, ownId: OwnId) => {
  const hasReacted = Effect.fnUntraced(function*(ref: PullRequestRef, note: number) {
    const eyes = yield* client.pages({
      operation: `GitLab.reactions ${ref.repo}!${ref.number}`,
      ask: (gitlab, page) => gitlab.MergeRequestNoteAwardEmojis.all(ref.repo, ref.number, note, page),
      answer: Award
    }).pipe(Stream.filter(({ name }) => name === "eyes"), Stream.runCollect)
    if (eyes.length === 0) return false
    const self = yield* ownId.get
    return eyes.some(({ user }) => user.id === self)
  })

  /** `own` are the numbers of our own notes. */
  return (
    { ref, title }: OpenPullRequest,
    notes: ReadonlyArray<ThreadNote>,
    own: ReadonlySet<number>
  ): ReadonlyArray<FoundComment> =>
    // What is answered to an internal note would be as public as the merge request.
    notes.filter((note) =>
      !own.has(note.id) && note.internal !== true && note.confidential !== true && !isChanged(note)
    ).map(
      (note): FoundComment => {
        const author = loginOf(note.author)
        const isReplied = notes.some(({ discussion, id }) =>
          discussion === note.discussion && id > note.id && own.has(id)
        )
        return {
          event: PullRequestEvent.cases.Comment.make({
            kind: "note",
            pullRequest: ref,
            title,
            author,
            authorIsBot: isMadeByGitLab(author),
            ...(note.author === null ? {} : { authorId: note.author.id }),
            commentId: note.id,
            threadId: note.discussion,
            ...place(note.position),
            body: note.body
          }),
          writtenAt: millisOf(note.created_at),
          isAnswered: isReplied ? Effect.succeed(true) : hasReacted(ref, note.id)
        }
      }
    )
}
