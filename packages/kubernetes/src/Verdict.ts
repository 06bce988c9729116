import { isSettled, type JobOutcome } from "@nominal-code/domain/job/Job"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Duration, Effect, Option, Ref } from "effect"
import { endingOf, type KubeJobEnding, neverStarted, type RunWithoutResult, tooLong } from "./Ending.ts"
import type { KubeJobObservation, KubeJobSnapshot } from "./Watch.ts"

/** Decision about a Job. `Stop`: nobody waits for it any more, and it has to be gone before the next. */
export type RunVerdict =
  /** The run has its outcome, which no other pod changes. `removes`: the cluster would give it another pod. */
  | { readonly _tag: "Done"; readonly outcome: JobOutcome; readonly removes: boolean }
  | { readonly _tag: "Ended"; readonly how: Exclude<KubeJobEnding["_tag"], "Stuck"> }
  | { readonly _tag: "Stop"; readonly because: RunWithoutResult }
  /** Its queue has not admitted it, or has taken its place away: it has no pods until the queue says so. */
  | { readonly _tag: "Suspended" }

/** Time beyond its own deadline after which a Job counts as lost. */
const deadlineMargin = Duration.seconds(10)

/** True if a Job waits in its queue. */
export const isSuspended = ({ gone, job }: KubeJobSnapshot): boolean =>
  !gone && Option.exists(job, ({ end, suspended }) => suspended && Option.isNone(end))

/** Sources of a Job's end. */
interface Sources {
  readonly observation: KubeJobObservation
  /** The outcome that the Job's pod reports. */
  readonly heard: Effect.Effect<JobOutcome, StoreError>
  /** Outcome that the Job's next pod may improve. */
  readonly reported: Ref.Ref<Option.Option<JobOutcome>>
  /** Asks the cluster about the Job; the outcome of a run of which it cannot tell, for its API server is away. */
  readonly apiAway: Effect.Effect<Option.Option<RunWithoutResult>>
  /** Completes with the outcome if its pods will not start. */
  readonly hopeless: Effect.Effect<RunWithoutResult>
}

/** Waits for the first source that decides about a Job. */
export const verdictOn = (
  { apiAway, heard, hopeless, observation, reported }: Sources,
  { activeDeadline, backoffLimit }: { readonly activeDeadline: Duration.Duration; readonly backoffLimit: number }
): Effect.Effect<RunVerdict> => {
  const signal = Effect.flatMap(
    Effect.catch(heard, () => Effect.never),
    (outcome): Effect.Effect<RunVerdict> => {
      if (isSettled(outcome)) return Effect.succeed({ _tag: "Done", outcome, removes: false })
      // The next pod would fail in the same way, or find the same service away. The cluster is not asked: it may be away.
      const isFinal = outcome._tag === "Postponed" ||
        outcome._tag === "Failed" && (!outcome.retryable || backoffLimit === 0)
      if (isFinal) return Effect.succeed({ _tag: "Done", outcome, removes: backoffLimit > 0 })
      // A pod that failed or was stopped may be replaced by the next: only the Job says that it was the last.
      return Effect.andThen(Ref.set(reported, Option.some(outcome)), Effect.never)
    }
  )
  const ended = observation.first((snapshot): Option.Option<RunVerdict> => {
    if (isSuspended(snapshot)) return Option.some({ _tag: "Suspended" })
    return Option.map(
      endingOf(snapshot),
      (ending): RunVerdict =>
        ending._tag === "Stuck" ? { _tag: "Stop", because: ending.outcome } : { _tag: "Ended", how: ending._tag }
    )
  })
  const stop = (because: RunWithoutResult): RunVerdict => ({ _tag: "Stop", because })
  const limit = Duration.sum(activeDeadline, deadlineMargin)
  const expired = Effect.delay(
    Effect.gen(function*() {
      // While the API server is away, nobody tells that the pod has ended, or that it has not begun.
      const snapshot = yield* observation.snapshot
      if (!snapshot.ran) return stop(neverStarted(snapshot, limit))
      return stop(Option.getOrElse(yield* apiAway, () => tooLong(activeDeadline)))
    }),
    limit
  )
  return Effect.raceAllFirst([signal, ended, Effect.map(hopeless, stop), expired])
}
