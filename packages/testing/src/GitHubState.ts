import { DateTime } from "effect"
import { randomBytes } from "node:crypto"
import type { App } from "./GitHubApps.ts"

/** Somebody on the emulated forge. Whoever holds `token` acts as them, over the API and over git. */
export interface Account {
  readonly id: number
  readonly login: string
  readonly type: "User" | "Bot"
  readonly token: string
}

/** A repository: a bare one on disk. */
export interface Repository {
  readonly id: number
  readonly fullName: string
  readonly owner: Account
  readonly directory: string
  readonly defaultBranch: string
  readonly fork: boolean
}

/** An issue, which is no pull request. */
export interface Issue {
  readonly repository: Repository
  readonly number: number
  readonly title: string
  readonly body: string
}

/** A pull request as it stands. */
export interface PullRequest {
  readonly id: number
  readonly number: number
  readonly repository: Repository
  readonly headRepository: Repository
  readonly headBranch: string
  readonly baseBranch: string
  readonly author: Account
  readonly createdAt: number
  title: string
  body: string
  headSha: string
  baseSha: string
  state: "open" | "closed"
  mergedAt: number | undefined
  closedAt: number | undefined
  draft: boolean
  labels: ReadonlyArray<string>
  updatedAt: number
  /** Instant of the head's commit. */
  pushedAt: number
}

/** A delivery of an App that its receiver did not take. GitHub keeps it for three days. */
export interface LostDelivery {
  readonly id: number
  readonly guid: string
  readonly deliveredAt: number
  readonly event: string
  readonly action: string
  readonly installationId: number
  readonly repositoryId: number
  readonly payload: Readonly<Record<string, unknown>>
}

export type ReviewState = "PENDING" | "COMMENTED" | "APPROVED" | "CHANGES_REQUESTED"

/** A review. While it is pending, its author alone can see it and its comments. */
export interface Review {
  readonly id: number
  readonly pull: PullRequest
  readonly author: Account
  readonly commitId: string
  body: string
  state: ReviewState
  submittedAt: number | undefined
  /** Time of the last change of its text. */
  editedAt?: number | undefined
}

/** A conversation on one place of the diff. */
export interface Thread {
  readonly id: number
  resolvedBy: Account | undefined
}

/** One comment on the diff. */
export interface ReviewComment {
  readonly id: number
  readonly pull: PullRequest
  readonly review: Review
  readonly thread: Thread
  readonly author: Account
  readonly path: string
  readonly line: number
  readonly startLine: number | undefined
  readonly side: string
  readonly startSide: string | undefined
  readonly commitId: string
  readonly diffHunk: string
  readonly inReplyTo: number | undefined
  readonly createdAt: number
  /** A later push changed the commented file: the comment has no line in the diff any more. */
  outdated: boolean
  body: string
}

/** A comment in the pull request's conversation. */
export interface IssueComment {
  readonly id: number
  readonly pull: PullRequest
  readonly author: Account
  readonly createdAt: number
  body: string
  /** Time of the last change of its text. */
  editedAt?: number | undefined
}

/** An emoji on a pull request (`pull:7`), a comment (`issue-comment:31`) or a diff comment (`review-comment:32`). */
export interface Reaction {
  readonly id: number
  readonly subject: string
  readonly content: string
  readonly author: Account
  readonly createdAt: number
}

/** A check run of an App on a commit. */
export interface CheckRun {
  readonly id: number
  readonly repository: Repository
  readonly app: App
  readonly name: string
  readonly headSha: string
  readonly externalId: string
  readonly startedAt: number
  completedAt: number | undefined
  status: "queued" | "in_progress" | "completed"
  conclusion: string | undefined
  detailsUrl: string | undefined
  output: { readonly title: string | null; readonly summary: string | null }
  readonly annotations: Array<{
    readonly path: string
    readonly start_line: number
    readonly end_line: number
    readonly annotation_level: string
    readonly message: string
    readonly title?: string
  }>
}

/** A status of a commit. */
export interface CommitStatus {
  readonly id: number
  readonly repository: Repository
  readonly sha: string
  readonly author: Account
  readonly context: string
  readonly state: string
  readonly description: string
  readonly targetUrl: string | undefined
  readonly createdAt: number
}

/** A change of a pull request that its timeline shows. */
export interface TimelineItem {
  readonly pull: PullRequest
  readonly type: "LabeledEvent" | "ReopenedEvent" | "ReadyForReviewEvent" | "BaseRefChangedEvent"
  readonly by: Account
  readonly label: string | undefined
  readonly createdAt: number
}

// The emulator answers other processes, so its clock is the machine's even where a test owns the program's.
/** Milliseconds since the epoch. */
export const now = (): number => Math.floor(performance.timeOrigin + performance.now())

/** GitHub's timestamps: whole seconds, so two events of the same second cannot be told apart by them. */
export const timestamp = (millis: number): string =>
  DateTime.formatIso(DateTime.makeUnsafe(millis)).replace(/\.\d+Z$/, "Z")

/** Everything that the emulated forge remembers. */
export class GitHubState {
  readonly accounts = new Map<string, Account>()
  readonly repositories = new Map<string, Repository>()
  readonly pulls: Array<PullRequest> = []
  readonly reviews: Array<Review> = []
  readonly reviewComments: Array<ReviewComment> = []
  readonly issueComments: Array<IssueComment> = []
  readonly reactions: Array<Reaction> = []
  readonly checkRuns: Array<CheckRun> = []
  readonly issues: Array<Issue> = []
  readonly statuses: Array<CommitStatus> = []
  readonly lostDeliveries: Array<LostDelivery> = []
  readonly timeline: Array<TimelineItem> = []
  readonly #tokens = new Map<string, Account>()
  #lastId = 1000

  nextId(): number {
    this.#lastId += 1
    return this.#lastId
  }

  /** The account of that name, made with a fresh token when it is not there yet. */
  account(login: string, type: Account["type"] = "User"): Account {
    const known = this.accounts.get(login.toLowerCase())
    if (known !== undefined) return known
    const token = `ghp_${randomBytes(18).toString("hex")}`
    const account = { id: this.nextId(), login, type, token }
    this.accounts.set(login.toLowerCase(), account)
    return account
  }

  /** Another token of an account, by which the requests of two clients can be told apart. */
  addToken(account: Account): string {
    const token = `ghp_${randomBytes(18).toString("hex")}`
    this.#tokens.set(token, account)
    return token
  }

  accountOfToken(token: string): Account | undefined {
    return this.#tokens.get(token) ?? [...this.accounts.values()].find((account) => account.token === token)
  }

  repository(fullName: string): Repository | undefined {
    return this.repositories.get(fullName.toLowerCase())
  }

  pull(fullName: string, number: number): PullRequest | undefined {
    return this.pulls.find((pull) =>
      pull.number === number && pull.repository.fullName.toLowerCase() === fullName.toLowerCase()
    )
  }

  /** The reviews of a pull request that an account may see, oldest first. */
  reviewsOf(pull: PullRequest, viewer: Account): ReadonlyArray<Review> {
    return this.reviews.filter((review) =>
      review.pull === pull && (review.state !== "PENDING" || review.author === viewer)
    )
  }

  /** The submitted comments on a pull request's diff, oldest first. */
  reviewCommentsOf(pull: PullRequest): ReadonlyArray<ReviewComment> {
    return this.reviewComments.filter((comment) => comment.pull === pull && comment.review.state !== "PENDING")
  }

  /** The comments of a pull request's conversation, oldest first. */
  issueCommentsOf(pull: PullRequest): ReadonlyArray<IssueComment> {
    return this.issueComments.filter((comment) => comment.pull === pull)
  }

  /** The check run of each name on a commit that counts: the newest. */
  checkRunsOf(sha: string): ReadonlyArray<CheckRun> {
    const ofCommit = this.checkRuns.filter(({ headSha }) => headSha === sha)
    return [...new Map(ofCommit.map((run) => [`${run.app.id} ${run.name}`, run])).values()]
  }

  /** The status of each context on a commit that counts: the newest. */
  statusesOf(sha: string): ReadonlyArray<CommitStatus> {
    const ofCommit = this.statuses.filter((status) => status.sha === sha)
    return [...new Map(ofCommit.map((status) => [status.context, status])).values()]
  }

  remove<A>(list: Array<A>, item: A): void {
    const at = list.indexOf(item)
    if (at !== -1) list.splice(at, 1)
  }
}
