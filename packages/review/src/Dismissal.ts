import type { Fingerprint } from "@nominal-code/domain/Finding"
import type { Job } from "@nominal-code/domain/Job"
import { Forge, type OwnPosts } from "@nominal-code/forge/Forge"
import { Effect } from "effect"

/** End of a finding's discussion: the finding, and the text that says so. */
export interface Dismissal {
  readonly finding: Fingerprint
  readonly text: string
}

/** Text where our account may not resolve a thread. */
export const byHand = "I may not resolve threads here: please resolve this one yourself."

/** Resolves a thread; false where our account may not. What is away is tried again with the job. */
export const resolveThread = Effect.fnUntraced(function*({ event }: Job) {
  const forge = yield* Forge
  return yield* forge.resolveThread(event).pipe(
    Effect.as(true),
    Effect.catchReasons("ForgeError", {
      Forbidden: () => Effect.succeed(false),
      NotFound: () => Effect.succeed(false),
      Refused: () => Effect.succeed(false)
    })
  )
})

/**
 * Ends the discussion of a finding: resolves its thread, and answers with a marker that keeps it from being raised again.
 * The answer comes last: a run that is repeated finds it, and is done.
 */
export const dismissFinding = Effect.fn("Dismissal.dismissFinding")(
  function*(job: Job, known: OwnPosts, { finding, text }: Dismissal) {
    const resolved = yield* resolveThread(job)
    yield* (yield* Forge).reply(job.event, job.id, resolved ? text : `${text}\n\n${byHand}`, known, {
      dismissed: finding
    })
  }
)
