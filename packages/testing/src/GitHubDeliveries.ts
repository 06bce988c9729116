import { Data, Effect } from "effect"
import { createHmac, randomUUID } from "node:crypto"
import { example, type Fields, renamed } from "./GitHubExamples.ts"
import type { Account, IssueComment, PullRequest, Review, ReviewComment } from "./GitHubState.ts"
import type { GitHubWire } from "./GitHubWire.ts"

/** Something that GitHub tells its webhooks. `sender` is who did it. */
export type GitHubEvent =
  | {
    readonly event: "pull_request"
    readonly action: "opened" | "reopened" | "ready_for_review" | "closed" | "edited"
    readonly pull: PullRequest
    readonly sender?: Account
  }
  | {
    readonly event: "pull_request"
    readonly action: "synchronize"
    readonly pull: PullRequest
    /** The head before the push. */
    readonly before: string
    readonly sender?: Account
  }
  | {
    readonly event: "pull_request"
    readonly action: "labeled"
    readonly pull: PullRequest
    readonly label: string
    readonly sender?: Account
  }
  | {
    readonly event: "issue_comment"
    readonly action: "created" | "edited" | "deleted"
    readonly comment: IssueComment
  }
  | {
    readonly event: "pull_request_review_comment"
    readonly action: "created" | "edited" | "deleted"
    readonly comment: ReviewComment
  }
  | { readonly event: "pull_request_review"; readonly action: "submitted" | "edited"; readonly review: Review }

/** Target of a delivery, and its signature. */
export interface Hook {
  readonly url: string
  /** Absent: the delivery is not signed. */
  readonly secret?: string
  /** The delivery's id, for a redelivery; a new one unless told. */
  readonly delivery?: string
}

/** Answer of the receiver. */
export interface DeliveryAnswer {
  readonly delivery: string
  readonly status: number
  readonly body: string
  readonly millis: number
}

/** The receiver did not answer within the ten seconds that GitHub waits. */
export class DeliveryFailed extends Data.TaggedError("DeliveryFailed")<{ readonly message: string }> {}

/** The signature of a body under a secret, as GitHub puts it into `X-Hub-Signature-256`. */
export const signatureOf = (secret: string, body: string | Uint8Array): string =>
  `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`

const subject = (event: GitHubEvent): { readonly pull: PullRequest; readonly by: Account } => {
  if (event.event === "pull_request") return { pull: event.pull, by: event.sender ?? event.pull.author }
  if (event.event === "pull_request_review") return { pull: event.review.pull, by: event.review.author }
  return { pull: event.comment.pull, by: event.comment.author }
}

/** The pull request that an event is about. */
export const pullOfEvent = (event: GitHubEvent): PullRequest => subject(event).pull

const issue = (wire: GitHubWire, pull: PullRequest, from: unknown): Fields => {
  const url = `${wire.apiBase}/repos/${pull.repository.fullName}/pulls/${pull.number}`
  const html = `${wire.origin}/${pull.repository.fullName}/pull/${pull.number}`
  const names = { ...wire, repository: pull.repository.fullName, number: pull.number }
  return {
    ...renamed(from, names),
    number: pull.number,
    title: pull.title,
    body: pull.body,
    state: pull.state,
    user: wire.user(pull.author),
    draft: pull.draft,
    html_url: html,
    pull_request: { url, html_url: html, diff_url: `${html}.diff`, patch_url: `${html}.patch`, merged_at: null }
  }
}

/** The payload of an event: one that GitHub has sent, told of our pull request. */
export const payloadOf = (wire: GitHubWire, event: GitHubEvent): Fields => {
  const { by, pull } = subject(event)
  const sent = example(event.event, event.action)
  const common = { action: event.action, repository: wire.repository(pull.repository), sender: wire.user(by) }
  if (event.event === "pull_request") {
    const push = event.action === "synchronize" ? { before: event.before, after: pull.headSha } : {}
    const label = event.action === "labeled" ? { label: { name: event.label } } : {}
    return { ...common, ...push, ...label, number: pull.number, pull_request: wire.pull(pull) }
  }
  if (event.event === "issue_comment") {
    return { ...common, issue: issue(wire, pull, sent["issue"]), comment: wire.issueComment(event.comment) }
  }
  if (event.event === "pull_request_review_comment") {
    return { ...common, pull_request: wire.pull(pull), comment: wire.reviewComment(event.comment) }
  }
  // Over webhooks a review's state is in lower case, and an empty body is null.
  const review = wire.review(event.review)
  const { body, state } = event.review
  return {
    ...common,
    pull_request: wire.pull(pull),
    review: { ...review, state: state.toLowerCase(), body: body === "" ? null : body }
  }
}

const patience = 10_000

/** Posts a body as GitHub posts its deliveries. */
export const post = (
  event: string,
  body: string | Uint8Array<ArrayBuffer>,
  { delivery = randomUUID(), secret, url }: Hook
): Effect.Effect<DeliveryAnswer, DeliveryFailed> =>
  Effect.tryPromise({
    try: (signal) => {
      const started = performance.now()
      const headers = {
        "content-type": "application/json",
        "user-agent": "GitHub-Hookshot/044aadd",
        "x-github-event": event,
        "x-github-delivery": delivery,
        "x-github-hook-id": "292430182",
        ...(secret === undefined ? {} : { "x-hub-signature-256": signatureOf(secret, body) })
      }
      return fetch(url, {
        method: "POST",
        body,
        headers,
        signal: AbortSignal.any([signal, AbortSignal.timeout(patience)])
      }).then((response) => {
        const millis = performance.now() - started
        return response.text().then((text) => ({ delivery, status: response.status, body: text, millis }))
      })
    },
    catch: (error) => new DeliveryFailed({ message: `delivery to ${url} failed: ${String(error)}` })
  })
