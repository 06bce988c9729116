import { DeliveryId, Job, JobId, JobOutcome } from "@nominal-code/domain/Job"
import { Lane } from "@nominal-code/domain/Lane"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Context, Duration, type Effect, type Option, Schema, type Stream } from "effect"

/** What became of an offer. */
export const Offered = Schema.TaggedUnion({
  /**
   * The job is stored. `superseded`: the pending job, if any, that it makes needless. A parked push that is delivered
   * again after a newer one is itself the superseded job, and `jobId` the newer one.
   */
  Accepted: { jobId: Schema.String, superseded: Schema.optionalKey(Schema.String) },
  /** The delivery was accepted before; its job stands. */
  Duplicate: { jobId: Schema.String },
  /** The lane holds as many waiting jobs as it may. Nothing was stored. */
  Full: { waiting: Schema.Int }
})
export type Offered = typeof Offered.Type

/** The right to run the head of a lane. `epoch` grows with every lease of the lane: an older one has no effect. */
export interface Lease {
  readonly lane: Lane
  readonly job: Job
  readonly epoch: number
  /** 1 for the first try. A try that was lost or released does not count. */
  readonly attempt: number
  /**
   * The attempt, counted over everything that the job was asked to do: it goes on where `attempt` starts again, so what
   * an earlier life of the job left behind is never taken for this run's. Who takes over a lost run finds its number.
   */
  readonly run: number
  /** How often a lease of this job has been lost, mostly because its process died. */
  readonly losses: number
  /** The job was cancelled and whoever ran it is gone: it is not to be run, but what is left of its run to be ended. */
  readonly cancelled: boolean
}

/** What a renewal tells. Unless it is `lost`, the lease lasts; `cancelled`: but the work under it must stop. */
export const Renewed = Schema.Literals(["kept", "lost", "cancelled"])
export type Renewed = typeof Renewed.Type

/**
 * What to do with the job under a lease. A cancelled job ends as `Done` or `Park` says, for that came first; after
 * `Retry` or `Release` it does not wait again, but is at once given out as cancelled, until somebody parks it.
 */
export const Settlement = Schema.TaggedUnion({
  /** It has ended; its outcome is kept with it. */
  Done: { outcome: JobOutcome },
  /** It goes back to the head of its lane, not before `delay` has passed. */
  Retry: { reason: Schema.String, delay: Schema.Duration },
  /** It will not be run again unless somebody asks; the reason is kept. */
  Park: { reason: Schema.String },
  /** Unrun: as if it had not been taken, and the attempt does not count. */
  Release: {}
})
export type Settlement = typeof Settlement.Type

/** Where a job stands. */
export const JobState = Schema.Literals(["waiting", "running", "done", "superseded", "parked"])
export type JobState = typeof JobState.Type

/** A stored job, as `jobs list` shows it. */
export const JobRecord = Schema.Struct({
  id: JobId,
  lane: Lane,
  delivery: DeliveryId,
  state: JobState,
  /** Since it was accepted, or was last made to wait again. */
  attempts: Schema.Int,
  reason: Schema.OptionFromNullOr(Schema.String),
  outcome: Schema.OptionFromNullOr(JobOutcome),
  /** None if its stored form cannot be read by this version of the program. */
  job: Schema.OptionFromNullOr(Job)
})
export type JobRecord = typeof JobRecord.Type

/** What became of somebody's request about a job. */
export const Handled = Schema.TaggedUnion({
  Done: {},
  /** It is cancelled while it runs: whoever runs it is told with its next renewal, and parks it when its run is over. */
  Stopping: {},
  /** No such job is known. */
  Unknown: {},
  /** Nothing was changed, and why. */
  Refused: { reason: Schema.String }
})
export type Handled = typeof Handled.Type

/**
 * Durable first-in-first-out lanes. What was accepted is kept until it is settled, whatever dies; a lane's head is run
 * by whoever holds its lease, and by nobody else.
 */
export class JobQueue extends Context.Service<JobQueue, {
  /**
   * One durable write: knows a delivery that came before, replaces a waiting lifecycle job of the same lane by the
   * newer one, and appends. A mention is never replaced. A parked job whose delivery comes again waits again.
   */
  offer(job: Job): Effect.Effect<Offered, StoreError>
  /** The lane's head under a new lease of `leaseDuration`; none if there is nothing to run yet or another holds it. */
  take(lane: Lane): Effect.Effect<Option.Option<Lease>, StoreError>
  /** Keeps the lease alive, unless it was lost; then, or if its job was cancelled, the work under it must stop. */
  renew(lease: Lease): Effect.Effect<Renewed, StoreError>
  /** Ends the lease; false if it was lost, and then nothing was changed. */
  settle(lease: Lease, settlement: Settlement): Effect.Effect<boolean, StoreError>
  /**
   * Lanes that have something to run: at first all of them, then each as it gets something, its lease expires or its
   * delay has passed. A lane may be named more than once.
   */
  readonly ready: Stream.Stream<Lane, StoreError>
  /** How many jobs wait or run. */
  readonly depth: Effect.Effect<
    { readonly waiting: number; readonly running: number; readonly parked: number },
    StoreError
  >
  find(id: JobId): Effect.Effect<Option.Option<JobRecord>, StoreError>
  /** In the order of arrival. */
  list(state: Option.Option<JobState>): Effect.Effect<ReadonlyArray<JobRecord>, StoreError>
  /** A parked or done job waits again, afresh, behind what waits in its lane. */
  retry(id: JobId): Effect.Effect<Handled, StoreError>
  /**
   * A waiting job is parked without being run. A running one is marked and keeps its place, so that nothing else of its
   * lane runs before its run is over.
   */
  cancel(id: JobId): Effect.Effect<Handled, StoreError>
  jobOfDelivery(platform: string, delivery: DeliveryId): Effect.Effect<Option.Option<JobId>, StoreError>
}>()("@nominal-code/jobs/JobQueue") {}

/** What a queue allows, and for how long. */
export const QueueLimits = Context.Reference<{
  /** How long a lease lasts unless it is renewed. */
  readonly leaseDuration: Duration.Duration
  readonly renewEvery: Duration.Duration
  /** How many jobs of one lane may wait. */
  readonly laneCapacity: number
  /** How long an ended job, and with it its delivery, is remembered. */
  readonly retention: Duration.Duration
  /** How often the whole store is looked through for lanes to run: what other processes did tells us nothing. */
  readonly sweepEvery: Duration.Duration
}>("@nominal-code/jobs/QueueLimits", {
  defaultValue: () => ({
    leaseDuration: Duration.seconds(30),
    renewEvery: Duration.seconds(10),
    laneCapacity: 20,
    retention: Duration.days(7),
    sweepEvery: Duration.seconds(5)
  })
})
