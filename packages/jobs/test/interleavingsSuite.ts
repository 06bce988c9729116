import { assert, it } from "@effect/vitest"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Cause, Effect, type Scope } from "effect"
import { chanceOf } from "./Chance.ts"
import { interleaving, type Process } from "./interleavings.ts"

const seed = Number(import.meta.env["NOMINAL_SEED"] ?? 1)

/** What must hold whatever happens in whatever order. `NOMINAL_SEED` tells another ten thousand stories. */
export const interleavingsSuite = (
  name: string,
  stories: number,
  processes: Effect.Effect<ReadonlyArray<Process>, StoreError, Scope.Scope>
) =>
  it.effect(`in ${stories} random stories from seed ${seed} nothing is lost, doubled or out of order (${name})`, () =>
    Effect.gen(function*() {
      const opened = yield* processes
      for (let index = 0; index < stories; index++) {
        const { story, trace } = interleaving(opened, chanceOf(seed * 1_000_003 + index), index * 2 + 1)
        yield* story.pipe(Effect.catchCause((cause) =>
          Effect.die(assert.fail(`story ${index} of seed ${seed}\n${trace.join("\n")}\n${Cause.pretty(cause)}`))))
      }
    }), 240_000)
