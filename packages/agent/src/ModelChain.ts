import type { UsageSummary } from "@nominal-code/domain/model/Usage"
import { monotonicMillis } from "@nominal-code/domain/telemetry/MonotonicTime"
import { LlmError } from "@nominal-code/llm/LlmError"
import { Duration, Effect, Ref } from "effect"
import * as ServiceWait from "./ServiceWait.ts"
import type { TaskModel } from "./TaskModel.ts"

/** The models of a task. Its calls go to one of them, until that is away. */
export interface ModelChain {
  readonly current: Effect.Effect<TaskModel>
  /** Goes on to the next model after an error. Fails where none is left, or where another model would not help. */
  readonly replace: (error: LlmError) => Effect.Effect<TaskModel, LlmError>
  /** Begins at the first model again, after a wait. True if that is another one. */
  readonly restart: Effect.Effect<boolean>
  /** True if another model can take the next call. */
  readonly hasNext: Effect.Effect<boolean>
  /** Usage of all models, under the name of the current one. */
  readonly usage: Effect.Effect<UsageSummary>
}

/** Reasons that lie in the conversation or the review's limit, so that another model would not help. */
const sameElsewhere: ReadonlySet<LlmError["reason"]> = new Set([
  "context-too-long",
  "invalid-request",
  "refused",
  "budget-exceeded"
])

/** Reasons that may lie in a substitute: its SDK is not there, its window is smaller, or its service takes other requests. */
const ofSubstitute: ReadonlySet<LlmError["reason"]> = new Set(["context-too-long", "invalid-request"])

/** Further reasons for which a job waits until the service is back: somebody has to do something first. */
const untilMended: ReadonlySet<LlmError["reason"]> = new Set(["unauthorized", "no-credit"])

/** Time for which a model that was away is not asked first, if its service names none. */
const usualAbsence = Duration.minutes(1)
const longestAbsence = Duration.minutes(15)

/** Name of a model in messages. */
export const nameOf = ({ model, provider }: TaskModel): string => `${provider} ${model}`

/** Models that were away when they were asked last, shared by the tasks of a process. */
export interface UnavailableModels {
  readonly isAway: (model: TaskModel) => Effect.Effect<boolean>
  readonly add: (model: TaskModel, error: LlmError) => Effect.Effect<void>
}

/** Remembers which models were away. */
export const makeAbsences = (): UnavailableModels => {
  const until = new Map<string, number>()
  return {
    isAway: (model) => Effect.map(monotonicMillis, (now) => (until.get(nameOf(model)) ?? now) > now),
    add: (model, { retryAfter = usualAbsence }) =>
      Effect.map(monotonicMillis, (now) => {
        until.set(nameOf(model), now + Duration.toMillis(Duration.min(retryAfter, longestAbsence)))
      })
  }
}

/**
 * The error of a chain of which every model is away: the first one that passes by itself, or else when somebody has done
 * something, with the words of all. It asks for a wait if each of them does, for the shortest one.
 */
const together = (errors: ReadonlyArray<LlmError>, last: LlmError): LlmError => {
  const told = [ServiceWait.passingReasons, untilMended]
    .flatMap((reasons) => errors.find(({ reason }) => reasons.has(reason)) ?? [])[0] ?? errors[0] ?? last
  const waits = errors.map(({ retryAfter }) => retryAfter).filter((wait) => wait !== undefined)
  const others = errors.filter((error) => error !== told).map(({ message, provider, reason }) =>
    `${provider} (${reason}): ${message}`
  )
  return new LlmError({
    provider: told.provider,
    reason: told.reason,
    message: [told.message, ...others].join("; and "),
    ...(waits.length === errors.length ? { retryAfter: waits.reduce(Duration.min, longestAbsence) } : {}),
    ...(told.refusesTools === undefined ? {} : { refusesTools: told.refusesTools })
  })
}

/** Makes the chain of a task. The models that were away lately are asked last. */
export const make = Effect.fnUntraced(
  function*(first: TaskModel, others: ReadonlyArray<TaskModel>, absences: UnavailableModels) {
    const away = yield* Effect.filter([first, ...others], absences.isAway, { concurrency: 1 })
    const present = [first, ...others].filter((model) => !away.includes(model))
    const models = [...present, ...away]
    const at = yield* Ref.make(0)
    const errors = yield* Ref.make<ReadonlyArray<LlmError>>([])
    const current = Effect.map(Ref.get(at), (index) => models[index] ?? first)

    const replace = Effect.fnUntraced(function*(error: LlmError) {
      const gone = yield* current
      const isItsOwn = gone !== first && ofSubstitute.has(error.reason) && error.refusesTools !== true
      if (models.length === 1 || (sameElsewhere.has(error.reason) && !isItsOwn)) return yield* error
      yield* absences.add(gone, error)
      const all = yield* Ref.updateAndGet(errors, (before) => [...before, error])
      const next = models[(yield* Ref.get(at)) + 1]
      if (next === undefined) return yield* together(all, error)
      yield* Ref.update(at, (index) => index + 1)
      yield* Effect.logWarning(`${nameOf(gone)} is away, ${nameOf(next)} goes on: ${error.reason}: ${error.message}`)
      return next
    })

    const chain: ModelChain = {
      current,
      replace,
      restart: Effect.andThen(Ref.set(errors, []), Effect.map(Ref.getAndSet(at, 0), (index) => index > 0)),
      hasNext: Effect.map(Ref.get(at), (index) => index + 1 < models.length),
      usage: Effect.gen(function*() {
        const model = yield* current
        const others = models.filter((other) => other !== model)
        const used = yield* Effect.forEach([model, ...others], ({ usage }) => usage, { concurrency: 1 })
        return used.reduce((sum, other) => sum.plus(other))
      })
    }
    return chain
  }
)
