/**
 * The library: the parts of Nominal Code, to be composed into pipelines of your own. Each capability is a service with
 * its layers; replace any of them by yours.
 *
 * A module's name is the namespace of what it exports: `GitHub.layer`, `Patch.ChangedFile`.
 */

/** One review, from a job to the posted result, over `Forge`, `Workspace`, `AgentRunner` and `ConversationStore`. */
export { review } from "@nominal-code/review/Review"
export * as ReviewConfig from "@nominal-code/review/ReviewConfig"

export { AppConfig } from "@nominal-code/config/AppConfig"
export * as AppConfigLayer from "@nominal-code/config/AppConfigLayer"

export { type CloneSource, Forge } from "@nominal-code/forge/Forge"
export { ForgeError } from "@nominal-code/forge/ForgeError"
export * as GitHub from "@nominal-code/forge/GitHub"

export * as GitWorkspace from "@nominal-code/workspace/GitWorkspace"
export * as LocalWorkspace from "@nominal-code/workspace/LocalWorkspace"
export { type Checkout, Workspace } from "@nominal-code/workspace/Workspace"

export { type AgentResult, AgentRunner, type AgentTask } from "@nominal-code/agent/AgentRunner"
export * as ApiAgent from "@nominal-code/agent/ApiAgent"
export * as Anthropic from "@nominal-code/llm/Anthropic"
export * as Google from "@nominal-code/llm/Google"
export { LlmProvider } from "@nominal-code/llm/LlmProvider"
export * as OpenAi from "@nominal-code/llm/OpenAi"

export { ConversationStore } from "@nominal-code/persistence/ConversationStore"
export * as ConversationStoreMemory from "@nominal-code/persistence/ConversationStoreMemory"

export * as Finding from "@nominal-code/domain/Finding"
export { parseGitDiff } from "@nominal-code/domain/GitDiff"
export * as Job from "@nominal-code/domain/Job"
export * as Lane from "@nominal-code/domain/Lane"
export * as Patch from "@nominal-code/domain/Patch"
export * as PullRequest from "@nominal-code/domain/PullRequest"
export * as PullRequestEvent from "@nominal-code/domain/PullRequestEvent"
export * as Review from "@nominal-code/domain/Review"
