import type { Api } from "./GitHubApi.ts"
import type { Fields } from "./GitHubExamples.ts"
import {
  type Account,
  type IssueComment,
  type Review,
  type ReviewComment,
  type Thread,
  timestamp
} from "./GitHubState.ts"
import { connection, type Field, field, GraphNode } from "./GraphQlRun.ts"

/** An account in the graph. REST calls an app `name[bot]`; GraphQL calls the same one `name`. */
export const actorNode = ({ login, type }: Account): GraphNode =>
  new GraphNode(type, { login: login.replace("[bot]", ""), url: `https://github.com/${login}` })

/** Identity of a thread in the graph. */
export const threadId = ({ id }: Thread): string => `PRRT_${id}`

/** Fields of a comment's place, and of its thread's. An outdated one has no line in the diff any more. */
const placeOf = ({ line, outdated, path, startLine }: ReviewComment) => ({
  path,
  line: outdated ? null : line,
  originalLine: line,
  startLine: outdated ? null : startLine,
  originalStartLine: startLine
})

/** Reviews, their threads and all comments in the graph, as a viewer sees them. */
export class ReviewNodes {
  readonly #state: Api["state"]
  readonly #wire: Api["wire"]
  readonly #viewer: Account

  constructor({ state, wire }: Pick<Api, "state" | "wire">, viewer: Account) {
    this.#state = state
    this.#wire = wire
    this.#viewer = viewer
  }

  review(review: Review): GraphNode {
    return new GraphNode("PullRequestReview", {
      ...this.#written(review, () => this.#wire.review(review)),
      state: review.state,
      submittedAt: review.submittedAt === undefined ? null : timestamp(review.submittedAt),
      comments: connection(
        "comments",
        "PullRequestReviewComment",
        () =>
          this.#state.reviewComments.filter((comment) => comment.review === review).map((comment) =>
            this.#reviewComment(comment)
          )
      )
    })
  }

  issueComment(comment: IssueComment): GraphNode {
    return new GraphNode("IssueComment", {
      ...this.#written(comment, () => this.#wire.issueComment(comment)),
      reactionGroups: this.#reactionGroups(`issue-comment:${comment.id}`),
      createdAt: timestamp(comment.createdAt),
      isMinimized: false
    })
  }

  /** A thread, by those of its comments that the viewer sees. */
  thread(comments: readonly [ReviewComment, ...Array<ReviewComment>]): GraphNode {
    const [first] = comments
    return new GraphNode("PullRequestReviewThread", {
      id: threadId(first.thread),
      isResolved: first.thread.resolvedBy !== undefined,
      isOutdated: first.outdated,
      isCollapsed: first.outdated || first.thread.resolvedBy !== undefined,
      ...placeOf(first),
      diffSide: first.side,
      startDiffSide: first.startSide,
      subjectType: "LINE",
      resolvedBy: field(() => first.thread.resolvedBy === undefined ? null : actorNode(first.thread.resolvedBy)),
      comments: connection(
        "comments",
        "PullRequestReviewComment",
        () => comments.map((comment) => this.#reviewComment(comment))
      )
    })
  }

  /** The threads of the comments that pass a test. Drafts are seen by their author alone. */
  threads(wanted: (comment: ReviewComment) => boolean): ReadonlyArray<GraphNode> {
    const seen = this.#state.reviewComments.filter(({ author, review }) =>
      review.state !== "PENDING" || author === this.#viewer
    )
    return [...Map.groupBy(seen.filter(wanted), ({ thread }) => thread).values()].flatMap(([first, ...others]) =>
      first === undefined ? [] : [this.thread([first, ...others])]
    )
  }

  #reviewComment(comment: ReviewComment): GraphNode {
    return new GraphNode("PullRequestReviewComment", {
      id: `PRRC_${comment.id}`,
      ...this.#written(comment, () => this.#wire.reviewComment(comment)),
      reactionGroups: this.#reactionGroups(`review-comment:${comment.id}`),
      state: comment.review.state === "PENDING" ? "PENDING" : "SUBMITTED",
      ...placeOf(comment),
      diffHunk: comment.diffHunk,
      outdated: comment.outdated,
      isMinimized: false,
      createdAt: timestamp(comment.createdAt),
      commit: field(() => new GraphNode("Commit", { oid: comment.pull.headSha })),
      originalCommit: field(() => new GraphNode("Commit", { oid: comment.commitId })),
      pullRequestReview: field(() => this.review(comment.review)),
      replyTo: field(() => {
        const parent = this.#state.reviewComments.find(({ id }) => id === comment.inReplyTo)
        return parent === undefined ? null : this.#reviewComment(parent)
      })
    })
  }

  /** Fields of everything that a person writes. */
  #written(
    { author, body, editedAt, id }: Pick<Review | IssueComment, "author" | "body" | "editedAt" | "id">,
    fields: () => Fields
  ) {
    return {
      databaseId: id,
      fullDatabaseId: String(id),
      body,
      url: field(() => fields()["html_url"]),
      viewerDidAuthor: author === this.#viewer,
      author: field(() => actorNode(author)),
      lastEditedAt: editedAt === undefined ? null : timestamp(editedAt),
      authorAssociation: field(() => fields()["author_association"])
    }
  }

  /** Emojis on a comment. GitHub lists every kind, whether or not somebody has given it. */
  #reactionGroups(subject: string): Field {
    return field(() =>
      ["THUMBS_UP", "EYES"].map((content) =>
        new GraphNode("ReactionGroup", {
          content,
          viewerHasReacted: this.#state.reactions.some((reaction) =>
            reaction.subject === subject && reaction.content === content.toLowerCase() &&
            reaction.author === this.#viewer
          )
        })
      )
    )
  }
}
