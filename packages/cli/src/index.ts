/**
 * The library: the parts of Nominal Code, to be composed into pipelines of your own. Each capability is a service with
 * its layers; replace any of them by yours.
 *
 * A module's name is the namespace of what it exports: `GitHub.layer`, `Patch.ChangedFile`.
 */

/** A review of changes on this disk: a branch, a commit, what is staged or the whole working directory. */
export { NotReviewed, reviewChanges, type ReviewChangesOptions, type ReviewedChanges } from "./ReviewChanges.ts"

/** One review, from a job to the posted result, over `Forge`, `Workspace`, `AgentRunner` and `ConversationStore`. */
export { review } from "@nominal-code/review/Review"
export * as ReviewConfig from "@nominal-code/review/ReviewConfig"

export { AppConfig } from "@nominal-code/config/AppConfig"
export * as AppConfigLayer from "@nominal-code/config/AppConfigLayer"

export {
  type CloneSource,
  type Delivery,
  Forge,
  type OwnPosts,
  type ReviewedHead,
  type WebhookRequest
} from "@nominal-code/forge/Forge"
export * as ForgeError from "@nominal-code/forge/ForgeError"
export * as GitHub from "@nominal-code/forge/GitHub"

export * as GitWorkspace from "@nominal-code/workspace/GitWorkspace"
export * as LocalWorkspace from "@nominal-code/workspace/LocalWorkspace"
export * as Tool from "@nominal-code/workspace/Tool"
export { type Checkout, type CheckoutRequest, Workspace, WorkspaceError } from "@nominal-code/workspace/Workspace"

export { type AgentResult, AgentRunner, type AgentTask, type Submission } from "@nominal-code/agent/AgentRunner"
export * as ApiAgent from "@nominal-code/agent/ApiAgent"
export * as Anthropic from "@nominal-code/llm/Anthropic"
export * as Google from "@nominal-code/llm/Google"
export { LlmError, LlmErrorReason } from "@nominal-code/llm/LlmError"
export { LlmProvider, type LlmRequest, type LlmResponse, type ToolSpec } from "@nominal-code/llm/LlmProvider"
export * as OpenAi from "@nominal-code/llm/OpenAi"

export { ConversationStore } from "@nominal-code/persistence/ConversationStore"
export * as ConversationStoreMemory from "@nominal-code/persistence/ConversationStoreMemory"
export { StoreError } from "@nominal-code/persistence/StoreError"

export * as Conversation from "@nominal-code/domain/Conversation"
export * as Failure from "@nominal-code/domain/Failure"
export * as Finding from "@nominal-code/domain/Finding"
export { parseGitDiff } from "@nominal-code/domain/GitDiff"
export * as Job from "@nominal-code/domain/Job"
export * as Lane from "@nominal-code/domain/Lane"
export * as Patch from "@nominal-code/domain/Patch"
export * as PullRequest from "@nominal-code/domain/PullRequest"
export * as PullRequestEvent from "@nominal-code/domain/PullRequestEvent"
export * as Review from "@nominal-code/domain/Review"
export * as ReviewSettings from "@nominal-code/domain/ReviewSettings"
export * as Usage from "@nominal-code/domain/Usage"
