import type { ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import { Option } from "effect"
import type { Report } from "./Report.ts"
import type { Runner } from "./RunnerConfig.ts"
import { settings } from "./Settings.ts"
import type { Values } from "./Values.ts"

const { agent, explorer } = settings

/** Reason why reviews have no explorers; undefined: they have some. */
const whyNone = ({ name }: Runner, values: Values): string | undefined => {
  if (name === "claude-code") return "Claude Code runs the agents"
  if (values(agent.tools) === "off") return "without tools there are no explorers"
  return values(explorer.maxConcurrent) === 0 ? "there are no explorers" : undefined
}

/** Resolves the bounds of a review's explorers. Without any, their settings have no effect. */
export const resolveExplorers = (
  runner: Runner,
  values: Values,
  report: Report
): Pick<ReviewSettings, "explorers"> => {
  const why = whyNone(runner, values)
  const maxConcurrent = values(explorer.maxConcurrent)
  if (why !== undefined) {
    const idle = Object.values(explorer).filter((setting) => setting !== explorer.maxConcurrent || maxConcurrent > 0)
    for (const setting of idle) {
      if (Option.isSome(values.source(setting))) report.warn(setting, `no effect: ${why}`)
    }
    return {}
  }
  const maxCostUsd = values(explorer.maxCostUsd)
  return { explorers: { maxConcurrent, ...(maxCostUsd === 0 ? {} : { maxCostUsd }) } }
}
