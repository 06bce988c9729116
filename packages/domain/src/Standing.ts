import { Context, Effect } from "effect"

/**
 * Whether this run of a job still stands. To be asked right before it changes anything outside of its process: a process
 * that stood still for longer than its lease goes on as if nothing had happened, while another one has had the job and
 * perhaps all that came after it. A run that nobody else can take always stands.
 */
export const Standing = Context.Reference<Effect.Effect<boolean>>("@nominal-code/domain/Standing", {
  defaultValue: () => Effect.succeed(true)
})
