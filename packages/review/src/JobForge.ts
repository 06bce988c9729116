import { Failure } from "@nominal-code/domain/Failure"
import type { Job } from "@nominal-code/domain/Job"
import { type Notice, NoticeOutcome } from "@nominal-code/domain/Notice"
import * as Forges from "@nominal-code/forge/Forges"
import { Effect } from "effect"
import { failed } from "./Failure.ts"
import { notice } from "./Notice.ts"
import { review } from "./Review.ts"

/*
 * The review and the notice of a job, on the forge that its event came from. A forge without credentials here is a
 * failure of the job: they may have been taken away since it was accepted.
 */

/** Reviews a job's pull request on its own forge. */
export const reviewJob = (job: Job) =>
  review(job).pipe(
    Forges.on(job.event.pullRequest.platform),
    Effect.catchTag("ForgeNotConfigured", ({ message }) =>
      Effect.succeed(failed(Failure.cases.Forge.make({ reason: "unauthorized", detail: message }), true)))
  )

/** Tells a job's pull request on its own forge what became of it. */
export const noticeJob = (job: Job, what: Notice) =>
  notice(job, what).pipe(
    Forges.on(job.event.pullRequest.platform),
    Effect.catchTag("ForgeNotConfigured", ({ message }) =>
      Effect.succeed(NoticeOutcome.cases.Refused.make({ detail: message })))
  )
