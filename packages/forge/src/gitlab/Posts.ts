import { isSameLogin } from "@nominal-code/domain/BotAccount"
import type { JobId } from "@nominal-code/domain/Job"
import { markersIn } from "@nominal-code/domain/Marker"
import { type MarkerSeal, unmarked } from "@nominal-code/domain/MarkerSeal"
import type { PullRequestRef } from "@nominal-code/domain/PullRequest"
import { Effect } from "effect"
import type { ForgeError } from "../ForgeError.ts"
import { jobPostsIn, type Post } from "../JobPosts.ts"
import type { GitLabClient } from "./Client.ts"
import { notesOf, type ThreadNote } from "./Discussions.ts"
import { ghost } from "./Reads.ts"

/** Address of a note on GitLab's pages. */
export const noteUrl = (host: string, { number, repo }: PullRequestRef, id: number): string =>
  `${host}/${repo}/-/merge_requests/${number}#note_${id}`

/** Fingerprint of the job's finding that a note shows. */
export const fingerprintIn = ({ body }: Pick<Post, "body">, jobId: JobId) =>
  markersIn(body).find((marker) => marker.jobId === jobId && marker.fingerprint !== undefined)?.fingerprint

/** Marks of our own posts: the username of our account, and the seal of the markers. */
interface OwnAccount {
  readonly login: Effect.Effect<string, ForgeError>
  readonly seal: MarkerSeal
}

/** Ledger of our posts, read from GitLab. */
export const makePosts = (client: GitLabClient, host: string, { login, seal }: OwnAccount) => {
  const isBy = (self: string, { author }: ThreadNote) => isSameLogin(author?.username ?? ghost, self)

  const postOf = (ref: PullRequestRef, self: string) => (note: ThreadNote): Post => ({
    kind: note.inThread ? "thread" : "comment",
    id: note.id,
    body: note.body,
    author: note.author?.username ?? ghost,
    own: isBy(self, note),
    url: noteUrl(host, ref, note.id),
    createdAt: note.created_at,
    submitted: true
  })

  /** Everybody's notes, and as posts. */
  const read = Effect.fnUntraced(function*(operation: string, ref: PullRequestRef) {
    const [self, raw] = yield* Effect.all([login, notesOf(client, operation, ref)], { concurrency: 2 })
    const notes = raw.map((note) => ({
      ...note,
      body: isBy(self, note) ? seal.open(ref, note.body) : unmarked(note.body)
    }))
    return { notes, posts: notes.map(postOf(ref, self)) }
  })

  return {
    read,
    jobPosts: (operation: string, ref: PullRequestRef, jobId: JobId) =>
      Effect.map(read(operation, ref), ({ posts }) => jobPostsIn(posts, jobId))
  }
}

export type GitLabPosts = ReturnType<typeof makePosts>
