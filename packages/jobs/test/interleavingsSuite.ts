import { assert, it } from "@effect/vitest"
import { QueueLimits } from "@nominal-code/jobs/JobQueue"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { sized } from "@nominal-code/testing/Sized"
import { Cause, Config, Effect, type Scope } from "effect"
import { chanceOf } from "./Chance.ts"
import { capacity, interleaving, type Process } from "./interleavings.ts"

/** Two hours: ten thousand stories over Redis take a busy machine more than half an hour. */
const limit = 7_200_000

/**
 * Nothing is lost, doubled or out of order, whatever happens in whatever order. `NOMINAL_SEED` tells other stories;
 * `make test-long` tells ten thousand.
 */
export const interleavingsSuite = (
  name: string,
  stories: number,
  processes: Effect.Effect<ReadonlyArray<Process>, StoreError, Scope.Scope>
) =>
  it.effect(
    `in random stories every answer and every record is that of the model (${name})`,
    () =>
      Effect.gen(function*() {
        const seed = yield* Config.Int("NOMINAL_SEED").pipe(Config.withDefault(1))
        const count = yield* sized(stories, 10_000)
        const opened = yield* processes
        for (let index = 0; index < count; index++) {
          const { story, trace } = interleaving(opened, chanceOf(seed * 1_000_003 + index), index * 2 + 1)
          yield* story.pipe(
            Effect.catchCause((cause) =>
              Effect.die(assert.fail(`story ${index} of seed ${seed}\n${trace.join("\n")}\n${Cause.pretty(cause)}`))
            )
          )
        }
      }).pipe(Effect.provideService(QueueLimits, {
        ...QueueLimits.defaultValue(),
        laneCapacity: capacity,
        onPush: "supersede"
      })),
    limit
  )
