import { Failure, ServiceName } from "@nominal-code/domain/Failure"
import { type Job, type JobId, JobOutcome } from "@nominal-code/domain/Job"
import type { Lane } from "@nominal-code/domain/Lane"
import { Notice } from "@nominal-code/domain/Notice"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Context, Duration, type Effect, type Option, Schema, type Stream } from "effect"

/** What became of an offer. */
export const OfferResult = Schema.TaggedUnion({
  /** The job is stored. `superseded`: the waiting job, if any, that it makes needless. */
  Accepted: { jobId: Schema.String, superseded: Schema.optionalKey(Schema.String) },
  /** The delivery was accepted before, or another delivery of the same event was; its job stands. */
  Duplicate: { jobId: Schema.String },
  /**
   * The lane holds as many waiting comments as it may. `told`: a `Busy` notice to the pull request was stored with this
   * job; false if one waits already.
   */
  Full: { waiting: Schema.Int, told: Schema.Boolean }
})
export type OfferResult = typeof OfferResult.Type

/** What a lease is for: the review that the job asks for, or a notice about the job. */
export const LeaseTask = Schema.TaggedUnion({
  Review: {},
  Notice: { notice: Notice }
})
export type LeaseTask = typeof LeaseTask.Type

/** Why the run under a lease has to stop: somebody cancelled the job, or a newer push is to be reviewed instead. */
export const StopReason = Schema.Literals(["cancelled", "superseded"])
export type StopReason = typeof StopReason.Type

/** The right to run the head of a lane. `epoch` grows with every lease of the lane: an older one has no effect. */
export interface Lease {
  readonly lane: Lane
  readonly job: Job
  readonly task: LeaseTask
  readonly epoch: number
  /** 1 for the first try. A try that was lost, released or that waited for a service does not count. */
  readonly attempt: number
  /**
   * Numbers the run over the job's whole life, so that what an earlier run left behind is never taken for this one's.
   * Only a run that takes over a lost or released one has the same number.
   */
  readonly run: number
  /** How often a run of this job has been lost, mostly because its process died. */
  readonly losses: number
  /** The job is not to be run: what is left of an earlier holder's run is to be ended, and the job settled as `Park`. */
  readonly stop: Option.Option<StopReason>
  /** How long ago the job was accepted, or made to wait again by `retry`, by the store's clock. */
  readonly age: Duration.Duration
}

/** What the first job of a lane is: a notice to be posted, a comment to be answered, or a lifecycle event's review. */
export type HeadWork = "notice" | "comment" | "lifecycle"

/** A lane that has something to run. */
export interface ReadyLane {
  readonly lane: Lane
  readonly work: HeadWork
}

/** Where a run lives: in the process that has the lease, or outside it, where the run outlives that process. */
export type RunLocation = "in-process" | "out-of-process"

/**
 * What a renewal tells. `lost`: the lease has ended. `cancelled` and `superseded`: the lease lasts, but the work under
 * it must stop.
 */
export const RenewalResult = Schema.Literals(["kept", "lost", ...StopReason.literals])
export type RenewalResult = typeof RenewalResult.Type

/**
 * What to do with the job under a lease. A job that was told to stop ends as `Done` or `Park` say; after any other
 * settlement it is given out again with its `stop`, until a holder parks it.
 */
export const Settlement = Schema.TaggedUnion({
  /** It has ended; its outcome is kept with it. */
  Done: { outcome: JobOutcome },
  /** It is run again after the delay. Uses an attempt. */
  Retry: { failure: Failure, delay: Schema.Duration },
  /** It waits for a service, and is run again after the delay. Uses no attempt. */
  Wait: { failure: Failure, service: ServiceName, delay: Schema.Duration },
  /** Its run was ended from outside. Uses no attempt, and counts a loss. */
  Lose: { failure: Failure },
  /** It is not run any more, and its pull request is told so: it stays as a notice, at the head of its lane. */
  GiveUp: { failure: Failure },
  /** Nothing is left to do: it was stopped, or its notice is posted or cannot be. It ends as `parked` or `superseded`. */
  Park: {},
  /** Unrun: as if it had not been taken. */
  Release: {}
})
export type Settlement = typeof Settlement.Type

/** What became of somebody's request about a job. */
export const JobRequestResult = Schema.TaggedUnion({
  Done: {},
  /** It is cancelled while it runs: whoever runs it is told with its next renewal, and parks it when its run is over. */
  Stopping: {},
  /** No such job is known. */
  Unknown: {},
  /** Nothing was changed, and why. */
  Refused: { reason: Schema.String }
})
export type JobRequestResult = typeof JobRequestResult.Type

/**
 * Durable lanes. What was accepted is kept until it is settled, whatever dies; a lane's head is run by whoever holds its
 * lease, and by nobody else. In a lane notices come first, then what people asked for, then the one lifecycle job, each
 * in the order of arrival.
 */
export class JobQueue extends Context.Service<JobQueue, {
  /**
   * Stores a job in one durable write, unless its event is known. A lifecycle job replaces the one that waits in its
   * lane, and is never turned away. A parked job whose delivery comes again waits again.
   */
  offer(job: Job): Effect.Effect<OfferResult, StoreError>
  /**
   * The lane's head under a new lease of `leaseDuration`; none if there is nothing to run yet, another holds it, or this
   * program cannot read it: then it is left to one that can. A lease of it that has run out is a loss of its run, unless
   * runs live outside the process.
   */
  take(lane: Lane, runs?: RunLocation): Effect.Effect<Option.Option<Lease>, StoreError>
  /** Keeps the lease alive, unless it was lost. */
  renew(lease: Lease): Effect.Effect<RenewalResult, StoreError>
  /** Ends the lease; false if it was lost, and then nothing was changed. */
  settle(lease: Lease, settlement: Settlement): Effect.Effect<boolean, StoreError>
  /**
   * Lanes that have something to run: at first all of them, then each as it gets something, its lease expires or its
   * delay has passed. A lane may be named more than once.
   */
  readonly ready: Stream.Stream<ReadyLane, StoreError>
  /** A parked job waits again, afresh, behind what waits in its lane. */
  retry(id: JobId): Effect.Effect<JobRequestResult, StoreError>
  /**
   * A waiting job is parked without being run. A running one is marked and keeps its place, so that nothing else of its
   * lane runs before its run is over.
   */
  cancel(id: JobId): Effect.Effect<JobRequestResult, StoreError>
  /** Proves that the store takes a write now. */
  readonly check: Effect.Effect<void, StoreError>
}>()("@nominal-code/jobs/JobQueue") {}

/** What a queue allows, and for how long. */
export const QueueLimits = Context.Reference<{
  /** How long a lease lasts unless it is renewed. */
  readonly leaseDuration: Duration.Duration
  readonly renewEvery: Duration.Duration
  /** How many comments of one lane may wait. */
  readonly laneCapacity: number
  /** How long an ended job, and with it its delivery, is remembered. */
  readonly retention: Duration.Duration
  /** How often the whole store is looked through for lanes to run: what other processes did tells us nothing. */
  readonly sweepEvery: Duration.Duration
  /** Whether a push stops the running review of its lane, or lets it finish. */
  readonly onPush: "finish" | "supersede"
}>("@nominal-code/jobs/QueueLimits", {
  defaultValue: () => ({
    leaseDuration: Duration.seconds(30),
    renewEvery: Duration.seconds(10),
    laneCapacity: 20,
    retention: Duration.days(7),
    sweepEvery: Duration.seconds(5),
    onPush: "finish"
  })
})
