import { Schema } from "effect"
import { hash } from "node:crypto"
import { Login, type Platform, type PullRequest, type PullRequestRef, Sha } from "../event/PullRequest.ts"
import { type LifecycleKind, PullRequestEvent } from "../event/PullRequestEvent.ts"
import { UsageSummary } from "../model/Usage.ts"
import { CoverageCounts } from "../review/Coverage.ts"
import { Traceparent } from "../telemetry/Trace.ts"
import { Failure, ServiceName } from "./Failure.ts"
import { Lane, Namespace } from "./Lane.ts"

/** The forge's own id of a webhook delivery. GitHub sends the same one when it delivers again. */
export const DeliveryId = Schema.NonEmptyString.check(Schema.isMaxLength(200)).pipe(Schema.brand("DeliveryId"))
export type DeliveryId = typeof DeliveryId.Type

/** Id of a job: lower-case hex, which fits a Kubernetes name, a file name and a log line. */
export const JobId = Schema.String.check(Schema.isPattern(/^[0-9a-f]{20}$/)).pipe(Schema.brand("JobId"))
export type JobId = typeof JobId.Type

/** Derives the job id of a delivery. A repeated delivery gets the same id, which is its idempotency key. */
export const jobIdOfDelivery = (platform: Platform, delivery: DeliveryId): JobId =>
  // It is hex by itself, and each delivery needs one before it is answered.
  JobId.make(hash("sha256", `${platform}\n${delivery}`).slice(0, 20), { disableChecks: true })

/** One accepted request for a review. It names things; it holds no secret and no URL with one. */
export class Job extends Schema.Class<Job>("@nominal-code/domain/Job")({
  id: JobId,
  lane: Lane,
  event: PullRequestEvent,
  /** Request beside the mention; empty for a lifecycle event. */
  prompt: Schema.String,
  /** True if its author may ask only with a role that is still to be looked up. */
  unverified: Schema.optionalKey(Schema.Boolean),
  delivery: DeliveryId,
  /** Milliseconds since the epoch at which the webhook arrived. */
  receivedAt: Schema.Int,
  /** Trace of the delivery, which its runs continue. */
  traceparent: Schema.optionalKey(Traceparent),
  /** Number of the run that was under way when the servers got their first signing key: its result has no token. */
  runBefore: Schema.optionalKey(Schema.Int)
}) {}

/** Request of a job that no delivery asked for, and the account that reviews. */
export interface HeadRequest {
  /** Empty: the change as a whole. */
  readonly prompt?: string
  readonly bot?: Login
  /** Milliseconds since the epoch. */
  readonly receivedAt?: number
  /** True if a person wants the review: no filter holds then. */
  readonly asked?: boolean
}

/** The job that reviews a pull request's head without a delivery. The same head and prompt give the same job. */
export const jobOfHead = (
  { baseBranch, headBranch, headSha, ref, title }: Pick<
    PullRequest,
    "ref" | "title" | "headSha" | "headBranch" | "baseBranch"
  >,
  { asked = false, bot = Login.make("local"), prompt = "", receivedAt = 0 }: HeadRequest = {}
): Job => {
  const delivery = DeliveryId.make(hash("sha256", `${ref}\n${headSha}\n${prompt}`))
  return new Job({
    id: jobIdOfDelivery(ref.platform, delivery),
    lane: new Lane({ namespace: Namespace.make(""), ...ref, bot }),
    event: PullRequestEvent.cases.Lifecycle.make({
      kind: asked ? "pr_rerun" : "pr_opened",
      pullRequest: ref,
      title,
      author: bot,
      headSha,
      headBranch,
      baseBranch
    }),
    prompt,
    delivery,
    receivedAt
  })
}

/**
 * Dedup key of an event within its pull request, whichever hook delivered it: the id of a comment, or the kind and the
 * head of a lifecycle event, the head last; between them what makes it a request of its own.
 */
export const eventKeyOf = PullRequestEvent.match({
  Comment: ({ commentId, kind }) => `${kind}:${commentId}`,
  Lifecycle: ({ again, headSha, kind }) => `${kind}:${again === undefined ? "" : `${again}:`}${headSha}`
})

/** Kinds of events that one delivery each tells of a head. */
const kindsOfHead = ["pr_opened", "pr_push", "pr_reopened", "pr_ready_for_review"] as const satisfies ReadonlyArray<
  LifecycleKind
>

/** Dedup keys of the events that may have told of a head. */
export const eventKeysOfHead = (headSha: Sha): ReadonlyArray<string> => kindsOfHead.map((kind) => `${kind}:${headSha}`)

/** Delivery id of what was found on a pull request without a delivery: the same for each that finds it. */
const deliveryOfFind = (ref: PullRequestRef, what: string): DeliveryId =>
  DeliveryId.make(hash("sha256", `found\n${ref.platform}\n${ref}\n${what}`))

/** Delivery id of a head that was found without a delivery. */
export const deliveryOfHead = (ref: PullRequestRef, headSha: Sha): DeliveryId => deliveryOfFind(ref, headSha)

/** Delivery id of an event that was found without its delivery. */
export const deliveryOfEvent = (event: PullRequestEvent): DeliveryId =>
  deliveryOfFind(event.pullRequest, eventKeyOf(event))

/** Reason why a job ended without a review. */
export const SkipReason = Schema.Literals([
  "closed",
  "merged",
  "draft",
  "nothing-to-review",
  "head-reviewed",
  "paused",
  "ignored",
  "filtered",
  "unauthorized",
  "awaits-maintainer",
  "quota-reached",
  "limit-reached"
])
export type SkipReason = typeof SkipReason.Type

/** Outcome of a run of a job. */
export const JobOutcome = Schema.TaggedUnion({
  /** The review is on the pull request. `alreadyPosted`: an earlier run had posted it, and this one did not again. */
  Reviewed: {
    headSha: Sha,
    findings: Schema.Int,
    url: Schema.optionalKey(Schema.String),
    alreadyPosted: Schema.Boolean,
    usage: Schema.optionalKey(UsageSummary),
    /** Files that it has looked at. Absent where an earlier run has posted it. */
    coverage: Schema.optionalKey(CoverageCounts),
    /** The review itself, redacted, where a dry run has not posted it. */
    text: Schema.optionalKey(Schema.String)
  },
  /** A question or a command is answered. `command`: `ask`, `pause` … `usage` is absent where no model was asked. */
  Answered: {
    command: Schema.String,
    usage: Schema.optionalKey(UsageSummary),
    /** The answer itself, redacted, where a dry run has not posted it. */
    text: Schema.optionalKey(Schema.String)
  },
  /** Nothing to do. `detail` is a sentence's end for people: "the pull request is closed". */
  Skipped: { reason: SkipReason, detail: Schema.String, headSha: Schema.optionalKey(Sha) },
  /** Failure of the job itself. It uses an attempt. `retryable`: another attempt may succeed. */
  Failed: { failure: Failure, retryable: Schema.Boolean },
  /**
   * A service that it needs is away, limited or full, or refuses it access. It uses no attempt, and waits until the
   * service is back.
   * `retryAfterMillis`: how long the service asked us to stay away.
   */
  Postponed: { failure: Failure, service: ServiceName, retryAfterMillis: Schema.optionalKey(Schema.Int) },
  /** End from outside, for a reason that is not the job's: it uses no attempt, and is tried again at once. */
  Lost: { failure: Failure }
})
export type JobOutcome = typeof JobOutcome.Type

/** True if nothing is left to be tried. */
export const isSettled = (outcome: JobOutcome): boolean => !("failure" in outcome)

/** The head that a run reviewed, or found reviewed; undefined if it found something else. */
export const reviewedHead = (outcome: JobOutcome): Sha | undefined =>
  outcome._tag === "Reviewed" || (outcome._tag === "Skipped" && outcome.reason === "head-reviewed")
    ? outcome.headSha
    : undefined
