/**
 * The library: the parts of Nominal Code, to be composed into pipelines of your own. Each capability is a service with
 * its layers; replace any of them by yours.
 *
 * A service, and every type that its contract names, is exported under its own name. A module of layers is a namespace:
 * `GitHub.layer`, `Anthropic.make`.
 */

/** A review of changes on this disk: a branch, a commit, what is staged or the whole working directory. */
export { NotReviewed, reviewChanges, type ReviewChangesOptions, type ReviewedChanges } from "./ReviewChanges.ts"
export { ReviewedFinding } from "./ReviewedFinding.ts"

/** One review, from a job to the posted result, over `Forge`, `Workspace`, `AgentRunner` and `ConversationStore`. */
export { type Claim, type Evidence, Reach } from "@nominal-code/review/answer/Claim"
export { type EarlierAnswer } from "@nominal-code/review/answer/EarlierAnswer"
export { type RecoveredAnswer } from "@nominal-code/review/answer/OutputRepair"
export { type ReportedFinding, type ReviewAnswer, type UnplacedFinding } from "@nominal-code/review/answer/ReviewOutput"
export { type AskResult, type PlannedReview } from "@nominal-code/review/Ask"
export { type FittedDiffs, type Portion, type ShownDiff } from "@nominal-code/review/context/DiffBudget"
export { type EvidenceInput, type EvidenceText } from "@nominal-code/review/context/Evidence"
export { type Guidelines } from "@nominal-code/review/context/Guidelines"
export { type PlannedFile, type ReviewPlan } from "@nominal-code/review/context/Plan"
export { type ReviewContext } from "@nominal-code/review/context/ReviewContext"
export { type RepositoryRules } from "@nominal-code/review/context/Rules"
export {
  type AnchorContext,
  type AnchoredFindings,
  type FingerprintedFinding,
  type RepeatedFinding
} from "@nominal-code/review/judgement/Anchor"
export { type CheckContext, type CheckedFindings } from "@nominal-code/review/judgement/Check"
export { type JudgedFinding, type SelectContext, type Selection } from "@nominal-code/review/judgement/Select"
export { type Verdict } from "@nominal-code/review/judgement/Verdict"
export { noVerification, type Verification } from "@nominal-code/review/judgement/Verify"
export { type PriorFinding, type PriorPlace, type RepeatContext } from "@nominal-code/review/ledger/PriorFindings"
export { type ChangesSince } from "@nominal-code/review/prompt/LedgerPrompt"
export { review } from "@nominal-code/review/Review"
export { layer as layerReviewConfig, ReviewConfig } from "@nominal-code/review/ReviewConfig"
export { type AgentError, ReviewSteps } from "@nominal-code/review/ReviewSteps"

/** Pull requests, what happens to them, and what a review says of them. */
export { parseGitDiff } from "@nominal-code/domain/diff/GitDiff"
export { ChangedFile, Side } from "@nominal-code/domain/diff/Patch"
export { Relation } from "@nominal-code/domain/event/Access"
export type { Filters } from "@nominal-code/domain/event/Filters"
export {
  Login,
  Platform,
  PullNumber,
  PullRequest,
  PullRequestRef,
  PullRequestSlug,
  RepoName,
  RepoPath,
  Sha
} from "@nominal-code/domain/event/PullRequest"
export { CommentKind, LifecycleKind, PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
export { FileKind, GeneratedMark } from "@nominal-code/domain/file/FileKind"
export { CoverageCounts, FileCoverage, OmissionReason } from "@nominal-code/domain/review/Coverage"
export { Category, Confidence, Finding, Fingerprint, fingerprint, Severity } from "@nominal-code/domain/review/Finding"
export { Discussion, InlineComment, PostedReview, ReviewDraft, ReviewScope } from "@nominal-code/domain/review/Review"
export { type ReviewRule } from "@nominal-code/domain/review/ReviewRules"

/** Jobs, their lanes, and how their runs end. */
export { Failure, failureText, ModelFailureReason, ServiceName } from "@nominal-code/domain/job/Failure"
export {
  DeliveryId,
  eventKeyOf,
  type HeadRequest,
  Job,
  JobId,
  jobIdOfDelivery,
  jobOfHead,
  JobOutcome,
  SkipReason
} from "@nominal-code/domain/job/Job"
export { Lane, LaneKey, laneKey, Namespace } from "@nominal-code/domain/job/Lane"
export { Notice, NoticeOutcome } from "@nominal-code/domain/job/Notice"
export { ensureWanted, RunNotWanted, RunStillWanted } from "@nominal-code/domain/job/RunStillWanted"
export { Marker, ReviewMode } from "@nominal-code/domain/review/Marker"

/** The configuration, from YAML and the environment. */
export {
  AppConfig,
  type AzureIdentity,
  type CallRateSettings,
  type ClaudeCodeSettings,
  type CloudSettings,
  type GitHubAppSettings,
  type GitHubCredentials,
  type GitHubSettings,
  type GitLabSettings,
  type JobSettings,
  type MetricsSettings,
  type Mode,
  type ProviderSettings,
  type ReconcileSettings,
  type RedisSettings,
  type TracingSettings,
  type WebhookSettings,
  type WorkspaceSettings
} from "@nominal-code/config/AppConfig"
export * as AppConfigLayer from "@nominal-code/config/AppConfigLayer"
export { ConfigError } from "@nominal-code/config/ConfigError"
export {
  type KubernetesSettings,
  type ResourceSettings,
  type SecretVariable,
  type VariablesByPart
} from "@nominal-code/config/KubernetesSettings"
export { Affinity, Toleration } from "@nominal-code/config/PodScheduling"
export { type Flags } from "@nominal-code/config/Values"
export { type Policy } from "@nominal-code/domain/event/Policy"
export {
  AgentSettings,
  Effort,
  type ModelRef,
  ProviderName,
  ReviewSettings,
  RunnerName
} from "@nominal-code/domain/settings/ReviewSettings"
export { type Setting, type Travel, type ValueOf, type ValuesOf } from "@nominal-code/domain/settings/Setting"
export { type SettingType } from "@nominal-code/domain/settings/SettingType"

/** The parts with their options out of `AppConfig`. */
export * as Configured from "./Configured.ts"

/** The forge. */
export { CheckAnnotation, CheckedCommit, CheckState } from "@nominal-code/domain/review/CommitCheck"
export {
  type AnswerFacts,
  type CloneSource,
  Forge,
  type LinkedIssue,
  type OwnPosts,
  type PostedSummary,
  type PullRequestBackground,
  type PullRequestView,
  type ReviewedHead,
  type Thread
} from "@nominal-code/forge/Forge"
export {
  Forbidden,
  ForgeError,
  NotFound,
  RateLimited,
  RefusalReason,
  Refused,
  Unauthorized,
  Unavailable,
  WebhookError
} from "@nominal-code/forge/ForgeError"
export { ForgeNotConfigured, Forges, layer as layerForges, on as onForge } from "@nominal-code/forge/Forges"
export * as GitHub from "@nominal-code/forge/GitHub"
export {
  type GitHubAppIdentity,
  type GitHubIdentity,
  type GitHubOptions,
  type GitHubWebhookOptions
} from "@nominal-code/forge/github/Options"
export * as GitLab from "@nominal-code/forge/GitLab"
export { type GitLabOptions, type GitLabWebhookOptions } from "@nominal-code/forge/gitlab/Options"
export {
  type FailedDeliveries,
  type FailedDelivery,
  type ForgeInventory,
  type FoundChange,
  type FoundComment,
  HeadState,
  Inventories,
  type InventoryRepository,
  type OpenPullRequest,
  type PullRequestLook
} from "@nominal-code/forge/Inventory"
export { type ForgeSetup, type SetupFact } from "@nominal-code/forge/Setup"
export {
  type Delivery,
  type ForgeWebhooks,
  type WebhookHeaders,
  type WebhookRequest,
  Webhooks
} from "@nominal-code/forge/Webhooks"

/** Checkouts, and the tools that read them. */
export { Git, GitError, type GitOptions } from "@nominal-code/workspace/Git"
export * as GitWorkspace from "@nominal-code/workspace/GitWorkspace"
export { type LocalChanges } from "@nominal-code/workspace/LocalChanges"
export * as LocalWorkspace from "@nominal-code/workspace/LocalWorkspace"
export { type Dialogue, type ProcessOutput } from "@nominal-code/workspace/Process"
export { type Remote } from "@nominal-code/workspace/Remote"
export { type Definition, type Outline } from "@nominal-code/workspace/syntax/Outline"
export { type Syntax } from "@nominal-code/workspace/syntax/Syntax"
export { make as makeTool, type Tool, ToolError, type ToolPlace } from "@nominal-code/workspace/Tool"
export {
  type Checkout,
  type CheckoutRequest,
  type WordHit,
  Workspace,
  WorkspaceError,
  type WorkspaceOptions
} from "@nominal-code/workspace/Workspace"

/** The agent: turns of model and tools until an answer is handed in. */
export { type AgentResult, AgentRunner, type AgentTask, type Submission } from "@nominal-code/agent/AgentRunner"
export { layer as layerAgentRunners } from "@nominal-code/agent/AgentRunners"
export * as ApiAgent from "@nominal-code/agent/ApiAgent"
export { type Account as ClaudeCodeAccount } from "@nominal-code/agent/claude/Command"
export * as ClaudeCode from "@nominal-code/agent/ClaudeCode"
export type { Exploration, ExplorerSettings } from "@nominal-code/agent/Explorers"
export { SpendScope } from "@nominal-code/agent/SpendScope"
export {
  type TaskAnswer,
  type TaskCall,
  type TaskModel,
  type TaskModelRequest,
  TaskModels
} from "@nominal-code/agent/TaskModel"

/** The models. */
export { ChatServiceName } from "@nominal-code/domain/model/ChatServices"
export { answerOpenCalls, Block, Conversation, Message } from "@nominal-code/domain/model/Conversation"
export { Usage, UsageSummary } from "@nominal-code/domain/model/Usage"
export * as Anthropic from "@nominal-code/llm/Anthropic"
export { type AwsCredentials } from "@nominal-code/llm/anthropic/Signing"
export * as Azure from "@nominal-code/llm/Azure"
export * as Bedrock from "@nominal-code/llm/Bedrock"
export * as Chat from "@nominal-code/llm/Chat"
export * as Google from "@nominal-code/llm/Google"
export { type CallLimits, LlmError, LlmErrorReason } from "@nominal-code/llm/LlmError"
export {
  LlmProvider,
  type LlmRequest,
  type LlmResponse,
  type ModelPresence,
  type PresenceLookup,
  type ToolSpec
} from "@nominal-code/llm/LlmProvider"
export { layer as layerLlmProviders, LlmProviders } from "@nominal-code/llm/LlmProviders"
export { type ServiceSettings } from "@nominal-code/llm/ModelService"
export * as OpenAi from "@nominal-code/llm/OpenAi"
export { type EntraAddresses, EntraIdentity } from "@nominal-code/llm/openai/EntraToken"
export { limitsWithin as callLimitsWithin } from "@nominal-code/llm/Retry"
export * as Vertex from "@nominal-code/llm/Vertex"

/** The ledger of what models cost. */
export { ModelPrice } from "@nominal-code/domain/model/ModelPrice"
export { SpendLimit } from "@nominal-code/domain/model/SpendLimits"
export {
  type AmountRange,
  type CallCosts,
  DailyCosts,
  Spend,
  type SpendAccount,
  type SpendGrant,
  type SpendRequest,
  type SpendReservation,
  type SpendSettlement,
  SpendSubject,
  type SpendTask
} from "@nominal-code/persistence/Spend"
export * as SpendMemory from "@nominal-code/persistence/SpendMemory"
export * as SpendRedis from "@nominal-code/persistence/SpendRedis"
export * as SpendSqlite from "@nominal-code/persistence/SpendSqlite"

/** The stores of conversations, and the databases under them. */
export { type ConversationOptions, ConversationStore } from "@nominal-code/persistence/ConversationStore"
export * as ConversationStoreMemory from "@nominal-code/persistence/ConversationStoreMemory"
export * as ConversationStoreRedis from "@nominal-code/persistence/ConversationStoreRedis"
export * as ConversationStoreSqlite from "@nominal-code/persistence/ConversationStoreSqlite"
export {
  type Argument as RedisArgument,
  type Command as RedisCommand,
  layer as layerRedis,
  layerConfig as layerRedisConfig,
  Redis,
  type RedisOptions,
  type Reply as RedisReply,
  type TextEncoding
} from "@nominal-code/persistence/Redis"
export { type RedisTarget } from "@nominal-code/persistence/RedisConnection"
export { type RedisScript } from "@nominal-code/persistence/RedisScript"
export { ChannelEvent } from "@nominal-code/persistence/RedisSubscriber"
export {
  layer as layerSqlite,
  layerConfig as layerSqliteConfig,
  type Parameters as SqlParameters,
  type Row as SqlRow,
  Sqlite,
  type Statements as SqlStatements,
  type Values as SqlValues
} from "@nominal-code/persistence/Sqlite"
export { StoreError } from "@nominal-code/persistence/StoreError"

/** The queue: durable lanes, what became of jobs, and the runner that works them. */
export {
  type HeadWork,
  JobQueue,
  type Lease,
  LeaseTask,
  OfferResult,
  QueueLimits,
  type ReadyLane,
  RenewalResult,
  type RunLocation,
  type SettledLease,
  Settlement,
  StopReason
} from "@nominal-code/jobs/JobQueue"
export {
  type Depth,
  EventKind,
  JobRecord,
  JobRecords,
  JobState,
  ServiceWait,
  type UnreadableJob
} from "@nominal-code/jobs/JobRecords"
export { JobRunner } from "@nominal-code/jobs/JobRunner"
export * as QueueWorker from "@nominal-code/jobs/lane/Lane"
export * as MemoryQueue from "@nominal-code/jobs/memory/MemoryQueue"
export { JobRequestResult, QueueAdmin } from "@nominal-code/jobs/QueueAdmin"
export * as RedisQueue from "@nominal-code/jobs/redis/RedisQueue"
export { RedisShards } from "@nominal-code/jobs/redis/RedisShards"
export * as InProcessRunner from "@nominal-code/jobs/run/InProcessRunner"
export { type LeasedRunOptions } from "@nominal-code/jobs/run/LeasedRun"
export { type SettlementOptions } from "@nominal-code/jobs/run/RunSettlement"
export {
  layer as layerServiceBreakers,
  ServiceBreakers,
  ServiceObservation,
  ServiceOutage,
  type ServiceUse
} from "@nominal-code/jobs/run/ServiceBreakers"
export * as SqliteQueue from "@nominal-code/jobs/sqlite/SqliteQueue"

/** The search for missed events. */
export { type LeaseRequest, PeriodicLease } from "@nominal-code/persistence/PeriodicLease"
export { type Quota, Quotas } from "@nominal-code/persistence/Quotas"
export { type DirectHandler, DirectRoutes, make as makeDirectServer } from "@nominal-code/server/DirectServer"
export { type MissedEvent } from "@nominal-code/server/MissedEvents"
export { Reconcile, type ReconcileReport } from "@nominal-code/server/Reconcile"

/** Jobs of Kubernetes. */
export { JobResults, type JobRun } from "@nominal-code/jobs/JobResults"
export * as MemoryJobResults from "@nominal-code/jobs/memory/MemoryJobResults"
export * as MemoryPayloadStore from "@nominal-code/jobs/memory/MemoryPayloadStore"
export { PayloadStore, PayloadTooLarge } from "@nominal-code/jobs/PayloadStore"
export * as RedisJobResults from "@nominal-code/jobs/redis/RedisJobResults"
export * as RedisPayloadStore from "@nominal-code/jobs/redis/RedisPayloadStore"
export {
  KubeClient,
  KubeConfigError,
  type ListerWatcher,
  type ObjectList,
  type WatchEvent
} from "@nominal-code/kubernetes/KubeClient"
export * as KubeClientNode from "@nominal-code/kubernetes/KubeClientNode"
export { KubeError, KubeErrorReason } from "@nominal-code/kubernetes/KubeError"
export {
  type ContainerManifest,
  type EnvironmentVariable,
  type KubeJobManifest,
  type PodManifest,
  type SchedulingManifest
} from "@nominal-code/kubernetes/KubeJobManifest"
export { type KubeJob, type KubePod, type PodProblem } from "@nominal-code/kubernetes/KubeObjects"
export * as KubernetesRunner from "@nominal-code/kubernetes/KubernetesRunner"
export { type KubeJobTemplate } from "@nominal-code/kubernetes/Manifest"

export type { NextCall } from "@nominal-code/llm/CallEstimate"
