/**
 * The library: the parts of Nominal Code, to be composed into pipelines of your own. Each capability is a service with
 * its layers; replace any of them by yours.
 *
 * A module's name is the namespace of what it exports: `GitHub.layer`, `Patch.ChangedFile`.
 */
/** A review of changes on this disk: a branch, a commit, what is staged or the whole working directory. */
import { Context, Duration, Effect, FileSystem, JsonSchema, Layer, LogLevel, Option, Path, Redacted, Schema, Scope } from "effect";
import { ChildProcessSpawner } from "effect/process";
declare namespace Patch_d_exports {
  export { ChangedFile, Side };
}
/** The side of a diff: `LEFT` is the base (deleted lines), `RIGHT` the head (added lines). GitHub's words. */
declare const Side: Schema.Literals<readonly ["LEFT", "RIGHT"]>;
type Side = typeof Side.Type;
declare const ChangedFile_base: Schema.Class<ChangedFile, Schema.Struct<{
  readonly path: Schema.brand<Schema.NonEmptyString, "RepoPath">;
  /** The path at the base, when the change renamed or copied the file. */
  readonly previousPath: Schema.optionalKey<Schema.brand<Schema.NonEmptyString, "RepoPath">>;
  readonly status: Schema.Literals<readonly ["added", "modified", "removed", "renamed", "copied", "changed", "unchanged"]>;
  /** The unified hunks, from the first `@@`. Absent when there are none to show: binary, mode-only, submodule. */
  readonly patch: Schema.optionalKey<Schema.String>;
}>, {}>;
/** One file of a pull request's diff. */
declare class ChangedFile extends ChangedFile_base {}
declare namespace PullRequest_d_exports {
  export { Login, Platform, PullNumber, PullRequest, PullRequestRef, PullRequestSlug, RepoName, RepoPath, Sha };
}
/** The forges that we speak. */
declare const Platform: Schema.Literals<readonly ["github", "gitlab"]>;
type Platform = typeof Platform.Type;
/** `owner/name`, with any number of groups before the name on GitLab. No segment is `.` or `..`: a name becomes a path. */
declare const RepoName: Schema.brand<Schema.String, "RepoName">;
type RepoName = typeof RepoName.Type;
/** The number in `owner/name#7`; the merge request's iid on GitLab. */
declare const PullNumber: Schema.brand<Schema.Int, "PullNumber">;
type PullNumber = typeof PullNumber.Type;
/** A full commit id, SHA-1 or SHA-256 in lower-case hex: never a branch name, never a git option. */
declare const Sha: Schema.brand<Schema.String, "Sha">;
type Sha = typeof Sha.Type;
/** A file's path inside its repository: relative, forward slashes, no `..`, no NUL. */
declare const RepoPath: Schema.brand<Schema.NonEmptyString, "RepoPath">;
type RepoPath = typeof RepoPath.Type;
/** An account's name on its forge. */
declare const Login: Schema.brand<Schema.NonEmptyString, "Login">;
type Login = typeof Login.Type;
declare const PullRequestRef_base: Schema.Class<PullRequestRef, Schema.Struct<{
  readonly platform: Schema.Literals<readonly ["github", "gitlab"]>;
  readonly repo: Schema.brand<Schema.String, "RepoName">;
  readonly number: Schema.brand<Schema.Int, "PullNumber">;
}>, {}>;
/** Which pull request: the forge, the repository, the number. */
declare class PullRequestRef extends PullRequestRef_base {
  /** `owner/name#7`, as people write it. */
  toString(): string;
}
/** The text form `owner/name#7` of a pull request whose forge is known from elsewhere. */
declare const PullRequestSlug: Schema.decodeTo<Schema.Struct<{
  readonly repo: Schema.brand<Schema.String, "RepoName">;
  readonly number: Schema.brand<Schema.Int, "PullNumber">;
}>, Schema.String, never, never>;
declare const PullRequest_base: Schema.Class<PullRequest, Schema.Struct<{
  readonly ref: typeof PullRequestRef;
  readonly title: Schema.String;
  readonly description: Schema.String;
  readonly author: Schema.String;
  readonly state: Schema.Literals<readonly ["open", "closed", "merged"]>;
  readonly draft: Schema.Boolean;
  readonly headSha: Schema.brand<Schema.String, "Sha">;
  readonly headBranch: Schema.String;
  readonly baseSha: Schema.brand<Schema.String, "Sha">;
  readonly baseBranch: Schema.String;
  /** First line of each commit's message, oldest first. */
  readonly commits: Schema.$Array<Schema.String>;
}>, {}>;
/** A pull request as the forge shows it now. */
declare class PullRequest extends PullRequest_base {}
declare namespace Tool_d_exports {
  export { Tool, ToolError, make$3 as make };
}
declare const ToolError_base: Schema.Class<ToolError, Schema.TaggedStruct<"ToolError", {
  readonly message: Schema.String;
}>, import("effect/Cause").YieldableError>;
/** Why a tool did not do it, in words that the model can act on. */
declare class ToolError extends ToolError_base {}
/**
 * Something that the model may ask for. `run` takes what the model wrote, checks it against `input`, and answers with
 * text; its failures are answers too, marked as errors.
 */
interface Tool {
  readonly name: string;
  readonly description: string;
  /** The JSON Schema of `input` is what the model is shown. */
  readonly input: Schema.Top;
  run(input: unknown): Effect.Effect<string, ToolError>;
}
/** A tool from what it does with input that fits its schema; other input is refused, naming the field and its rule. */
declare const make$3: <A, I>(options: {
  readonly name: string;
  readonly description: string;
  readonly input: Schema.Codec<A, I>;
  readonly run: (input: A) => Effect.Effect<string, ToolError>;
}) => Tool;
declare const WorkspaceError_base: Schema.Class<WorkspaceError, Schema.TaggedStruct<"WorkspaceError", {
  readonly message: Schema.String;
  readonly reason: Schema.Literals<readonly ["auth", "forbidden", "not-found", "missing", "redirected", "unreachable", "busy", "disk-full", "corrupt", "timeout", "too-large", "not-installed", "other", "refused", "directory"]>;
}>, import("effect/Cause").YieldableError>;
/** A checkout that could not be made, or git that could not answer. The message holds no secret. */
export declare class WorkspaceError extends WorkspaceError_base {
  /** The same may work later, with nothing changed by a person. */
  get retryable(): boolean;
}
/** What to check out, and with which credentials. */
interface CheckoutRequest {
  readonly repo: RepoName;
  readonly url: string;
  readonly username: string;
  readonly password: Redacted.Redacted;
  /** `refs/pull/7/head`: also there for forks. */
  readonly headRef: string;
  readonly headSha: Sha;
  readonly baseBranch: string;
  readonly baseSha: Sha;
}
/** One commit on disk for the time of one job, and the only hands that may read it. */
interface Checkout {
  readonly directory: string;
  readonly headSha: Sha;
  /** Where the pull request left its base branch: what its diff is taken against. */
  readonly mergeBase: Sha;
  /** The read-only tools: Read, Glob, Grep, GitLog, GitBlame, GitShow, GitDiff. */
  readonly tools: ReadonlyArray<Tool>;
  /** The pull request's own diff as git sees it, from the merge base to the head: every file, with its hunks. */
  readonly changedFiles: Effect.Effect<ReadonlyArray<ChangedFile>, WorkspaceError>;
  /** A file's text at the tip of the base branch: where maintainers, not the pull request, decide. */
  baseFile(path: RepoPath): Effect.Effect<Option.Option<string>, WorkspaceError>;
  /** The files in a directory at the tip of the base branch, by their full paths. */
  baseFiles(directory: RepoPath): Effect.Effect<ReadonlyArray<RepoPath>, WorkspaceError>;
  /** The paths of all files at the reviewed commit (`RIGHT`) or the merge base (`LEFT`). */
  paths(side: "LEFT" | "RIGHT"): Effect.Effect<ReadonlyArray<RepoPath>, WorkspaceError>;
  /** A file's lines at the reviewed commit (`RIGHT`) or the merge base (`LEFT`): what findings are anchored to. */
  lines(side: "LEFT" | "RIGHT", path: RepoPath): Effect.Effect<Option.Option<ReadonlyArray<string>>, WorkspaceError>;
}
declare const Workspace_base: Context.ServiceClass<Workspace, "@nominal-code/workspace/Workspace", {
  /** The checkout is gone when the scope closes. */
  checkout(request: CheckoutRequest): Effect.Effect<Checkout, WorkspaceError, Scope.Scope>;
}>;
/** Checkouts of pull requests: one cached mirror for each repository, one worktree for each job. */
export declare class Workspace extends Workspace_base {}
declare namespace Conversation_d_exports {
  export { Block, Conversation, Message, answerOpenCalls, appendUserText, sizeOf, truncate };
}
/** One piece of a message. A `ToolResult` answers the `ToolUse` of the same id in the message before it. */
declare const Block: Schema.TaggedUnion<{
  readonly Opaque: Schema.TaggedStruct<"Opaque", {
    readonly provider: Schema.String;
    readonly value: Schema.Codec<Schema.Json, Schema.Json, never, never>;
  }>;
  readonly Text: Schema.TaggedStruct<"Text", {
    readonly text: Schema.String;
  }>;
  readonly ToolResult: Schema.TaggedStruct<"ToolResult", {
    readonly toolUseId: Schema.String;
    readonly content: Schema.String;
    readonly isError: Schema.Boolean;
  }>;
  readonly ToolUse: Schema.TaggedStruct<"ToolUse", {
    readonly id: Schema.String;
    readonly name: Schema.String;
    readonly input: Schema.Codec<Schema.Json, Schema.Json, never, never>;
  }>;
}>;
type Block = typeof Block.Type;
declare const Message: Schema.Struct<{
  readonly role: Schema.Literals<readonly ["user", "assistant"]>;
  readonly content: Schema.$Array<Schema.TaggedUnion<{
    readonly Opaque: Schema.TaggedStruct<"Opaque", {
      readonly provider: Schema.String;
      readonly value: Schema.Codec<Schema.Json, Schema.Json, never, never>;
    }>;
    readonly Text: Schema.TaggedStruct<"Text", {
      readonly text: Schema.String;
    }>;
    readonly ToolResult: Schema.TaggedStruct<"ToolResult", {
      readonly toolUseId: Schema.String;
      readonly content: Schema.String;
      readonly isError: Schema.Boolean;
    }>;
    readonly ToolUse: Schema.TaggedStruct<"ToolUse", {
      readonly id: Schema.String;
      readonly name: Schema.String;
      readonly input: Schema.Codec<Schema.Json, Schema.Json, never, never>;
    }>;
  }>>;
}>;
type Message = typeof Message.Type;
/** What a pull request's earlier reviews said to the model and heard from it. Every tool call in it is answered. */
declare const Conversation: Schema.Struct<{
  /** The session id of a runner that keeps its own history. */
  readonly sessionId: Schema.optionalKey<Schema.String>;
  readonly messages: Schema.$Array<Schema.Struct<{
    readonly role: Schema.Literals<readonly ["user", "assistant"]>;
    readonly content: Schema.$Array<Schema.TaggedUnion<{
      readonly Opaque: Schema.TaggedStruct<"Opaque", {
        readonly provider: Schema.String;
        readonly value: Schema.Codec<Schema.Json, Schema.Json, never, never>;
      }>;
      readonly Text: Schema.TaggedStruct<"Text", {
        readonly text: Schema.String;
      }>;
      readonly ToolResult: Schema.TaggedStruct<"ToolResult", {
        readonly toolUseId: Schema.String;
        readonly content: Schema.String;
        readonly isError: Schema.Boolean;
      }>;
      readonly ToolUse: Schema.TaggedStruct<"ToolUse", {
        readonly id: Schema.String;
        readonly name: Schema.String;
        readonly input: Schema.Codec<Schema.Json, Schema.Json, never, never>;
      }>;
    }>>;
  }>>;
}>;
type Conversation = typeof Conversation.Type;
/** The size of a message as it is sent: tool calls and their results count in full. */
declare const sizeOf: (message: Message) => number;
/**
 * Keeps a history within a budget of characters by dropping its oldest exchanges whole: what the user said, and all
 * that it led to. The newest exchange stays even when it is over the budget alone. What is left starts with a user's
 * own words, so it never holds a tool result whose call is gone; a history without any such words comes back empty.
 */
declare const truncate: (messages: ReadonlyArray<Message>, maxCharacters: number) => ReadonlyArray<Message>;
/**
 * Adds what the user says. After a user message (the results of the tools that ended a review) it joins that one, so
 * that the roles go on alternating.
 */
declare const appendUserText: (messages: ReadonlyArray<Message>, text: string) => ReadonlyArray<Message>;
/**
 * Answers the tool calls of the last assistant message that have no result yet, so that the history can be kept: a
 * provider refuses one with an open call. Results come before everything else that the user said after the calls.
 */
declare const answerOpenCalls: (messages: ReadonlyArray<Message>, content?: string) => ReadonlyArray<Message>;
declare namespace ReviewSettings_d_exports {
  export { AgentSettings, ProviderName, ReviewSettings };
}
/** The model services that we speak. */
declare const ProviderName: Schema.Literals<readonly ["anthropic", "openai", "google", "deepseek", "groq", "together", "fireworks"]>;
type ProviderName = typeof ProviderName.Type;
/** Which model, and how many turns it has; 0 turns means no limit. */
declare const AgentSettings: Schema.Struct<{
  readonly provider: Schema.Literals<readonly ["anthropic", "openai", "google", "deepseek", "groq", "together", "fireworks"]>;
  readonly model: Schema.NonEmptyString;
  readonly maxTurns: Schema.Natural;
  /** Replaces the bundled role prompt. */
  readonly systemPrompt: Schema.optionalKey<Schema.String>;
}>;
type AgentSettings = typeof AgentSettings.Type;
/**
 * Everything that decides what a review says and that is no secret. It travels with a job, so that a pod reviews
 * exactly as the server would.
 */
declare const ReviewSettings: Schema.Struct<{
  /** Empty where the bot has no name (a CI step, a terminal). */
  readonly botUsername: Schema.String;
  readonly reviewer: Schema.Struct<{
    readonly provider: Schema.Literals<readonly ["anthropic", "openai", "google", "deepseek", "groq", "together", "fireworks"]>;
    readonly model: Schema.NonEmptyString;
    readonly maxTurns: Schema.Natural;
    /** Replaces the bundled role prompt. */
    readonly systemPrompt: Schema.optionalKey<Schema.String>;
  }>;
  readonly explorer: Schema.Struct<{
    readonly provider: Schema.Literals<readonly ["anthropic", "openai", "google", "deepseek", "groq", "together", "fireworks"]>;
    readonly model: Schema.NonEmptyString;
    readonly maxTurns: Schema.Natural;
    /** Replaces the bundled role prompt. */
    readonly systemPrompt: Schema.optionalKey<Schema.String>;
  }>;
  readonly inlineSuggestions: Schema.Boolean;
  /** Patterns as in a `.gitignore` at the repository's root. A file that matches leaves the diff. */
  readonly ignorePatterns: Schema.$Array<Schema.String>;
  /** Review, but post nothing and save nothing. */
  readonly dryRun: Schema.Boolean;
  readonly ignoreExistingComments: Schema.Boolean;
  readonly codingGuidelines: Schema.String;
  /** Language (`python`, `go`, …) → its guidelines. */
  readonly languageGuidelines: Schema.$Record<Schema.String, Schema.String>;
  /** What one review may cost in US dollars, everything included. Absent: no cap. */
  readonly maxCostUsd: Schema.optionalKey<Schema.Finite>;
}>;
type ReviewSettings = typeof ReviewSettings.Type;
declare namespace Usage_d_exports {
  export { Usage, UsageSummary };
}
declare const Usage_base: Schema.Class<Usage, Schema.Struct<{
  readonly input: Schema.Natural;
  readonly output: Schema.Natural;
  readonly cacheRead: Schema.Natural;
  readonly cacheWrite: Schema.Natural;
}>, {}>;
/** Tokens of one or more model calls. The four counts do not overlap: `input` excludes what was cached. */
declare class Usage extends Usage_base {
  static readonly none: Usage;
  plus(that: Usage): Usage;
  /** All tokens of the call: what the model's context window held, and what it wrote. */
  get total(): number;
}
declare const UsageSummary_base: Schema.Class<UsageSummary, Schema.Struct<{
  readonly provider: Schema.String;
  readonly model: Schema.String;
  readonly usage: typeof Usage;
  readonly costUsd: Schema.optionalKey<Schema.Finite>;
  readonly calls: Schema.Natural;
}>, {}>;
/** What a review used. `costUsd` is absent when the model has no known price. */
declare class UsageSummary extends UsageSummary_base {}
declare namespace Failure_d_exports {
  export { Failure, ModelFailureReason, ServiceName, detailOf, failureText };
}
/** Why a call of a model service brought no answer that can be used. `refused`: it declined the request, and will again. */
declare const ModelFailureReason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded"]>;
type ModelFailureReason = typeof ModelFailureReason.Type;
/**
 * The failure of a run: its stage, which is the tag, and its reason. What a pull request is told is a function of stage and
 * reason alone.
 */
declare const Failure: Schema.TaggedUnion<{
  readonly Bug: Schema.TaggedStruct<"Bug", {
    readonly detail: Schema.String;
  }>;
  readonly Checkout: Schema.TaggedStruct<"Checkout", {
    readonly reason: Schema.Literals<readonly ["unavailable", "failed"]>;
    readonly detail: Schema.String;
  }>;
  readonly Cluster: Schema.TaggedStruct<"Cluster", {
    readonly reason: Schema.Literals<readonly ["unavailable", "forbidden", "refused", "full", "pods-refused", "image", "not-started"]>;
    readonly detail: Schema.String;
  }>;
  readonly Crash: Schema.TaggedStruct<"Crash", {
    readonly detail: Schema.String;
  }>;
  readonly Deadline: Schema.TaggedStruct<"Deadline", {
    readonly detail: Schema.String;
  }>;
  readonly Forge: Schema.TaggedStruct<"Forge", {
    readonly reason: Schema.Literals<readonly ["rate-limited", "unavailable", "unauthorized", "not-found", "refused", "locked", "archived", "sso"]>;
    readonly detail: Schema.String;
  }>;
  readonly Installation: Schema.TaggedStruct<"Installation", {
    readonly detail: Schema.String;
  }>;
  readonly Lease: Schema.TaggedStruct<"Lease", {
    readonly detail: Schema.String;
  }>;
  readonly Model: Schema.TaggedStruct<"Model", {
    readonly reason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded", "no-review"]>;
    readonly detail: Schema.String;
  }>;
  readonly Pod: Schema.TaggedStruct<"Pod", {
    readonly reason: Schema.Literals<readonly ["out-of-memory", "evicted", "killed", "deleted", "stopped", "node-lost", "no-result"]>;
    readonly detail: Schema.String;
  }>;
  readonly Store: Schema.TaggedStruct<"Store", {
    readonly reason: Schema.Literals<readonly ["unavailable", "full"]>;
    readonly detail: Schema.String;
  }>;
}>;
type Failure = typeof Failure.Type;
/** Puts a detail into one line of at most 600 characters. */
declare const detailOf: (text: string) => string;
/** A failure as operators read it in logs and in `jobs list`: `model: anthropic (overloaded): …`. */
declare const failureText: (failure: Failure) => string;
/**
 * A service that jobs wait for while it is away, limited or full: `forge:github`, `model:anthropic`, `cluster`, `store`,
 * and `disk`, the one that the process has its checkouts on.
 */
declare const ServiceName: Schema.brand<Schema.String, "ServiceName">;
type ServiceName = typeof ServiceName.Type;
/** Why a model did not answer. `refused`: it declined the request, and will again. */
export declare const LlmErrorReason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded"]>;
export type LlmErrorReason = ModelFailureReason;
declare const LlmError_base: Schema.Class<LlmError, Schema.TaggedStruct<"LlmError", {
  readonly provider: Schema.String;
  readonly reason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded"]>;
  readonly message: Schema.String;
  /** How long the service asked us to stay away. */
  readonly retryAfter: Schema.optionalKey<Schema.Duration>;
}>, import("effect/Cause").YieldableError>;
/** A model call that failed, after the retries that it was worth. */
export declare class LlmError extends LlmError_base {
  /** The same call may succeed later. */
  get retryable(): boolean;
}
/** How long one call may take. Every figure is well below a job's deadline, so that a call cannot outlive its job. */
interface CallLimits {
  /** Without a byte from the service. */
  readonly idle: Duration.Duration;
  /** One attempt. */
  readonly attempt: Duration.Duration;
  /** All attempts and the waits between them. */
  readonly total: Duration.Duration;
}
/** The answer that the agent has to hand in, and the tool by which it does. */
interface Submission<A> {
  readonly toolName: string;
  readonly description: string;
  /** Its JSON Schema is what the model is shown. */
  readonly input: Schema.Top;
  /**
   * The answer in what the model wrote. A failure's text goes back to the model, which may try again; on the last
   * chance (`lenient`), what is usable of it has to do.
   */
  decode(input: unknown, options: {
    readonly lenient: boolean;
  }): Effect.Effect<A, string>;
}
/** One task for an agent. */
interface AgentTask<A> {
  readonly settings: AgentSettings;
  readonly system: string;
  readonly prompt: string;
  /** The prompt with less in it, and with still less each time, for a model that refuses it as too long; none: no shorter. */
  readonly shorter?: Effect.Effect<Option.Option<string>> | undefined;
  /** What may be read, and nothing else: there is no forge, no network and no shell behind any of them. */
  readonly tools: ReadonlyArray<Tool>;
  readonly history: Conversation;
  readonly submission: Submission<A>;
  /** US dollars that the task may cost; absent: no cap. */
  readonly maxCostUsd?: number | undefined;
}
/** What came of a task. */
interface AgentResult<A> {
  /** None when the turns, the chances or the budget ran out first. */
  readonly answer: Option.Option<A>;
  /** The last text that the model wrote: where an answer may hide that it did not submit. */
  readonly text: string;
  /** Everything said, with every tool call answered: fit to be continued. */
  readonly conversation: Conversation;
  readonly turns: number;
  readonly usage: UsageSummary;
  /** Why it stopped without an answer: `turns`, `budget`, `prose`. */
  readonly stopped: "submitted" | "turns" | "budget" | "prose";
}
declare const AgentRunner_base: Context.ServiceClass<AgentRunner, "@nominal-code/agent/AgentRunner", {
  run<A>(task: AgentTask<A>): Effect.Effect<AgentResult<A>, LlmError>;
}>;
/** Turns a task into an answer. There is no `Forge` in its requirements: what the model says cannot reach one. */
export declare class AgentRunner extends AgentRunner_base {}
declare namespace PullRequestEvent_d_exports {
  export { CommentKind, LifecycleKind, PullRequestEvent };
}
/** What happened to a pull request's life. The names are those of `reviewer.triggers`. */
declare const LifecycleKind: Schema.Literals<readonly ["pr_opened", "pr_push", "pr_reopened", "pr_ready_for_review"]>;
type LifecycleKind = typeof LifecycleKind.Type;
/** Where somebody wrote. `note` is GitLab's one kind for all of them. */
declare const CommentKind: Schema.Literals<readonly ["issue_comment", "review_comment", "review", "note"]>;
type CommentKind = typeof CommentKind.Type;
/**
 * A forge's delivery, normalized: what a webhook says about a pull request, and nothing that is secret.
 * `installationId` travels so that the process that runs the job can mint its own token.
 */
declare const PullRequestEvent: Schema.TaggedUnion<{
  readonly Comment: Schema.TaggedStruct<"Comment", {
    readonly kind: Schema.Literals<readonly ["issue_comment", "review_comment", "review", "note"]>;
    readonly pullRequest: typeof PullRequestRef;
    readonly title: Schema.String;
    readonly author: Schema.brand<Schema.NonEmptyString, "Login">;
    /** The forge says that a program wrote it: never answered, whatever the allow-list says. */
    readonly authorIsBot: Schema.Boolean;
    readonly commentId: Schema.Int;
    /** The comment that a reply must name: the thread's first one. Absent when this is the first. */
    readonly threadId: Schema.optionalKey<Schema.String>;
    readonly body: Schema.String;
    /** Of a comment on the diff: the file and the hunk that it stands on. */
    readonly filePath: Schema.optionalKey<Schema.brand<Schema.NonEmptyString, "RepoPath">>;
    readonly diffHunk: Schema.optionalKey<Schema.String>;
    /** The line that it stands on, counted in the file of its `side`; the last one of a range. */
    readonly line: Schema.optionalKey<Schema.Int>;
    readonly side: Schema.optionalKey<Schema.Literals<readonly ["LEFT", "RIGHT"]>>;
    readonly installationId: Schema.optionalKey<Schema.Int>;
  }>;
  readonly Lifecycle: Schema.TaggedStruct<"Lifecycle", {
    readonly kind: Schema.Literals<readonly ["pr_opened", "pr_push", "pr_reopened", "pr_ready_for_review"]>;
    readonly pullRequest: typeof PullRequestRef;
    readonly title: Schema.String;
    readonly author: Schema.brand<Schema.NonEmptyString, "Login">;
    readonly headSha: Schema.brand<Schema.String, "Sha">;
    readonly headBranch: Schema.String;
    readonly baseBranch: Schema.String;
    readonly installationId: Schema.optionalKey<Schema.Int>;
  }>;
}>;
type PullRequestEvent = typeof PullRequestEvent.Type;
/** Who may ask for reviews, of what, and what starts one by itself. */
declare const Policy: Schema.Struct<{
  readonly botUsername: Schema.String;
  /** Who may ask by a mention. Nobody else can: an empty list admits nobody. */
  readonly allowedUsers: Schema.$Array<Schema.String>;
  /** Empty: every repository. */
  readonly allowedRepos: Schema.$Array<Schema.String>;
  /** Lower-case. A title needs one of them in square brackets, where there are any. */
  readonly titleIncludeTags: Schema.$Array<Schema.String>;
  /** Lower-case. A title with one of them in square brackets is left alone. */
  readonly titleExcludeTags: Schema.$Array<Schema.String>;
  readonly triggers: Schema.$Array<Schema.Literals<readonly ["pr_opened", "pr_push", "pr_reopened", "pr_ready_for_review"]>>;
}>;
type Policy = typeof Policy.Type;
/** A taint of nodes that a pod bears. */
declare const Toleration: Schema.Struct<{
  readonly key: Schema.optionalKey<Schema.String>;
  readonly operator: Schema.optionalKey<Schema.Literals<readonly ["Exists", "Equal"]>>;
  readonly value: Schema.optionalKey<Schema.String>;
  readonly effect: Schema.optionalKey<Schema.Literals<readonly ["NoSchedule", "PreferNoSchedule", "NoExecute"]>>;
  readonly tolerationSeconds: Schema.optionalKey<Schema.Int>;
}>;
type Toleration = typeof Toleration.Type;
/** The affinity of a pod: nodes that it needs or prefers, and pods that it is to run beside or apart from. */
declare const Affinity: Schema.Struct<{
  readonly nodeAffinity: Schema.optionalKey<Schema.Struct<{
    readonly requiredDuringSchedulingIgnoredDuringExecution: Schema.optionalKey<Schema.Struct<{
      readonly nodeSelectorTerms: Schema.mutable<Schema.$Array<Schema.Struct<{
        readonly matchExpressions: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.Struct<{
          readonly key: Schema.String;
          readonly operator: Schema.String;
          readonly values: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.String>>>;
        }>>>>;
        readonly matchFields: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.Struct<{
          readonly key: Schema.String;
          readonly operator: Schema.String;
          readonly values: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.String>>>;
        }>>>>;
      }>>>;
    }>>;
    readonly preferredDuringSchedulingIgnoredDuringExecution: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.Struct<{
      readonly weight: Schema.Int;
      readonly preference: Schema.Struct<{
        readonly matchExpressions: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.Struct<{
          readonly key: Schema.String;
          readonly operator: Schema.String;
          readonly values: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.String>>>;
        }>>>>;
        readonly matchFields: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.Struct<{
          readonly key: Schema.String;
          readonly operator: Schema.String;
          readonly values: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.String>>>;
        }>>>>;
      }>;
    }>>>>;
  }>>;
  readonly podAffinity: Schema.optionalKey<Schema.Struct<{
    readonly requiredDuringSchedulingIgnoredDuringExecution: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.Struct<{
      readonly topologyKey: Schema.String;
      readonly labelSelector: Schema.optionalKey<Schema.Struct<{
        readonly matchLabels: Schema.optionalKey<Schema.$Record<Schema.String, Schema.String>>;
        readonly matchExpressions: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.Struct<{
          readonly key: Schema.String;
          readonly operator: Schema.String;
          readonly values: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.String>>>;
        }>>>>;
      }>>;
      readonly namespaces: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.String>>>;
      readonly namespaceSelector: Schema.optionalKey<Schema.Struct<{
        readonly matchLabels: Schema.optionalKey<Schema.$Record<Schema.String, Schema.String>>;
        readonly matchExpressions: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.Struct<{
          readonly key: Schema.String;
          readonly operator: Schema.String;
          readonly values: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.String>>>;
        }>>>>;
      }>>;
      readonly matchLabelKeys: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.String>>>;
      readonly mismatchLabelKeys: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.String>>>;
    }>>>>;
    readonly preferredDuringSchedulingIgnoredDuringExecution: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.Struct<{
      readonly weight: Schema.Int;
      readonly podAffinityTerm: Schema.Struct<{
        readonly topologyKey: Schema.String;
        readonly labelSelector: Schema.optionalKey<Schema.Struct<{
          readonly matchLabels: Schema.optionalKey<Schema.$Record<Schema.String, Schema.String>>;
          readonly matchExpressions: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.Struct<{
            readonly key: Schema.String;
            readonly operator: Schema.String;
            readonly values: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.String>>>;
          }>>>>;
        }>>;
        readonly namespaces: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.String>>>;
        readonly namespaceSelector: Schema.optionalKey<Schema.Struct<{
          readonly matchLabels: Schema.optionalKey<Schema.$Record<Schema.String, Schema.String>>;
          readonly matchExpressions: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.Struct<{
            readonly key: Schema.String;
            readonly operator: Schema.String;
            readonly values: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.String>>>;
          }>>>>;
        }>>;
        readonly matchLabelKeys: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.String>>>;
        readonly mismatchLabelKeys: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.String>>>;
      }>;
    }>>>>;
  }>>;
  readonly podAntiAffinity: Schema.optionalKey<Schema.Struct<{
    readonly requiredDuringSchedulingIgnoredDuringExecution: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.Struct<{
      readonly topologyKey: Schema.String;
      readonly labelSelector: Schema.optionalKey<Schema.Struct<{
        readonly matchLabels: Schema.optionalKey<Schema.$Record<Schema.String, Schema.String>>;
        readonly matchExpressions: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.Struct<{
          readonly key: Schema.String;
          readonly operator: Schema.String;
          readonly values: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.String>>>;
        }>>>>;
      }>>;
      readonly namespaces: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.String>>>;
      readonly namespaceSelector: Schema.optionalKey<Schema.Struct<{
        readonly matchLabels: Schema.optionalKey<Schema.$Record<Schema.String, Schema.String>>;
        readonly matchExpressions: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.Struct<{
          readonly key: Schema.String;
          readonly operator: Schema.String;
          readonly values: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.String>>>;
        }>>>>;
      }>>;
      readonly matchLabelKeys: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.String>>>;
      readonly mismatchLabelKeys: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.String>>>;
    }>>>>;
    readonly preferredDuringSchedulingIgnoredDuringExecution: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.Struct<{
      readonly weight: Schema.Int;
      readonly podAffinityTerm: Schema.Struct<{
        readonly topologyKey: Schema.String;
        readonly labelSelector: Schema.optionalKey<Schema.Struct<{
          readonly matchLabels: Schema.optionalKey<Schema.$Record<Schema.String, Schema.String>>;
          readonly matchExpressions: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.Struct<{
            readonly key: Schema.String;
            readonly operator: Schema.String;
            readonly values: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.String>>>;
          }>>>>;
        }>>;
        readonly namespaces: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.String>>>;
        readonly namespaceSelector: Schema.optionalKey<Schema.Struct<{
          readonly matchLabels: Schema.optionalKey<Schema.$Record<Schema.String, Schema.String>>;
          readonly matchExpressions: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.Struct<{
            readonly key: Schema.String;
            readonly operator: Schema.String;
            readonly values: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.String>>>;
          }>>>>;
        }>>;
        readonly matchLabelKeys: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.String>>>;
        readonly mismatchLabelKeys: Schema.optionalKey<Schema.mutable<Schema.$Array<Schema.String>>>;
      }>;
    }>>>>;
  }>>;
}>;
type Affinity = typeof Affinity.Type;
/** What the process is for: it decides which settings have to be there. */
type Mode = "serve" | "run-job" | "review" | "jobs";
/** A GitHub App: it mints a token for each installation. */
interface GitHubAppSettings {
  /** The App's id or its client id. */
  readonly appId: string;
  /** A PEM, PKCS#1 or PKCS#8, with real line breaks. */
  readonly privateKey: Redacted.Redacted;
  /** The installation of deliveries that name none. Absent: GitHub is asked for the repository's installation. */
  readonly installationId: Option.Option<number>;
}
/** As whom GitHub is called: as the owner of a token, or as an App. */
type GitHubCredentials = {
  readonly _tag: "Token";
  readonly token: Redacted.Redacted;
} | ({
  readonly _tag: "App";
} & GitHubAppSettings);
/** How to reach GitHub, and as whom. */
interface GitHubSettings {
  readonly credentials: GitHubCredentials;
  /** Absent only where `webhook.allow_unsigned` says so, or where no webhook is served. */
  readonly webhookSecret: Option.Option<Redacted.Redacted>;
  /** REST root without a trailing slash: `https://api.github.com`, or `https://ghe.example/api/v3`. */
  readonly apiBase: string;
  /** Where repositories are cloned from, derived from `apiBase`: `https://github.com`, `https://ghe.example`. */
  readonly cloneBase: string;
}
/** The HTTP listener. */
interface WebhookSettings {
  readonly host: string;
  readonly port: number;
  readonly allowUnsigned: boolean;
}
/** How much runs at once, and for how long. */
interface JobSettings {
  readonly maxConcurrent: number;
  /** Attempts of one job before it is parked. */
  readonly maxAttempts: number;
  /** The age at which a job that waits for services is given up. */
  readonly giveUpAfter: Duration.Duration;
  /** The longest that one run may take. */
  readonly deadline: Duration.Duration;
  /** What running reviews may take to finish after SIGTERM. */
  readonly gracePeriod: Duration.Duration;
}
/** Where checkouts live, and how much of the disk they may use. */
interface WorkspaceSettings {
  readonly baseDir: string;
  readonly maxBytes: number;
  readonly maxAge: Duration.Duration;
}
/** The Redis that several processes share. The URL may hold a password. */
interface RedisSettings {
  readonly url: Redacted.Redacted;
  readonly sentinelPassword: Option.Option<Redacted.Redacted>;
  /** Into how many parts the queue is divided; none: as it is. */
  readonly shards: Option.Option<number>;
  /** The number of replicas that must have a job before it counts as accepted. */
  readonly waitReplicas: number;
}
/** CPU and memory in Kubernetes' own notation; what is absent is not set. */
interface ResourceSettings {
  readonly cpu: Option.Option<string>;
  readonly memory: Option.Option<string>;
}
/** An entry of a Secret, and whether a pod cannot start without it. */
interface SecretVariable {
  readonly name: string;
  readonly required: boolean;
}
/** What a review's Kubernetes Job is made of. */
interface KubernetesSettings {
  readonly image: string;
  readonly namespace: string;
  readonly serviceAccount: Option.Option<string>;
  readonly imagePullPolicy: Option.Option<"Always" | "Never" | "IfNotPresent">;
  readonly backoffLimit: number;
  readonly activeDeadline: Duration.Duration;
  readonly ttlAfterFinished: Duration.Duration;
  /** The Secrets that a pod's variables come from. */
  readonly envFromSecrets: ReadonlyArray<string>;
  /** The entries of those Secrets that a review may need, each by the name of its variable. */
  readonly secretVariables: ReadonlyArray<SecretVariable>;
  /** What else a pod has to know of these settings, by variable. No secret, and no URL with one. */
  readonly environment: Readonly<Record<string, string>>;
  readonly requests: ResourceSettings;
  readonly limits: ResourceSettings;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly priorityClass: Option.Option<string>;
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: ReadonlyArray<Toleration>;
  readonly affinity: Option.Option<Affinity>;
  readonly runtimeClass: Option.Option<string>;
  readonly imagePullSecrets: ReadonlyArray<string>;
  /** The LocalQueue of Kueue that admits the Jobs; `{owner}` in it is the repository's owner. */
  readonly queue: Option.Option<string>;
}
/** A model service's endpoint and key. */
interface ProviderSettings {
  readonly name: ProviderName;
  readonly apiKey: Redacted.Redacted;
  readonly baseUrl: Option.Option<string>;
}
declare const AppConfig_base: Context.ServiceClass<AppConfig, "@nominal-code/config/AppConfig", {
  readonly dataDir: string;
  /** `memory` loses everything at exit, and has to be asked for. */
  readonly storage: "sqlite" | "memory" | "redis";
  /** Present where `storage` is `redis`. */
  readonly redis: Option.Option<RedisSettings>;
  /** Where it is present, each review runs as a Job of its own; `redis` is present then, too. */
  readonly kubernetes: Option.Option<KubernetesSettings>;
  readonly github: Option.Option<GitHubSettings>;
  readonly webhook: WebhookSettings;
  readonly policy: Policy;
  /** The effect of a push on a running review of its pull request that nobody asked for. */
  readonly onPush: "finish" | "supersede";
  readonly jobs: JobSettings;
  readonly workspace: WorkspaceSettings;
  /** The providers that the reviewer and the explorer use, with their keys; for a job, all whose keys are there. */
  readonly providers: ReadonlyArray<ProviderSettings>;
  readonly review: ReviewSettings;
  /** How long a pull request's conversation is kept after its last review. */
  readonly conversationTtl: Duration.Duration;
  readonly logLevel: LogLevel.LogLevel;
  /** Every secret text that the process was given, whatever for: what redaction hides. */
  readonly secrets: ReadonlyArray<Redacted.Redacted>;
  /** What is odd but not wrong, to be logged at start. */
  readonly warnings: ReadonlyArray<string>;
}>;
/**
 * The whole configuration, resolved and checked: defaults, then YAML, then environment. Nothing else reads the
 * environment, and nothing changes it after start.
 */
export declare class AppConfig extends AppConfig_base {}
declare namespace Finding_d_exports {
  export { Category, Confidence, Finding, Fingerprint, Severity, claimWords, fingerprint };
}
/** How bad it is if the finding is right, worst first. */
declare const Severity: Schema.Literals<readonly ["critical", "high", "medium", "low"]>;
type Severity = typeof Severity.Type;
/** How sure the model is that the finding is right. */
declare const Confidence: Schema.Literals<readonly ["high", "medium", "low"]>;
type Confidence = typeof Confidence.Type;
/** What kind of defect it is. */
declare const Category: Schema.Literals<readonly ["bug", "security", "performance", "concurrency", "error-handling", "tests", "readability", "documentation", "other"]>;
type Category = typeof Category.Type;
declare const Finding_base: Schema.Class<Finding, Schema.Struct<{
  readonly path: Schema.brand<Schema.NonEmptyString, "RepoPath">;
  readonly line: Schema.Int;
  readonly startLine: Schema.optionalKey<Schema.Int>;
  readonly side: Schema.Literals<readonly ["LEFT", "RIGHT"]>;
  readonly body: Schema.NonEmptyString;
  readonly suggestion: Schema.optionalKey<Schema.String>;
  readonly severity: Schema.Literals<readonly ["critical", "high", "medium", "low"]>;
  readonly confidence: Schema.Literals<readonly ["high", "medium", "low"]>;
  readonly category: Schema.Literals<readonly ["bug", "security", "performance", "concurrency", "error-handling", "tests", "readability", "documentation", "other"]>;
}>, {}>;
/**
 * What the reviewer says about one place. `line` counts in the file of its `side`; `startLine` opens a range that ends
 * at `line`. A suggestion replaces the lines of the range, and stands on the right side only.
 */
declare class Finding extends Finding_base {}
/** A finding's identity across pushes: 16 hex digits over category, path, normalised code and claim; no line number. */
declare const Fingerprint: Schema.brand<Schema.String, "Fingerprint">;
type Fingerprint = typeof Fingerprint.Type;
/** The words of the first paragraph that says enough, else of the whole body: each once, in alphabetical order. */
declare const claimWords: (body: string) => ReadonlyArray<string>;
/**
 * The identity of a finding: its category, its path, the code that it stands on and what it claims. `code` is the text
 * of its lines, `startLine` to `line`. The same defect keeps its fingerprint when lines shift or the code is indented
 * anew, and loses it when the code changes.
 *
 * The claim is the first paragraph of the body without case, order, repetition, punctuation, numbers and filler words:
 * it survives a sentence turned round or a number corrected, not one with other words.
 */
declare const fingerprint: (finding: Finding, code: ReadonlyArray<string>) => Fingerprint;
/** A difference in a repository on this disk. */
interface LocalChanges {
  /** The directory that holds `.git`. */
  readonly repository: string;
  /** What the changes are taken against: a branch, a tag or a commit. */
  readonly base: string;
  /** What is reviewed: a branch, a tag or a commit; `worktree`: everything uncommitted; `staged`: what is in the index. */
  readonly head: string;
}
/** A review of changes on this disk. */
interface ReviewedChanges {
  /** Markdown. Findings without a place in the diff are listed in it. */
  readonly summary: string;
  /** Findings that have their place in the diff, in its order. */
  readonly findings: ReadonlyArray<Finding>;
  readonly headSha: Sha;
  readonly usage: Option.Option<UsageSummary>;
}
/** What to review, and what to look at in particular. */
interface ReviewChangesOptions extends LocalChanges {
  readonly instructions?: string;
}
declare const NotReviewed_base: Schema.Class<NotReviewed, Schema.TaggedStruct<"NotReviewed", {
  readonly reason: Schema.Literals<readonly ["nothing-to-review", "failed"]>;
  readonly message: Schema.String;
}>, import("effect/Cause").YieldableError>;
/** The changes were not reviewed: there is nothing to review, or the review failed. */
export declare class NotReviewed extends NotReviewed_base {
  static readonly failed: (failure: Failure) => NotReviewed;
}
/**
 * Reviews changes of a repository on this disk: a branch, a commit, what is staged or the whole working directory. It
 * posts nothing and needs no forge. The model is the `AgentRunner` of the context, with the settings of `AppConfig`.
 */
export declare const reviewChanges: (options: ReviewChangesOptions) => Effect.Effect<ReviewedChanges, NotReviewed | WorkspaceError, AgentRunner | AppConfig | import("effect/process/ChildProcessSpawner").ChildProcessSpawner | import("effect/FileSystem").FileSystem | import("effect/Path").Path>;
declare namespace Lane_d_exports {
  export { Lane, LaneKey, Namespace, laneKey };
}
/** A tenant's name, empty where there is one tenant only. */
declare const Namespace: Schema.brand<Schema.String, "Namespace">;
type Namespace = typeof Namespace.Type;
declare const Lane_base: Schema.Class<Lane, Schema.Struct<{
  readonly namespace: Schema.brand<Schema.String, "Namespace">;
  readonly platform: Schema.Literals<readonly ["github", "gitlab"]>;
  readonly repo: Schema.brand<Schema.String, "RepoName">;
  readonly number: Schema.brand<Schema.Int, "PullNumber">;
  readonly bot: Schema.brand<Schema.NonEmptyString, "Login">;
}>, {}>;
/**
 * The unit of serialization: at most one job of a lane runs at any time, in the order of arrival.
 * A bot's reviews of one pull request share a lane; two pull requests never do.
 */
declare class Lane extends Lane_base {}
/**
 * `platform:repo:pr:bot`, after `namespace:` where there is one. No part can hold a colon, so distinct lanes have
 * distinct keys.
 */
declare const LaneKey: Schema.decodeTo<typeof Lane, Schema.String, never, never>;
/** A lane's key as text, for logs and for stores. */
declare const laneKey: (lane: Lane) => string;
declare const StoreError_base: Schema.Class<StoreError, Schema.TaggedStruct<"StoreError", {
  readonly operation: Schema.String;
  readonly message: Schema.String;
  readonly reason: Schema.Literals<readonly ["unavailable", "full", "failed"]>;
}>, import("effect/Cause").YieldableError>;
/** A failed call of a store. `message` is one line for operators. */
export declare class StoreError extends StoreError_base {
  /** Whether it may succeed later. */
  get retryable(): boolean;
}
declare const ConversationStore_base: Context.ServiceClass<ConversationStore, "@nominal-code/persistence/ConversationStore", {
  load(lane: Lane): Effect.Effect<Option.Option<Conversation>, StoreError>;
  save(lane: Lane, conversation: Conversation): Effect.Effect<void, StoreError>;
}>;
/**
 * What a pull request's reviews have said so far, kept until it has rested for the configured time.
 * What cannot be read any more is treated as absent: a review never fails for the lack of its history.
 */
export declare class ConversationStore extends ConversationStore_base {}
declare namespace Job_d_exports {
  export { DeliveryId, Job, JobId, JobOutcome, SkipReason, eventKeyOf, isSettled, jobIdOfDelivery, reviewedHead };
}
/** The forge's own id of a webhook delivery. GitHub sends the same one when it delivers again. */
declare const DeliveryId: Schema.brand<Schema.NonEmptyString, "DeliveryId">;
type DeliveryId = typeof DeliveryId.Type;
/** Lower-case hex, so that a Kubernetes name, a file name and a log line can all hold it. */
declare const JobId: Schema.brand<Schema.String, "JobId">;
type JobId = typeof JobId.Type;
/** A delivery's job. A function of the delivery: delivered twice, it is the same job. */
declare const jobIdOfDelivery: (platform: Platform, delivery: DeliveryId) => JobId;
declare const Job_base: Schema.Class<Job, Schema.Struct<{
  readonly id: Schema.brand<Schema.String, "JobId">;
  readonly lane: typeof Lane;
  readonly event: Schema.TaggedUnion<{
    readonly Comment: Schema.TaggedStruct<"Comment", {
      readonly kind: Schema.Literals<readonly ["issue_comment", "review_comment", "review", "note"]>;
      readonly pullRequest: typeof PullRequestRef;
      readonly title: Schema.String;
      readonly author: Schema.brand<Schema.NonEmptyString, "Login">;
      readonly authorIsBot: Schema.Boolean;
      readonly commentId: Schema.Int;
      readonly threadId: Schema.optionalKey<Schema.String>;
      readonly body: Schema.String;
      readonly filePath: Schema.optionalKey<Schema.brand<Schema.NonEmptyString, "RepoPath">>;
      readonly diffHunk: Schema.optionalKey<Schema.String>;
      readonly line: Schema.optionalKey<Schema.Int>;
      readonly side: Schema.optionalKey<Schema.Literals<readonly ["LEFT", "RIGHT"]>>;
      readonly installationId: Schema.optionalKey<Schema.Int>;
    }>;
    readonly Lifecycle: Schema.TaggedStruct<"Lifecycle", {
      readonly kind: Schema.Literals<readonly ["pr_opened", "pr_push", "pr_reopened", "pr_ready_for_review"]>;
      readonly pullRequest: typeof PullRequestRef;
      readonly title: Schema.String;
      readonly author: Schema.brand<Schema.NonEmptyString, "Login">;
      readonly headSha: Schema.brand<Schema.String, "Sha">;
      readonly headBranch: Schema.String;
      readonly baseBranch: Schema.String;
      readonly installationId: Schema.optionalKey<Schema.Int>;
    }>;
  }>;
  /** What the person asked for beside the mention; empty for a lifecycle event. */
  readonly prompt: Schema.String;
  readonly delivery: Schema.brand<Schema.NonEmptyString, "DeliveryId">;
  /** Milliseconds since the epoch at which the webhook arrived. */
  readonly receivedAt: Schema.Int;
}>, {}>;
/** One accepted request for a review. It names things; it holds no secret and no URL with one. */
declare class Job extends Job_base {}
/**
 * The identity of an event within its pull request, whichever hook delivered it: a comment's is its id, a lifecycle
 * event's the head that it was about. Two deliveries with the same key tell of the same event.
 */
declare const eventKeyOf: (value: {
  readonly _tag: "Comment";
  readonly kind: "issue_comment" | "note" | "review" | "review_comment";
  readonly pullRequest: PullRequestRef;
  readonly title: string;
  readonly author: string & import("effect/Brand").Brand<"Login">;
  readonly authorIsBot: boolean;
  readonly commentId: number;
  readonly threadId?: string;
  readonly body: string;
  readonly filePath?: string & import("effect/Brand").Brand<"RepoPath">;
  readonly diffHunk?: string;
  readonly line?: number;
  readonly side?: "LEFT" | "RIGHT";
  readonly installationId?: number;
} | {
  readonly _tag: "Lifecycle";
  readonly kind: "pr_opened" | "pr_push" | "pr_ready_for_review" | "pr_reopened";
  readonly pullRequest: PullRequestRef;
  readonly title: string;
  readonly author: string & import("effect/Brand").Brand<"Login">;
  readonly headSha: string & import("effect/Brand").Brand<"Sha">;
  readonly headBranch: string;
  readonly baseBranch: string;
  readonly installationId?: number;
}) => string;
/** Why a job ended without a review. */
declare const SkipReason: Schema.Literals<readonly ["closed", "merged", "draft", "nothing-to-review", "head-reviewed"]>;
type SkipReason = typeof SkipReason.Type;
/** How a run of a job ended. */
declare const JobOutcome: Schema.TaggedUnion<{
  readonly Failed: Schema.TaggedStruct<"Failed", {
    readonly failure: Schema.TaggedUnion<{
      readonly Bug: Schema.TaggedStruct<"Bug", {
        readonly detail: Schema.String;
      }>;
      readonly Checkout: Schema.TaggedStruct<"Checkout", {
        readonly reason: Schema.Literals<readonly ["unavailable", "failed"]>;
        readonly detail: Schema.String;
      }>;
      readonly Cluster: Schema.TaggedStruct<"Cluster", {
        readonly reason: Schema.Literals<readonly ["unavailable", "forbidden", "refused", "full", "pods-refused", "image", "not-started"]>;
        readonly detail: Schema.String;
      }>;
      readonly Crash: Schema.TaggedStruct<"Crash", {
        readonly detail: Schema.String;
      }>;
      readonly Deadline: Schema.TaggedStruct<"Deadline", {
        readonly detail: Schema.String;
      }>;
      readonly Forge: Schema.TaggedStruct<"Forge", {
        readonly reason: Schema.Literals<readonly ["rate-limited", "unavailable", "unauthorized", "not-found", "refused", "locked", "archived", "sso"]>;
        readonly detail: Schema.String;
      }>;
      readonly Installation: Schema.TaggedStruct<"Installation", {
        readonly detail: Schema.String;
      }>;
      readonly Lease: Schema.TaggedStruct<"Lease", {
        readonly detail: Schema.String;
      }>;
      readonly Model: Schema.TaggedStruct<"Model", {
        readonly reason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded", "no-review"]>;
        readonly detail: Schema.String;
      }>;
      readonly Pod: Schema.TaggedStruct<"Pod", {
        readonly reason: Schema.Literals<readonly ["out-of-memory", "evicted", "killed", "deleted", "stopped", "node-lost", "no-result"]>;
        readonly detail: Schema.String;
      }>;
      readonly Store: Schema.TaggedStruct<"Store", {
        readonly reason: Schema.Literals<readonly ["unavailable", "full"]>;
        readonly detail: Schema.String;
      }>;
    }>;
    readonly retryable: Schema.Boolean;
  }>;
  readonly Lost: Schema.TaggedStruct<"Lost", {
    readonly failure: Schema.TaggedUnion<{
      readonly Bug: Schema.TaggedStruct<"Bug", {
        readonly detail: Schema.String;
      }>;
      readonly Checkout: Schema.TaggedStruct<"Checkout", {
        readonly reason: Schema.Literals<readonly ["unavailable", "failed"]>;
        readonly detail: Schema.String;
      }>;
      readonly Cluster: Schema.TaggedStruct<"Cluster", {
        readonly reason: Schema.Literals<readonly ["unavailable", "forbidden", "refused", "full", "pods-refused", "image", "not-started"]>;
        readonly detail: Schema.String;
      }>;
      readonly Crash: Schema.TaggedStruct<"Crash", {
        readonly detail: Schema.String;
      }>;
      readonly Deadline: Schema.TaggedStruct<"Deadline", {
        readonly detail: Schema.String;
      }>;
      readonly Forge: Schema.TaggedStruct<"Forge", {
        readonly reason: Schema.Literals<readonly ["rate-limited", "unavailable", "unauthorized", "not-found", "refused", "locked", "archived", "sso"]>;
        readonly detail: Schema.String;
      }>;
      readonly Installation: Schema.TaggedStruct<"Installation", {
        readonly detail: Schema.String;
      }>;
      readonly Lease: Schema.TaggedStruct<"Lease", {
        readonly detail: Schema.String;
      }>;
      readonly Model: Schema.TaggedStruct<"Model", {
        readonly reason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded", "no-review"]>;
        readonly detail: Schema.String;
      }>;
      readonly Pod: Schema.TaggedStruct<"Pod", {
        readonly reason: Schema.Literals<readonly ["out-of-memory", "evicted", "killed", "deleted", "stopped", "node-lost", "no-result"]>;
        readonly detail: Schema.String;
      }>;
      readonly Store: Schema.TaggedStruct<"Store", {
        readonly reason: Schema.Literals<readonly ["unavailable", "full"]>;
        readonly detail: Schema.String;
      }>;
    }>;
  }>;
  readonly Postponed: Schema.TaggedStruct<"Postponed", {
    readonly failure: Schema.TaggedUnion<{
      readonly Bug: Schema.TaggedStruct<"Bug", {
        readonly detail: Schema.String;
      }>;
      readonly Checkout: Schema.TaggedStruct<"Checkout", {
        readonly reason: Schema.Literals<readonly ["unavailable", "failed"]>;
        readonly detail: Schema.String;
      }>;
      readonly Cluster: Schema.TaggedStruct<"Cluster", {
        readonly reason: Schema.Literals<readonly ["unavailable", "forbidden", "refused", "full", "pods-refused", "image", "not-started"]>;
        readonly detail: Schema.String;
      }>;
      readonly Crash: Schema.TaggedStruct<"Crash", {
        readonly detail: Schema.String;
      }>;
      readonly Deadline: Schema.TaggedStruct<"Deadline", {
        readonly detail: Schema.String;
      }>;
      readonly Forge: Schema.TaggedStruct<"Forge", {
        readonly reason: Schema.Literals<readonly ["rate-limited", "unavailable", "unauthorized", "not-found", "refused", "locked", "archived", "sso"]>;
        readonly detail: Schema.String;
      }>;
      readonly Installation: Schema.TaggedStruct<"Installation", {
        readonly detail: Schema.String;
      }>;
      readonly Lease: Schema.TaggedStruct<"Lease", {
        readonly detail: Schema.String;
      }>;
      readonly Model: Schema.TaggedStruct<"Model", {
        readonly reason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded", "no-review"]>;
        readonly detail: Schema.String;
      }>;
      readonly Pod: Schema.TaggedStruct<"Pod", {
        readonly reason: Schema.Literals<readonly ["out-of-memory", "evicted", "killed", "deleted", "stopped", "node-lost", "no-result"]>;
        readonly detail: Schema.String;
      }>;
      readonly Store: Schema.TaggedStruct<"Store", {
        readonly reason: Schema.Literals<readonly ["unavailable", "full"]>;
        readonly detail: Schema.String;
      }>;
    }>;
    readonly service: Schema.brand<Schema.String, "ServiceName">;
    readonly retryAfterMillis: Schema.optionalKey<Schema.Int>;
  }>;
  readonly Reviewed: Schema.TaggedStruct<"Reviewed", {
    readonly headSha: Schema.brand<Schema.String, "Sha">;
    readonly findings: Schema.Int;
    readonly url: Schema.optionalKey<Schema.String>;
    readonly alreadyPosted: Schema.Boolean;
    readonly usage: Schema.optionalKey<typeof UsageSummary>;
  }>;
  readonly Skipped: Schema.TaggedStruct<"Skipped", {
    readonly reason: Schema.Literals<readonly ["closed", "merged", "draft", "nothing-to-review", "head-reviewed"]>;
    readonly detail: Schema.String;
    readonly headSha: Schema.optionalKey<Schema.brand<Schema.String, "Sha">>;
  }>;
}>;
type JobOutcome = typeof JobOutcome.Type;
/** Whether the run came to its end, so that nothing is left to be tried. */
declare const isSettled: (outcome: JobOutcome) => boolean;
/** The head that a run reviewed, or found reviewed; undefined if it found something else. */
declare const reviewedHead: (outcome: JobOutcome) => Sha | undefined;
declare namespace Review_d_exports {
  export { Discussion, InlineComment, PostedReview, ReviewDraft, ReviewScope, scopeOf };
}
declare const InlineComment_base: Schema.Class<InlineComment, Schema.Struct<{
  readonly finding: typeof Finding;
  readonly fingerprint: Schema.brand<Schema.String, "Fingerprint">;
}>, {}>;
/** A finding that has its place in the diff and its text as it will be posted: redacted and neutralised. */
declare class InlineComment extends InlineComment_base {}
/** What a review covers: the pull request at its head, or only what one comment asked about. */
declare const ReviewScope: Schema.Literals<readonly ["head", "request"]>;
type ReviewScope = typeof ReviewScope.Type;
/** What a job's review covers. The review of a lifecycle event and of a bare request counts as the review of the head. */
declare const scopeOf: ({ event, prompt }: Pick<Job, "event" | "prompt">) => ReviewScope;
declare const ReviewDraft_base: Schema.Class<ReviewDraft, Schema.Struct<{
  readonly jobId: Schema.brand<Schema.String, "JobId">;
  readonly pullRequest: typeof PullRequestRef;
  /** The commit that was reviewed: what the comments are pinned to. */
  readonly headSha: Schema.brand<Schema.String, "Sha">;
  readonly scope: Schema.Literals<readonly ["head", "request"]>;
  readonly summary: Schema.NonEmptyString;
  readonly comments: Schema.$Array<typeof InlineComment>;
  /** The event that asked, so that a forge can answer in its thread. */
  readonly event: Schema.TaggedUnion<{
    readonly Comment: Schema.TaggedStruct<"Comment", {
      readonly kind: Schema.Literals<readonly ["issue_comment", "review_comment", "review", "note"]>;
      readonly pullRequest: typeof PullRequestRef;
      readonly title: Schema.String;
      readonly author: Schema.brand<Schema.NonEmptyString, "Login">;
      readonly authorIsBot: Schema.Boolean;
      readonly commentId: Schema.Int;
      readonly threadId: Schema.optionalKey<Schema.String>;
      readonly body: Schema.String;
      readonly filePath: Schema.optionalKey<Schema.brand<Schema.NonEmptyString, "RepoPath">>;
      readonly diffHunk: Schema.optionalKey<Schema.String>;
      readonly line: Schema.optionalKey<Schema.Int>;
      readonly side: Schema.optionalKey<Schema.Literals<readonly ["LEFT", "RIGHT"]>>;
      readonly installationId: Schema.optionalKey<Schema.Int>;
    }>;
    readonly Lifecycle: Schema.TaggedStruct<"Lifecycle", {
      readonly kind: Schema.Literals<readonly ["pr_opened", "pr_push", "pr_reopened", "pr_ready_for_review"]>;
      readonly pullRequest: typeof PullRequestRef;
      readonly title: Schema.String;
      readonly author: Schema.brand<Schema.NonEmptyString, "Login">;
      readonly headSha: Schema.brand<Schema.String, "Sha">;
      readonly headBranch: Schema.String;
      readonly baseBranch: Schema.String;
      readonly installationId: Schema.optionalKey<Schema.Int>;
    }>;
  }>;
}>, {}>;
/**
 * A review that is ready to be posted. Its texts are final: redacted, neutralised, within the forge's limits.
 * The forge adds the hidden marker and, for suggestions, its own fence.
 */
declare class ReviewDraft extends ReviewDraft_base {}
declare const PostedReview_base: Schema.Class<PostedReview, Schema.Struct<{
  readonly url: Schema.optionalKey<Schema.String>;
  /** The commit that was reviewed. */
  readonly headSha: Schema.brand<Schema.String, "Sha">;
  /** How many comments stand inline. */
  readonly inline: Schema.Natural;
  /** Comments whose place the forge refused: their text is in the summary instead. */
  readonly folded: Schema.Natural;
  /** It was there before: an earlier run of the same job had posted it. */
  readonly alreadyPosted: Schema.Boolean;
}>, {}>;
/** A review that is on the pull request. */
declare class PostedReview extends PostedReview_base {}
declare const Discussion_base: Schema.Class<Discussion, Schema.Struct<{
  readonly author: Schema.String;
  readonly body: Schema.String;
  readonly path: Schema.optionalKey<Schema.brand<Schema.NonEmptyString, "RepoPath">>;
  readonly line: Schema.optionalKey<Schema.Int>;
  /** The line at the commit that was commented on: all that is left of the place once the code there has changed. */
  readonly originalLine: Schema.optionalKey<Schema.Int>;
  /** The diff from the head of its hunk to the line, as it was when the comment was made. */
  readonly diffHunk: Schema.optionalKey<Schema.String>;
  readonly resolved: Schema.Boolean;
  /** ISO 8601, as the forge gives it. */
  readonly createdAt: Schema.String;
}>, {}>;
/** Somebody's comment on the pull request, ours included. */
declare class Discussion extends Discussion_base {}
declare const RunNotWanted_base: Schema.Class<RunNotWanted, Schema.TaggedStruct<"RunNotWanted", {}>, import("effect/Cause").YieldableError>;
/** This run lost its lease or was cancelled: the run that holds the lease publishes. It says nothing about the job. */
declare class RunNotWanted extends RunNotWanted_base {
  get message(): string;
}
declare namespace ForgeError_d_exports {
  export { ForgeError, NotFound, RateLimited, RefusalReason, Refused, Unauthorized, Unavailable, WebhookError };
}
declare const RateLimited_base: Schema.Class<RateLimited, Schema.TaggedStruct<"RateLimited", {
  readonly retryAfter: Schema.Duration;
  /** The forge named no time: `retryAfter` is what it asks for in general, and grows from one try to the next. */
  readonly assumed: Schema.optionalKey<Schema.Literal<true>>;
}>, import("effect/Cause").YieldableError>;
/** The forge asks us to wait. It did not carry out the request. */
declare class RateLimited extends RateLimited_base {
  get message(): string;
}
declare const Unauthorized_base: Schema.Class<Unauthorized, Schema.TaggedStruct<"Unauthorized", {
  readonly message: Schema.String;
}>, import("effect/Cause").YieldableError>;
/** The credentials are wrong, or lack a permission. */
declare class Unauthorized extends Unauthorized_base {}
declare const NotFound_base: Schema.Class<NotFound, Schema.TaggedStruct<"NotFound", {
  readonly message: Schema.String;
}>, import("effect/Cause").YieldableError>;
/** No such repository, pull request or comment, or none that the credentials may see. */
declare class NotFound extends NotFound_base {}
/**
 * What a refusal is about, where it is not the request itself. `locked`: the pull request's conversation. `archived`:
 * the repository. `sso`: the organization wants the token authorised for single sign-on. `pending-review`: the account
 * has an unsubmitted review on the pull request, beside which the forge takes no other.
 */
declare const RefusalReason: Schema.Literals<readonly ["locked", "archived", "sso", "pending-review"]>;
declare const Refused_base: Schema.Class<Refused, Schema.TaggedStruct<"Refused", {
  readonly status: Schema.Int;
  readonly because: Schema.optionalKey<Schema.Literals<readonly ["locked", "archived", "sso", "pending-review"]>>;
  readonly message: Schema.String;
}>, import("effect/Cause").YieldableError>;
/** The forge understood the request and refuses it. */
declare class Refused extends Refused_base {}
declare const Unavailable_base: Schema.Class<Unavailable, Schema.TaggedStruct<"Unavailable", {
  readonly message: Schema.String;
}>, import("effect/Cause").YieldableError>;
/** No answer, a broken one, or a server error: the same request may succeed later. */
declare class Unavailable extends Unavailable_base {}
declare const ForgeError_base: Schema.Class<ForgeError, Schema.TaggedStruct<"ForgeError", {
  /** What was being done, and to what: `GitHub.publish acme/shop#7`. */
  readonly operation: Schema.String;
  readonly reason: Schema.Union<readonly [typeof RateLimited, typeof Unauthorized, typeof NotFound, typeof Refused, typeof Unavailable]>;
}>, import("effect/Cause").YieldableError>;
/** A call to the forge that failed: which, why, and whether it is worth another try. */
declare class ForgeError extends ForgeError_base {
  get message(): string;
  /** The same call may succeed later, with nothing changed on our side. */
  get retryable(): boolean;
}
declare const WebhookError_base: Schema.Class<WebhookError, Schema.TaggedStruct<"WebhookError", {
  readonly reason: Schema.Literals<readonly ["invalid-signature", "malformed"]>;
  readonly message: Schema.String;
}>, import("effect/Cause").YieldableError>;
/** A webhook request that is refused. `reason` chooses the status of the answer. */
declare class WebhookError extends WebhookError_base {}
/** A webhook request as it came over the wire. Header names are lower-case. */
interface WebhookRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}
/** A delivery that is understood: its id, and the event in it or why there is none for us. */
interface Delivery {
  readonly id: string;
  readonly event: Option.Option<PullRequestEvent>;
  /** Where there is no event: what was delivered and why it is none of our business. */
  readonly ignored: string;
}
/** Where git finds a repository, and what it has to show there. The URL holds no secret. */
interface CloneSource {
  readonly url: string;
  readonly username: string;
  readonly password: Redacted.Redacted;
}
/** A review on the pull request that counts as the review of that commit. */
interface ReviewedHead {
  readonly headSha: Sha;
  readonly jobId: JobId;
  readonly url?: string;
}
/** What our own account has posted on a pull request, as one look shows it, for one job. */
interface OwnPosts {
  /** The job's review. */
  readonly review: Option.Option<PostedReview>;
  /** Where the job's plain answer or notice is: its URL. */
  readonly answer: Option.Option<string>;
  /** The commits that were reviewed, by any job and in the order of their posts. A focused request's review is none. */
  readonly reviewedHeads: ReadonlyArray<ReviewedHead>;
}
declare const Forge_base: Context.ServiceClass<Forge, "@nominal-code/forge/Forge", {
  readonly platform: Platform;
  /** Checks the signature over the raw bytes, in constant time; fails before anything is parsed. */
  verify(request: WebhookRequest): Effect.Effect<void, WebhookError>;
  /** Payload → event. Fails on a request that no forge would send; an event that is not ours is no failure. */
  parse(request: WebhookRequest): Effect.Effect<Delivery, WebhookError>;
  /** Shows the author that the event was heard: an `eyes` reaction. */
  acknowledge(event: PullRequestEvent): Effect.Effect<void, ForgeError>;
  /** The pull request as it is now. */
  pullRequest(ref: PullRequestRef): Effect.Effect<PullRequest, ForgeError>;
  /** Every changed file; one whose diff the forge leaves out has no `patch`. All pages, or a failure: never a part. */
  changedFiles(ref: PullRequestRef): Effect.Effect<ReadonlyArray<ChangedFile>, ForgeError>;
  /** Every comment on the pull request, oldest first. */
  discussions(ref: PullRequestRef): Effect.Effect<ReadonlyArray<Discussion>, ForgeError>;
  /**
   * What our own account has posted, after what earlier runs left over is gone: their unsubmitted drafts, and all but
   * the first where two of them posted. Each run of a job calls it first, and hands it to `publish` and `reply`.
   */
  ownPosts(ref: PullRequestRef, jobId: JobId): Effect.Effect<OwnPosts, ForgeError | RunNotWanted>;
  /**
   * Posts a review once: as a draft that is submitted when the queue still wants this run, pinned to the reviewed
   * commit. A comment whose place the forge refuses is folded into the summary. It lands whole or it fails.
   */
  publish(draft: ReviewDraft, known: OwnPosts): Effect.Effect<PostedReview, ForgeError | RunNotWanted>;
  /**
   * Posts a plain answer to an event, once for each job, unless the job's review is there: then that is what it
   * returns, and no answer stands below it. `body` is final: redacted and neutralised.
   */
  reply(event: PullRequestEvent, jobId: JobId, body: string, known: OwnPosts): Effect.Effect<Option.Option<PostedReview>, ForgeError | RunNotWanted>;
  cloneSource(repo: RepoName): Effect.Effect<CloneSource, ForgeError>;
  /** The ref under which the forge keeps a pull request's head, forks included: `refs/pull/7/head`. */
  headRef(ref: PullRequestRef): string;
}>;
/**
 * A code forge: events in, reviews out. It knows nothing of queues or models.
 */
export declare class Forge extends Forge_base {}
declare namespace ReviewConfig_d_exports {
  export { ReviewConfig, layer$9 as layer };
}
declare const ReviewConfig_base: Context.ServiceClass<ReviewConfig, "@nominal-code/review/ReviewConfig", {
  /** What decides what a review says. It travels with the job. */
  readonly settings: ReviewSettings;
  /** What no posted text may hold. Each process has its own. */
  readonly secrets: ReadonlyArray<Redacted.Redacted>;
}>;
/**
 * The configuration that a review may read. It is not the whole `AppConfig`, so that the compiler keeps a review from
 * deciding by a setting that stays with the server: a pod has only what travels with its job.
 */
declare class ReviewConfig extends ReviewConfig_base {}
/** The configuration of a process that reviews; `settings`, where a job brought some, take the place of its own. */
declare const layer$9: (settings?: Option.Option<ReviewSettings>) => Layer.Layer<ReviewConfig, never, AppConfig>;
/**
 * Reviews a job's pull request, from the job to the posted result. The head is reviewed that the pull request has now,
 * whatever the job's event said; a lifecycle event's head is reviewed once. A review is posted once, however often its
 * job is run. Whatever goes wrong is in the outcome, in one line. A run that lost its lease posts nothing; on a dry run
 * nothing is posted and nothing is kept.
 */
export declare const review: (args_0: Job) => Effect.Effect<{
  readonly _tag: "Lost";
  readonly failure: {
    readonly _tag: "Bug";
    readonly detail: string;
  } | {
    readonly _tag: "Checkout";
    readonly reason: "failed" | "unavailable";
    readonly detail: string;
  } | {
    readonly _tag: "Cluster";
    readonly reason: "forbidden" | "full" | "image" | "not-started" | "pods-refused" | "refused" | "unavailable";
    readonly detail: string;
  } | {
    readonly _tag: "Crash";
    readonly detail: string;
  } | {
    readonly _tag: "Deadline";
    readonly detail: string;
  } | {
    readonly _tag: "Forge";
    readonly reason: "archived" | "locked" | "not-found" | "rate-limited" | "refused" | "sso" | "unauthorized" | "unavailable";
    readonly detail: string;
  } | {
    readonly _tag: "Installation";
    readonly detail: string;
  } | {
    readonly _tag: "Lease";
    readonly detail: string;
  } | {
    readonly _tag: "Model";
    readonly reason: "budget-exceeded" | "context-too-long" | "invalid-request" | "malformed-response" | "no-review" | "overloaded" | "rate-limited" | "refused" | "timeout" | "unauthorized" | "unavailable";
    readonly detail: string;
  } | {
    readonly _tag: "Pod";
    readonly reason: "deleted" | "evicted" | "killed" | "no-result" | "node-lost" | "out-of-memory" | "stopped";
    readonly detail: string;
  } | {
    readonly _tag: "Store";
    readonly reason: "full" | "unavailable";
    readonly detail: string;
  };
} | {
  readonly _tag: "Skipped";
  readonly reason: "closed" | "draft" | "head-reviewed" | "merged" | "nothing-to-review";
  readonly detail: string;
  readonly headSha?: string & import("effect/Brand").Brand<"Sha">;
} | {
  readonly _tag: "Failed";
  readonly failure: {
    readonly _tag: "Bug";
    readonly detail: string;
  } | {
    readonly _tag: "Checkout";
    readonly reason: "failed" | "unavailable";
    readonly detail: string;
  } | {
    readonly _tag: "Cluster";
    readonly reason: "forbidden" | "full" | "image" | "not-started" | "pods-refused" | "refused" | "unavailable";
    readonly detail: string;
  } | {
    readonly _tag: "Crash";
    readonly detail: string;
  } | {
    readonly _tag: "Deadline";
    readonly detail: string;
  } | {
    readonly _tag: "Forge";
    readonly reason: "archived" | "locked" | "not-found" | "rate-limited" | "refused" | "sso" | "unauthorized" | "unavailable";
    readonly detail: string;
  } | {
    readonly _tag: "Installation";
    readonly detail: string;
  } | {
    readonly _tag: "Lease";
    readonly detail: string;
  } | {
    readonly _tag: "Model";
    readonly reason: "budget-exceeded" | "context-too-long" | "invalid-request" | "malformed-response" | "no-review" | "overloaded" | "rate-limited" | "refused" | "timeout" | "unauthorized" | "unavailable";
    readonly detail: string;
  } | {
    readonly _tag: "Pod";
    readonly reason: "deleted" | "evicted" | "killed" | "no-result" | "node-lost" | "out-of-memory" | "stopped";
    readonly detail: string;
  } | {
    readonly _tag: "Store";
    readonly reason: "full" | "unavailable";
    readonly detail: string;
  };
  readonly retryable: boolean;
} | {
  readonly _tag: "Reviewed";
  readonly headSha: string & import("effect/Brand").Brand<"Sha">;
  readonly findings: number;
  readonly url?: string;
  readonly alreadyPosted: boolean;
  readonly usage?: UsageSummary;
} | {
  readonly _tag: "Postponed";
  readonly failure: {
    readonly _tag: "Bug";
    readonly detail: string;
  } | {
    readonly _tag: "Checkout";
    readonly reason: "failed" | "unavailable";
    readonly detail: string;
  } | {
    readonly _tag: "Cluster";
    readonly reason: "forbidden" | "full" | "image" | "not-started" | "pods-refused" | "refused" | "unavailable";
    readonly detail: string;
  } | {
    readonly _tag: "Crash";
    readonly detail: string;
  } | {
    readonly _tag: "Deadline";
    readonly detail: string;
  } | {
    readonly _tag: "Forge";
    readonly reason: "archived" | "locked" | "not-found" | "rate-limited" | "refused" | "sso" | "unauthorized" | "unavailable";
    readonly detail: string;
  } | {
    readonly _tag: "Installation";
    readonly detail: string;
  } | {
    readonly _tag: "Lease";
    readonly detail: string;
  } | {
    readonly _tag: "Model";
    readonly reason: "budget-exceeded" | "context-too-long" | "invalid-request" | "malformed-response" | "no-review" | "overloaded" | "rate-limited" | "refused" | "timeout" | "unauthorized" | "unavailable";
    readonly detail: string;
  } | {
    readonly _tag: "Pod";
    readonly reason: "deleted" | "evicted" | "killed" | "no-result" | "node-lost" | "out-of-memory" | "stopped";
    readonly detail: string;
  } | {
    readonly _tag: "Store";
    readonly reason: "full" | "unavailable";
    readonly detail: string;
  };
  readonly service: string & import("effect/Brand").Brand<"ServiceName">;
  readonly retryAfterMillis?: number;
}, never, AgentRunner | ConversationStore | import("effect/FileSystem").FileSystem | Forge | ReviewConfig | Workspace>;
declare const ConfigError_base: Schema.Class<ConfigError, Schema.TaggedStruct<"ConfigError", {
  readonly problems: Schema.$Array<Schema.String>;
}>, import("effect/Cause").YieldableError>;
/** A configuration that cannot be used, with everything that is wrong with it. No line of it holds a secret. */
declare class ConfigError extends ConfigError_base {
  get message(): string;
}
/** What a command line sets, by YAML path. It beats the environment, which beats the file. */
type Flags = Readonly<Record<string, string | number | boolean>>;
declare namespace AppConfigLayer_d_exports {
  export { layer$8 as layer, load };
}
/**
 * Reads the configuration for one kind of process: defaults, then the YAML file, then the environment, then `flags`
 * (by YAML path). Fails with everything that is wrong at once.
 */
declare const load: (mode: Mode, flags?: Readonly<Record<string, string | number | boolean>> | undefined) => Effect.Effect<{
  readonly dataDir: string;
  readonly storage: "sqlite" | "memory" | "redis";
  readonly redis: Option.Option<RedisSettings>;
  readonly kubernetes: Option.Option<KubernetesSettings>;
  readonly github: Option.Option<GitHubSettings>;
  readonly webhook: WebhookSettings;
  readonly policy: Policy;
  readonly onPush: "finish" | "supersede";
  readonly jobs: JobSettings;
  readonly workspace: WorkspaceSettings;
  readonly providers: ReadonlyArray<ProviderSettings>;
  readonly review: ReviewSettings;
  readonly conversationTtl: Duration.Duration;
  readonly logLevel: LogLevel.LogLevel;
  readonly secrets: ReadonlyArray<import("effect/Redacted").Redacted>;
  readonly warnings: ReadonlyArray<string>;
}, ConfigError, FileSystem.FileSystem | Path.Path>;
/** The configuration of one kind of process. */
declare const layer$8: (mode: Mode, flags?: Flags) => Layer.Layer<AppConfig, ConfigError, FileSystem.FileSystem | Path.Path>;
declare namespace GitHub_d_exports {
  export { layer$7 as layer };
}
/** GitHub and GitHub Enterprise, with a personal access token or as a GitHub App. */
declare const layer$7: Layer.Layer<Forge, ForgeError, AppConfig>;
declare namespace GitWorkspace_d_exports {
  export { layer$6 as layer };
}
/** Checkouts by git, cached under `workspace.base_dir`. Fails at start when that directory cannot be written. */
declare const layer$6: Layer.Layer<Workspace, WorkspaceError, AppConfig | ChildProcessSpawner.ChildProcessSpawner | FileSystem.FileSystem | Path.Path>;
declare namespace LocalWorkspace_d_exports {
  export { layer$5 as layer };
}
/**
 * Checkouts of a repository that is on this disk already, without a network: `repository` is the directory that holds
 * its `.git`. It is only read; each checkout has a directory of its own.
 */
declare const layer$5: (repository: string) => Layer.Layer<Workspace, WorkspaceError, AppConfig | ChildProcessSpawner.ChildProcessSpawner | FileSystem.FileSystem | Path.Path>;
/** A tool as a model is told of it. */
interface ToolSpec {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonSchema.JsonSchema;
}
/** One call of a model. System, tools and all messages but the last are the same from turn to turn: they get cached. */
interface LlmRequest {
  readonly model: string;
  readonly system: string;
  readonly messages: ReadonlyArray<Message>;
  readonly tools: ReadonlyArray<ToolSpec>;
  /** `required`: the answer has to call a tool. */
  readonly toolChoice: "auto" | "required";
  readonly maxOutputTokens: number;
}
/** What the model answered. `stop` is why it stopped: `length` means that the answer was cut off. */
interface LlmResponse {
  readonly content: ReadonlyArray<Block>;
  readonly stop: "end" | "tool-use" | "length" | "refusal";
  readonly usage: Usage;
}
declare const LlmProvider_base: Context.ServiceClass<LlmProvider, "@nominal-code/llm/LlmProvider", {
  readonly name: string;
  send(request: LlmRequest): Effect.Effect<LlmResponse, LlmError>;
}>;
/** A model service: one typed request, one typed answer or one typed error. Retries and caching are inside. */
export declare class LlmProvider extends LlmProvider_base {}
declare namespace ApiAgent_d_exports {
  export { layer$4 as layer };
}
/** The agent that runs here, turn by turn, on the API of a model. */
declare const layer$4: Layer.Layer<AgentRunner, never, LlmProvider>;
/** Where a service is reached, and how long it may take. */
interface ServiceSettings {
  readonly apiKey: Redacted.Redacted;
  /** None: the official service. */
  readonly baseUrl: Option.Option<string>;
  readonly limits: CallLimits;
}
declare namespace Anthropic_d_exports {
  export { layer$3 as layer, make$2 as make };
}
/** The service for given settings, for a program that has its own configuration. */
declare const make$2: (args_0: ServiceSettings) => Effect.Effect<{
  readonly name: string;
  send(request: LlmRequest): Effect.Effect<LlmResponse, LlmError>;
}, never, never>;
/** Claude, over the official SDK. */
declare const layer$3: import("effect/Layer").Layer<LlmProvider, never, AppConfig>;
declare namespace Google_d_exports {
  export { layer$2 as layer, make$1 as make };
}
/** The service for given settings, for a program that has its own configuration. */
declare const make$1: (args_0: ServiceSettings) => Effect.Effect<{
  readonly name: string;
  send(request: LlmRequest): Effect.Effect<LlmResponse, LlmError>;
}, never, never>;
/** Gemini, over the official SDK. */
declare const layer$2: import("effect/Layer").Layer<LlmProvider, never, AppConfig>;
declare namespace OpenAi_d_exports {
  export { layer$1 as layer, make };
}
/**
 * The service for given settings, for a program that has its own configuration. A base URL goes up to and including the
 * version: `https://gateway.example/v1`.
 */
declare const make: (args_0: ServiceSettings) => Effect.Effect<{
  readonly name: string;
  send(request: LlmRequest): Effect.Effect<LlmResponse, LlmError>;
}, never, never>;
/** OpenAI's models, over the official SDK. */
declare const layer$1: import("effect/Layer").Layer<LlmProvider, never, AppConfig>;
declare namespace ConversationStoreMemory_d_exports {
  export { layer };
}
/** Conversations that end with the process. */
declare const layer: Layer.Layer<ConversationStore, never, AppConfig>;
/**
 * The files of a `git diff` between two commits, in its order. It reads what git writes with `--no-color`,
 * `--src-prefix=a/` and `--dst-prefix=b/`. A section whose path no repository can hold is left out.
 */
export declare const parseGitDiff: (text: string) => ReadonlyArray<ChangedFile>;
export { type AgentResult, type AgentTask, Anthropic_d_exports as Anthropic, ApiAgent_d_exports as ApiAgent, AppConfigLayer_d_exports as AppConfigLayer, type Checkout, type CheckoutRequest, type CloneSource, Conversation_d_exports as Conversation, ConversationStoreMemory_d_exports as ConversationStoreMemory, type Delivery, Failure_d_exports as Failure, Finding_d_exports as Finding, ForgeError_d_exports as ForgeError, GitHub_d_exports as GitHub, GitWorkspace_d_exports as GitWorkspace, Google_d_exports as Google, Job_d_exports as Job, Lane_d_exports as Lane, type LlmRequest, type LlmResponse, LocalWorkspace_d_exports as LocalWorkspace, OpenAi_d_exports as OpenAi, type OwnPosts, Patch_d_exports as Patch, PullRequest_d_exports as PullRequest, PullRequestEvent_d_exports as PullRequestEvent, Review_d_exports as Review, type ReviewChangesOptions, ReviewConfig_d_exports as ReviewConfig, ReviewSettings_d_exports as ReviewSettings, type ReviewedChanges, type ReviewedHead, type Submission, Tool_d_exports as Tool, type ToolSpec, Usage_d_exports as Usage, type WebhookRequest };
