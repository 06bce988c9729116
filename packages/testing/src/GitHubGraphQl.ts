import { Data, Effect, Schema } from "effect"
import type { Api } from "./GitHubApi.ts"
import type { Fields } from "./GitHubExamples.ts"
import type {
  Account,
  CheckRun,
  Issue,
  PullRequest,
  Repository,
  Review,
  ReviewComment,
  Thread,
  TimelineItem
} from "./GitHubState.ts"
import { type IssueComment, timestamp } from "./GitHubState.ts"
import { GraphQlError } from "./GraphQlQuery.ts"
import { connection, field, GraphNode, runQuery } from "./GraphQlRun.ts"

const Request = Schema.Struct({
  query: Schema.String,
  variables: Schema.optionalKey(Schema.NullOr(Schema.Record(Schema.String, Schema.Unknown))),
  operationName: Schema.optionalKey(Schema.NullOr(Schema.String))
})
const Input = Schema.Struct({ threadId: Schema.String })

/** Answer of the GraphQL endpoint, always with 200, and the errors that GitHub would find. */
export interface GraphQlAnswer {
  readonly body: unknown
  readonly errors: ReadonlyArray<string>
}

const CheckFilter = Schema.Struct({ checkName: Schema.String })

class UnreadableQuery extends Data.TaggedError("UnreadableQuery")<{ readonly message: string }> {}

// REST calls an app `name[bot]`; GraphQL calls the same one `name`.
const actor = ({ login, type }: Account) =>
  new GraphNode(type, { login: login.replace("[bot]", ""), url: `https://github.com/${login}` })

const missing = (what: string) =>
  new GraphQlError({ type: "NOT_FOUND", message: `Could not resolve to a node: ${what}` })

const threadId = ({ id }: Thread) => `PRRT_${id}`

/** Everything that the emulated graph knows, from a viewer's point of view. */
const makeRoots = ({ state, wire }: Pick<Api, "state" | "wire">, viewer: Account) => {
  /** Fields of everything that a person writes. */
  const written = (
    { author, body, editedAt, id }: Pick<Review | IssueComment, "author" | "body" | "editedAt" | "id">,
    fields: () => Fields
  ) => ({
    databaseId: id,
    fullDatabaseId: String(id),
    body,
    url: field(() => fields()["html_url"]),
    viewerDidAuthor: author === viewer,
    author: field(() => actor(author)),
    lastEditedAt: editedAt === undefined ? null : timestamp(editedAt),
    authorAssociation: field(() => fields()["author_association"])
  })

  /** Emojis on a comment. GitHub lists every kind, whether or not somebody has given it. */
  const reactionGroups = (subject: string) =>
    field(() =>
      ["THUMBS_UP", "EYES"].map((content) =>
        new GraphNode("ReactionGroup", {
          content,
          viewerHasReacted: state.reactions.some((reaction) =>
            reaction.subject === subject && reaction.content === content.toLowerCase() && reaction.author === viewer
          )
        })
      )
    )

  const reviewNode = (review: Review): GraphNode =>
    new GraphNode("PullRequestReview", {
      ...written(review, () => wire.review(review)),
      state: review.state,
      submittedAt: review.submittedAt === undefined ? null : timestamp(review.submittedAt),
      comments: connection("comments", "PullRequestReviewComment", () =>
        state.reviewComments.filter((comment) =>
          comment.review === review
        ).map(reviewCommentNode))
    })

  const reviewCommentNode = (comment: ReviewComment): GraphNode =>
    new GraphNode("PullRequestReviewComment", {
      id: `PRRC_${comment.id}`,
      ...written(comment, () => wire.reviewComment(comment)),
      reactionGroups: reactionGroups(`review-comment:${comment.id}`),
      state: comment.review.state === "PENDING" ? "PENDING" : "SUBMITTED",
      path: comment.path,
      line: comment.outdated ? null : comment.line,
      originalLine: comment.line,
      startLine: comment.outdated ? null : comment.startLine,
      originalStartLine: comment.startLine,
      diffHunk: comment.diffHunk,
      outdated: comment.outdated,
      isMinimized: false,
      createdAt: timestamp(comment.createdAt),
      commit: field(() => new GraphNode("Commit", { oid: comment.pull.headSha })),
      originalCommit: field(() => new GraphNode("Commit", { oid: comment.commitId })),
      pullRequestReview: field(() => reviewNode(comment.review)),
      replyTo: field(() => {
        const parent = state.reviewComments.find(({ id }) => id === comment.inReplyTo)
        return parent === undefined ? null : reviewCommentNode(parent)
      })
    })

  const threadNode = (comments: readonly [ReviewComment, ...Array<ReviewComment>]): GraphNode => {
    const [first] = comments
    return new GraphNode("PullRequestReviewThread", {
      id: threadId(first.thread),
      isResolved: first.thread.resolvedBy !== undefined,
      isOutdated: first.outdated,
      isCollapsed: first.outdated || first.thread.resolvedBy !== undefined,
      path: first.path,
      line: first.outdated ? null : first.line,
      originalLine: first.line,
      startLine: first.outdated ? null : first.startLine,
      originalStartLine: first.startLine,
      diffSide: first.side,
      startDiffSide: first.startSide,
      subjectType: "LINE",
      resolvedBy: field(() => first.thread.resolvedBy === undefined ? null : actor(first.thread.resolvedBy)),
      comments: connection("comments", "PullRequestReviewComment", () => comments.map(reviewCommentNode))
    })
  }

  const threads = (wanted: (comment: ReviewComment) => boolean) => {
    const seen = state.reviewComments.filter(({ author, review }) => review.state !== "PENDING" || author === viewer)
    return [...Map.groupBy(seen.filter(wanted), ({ thread }) => thread).values()].flatMap(([first, ...others]) =>
      first === undefined ? [] : [threadNode([first, ...others])]
    )
  }

  const issueCommentNode = (comment: IssueComment) =>
    new GraphNode("IssueComment", {
      ...written(comment, () => wire.issueComment(comment)),
      reactionGroups: reactionGroups(`issue-comment:${comment.id}`),
      createdAt: timestamp(comment.createdAt),
      isMinimized: false
    })

  /** Makes the test for the checks that a filter lets through. */
  const passes = (filter: unknown) => {
    const wanted = filter === undefined ? undefined : Schema.decodeUnknownSync(CheckFilter)(filter).checkName
    return ({ name }: CheckRun) => wanted === undefined || name === wanted
  }

  const checkRunNode = ({ completedAt, conclusion, name, status }: CheckRun) =>
    new GraphNode("CheckRun", {
      completedAt: completedAt === undefined ? null : timestamp(completedAt),
      name,
      status: status.toUpperCase(),
      conclusion: conclusion === undefined ? null : conclusion.toUpperCase()
    })

  /** One suite for each run: GitHub has one for each App, and a filter that leaves the others out. */
  const checkSuiteNode = (run: CheckRun) =>
    new GraphNode("CheckSuite", {
      checkRuns: connection(
        "checkRuns",
        "CheckRun",
        (filter) => [run].filter(passes(filter)).map(checkRunNode),
        "filterBy"
      )
    })

  const statusNode = (sha: string) => {
    const statuses = state.statusesOf(sha)
    return statuses.length === 0 ? null : new GraphNode("Status", {
      context: field(({ name }) => {
        const found = statuses.find(({ context }) => context === name)
        return found === undefined ? null : new GraphNode("StatusContext", {
          state: found.state.toUpperCase(),
          createdAt: timestamp(found.createdAt)
        })
      }, "name")
    })
  }

  const issueNode = ({ body, number, repository, title }: Issue) =>
    new GraphNode("Issue", {
      number,
      title,
      body,
      repository: field(() => new GraphNode("Repository", { nameWithOwner: repository.fullName }))
    })

  /** The issues that a description closes by the words that GitHub knows. */
  const closedBy = ({ body, repository }: PullRequest) =>
    Array.from(
      body.matchAll(/\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+#(\d+)/gi),
      ([, number]) => Number(number)
    )
      .flatMap((number) => state.issues.filter((issue) => issue.repository === repository && issue.number === number))

  const commitNode = (sha: string, committedAt: number) =>
    new GraphNode("Commit", {
      oid: sha,
      committedDate: timestamp(committedAt),
      status: field(() => statusNode(sha)),
      checkSuites: connection(
        "checkSuites",
        "CheckSuite",
        (filter) => state.checkRunsOf(sha).filter(passes(filter)).map(checkSuiteNode),
        "filterBy"
      )
    })

  const timelineNode = ({ by, createdAt, label, type }: TimelineItem) =>
    new GraphNode(type, {
      createdAt: timestamp(createdAt),
      actor: field(() => actor(by)),
      ...(label === undefined ? {} : { label: field(() => new GraphNode("Label", { name: label })) })
    })

  const pullNode = (pull: PullRequest) =>
    new GraphNode("PullRequest", {
      databaseId: pull.id,
      number: pull.number,
      title: pull.title,
      body: pull.body,
      state: pull.mergedAt !== undefined ? "MERGED" : pull.state.toUpperCase(),
      isDraft: pull.draft,
      labels: connection("labels", "Label", () => pull.labels.map((name) => new GraphNode("Label", { name }))),
      headRefOid: pull.headSha,
      headRefName: pull.headBranch,
      baseRefOid: pull.baseSha,
      baseRefName: pull.baseBranch,
      author: field(() => actor(pull.author)),
      closingIssuesReferences: connection("closingIssuesReferences", "Issue", () => closedBy(pull).map(issueNode)),
      // Only the head is there: nobody asks for more than the last one.
      commits: connection("commits", "PullRequestCommit", () => [
        new GraphNode("PullRequestCommit", { commit: field(() => commitNode(pull.headSha, pull.pushedAt)) })
      ]),
      // Of GitHub's seventy types of items, those that change what is to be reviewed.
      timelineItems: connection(
        "timelineItems",
        "PullRequestTimelineItems",
        () => state.timeline.filter((item) => item.pull === pull).map(timelineNode),
        "itemTypes"
      ),
      reviewThreads: connection("reviewThreads", "PullRequestReviewThread", () =>
        threads((comment) =>
          comment.pull === pull
        )),
      reviews: connection("reviews", "PullRequestReview", () => state.reviewsOf(pull, viewer).map(reviewNode)),
      comments: connection("comments", "IssueComment", () => state.issueCommentsOf(pull).map(issueCommentNode))
    })

  const repositoryNode = (repository: Repository) =>
    new GraphNode("Repository", {
      databaseId: repository.id,
      nameWithOwner: repository.fullName,
      pullRequest: field(({ number }) => {
        const pull = state.pull(repository.fullName, Number(number))
        if (pull !== undefined) return pullNode(pull)
        throw missing(`number ${String(number)}`)
      }, "number")
    })

  const query = new GraphNode("Query", {
    viewer: field(() => actor(viewer)),
    node: field(({ id }) => {
      const [thread] = threads((comment) => threadId(comment.thread) === id)
      if (thread !== undefined) return thread
      throw missing(String(id))
    }, "id"),
    repository: field(
      ({ name, owner }) => {
        const fullName = `${String(owner)}/${String(name)}`
        const repository = state.repository(fullName)
        if (repository !== undefined) return repositoryNode(repository)
        throw missing(fullName)
      },
      "owner",
      "name",
      "followRenames"
    )
  })

  const settle = (resolvedBy: Account | undefined) =>
    field(({ input }) => {
      // GitHub asks for `contents: write`, which no App of ours has; source: github/gh-aw#35726.
      if (viewer.type === "Bot") {
        throw new GraphQlError({ type: "FORBIDDEN", message: "Resource not accessible by integration" })
      }
      const { threadId: id } = Effect.runSync(Schema.decodeUnknownEffect(Input)(input))
      const comment = state.reviewComments.find(({ thread }) => threadId(thread) === id)
      if (comment === undefined) throw missing(id)
      comment.thread.resolvedBy = resolvedBy
      return new GraphNode("ResolveReviewThreadPayload", { thread: field(() => threadNode([comment])) })
    }, "input")

  const mutation = new GraphNode("Mutation", {
    resolveReviewThread: settle(viewer),
    unresolveReviewThread: settle(undefined)
  })
  return { query, mutation }
}

/** Answers one GraphQL request, strict about every field and argument that it does not know. */
export const answerGraphQl = (
  api: Pick<Api, "state" | "wire">,
  viewer: Account,
  body: unknown
): Effect.Effect<GraphQlAnswer> =>
  Schema.decodeUnknownEffect(Request)(body).pipe(
    Effect.flatMap(({ query, variables }) =>
      Effect.try({
        try: (): GraphQlAnswer => ({
          body: { data: runQuery(query, variables ?? {}, makeRoots(api, viewer)) },
          errors: []
        }),
        catch: (error) => error instanceof GraphQlError ? error : new UnreadableQuery({ message: String(error) })
      })
    ),
    Effect.catch((error) => {
      const type = error instanceof GraphQlError ? error.type : "unreadable"
      // What is not there, or not allowed, is no fault of the query.
      const errors = type === "NOT_FOUND" || type === "FORBIDDEN" ? [] : [error.message]
      return Effect.succeed({ body: { data: null, errors: [{ type, message: error.message }] }, errors })
    })
  )
