import { isSettled, type JobOutcome } from "@nominal-code/domain/job/Job"
import { Deferred, Effect, Layer, Stream } from "effect"
import { JobResults, type JobRun } from "../JobResults.ts"

/** Number of results that are kept; the oldest are dropped first. */
const capacity = 10_000

interface Result {
  outcome: JobOutcome | undefined
  readonly reported: Deferred.Deferred<void>
}

const make = Effect.sync(() => {
  const results = new Map<string, Result>()

  const resultOf = ({ id, run }: JobRun): Result => {
    const name = `${id}:${run}`
    const known = results.get(name)
    if (known !== undefined) return known
    const result: Result = { outcome: undefined, reported: Deferred.makeUnsafe() }
    results.set(name, result)
    for (const oldest of results.keys().take(Math.max(0, results.size - capacity))) results.delete(oldest)
    return result
  }

  const outcomeOf = (result: Result): Effect.Effect<JobOutcome> =>
    Effect.flatMap(
      Deferred.await(result.reported),
      () => result.outcome === undefined ? Effect.never : Effect.succeed(result.outcome)
    )

  return JobResults.of({
    report: (run, outcome) =>
      Effect.suspend(() => {
        const result = resultOf(run)
        // The first one stands; but for a failure, after which another process had its turn.
        if (result.outcome === undefined || !isSettled(result.outcome) && isSettled(outcome)) result.outcome = outcome
        return Effect.asVoid(Deferred.succeed(result.reported, undefined))
      }),
    listen: (run) => Effect.sync(() => outcomeOf(resultOf(run))),
    // Whoever would listen is in another process.
    tellWait: () => Effect.void,
    waits: () => Effect.succeed(Stream.empty),
    // There is no queue to ask.
    isWanted: () => Effect.succeed(true)
  })
})

/** Results in memory, for jobs in this process and for tests. */
export const layer = Layer.effect(JobResults, make)
