import { Array, Effect, Exit } from "effect"

/** A call that waits for its result. */
export interface GatheredCall<Input, A, E> {
  readonly input: Input
  /** Tells the caller the result; a second one is ignored. */
  readonly complete: (exit: Exit.Exit<A, E>) => void
}

const forgotten = Exit.die(new Error("a gathered call was not carried out"))

/**
 * Gathers calls: those of the same moment are carried out together, by one fiber for all. A caller that is interrupted
 * before withdraws its call; afterwards the call is carried out, and nobody waits for its result. `carryOut` completes
 * each call; what it leaves open fails with it.
 */
export const gathered = <Input, A, E>(
  carryOut: (calls: Array.NonEmptyReadonlyArray<GatheredCall<Input, A, E>>) => Effect.Effect<void>
): (input: Input) => Effect.Effect<A, E> => {
  let waiting: Array<GatheredCall<Input, A, E>> = []

  const together = Effect.andThen(
    Effect.yieldNow,
    Effect.suspend(() => {
      const calls = waiting
      waiting = []
      if (!Array.isArrayNonEmpty(calls)) return Effect.void
      return Effect.matchCauseEffect(carryOut(calls), {
        onFailure: (cause) => Effect.sync(() => calls.forEach(({ complete }) => complete(Exit.failCause(cause)))),
        onSuccess: () => Effect.sync(() => calls.forEach(({ complete }) => complete(forgotten)))
      })
    })
  )

  return (input) =>
    Effect.withFiber((caller) =>
      Effect.callback<A, E>((resume) => {
        const call = { input, complete: resume }
        if (waiting.push(call) === 1) Effect.runForkWith(caller.context)(together)
        return Effect.sync(() => {
          waiting = waiting.filter((other) => other !== call)
        })
      })
    )
}
