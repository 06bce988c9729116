import { Duration, Effect } from "effect"
import { monotonicMillis } from "./MonotonicTime.ts"

/** Time between two lines that show. */
const quiet = Duration.minutes(1)

/** Writer of a line that comes with each of many events. */
export type QuietLine = (
  show: (line: string) => Effect.Effect<void>,
  line: string
) => Effect.Effect<void>

/** Makes a writer. One line a minute shows, with the number of the others since; those are logged below INFO. */
export const makeQuietLine = (): QuietLine => {
  let showsFrom = -Infinity
  let hidden = 0
  return Effect.fnUntraced(function*(show, line) {
    const now = yield* monotonicMillis
    if (now < showsFrom) {
      hidden += 1
      return yield* Effect.logDebug(line)
    }
    const others = hidden === 0 ? "" : ` (${hidden} others since the last such line)`
    showsFrom = now + Duration.toMillis(quiet)
    hidden = 0
    yield* show(`${line}${others}`)
  })
}
