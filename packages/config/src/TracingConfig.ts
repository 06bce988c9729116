import { Option } from "effect"
import type { TracingSettings } from "./AppConfig.ts"
import type { Report } from "./Report.ts"
import { settings } from "./Settings.ts"
import { isClear } from "./Url.ts"
import { type Values, valuesOf } from "./Values.ts"

const { tracing } = settings

/** Resolves the collector of the traces. In a cluster it is often one without encryption, and without a key. */
export const resolveTracing = (values: Values, report: Report): TracingSettings => {
  const given = valuesOf(values)(tracing)
  if (Option.isSome(given.headers) && Option.exists(given.endpoint, isClear)) {
    report.warn(tracing.endpoint, "the headers go there unencrypted: use https where you can")
  }
  return given
}
