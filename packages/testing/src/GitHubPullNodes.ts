import { commitNode } from "./GitHubCommitNodes.ts"
import { tipOf } from "./GitHubGit.ts"
import { actorNode, type ReviewNodes } from "./GitHubReviewNodes.ts"
import {
  type Account,
  type GitHubState,
  type Issue,
  type PullRequest,
  type TimelineItem,
  timestamp
} from "./GitHubState.ts"
import { connection, field, GraphNode } from "./GraphQlRun.ts"

const labelNode = (name: string) => new GraphNode("Label", { name })

const issueNode = ({ body, number, repository, title }: Issue) =>
  new GraphNode("Issue", {
    number,
    title,
    body,
    repository: field(() => new GraphNode("Repository", { nameWithOwner: repository.fullName }))
  })

/** The issues that a description closes by the words that GitHub knows. */
const closedBy = (state: GitHubState, { body, repository }: PullRequest) =>
  Array.from(
    body.matchAll(/\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+#(\d+)/gi),
    ([, number]) => Number(number)
  )
    .flatMap((number) => state.issues.filter((issue) => issue.repository === repository && issue.number === number))

const timelineNode = ({ by, createdAt, label, type }: TimelineItem) =>
  new GraphNode(type, {
    createdAt: timestamp(createdAt),
    actor: field(() => actorNode(by)),
    ...(label === undefined ? {} : { label: field(() => labelNode(label)) })
  })

/** A pull request in the graph, with what a viewer sees of its reviews. */
export const pullNode = (state: GitHubState, nodes: ReviewNodes, viewer: Account, pull: PullRequest): GraphNode =>
  new GraphNode("PullRequest", {
    databaseId: pull.id,
    number: pull.number,
    title: pull.title,
    body: pull.body,
    state: pull.mergedAt !== undefined ? "MERGED" : pull.state.toUpperCase(),
    isDraft: pull.draft,
    labels: connection("labels", "Label", () => pull.labels.map(labelNode)),
    headRefOid: pull.headSha,
    headRefName: pull.headBranch,
    baseRefOid: pull.baseSha,
    baseRefName: pull.baseBranch,
    baseRef: field(() => {
      const oid = tipOf(pull.repository.directory, pull.baseBranch)
      return oid === undefined
        ? null
        : new GraphNode("Ref", { target: field(() => new GraphNode("Commit", { oid })) })
    }),
    author: field(() => actorNode(pull.author)),
    closingIssuesReferences: connection(
      "closingIssuesReferences",
      "Issue",
      () => closedBy(state, pull).map(issueNode)
    ),
    // Only the head is there: nobody asks for more than the last one.
    commits: connection("commits", "PullRequestCommit", () => [
      new GraphNode("PullRequestCommit", { commit: field(() => commitNode(state, pull.headSha, pull.pushedAt)) })
    ]),
    // Of GitHub's seventy types of items, those that change what is to be reviewed.
    timelineItems: connection(
      "timelineItems",
      "PullRequestTimelineItems",
      () => state.timeline.filter((item) => item.pull === pull).map(timelineNode),
      "itemTypes"
    ),
    reviewThreads: connection(
      "reviewThreads",
      "PullRequestReviewThread",
      () => nodes.threads((comment) => comment.pull === pull)
    ),
    reviews: connection(
      "reviews",
      "PullRequestReview",
      () => state.reviewsOf(pull, viewer).map((review) => nodes.review(review))
    ),
    comments: connection(
      "comments",
      "IssueComment",
      () => state.issueCommentsOf(pull).map((comment) => nodes.issueComment(comment))
    )
  })
