import type { AgentResult } from "@nominal-code/agent/AgentRunner"
import type { PullRequest } from "@nominal-code/domain/event/PullRequest"
import { escapePath } from "@nominal-code/domain/file/RepoPathSpelling"
import type { Job, SkipReason } from "@nominal-code/domain/job/Job"
import type { Conversation } from "@nominal-code/domain/model/Conversation"
import type { SpendLimit } from "@nominal-code/domain/model/SpendLimits"
import { Transcript, TranscriptEvent } from "@nominal-code/domain/model/Transcript"
import type { UsageSummary } from "@nominal-code/domain/model/Usage"
import { type FileCoverage, missedIn } from "@nominal-code/domain/review/Coverage"
import { scopeOf } from "@nominal-code/domain/review/Review"
import { isSevereEnough, type RepositorySettings, within } from "@nominal-code/domain/settings/RepositorySettings"
import type { ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import { withoutFolds } from "@nominal-code/forge/FoldedFindings"
import { type CloneSource, Forge, type PullRequestView } from "@nominal-code/forge/Forge"
import { codeSpan } from "@nominal-code/forge/Markdown"
import { Workspace } from "@nominal-code/workspace/Workspace"
import { Effect, Option } from "effect"
import type { ReviewAnswer } from "./answer/ReviewOutput.ts"
import { filtered, notUsed } from "./context/RepositoryConfig.ts"
import * as RepositoryConfig from "./context/RepositoryConfig.ts"
import { nothingToReview, type ReviewContext } from "./context/ReviewContext.ts"
import { judge, type ReviewTally } from "./judgement/Judgement.ts"
import { followPlaces } from "./ledger/FollowedPlaces.ts"
import { ledgerOf, openIn } from "./ledger/Ledger.ts"
import { reckon } from "./ledger/Reckoning.ts"
import { settlementOf } from "./ledger/Settlement.ts"
import { isOurs } from "./ledger/Thread.ts"
import { inPasses } from "./Passes.ts"
import { composed, noticed } from "./posted/OutgoingText.ts"
import type { SummaryParts } from "./posted/Summary.ts"
import { ReviewConfig } from "./ReviewConfig.ts"
import { ReviewSteps } from "./ReviewSteps.ts"
import { charged, limitReached } from "./Spending.ts"

/** A review with its final texts, and the conversation to be kept. */
export interface DraftedReview {
  readonly _tag: "Review"
  readonly parts: SummaryParts
  readonly conversation: Conversation
  readonly usage: UsageSummary
  readonly tally: ReviewTally
}

/** Result if the model wrote nothing, or nothing that is a review. */
export interface UnreadableAnswer {
  readonly _tag: "Unreadable"
  readonly text: string
  readonly why: string
}

/** Result if a limit of dollars was used up before a review was handed in. */
export interface LimitReached {
  readonly _tag: "LimitReached"
  readonly limit: SpendLimit
}

/** Result of reviewing a pull request. */
export type DraftResult = DraftedReview | UnreadableAnswer | LimitReached | NothingToReview

/** Result if there is nothing to review, or nothing that is to be reviewed. */
export interface NothingToReview {
  readonly _tag: "Nothing"
  readonly reason: Extract<SkipReason, "nothing-to-review" | "filtered">
  /** End of a sentence for people. */
  readonly detail: string
}

/** Checks out the pull request's head. */
export const checkOut = Effect.fnUntraced(
  function*({ baseBranch, baseSha, baseTip, headSha, ref }: PullRequest, source: CloneSource) {
    const forge = yield* Forge
    const workspace = yield* Workspace
    return yield* workspace.checkout({
      ...source,
      repo: ref.repo,
      headRef: forge.headRef(ref),
      headSha,
      baseBranch,
      baseSha,
      baseTip
    })
  }
)

/** Checks out the pull request's head for a job, and begins the transcript of its run. */
export const beginRun = Effect.fnUntraced(
  function*(job: Job, { discussions, pullRequest }: Pick<PullRequestView, "discussions" | "pullRequest">) {
    const { settings } = yield* ReviewConfig
    const source = yield* (yield* Forge).cloneSource(pullRequest.ref.repo)
    const checkout = yield* checkOut(pullRequest, source)
    const { url } = source
    yield* (yield* Transcript)(TranscriptEvent.cases.Began.make({ job, settings, pullRequest, discussions, url }))
    return checkout
  }
)

/** Judges the findings, and finalizes all texts. */
const compose = Effect.fnUntraced(function*(
  job: Job,
  context: ReviewContext,
  { answer, coverage, limit, problem }: {
    readonly answer: ReviewAnswer
    readonly problem: Option.Option<string>
    readonly limit: SpendLimit | undefined
    readonly coverage: ReadonlyArray<FileCoverage>
  }
) {
  const { settings } = yield* ReviewConfig
  const { checkout, discussions, files, ignored } = context
  const ledger = yield* followPlaces(ledgerOf(discussions, isOurs(job, settings)), checkout)
  const judgement = yield* judge(answer.findings, context, ledger)
  const { cut, folded, inline, repeated, tally } = judgement
  const { closing, stillOpen } = yield* reckon({
    checkout,
    open: openIn(ledger),
    answers: answer.earlier ?? [],
    raisedAgain: new Set(repeated.map(({ prior }) => prior)),
    whole: scopeOf(job) === "head" && limit === undefined && missedIn(coverage).length === 0
  })
  const before = ledger.filter(({ settledBy }) => settledBy === job.id)
  const unplaced = answer.unplaced.filter(isSevereEnough(settings.minSeverity))
  const fit = composed(settings.inlineSuggestions)
  const parts: SummaryParts = {
    headSha: checkout.headSha,
    text: withoutFolds(answer.summary),
    inline: inline.map(fit),
    folded: folded.map(fit),
    cut: cut.map(noticed),
    unplaced: unplaced.map(({ body, place, severity }) => ({
      severity,
      text: `${place === "" ? "" : `${codeSpan(escapePath(place))}: `}${withoutFolds(body)}`
    })),
    coverage,
    repeated: repeated.length,
    stillOpen,
    settlements: closing.map(settlementOf(checkout.headSha)),
    settledBefore: before,
    unreadable: answer.unreadable,
    unproven: tally.unproven,
    refuted: tally.refuted,
    unverified: tally.unverified,
    minor: tally.minor + answer.unplaced.length - unplaced.length,
    repositoryProblems: [
      ...Option.toArray(Option.map(problem, notUsed)),
      ...Option.toArray(Option.fromUndefinedOr(context.rules.problem))
    ],
    limit,
    files: files.length,
    ignored
  }
  return { parts, judgement }
})

const unreadable = ({ stopped, text }: AgentResult<ReviewAnswer>): UnreadableAnswer => ({
  _tag: "Unreadable",
  text,
  why: `no review could be read out of its answer (stopped: ${stopped})`
})

const limited = (limit: SpendLimit = "review"): LimitReached => ({ _tag: "LimitReached", limit })

/** Reason not to review the gathered context; none if it is to be reviewed. */
const nothingIn = (job: Job, context: ReviewContext, settings: ReviewSettings, own: RepositorySettings) => {
  const { files, pullRequest } = context
  const empty = nothingToReview(context)
  const nothing = (reason: NothingToReview["reason"]) => (detail: string): NothingToReview => ({
    _tag: "Nothing",
    reason,
    detail
  })
  return empty === undefined
    ? Option.map(filtered(job.event, { pullRequest, files, server: settings, own }), nothing("filtered"))
    : Option.some(nothing("nothing-to-review")(empty))
}

/** Has the agent review what was gathered, and finalizes its answer. */
const reviewed = Effect.fnUntraced(function*(
  job: Job,
  context: ReviewContext,
  problem: Option.Option<string>
) {
  const { coverage, recovered, result } = yield* inPasses(job, context)
  const { answer, usage } = recovered
  if (Option.isNone(answer)) return result.stopped === "budget" ? limited(result.limit) : unreadable(result)
  const { limit } = result
  const { judgement, parts } = yield* compose(job, context, { answer: answer.value, coverage, limit, problem })
  const { inline, folded, tally } = judgement
  const review: DraftedReview = {
    _tag: "Review",
    parts,
    conversation: result.conversation,
    usage: judgement.usage === undefined ? usage : usage.plus(judgement.usage),
    tally: { ...tally, posted: inline.length + folded.length, turns: result.turns + tally.turns }
  }
  return review
}, (effect, job) => Effect.flatMap(ReviewConfig, ({ settings }) => charged(job, settings)(effect)))

/** Reviews a pull request without posting: from the checkout to the final texts. */
export const draft = Effect.fn("Drafting.draft")(
  function*(job: Job, view: PullRequestView) {
    const { pullRequest } = view
    const config = yield* ReviewConfig
    const steps = yield* ReviewSteps
    const spent = yield* limitReached(job, config.settings, config.settings.reviewer)
    if (Option.isSome(spent)) return limited(spent.value)
    const checkout = yield* beginRun(job, view)
    const own = yield* RepositoryConfig.read(checkout)
    const settings = within(config.settings, own.settings)
    const context = yield* steps.gather(view, checkout, settings)
    if (context.ignored > 0) {
      const all = context.ignored + context.files.length
      yield* Effect.logWarning(`Excluded ${context.ignored} of ${all} files by ignore_patterns for ${pullRequest.ref}`)
    }
    const nothing = nothingIn(job, context, config.settings, own.settings)
    if (Option.isSome(nothing)) return nothing.value
    return yield* reviewed(job, context, own.problem).pipe(
      Effect.provideService(ReviewConfig, { ...config, settings })
    )
  },
  Effect.scoped
)
