import { Sha } from "@nominal-code/domain/event/PullRequest"
import { CommentKind, LifecycleKind, type PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { Failure, failureText, type OutageReason, outageReasonOf, ServiceName } from "@nominal-code/domain/job/Failure"
import { DeliveryId, Job, JobId, JobOutcome } from "@nominal-code/domain/job/Job"
import { Lane } from "@nominal-code/domain/job/Lane"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Context, type Effect, Option, Schema } from "effect"
import { LeaseTask } from "./JobQueue.ts"

/** State of a job. */
export const JobState = Schema.Literals(["waiting", "running", "done", "superseded", "parked"])
export type JobState = typeof JobState.Type

/** Kind of the event that the job answers. */
export const EventKind = Schema.Literals([...LifecycleKind.literals, ...CommentKind.literals])
export type EventKind = typeof EventKind.Type

/**
 * The service that a job waits for; while it runs, for its turn there. Instants are milliseconds since the epoch, by the
 * store's clock.
 */
export const ServiceWait = Schema.Struct({
  service: ServiceName,
  /** Instant of the next try; absent while it runs. */
  until: Schema.optionalKey(Schema.Int),
  since: Schema.Int
})
export type ServiceWait = typeof ServiceWait.Type

/** A stored job, as `jobs list` shows it. Instants are milliseconds since the epoch, by the store's clock. */
export const JobRecord = Schema.Struct({
  id: JobId,
  /** Position in the order of arrival. */
  position: Schema.Int,
  lane: Lane,
  delivery: DeliveryId,
  kind: EventKind,
  state: JobState,
  /** Task of the next or the present run. */
  task: LeaseTask,
  /** Attempts since the job was accepted or last queued again. */
  attempts: Schema.Int,
  losses: Schema.Int,
  /** Failure of its last run. */
  failure: Schema.OptionFromNullOr(Failure),
  waitsFor: Schema.OptionFromNullOr(ServiceWait),
  /** End of a running job's lease unless its server renews it. If it has passed, no server runs the job any more. */
  leaseUntil: Schema.OptionFromNullOr(Schema.Int),
  /** True if it was cancelled: it is parked or, while it runs, has to stop. */
  cancelled: Schema.Boolean,
  /** Newer job that replaces it. */
  supersededBy: Schema.OptionFromNullOr(JobId),
  /** Superseded jobs that it replaces; the last 50. */
  stoodFor: Schema.Array(JobId),
  outcome: Schema.OptionFromNullOr(JobOutcome),
  /** Head that it reviewed, or found reviewed. */
  headSha: Schema.OptionFromNullOr(Sha),
  receivedAt: Schema.Int,
  endedAt: Schema.OptionFromNullOr(Schema.Int),
  /** True if its stored form is that of another version of this program. It waits for a process that can read it. */
  unreadable: Schema.Boolean,
  /** Request of the job; none if it is unreadable, or if it is done or superseded and its request is not kept. */
  job: Schema.OptionFromNullOr(Job)
})
export type JobRecord = typeof JobRecord.Type

/** A job that this program cannot read: another version has stored it, or its stored form is damaged. */
export interface UnreadableJob {
  readonly id: string
  readonly position: number
  /** The fault in one line. */
  readonly reason: string
}

/** Line for operators about a job that cannot be read. */
export const unreadableText = ({ id, reason }: UnreadableJob): string => `job ${id} cannot be read: ${reason}`

/** True for a job that was refused because no server has signed it. */
export const isRefused = ({ failure, state }: JobRecord): boolean =>
  state === "parked" && Option.exists(failure, ({ _tag }) => _tag === "Unsigned")

/** Head that a run reviewed or found reviewed. */
export const headShaOf = (outcome: JobOutcome): Option.Option<Sha> =>
  "headSha" in outcome ? Option.fromUndefinedOr(outcome.headSha) : Option.none()

/**
 * Reason for the job's state in one line for operators; empty if there is none. `waitText` formats the service that it
 * waits for.
 */
export const reasonOf = (
  { cancelled, failure: last, outcome, state, supersededBy, task, unreadable, waitsFor }: JobRecord,
  waitText: (waitsFor: ServiceWait, reason: Option.Option<OutageReason>) => string = ({ service }) =>
    `waits for ${service}`
): string => {
  if (cancelled) return "cancelled"
  if (unreadable) return "its stored form cannot be read by this version of the program"
  // A run that waits for its turn waits for no other reason than that.
  const failure = state === "running" && Option.isSome(waitsFor) ? Option.none() : last
  // Of a notice, the failure is what it tells, and not what it waits for.
  const reason = task._tag === "Notice" ? Option.none() : Option.map(failure, outageReasonOf)
  const skipped = Option.flatMap(outcome, (one) => one._tag === "Skipped" ? Option.some(one.detail) : Option.none())
  return Option.map(supersededBy, (id) => `job ${id} is newer`).pipe(
    Option.orElse(() => skipped),
    Option.orElse(() =>
      Option.map(
        waitsFor,
        (wait) =>
          `${waitText(wait, reason)}${
            Option.match(failure, { onNone: () => "", onSome: (one) => `: ${failureText(one)}` })
          }`
      )
    ),
    Option.orElse(() => Option.map(failure, failureText)),
    Option.orElse(() =>
      task._tag === "Notice" && task.notice._tag === "Busy"
        ? Option.some("turned away: as many requests of its pull request waited as may")
        : Option.none()
    ),
    Option.getOrElse(() => "")
  )
}

/** Size of a queue. */
export interface Depth {
  readonly waiting: number
  readonly running: number
  readonly parked: number
  /** Waiting time of the oldest waiting job; 0 if none waits. */
  readonly oldestWaitMillis: number
}

/** Records of jobs, for people and for probes. */
export class JobRecords extends Context.Service<JobRecords, {
  /** Finds a job. Fails if it cannot be read. */
  find(id: JobId): Effect.Effect<Option.Option<JobRecord>, StoreError>
  /**
   * Lists records, newest first. `before`: only smaller positions, for the next page. A job that cannot be read is left
   * out, and `onUnreadable` is told of it.
   */
  list(page: {
    readonly state?: JobState
    readonly limit: number
    readonly before?: number
    readonly onUnreadable?: (job: UnreadableJob) => void
  }): Effect.Effect<ReadonlyArray<JobRecord>, StoreError>
  /**
   * Lists the jobs that wait, oldest first. Those that met an absent service are among them, and those that cannot be read
   * are not.
   */
  oldestWaiting(limit: number): Effect.Effect<ReadonlyArray<JobRecord>, StoreError>
  /** Size of the queue. The cost does not depend on the number of jobs. */
  readonly depth: Effect.Effect<Depth, StoreError>
  jobOfDelivery(platform: string, delivery: DeliveryId): Effect.Effect<Option.Option<JobId>, StoreError>
  /**
   * True if a head needs no other job: a lifecycle job of its lane waits or runs, or the job of one of its events has
   * reviewed it.
   */
  knowsHead(lane: Lane, headSha: Sha): Effect.Effect<boolean, StoreError>
  /** True if a job of an event is kept, whatever became of it, unless it was refused. */
  hasJob(lane: Lane, event: PullRequestEvent): Effect.Effect<boolean, StoreError>
}>()("@nominal-code/jobs/JobRecords") {}
