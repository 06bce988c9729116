import { type PullRequestRef, RepoPath } from "@nominal-code/domain/PullRequest"
import { Discussion } from "@nominal-code/domain/Review"
import { Effect, Option, Order, Schema, Stream } from "effect"
import type { PostKind } from "../JobPosts.ts"
import type { GitHubClient } from "./Client.ts"
import type { GitHubPosts } from "./Posts.ts"
import { ghost, pullRequestCall } from "./Reads.ts"

const PageInfo = Schema.Struct({ hasNextPage: Schema.Boolean, endCursor: Schema.NullOr(Schema.String) })

const Comments = Schema.Struct({
  pageInfo: PageInfo,
  nodes: Schema.Array(Schema.Struct({
    body: Schema.String,
    createdAt: Schema.String,
    state: Schema.optional(Schema.String),
    diffHunk: Schema.optional(Schema.NullOr(Schema.String)),
    author: Schema.NullOr(Schema.Struct({ login: Schema.String, __typename: Schema.optional(Schema.String) }))
  }))
})

const Thread = Schema.Struct({
  id: Schema.String,
  isResolved: Schema.Boolean,
  path: RepoPath,
  line: Schema.NullOr(Schema.Int),
  originalLine: Schema.optional(Schema.NullOr(Schema.Int)),
  comments: Comments
})

const Threads = Schema.Struct({
  data: Schema.Struct({
    repository: Schema.Struct({
      pullRequest: Schema.Struct({
        reviewThreads: Schema.Struct({ pageInfo: PageInfo, nodes: Schema.Array(Thread) })
      })
    })
  })
})

const MoreComments = Schema.Struct({ data: Schema.Struct({ node: Schema.Struct({ comments: Comments }) }) })

const comments =
  "pageInfo { hasNextPage endCursor } nodes { body createdAt state diffHunk author { __typename login } }"

const isPath = Schema.is(RepoPath)

const threadsQuery = `query ReviewThreads($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) { pullRequest(number: $number) { reviewThreads(first: 50, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes { id isResolved path line originalLine comments(first: 50) { ${comments} } }
  } } }
}`

const commentsQuery = `query ThreadComments($id: ID!, $after: String) {
  node(id: $id) { ... on PullRequestReviewThread { comments(first: 100, after: $after) { ${comments} } } }
}`

const next = ({ endCursor, hasNextPage }: typeof PageInfo.Type): Option.Option<string> =>
  hasNextPage ? Option.fromNullishOr(endCursor) : Option.none()

type ThreadComment = (typeof Comments.Type)["nodes"][number]

/** Author as REST names it: GraphQL leaves the suffix off the name of an app. */
const authorOf = ({ author }: ThreadComment): string =>
  author === null ? ghost : author.__typename === "Bot" ? `${author.login}[bot]` : author.login

const oldestFirst = Order.mapInput(Order.String, ({ createdAt }: Discussion) => createdAt)

/** Makes the reads of all comments on a pull request. Only GraphQL knows which threads of the diff are resolved. */
export const makeDiscussions = (client: GitHubClient, posts: GitHubPosts) => {
  const threads = (ref: PullRequestRef) => {
    const { names: { owner, repo: name }, ...call } = pullRequestCall("discussions", ref)
    return Stream.paginate(Option.none<string>(), (after) =>
      client.graphql({
        ...call,
        text: threadsQuery,
        variables: { owner, name, number: ref.number, after: Option.getOrNull(after) },
        answer: Threads
      }).pipe(Effect.map(({ data: { repository: { pullRequest: { reviewThreads: { nodes, pageInfo } } } } }) =>
        [nodes, Option.map(next(pageInfo), Option.some)] as const
      )))
  }

  const commentsOf = (ref: PullRequestRef, { comments, id }: typeof Thread.Type) => {
    const { names: _, ...call } = pullRequestCall("discussions", ref)
    const rest = Option.match(next(comments.pageInfo), {
      onNone: () => Stream.empty,
      onSome: (cursor) =>
        Stream.paginate(
          cursor,
          (after) =>
            client.graphql({ ...call, text: commentsQuery, variables: { id, after }, answer: MoreComments }).pipe(
              Effect.map(({ data: { node: { comments } } }) => [comments.nodes, next(comments.pageInfo)] as const)
            )
        )
    })
    return Stream.concat(Stream.fromIterable(comments.nodes), rest)
  }

  const resolvable = (ref: PullRequestRef) =>
    threads(ref).pipe(
      Stream.flatMap((thread) =>
        Stream.map(Stream.filter(commentsOf(ref, thread), ({ state }) => state !== "PENDING"), (comment) =>
          new Discussion({
            author: authorOf(comment),
            body: comment.body,
            path: thread.path,
            ...(thread.line === null ? {} : { line: thread.line }),
            ...(thread.originalLine ? { originalLine: thread.originalLine } : {}),
            ...(comment.diffHunk ? { diffHunk: comment.diffHunk } : {}),
            resolved: thread.isResolved,
            createdAt: comment.createdAt
          }))
      ),
      Stream.runCollect
    )

  const said = (ref: PullRequestRef, kinds: ReadonlyArray<PostKind>) =>
    Effect.map(
      Effect.forEach(kinds, (kind) => posts.list(kind, "discussions", ref), { concurrency: 2 }),
      (lists) =>
        lists.flat().filter(({ body, submitted }) => submitted && body.trim() !== "").map(
          ({ author, body, createdAt, line, path }) =>
            new Discussion({
              author,
              body,
              ...(isPath(path) ? { path } : {}),
              ...(line === undefined ? {} : { line }),
              resolved: false,
              createdAt
            })
        )
    )

  /** Reads the threads of the diff. Without access to GraphQL they come from REST, and none counts as resolved. */
  const onDiff = (ref: PullRequestRef) =>
    Effect.catchIf(resolvable(ref), ({ retryable }) => !retryable, ({ message }) =>
      Effect.andThen(
        Effect.logWarning(`Every thread of the diff counts as open, since GitHub does not say which are: ${message}`),
        said(ref, ["thread"])
      ))

  return Effect.fn("GitHub.discussions")(function*(ref: PullRequestRef) {
    const found = yield* Effect.all([onDiff(ref), said(ref, ["comment", "review"])], { concurrency: 2 })
    return found.flat().sort(oldestFirst)
  })
}
