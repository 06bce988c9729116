import { type Job, JobOutcome } from "@nominal-code/domain/Job"
import { Forge } from "@nominal-code/forge/Forge"
import { Effect, Option } from "effect"

/** The outcome of a job whose review is on the pull request already. */
export const postedOutcome = Effect.fnUntraced(function*({ event, id }: Job) {
  const forge = yield* Forge
  const posted = yield* forge.posted(event.pullRequest, id)
  if (Option.isNone(posted)) return Option.none()
  const { folded, inline, url } = posted.value
  const headSha = event._tag === "Lifecycle" ? event.headSha : (yield* forge.pullRequest(event.pullRequest)).headSha
  return Option.some(
    JobOutcome.cases.Reviewed.make({
      headSha,
      findings: inline + folded,
      ...(url === undefined ? {} : { url }),
      alreadyPosted: true
    })
  )
})
