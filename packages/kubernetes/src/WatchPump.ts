import { backoff } from "@nominal-code/domain/job/Backoff"
import { monotonicMillis } from "@nominal-code/domain/telemetry/MonotonicTime"
import { Duration, Effect, Option, Ref, Schedule, Stream } from "effect"
import type { ApiHealth } from "./ApiHealth.ts"
import type { ListerWatcher, WatchEvent } from "./KubeClient.ts"
import type { KubeError } from "./KubeError.ts"
import { everyKubeJob } from "./Names.ts"

/** Handler of the list and the changes of one kind of objects. */
export interface WatchHandler<A> {
  /** Handler of a full list. The outer effect runs before the list is requested. */
  readonly all: Effect.Effect<(items: ReadonlyArray<A>) => Effect.Effect<void>>
  changed(item: A): Effect.Effect<void>
  removed(item: A): Effect.Effect<void>
}

/** Backoff of reconnections. */
const again = backoff("100 millis", "5 seconds").pipe(Schedule.jittered)

/** Time for which a 403 may come from an API server that has just been started. */
const startUp = Duration.minutes(1)

/** Pause before a forbidden watch is tried again. */
const forbiddenPause = Duration.minutes(1)

/** Makes the pauses after refusals that last longer than the start of an API server. */
const makePauses = Effect.gen(function*() {
  const since = yield* Ref.make(Option.none<number>())
  return {
    worked: Ref.set(since, Option.none()),
    after: Effect.fnUntraced(function*({ reason }: KubeError) {
      if (reason !== "forbidden" && reason !== "refused") return yield* Ref.set(since, Option.none())
      const now = yield* monotonicMillis
      const first = Option.getOrElse(yield* Ref.get(since), () => now)
      yield* Ref.set(since, Option.some(first))
      if (now - first >= Duration.toMillis(startUp)) yield* Effect.sleep(forbiddenPause)
    })
  }
})

/**
 * Lists once and then watches without end, and tells how the API server answers. It lists again only if the watch has
 * expired, and then from the present state: an older answer could lack known objects.
 */
export const pump = Effect.fnUntraced(function*<A>(
  name: string,
  kind: ListerWatcher<A>,
  handler: WatchHandler<A>,
  health: Pick<ApiHealth, "served" | "failed">
) {
  const at = yield* Ref.make(Option.none<string>())
  const listed = yield* Ref.make(false)
  const away = yield* Ref.make(false)
  const pauses = yield* makePauses
  const worked = Effect.andThen(Ref.set(away, false), pauses.worked)
  const apply = (seen: Exclude<WatchEvent<A>, { readonly _tag: "Opened" }>) =>
    (seen._tag === "Progress"
      ? Effect.void
      : seen._tag === "Changed"
      ? handler.changed(seen.item)
      : handler.removed(seen.item))
      .pipe(Effect.andThen(Ref.set(at, Option.some(seen.version))))

  const list = Effect.gen(function*() {
    const all = yield* handler.all
    const { items, version } = yield* kind.list(everyKubeJob, !(yield* Ref.get(listed)))
    yield* health.served
    yield* all(items)
    yield* Ref.set(listed, true)
    yield* Ref.set(at, Option.some(version))
  })
  const step = Effect.gen(function*() {
    const version = yield* Ref.get(at)
    if (Option.isNone(version)) return yield* list
    const heard = yield* Ref.make(false)
    yield* kind.watch(everyKubeJob, version.value).pipe(
      Stream.runForEach((seen) =>
        seen._tag === "Opened"
          ? health.served
          : Effect.all([apply(seen), Ref.set(heard, true), worked], { discard: true })
      ),
      Effect.catchIf(({ reason }) => reason === "expired", () => Ref.set(at, Option.none())),
      // A connection that told something has worked: its end begins no series of failures.
      Effect.catch((error) =>
        Effect.flatMap(Ref.get(heard), (worked) => worked ? Effect.logDebug(error.message) : Effect.fail(error))
      )
    )
    yield* Effect.sleep("100 millis")
  })
  const complain = (error: KubeError) =>
    Effect.flatMap(
      Ref.getAndSet(away, true),
      (known) =>
        known ? Effect.logDebug(error.message) : Effect.logWarning(`${name} cannot be watched: ${error.detail}`)
    )

  return yield* step.pipe(
    Effect.tap(() => worked),
    Effect.tapError((error) => Effect.all([complain(error), health.failed(error), pauses.after(error)])),
    Effect.retry(again),
    Effect.forever
  )
})
