import type { PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import type { JobId } from "@nominal-code/domain/job/Job"
import { markersIn } from "@nominal-code/domain/review/Marker"
import { type MarkerSeal, unmarked } from "@nominal-code/domain/review/MarkerSeal"
import { Effect } from "effect"
import { jobPostsIn, type Post } from "../JobPosts.ts"
import type { OwnId } from "./Account.ts"
import type { GitLabClient } from "./Client.ts"
import { notesOf, type ThreadNote } from "./Discussions.ts"
import { ghost } from "./Reads.ts"

/** Address of a note on GitLab's pages. */
export const noteUrl = (host: string, { number, repo }: PullRequestRef, id: number): string =>
  `${host}/${repo}/-/merge_requests/${number}#note_${id}`

/** Fingerprint of the job's finding that a note shows. */
export const fingerprintIn = ({ body }: Pick<Post, "body">, jobId: JobId) =>
  markersIn(body).find((marker) => marker.jobId === jobId && marker.fingerprint !== undefined)?.fingerprint

/** Marks of our own posts: the number of our account, and the seal of the markers. */
interface OwnMarks {
  readonly ownId: OwnId
  readonly seal: MarkerSeal
}

/** Id that no account of GitLab has. */
const nobody = 0

/** Ledger of our posts, read from GitLab. */
export const makePosts = (client: GitLabClient, host: string, { ownId, seal }: OwnMarks) => {
  const isBy = (self: number, { author }: ThreadNote) => author?.id === self

  const postOf = (ref: PullRequestRef) => (note: ThreadNote & { readonly own: boolean }): Post => ({
    kind: note.inThread ? "thread" : "comment",
    id: note.id,
    body: note.body,
    author: note.author?.username ?? ghost,
    own: note.own,
    url: noteUrl(host, ref, note.id),
    createdAt: note.created_at,
    submitted: true
  })

  /** Everybody's notes, and as posts. What has no marker is no post of ours that counts, so nobody asks whose it is. */
  const read = Effect.fnUntraced(function*(operation: string, ref: PullRequestRef) {
    const raw = yield* notesOf(client, operation, ref)
    const self = raw.some(({ body }) => markersIn(body).length > 0) ? yield* ownId.get : nobody
    const notes = raw.map((note) => {
      const own = isBy(self, note)
      return { ...note, own, body: own ? seal.open(ref, note.body) : unmarked(note.body) }
    })
    return { notes, posts: notes.map(postOf(ref)) }
  })

  return {
    read,
    jobPosts: (operation: string, ref: PullRequestRef, jobId: JobId) =>
      Effect.map(read(operation, ref), ({ posts }) => jobPostsIn(posts, jobId))
  }
}

export type GitLabPosts = ReturnType<typeof makePosts>
