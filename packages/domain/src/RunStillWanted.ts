import { Context, Effect } from "effect"

/**
 * The check of a lease's fencing token: whether the queue still wants this run of a job. Ask it right before each effect
 * outside of this process and again after every wait: a process that was suspended for longer than its lease goes on
 * unaware, while another one has taken the job over. By default a run is wanted: nobody else can take it.
 */
export const RunStillWanted = Context.Reference<Effect.Effect<boolean>>("@nominal-code/domain/RunStillWanted", {
  defaultValue: () => Effect.succeed(true)
})
