import { Login, PullNumber, PullRequestRef, RepoName, Sha } from "@nominal-code/domain/event/PullRequest"
import { makeMarkerSeal, MarkerKeys } from "@nominal-code/domain/review/MarkerSeal"
import { monotonicMillis } from "@nominal-code/domain/telemetry/MonotonicTime"
import { Duration, Effect, Option, Schema } from "effect"
import { checkName } from "../Checks.ts"
import {
  type ForgeInventory,
  HeadState,
  type InventoryRepository,
  millisOf,
  noDeliveries,
  type OpenPullRequest,
  type PullRequestLook
} from "../Inventory.ts"
import { lastReviewIn, type Post, reviewStateIn } from "../JobPosts.ts"
import { listTooLong, mostItems } from "../ListSize.ts"
import { makeOwnId } from "./Account.ts"
import { changesOf } from "./Changes.ts"
import { type GitLabClient, makeGitLabClient } from "./Client.ts"
import { makeComments } from "./Comments.ts"
import { versionOf } from "./DiffVersions.ts"
import { isForbidden, isNotFound, isTooLarge } from "./Failure.ts"
import { type GitLabOptions, hostOf } from "./Options.ts"
import { isLastPage } from "./Pages.ts"
import { makePosts } from "./Posts.ts"

const Listed = Schema.Struct({
  iid: PullNumber,
  title: Schema.String,
  draft: Schema.optional(Schema.NullOr(Schema.Boolean)),
  author: Schema.NullOr(Schema.Struct({ id: Schema.Int, username: Login })),
  /** `null` while GitLab has not prepared the merge request. */
  sha: Schema.NullOr(Sha),
  source_branch: Schema.String,
  target_branch: Schema.String,
  created_at: Schema.String,
  updated_at: Schema.String,
  user_notes_count: Schema.optional(Schema.Int),
  labels: Schema.optional(Schema.Array(Schema.String))
})

/** Page of the list, as its answer and the headers of that tell. */
const ListedPage = Schema.Struct({
  body: Schema.Array(Listed),
  headers: Schema.Struct({ "x-next-page": Schema.optional(Schema.String) })
})

const Version = Schema.Struct({ head_commit_sha: Schema.String, created_at: Schema.optional(Schema.String) })
const Status = Schema.Struct({
  status: Schema.String,
  created_at: Schema.String,
  finished_at: Schema.optional(Schema.NullOr(Schema.String))
})

const pageSize = 100

/** Time for which a merge request is not looked at that has more comments than what is read. */
const tooLongFor = Duration.toMillis(Duration.hours(1))

const ended: ReadonlySet<string> = new Set(["success", "failed", "canceled", "skipped"])

const requestOf = (repo: RepoName) => (listed: typeof Listed.Type): ReadonlyArray<OpenPullRequest> =>
  listed.sha === null ? [] : [{
    ref: new PullRequestRef({ platform: "gitlab", repo, number: listed.iid }),
    title: listed.title,
    author: listed.author?.username ?? Login.make("ghost"),
    ...(listed.author === null ? {} : { authorId: listed.author.id }),
    draft: listed.draft === true,
    headSha: listed.sha,
    headBranch: listed.source_branch,
    baseBranch: listed.target_branch,
    createdAt: millisOf(listed.created_at),
    updatedAt: millisOf(listed.updated_at),
    labels: listed.labels ?? [],
    commented: listed.user_notes_count !== 0
  }]

const projectPath = (repo: RepoName) => `projects/${encodeURIComponent(repo)}`

/** Lists the merge requests of a project until one has not changed since the instant. */
const listOpen = Effect.fnUntraced(function*(client: GitLabClient, repo: RepoName, since: number) {
  const operation = `GitLab.openPullRequests ${repo}`
  const found: Array<OpenPullRequest> = []
  for (let page = 1; page <= mostItems / pageSize; page++) {
    const { body: listed, headers } = yield* client.conditional({
      operation,
      // Without `updated_after`, the address stays the same, and with it the ETag.
      ask: (gitlab) =>
        gitlab.MergeRequests.requester.get(`${projectPath(repo)}/merge_requests`, {
          searchParams: { state: "opened", order_by: "updated_at", sort: "desc", per_page: pageSize, page }
        }),
      answer: ListedPage
    })
    const recent = listed.filter(({ updated_at }) => millisOf(updated_at) >= since + client.ahead())
    found.push(...recent.flatMap(requestOf(repo)))
    const isLast = isLastPage({ items: listed, next: headers["x-next-page"] }, pageSize)
    if (isLast || recent.length < listed.length) return found
  }
  return yield* listTooLong(operation, `${mostItems} items`)
})

const { Settled, Unreviewed } = HeadState.cases

/** Makes the inventory of GitLab, which keeps deliveries only for administrators of the project. */
export const makeInventory = Effect.fnUntraced(function*(options: GitLabOptions) {
  const client = yield* makeGitLabClient(options)
  const seal = makeMarkerSeal(yield* MarkerKeys)
  const ownId = yield* makeOwnId(client)
  const posts = makePosts(client, hostOf(options), { ownId, seal })
  const commentsIn = makeComments(client, ownId)
  /** Instants until which merge requests are not looked at. */
  const tooLong = new Map<string, number>()

  /** Statuses of ours. A commit of a fork may have none here, and a role may not read them. */
  const checkOf = ({ headSha, ref }: OpenPullRequest) =>
    client.request({
      operation: `GitLab.openPullRequest ${ref.repo}!${ref.number}`,
      ask: (gitlab) =>
        gitlab.Commits.requester.get(`${projectPath(ref.repo)}/repository/commits/${headSha}/statuses`, {
          searchParams: { name: checkName }
        }).then(({ body }) => body),
      answer: Schema.Array(Status)
    }).pipe(Effect.catchIf((error) => isForbidden(error) || isNotFound(error), () => Effect.succeed([])))

  /** Instant of the last push: the merge request's newest version was made by it. */
  const pushedAt = ({ headSha, ref }: OpenPullRequest) =>
    versionOf(client, {
      operation: `GitLab.openPullRequest ${ref.repo}!${ref.number}`,
      ref,
      headSha,
      answer: Version
    }).pipe(Effect.map((found) => millisOf(Option.getOrUndefined(found)?.created_at ?? "")))

  const stateOf = Effect.fnUntraced(function*(request: OpenPullRequest, seen: ReadonlyArray<Post>, since: number) {
    const { mode, reviewedHeads } = reviewStateIn(seen)
    if (mode !== "active") return Settled.make({ reason: `its reviews are ${mode}` })
    if (reviewedHeads.some(({ headSha }) => headSha === request.headSha)) return Settled.make({ reason: "reviewed" })
    const statuses = options.checks === false ? [] : yield* checkOf(request)
    const checks = statuses.filter(({ status }) => ended.has(status))
      .map(({ created_at, finished_at }) => millisOf(finished_at ?? created_at))
    if (checks.length > 0) return Settled.make({ reason: "its status says why", checkedAt: Math.max(...checks) })
    const reviewedBefore = reviewedHeads.length > 0
    const { createdAt } = request
    return Unreviewed.make({
      reviewedBefore,
      pushedAt: reviewedBefore || createdAt < since + client.ahead() ? yield* pushedAt(request) : createdAt
    })
  })

  const look = Effect.fnUntraced(function*(request: OpenPullRequest, since: number) {
    const { notes, posts: seen } = request.commented === false
      ? { notes: [], posts: [] }
      : yield* posts.read("openPullRequest", request.ref)
    const own = new Set(seen.filter((post) => post.own).map(({ id }) => id))
    const looked: PullRequestLook = {
      headState: stateOf(request, seen, since),
      comments: commentsIn(request, notes, own),
      changes: changesOf(client, request.ref, request.labels),
      reviewedAt: millisOf(lastReviewIn(seen))
    }
    return looked
  })

  /** Looks at a merge request; undefined if it is gone, or has too many comments: that holds up none of the others. */
  const lookIfRead = Effect.fnUntraced(function*(request: OpenPullRequest, since: number) {
    const key = String(request.ref)
    const now = yield* monotonicMillis
    if (now < (tooLong.get(key) ?? 0)) return undefined
    tooLong.delete(key)
    return yield* look(request, since).pipe(
      Effect.catchReason("ForgeError", "NotFound", () => Effect.undefined),
      Effect.catchIf(isTooLarge, ({ message }) => {
        tooLong.set(key, now + tooLongFor)
        return Effect.as(
          Effect.logWarning(`${key} is not searched for missed events for an hour: ${message}`),
          undefined
        )
      })
    )
  })

  const inventory: ForgeInventory = {
    platform: "gitlab",
    ahead: client.ahead,
    looksAtOnce: 1,
    repositories: (allowed) => Effect.succeed(allowed.filter(Schema.is(RepoName)).map((repo) => ({ repo }))),
    openPullRequests: Effect.fn("GitLab.openPullRequests")(({ repo }: InventoryRepository, since: number) =>
      listOpen(client, repo, since)
    ),
    look: Effect.fn("GitLab.look")((
      _: InventoryRepository,
      requests: ReadonlyArray<OpenPullRequest>,
      since: number
    ) => Effect.forEach(requests, (request) => lookIfRead(request, since))),
    failedDeliveries: () => Effect.succeed(noDeliveries),
    delivery: ({ id }) => Effect.succeed({ id, event: Option.none(), ignored: "GitLab has no list of deliveries" })
  }
  return inventory
})
