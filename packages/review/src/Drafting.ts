import { type AgentResult, AgentRunner } from "@nominal-code/agent/AgentRunner"
import type { Conversation } from "@nominal-code/domain/Conversation"
import { DiffIndex } from "@nominal-code/domain/DiffIndex"
import type { Job } from "@nominal-code/domain/Job"
import type { PullRequest } from "@nominal-code/domain/PullRequest"
import { escapePath } from "@nominal-code/domain/RepoPathSpelling"
import type { UsageSummary } from "@nominal-code/domain/Usage"
import { type CloneSource, Forge } from "@nominal-code/forge/Forge"
import { codeSpan } from "@nominal-code/forge/Markdown"
import { Workspace } from "@nominal-code/workspace/Workspace"
import { Effect, Option } from "effect"
import { anchor } from "./Anchor.ts"
import { budgetBelow, notShown } from "./DiffBudget.ts"
import * as History from "./History.ts"
import { postable, rulesFor } from "./OutgoingText.ts"
import { recover, type RecoveredAnswer } from "./OutputRepair.ts"
import { priorFindings } from "./PriorFindings.ts"
import { defaultDiffBudget, systemPrompt, userPrompt } from "./Prompt.ts"
import * as PromptFiles from "./PromptFiles.ts"
import { ReviewConfig } from "./ReviewConfig.ts"
import { gather, isOurs, nothingToReview, type ReviewContext } from "./ReviewContext.ts"
import { type ReviewAnswer, reviewSubmission } from "./ReviewOutput.ts"
import { type OutgoingTextRules, sanitise } from "./Sanitise.ts"
import type { SummaryParts } from "./Summary.ts"

/** A review whose texts are fit to be posted, and what is kept of the conversation that led to it. */
export interface DraftedReview {
  readonly _tag: "Review"
  readonly parts: SummaryParts
  readonly conversation: Conversation
  readonly usage: UsageSummary
}

/** The model wrote something that is no review, or nothing. */
export interface UnreadableAnswer {
  readonly _tag: "Unreadable"
  readonly text: string
  readonly why: string
  readonly rules: OutgoingTextRules
}

/** What came of a pull request. */
export type DraftResult = DraftedReview | UnreadableAnswer | { readonly _tag: "Nothing"; readonly reason: string }

/** The checkout of the pull request's head. */
const checkOut = Effect.fnUntraced(function*({ baseBranch, baseSha, headSha, ref }: PullRequest, source: CloneSource) {
  const forge = yield* Forge
  const workspace = yield* Workspace
  return yield* workspace.checkout({
    ...source,
    repo: ref.repo,
    headRef: forge.headRef(ref),
    headSha,
    baseBranch,
    baseSha
  })
})

/** Has the agent review what was gathered. */
const ask = Effect.fnUntraced(function*(job: Job, context: ReviewContext) {
  const { settings } = yield* ReviewConfig
  const agent = yield* AgentRunner
  const fromBot = isOurs([settings.botUsername, job.lane.bot])
  const { event } = job
  const system = systemPrompt({
    role: settings.reviewer.systemPrompt ?? (yield* PromptFiles.load("reviewer_prompt")),
    suggestions: settings.inlineSuggestions ? yield* PromptFiles.load("reviewer_suggestions") : undefined,
    guidelines: context.guidelines
  })
  const promptOf = (diffBudget: number) =>
    userPrompt({
      pullRequest: context.pullRequest,
      request: job.prompt,
      place: event._tag === "Comment"
        ? { path: event.filePath, hunk: event.diffHunk, line: event.line, side: event.side }
        : undefined,
      files: context.files,
      discussions: context.discussions.filter((discussion) => !fromBot(discussion)).slice(-mostDiscussions),
      suggestions: settings.inlineSuggestions,
      diffBudget
    })
  let budget = defaultDiffBudget
  const prompt = promptOf(budget)
  const shorter = Effect.sync(() => {
    budget = budgetBelow(context.files, budget)
    return budget < leastDiffBudget ? Option.none<string>() : Option.some(promptOf(budget))
  })
  const result = yield* agent.run<ReviewAnswer>({
    settings: settings.reviewer,
    system,
    prompt,
    shorter,
    tools: context.checkout.tools,
    history: yield* History.load(job.lane, system.length + prompt.length),
    submission: reviewSubmission,
    maxCostUsd: settings.maxCostUsd
  })
  return { result, notShown: notShown(context.files, budget) }
})

/** Below this, a model that refuses the prompt does not refuse it for its diffs. */
const leastDiffBudget = 4_000

/** The newest comments say where a discussion stands. */
const mostDiscussions = 50

/** Places the findings, and makes all texts fit to be posted. */
const compose = Effect.fnUntraced(function*(
  job: Job,
  context: ReviewContext,
  { answer, notShown, rules }: {
    readonly answer: ReviewAnswer
    readonly notShown: ReadonlyArray<string>
    readonly rules: OutgoingTextRules
  }
) {
  const { settings } = yield* ReviewConfig
  const { checkout, discussions, files, ignored } = context
  const fromBot = isOurs([settings.botUsername, job.lane.bot])
  const placed = yield* anchor(answer.findings, {
    checkout,
    files,
    index: DiffIndex.make(files),
    raised: priorFindings(discussions.filter(fromBot))
  })
  const fit = postable(rules, settings.inlineSuggestions)
  const parts: SummaryParts = {
    jobId: job.id,
    headSha: checkout.headSha,
    text: sanitise(answer.summary, rules),
    inline: placed.inline.map(fit),
    folded: placed.folded.map(fit),
    unplaced: answer.unplaced.map(({ body, place, severity }) => ({
      severity,
      text: sanitise(`${place === "" ? "" : `${codeSpan(escapePath(place))}: `}${body}`, rules)
    })),
    notShown: notShown.map(rules.redact),
    repeated: placed.repeated.length,
    unreadable: answer.unreadable,
    files: files.length,
    ignored
  }
  return parts
})

const unreadable = ({ stopped, text }: AgentResult<ReviewAnswer>, rules: OutgoingTextRules): UnreadableAnswer => ({
  _tag: "Unreadable",
  text,
  why: stopped === "budget"
    ? "the budget was used up before a review was handed in: raise agent.max_cost_usd"
    : `no review could be read out of its answer (stopped: ${stopped})`,
  rules
})

/** Reviews a pull request and posts nothing: from the checkout to texts that are fit to be posted. */
export const draft = Effect.fn("Drafting.draft")(function*(job: Job, pullRequest: PullRequest) {
  const { settings } = yield* ReviewConfig
  const source = yield* (yield* Forge).cloneSource(pullRequest.ref.repo)
  const rules = yield* rulesFor(source)
  const checkout = yield* checkOut(pullRequest, source)
  const context = yield* gather(pullRequest, checkout, settings)
  if (context.ignored > 0) {
    const all = context.ignored + context.files.length
    yield* Effect.logWarning(`Excluded ${context.ignored} of ${all} files by ignore_patterns for ${pullRequest.ref}`)
  }
  const reason = nothingToReview(context)
  if (reason !== undefined) {
    const nothing: DraftResult = { _tag: "Nothing", reason }
    return nothing
  }
  const { notShown, result } = yield* ask(job, context)
  const { answer, usage }: RecoveredAnswer = yield* recover(result, settings.reviewer, settings.maxCostUsd)
  if (Option.isNone(answer)) return unreadable(result, rules)
  const parts = yield* compose(job, context, { answer: answer.value, notShown, rules })
  const review: DraftedReview = { _tag: "Review", parts, conversation: result.conversation, usage }
  return review
}, Effect.scoped)
