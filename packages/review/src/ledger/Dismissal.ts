import type { Job } from "@nominal-code/domain/job/Job"
import type { Fingerprint } from "@nominal-code/domain/review/Finding"
import { Forge, type OwnPosts, type Thread } from "@nominal-code/forge/Forge"
import { Effect } from "effect"
import { threadIdOf } from "./Thread.ts"

/** End of a finding's discussion: the finding, and the text that says so. */
export interface Dismissal {
  readonly finding: Fingerprint
  readonly text: string
}

/** Text where our account may not resolve a thread. */
export const byHand = "I may not resolve threads here: please resolve this one yourself."

/** Resolves a thread; false where our account may not. What is away is tried again with the job. */
export const resolveThread = (thread: Thread) =>
  Forge.use((forge) => forge.resolveThread(thread)).pipe(
    Effect.as(true),
    Effect.catchReasons("ForgeError", {
      Forbidden: () => Effect.succeed(false),
      NotFound: () => Effect.succeed(false),
      Refused: () => Effect.succeed(false)
    })
  )

/** Resolves the thread that a job's comment stands in, if it stands in one. */
export const resolveThreadOf = ({ event }: Job) => {
  const threadId = threadIdOf(event)
  return threadId === undefined ? Effect.succeed(true) : resolveThread({ pullRequest: event.pullRequest, threadId })
}

/**
 * Ends the discussion of a finding: resolves its thread, and answers with a marker that keeps it from being raised again.
 * The answer comes last: a run that is repeated finds it, and is done.
 */
export const dismissFinding = Effect.fn("Dismissal.dismissFinding")(
  function*(job: Job, known: OwnPosts, { finding, text }: Dismissal) {
    const resolved = yield* resolveThreadOf(job)
    yield* (yield* Forge).reply(job.event, job.id, resolved ? text : `${text}\n\n${byHand}`, known, {
      dismissed: finding
    })
  }
)
