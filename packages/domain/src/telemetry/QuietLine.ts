import { Duration, Effect } from "effect"
import { monotonicMillis } from "./MonotonicTime.ts"

/** Time between two lines that show. */
const quiet = Duration.toMillis(Duration.minutes(1))

/** Writer of a line that comes with each of many events. */
export type QuietLine = (line: string) => Effect.Effect<void>

/**
 * Makes a writer for a scope. One line a minute shows, with the number of the others since; those are logged below INFO.
 * The last one shows at the end of its minute, or of the scope.
 */
export const makeQuietLine = Effect.fnUntraced(function*(show: QuietLine) {
  const scope = yield* Effect.scope
  let showsFrom = -Infinity
  let hidden = 0
  let last = ""

  const showNow = Effect.fnUntraced(function*(line: string, others: number) {
    showsFrom = (yield* monotonicMillis) + quiet
    hidden = 0
    yield* show(others === 0 ? line : `${line} (${others} more since the last such line)`)
  })
  const showLast = Effect.suspend(() => hidden === 0 ? Effect.void : showNow(last, hidden - 1))
  /** Shows the last line of the minute that ends then, unless a line that came first has begun another one. */
  const showLastOf = (end: number) => Effect.suspend(() => showsFrom === end ? showLast : Effect.void)
  yield* Effect.addFinalizer(() => showLast)

  const write: QuietLine = Effect.fnUntraced(function*(line) {
    const wait = showsFrom - (yield* monotonicMillis)
    if (wait <= 0) return yield* showNow(line, hidden)
    last = line
    hidden += 1
    if (hidden === 1) yield* Effect.forkIn(Effect.delay(showLastOf(showsFrom), wait), scope)
    yield* Effect.logDebug(line)
  })
  return write
})
