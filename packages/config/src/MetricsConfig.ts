import { Option } from "effect"
import type { MetricsSettings } from "./AppConfig.ts"
import type { Report } from "./Report.ts"
import { settings } from "./Settings.ts"
import { type Values, valuesOf } from "./Values.ts"

const { metrics, webhook } = settings

/** Resolves the listener of the metrics. Whoever may deliver webhooks need not read them, so the port is another one. */
export const resolveMetrics = (values: Values, report: Report): MetricsSettings => {
  const port = values(webhook.port)
  if (port !== 0 && Option.contains(values(metrics.port), port)) {
    report.problem(metrics.port, `${port} is the port of the webhooks (webhook.port): name another one`)
  }
  return valuesOf(values)(metrics)
}
