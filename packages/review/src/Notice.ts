import { AppConfig } from "@nominal-code/config/AppConfig"
import type { Failure } from "@nominal-code/domain/Failure"
import type { Job } from "@nominal-code/domain/Job"
import { Forge } from "@nominal-code/forge/Forge"
import { Effect } from "effect"
import { explain } from "./Failure.ts"

/** What the pull request is told of a job that is given up. */
export const noticeText = (job: Job, failure: Failure): string =>
  [
    `I could not review this pull request: ${
      explain(failure)
    }. No review was done, and I will not try again by myself.`,
    `Mention me again to start a new one. If it fails again, an administrator finds the reason in the logs, under job \`${job.id}\`.`
  ].join("\n\n")

/**
 * Tells the pull request that its job is given up. Its detail stays in the logs: it may quote what a provider or
 * a server said. Nothing is posted on a dry run, nor where the job has answered already.
 */
export const notice = Effect.fn("Notice.notice")(function*(job: Job, failure: Failure) {
  const { review: { dryRun } } = yield* AppConfig
  if (dryRun) return
  yield* (yield* Forge).reply(job.event, job.id, noticeText(job, failure))
})
