import { Option, Redacted } from "effect"
import type { Mode } from "./AppConfig.ts"
import type { Report } from "./Report.ts"
import { settings } from "./Settings.ts"
import { isProvider } from "./settings/Providers.ts"
import type { Values } from "./Values.ts"

/** Values like `sk-ant-your-key`, `ghp_...` and `<token>`, which stand in pages and examples for the reader's own. */
const placeholder =
  /(?:^|[-_:])your[-_](?:[a-z]+[-_])*(?:key|token|secret|password)(?:[-_](?:goes[-_])?here)?(?:$|@)|\.\.\.$|^<[^>]*>$|^change[-_]?me/i

/** Refuses secrets that were copied from an example: a webhook's secret that everybody knows protects nothing. */
export const refusePlaceholders = (
  mode: Mode,
  used: ReadonlyArray<string>,
  values: Values,
  report: Report
): void => {
  if (mode !== "serve" && mode !== "review") return
  const { github, gitlab, jobs, providers, redis } = settings
  const keys = used.filter(isProvider).map((name) => providers[name].apiKey)
  const ofForges = [github.token, github.webhookSecret, gitlab.token, gitlab.webhookSecret, gitlab.signingToken]
  const read = mode === "review" ? keys : [...ofForges, redis.url, redis.sentinelPassword, jobs.signingKey, ...keys]
  for (const setting of read) {
    for (const { idle, shown, value } of values.overridden(setting)) {
      if (Option.exists(Option.flatten(value), (other) => placeholder.test(Redacted.value(other)))) {
        report.warn(setting, `${shown} is the placeholder of an example. ${idle}`)
      }
    }
    if (Option.exists(values(setting), (value) => placeholder.test(Redacted.value(value)))) {
      report.problem(setting, "the value is the placeholder of an example: put your own in its place")
    }
  }
}
