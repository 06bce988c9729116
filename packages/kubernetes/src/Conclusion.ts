import { failureText } from "@nominal-code/domain/job/Failure"
import { isSettled, JobOutcome } from "@nominal-code/domain/job/Job"
import type { JobRun } from "@nominal-code/jobs/JobResults"
import { Duration, Effect, Option } from "effect"
import type { KubeJobs } from "./Control.ts"
import { failureOf, type KubeJobEnding, leftBy, podFailed, podLost, type RunWithoutResult } from "./Ending.ts"
import type { PodResults } from "./PodResult.ts"
import type { KubeJobObservation } from "./Watch.ts"

/** Time limit of reading a stored result. */
const readLimit = Duration.millis(500)

/** Time limit of finding the result of a pod that has succeeded, which stored it before it ended. */
const graceLimit = Duration.seconds(2)

/** Makes the ends of runs: outcomes by what their pods have stored, and by how their Jobs have ended. */
export const makeConclusion = (jobs: KubeJobs, read: PodResults["read"], activeDeadline: Duration.Duration) => {
  /** Concludes a run whose Job has ended. A stored result takes precedence over the Job's end. */
  const conclude = Effect.fnUntraced(
    function*(
      run: JobRun,
      ending: Exclude<KubeJobEnding["_tag"], "Stuck">,
      observation: KubeJobObservation,
      shortened: Option.Option<RunWithoutResult>,
      reported: Option.Option<JobOutcome>
    ) {
      const stored = yield* read(run, ending === "Succeeded" ? graceLimit : readLimit)
      if (Option.exists(stored, isSettled)) return Option.getOrThrow(stored)
      if (ending === "Succeeded") return podFailed("no-result", "the Job succeeded and left no result")
      const failure = failureOf(yield* observation.snapshot, activeDeadline)
      const late = "failure" in failure && failure.failure._tag === "Deadline"
      if (late) {
        const waits = Option.filter(stored, JobOutcome.guards.Postponed)
        return Option.getOrElse(Option.orElse(waits, () => shortened), () => failure)
      }
      return Option.match(Option.orElse(stored, () => reported), { onNone: () => failure, onSome: leftBy })
    }
  )

  /** Ends a Job that nobody waits for any more. If its pods do not end, its node is lost. */
  const abandon = Effect.fnUntraced(
    function*(run: JobRun, name: string, observation: KubeJobObservation, because: RunWithoutResult) {
      yield* Effect.logWarning(`ending the Job: ${failureText(because.failure)}`)
      const left = yield* jobs.stop(name, observation).pipe(
        Effect.catchTag("KubeError", ({ message }) =>
          Effect.logWarning(`the Job is ended later: ${message}`).pipe(
            Effect.andThen(jobs.removeLater(name, activeDeadline)),
            Effect.as(Option.none())
          ))
      )
      const stored = yield* read(run, readLimit)
      if (Option.exists(stored, isSettled)) return Option.getOrThrow(stored)
      if (Option.isNone(left)) return because
      yield* Effect.logError(`the Job does not end, its node may be lost: ${left.value}`)
      return podLost("node-lost", `the pod did not end in time, its node may be lost: ${left.value}`)
    }
  )

  return { conclude, abandon }
}
