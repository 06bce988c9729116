import { type AgentEvent, AgentProgress } from "@nominal-code/agent/AgentProgress"
import { Effect, Ref } from "effect"

/** Bounds of what one answer may say about the estimate: services round, cache and count in their own ways. */
const [least, most] = [0.7, 3]

/** Fewest tokens of a prompt that the scale is measured with. */
const enough = 2_000

const promptTokens = (event: AgentEvent): number =>
  event._tag === "Answered" && event.agent === undefined
    ? event.usage.input + event.usage.cacheRead + event.usage.cacheWrite
    : 0

/**
 * Runs an agent's task, and measures how many tokens its model has counted for one that was estimated, by the first answer.
 * 1 where it cannot be told.
 */
export const measured = Effect.fnUntraced(function*<A, E, R>(task: Effect.Effect<A, E, R>, estimated: () => number) {
  const counted = yield* Ref.make(0)
  const tell = yield* AgentProgress
  const result = yield* Effect.provideService(
    task,
    AgentProgress,
    (event) => Effect.andThen(Ref.update(counted, (before) => before === 0 ? promptTokens(event) : before), tell(event))
  )
  const tokens = yield* Ref.get(counted)
  const scale = tokens < enough ? 1 : Math.min(most, Math.max(least, tokens / Math.max(1, estimated())))
  return { result, scale }
})
