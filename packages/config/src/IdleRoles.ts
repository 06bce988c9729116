import type { Setting } from "@nominal-code/domain/settings/Setting"
import { Option } from "effect"
import type { Report } from "./Report.ts"
import type { Runner } from "./RunnerConfig.ts"
import { settings } from "./Settings.ts"
import type { Values } from "./Values.ts"

const { agent, answerer, reviewer, verifier } = settings

/** Warns of settings of roles that nothing of this configuration reads. Those of explorers are warned of with them. */
export const warnOfIdleRoles = ({ name }: Runner, values: Values, report: Report): void => {
  const warn = (idle: ReadonlyArray<Setting<unknown>>, why: string) => {
    for (const setting of idle) if (Option.isSome(values.source(setting))) report.warn(setting, `no effect: ${why}`)
  }
  const isVerified = values(reviewer.verify)
  if (!isVerified) {
    const own = name === "claude-code" ? { ...verifier, provider: verifier.model } : verifier
    warn([...new Set(Object.values(own))], "reviewer.verify is off")
  }
  if (values(agent.tools) === "off" && name === "api") {
    const turns = [agent.maxTurns, answerer.maxTurns, ...(isVerified ? [verifier.maxTurns] : []), reviewer.finders]
    warn(turns, "without tools a model is asked once")
  }
}
