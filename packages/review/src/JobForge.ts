import { commandOf } from "@nominal-code/domain/command/CommandParser"
import { Failure } from "@nominal-code/domain/job/Failure"
import type { Job, JobOutcome } from "@nominal-code/domain/job/Job"
import { type Notice, NoticeOutcome } from "@nominal-code/domain/job/Notice"
import * as Forges from "@nominal-code/forge/Forges"
import { withInstallationOf } from "@nominal-code/forge/Installation"
import { Effect, Option } from "effect"
import { type AdmittanceRules, admitted } from "./Admittance.ts"
import { followCommand, isPlainCommand } from "./commands/Commands.ts"
import { answer } from "./commands/Question.ts"
import { stopped } from "./CommitChecks.ts"
import { failed } from "./Failure.ts"
import { notice } from "./Notice.ts"
import { review } from "./Review.ts"

/*
 * The review and the notice of a job, on the forge that its event came from. A forge without credentials here is a
 * failure of the job: they may have been taken away since it was accepted.
 */

const onItsForge = <R>(job: Job, outcome: Effect.Effect<JobOutcome, never, R>) =>
  outcome.pipe(
    Forges.on(job.event.pullRequest.platform),
    Effect.catchTag("ForgeNotConfigured", ({ message }) =>
      Effect.succeed(failed(Failure.cases.Forge.make({ reason: "unauthorized", detail: message }), true)))
  )

/** Follows a job's command where it needs neither a model nor a checkout; none where it does. */
export const commandJob = (job: Job) => {
  const command = commandOf(job)
  return isPlainCommand(command) ? Option.some(onItsForge(job, followCommand(job, command))) : Option.none()
}

/** Runs a job if it may run, by the rules of its server. */
export const admittedJob = (rules: AdmittanceRules) => <R>(job: Job, run: Effect.Effect<JobOutcome, never, R>) =>
  onItsForge(job, admitted(rules)(job, run))

/** Does what a job asks for, on the forge of its pull request. */
export const reviewJob = (job: Job) => {
  const command = commandOf(job)
  if (isPlainCommand(command)) return onItsForge(job, followCommand(job, command))
  return onItsForge(job, command._tag === "Ask" ? answer(job, command.text) : review(job))
}

/** Tells a job's pull request on its own forge what became of it. */
export const noticeJob = (job: Job, what: Notice) =>
  notice(job, what).pipe(
    Forges.on(job.event.pullRequest.platform),
    Effect.catchTag("ForgeNotConfigured", ({ message }) =>
      Effect.succeed(NoticeOutcome.cases.Refused.make({ detail: message })))
  )

/** Tells the commit of a job whose review was cancelled or superseded that it was not reviewed. */
export const stoppedJob = (job: Job) =>
  stopped(job).pipe(
    withInstallationOf(job.event),
    Forges.on(job.event.pullRequest.platform),
    Effect.catchTag("ForgeNotConfigured", () => Effect.void)
  )
