import type { ServiceName } from "@nominal-code/domain/job/Failure"
import type { JobId, JobOutcome } from "@nominal-code/domain/job/Job"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Context, type Effect, type Option, type Scope, type Stream } from "effect"

/** Names one run of a job: a result of an earlier run is never taken for that of a later one. */
export interface JobRun {
  readonly id: JobId
  /** Its number over the job's whole life. */
  readonly run: number
  /** Proof of whoever reports that it is this run. A server that has a signing key takes no outcome without it. */
  readonly token?: string | undefined
  /** True for a run that was begun before the servers had a key: its process has no token. */
  readonly isTokenless?: boolean
}

/**
 * Results of jobs that run in another process. A result is stored and then signalled: a lost signal loses nothing, and
 * a late or repeated one changes nothing.
 */
export class JobResults extends Context.Service<JobResults, {
  /** Stores the outcome, then signals it. The first outcome is kept, except that a later success replaces a failure. */
  report(run: JobRun, outcome: JobOutcome): Effect.Effect<void, StoreError>
  /**
   * Listens from when this effect has completed until the scope closes; to be called before the process that reports
   * is started. The inner effect waits for the outcome, which may also have been stored before.
   */
  listen(run: JobRun): Effect.Effect<Effect.Effect<JobOutcome, StoreError>, StoreError, Scope.Scope>
  /** Signals the service that the run waits for, or that it goes on. It is not stored. */
  tellWait(run: JobRun, service: Option.Option<ServiceName>): Effect.Effect<void, StoreError>
  /** Waits that the run tells of from when this effect has completed. Some of them may be lost. */
  waits(run: JobRun): Effect.Effect<Stream.Stream<Option.Option<ServiceName>, StoreError>, StoreError, Scope.Scope>
  /** True while the queue wants this run: its job has not ended, was not cancelled, and has no later run. */
  isWanted(run: JobRun): Effect.Effect<boolean, StoreError>
}>()("@nominal-code/jobs/JobResults") {}
