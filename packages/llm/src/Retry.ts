import { backoff } from "@nominal-code/domain/job/Backoff"
import { Context, Duration, Effect, Schedule } from "effect"
import { type CallLimits, LlmError } from "./LlmError.ts"

/** The wait before the first retry; each further one is twice as long. */
export const FirstDelay = Context.Reference<Duration.Duration>("@nominal-code/llm/Retry/FirstDelay", {
  defaultValue: () => Duration.seconds(1)
})

/** Longest wait within a call. If a service asks for more, the whole job waits. */
const patience = Duration.seconds(60)

const idle = Duration.seconds(90)

/**
 * Limits for the calls of a job that has to be done within `deadline`. A model that thinks for long is not interrupted as
 * long as bytes come, because the thought would be paid again.
 */
export const limitsWithin = (deadline: Duration.Duration): CallLimits => {
  const attempt = Duration.times(deadline, 0.5)
  return { idle: Duration.min(idle, attempt), attempt, total: Duration.times(deadline, 0.8) }
}

/** Longest wait within a call that another model can take. */
const shortPatience = Duration.seconds(5)

/** True if another model can take a call whose model is away, so that it is repeated once at most. By default none can. */
export const HasSubstitute = Context.Reference<boolean>("@nominal-code/llm/Retry/HasSubstitute", {
  defaultValue: () => false
})

const worthAnotherTry = (error: LlmError, hasSubstitute: boolean) =>
  error.retryable && !(hasSubstitute && error.reason === "timeout") &&
  Duration.isLessThanOrEqualTo(error.retryAfter ?? Duration.zero, hasSubstitute ? shortPatience : patience)

/**
 * Backoff of up to four retries, 1, 2, 4 and 8 seconds apart and never more than 30, but never earlier than the service
 * asked.
 */
export const retries = (firstDelay: Duration.Duration, hasSubstitute = false) =>
  backoff(firstDelay, "30 seconds").pipe(
    Schedule.jittered,
    Schedule.upTo({ times: hasSubstitute ? 1 : 4 }),
    Schedule.setInputType<LlmError>(),
    Schedule.while(({ input }) => worthAnotherTry(input, hasSubstitute)),
    Schedule.modifyDelay(({ duration, input }) =>
      Effect.succeed(Duration.max(duration, input.retryAfter ?? Duration.zero))
    )
  )

/**
 * Decision if a call may be repeated after an attempt that the service may bill, although its answer did not arrive. By
 * default it may.
 */
export const MayRepeatBilled = Context.Reference<Effect.Effect<boolean>>("@nominal-code/llm/Retry/MayRepeatBilled", {
  defaultValue: () => Effect.succeed(true)
})

/** True in a process that makes each call once, because the one that asked for it repeats it. */
export const SingleAttempt = Context.Reference<boolean>("@nominal-code/llm/Retry/SingleAttempt", {
  defaultValue: () => false
})

/** Listener to the retries of a call: its last error, and the wait until the next attempt. By default none listens. */
export const OnRetry = Context.Reference<(error: LlmError, wait: Duration.Duration) => Effect.Effect<void>>(
  "@nominal-code/llm/Retry/OnRetry",
  { defaultValue: () => () => Effect.void }
)

/**
 * Retries transient errors within the limit of all attempts together. When that is reached, the last error is returned.
 */
export const retrying =
  (provider: string, { total }: Pick<CallLimits, "total">) =>
  <A, R>(attempt: Effect.Effect<A, LlmError, R>): Effect.Effect<A, LlmError, R> =>
    Effect.gen(function*() {
      if (yield* SingleAttempt) return yield* attempt
      const firstDelay = yield* FirstDelay
      const hasSubstitute = yield* HasSubstitute
      const mayRepeatBilled = yield* MayRepeatBilled
      const onRetry = yield* OnRetry
      const schedule = retries(firstDelay, hasSubstitute).pipe(
        Schedule.tap(({ duration, input }) => onRetry(input, duration))
      )
      let last: LlmError | undefined
      let isAsking = false
      let isOver = false
      const next = Effect.gen(function*() {
        if (last?.mayBeBilled === true && !(yield* mayRepeatBilled)) {
          isOver = true
          return yield* last.withBilled("no")
        }
        isAsking = true
        return yield* Effect.tapError(attempt, (error) =>
          Effect.sync(() => {
            last = error
            isAsking = false
          }))
      })
      return yield* Effect.retry(next, { schedule, until: () => isOver }).pipe(
        Effect.timeoutOrElse({
          duration: total,
          orElse: () => {
            const message = `${provider} gave no answer within ${Duration.format(total)}, retries included`
            const error = last ?? new LlmError({ provider, reason: "timeout", message })
            return Effect.fail(isAsking ? error.withBilled("unknown") : error)
          }
        })
      )
    })
