import type { JobId, JobOutcome } from "@nominal-code/domain/Job"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Context, type Effect, type Scope } from "effect"

/** Names one run of a job: a result of an earlier run is never taken for that of a later one. */
export interface JobRun {
  readonly id: JobId
  /** Its number over the job's whole life. */
  readonly run: number
}

/**
 * How a job that runs in another process tells how it ended. The result is stored and then signalled: a signal that
 * nobody hears loses nothing, and one that comes late or twice changes nothing.
 */
export class JobResults extends Context.Service<JobResults, {
  /** Stores the outcome, then signals it. The first one stands; but a failure gives way to a later success. */
  report(run: JobRun, outcome: JobOutcome): Effect.Effect<void, StoreError>
  /**
   * Listens from when this effect has completed until the scope closes; to be called before the process that reports
   * is started. The inner effect waits for the outcome, which may also have been stored before.
   */
  listen(run: JobRun): Effect.Effect<Effect.Effect<JobOutcome, StoreError>, StoreError, Scope.Scope>
  /** Whether the queue still wants this run to end: false once its job has ended, was cancelled, or has a later run. */
  isWanted(run: JobRun): Effect.Effect<boolean, StoreError>
}>()("@nominal-code/jobs/JobResults") {}
