import type { ServiceName } from "@nominal-code/domain/job/Failure"
import type { JobPayload } from "@nominal-code/domain/job/JobPayload"
import type { RunWaits } from "@nominal-code/domain/job/RunWaits"
import { JobResults } from "@nominal-code/jobs/JobResults"
import { Clock, Duration, Effect, Option, Ref } from "effect"

/** Interval of looks for a wait to tell of. A shorter one is none that the server has to know of. */
const look = Duration.seconds(5)

/** Time after which a pod tells the same again: a server may have missed it, or have taken the run over since. */
const again = Duration.seconds(20)

/** Tells the server, as long as a run in a pod lasts, what it waits for. */
export const reportWaits = Effect.fnUntraced(function*(
  { job, run }: Pick<JobPayload, "job" | "run">,
  { current }: RunWaits
): Effect.fn.Return<never, never, JobResults> {
  if (run === undefined) return yield* Effect.never
  const { tellWait } = yield* JobResults
  const told = yield* Ref.make({ service: Option.none<ServiceName>(), at: yield* Clock.currentTimeMillis })
  const tell = Effect.gen(function*() {
    const service = yield* current
    const at = yield* Clock.currentTimeMillis
    const before = yield* Ref.get(told)
    const isSame = Option.getOrUndefined(service) === Option.getOrUndefined(before.service)
    if (isSame && at - before.at < Duration.toMillis(again)) return
    // What could not be told is told with the next look: else the server would show a wait that is long over.
    yield* Effect.ignore(Effect.andThen(tellWait({ id: job.id, run }, service), Ref.set(told, { service, at })))
  })
  return yield* Effect.forever(Effect.delay(tell, look))
})
