import type { Severity } from "@nominal-code/domain/review/Finding"
import { Effect, Runtime, Schema } from "effect"
import { countAtLeast, type ReviewReport } from "./ReviewReport.ts"

/** Findings as bad as `--fail-on` says, or worse. The process ends with 3. */
class FindingsFound extends Schema.TaggedError<FindingsFound>()("FindingsFound", { message: Schema.String }) {
  override readonly [Runtime.errorExitCode] = 3
}

/** Fails where a finding is `least` or worse. */
export const judge = Effect.fnUntraced(function*({ severities }: ReviewReport, least: Severity) {
  const count = countAtLeast(severities, least)
  if (count === 0) return
  const what = count === 1 ? "1 finding is" : `${count} findings are`
  return yield* new FindingsFound({ message: `${what} ${least === "critical" ? least : `${least} or worse`}` })
})
