import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Clock, Duration, Effect, Schedule } from "effect"

/** Log of the deliveries that could not be stored: a line when an outage begins, and one with their number at its end. */
export interface StoreOutage {
  /** Logs a delivery that the store did not take. Of those of one outage, the first shows, and the others below INFO. */
  readonly refused: (error: StoreError) => Effect.Effect<void>
  /** Has `then` follow on a delivery that the store has taken. */
  readonly stored: (then: Effect.Effect<void>) => Effect.Effect<void>
}

/** Deliveries of one outage that were not stored. */
interface Refusals {
  readonly since: number
  readonly last: number
  readonly count: number
  readonly reason: StoreError["reason"]
}

/** Time without a refusal that ends an outage: of several nodes of a store, one may be away. */
const settled = Duration.seconds(10)

/** Times of an outage at which the store is asked: where no delivery comes, nothing else says that it is over. */
const asking = Schedule.spaced("1 minute")

const counted = ({ count, last, since }: Refusals) =>
  `${count} were answered 503 within ${Math.ceil((last - since) / 1000)} s`

/**
 * Makes the log of a server. The scope ends it, and the number of an outage that has not ended yet is logged then.
 * `check` fails while the store takes no writes.
 */
export const make = Effect.fnUntraced(function*(check: Effect.Effect<void, StoreError>) {
  const scope = yield* Effect.scope
  let outage: Refusals | undefined
  let isEnding = false
  let isWatched = false

  const end = Effect.fnUntraced(function*(refusals: Refusals) {
    yield* Effect.sleep(settled)
    isEnding = false
    if (outage !== refusals) return
    outage = undefined
    yield* Effect.logWarning(`deliveries are stored again: ${counted(refusals)}`)
  })
  yield* Effect.addFinalizer(() =>
    Effect.suspend(() =>
      outage === undefined
        ? Effect.void
        : Effect.logWarning(`the server ends in an outage of the store, or just after it: ${counted(outage)}`)
    )
  )

  const stored: StoreOutage["stored"] = (then) => {
    if (outage === undefined || isEnding) return then
    isEnding = true
    return Effect.andThen(Effect.forkIn(end(outage), scope), then)
  }

  const watch = Effect.suspend(() => outage === undefined ? Effect.void : check).pipe(
    Effect.andThen(Effect.suspend(() => stored(Effect.void))),
    Effect.ignore,
    Effect.schedule(Schedule.while(asking, () => outage !== undefined)),
    Effect.ensuring(Effect.sync(() => isWatched = false))
  )

  const refused: StoreOutage["refused"] = Effect.fnUntraced(function*({ message, reason }) {
    const line = `delivery not stored: ${message}`
    // What fails by itself says nothing of the next one.
    if (reason === "failed") return yield* Effect.logError(line)
    const before = outage
    const last = yield* Clock.currentTimeMillis
    outage = { since: before?.since ?? last, last, count: (before?.count ?? 0) + 1, reason }
    if (!isWatched) {
      isWatched = true
      yield* Effect.forkIn(watch, scope)
    }
    if (before?.reason === reason) return yield* Effect.logDebug(line)
    yield* Effect.logError(`${line}. The next ones are counted, and their number is logged at the end`)
  })

  const made: StoreOutage = { refused, stored }
  return made
})
