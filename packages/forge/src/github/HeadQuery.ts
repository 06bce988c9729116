import { isSameLogin } from "@nominal-code/domain/event/BotAccount"
import { Sha } from "@nominal-code/domain/event/PullRequest"
import type { MarkerSeal } from "@nominal-code/domain/review/MarkerSeal"
import { Effect, Option, Schema } from "effect"
import { checkName } from "../Checks.ts"
import type { ForgeError } from "../ForgeError.ts"
import {
  HeadState,
  type InventoryRepository,
  millisOf,
  type OpenPullRequest,
  type PullRequestLook
} from "../Inventory.ts"
import { lastReviewIn, type Post, reviewStateIn } from "../JobPosts.ts"
import { changesIn, loginOf, Timeline, timelineFields } from "./Changes.ts"
import type { GitHubClient } from "./Client.ts"
import { commentsIn, postFields, Posts } from "./Comments.ts"
import type { OtherLogin } from "./Posts.ts"

const Nodes = <N extends Schema.ConstraintDecoder<unknown>>(node: N) => Schema.Struct({ nodes: Schema.Array(node) })

const Commit = Schema.Struct({
  committedDate: Schema.String,
  status: Schema.optional(
    Schema.NullOr(
      Schema.Struct({ context: Schema.NullOr(Schema.Struct({ state: Schema.String, createdAt: Schema.String })) })
    )
  ),
  checkSuites: Schema.optional(Schema.NullOr(Nodes(Schema.Struct({
    checkRuns: Schema.NullOr(
      Nodes(Schema.Struct({ status: Schema.String, completedAt: Schema.NullOr(Schema.String) }))
    )
  }))))
})

const Pull = Schema.Struct({
  headRefOid: Sha,
  ...Posts,
  ...Timeline,
  commits: Nodes(Schema.Struct({ commit: Commit }))
})
type Pull = typeof Pull.Type

const Answer = Schema.Struct({
  data: Schema.Struct({ repository: Schema.Record(Schema.String, Schema.NullOr(Pull)) })
})

const name = JSON.stringify(checkName)
const checkFields = `status { context(name: ${name}) { state createdAt } }
  checkSuites(last: 10, filterBy: { checkName: ${name} }) {
    nodes { checkRuns(last: 1, filterBy: { checkName: ${name} }) { nodes { status completedAt } } }
  }`

/** Fields of a pull request. The last posts are enough: a run that finds an older review of the head ends at once. */
const fields = (checks: boolean) =>
  `headRefOid
  ${postFields}
  ${timelineFields}
  commits(last: 1) { nodes { commit { committedDate ${checks ? checkFields : ""} } } }`

const queryOf = (numbers: ReadonlyArray<number>, checks: boolean) =>
  `query Heads($owner: String!, $name: String!) {
  repository(owner: $owner, name: $name) {
    ${numbers.map((number) => `p${number}: pullRequest(number: ${number}) { ${fields(checks)} }`).join("\n")}
  }
}`

type WrittenComment = Pick<Pull["comments"]["nodes"][number], "author" | "viewerDidAuthor">

/** The pull request as it is with another account of ours: what that has written is ours, too. */
const withAccount = (pull: Pull, login: string): Pull => {
  const ours = <W extends WrittenComment>(written: W): W => ({
    ...written,
    viewerDidAuthor: written.viewerDidAuthor || isSameLogin(loginOf(written.author), login)
  })
  const { comments, reviews, reviewThreads } = pull
  return {
    ...pull,
    comments: { nodes: comments.nodes.map(ours) },
    reviews: { nodes: reviews.nodes.map(ours) },
    reviewThreads: {
      nodes: reviewThreads.nodes.map((thread) => ({
        ...thread,
        comments: { nodes: thread.comments.nodes.map(ours) }
      }))
    }
  }
}

/** Our own posts, each as its seal lets it count. */
const postsOf = ({ comments, reviews }: Pull, open: (body: string) => string): ReadonlyArray<Post> => [
  ...reviews.nodes.map((review): Post => ({
    kind: "review",
    id: review.fullDatabaseId,
    body: open(review.body),
    author: "",
    own: review.viewerDidAuthor,
    url: "",
    createdAt: review.submittedAt ?? "",
    submitted: review.state !== "PENDING"
  })),
  ...comments.nodes.map((comment): Post => ({
    kind: "comment",
    id: comment.fullDatabaseId,
    body: open(comment.body),
    author: "",
    own: comment.viewerDidAuthor,
    url: "",
    createdAt: comment.createdAt,
    submitted: true
  }))
]

/**
 * Instants of the checks that say what became of the head. A queued or running one says only that a review was on its
 * way.
 */
const checksOf = ({ checkSuites, status }: typeof Commit.Type): ReadonlyArray<number> => {
  const context = status?.context
  const isOver = context?.state !== undefined && context.state !== "PENDING" && context.state !== "EXPECTED"
  return [
    ...(isOver ? [context.createdAt] : []),
    ...(checkSuites?.nodes ?? []).flatMap(({ checkRuns }) =>
      (checkRuns?.nodes ?? []).flatMap(({ completedAt, status }) => status === "COMPLETED" ? [completedAt ?? ""] : [])
    )
  ].map(millisOf)
}

const { Settled, Unreviewed } = HeadState.cases

const stateOf = (pull: Pull, posts: ReadonlyArray<Post>): HeadState => {
  const { mode, reviewedHeads } = reviewStateIn(posts)
  const [last] = pull.commits.nodes
  if (mode !== "active") return Settled.make({ reason: `its reviews are ${mode}` })
  if (reviewedHeads.some(({ headSha }) => headSha === pull.headRefOid)) return Settled.make({ reason: "reviewed" })
  const checks = last === undefined ? [] : checksOf(last.commit)
  if (checks.length > 0) return Settled.make({ reason: "its check says why", checkedAt: Math.max(...checks) })
  return Unreviewed.make({
    reviewedBefore: reviewedHeads.length > 0,
    pushedAt: millisOf(last?.commit.committedDate ?? "")
  })
}

/** Seal of our markers, and what else tells of a head. */
interface HeadOptions {
  readonly seal: MarkerSeal
  /** False where a head has no check. */
  readonly checks: boolean
  /** Login of the account that we have beside the client's. */
  readonly other: OtherLogin
}

/**
 * Several open pull requests of one repository, in one request: our reviews, our answers to `pause` and its kin, the check
 * on the head, and everybody's comments. Without the permission to read checks, a head has none.
 */
export const makeHeadQuery = (client: GitHubClient, { checks, other, seal }: HeadOptions) => {
  let readable = checks
  const ask = (pulls: readonly [OpenPullRequest, ...ReadonlyArray<OpenPullRequest>], withChecks: boolean) => {
    const [owner = "", name = ""] = pulls[0].ref.repo.split("/")
    return client.graphql({
      operation: `GitHub.openPullRequest ${pulls[0].ref.repo}`,
      repo: pulls[0].ref.repo,
      text: queryOf(pulls.map(({ ref }) => ref.number), withChecks),
      variables: { owner, name },
      answer: Answer
    })
  }
  const lookTogether = Effect.fnUntraced(function*(
    repository: InventoryRepository,
    [first, ...rest]: readonly [OpenPullRequest, ...ReadonlyArray<OpenPullRequest>]
  ) {
    const { data } = yield* Effect.catchIf(
      ask([first, ...rest], readable),
      ({ reason }) => readable && reason._tag === "Forbidden",
      () => {
        readable = false
        return ask([first, ...rest], false)
      }
    )
    const login = yield* other
    return [first, ...rest].map((pull): PullRequestLook | undefined => {
      const seen = data.repository[`p${pull.ref.number}`]
      if (!seen) return undefined
      const found = Option.match(login, { onNone: () => seen, onSome: (name) => withAccount(seen, name) })
      const posts = postsOf(found, (body) => seal.open(pull.ref, body))
      return {
        headState: Effect.succeed(found.headRefOid === pull.headSha ? stateOf(found, posts) : undefined),
        comments: commentsIn(found, pull, repository),
        changes: Effect.succeed(changesIn(found)),
        reviewedAt: millisOf(lastReviewIn(posts))
      }
    })
  })

  /** Looks at pull requests in one query, or in halves: a deleted one fails it, as do many long conversations. */
  const look = (
    repository: InventoryRepository,
    pulls: ReadonlyArray<OpenPullRequest>
  ): Effect.Effect<ReadonlyArray<PullRequestLook | undefined>, ForgeError> => {
    const [first, ...rest] = pulls
    if (first === undefined) return Effect.succeed([])
    const half = Math.ceil(pulls.length / 2)
    return Effect.catchIf(
      lookTogether(repository, [first, ...rest]),
      ({ reason }) => reason._tag === "NotFound" || reason._tag === "Unavailable" && rest.length > 0,
      () =>
        rest.length === 0
          ? Effect.succeed([undefined])
          : Effect.map(
            Effect.forEach([pulls.slice(0, half), pulls.slice(half)], (part) => look(repository, part)),
            (parts) => parts.flat()
          )
    )
  }
  return look
}
