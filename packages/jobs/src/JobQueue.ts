import { Failure, ServiceName } from "@nominal-code/domain/job/Failure"
import { type Job, JobOutcome } from "@nominal-code/domain/job/Job"
import type { Lane } from "@nominal-code/domain/job/Lane"
import { Notice } from "@nominal-code/domain/job/Notice"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Context, Duration, type Effect, type Option, type Result, Schema, type Stream } from "effect"

/** Result of an offer. */
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

/** Task of a lease: the review that the job asks for, or a notice about the job. */
export const LeaseTask = Schema.TaggedUnion({
  Review: {},
  Notice: { notice: Notice }
})
export type LeaseTask = typeof LeaseTask.Type

/** Reason why the run under a lease has to stop: the job was cancelled, or a newer push is to be reviewed instead. */
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
  /** Number of lost runs of this job, mostly because a process died. */
  readonly losses: number
  /** Reason not to run the job: the holder ends what is left of an earlier run, and settles the job as `Park`. */
  readonly stop: Option.Option<StopReason>
  /** Time since the job was accepted, or queued again by `retry`, by the store's clock. */
  readonly age: Duration.Duration
  /** True for a job that no server of this installation has stored: it must not run. */
  readonly isForged: boolean
}

/**
 * Kind of a lane's first job: a notice or a command, which needs the forge alone; a comment that a model answers; or a
 * lifecycle event's review.
 */
export type HeadWork = "notice" | "comment" | "lifecycle"

/** A lane that has something to run. */
export interface ReadyLane {
  readonly lane: Lane
  readonly work: HeadWork
}

/** Location of a run: in the process that has the lease, or outside it, where the run outlives that process. */
export type RunLocation = "in-process" | "out-of-process"

/**
 * Result of a renewal. `lost`: the lease has ended. `cancelled` and `superseded`: the lease lasts, but the work under
 * it must stop.
 */
export const RenewalResult = Schema.Literals(["kept", "lost", ...StopReason.literals])
export type RenewalResult = typeof RenewalResult.Type

/**
 * Decision about the job under a lease. A job that was told to stop ends as `Done` or `Park` say; after any other
 * settlement it is given out again with its `stop`, until a holder parks it.
 */
export const Settlement = Schema.TaggedUnion({
  /** It has ended; its outcome is kept with it. */
  Done: { outcome: JobOutcome },
  /** It is run again after the delay. Uses an attempt. */
  Retry: { failure: Failure, delay: Schema.Duration },
  /** It waits for a service, and is run again after the delay. Uses no attempt. */
  Wait: { failure: Failure, service: ServiceName, delay: Schema.Duration },
  /** The process of its run died. Uses no attempt, and counts a loss. */
  Lose: { failure: Failure },
  /** Its run was ended from outside. It is run again after the delay. Uses no attempt. */
  Rerun: { failure: Failure, delay: Schema.Duration },
  /** It is not run any more, and its pull request is told so: it stays as a notice, at the head of its lane. */
  GiveUp: { failure: Failure },
  /**
   * Nothing is left to do: it was stopped, or its notice is posted or cannot be. It ends as `parked` or `superseded`.
   * `failure`: it may not be run, for this reason.
   */
  Park: { failure: Schema.optionalKey(Failure) },
  /** Unrun: as if it had not been taken. */
  Release: {}
})
export type Settlement = typeof Settlement.Type

/** Result of a settlement, with the lease of the lane's next job, if there is one to run. */
export interface SettledLease {
  /** False if the lease was lost: then nothing was changed, and there is no next one. */
  readonly settled: boolean
  readonly next: Option.Option<Lease>
}

/**
 * Durable queue of lanes, with at-least-once execution. An accepted job is kept until it is settled, whatever process
 * dies. Only the holder of a lane's lease runs its first job. In a lane notices and commands come first, then what people
 * asked a model for, then the one lifecycle job, each in the order of arrival. It has five operations: offer, take, renew,
 * settle and ready. `offerAll` and `settleAndTake` do several of them in one write.
 */
export class JobQueue extends Context.Service<JobQueue, {
  /**
   * Stores a job in one durable write, unless its event is known. A lifecycle job replaces the one that waits in its
   * lane, and is never turned away. A parked job whose delivery comes again waits again.
   */
  offer(job: Job): Effect.Effect<OfferResult, StoreError>
  /** Offers jobs together, for the price of one write. The results are in their order. */
  offerAll(jobs: ReadonlyArray<Job>): Effect.Effect<ReadonlyArray<Result.Result<OfferResult, StoreError>>>
  /**
   * The lane's head under a new lease of `leaseDuration`; none if there is nothing to run yet, another holds it, or this
   * program cannot read it: then it is left to one that can. A lease of it that has run out is a loss of its run, unless
   * runs live outside the process.
   */
  take(lane: Lane, runs?: RunLocation): Effect.Effect<Option.Option<Lease>, StoreError>
  /** Keeps the lease alive, unless it was lost, and notes the service that its run waits for, if any. */
  renew(lease: Lease, waitsFor?: ServiceName): Effect.Effect<RenewalResult, StoreError>
  /**
   * Ends the lease; false if it was lost, and then nothing was changed. The effect is one request, however often it is
   * run: its next run after a failure tells what became of it.
   */
  settle(lease: Lease, settlement: Settlement): Effect.Effect<boolean, StoreError>
  /**
   * Ends the lease as `settle` does, and takes the lane's head as `take` does, in one write. After a failure, the next run
   * of the effect gives the lease that this one was given, if nobody else has got the job since.
   */
  settleAndTake(lease: Lease, settlement: Settlement, runs?: RunLocation): Effect.Effect<SettledLease, StoreError>
  /**
   * Lanes that have something to run: at first all of them, then each as it gets something, its lease expires or its
   * delay has passed. A lane may be named more than once.
   */
  readonly ready: Stream.Stream<ReadyLane, StoreError>
}>()("@nominal-code/jobs/JobQueue") {}

/** Limits of a queue. */
export const QueueLimits = Context.Reference<{
  /** Duration of a lease that is not renewed. */
  readonly leaseDuration: Duration.Duration
  readonly renewEvery: Duration.Duration
  /** Maximum number of waiting comments in one lane. */
  readonly laneCapacity: number
  /** Time for which an ended job is kept, and with it the dedup of its delivery. */
  readonly retention: Duration.Duration
  /** Interval of the scan of the whole store for lanes to run, which finds the changes of other processes. */
  readonly sweepEvery: Duration.Duration
  /** Effect of a push on the running review of its lane: it stops it, or lets it finish. */
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
