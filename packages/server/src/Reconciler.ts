import { PeriodicLease } from "@nominal-code/persistence/PeriodicLease"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Duration, Effect, Layer, Option, Random } from "effect"
import { Reconcile, type ReconcileReport } from "./Reconcile.ts"

/** Name of the task in the leases of a deployment. */
export const task = "reconcile"

/** Time that a server's lease lasts unless it extends it, and how often it does. */
export const leaseLasts = Duration.minutes(2)
const extendEvery = Duration.seconds(30)

/** Minimum time after another server's round at the start: several servers that start together search once. */
const intervalAtStart = Duration.minutes(1)

/** Wait after a failure of the store. */
const afterFailure = Duration.minutes(1)

const told = ({ exhausted, missed, requests }: ReconcileReport) => {
  const text = `reconciled: ${missed.length} missed events are queued, with ${requests} requests` +
    (exhausted ? ", which is as many as reconcile.max_requests allows: the next round continues there" : "")
  return missed.length > 0 || exhausted ? Effect.logInfo(text) : Effect.logDebug(text)
}

/** Runs a task under a lease, which it extends meanwhile. It is interrupted if the lease is lost. Some: the time to wait for it. */
export const underLease = Effect.fnUntraced(function*<A, E, R>(
  interval: Duration.Duration,
  effect: Effect.Effect<A, E, R>
): Effect.fn.Return<Option.Option<Duration.Duration>, E | StoreError, R | PeriodicLease> {
  const { end, take } = yield* PeriodicLease
  const holder = (yield* Random.next).toString(36)
  const asked = take({ task, holder, interval, lasts: leaseLasts })
  const wait = yield* asked
  if (Option.isSome(wait)) return wait
  // While the store is away, the lease lasts, and the effect's own use of the store fails.
  const lost = Effect.delay(Effect.orElseSucceed(asked, () => Option.none()), extendEvery).pipe(
    Effect.repeat({ until: Option.isSome })
  )
  yield* Effect.raceFirst(effect, lost).pipe(Effect.ensuring(Effect.ignore(end(task, holder))))
  return Option.none()
})

/** Searches for missed events at the start and then periodically, one server of the deployment at a time. */
export const layer = ({ every }: { readonly every: Duration.Duration }) =>
  Layer.effectDiscard(Effect.gen(function*() {
    const { round } = yield* Reconcile
    const turn = (interval: Duration.Duration) =>
      underLease(interval, Effect.flatMap(round("offer"), told)).pipe(
        Effect.map(Option.getOrElse(() => every)),
        Effect.catch(({ message }) =>
          Effect.as(Effect.logWarning(`missed events could not be searched for: ${message}`), afterFailure)
        ),
        // A bug in one search must not end all later ones.
        Effect.catchDefect((defect) =>
          Effect.as(Effect.logError("missed events could not be searched for", defect), every)
        )
      )
    const waitThen = Effect.flatMap(Effect.sleep)
    yield* waitThen(turn(intervalAtStart)).pipe(
      Effect.andThen(Effect.forever(waitThen(turn(every)))),
      Effect.forkScoped
    )
  }))
