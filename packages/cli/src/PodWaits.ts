import type { ServiceName } from "@nominal-code/domain/Failure"
import type { JobPayload } from "@nominal-code/domain/JobPayload"
import type { RunWaits } from "@nominal-code/domain/RunWaits"
import { JobResults } from "@nominal-code/jobs/JobResults"
import { Effect, Option, Ref } from "effect"

/** Interval of looks for a wait to tell of. A shorter one is none that the server has to know of. */
const look = "5 seconds"

/** Tells the server, as long as a run in a pod lasts, what it waits for. */
export const telling = Effect.fnUntraced(function*(
  { job, run }: Pick<JobPayload, "job" | "run">,
  { current }: RunWaits
): Effect.fn.Return<never, never, JobResults> {
  if (run === undefined) return yield* Effect.never
  const { tellWait } = yield* JobResults
  const told = yield* Ref.make(Option.none<ServiceName>())
  const tell = Effect.gen(function*() {
    const now = yield* current
    if (Option.getOrUndefined(now) === Option.getOrUndefined(yield* Ref.get(told))) return
    // What could not be told is told with the next look: else the server would show a wait that is long over.
    yield* Effect.ignore(Effect.andThen(tellWait({ id: job.id, run }, now), Ref.set(told, now)))
  })
  return yield* Effect.forever(Effect.delay(tell, look))
})
