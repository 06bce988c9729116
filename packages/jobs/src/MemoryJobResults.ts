import type { JobOutcome } from "@nominal-code/domain/Job"
import { Deferred, Effect, Layer } from "effect"
import { JobResults, type JobRun } from "./JobResults.ts"

/** The oldest are forgotten first. */
const capacity = 10_000

const make = Effect.sync(() => {
  const results = new Map<string, Deferred.Deferred<JobOutcome>>()

  const resultOf = ({ attempt, id }: JobRun): Deferred.Deferred<JobOutcome> => {
    const name = `${id}:${attempt}`
    const known = results.get(name)
    if (known !== undefined) return known
    const result = Deferred.makeUnsafe<JobOutcome>()
    results.set(name, result)
    for (const oldest of results.keys().take(Math.max(0, results.size - capacity))) results.delete(oldest)
    return result
  }

  return JobResults.of({
    // A second one changes nothing: the first has been given.
    report: (run, outcome) => Effect.suspend(() => Effect.asVoid(Deferred.succeed(resultOf(run), outcome))),
    listen: (run) => Effect.sync(() => Deferred.await(resultOf(run)))
  })
})

/** Results of jobs that run in this process, or in a test's idea of another one. */
export const layer = Layer.effect(JobResults, make)
