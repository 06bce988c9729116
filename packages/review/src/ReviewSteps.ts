import type { AgentResult, AgentRunner } from "@nominal-code/agent/AgentRunner"
import type { Job } from "@nominal-code/domain/job/Job"
import type { AgentSettings, ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import type { Forge, PullRequestView } from "@nominal-code/forge/Forge"
import type { ForgeError } from "@nominal-code/forge/ForgeError"
import type { ConversationStore } from "@nominal-code/persistence/ConversationStore"
import type { Checkout, WorkspaceError } from "@nominal-code/workspace/Workspace"
import { Context, type Effect, type FileSystem, type PlatformError } from "effect"
import { recover, type RecoveredAnswer } from "./answer/OutputRepair.ts"
import type { ReportedFinding, ReviewAnswer } from "./answer/ReviewOutput.ts"
import { ask, type AskResult, type PlannedReview } from "./Ask.ts"
import { evidence, type EvidenceInput, type EvidenceText } from "./context/Evidence.ts"
import { plan, type ReviewPlan } from "./context/Plan.ts"
import { gather, type ReviewContext } from "./context/ReviewContext.ts"
import { anchor, type AnchorContext, type AnchoredFindings, type FingerprintedFinding } from "./judgement/Anchor.ts"
import { check, type CheckContext, type CheckedFindings } from "./judgement/Check.ts"
import { type JudgedFinding, select, type SelectContext, type Selection } from "./judgement/Select.ts"
import { type Verification, verify } from "./judgement/Verify.ts"
import type { ReviewConfig } from "./ReviewConfig.ts"

/** Error of an agent: that of the model that it asked, or of the ledger of its costs. */
export type AgentError = Effect.Error<ReturnType<AgentRunner["Service"]["run"]>>

/**
 * The steps of a review between its checkout and its post, in their order. A pipeline replaces one by its own, which may
 * call the usual one, and may use the same services.
 */
export interface ReviewSteps {
  /** Reads all that the review is made from: the changed files, the commits, the guidelines. */
  gather(
    view: PullRequestView,
    checkout: Checkout,
    settings: ReviewSettings
  ): Effect.Effect<
    ReviewContext,
    ForgeError | WorkspaceError | PlatformError.PlatformError,
    FileSystem.FileSystem | Forge
  >
  /** Decides without a model what of it is looked at. */
  plan(context: ReviewContext): Effect.Effect<ReviewPlan, WorkspaceError>
  /** Looks up without a model what the code outside of the diff says of it. To leave it out: find nothing. */
  evidence(input: EvidenceInput): Effect.Effect<EvidenceText>
  /** Has the agent review it. */
  ask(job: Job, context: ReviewContext, planned: PlannedReview): Effect.Effect<
    AskResult,
    AgentError | PlatformError.PlatformError,
    AgentRunner | ConversationStore | FileSystem.FileSystem | ReviewConfig
  >
  /** Reads an answer out of a run that handed in none. */
  recover(result: AgentResult<ReviewAnswer>, settings: AgentSettings): Effect.Effect<
    RecoveredAnswer,
    AgentError | PlatformError.PlatformError,
    AgentRunner | FileSystem.FileSystem
  >
  /** Compares what the findings claim with the code, without a model. To leave it out: keep them all. */
  check(findings: ReadonlyArray<ReportedFinding>, context: CheckContext): Effect.Effect<CheckedFindings>
  /** Decides for each finding where it lands: inline, in the summary or nowhere. */
  place(findings: ReadonlyArray<ReportedFinding>, context: AnchorContext): Effect.Effect<AnchoredFindings>
  /** Has a second call confirm or refute the findings. To leave it out: `noVerification`. */
  verify(found: ReadonlyArray<FingerprintedFinding>, context: ReviewContext): Effect.Effect<
    Verification,
    PlatformError.PlatformError,
    AgentRunner | FileSystem.FileSystem | ReviewConfig
  >
  /** Selects what is posted of the findings that were not refuted. To leave it out: post them all, and cut none. */
  select(judged: ReadonlyArray<JudgedFinding>, context: SelectContext): Effect.Effect<Selection>
}

/** The steps that reviews take, by default the usual ones. */
export const ReviewSteps = Context.Reference<ReviewSteps>("@nominal-code/review/ReviewSteps", {
  defaultValue: () => ({ gather, plan, evidence, ask, recover, check, place: anchor, verify, select })
})
