import { type PullRequestRef, RepoPath, Sha } from "@nominal-code/domain/event/PullRequest"
import { Discussion } from "@nominal-code/domain/review/Review"
import { type Effect, Order, Schema, Stream } from "effect"
import type { ForgeError } from "../ForgeError.ts"
import type { GitLabClient } from "./Client.ts"
import { operationOf } from "./Operation.ts"
import { Author, ghost } from "./Reads.ts"

const Line = Schema.optional(Schema.NullOr(Schema.Int))

/** Position of a note. GitLab moves it with the code; once the code has changed, it stays at the old commit. */
const Position = Schema.Struct({
  head_sha: Schema.optional(Schema.NullOr(Sha)),
  new_path: Schema.optional(Schema.NullOr(RepoPath)),
  old_path: Schema.optional(Schema.NullOr(RepoPath)),
  new_line: Line,
  old_line: Line
})

const Note = Schema.Struct({
  id: Schema.Int,
  body: Schema.String,
  author: Author,
  created_at: Schema.String,
  updated_at: Schema.optional(Schema.NullOr(Schema.String)),
  system: Schema.Boolean,
  /** True for a note that only members of the project see. */
  internal: Schema.optional(Schema.NullOr(Schema.Boolean)),
  /** Its older name. */
  confidential: Schema.optional(Schema.NullOr(Schema.Boolean)),
  resolved: Schema.optional(Schema.NullOr(Schema.Boolean)),
  position: Schema.optional(Schema.NullOr(Position))
})
type Note = typeof Note.Type

const Wire = Schema.Struct({ id: Schema.String, individual_note: Schema.Boolean, notes: Schema.Array(Note) })

/** A note of a person or a bot, and whether it stands in a thread. */
export interface ThreadNote extends Note {
  readonly inThread: boolean
  /** Id of its discussion. A note of its own is in one alone. */
  readonly discussion: string
  /** True if our account wrote it. */
  readonly own?: boolean
}

const oldestFirst = Order.mapInput(Order.String, ({ createdAt }: Discussion) => createdAt)

/** Reads every note of a merge request that GitLab itself did not write. */
export const notesOf = (
  client: GitLabClient,
  operation: string,
  ref: PullRequestRef
): Effect.Effect<ReadonlyArray<ThreadNote>, ForgeError> =>
  client.pages({
    operation: operationOf(operation, ref),
    ask: (gitlab, page) => gitlab.MergeRequestDiscussions.all(ref.repo, ref.number, page),
    answer: Wire,
    // A thread of 32 MiB is an attack, or a machine's. Its merge request is reviewed without it.
    skipsTooLarge: true
  }).pipe(
    Stream.flatMap(({ id, individual_note, notes }) =>
      Stream.fromIterable(
        notes.filter(({ system }) => !system).map((note) => ({ ...note, inThread: !individual_note, discussion: id }))
      )
    ),
    Stream.runCollect
  )

const placeOf = ({ position }: ThreadNote, head: Sha) => {
  if (!position) return {}
  const path = position.new_path ?? position.old_path
  const line = position.new_line ?? position.old_line ?? undefined
  return {
    ...(path ? { path } : {}),
    ...(line === undefined ? {} : {
      originalLine: line,
      ...(position.head_sha ? { commitId: position.head_sha } : {}),
      side: position.new_line ? "RIGHT" as const : "LEFT" as const,
      ...(position.head_sha === head ? { line } : {})
    })
  }
}

/** Reads everybody's comments out of the notes of a merge request with this head, oldest first. */
export const discussionsIn = (notes: ReadonlyArray<ThreadNote>, head: Sha): ReadonlyArray<Discussion> =>
  notes.filter(({ body }) => body.trim() !== "").map((note) =>
    new Discussion({
      author: note.author?.username ?? ghost,
      ...(note.own === true ? { own: true } : {}),
      body: note.body,
      ...placeOf(note, head),
      resolved: note.resolved === true,
      threadId: note.discussion,
      createdAt: note.created_at
    })
  ).sort(oldestFirst)
