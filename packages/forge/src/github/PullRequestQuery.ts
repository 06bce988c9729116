import { PullRequest, type PullRequestRef, RepoPath, Sha } from "@nominal-code/domain/event/PullRequest"
import { Effect, Option, Schema, Stream } from "effect"
import type { PullRequestBackground } from "../Forge.ts"
import type { ForgeError } from "../ForgeError.ts"
import type { Post } from "../JobPosts.ts"
import { pagesWithin, withinListSize } from "../ListSize.ts"
import { BackgroundFields, backgroundFields, backgroundOf } from "./Background.ts"
import type { GitHubClient } from "./Client.ts"
import { actorLogin, pullRequestCall } from "./Reads.ts"

/** A pull request and everybody's posts on it, at one time. */
export interface PullRequestWithPosts {
  readonly pullRequest: PullRequest
  readonly posts: ReadonlyArray<Post>
  readonly background?: PullRequestBackground
}

const PageInfo = Schema.Struct({ hasNextPage: Schema.Boolean, endCursor: Schema.NullOr(Schema.String) })
const Actor = Schema.NullOr(Schema.Struct({ login: Schema.String, __typename: Schema.optional(Schema.String) }))
type Node = Schema.ConstraintDecoder<unknown>
const pageOf = <N extends Node>(node: N) => Schema.Struct({ pageInfo: PageInfo, nodes: Schema.Array(node) })

/** Fields of every post. The plain `databaseId` is a 32-bit number, which ids of comments have outgrown. */
const written = {
  fullDatabaseId: Schema.FiniteFromString,
  body: Schema.String,
  url: Schema.String,
  viewerDidAuthor: Schema.Boolean,
  author: Actor
}
const writtenFields = "fullDatabaseId body url viewerDidAuthor author { __typename login }"

const Review = Schema.Struct({
  ...written,
  state: Schema.String,
  submittedAt: Schema.NullOr(Schema.String)
})
const Comment = Schema.Struct({ ...written, createdAt: Schema.String })
const ThreadComment = Schema.Struct({
  ...written,
  createdAt: Schema.String,
  state: Schema.String,
  diffHunk: Schema.NullOr(Schema.String)
})
const Thread = Schema.Struct({
  id: Schema.String,
  isResolved: Schema.Boolean,
  path: RepoPath,
  line: Schema.NullOr(Schema.Int),
  originalLine: Schema.NullOr(Schema.Int),
  comments: pageOf(ThreadComment)
})

const info = "pageInfo { hasNextPage endCursor }"
const threadComments = `{ ${info} nodes { ${writtenFields} createdAt state diffHunk } }`
const reviews = `{ ${info} nodes { ${writtenFields} state submittedAt } }`
const comments = `{ ${info} nodes { ${writtenFields} createdAt } }`
const threads = `{ ${info} nodes { id isResolved path line originalLine comments(first: 50) ${threadComments} } }`

const Posts = { reviews: pageOf(Review), comments: pageOf(Comment), reviewThreads: pageOf(Thread) }
const postFields = `reviews(first: 100) ${reviews} comments(first: 100) ${comments} reviewThreads(first: 50) ${threads}`

const Pull = {
  title: Schema.String,
  body: Schema.String,
  state: Schema.Literals(["OPEN", "CLOSED", "MERGED"]),
  isDraft: Schema.Boolean,
  /** GitHub allows a pull request one hundred labels. */
  labels: Schema.NullOr(Schema.Struct({ nodes: Schema.Array(Schema.Struct({ name: Schema.String })) })),
  headRefOid: Sha,
  headRefName: Schema.String,
  baseRefOid: Sha,
  baseRefName: Schema.String,
  author: Actor
}
const pullFields = "title body state isDraft headRefOid headRefName baseRefOid baseRefName " +
  "author { __typename login } labels(first: 100) { nodes { name } }"

/** Last commit of the base branch, which a token may not be allowed to read. `baseRefOid` is older than it. */
const Tip = {
  baseRef: Schema.optional(Schema.NullOr(Schema.Struct({ target: Schema.NullOr(Schema.Struct({ oid: Sha })) })))
}
const tipField = "baseRef { target { oid } }"

const answerOf = <P extends Node>(pullRequest: P) =>
  Schema.Struct({ data: Schema.Struct({ repository: Schema.Struct({ pullRequest }) }) })
const textOf = (fields: string, more = "") =>
  `query PullRequest($owner: String!, $name: String!, $number: Int!${more}) {
  repository(owner: $owner, name: $name) { pullRequest(number: $number) { ${fields} } }
}`

const PostsAnswer = answerOf(Schema.Struct(Posts))
const WholeAnswer = answerOf(Schema.Struct({ ...Pull, ...Tip, ...BackgroundFields, ...Posts }))
type FirstPages = (typeof PostsAnswer.Type)["data"]["repository"]["pullRequest"]

const threadQuery = `query ThreadComments($id: ID!, $after: String) {
  node(id: $id) { ... on PullRequestReviewThread { page: comments(first: 100, after: $after) ${threadComments} } }
}`
const ThreadAnswer = Schema.Struct({
  data: Schema.Struct({ node: Schema.Struct({ page: pageOf(ThreadComment) }) })
})

interface Page<A> {
  readonly pageInfo: typeof PageInfo.Type
  readonly nodes: ReadonlyArray<A>
}

const next = ({ pageInfo: { endCursor, hasNextPage } }: Page<unknown>): Option.Option<string> =>
  hasNextPage ? Option.fromNullishOr(endCursor) : Option.none()

/** All items of a list whose first page is known. */
const allOf = <A>(operation: string, first: Page<A>, more: (after: string) => Effect.Effect<Page<A>, ForgeError>) =>
  Stream.concat(
    Stream.fromIterable(first.nodes),
    Option.match(next(first), {
      onNone: () => Stream.empty,
      onSome: (cursor) =>
        pagesWithin(
          { operation },
          cursor,
          (after) => Effect.map(more(after), (page) => [page.nodes, next(page)] as const)
        )
    })
  )

const common = (
  { author, body, fullDatabaseId, url, viewerDidAuthor }: Pick<typeof Comment.Type, keyof typeof written>
) => ({ id: fullDatabaseId, body, author: actorLogin(author), own: viewerDidAuthor, url })

const reviewPost = (review: typeof Review.Type): Post => ({
  kind: "review",
  ...common(review),
  createdAt: review.submittedAt ?? "",
  submitted: review.state !== "PENDING"
})

const commentPost = (comment: typeof Comment.Type): Post => ({
  kind: "comment",
  ...common(comment),
  createdAt: comment.createdAt,
  submitted: true
})

const threadPost =
  ({ comments: { nodes: [first] }, isResolved, line, originalLine, path }: typeof Thread.Type) =>
  (comment: typeof ThreadComment.Type): Post => ({
    kind: "thread",
    ...common(comment),
    createdAt: comment.createdAt,
    submitted: comment.state !== "PENDING",
    path,
    resolved: isResolved,
    ...(first === undefined ? {} : { thread: first.fullDatabaseId }),
    ...(line === null ? {} : { line }),
    ...(originalLine === null ? {} : { originalLine }),
    ...(comment.diffHunk === null ? {} : { diffHunk: comment.diffHunk })
  })

const states = { OPEN: "open", CLOSED: "closed", MERGED: "merged" } as const

/** True if a query was refused for one of its fields: the token may not read it, or the server does not know it. */
const isRefused = ({ reason }: ForgeError): boolean => reason._tag === "Forbidden" || reason._tag === "Refused"

/**
 * Reads a pull request and its posts in one request, unless a list is longer than its first page. Only GraphQL knows
 * which threads of the diff are resolved.
 */
export const makePullRequestQuery = (client: GitHubClient) => {
  // Without a permission to read checks, or on an older server, it is asked for once in vain.
  let tellsBackground = true

  const callOf = (operation: string, ref: PullRequestRef) => {
    const { names: { owner, repo: name }, ...call } = pullRequestCall(operation, ref)
    return { call, variables: { owner, name, number: ref.number } }
  }

  /** A later page of one of the pull request's lists. */
  const page = <N extends Node>(operation: string, ref: PullRequestRef, list: string, fields: string, node: N) => {
    const { call, variables } = callOf(operation, ref)
    return (after: string) =>
      Effect.map(
        client.graphql({
          ...call,
          text: textOf(`page: ${list}, after: $after) ${fields}`, ", $after: String"),
          variables: { ...variables, after },
          answer: answerOf(Schema.Struct({ page: pageOf(node) }))
        }),
        ({ data }) => data.repository.pullRequest.page
      )
  }

  const commentsOf = (operation: string, ref: PullRequestRef, thread: typeof Thread.Type) =>
    allOf(callOf(operation, ref).call.operation, thread.comments, (after) =>
      Effect.map(
        client.graphql({
          ...callOf(operation, ref).call,
          text: threadQuery,
          variables: { id: thread.id, after },
          answer: ThreadAnswer
        }),
        ({ data }) => data.node.page
      )).pipe(Stream.map(threadPost(thread)))

  const postsIn = (operation: string, ref: PullRequestRef, first: FirstPages) => {
    const name = callOf(operation, ref).call.operation
    return Stream.fromIterable([
      Stream.map(
        allOf(name, first.reviews, page(operation, ref, "reviews(first: 100", reviews, Review)),
        reviewPost
      ),
      Stream.map(
        allOf(name, first.comments, page(operation, ref, "comments(first: 100", comments, Comment)),
        commentPost
      ),
      Stream.flatMap(
        allOf(name, first.reviewThreads, page(operation, ref, "reviewThreads(first: 50", threads, Thread)),
        (thread) => commentsOf(operation, ref, thread)
      )
    ]).pipe(Stream.flatten(), withinListSize(name), Stream.runCollect)
  }

  const posts = Effect.fnUntraced(function*(operation: string, ref: PullRequestRef) {
    const { call, variables } = callOf(operation, ref)
    const { data } = yield* client.graphql({ ...call, text: textOf(postFields), variables, answer: PostsAnswer })
    return yield* postsIn(operation, ref, data.repository.pullRequest)
  })

  const whole = Effect.fnUntraced(function*(operation: string, ref: PullRequestRef) {
    const { call, variables } = callOf(operation, ref)
    const ask = (more: string) =>
      client.graphql({ ...call, text: textOf(`${pullFields} ${more} ${postFields}`), variables, answer: WholeAnswer })
    const { data } = yield* !tellsBackground ?
      ask("") :
      Effect.catchIf(ask(`${tipField} ${backgroundFields}`), isRefused, () => {
        tellsBackground = false
        return ask("")
      })
    const found = data.repository.pullRequest
    const baseTip = found.baseRef?.target?.oid
    const pullRequest = new PullRequest({
      ref,
      title: found.title,
      description: found.body,
      author: actorLogin(found.author),
      state: states[found.state],
      draft: found.isDraft,
      labels: found.labels?.nodes.map(({ name }) => name) ?? [],
      headSha: found.headRefOid,
      headBranch: found.headRefName,
      baseSha: found.baseRefOid,
      baseBranch: found.baseRefName,
      ...(baseTip === undefined ? {} : { baseTip })
    })
    const read: PullRequestWithPosts = {
      pullRequest,
      posts: yield* postsIn(operation, ref, found),
      ...(tellsBackground ? { background: backgroundOf(ref.repo, found) } : {})
    }
    return read
  })

  return { posts, whole }
}
