import { Effort } from "@nominal-code/domain/settings/ReviewSettings"
import { defaulted, optional, type Setting } from "@nominal-code/domain/settings/Setting"
import { amount, integer, line, oneOf, path, text } from "@nominal-code/domain/settings/SettingType"
import type { Option } from "effect"

/** Settings of a role beside the reviewer's. What is not set follows the reviewer. */
export interface Role {
  readonly provider: Setting<Option.Option<string>>
  readonly model: Setting<Option.Option<string>>
  readonly effort: Setting<Option.Option<Effort>>
  readonly systemPrompt: Setting<Option.Option<string>>
  readonly systemPromptFile: Setting<Option.Option<string>>
}

/** Makes a role's settings; `whose`: as in "the explorers' model". */
const role = (name: string, whose: string, service: string, model: string): Role => {
  const variable = name.toUpperCase()
  return {
    provider: optional({
      yaml: `agent.${name}.provider`,
      env: `AGENT_${variable}_PROVIDER`,
      kind: line,
      byDefault: "the reviewer's",
      doc: `The model service of ${service}`
    }),
    model: optional({
      yaml: `agent.${name}.model`,
      env: `AGENT_${variable}_MODEL`,
      kind: line,
      byDefault: model,
      doc: `${whose} model.`
    }),
    effort: optional({
      yaml: `agent.${name}.effort`,
      env: `AGENT_${variable}_EFFORT`,
      kind: oneOf(Effort.literals),
      byDefault: "`agent.effort`; with a model of its own, the service's",
      doc: `How hard ${whose.toLowerCase()} model thinks.`
    }),
    systemPrompt: optional({
      yaml: `agent.${name}.system_prompt`,
      env: `${variable}_SYSTEM_PROMPT`,
      kind: text,
      byDefault: "the bundled one",
      doc: `Replaces ${whose.toLowerCase()} system prompt.`
    }),
    systemPromptFile: optional({
      yaml: `agent.${name}.system_prompt_file`,
      env: `${variable}_SYSTEM_PROMPT_FILE`,
      kind: path,
      doc: "The same, from a file. Wins over the text."
    })
  }
}

/** Settings of the agent that answers questions. */
export const answerer = {
  ...role(
    "answerer",
    "The answerer's",
    "the answerer: the agent that answers questions.",
    "the reviewer's; the provider's own where that differs"
  ),
  maxTurns: optional({
    yaml: "agent.answerer.max_turns",
    env: "AGENT_ANSWERER_MAX_TURNS",
    kind: integer(0),
    byDefault: "`6`, or the reviewer's where that is less",
    doc: "How many turns an answer has; 0 means no limit."
  })
}

/** Settings of the agent that verifies what the reviewer found. */
export const verifier = {
  ...role(
    "verifier",
    "The verifier's",
    "the verifier: the agent that checks the reviewer's findings.",
    "the reviewer's; the provider's own where that differs"
  ),
  maxTurns: defaulted(4, {
    yaml: "agent.verifier.max_turns",
    env: "AGENT_VERIFIER_MAX_TURNS",
    kind: integer(0),
    doc: "How many turns the verifier has; 0 means no limit."
  })
}

/** Settings of the explorers. */
export const explorer = {
  ...role(
    "explorer",
    "The explorers'",
    "the explorers: agents that the reviewer starts to look something up.",
    "`agent.model` where that is set; else the provider's for explorers, see below"
  ),
  maxTurns: defaulted(32, {
    yaml: "agent.explorer.max_turns",
    env: "AGENT_EXPLORER_MAX_TURNS",
    kind: integer(0),
    doc: "How many turns an explorer has; 0 means no limit."
  }),
  maxConcurrent: defaulted(4, {
    yaml: "agent.explorer.max_concurrent",
    env: "AGENT_EXPLORER_MAX_CONCURRENT",
    kind: integer(0, 32),
    doc: "How many explorers of one review work at the same time; 0 means that there are none."
  }),
  maxCostUsd: defaulted(0.5, {
    yaml: "agent.explorer.max_cost_usd",
    env: "AGENT_EXPLORER_MAX_COST_USD",
    kind: amount,
    doc: "What one explorer may cost in US dollars, within `agent.max_cost_usd`; 0 means no limit of its own."
  })
}
