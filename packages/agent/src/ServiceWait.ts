import { modelService } from "@nominal-code/domain/job/Failure"
import { timeLeft } from "@nominal-code/domain/job/RunDeadline"
import { RunWaits } from "@nominal-code/domain/job/RunWaits"
import type { LlmError } from "@nominal-code/llm/LlmError"
import { FirstDelay } from "@nominal-code/llm/Retry"
import { Duration, Effect, Option } from "effect"
import { AgentEvent, AgentProgress } from "./AgentProgress.ts"

/** Reasons that may pass while a run waits. */
export const passingReasons: ReadonlySet<LlmError["reason"]> = new Set(["rate-limited", "overloaded", "unavailable"])

/**
 * Shortest wait before a call is made again, and the wait for a service that names none: many times that between the first
 * retries, 30 seconds.
 */
const shortest = Effect.map(FirstDelay, Duration.times(30))

/** Time that has to be left after a wait, for the rest of the work. */
const rest = Duration.minutes(2)

/** Longest wait of a run that nothing limits. */
const longest = Duration.minutes(8)

/** Shows a wait in the record of its job. */
export const shown = (provider: string) => <A, E, R>(wait: Effect.Effect<A, E, R>) =>
  Effect.flatMap(RunWaits, ({ during }) => during(modelService(provider))(wait))

/** Waits for a service, and tells it to the log, to those who follow the agent, and in the record of its job. */
export const waitFor = Effect.fnUntraced(function*(provider: string, wait: Duration.Duration, why: string) {
  yield* Effect.logInfo(`waits ${Duration.format(wait)} for ${provider}: ${why}`)
  yield* (yield* AgentProgress)(AgentEvent.cases.Waiting.make({ provider, millis: Duration.toMillis(wait) }))
  yield* shown(provider)(Effect.sleep(wait))
})

/**
 * Wait after which a service that was limited or away is asked again; none: it does not pass, or not in time for what is
 * left to be done. `waited`: the waits of the same call so far.
 */
export const waitAfter = Effect.fnUntraced(function*({ reason, retryAfter }: LlmError, waited: Duration.Duration) {
  const room = Option.match(yield* timeLeft, {
    onNone: () => Duration.subtract(longest, waited),
    onSome: (left) => Duration.subtract(left, rest)
  })
  const wait = Duration.max(retryAfter ?? Duration.zero, yield* shortest)
  return passingReasons.has(reason) && Duration.isLessThanOrEqualTo(wait, room) ? Option.some(wait) : Option.none()
})
