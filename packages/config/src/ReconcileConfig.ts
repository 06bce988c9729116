import { Duration } from "effect"
import type { ReconcileSettings } from "./AppConfig.ts"
import type { Report } from "./Report.ts"
import { settings } from "./Settings.ts"
import { type Values, valuesOf } from "./Values.ts"

const { reconcile } = settings

/** Time for which ended jobs are known: a head that was offered longer ago would be offered again. */
const longestWindow = Duration.days(7)

/** Resolves the limits of the search for missed events. */
export const resolveReconcile = (values: Values, report: Report): ReconcileSettings => {
  const given = valuesOf(values)(reconcile)
  if (Duration.isGreaterThan(given.window, longestWindow)) {
    report.problem(
      reconcile.window,
      "it is longer than 7d, which is how long ended jobs are known: set it to 7d or less"
    )
  }
  return given
}
