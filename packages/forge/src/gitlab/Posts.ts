import { isSameLogin } from "@nominal-code/domain/BotAccount"
import type { JobId } from "@nominal-code/domain/Job"
import { markersIn } from "@nominal-code/domain/Marker"
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

/** Ledger of our posts, read from GitLab. `login`: username of our account. */
export const makePosts = (client: GitLabClient, host: string, login: Effect.Effect<string, ForgeError>) => {
  const postOf =
    (ref: PullRequestRef, self: string) => ({ author, body, created_at, id, inThread }: ThreadNote): Post => ({
      kind: inThread ? "thread" : "comment",
      id,
      body,
      author: author?.username ?? ghost,
      own: isSameLogin(author?.username ?? ghost, self),
      url: noteUrl(host, ref, id),
      createdAt: created_at,
      submitted: true
    })

  /** Everybody's notes, and as posts. */
  const read = Effect.fnUntraced(function*(operation: string, ref: PullRequestRef) {
    const [self, notes] = yield* Effect.all([login, notesOf(client, operation, ref)], { concurrency: 2 })
    return { notes, posts: notes.map(postOf(ref, self)) }
  })

  return {
    read,
    jobPosts: (operation: string, ref: PullRequestRef, jobId: JobId) =>
      Effect.map(read(operation, ref), ({ posts }) => jobPostsIn(posts, jobId))
  }
}

export type GitLabPosts = ReturnType<typeof makePosts>
