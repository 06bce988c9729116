import { Context, type Effect } from "effect"

/**
 * The slot of a run among `jobs.max_concurrent`. A run that waits for its turn elsewhere, in a cluster's queue for
 * instance, gives it back meanwhile: it keeps its lease, and costs this process next to nothing. By default there are no
 * slots.
 */
export const RunSlot = Context.Reference<{
  /**
   * Runs an effect without the slot. The run goes on at once afterwards, because its work has begun elsewhere; later
   * runs wait instead.
   */
  yieldWhile<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R>
}>("@nominal-code/domain/RunSlot", { defaultValue: () => ({ yieldWhile: (effect) => effect }) })
