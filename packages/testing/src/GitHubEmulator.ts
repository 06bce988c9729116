import { markersIn } from "@nominal-code/domain/review/Marker"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Api, makeDiffs, type Options } from "./GitHubApi.ts"
import { GitHubApps } from "./GitHubApps.ts"
import { loadContract } from "./GitHubContract.ts"
import { type GitHubEvent, type Hook, payloadOf, post, pullOfEvent } from "./GitHubDeliveries.ts"
import { GitHubFaults } from "./GitHubFaults.ts"
import { addIssueComment } from "./GitHubIssueRoutes.ts"
import { makeJournal } from "./GitHubJournal.ts"
import { GitHubPauses } from "./GitHubPauses.ts"
import { addReply, addReview, addReviewComment, type CommentDraft, type ReviewRequest } from "./GitHubReviews.ts"
import { makeScenario } from "./GitHubScenario.ts"
import { listenScoped, serveGitHub } from "./GitHubServer.ts"
import {
  type Account,
  GitHubState,
  type IssueComment,
  now,
  type PullRequest,
  type Review,
  type ReviewComment
} from "./GitHubState.ts"
import { GitHubWire } from "./GitHubWire.ts"

/**
 * Posts of one job on a pull request, found by its marker. A review that a later job has rewritten is one of both, and
 * has the markers of both.
 */
export interface JobPosts {
  readonly reviews: ReadonlyArray<Review>
  readonly comments: ReadonlyArray<IssueComment>
  readonly inline: ReadonlyArray<ReviewComment>
}

const jobsIn = ({ body }: { readonly body: string }): ReadonlyArray<string> => markersIn(body).map(({ jobId }) => jobId)

const jobIn = (post: { readonly body: string }): string | undefined => jobsIn(post)[0]

const groupByJob = (state: GitHubState, pull: PullRequest): ReadonlyMap<string, JobPosts> => {
  const reviews = state.reviews.filter((review) => review.pull === pull && review.state !== "PENDING")
  const comments = state.issueCommentsOf(pull)
  const inline = state.reviewCommentsOf(pull)
  const jobs = new Set([...[...reviews, ...comments].flatMap(jobsIn), ...inline.flatMap((post) => jobIn(post) ?? [])])
  return new Map([...jobs].map((job) => {
    const ofJob = (post: { readonly body: string }) => jobsIn(post).includes(job)
    return [job, {
      reviews: reviews.filter(ofJob),
      comments: comments.filter(ofJob),
      inline: inline.filter((post) => jobIn(post) === job)
    }]
  }))
}

/** The place that a comment is to have on the right side of the diff, unless told otherwise. */
export type CommentPlace = Pick<CommentDraft, "path" | "line" | "body"> & Partial<CommentDraft>

const placed = (place: CommentPlace): CommentDraft => ({
  side: "RIGHT",
  startLine: undefined,
  startSide: undefined,
  ...place
})

const defaults: Options = { patchLines: 3000, patchBytes: 1 << 20, files: 3000, checkAnswers: true }

const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "emulated-github-"))),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }))
)

/**
 * An emulated GitHub on the loopback: REST and GraphQL, and git over HTTP on real repositories. It keeps everything in
 * memory and in a temporary directory, and is gone with the scope. Every REST request is held against GitHub's own
 * description of its API; what GitHub would refuse is refused, and is to be found in `violations`.
 */
export const make = Effect.fn("GitHubEmulator.make")(function*(options: Partial<Options> = {}) {
  loadContract()
  const directory = yield* temporary
  const { origin, server } = yield* listenScoped
  // The form of GitHub Enterprise Server, so that git and the API share a host.
  const apiBase = `${origin}/api/v3`
  const state = new GitHubState()
  const apps = new GitHubApps()
  const wire = new GitHubWire(origin, apiBase)
  const api: Api = { state, apps, wire, options: { ...defaults, ...options }, diff: makeDiffs() }
  const journal = yield* makeJournal
  const faults = new GitHubFaults()
  const pauses = new GitHubPauses()
  serveGitHub(server, { api, faults, journal, pauses }, yield* Effect.abortSignal)
  const headOf = (pull: PullRequest) => api.diff(pull, pull.headSha)

  return {
    origin,
    apiBase,
    state,
    apps,
    faults,
    pauses,
    ...makeScenario(api, directory),
    requests: journal.requests,
    violations: journal.violations,
    /** Every request from now on, when it has been answered. */
    journal: journal.stream,
    /** The account of that name. Its `token` opens the API and git. */
    account: (login: string, type?: Account["type"]): Account => state.account(login, type),
    /** The diff that a pull request shows now. */
    files: headOf,
    comment: (pull: PullRequest, author: string, body: string) =>
      addIssueComment(api, pull, state.account(author), body),
    reviewComment: (pull: PullRequest, author: string, place: CommentPlace) =>
      addReviewComment(api, pull, state.account(author), pull.headSha, placed(place)),
    reply: (parent: ReviewComment, author: string, body: string) => addReply(api, state.account(author), parent, body),
    review: (pull: PullRequest, author: string, request: Partial<ReviewRequest> & Pick<ReviewRequest, "body">) =>
      addReview(api, pull, state.account(author), {
        commitId: pull.headSha,
        state: "COMMENTED",
        comments: [],
        ...request
      }),
    resolve: ({ thread }: ReviewComment, by: string): void => {
      thread.resolvedBy = state.account(by)
    },
    /** Posts of our jobs on a pull request, by job id. */
    jobs: (pull: PullRequest) => groupByJob(state, pull),
    /** The payload that GitHub would send, to be broken by a test. */
    payload: (event: GitHubEvent) => payloadOf(wire, event),
    /** An event whose receiver does not answer. GitHub keeps it for the App that is installed on the repository. */
    lose: (event: GitHubEvent) => {
      const payload = payloadOf(wire, event)
      const { repository } = pullOfEvent(event)
      const installation = apps.installations.find(({ repositories }) =>
        repositories.has(repository.fullName.toLowerCase())
      )
      if (installation === undefined) return
      state.lostDeliveries.push({
        id: state.nextId(),
        guid: randomUUID(),
        deliveredAt: now(),
        event: event.event,
        action: event.action,
        installationId: installation.id,
        repositoryId: repository.id,
        payload: { ...payload, installation: { id: installation.id } }
      })
    },
    /** Tells a webhook of an event. */
    deliver: (event: GitHubEvent, hook: Hook) => post(event.event, JSON.stringify(payloadOf(wire, event)), hook)
  }
})

/** A running emulated GitHub. */
export type GitHubEmulator = Effect.Success<ReturnType<typeof make>>
