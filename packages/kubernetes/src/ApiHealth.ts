import { monotonicMillis } from "@nominal-code/domain/telemetry/MonotonicTime"
import { Duration, Effect, Option, Stream, SubscriptionRef } from "effect"
import type { KubeError } from "./KubeError.ts"

/** Time without an answer after which the API server counts as away. A restart takes less. */
const awayAfter = Duration.seconds(15)

/** Health of the API server, as the watch of the Jobs sees it. */
export interface ApiHealth {
  /** The last error, once it has answered nothing for 15 seconds. */
  readonly away: Effect.Effect<Option.Option<KubeError>>
  /**
   * Emits the present state, each change between away and there, and again that it is there when it serves what it
   * refused before.
   */
  readonly changes: Stream.Stream<Option.Option<KubeError>>
  /** Waits until it is away. */
  readonly untilAway: Effect.Effect<void>
  /** Waits until it is there. */
  readonly untilBack: Effect.Effect<void>
  /** Takes note of a request that was served. */
  readonly served: Effect.Effect<void>
  /** Takes note of a failed request. A refusal is an answer, but serves nothing. */
  failed(error: KubeError): Effect.Effect<void>
}

/** True if the API server did not serve the request. */
export const isUnserved = ({ reason }: KubeError): boolean => reason === "unreachable" || reason === "busy"

export const make = Effect.gen(function*() {
  const state = yield* SubscriptionRef.make(Option.none<KubeError>())
  let since: number | undefined
  let isRefusing = false

  const become = (next: Option.Option<KubeError>) =>
    Effect.flatMap(
      SubscriptionRef.get(state),
      (now) => Option.isSome(now) === Option.isSome(next) ? Effect.void : SubscriptionRef.set(state, next)
    )
  const answered = Effect.suspend(() => {
    since = undefined
    return become(Option.none())
  })
  const changes = SubscriptionRef.changes(state)
  const until = (test: (away: Option.Option<KubeError>) => boolean) =>
    changes.pipe(Stream.filter(test), Stream.take(1), Stream.runDrain)

  const health: ApiHealth = {
    away: SubscriptionRef.get(state),
    changes,
    untilAway: until(Option.isSome),
    untilBack: until(Option.isNone),
    served: Effect.suspend(() => {
      if (!isRefusing) return answered
      isRefusing = false
      since = undefined
      return SubscriptionRef.set(state, Option.none())
    }),
    failed: Effect.fnUntraced(function*(error: KubeError) {
      if (!isUnserved(error)) {
        isRefusing = true
        return yield* answered
      }
      const now = yield* monotonicMillis
      since ??= now
      if (now - since >= Duration.toMillis(awayAfter)) yield* become(Option.some(error))
    })
  }
  return health
})
