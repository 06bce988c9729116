import { RunWaits } from "@nominal-code/domain/job/RunWaits"
import type { JobResults, JobRun } from "@nominal-code/jobs/JobResults"
import { type Duration, Effect, Option, Schedule, Stream } from "effect"

/** Retries of a store that is away, for about as long as a lease can be kept without it. */
export const storeRetries = Schedule.spaced("500 millis").pipe(Schedule.upTo({ times: 60 }))

/** Makes the reads of what a pod stores of its run. */
export const makePodResults = (results: JobResults["Service"]) => {
  /** The result of a run, as soon as it is stored. */
  const listen = (run: JobRun) => Effect.retry(results.listen(run), storeRetries)

  /** Shows in the job's record what its pod waits for. */
  const showWaits = Effect.fnUntraced(function*(run: JobRun) {
    const { during } = yield* RunWaits
    yield* Stream.runDrain(Stream.switchMap(
      yield* results.waits(run),
      Option.match({
        onNone: () => Stream.empty,
        onSome: (service) => Stream.fromEffect(during(service)(Effect.never))
      })
    ))
  }, (effect) => Effect.ignore(effect))

  /** Reads the stored result, if there is one: a signal may have been lost. */
  const read = (run: JobRun, limit: Duration.Duration) =>
    Effect.scoped(Effect.flatMap(results.listen(run), Effect.timeoutOption(limit))).pipe(
      Effect.retry(storeRetries),
      Effect.catch(({ message }) => Effect.as(Effect.logWarning(`no result could be read: ${message}`), Option.none()))
    )

  return { listen, read, showWaits }
}

/** The reads of what pods store of their runs. */
export type PodResults = ReturnType<typeof makePodResults>
