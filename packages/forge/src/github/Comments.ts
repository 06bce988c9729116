import { Side } from "@nominal-code/domain/diff/Patch"
import { Association } from "@nominal-code/domain/event/Access"
import { Login, RepoPath } from "@nominal-code/domain/event/PullRequest"
import { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { Effect, Schema } from "effect"
import { type FoundComment, type InventoryRepository, millisOf, type OpenPullRequest } from "../Inventory.ts"
import { loginOf } from "./Changes.ts"

const Nodes = <N extends Schema.ConstraintDecoder<unknown>>(node: N) => Schema.Struct({ nodes: Schema.Array(node) })

const written = {
  fullDatabaseId: Schema.FiniteFromString,
  body: Schema.String,
  viewerDidAuthor: Schema.Boolean,
  author: Schema.NullOr(Schema.Struct({ __typename: Schema.String, login: Login })),
  authorAssociation: Schema.String,
  lastEditedAt: Schema.NullOr(Schema.String)
}
const writtenFields = "fullDatabaseId body viewerDidAuthor authorAssociation lastEditedAt author { __typename login }"

const reactions = {
  reactionGroups: Schema.NullOr(Schema.Array(Schema.Struct({
    content: Schema.String,
    viewerHasReacted: Schema.Boolean
  })))
}
const reactionFields = "reactionGroups { content viewerHasReacted }"

const Review = Schema.Struct({ ...written, state: Schema.String, submittedAt: Schema.NullOr(Schema.String) })
const Comment = Schema.Struct({ ...written, ...reactions, createdAt: Schema.String })
const ThreadComment = Schema.Struct({
  ...written,
  ...reactions,
  createdAt: Schema.String,
  state: Schema.String,
  diffHunk: Schema.NullOr(Schema.String),
  replyTo: Schema.NullOr(Schema.Struct({ fullDatabaseId: Schema.FiniteFromString }))
})
const Thread = Schema.Struct({
  path: RepoPath,
  line: Schema.NullOr(Schema.Int),
  originalLine: Schema.NullOr(Schema.Int),
  diffSide: Side,
  comments: Nodes(ThreadComment)
})

/** The last posts on a pull request, in the forms that GitHub has. */
export const Posts = { reviews: Nodes(Review), comments: Nodes(Comment), reviewThreads: Nodes(Thread) }
export const postFields = `reviews(last: 50) { nodes { ${writtenFields} state submittedAt } }
  comments(last: 100) { nodes { ${writtenFields} ${reactionFields} createdAt } }
  reviewThreads(last: 25) { nodes { path line originalLine diffSide
    comments(last: 5) {
      nodes { ${writtenFields} ${reactionFields} createdAt state diffHunk replyTo { fullDatabaseId } }
    }
  } }`

const PostsOf = Schema.Struct(Posts)

const isAssociation = Schema.is(Association)

const writer = ({ author, authorAssociation }: Pick<typeof Comment.Type, "author" | "authorAssociation">) => ({
  author: loginOf(author),
  authorIsBot: author?.__typename === "Bot",
  ...(isAssociation(authorAssociation) ? { association: authorAssociation } : {})
})

const hasReacted = ({ reactionGroups }: Pick<typeof Comment.Type, "reactionGroups">): boolean =>
  (reactionGroups ?? []).some(({ content, viewerHasReacted }) => content === "EYES" && viewerHasReacted)

const placeOf = ({ diffSide, line, originalLine, path }: typeof Thread.Type) => {
  const number = line ?? originalLine
  return { filePath: path, side: diffSide, ...(number !== null && number > 0 ? { line: number } : {}) }
}

/** True for a comment of somebody else as it was written: an edited one asks nothing, as its delivery would not. */
const isSaid = ({ lastEditedAt, viewerDidAuthor }: Pick<typeof Comment.Type, "lastEditedAt" | "viewerDidAuthor">) =>
  !viewerDidAuthor && lastEditedAt === null

/** Everybody's comments that a delivery would have told of, as it would have. */
export const commentsIn = (
  { comments, reviewThreads, reviews }: typeof PostsOf.Type,
  { ref, title }: OpenPullRequest,
  { installationId }: InventoryRepository
): ReadonlyArray<FoundComment> => {
  const origin = { pullRequest: ref, title, ...(installationId === undefined ? {} : { installationId }) }
  const lastAnswer = comments.nodes.findLast(({ viewerDidAuthor }) => viewerDidAuthor)?.createdAt ?? ""
  return [
    ...comments.nodes.filter(isSaid).map((comment): FoundComment => ({
      event: PullRequestEvent.cases.Comment.make({
        kind: "issue_comment",
        ...origin,
        ...writer(comment),
        commentId: comment.fullDatabaseId,
        body: comment.body
      }),
      writtenAt: millisOf(comment.createdAt),
      isAnswered: Effect.succeed(hasReacted(comment))
    })),
    ...reviews.nodes.flatMap(({ submittedAt, ...review }): ReadonlyArray<FoundComment> =>
      !isSaid(review) || submittedAt === null || review.body.trim() === "" ? [] : [{
        event: PullRequestEvent.cases.Comment.make({
          kind: "review",
          ...origin,
          ...writer(review),
          commentId: review.fullDatabaseId,
          body: review.body
        }),
        writtenAt: millisOf(submittedAt),
        // GitHub takes no reaction to a review: what we have said below it since is the answer.
        isAnswered: Effect.succeed(lastAnswer > submittedAt)
      }]
    ),
    ...reviewThreads.nodes.flatMap((thread) =>
      thread.comments.nodes.flatMap((comment, index): ReadonlyArray<FoundComment> =>
        !isSaid(comment) || comment.state === "PENDING" ? [] : [{
          event: PullRequestEvent.cases.Comment.make({
            kind: "review_comment",
            ...origin,
            ...writer(comment),
            commentId: comment.fullDatabaseId,
            ...(comment.replyTo === null ? {} : { threadId: String(comment.replyTo.fullDatabaseId) }),
            ...placeOf(thread),
            ...(comment.diffHunk ? { diffHunk: comment.diffHunk } : {}),
            body: comment.body
          }),
          writtenAt: millisOf(comment.createdAt),
          isAnswered: Effect.succeed(
            hasReacted(comment) || thread.comments.nodes.slice(index + 1).some(({ viewerDidAuthor }) => viewerDidAuthor)
          )
        }]
      )
    )
  ]
}
