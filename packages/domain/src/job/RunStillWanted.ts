import { Context, Effect, Schema } from "effect"

/**
 * Check of a lease's fencing token: asks the queue if this run of a job is still wanted. Ask it right before each
 * effect outside of this process and again after every wait: a process that was suspended for longer than its lease
 * goes on unaware, while another one has taken the job over. By default a run is wanted: nobody else can take it.
 */
export const RunStillWanted = Context.Reference<Effect.Effect<boolean>>("@nominal-code/domain/RunStillWanted", {
  defaultValue: () => Effect.succeed(true)
})

/** This run lost its lease or was cancelled: the run that holds the lease publishes. It says nothing about the job. */
export class RunNotWanted extends Schema.TaggedError<RunNotWanted>()("RunNotWanted", {}) {
  override get message() {
    return "another process has the job by now, or it was cancelled"
  }
}

/**
 * True where an earlier run of the same job may have posted, and may still post what it sent before it lost its lease.
 * Only the queue knows of a first run that there is none.
 */
export const MayHaveEarlierRuns = Context.Reference<boolean>("@nominal-code/domain/MayHaveEarlierRuns", {
  defaultValue: () => true
})

/** Asks once, and fails where the queue does not want this run any more. */
export const ensureWanted: Effect.Effect<void, RunNotWanted> = Effect.flatMap(
  Effect.flatten(RunStillWanted),
  (wanted) => wanted ? Effect.void : Effect.fail(new RunNotWanted())
)
