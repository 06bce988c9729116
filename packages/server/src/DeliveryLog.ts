import type { Job } from "@nominal-code/domain/job/Job"
import { laneKey } from "@nominal-code/domain/job/Lane"
import type { OfferResult } from "@nominal-code/jobs/JobQueue"
import { Effect } from "effect"
import type { Rejection } from "./Decision.ts"
import { busy } from "./Receipt.ts"

/** Logs a delivery that starts nothing. */
export const logDismissed = (decision: Rejection): Effect.Effect<void> =>
  Effect.annotateLogs(
    decision._tag === "Ignored"
      ? Effect.logDebug(`ignored: ${decision.reason}`)
      : Effect.logInfo(`${decision.status} ${decision.about}: ${decision.reason}`),
    { delivery: decision.delivery }
  )

const offerLine = ({ event: { kind, pullRequest } }: Job, offered: OfferResult): Effect.Effect<void> => {
  if (offered._tag === "Duplicate") return Effect.logInfo(`delivered again: it is job ${offered.jobId} already`)
  if (offered._tag === "Full") return Effect.logWarning(`${pullRequest}: ${busy(offered)}`)
  const { superseded } = offered
  return Effect.logInfo(`accepted ${pullRequest}: ${kind}`, superseded === undefined ? {} : { superseded })
}

/** Logs an offer of a job. */
export const logOffered = (job: Job, offered: OfferResult): Effect.Effect<void> =>
  Effect.annotateLogs(offerLine(job, offered), { delivery: job.delivery, job: job.id, lane: laneKey(job.lane) })
