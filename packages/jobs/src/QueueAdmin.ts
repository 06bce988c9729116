import type { JobId } from "@nominal-code/domain/job/Job"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Context, type Effect, Schema } from "effect"

/** Result of a user's request about a job. */
export const JobRequestResult = Schema.TaggedUnion({
  Done: {},
  /** It is cancelled while it runs: its holder learns that from its next renewal, and parks it when its run is over. */
  Stopping: {},
  /** No such job is known. */
  Unknown: {},
  /** The queue has changed nothing; `reason` says why. */
  Refused: { reason: Schema.String }
})
export type JobRequestResult = typeof JobRequestResult.Type

/** Operations on a queue beside its work: what a person asks for about a job, and what a server asks of its store. */
export class QueueAdmin extends Context.Service<QueueAdmin, {
  /**
   * Queues a parked job again as new, behind the lane's waiting jobs. With a signing key, it signs the job: whoever asks
   * for it here answers for the job.
   */
  retry(id: JobId): Effect.Effect<JobRequestResult, StoreError>
  /**
   * Cancels a job. A waiting job is parked without a run. A running one is marked and keeps its place, so that no other
   * job of its lane runs before its run is over.
   */
  cancel(id: JobId): Effect.Effect<JobRequestResult, StoreError>
  /** Writes to the store, and fails if it takes no writes now, or not from a process with these signing keys. */
  readonly check: Effect.Effect<void, StoreError>
  /**
   * Makes the signing keys of this process those of the queue, before it takes a job: from then on, a process that signs
   * with none of them stores and takes nothing. Where the queue had none, its jobs are signed in place. Fails if its jobs
   * are signed with a key that this process lacks. Gives the number of jobs that it has signed.
   */
  readonly claimKeys: Effect.Effect<number, StoreError>
}>()("@nominal-code/jobs/QueueAdmin") {}
