import { Option } from "effect"
import type { Mode } from "./AppConfig.ts"
import type { Report } from "./Report.ts"
import { settings } from "./Settings.ts"
import type { Values } from "./Values.ts"

/**
 * Refuses settings that this build does not support: ignoring them would lose reviews that somebody counts on. Settings
 * that are only hints give a warning.
 */
export const refuseUnsupported = (mode: Mode, values: Values, report: Report): void => {
  if (mode !== "serve") return
  const { agent } = settings
  if (Option.isSome(values(agent.cliPath))) {
    report.warn(agent.cliPath, "this build cannot run Claude Code yet: the setting has no effect")
  }
}
