/** Budget of a run over a suite, in dollars: each case takes its part before it begins. */
import { Effect, Option, TxRef } from "effect"

/** Dollars that a run may use, all cases together. */
export interface RunBudget {
  /**
   * Runs `use` with the dollars that it may use at most, at most `most`, and takes from the budget what it has used. Waits
   * while running ones hold all that is left; none where nothing is left.
   */
  with<A, E, R>(
    most: number,
    use: (dollars: number) => Effect.Effect<A, E, R>,
    spent: (result: A) => number
  ): Effect.Effect<Option.Option<A>, E, R>
}

/** Dollars too few to review anything. */
const least = 0.001

/** Makes a budget of so many dollars, or without a limit: `Infinity`. */
export const make = Effect.fnUntraced(function*(dollars: number) {
  /** Dollars that are neither used nor held, and the number of holders. */
  const state = yield* TxRef.make({ free: dollars, holders: 0 })

  const take = (most: number) =>
    Effect.tx(Effect.gen(function*() {
      const { free, holders } = yield* TxRef.get(state)
      if (free < least) return holders === 0 ? Option.none<number>() : yield* Effect.txRetry
      const held = Math.min(most, free)
      yield* TxRef.set(state, { free: free === Infinity ? free : free - held, holders: holders + 1 })
      return Option.some(held)
    }))

  const giveBack = (left: number) =>
    TxRef.update(state, ({ free, holders }) => ({
      free: free === Infinity ? free : free + left,
      holders: holders - 1
    }))

  const budget: RunBudget = {
    with: (most, use, spent) =>
      Effect.acquireUseRelease(
        take(most),
        Option.match({
          onNone: () => Effect.succeedNone,
          onSome: (held) => Effect.asSome(use(held))
        }),
        (held, exit) => {
          if (Option.isNone(held)) return Effect.void
          // What a failed one has used is not known: all that it held counts as used.
          const used = exit._tag === "Success" && Option.isSome(exit.value) ? spent(exit.value.value) : held.value
          return giveBack(held.value - used)
        }
      )
  }
  return budget
})
