import { appLogin, isSameLogin } from "@nominal-code/domain/event/BotAccount"
import type { PullRequest, PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import type { JobId } from "@nominal-code/domain/job/Job"
import { markersIn } from "@nominal-code/domain/review/Marker"
import { type MarkerSeal, unmarked } from "@nominal-code/domain/review/MarkerSeal"
import { Effect, Option, Schema, Stream } from "effect"
import type { ForgeError } from "../ForgeError.ts"
import { type JobPosts, jobPostsIn, type Post, type PostKind, postKinds } from "../JobPosts.ts"
import type { GitHubClient } from "./Client.ts"
import { makePullRequestQuery, type PullRequestWithPosts } from "./PullRequestQuery.ts"
import { ghost, pullRequestCall } from "./Reads.ts"

/** Ledger of our posts, read from the forge. */
export interface GitHubPosts {
  /** Everybody's posts. */
  read(operation: string, ref: PullRequestRef): Effect.Effect<Pick<PullRequestWithPosts, "posts">, ForgeError>
  /** Posts of our account for one job. */
  jobPosts(operation: string, ref: PullRequestRef, jobId: JobId): Effect.Effect<JobPosts, ForgeError>
  /** The pull request with everybody's posts. */
  whole(operation: string, ref: PullRequestRef): Effect.Effect<PullRequestWithPosts, ForgeError>
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
  line: Schema.optional(Schema.NullOr(Schema.Int)),
  in_reply_to_id: Schema.optional(Schema.NullOr(Schema.Int))
})

const Account = Schema.Struct({ login: Schema.String })

const paths: Readonly<Record<PostKind, string>> = {
  review: "pulls/{number}/reviews",
  comment: "issues/{number}/comments",
  thread: "pulls/{number}/comments"
}

const post = (kind: PostKind, self: string) => (wire: typeof Wire.Type): Post => {
  const author = wire.user?.login ?? ghost
  return {
    kind,
    id: wire.id,
    body: wire.body ?? "",
    author,
    own: isSameLogin(author, self),
    url: wire.html_url ?? "",
    createdAt: wire.created_at ?? wire.submitted_at ?? "",
    submitted: wire.state !== "PENDING",
    ...(wire.path === undefined ? {} : { path: wire.path }),
    ...(typeof wire.line === "number" ? { line: wire.line } : {}),
    ...(kind === "thread" ? { thread: wire.in_reply_to_id ?? wire.id } : {})
  }
}

const Viewer = Schema.Struct({ data: Schema.Struct({ viewer: Account }) })

/**
 * The login of a token's owner. GitHub refuses the REST call to the token of an App's installation, which a workflow of
 * GitHub Actions has; GraphQL tells such a token who it is.
 */
export const ownerLogin = (client: GitHubClient): Effect.Effect<string, ForgeError> =>
  client.request({ operation: "GitHub.account", route: "GET /user", parameters: {}, answer: Account }).pipe(
    Effect.map(({ login }) => login),
    Effect.catchReason("ForgeError", "Forbidden", () =>
      Effect.map(
        client.graphql({
          operation: "GitHub.account",
          text: "query { viewer { login } }",
          variables: {},
          answer: Viewer
        }),
        ({ data: { viewer: { login } } }) => appLogin(login)
      ))
  )

/** Makes a login known for a day. */
export const rememberLogin = (login: Effect.Effect<string, ForgeError>) =>
  Effect.cachedWithTTL(login, (exit) => exit._tag === "Success" ? "1 day" : 0)

/**
 * The login of an account that we have beside the one of the calls; none where there is no such account. Its credentials
 * may be refused: what the other account does, goes on with the login that was known last.
 */
export type OtherLogin = Effect.Effect<Option.Option<string>, ForgeError>

export const makeOtherLogin = (login: Effect.Effect<string, ForgeError>): Effect.Effect<OtherLogin> => {
  let last = Option.none<string>()
  const asked: OtherLogin = login.pipe(
    Effect.map((known) => last = Option.some(known)),
    Effect.catchIf(
      ({ reason }) => reason._tag === "Unauthorized" || reason._tag === "Forbidden",
      ({ message }) =>
        Effect.as(Effect.logWarning(`the other account's posts may not be known as ours: ${message}`), last)
    )
  )
  return Effect.cachedWithTTL(asked, (exit) => exit._tag === "Success" ? "1 hour" : 0)
}

/** Sources of what GraphQL does not give: the logins of our accounts, and the pull request over REST. */
interface RestReads {
  readonly login: Effect.Effect<string, ForgeError>
  readonly other: OtherLogin
  pullRequest(ref: PullRequestRef): Effect.Effect<PullRequest, ForgeError>
}

export const makePosts = Effect.fnUntraced(
  function*(client: GitHubClient, seal: MarkerSeal, { login, other, pullRequest }: RestReads) {
    const query = makePullRequestQuery(client)
    const ownLogin = yield* rememberLogin(login)

    const list = (kind: PostKind, operation: string, ref: PullRequestRef, self: string) => {
      const { names, ...call } = pullRequestCall(operation, ref)
      return client.pages({
        ...call,
        route: `GET /repos/{owner}/{repo}/${paths[kind]}`,
        parameters: { ...names, number: ref.number },
        answer: Wire
      }).pipe(Stream.map(post(kind, self)), Stream.runCollect)
    }

    const lists = Effect.fnUntraced(function*(operation: string, ref: PullRequestRef) {
      const self = yield* ownLogin
      const found = yield* Effect.forEach(postKinds, (kind) => list(kind, operation, ref, self), { concurrency: 3 })
      return found.flat()
    })

    /** Falls back to REST where GraphQL is refused to the token. It does not know which threads are resolved. */
    const orOverRest = <A>(graphql: Effect.Effect<A, ForgeError>, rest: Effect.Effect<A, ForgeError>) =>
      Effect.catchIf(
        graphql,
        ({ reason, retryable }) => !retryable && reason._tag !== "Unauthorized",
        ({ message }) =>
          Effect.tap(rest, () =>
            Effect.logWarning(
              `Every thread of the diff counts as open, since GitHub does not say which are: ${message}`
            ))
      )

    /** A post whose markers count. Nobody else can make a draft of our account, so its marker counts without a seal. */
    const opened = (ref: PullRequestRef) => (post: Post): Post => {
      if (!post.own) return { ...post, body: unmarked(post.body) }
      return post.submitted ? { ...post, body: seal.open(ref, post.body) } : post
    }

    /** Everybody's posts, those of our other account as ours. It is asked for where a post by others has a marker. */
    const opening = Effect.fnUntraced(function*(ref: PullRequestRef, posts: ReadonlyArray<Post>) {
      const isMarked = posts.some(({ body, own }) => !own && markersIn(body).length > 0)
      const login = isMarked ? yield* other : Option.none()
      if (Option.isNone(login)) return posts.map(opened(ref))
      return posts.map((post) =>
        opened(ref)(
          !post.own && isSameLogin(post.author, login.value) ? { ...post, own: true, byOtherAccount: true } : post
        )
      )
    })

    const read: GitHubPosts["read"] = (operation, ref) =>
      orOverRest(query.posts(operation, ref), lists(operation, ref)).pipe(
        Effect.flatMap((posts) => opening(ref, posts)),
        Effect.map((posts) => ({ posts }))
      )

    const posts: GitHubPosts = {
      read,
      jobPosts: (operation, ref, jobId) => Effect.map(read(operation, ref), ({ posts }) => jobPostsIn(posts, jobId)),
      whole: (operation, ref) =>
        orOverRest(
          query.whole(operation, ref),
          Effect.map(
            Effect.all([pullRequest(ref), lists(operation, ref)], { concurrency: 2 }),
            ([pullRequest, posts]) => ({ pullRequest, posts })
          )
        ).pipe(
          Effect.flatMap((found: PullRequestWithPosts) =>
            Effect.map(opening(ref, found.posts), (posts) => ({ ...found, posts }))
          )
        )
    }
    return posts
  }
)
