/** Beginning of a review's calls: the system prompt, and the tools that they show. The verifier's may begin with it, too. */
import type { AgentTask } from "@nominal-code/agent/AgentRunner"
import * as Explorers from "@nominal-code/agent/Explorers"
import { submitSpec } from "@nominal-code/agent/ToolCalls"
import { type ReviewSettings, runnerOf, verifierOf } from "@nominal-code/domain/settings/ReviewSettings"
import { Effect } from "effect"
import { reviewSubmission } from "../answer/ReviewOutput.ts"
import type { ReviewContext } from "../context/ReviewContext.ts"
import { verdictSpec } from "../judgement/Verdict.ts"
import * as PromptFiles from "../PromptFiles.ts"
import { ReviewConfig } from "../ReviewConfig.ts"
import { systemPrompt } from "./Prompt.ts"

/** System prompt of the reviewer. */
export const reviewerSystem = Effect.fn("ReviewPrefix.reviewerSystem")(function*(context: ReviewContext) {
  const { settings } = yield* ReviewConfig
  return systemPrompt({
    role: settings.reviewer.systemPrompt ?? (yield* PromptFiles.load("reviewer_prompt")),
    explorers: settings.explorers === undefined ? undefined : yield* PromptFiles.load("reviewer_explorers"),
    suggestions: settings.inlineSuggestions ? yield* PromptFiles.load("reviewer_suggestions") : undefined,
    guidelines: context.guidelines,
    rules: context.rules.rules,
    language: settings.language,
    minSeverity: settings.minSeverity
  })
})

/**
 * True if the reviewer and the verifier are of one model, which may then read from its cache what the calls of both begin
 * with. A verifier with a prompt of its own, or without tools, begins with that.
 */
export const sharesPrefix = (settings: ReviewSettings): boolean => {
  const { reviewer } = settings
  const verifier = verifierOf(settings)
  return settings.verify && verifier.systemPrompt === undefined && verifier.provider === reviewer.provider &&
    verifier.model === reviewer.model && runnerOf(verifier) === "api" && runnerOf(reviewer) === "api" &&
    verifier.tools !== "off" && reviewer.tools !== "off"
}

/** Tools of the reviewer and of the verifier that both show where they share their beginning. */
export const shownByBoth = ({ explorers }: ReviewSettings): NonNullable<AgentTask<unknown>["shown"]> => [
  submitSpec(reviewSubmission),
  verdictSpec,
  ...(explorers === undefined ? [] : [Explorers.spec])
]
