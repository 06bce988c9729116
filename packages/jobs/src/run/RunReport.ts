import { type Failure, failureText } from "@nominal-code/domain/job/Failure"
import { countRun } from "@nominal-code/domain/telemetry/Metrics"
import { Duration, Effect } from "effect"
import { type Lease, Settlement, type StopReason } from "../JobQueue.ts"

/** Counts a run by what became of it. */
export const countEnded = (
  state: "done" | "skipped" | "retried" | "postponed" | "given up" | "told" | StopReason | "released" | "lost"
) => countRun(state)

const lost = (failure: Failure) =>
  Effect.andThen(
    Effect.logWarning(`the run was lost, the job runs again: ${failureText(failure)}`),
    countEnded("lost")
  )

/** Logs the outcome of the job, once it is stored. */
export const reportSettled = (lease: Lease, maxAttempts: number) =>
  Settlement.match({
    Done: ({ outcome }) =>
      outcome._tag === "Skipped"
        ? Effect.andThen(Effect.logInfo(`skipped: ${outcome.detail}`), countEnded("skipped"))
        : Effect.andThen(
          Effect.logInfo(
            outcome._tag === "Answered"
              ? `answered: ${outcome.command}`
              : `reviewed: ${outcome._tag === "Reviewed" ? outcome.findings : 0} finding(s)`
          ),
          countEnded("done")
        ),
    Retry: ({ delay, failure }) =>
      Effect.andThen(
        Effect.logWarning(
          `attempt ${lease.attempt} of ${maxAttempts} failed, next in ${Duration.format(delay)}: ${
            failureText(failure)
          }`
        ),
        countEnded("retried")
      ),
    Wait: ({ delay, failure, service }) =>
      Effect.andThen(
        Effect.logWarning(`waits ${Duration.format(delay)} for ${service}: ${failureText(failure)}`),
        countEnded("postponed")
      ),
    Lose: ({ failure }) => lost(failure),
    Rerun: ({ failure }) => lost(failure),
    GiveUp: ({ failure }) =>
      Effect.andThen(
        Effect.logError(`given up, a notice follows on the pull request: ${failureText(failure)}`),
        countEnded("given up")
      ),
    Park: () => countEnded("told"),
    Release: () => countEnded("released")
  })
