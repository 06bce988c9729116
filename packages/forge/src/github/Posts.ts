import { isSameLogin } from "@nominal-code/domain/BotAccount"
import type { JobId } from "@nominal-code/domain/Job"
import type { PullRequestRef } from "@nominal-code/domain/PullRequest"
import { Effect, Schema, Stream } from "effect"
import type { ForgeError } from "../ForgeError.ts"
import { type JobPosts, jobPostsIn, type Post, type PostKind, postKinds } from "../JobPosts.ts"
import type { GitHubClient } from "./Client.ts"
import { ghost, pullRequestCall } from "./Reads.ts"

/** Ledger of our posts, read from the forge. */
export interface GitHubPosts {
  /** Everybody's posts of one kind, oldest first. */
  list(kind: PostKind, operation: string, ref: PullRequestRef): Effect.Effect<ReadonlyArray<Post>, ForgeError>
  /**
   * Posts of our account for one job. Others' posts do not count, because anybody can copy a marker. `kinds`: where to
   * look; by default everywhere.
   */
  jobPosts(
    operation: string,
    ref: PullRequestRef,
    jobId: JobId,
    kinds?: ReadonlyArray<PostKind>
  ): Effect.Effect<JobPosts, ForgeError>
}

const Wire = Schema.Struct({
  id: Schema.Int,
  body: Schema.optional(Schema.NullOr(Schema.String)),
  user: Schema.optional(Schema.NullOr(Schema.Struct({ login: Schema.String }))),
  html_url: Schema.optional(Schema.String),
  created_at: Schema.optional(Schema.String),
  submitted_at: Schema.optional(Schema.NullOr(Schema.String)),
  state: Schema.optional(Schema.String),
  path: Schema.optional(Schema.String),
  line: Schema.optional(Schema.NullOr(Schema.Int))
})

const Account = Schema.Struct({ login: Schema.String })

const paths: Readonly<Record<PostKind, string>> = {
  review: "pulls/{number}/reviews",
  comment: "issues/{number}/comments",
  thread: "pulls/{number}/comments"
}

const post = (kind: PostKind) => (wire: typeof Wire.Type): Post => ({
  kind,
  id: wire.id,
  body: wire.body ?? "",
  author: wire.user?.login ?? ghost,
  url: wire.html_url ?? "",
  createdAt: wire.created_at ?? wire.submitted_at ?? "",
  submitted: wire.state !== "PENDING",
  ...(wire.path === undefined ? {} : { path: wire.path }),
  ...(typeof wire.line === "number" ? { line: wire.line } : {})
})

/** The login of a token's owner. */
export const ownerLogin = (client: GitHubClient): Effect.Effect<string, ForgeError> =>
  client.request({ operation: "GitHub.account", route: "GET /user", parameters: {}, answer: Account }).pipe(
    Effect.map(({ login }) => login)
  )

export const makePosts = Effect.fnUntraced(function*(client: GitHubClient, login: Effect.Effect<string, ForgeError>) {
  const list: GitHubPosts["list"] = (kind, operation, ref) => {
    const { names, ...call } = pullRequestCall(operation, ref)
    return client.pages({
      ...call,
      route: `GET /repos/{owner}/{repo}/${paths[kind]}`,
      parameters: { ...names, number: ref.number },
      answer: Wire
    }).pipe(Stream.map(post(kind)), Stream.runCollect)
  }

  const ownLogin = yield* Effect.cachedWithTTL(
    login,
    (exit) => exit._tag === "Success" ? "1 day" : 0
  )

  const posts: GitHubPosts = {
    list,
    jobPosts: Effect.fnUntraced(function*(operation, ref, jobId, where = postKinds) {
      const lists = where.map((kind) => list(kind, operation, ref))
      const [self, found] = yield* Effect.all([ownLogin, Effect.all(lists, { concurrency: 3 })], { concurrency: 2 })
      return jobPostsIn(found.flat().filter(({ author }) => isSameLogin(author, self)), jobId)
    })
  }
  return posts
})
