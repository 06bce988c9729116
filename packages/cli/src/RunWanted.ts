import type { JobPayload } from "@nominal-code/domain/job/JobPayload"
import type { JobResults } from "@nominal-code/jobs/JobResults"
import { Effect } from "effect"

/**
 * True while a server waits for the run; false if the store cannot be asked, because the run may have been replaced
 * long ago.
 */
export const isWanted = (
  { isWanted }: JobResults["Service"],
  { job: { id }, run }: Pick<JobPayload, "job" | "run">
): Effect.Effect<boolean> =>
  run === undefined ? Effect.succeed(true) : isWanted({ id, run }).pipe(
    Effect.catch(({ message }) =>
      Effect.as(Effect.logError(`cannot find out if the job is still wanted: ${message}`), false)
    )
  )
