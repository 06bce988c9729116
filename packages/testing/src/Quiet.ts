import { Context, Effect } from "effect"

const everyFiber = Effect.repeat(Effect.yieldNow, { times: 300 })

/** Waits for a store in another process to announce its changes. */
export const Elsewhere = Context.Reference<Effect.Effect<void>>("test/Elsewhere", { defaultValue: () => Effect.void })

/** Lets every fiber that can go on do so; the clock stands still. */
export const quiet = Effect.gen(function*() {
  yield* everyFiber
  const elsewhere = yield* Elsewhere
  yield* elsewhere
})
