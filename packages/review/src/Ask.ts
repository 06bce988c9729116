import { type AgentResult, AgentRunner, type AgentTask } from "@nominal-code/agent/AgentRunner"
import type { ExplorerSettings } from "@nominal-code/agent/Explorers"
import { commandOf } from "@nominal-code/domain/CommandParser"
import type { FileCoverage } from "@nominal-code/domain/Coverage"
import type { Job } from "@nominal-code/domain/Job"
import type { ReviewSettings } from "@nominal-code/domain/ReviewSettings"
import { Effect, Option } from "effect"
import { makeFaults } from "./Check.ts"
import { budgetBelow, fitDiffs, portionsOf } from "./DiffBudget.ts"
import { findTwice } from "./Finders.ts"
import { followPlaces } from "./FollowedPlaces.ts"
import * as History from "./History.ts"
import { ledgerOf, openIn } from "./Ledger.ts"
import { ledgerText, namedFindings, otherDiscussions } from "./LedgerPrompt.ts"
import type { ReviewPlan } from "./Plan.ts"
import { systemPrompt, userPrompt } from "./Prompt.ts"
import * as PromptFiles from "./PromptFiles.ts"
import { coverageOf } from "./Receipt.ts"
import { ReviewConfig } from "./ReviewConfig.ts"
import type { ReviewContext } from "./ReviewContext.ts"
import { checkedSubmission, type ReviewAnswer } from "./ReviewOutput.ts"
import { isOurs } from "./Thread.ts"

/** The agent's answer, and how much of each changed file its prompt showed. */
export interface AskResult {
  readonly result: AgentResult<ReviewAnswer>
  readonly coverage: ReadonlyArray<FileCoverage>
}

/** Tokens of the diffs of one prompt: half of the smaller models' context, so that there is room for tools. */
const diffBudget = 100_000

/** Below this, a model that refuses the prompt does not refuse it for its diffs. */
const leastDiffBudget = 1_000

/** Part of a model's window, where that is known, that the diffs of a prompt may take. */
const partOfWindow = 0.4

/** The newest comments say where a discussion stands. */
const mostDiscussions = 50

const explorersOf = Effect.fnUntraced(
  function*({ explorer }: ReviewSettings, bounds: NonNullable<ReviewSettings["explorers"]>) {
    const explorers: ExplorerSettings = {
      ...bounds,
      settings: explorer,
      system: explorer.systemPrompt ?? (yield* PromptFiles.load("explorer_prompt"))
    }
    return explorers
  }
)

/** Has the agent review what was planned. */
export const ask = Effect.fn("Ask.ask")(function*(job: Job, context: ReviewContext, plan: ReviewPlan) {
  const { settings } = yield* ReviewConfig
  const agent = yield* AgentRunner
  const { event } = job
  const command = commandOf(job)
  const { focus, full } = command._tag === "Review" ? command : { focus: job.prompt, full: false }
  const system = systemPrompt({
    role: settings.reviewer.systemPrompt ?? (yield* PromptFiles.load("reviewer_prompt")),
    explorers: settings.explorers === undefined ? undefined : yield* PromptFiles.load("reviewer_explorers"),
    suggestions: settings.inlineSuggestions ? yield* PromptFiles.load("reviewer_suggestions") : undefined,
    guidelines: context.guidelines,
    language: settings.language,
    minSeverity: settings.minSeverity
  })
  const isOurBot = isOurs(job, settings)
  const ledger = yield* followPlaces(ledgerOf(context.discussions, isOurBot), context.checkout)
  const named = namedFindings(openIn(ledger))
  const earlier = ledgerText({ ledger, since: full ? undefined : context.since, files: context.files })
  const portions = portionsOf(plan.files)
  const promptOf = (budget: number) =>
    userPrompt({
      pullRequest: context.pullRequest,
      request: focus,
      place: event._tag === "Comment"
        ? { path: event.filePath, hunk: event.diffHunk, line: event.line, side: event.side }
        : undefined,
      plan,
      diffs: fitDiffs(portions, budget),
      commits: context.commits,
      earlier,
      discussions: otherDiscussions(context.discussions, ledger, isOurBot).slice(-mostDiscussions),
      suggestions: settings.inlineSuggestions
    })
  let budget = Math.min(diffBudget, Math.floor((settings.reviewer.contextWindow ?? Infinity) * partOfWindow))
  const prompt = promptOf(budget)
  const shorter = Effect.sync(() => {
    budget = budgetBelow(portions, budget)
    return budget < leastDiffBudget ? Option.none<string>() : Option.some(promptOf(budget))
  })
  const task: AgentTask<ReviewAnswer> = {
    settings: settings.reviewer,
    system,
    prompt,
    shorter,
    tools: context.checkout.tools,
    ...(settings.explorers === undefined ? {} : { explorers: yield* explorersOf(settings, settings.explorers) }),
    history: full
      ? History.none
      : yield* History.load(job.lane, system.length + prompt.length, context.checkout),
    submission: yield* checkedSubmission({ earlier: named.map(({ id }) => id), faults: yield* makeFaults(context) })
  }
  const result = yield* settings.finders === "two" && settings.reviewer.tools !== "off"
    ? findTwice(task)
    : agent.run(task)
  const asked: AskResult = { result, coverage: coverageOf(plan, portions, fitDiffs(portions, budget).shown) }
  return asked
})
