import { commandOf } from "@nominal-code/domain/command/CommandParser"
import { Failure, ServiceName } from "@nominal-code/domain/job/Failure"
import type { Job } from "@nominal-code/domain/job/Job"
import { Notice, NoticeOutcome } from "@nominal-code/domain/job/Notice"
import { ensureWanted, type RunNotWanted } from "@nominal-code/domain/job/RunStillWanted"
import { Forge } from "@nominal-code/forge/Forge"
import type { ForgeError } from "@nominal-code/forge/ForgeError"
import { withInstallationOf } from "@nominal-code/forge/Installation"
import { Effect, Option } from "effect"
import { givenUp } from "./CommitChecks.ts"
import { explain, forgeFailed } from "./Failure.ts"
import { postedOutcome } from "./PostedOutcome.ts"
import { ReviewConfig } from "./ReviewConfig.ts"

const { Postponed, Refused, Reviewed, Told } = NoticeOutcome.cases

const failureText = (job: Job, why: string): string => {
  const command = commandOf(job)._tag
  if (command === "Review") {
    return `I could not review this pull request: ${why}. No review was done, and I will not try again by myself.`
  }
  const what = command === "Ask" ? "answer this" : `do this (\`${command.toLowerCase()}\`)`
  return `I could not ${what}: ${why}. I will not try again by myself.`
}

/** Text of a notice for the pull request. */
export const noticeText = (job: Job, notice: Notice): string =>
  Notice.match(notice, {
    GivenUp: ({ failure }) =>
      [
        failureText(job, explain(failure)),
        `Mention me again to try once more. If that fails, too, an administrator finds the reason in the logs, under job \`${job.id}\`.`
      ].join("\n\n"),
    Busy: () =>
      "I did not take this request: too many requests already wait for this pull request. Mention me again when they are answered."
  })

const leaseLost = Postponed.make({
  failure: Failure.cases.Lease.make({ detail: "the queue did not confirm that this process may still post" }),
  service: ServiceName.make("store")
})

/** Shows on the commit that the job was given up, and why. A locked conversation takes that, where it takes no comment. */
const showGivenUp = (job: Job, what: Notice) =>
  what._tag === "GivenUp" ? givenUp(job, explain(what.failure)) : Effect.void

const isFinal = (error: ForgeError | RunNotWanted): boolean =>
  error._tag === "ForgeError" && error.reason._tag === "Refused"

/**
 * Posts a notice on the pull request, once. A review of the job that is there already counts instead. The failure's
 * detail stays in the logs: it may quote what a provider or a server said.
 */
export const notice = Effect.fn("Notice.notice")(
  function*(job: Job, what: Notice) {
    const { settings: { dryRun } } = yield* ReviewConfig
    const forge = yield* Forge
    const known = yield* forge.ownPosts(job.event.pullRequest, job.id)
    if (Option.isSome(known.review)) return Reviewed.make({ outcome: postedOutcome(known.review.value) })
    if (dryRun) return Refused.make({ detail: "a dry run posts nothing" })
    yield* ensureWanted
    const review = yield* Effect.tapError(
      forge.reply(job.event, job.id, noticeText(job, what), known),
      (error) => isFinal(error) ? showGivenUp(job, what) : Effect.void
    )
    if (Option.isNone(review)) yield* showGivenUp(job, what)
    return Option.match(review, {
      onNone: () => Told.make({}),
      onSome: (posted) => Reviewed.make({ outcome: postedOutcome(posted) })
    })
  },
  Effect.catchTag("RunNotWanted", () => Effect.succeed(leaseLost)),
  (effect, { event }) =>
    Effect.catchTag(effect, "ForgeError", (error) =>
      Effect.map(forgeFailed(event.pullRequest, error), (outcome) => {
        if (outcome._tag === "Failed") return Refused.make({ detail: outcome.failure.detail })
        const { _tag, ...waiting } = outcome
        return Postponed.make(waiting)
      })),
  (effect, { event }) => withInstallationOf(event)(effect)
)
