import { type AgentResult, AgentRunner, type AgentTask } from "@nominal-code/agent/AgentRunner"
import type { ExplorerSettings } from "@nominal-code/agent/Explorers"
import { commandOf } from "@nominal-code/domain/command/CommandParser"
import type { Job } from "@nominal-code/domain/job/Job"
import type { ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import { Effect, Option } from "effect"
import { checkedSubmission, type ReviewAnswer } from "./answer/ReviewOutput.ts"
import { budgetBelow, type FittedDiffs, type Portion, type ShownDiff } from "./context/DiffBudget.ts"
import type { EvidenceText } from "./context/Evidence.ts"
import * as History from "./context/History.ts"
import type { ReviewPlan } from "./context/Plan.ts"
import type { ReviewContext } from "./context/ReviewContext.ts"
import { tokensIn } from "./context/TokenEstimate.ts"
import { measured } from "./context/TokenScale.ts"
import { findTwice } from "./Finders.ts"
import { makeFaults } from "./judgement/Check.ts"
import { followPlaces } from "./ledger/FollowedPlaces.ts"
import { ledgerOf, openIn } from "./ledger/Ledger.ts"
import { isOurs } from "./ledger/Thread.ts"
import { ledgerText, type NamedFinding, namedFindings, otherDiscussions } from "./prompt/LedgerPrompt.ts"
import { userPrompt } from "./prompt/Prompt.ts"
import { reviewerSystem, sharesPrefix, shownByBoth } from "./prompt/ReviewPrefix.ts"
import * as PromptFiles from "./PromptFiles.ts"
import { ReviewConfig } from "./ReviewConfig.ts"

/** The agent's answer, with the diffs of the prompt that it answers. */
export interface AskResult {
  readonly result: AgentResult<ReviewAnswer>
  /** Diffs that its prompt showed, and those that it left; absent: all were shown. */
  readonly diffs?: FittedDiffs
  /** Tokens of the diffs that the model took: fewer than planned if it refused them. */
  readonly budget?: number
  /** Tokens that the model counted for one that was estimated. */
  readonly scale?: number
}

/** Plan of a review, with what was looked up about it. */
export interface PlannedReview {
  readonly plan: ReviewPlan
  readonly evidence: EvidenceText
  /** Number of this pass over the change, from 1. */
  readonly pass: number
  /** True if what this pass leaves may have another one. */
  readonly mayFollow: boolean
  /** Diffs that no pass has shown yet, and those that one has. */
  readonly portions: ReadonlyArray<Portion>
  readonly shown: ReadonlyArray<ShownDiff>
  /** Tokens of this pass's diffs. */
  readonly budget: number
  /** Fits this pass's diffs into a number of tokens. */
  fit(budget: number): FittedDiffs
}

/** Tokens of diffs below which a refused prompt is not shortened further: they are not what made it too long. */
const leastDiffBudget = 1_000

/** Maximum number of comments in a prompt, the newest ones. */
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

/**
 * Makes the test for the earlier findings that a pass asks about: those of files that it shows to their ends. The first
 * one also asks about those of files that no pass shows.
 */
const isAskedIn = ({ budget, fit, pass }: PlannedReview) => {
  const { rest, shown } = fit(budget)
  const left = new Set<string>(rest.map(({ file }) => file.path))
  const here = new Set<string>(shown.map(({ file }) => file.path))
  return ({ finding: { place } }: NamedFinding): boolean =>
    place === undefined ? pass === 1 : !left.has(place.path) && (pass === 1 || here.has(place.path))
}

/** Has the agent review what was planned. */
export const ask = Effect.fn("Ask.ask")(function*(
  job: Job,
  context: ReviewContext,
  planned: PlannedReview
) {
  const { evidence, fit, mayFollow, pass, plan } = planned
  let { budget } = planned
  const { settings } = yield* ReviewConfig
  const agent = yield* AgentRunner
  const { event } = job
  const command = commandOf(job)
  const { focus, full } = command._tag === "Review" ? command : { focus: job.prompt, full: false }
  const system = yield* reviewerSystem(context)
  const isOurBot = isOurs(job, settings)
  const ledger = yield* followPlaces(ledgerOf(context.discussions, isOurBot), context.checkout)
  const named = namedFindings(openIn(ledger)).filter(isAskedIn(planned))
  const since = full || pass > 1 ? undefined : context.since
  const earlier = ledgerText({ ledger, named, since, files: context.files })
  const promptOf = (budget: number) =>
    userPrompt({
      pullRequest: context.pullRequest,
      request: focus,
      place: event._tag === "Comment"
        ? { path: event.filePath, hunk: event.diffHunk, line: event.line, side: event.side }
        : undefined,
      plan,
      diffs: fit(budget),
      pass: { number: pass, mayFollow },
      commits: context.commits,
      evidence,
      earlier,
      discussions: otherDiscussions(context.discussions, ledger, isOurBot).slice(-mostDiscussions),
      suggestions: settings.inlineSuggestions
    })
  const prompt = promptOf(budget)
  const shorter = Effect.sync(() => {
    budget = budgetBelow(fit(budget), budget)
    return budget < leastDiffBudget ? Option.none<string>() : Option.some(promptOf(budget))
  })
  const task: AgentTask<ReviewAnswer> = {
    settings: settings.reviewer,
    system,
    prompt,
    shorter,
    tools: context.checkout.tools,
    ...(sharesPrefix(settings) ? { shown: shownByBoth(settings) } : {}),
    ...(settings.explorers === undefined ? {} : { explorers: yield* explorersOf(settings, settings.explorers) }),
    history: full || pass > 1
      ? History.none
      : yield* History.load(job.lane, system.length + prompt.length, context.checkout),
    isContinuation: pass > 1,
    submission: yield* checkedSubmission({ earlier: named.map(({ id }) => id), faults: yield* makeFaults(context) })
  }
  const run = settings.finders === "two" && settings.reviewer.tools !== "off" ? findTwice(task) : agent.run(task)
  const { result, scale } = yield* measured(run, () => tokensIn(system) + tokensIn(promptOf(budget)))
  const asked: AskResult = { result, diffs: fit(budget), budget, scale }
  return asked
})
