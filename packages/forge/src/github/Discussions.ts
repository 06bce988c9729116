import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { Discussion } from "@nominal-code/domain/review/Review"
import { Order, Schema } from "effect"
import type { Post } from "../JobPosts.ts"

const isPath = Schema.is(RepoPath)

const oldestFirst = Order.mapInput(Order.String, ({ createdAt }: Discussion) => createdAt)

/** Reads everybody's comments out of the posts on a pull request, oldest first. */
export const discussionsIn = (posts: ReadonlyArray<Post>): ReadonlyArray<Discussion> =>
  posts.filter(({ body, submitted }) => submitted && body.trim() !== "").map(
    ({ author, body, createdAt, diffHunk, line, originalLine, own, path, resolved, thread }) =>
      new Discussion({
        author,
        ...(own ? { own } : {}),
        body,
        ...(isPath(path) ? { path } : {}),
        ...(line === undefined ? {} : { line }),
        ...(originalLine ? { originalLine } : {}),
        ...(diffHunk ? { diffHunk } : {}),
        resolved: resolved === true,
        ...(thread === undefined ? {} : { threadId: String(thread) }),
        createdAt
      })
  ).sort(oldestFirst)
