import { Config, Context, Duration, Effect, FileSystem, JsonSchema, Layer, LogLevel, Option, Path, PlatformError, Redacted, Result, Schema, Scope, Stream } from "effect";
import "node:worker_threads";
import { ChildProcessSpawner } from "effect/process";
import { HttpServer } from "effect/http";
import { IncomingMessage, Server, ServerResponse } from "node:http";
/** The side of a diff: `LEFT` is the base (deleted lines), `RIGHT` the head (added lines). GitHub's words. */
export declare const Side: Schema.Literals<readonly ["LEFT", "RIGHT"]>;
export type Side = typeof Side.Type;
declare const ChangedFile_base: Schema.Class<ChangedFile, Schema.Struct<{
  readonly path: Schema.brand<Schema.NonEmptyString, "RepoPath">;
  /** The path at the base, when the change renamed or copied the file. */
  readonly previousPath: Schema.optionalKey<Schema.brand<Schema.NonEmptyString, "RepoPath">>;
  readonly status: Schema.Literals<readonly ["added", "modified", "removed", "renamed", "copied", "changed", "unchanged"]>;
  /** The unified hunks, from the first `@@`. Absent when there are none to show: binary, mode-only, submodule. */
  readonly patch: Schema.optionalKey<Schema.String>;
}>, {}>;
/** One file of a pull request's diff. */
export declare class ChangedFile extends ChangedFile_base {}
/** The supported forges. */
export declare const Platform: Schema.Literals<readonly ["github", "gitlab"]>;
export type Platform = typeof Platform.Type;
/** `owner/name`, with any number of groups before the name on GitLab. No segment is `.` or `..`: a name becomes a path. */
export declare const RepoName: Schema.brand<Schema.String, "RepoName">;
export type RepoName = typeof RepoName.Type;
/** The number in `owner/name#7`; the merge request's iid on GitLab. */
export declare const PullNumber: Schema.brand<Schema.Int, "PullNumber">;
export type PullNumber = typeof PullNumber.Type;
/** A full commit id, SHA-1 or SHA-256 in lower-case hex: never a branch name, never a git option. */
export declare const Sha: Schema.brand<Schema.String, "Sha">;
export type Sha = typeof Sha.Type;
/** A file's path inside its repository: relative, forward slashes, no `..`, no NUL. */
export declare const RepoPath: Schema.brand<Schema.NonEmptyString, "RepoPath">;
export type RepoPath = typeof RepoPath.Type;
/** An account's name on its forge. */
export declare const Login: Schema.brand<Schema.NonEmptyString, "Login">;
export type Login = typeof Login.Type;
declare const PullRequestRef_base: Schema.Class<PullRequestRef, Schema.Struct<{
  readonly platform: Schema.Literals<readonly ["github", "gitlab"]>;
  readonly repo: Schema.brand<Schema.String, "RepoName">;
  readonly number: Schema.brand<Schema.Int, "PullNumber">;
}>, {}>;
/** Identity of a pull request: forge, repository, number. */
export declare class PullRequestRef extends PullRequestRef_base {
  /** `owner/name#7`, as people write it. */
  toString(): string;
}
/** The text form `owner/name#7` of a pull request whose forge is known from elsewhere. */
export declare const PullRequestSlug: Schema.decodeTo<Schema.Struct<{
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
  /** Names of its labels. Absent: none. */
  readonly labels: Schema.optionalKey<Schema.$Array<Schema.String>>;
  readonly headSha: Schema.brand<Schema.String, "Sha">;
  readonly headBranch: Schema.String;
  readonly baseSha: Schema.brand<Schema.String, "Sha">;
  readonly baseBranch: Schema.String;
  /** Last commit of the base branch by now. Absent where the forge does not tell it. */
  readonly baseTip: Schema.optionalKey<Schema.brand<Schema.String, "Sha">>;
}>, {}>;
/** A pull request as the forge shows it now. */
export declare class PullRequest extends PullRequest_base {}
/** A definition of a name. Lines count from 1. */
interface Definition {
  readonly name: string;
  /** The line of the name. */
  readonly line: number;
  readonly start: number;
  readonly end: number;
}
/** Outline of a file. */
interface Outline {
  /** Its definitions, in the order of their places. */
  readonly definitions: ReadonlyArray<Definition>;
  /** The lines of each asked name in code, without its comments and texts. */
  readonly mentions: Readonly<Record<string, ReadonlyArray<number>>>;
  /** Number of places that are not of the language. */
  readonly errors: number;
}
/** Parser of the files of one checkout. */
interface Syntax {
  /**
   * Parses a text as a file of that path, and finds the lines of the given names. None where there is no grammar for it,
   * where it is too long, or where the parser needs too long or ends: the caller then goes by the shape of the lines.
   */
  outline(path: string, text: string, names?: ReadonlyArray<string>): Effect.Effect<Option.Option<Outline>>;
}
/** Checkout that tools read, as another process that has its repository finds it. */
declare const ToolPlace: Schema.Struct<{
  readonly gitDir: Schema.String;
  readonly commits: Schema.Struct<{
    readonly head: Schema.brand<Schema.String, "Sha">;
    readonly base: Schema.brand<Schema.String, "Sha">;
    readonly mergeBase: Schema.brand<Schema.String, "Sha">;
  }>;
}>;
type ToolPlace = typeof ToolPlace.Type;
declare const ToolError_base: Schema.Class<ToolError, Schema.TaggedStruct<"ToolError", {
  readonly message: Schema.String;
}>, import("effect/Cause").YieldableError>;
/** Failure of a tool, in words that the model can act on. */
export declare class ToolError extends ToolError_base {}
/**
 * A tool that the model can call. `run` takes what the model wrote, checks it against `input`, and answers with text;
 * its failures are answers too, marked as errors.
 */
interface Tool {
  readonly name: string;
  readonly description: string;
  /** Schema of the input. The model sees its JSON Schema. */
  readonly input: Schema.Top;
  run(input: unknown): Effect.Effect<string, ToolError>;
  /** True if it keeps to a time limit of its own, in place of the usual one. */
  readonly ownTimeLimit?: boolean;
  /** The checkout that it reads; absent: none. */
  readonly place?: ToolPlace;
}
/** Makes a tool from a function of its decoded input. Other input is refused with the field and its rule. */
declare const make$1: <A, I>(options: {
  readonly name: string;
  readonly description: string;
  readonly input: Schema.Codec<A, I>;
  readonly run: (input: A) => Effect.Effect<string, ToolError>;
}) => Tool;
declare const WorkspaceError_base: Schema.Class<WorkspaceError, Schema.TaggedStruct<"WorkspaceError", {
  readonly message: Schema.String;
  readonly reason: Schema.Literals<readonly ["auth", "forbidden", "not-found", "missing", "redirected", "unreachable", "busy", "disk-full", "corrupt", "timeout", "too-large", "memory", "not-installed", "other", "refused", "directory"]>;
}>, import("effect/Cause").YieldableError>;
/** A checkout that could not be made, or git that could not answer. The message holds no secret. */
export declare class WorkspaceError extends WorkspaceError_base {
  /** True if the same call may succeed later, with nothing changed by a person. */
  get retryable(): boolean;
}
/** Directory of the mirrors, and their share of the disk. */
interface WorkspaceOptions {
  readonly baseDir: string;
  /** Of all mirrors, in bytes. The mirrors that were not used for longest go first. */
  readonly maxBytes: number;
  /** A mirror that was not used for so long is removed. */
  readonly maxAge: Duration.Input;
}
/** Request for a checkout: commit, branch and credentials. */
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
  /** Last commit of the base branch, if it is known: then the server is not asked for its references. */
  readonly baseTip?: Sha | undefined;
}
/** A line of the reviewed commit in which a word stands. */
interface WordHit {
  readonly path: RepoPath;
  readonly line: number;
  readonly text: string;
}
/**
 * Checkout of one commit for the time of one job, with the only functions that may read it. They read git's objects: no
 * file of the repository is written to the disk.
 */
interface Checkout {
  readonly headSha: Sha;
  /** Commit where the pull request left its base branch. Its diff is against this commit. */
  readonly mergeBase: Sha;
  /** The read-only tools: Read, Glob, Grep, Definition, References, GitLog, GitBlame, GitShow, GitDiff. */
  readonly tools: ReadonlyArray<Tool>;
  /** The parser of its files. */
  readonly syntax: Syntax;
  /** The pull request's own diff as git sees it, from the merge base to the head: every file, with its hunks. */
  readonly changedFiles: Effect.Effect<ReadonlyArray<ChangedFile>, WorkspaceError>;
  /** Changes since a commit, such as the one that was reviewed last; none if that commit is not here any more. */
  since(commit: Sha): Effect.Effect<Option.Option<ReadonlyArray<ChangedFile>>, WorkspaceError>;
  /** Subjects of the pull request's commits, from the merge base to the head, oldest first; the newest 250 at most. */
  readonly commits: Effect.Effect<ReadonlyArray<string>, WorkspaceError>;
  /** Reads a file at the tip of the base branch, where maintainers decide and not the pull request. */
  baseFile(path: RepoPath): Effect.Effect<Option.Option<string>, WorkspaceError>;
  /** The files in a directory at the tip of the base branch, by their full paths. */
  baseFiles(directory: RepoPath): Effect.Effect<ReadonlyArray<RepoPath>, WorkspaceError>;
  /** The paths of all files at the reviewed commit (`RIGHT`) or the merge base (`LEFT`). */
  paths(side: "LEFT" | "RIGHT"): Effect.Effect<ReadonlyArray<RepoPath>, WorkspaceError>;
  /** A file's lines at the reviewed commit (`RIGHT`) or the merge base (`LEFT`): what findings are anchored to. */
  lines(side: "LEFT" | "RIGHT", path: RepoPath): Effect.Effect<Option.Option<ReadonlyArray<string>>, WorkspaceError>;
  /** The lines of the reviewed commit in which one of the words stands, forty of a file at most. */
  words(words: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<WordHit>, WorkspaceError>;
}
declare const Workspace_base: Context.ServiceClass<Workspace, "@nominal-code/workspace/Workspace", {
  /** The checkout is gone when the scope closes. */
  checkout(request: CheckoutRequest): Effect.Effect<Checkout, WorkspaceError, Scope.Scope>;
}>;
/** Checkouts of pull requests, from one cached mirror for each repository. */
export declare class Workspace extends Workspace_base {}
/** One piece of a message. A `ToolResult` answers the `ToolUse` of the same id in the message before it. */
export declare const Block: Schema.TaggedUnion<{
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
export type Block = typeof Block.Type;
export declare const Message: Schema.Struct<{
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
export type Message = typeof Message.Type;
/** Messages of a pull request's earlier reviews. Every tool call among them is answered. */
export declare const Conversation: Schema.Struct<{
  /** The session id of a runner that keeps its own history. */
  readonly sessionId: Schema.optionalKey<Schema.String>;
  /** The commit that its last review was of. */
  readonly headSha: Schema.optionalKey<Schema.brand<Schema.String, "Sha">>;
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
export type Conversation = typeof Conversation.Type;
/**
 * Answers the tool calls of the last assistant message that have no result yet, so that the history can be kept: a
 * provider refuses one with an open call. Results come before everything else that the user said after the calls.
 */
export declare const answerOpenCalls: (messages: ReadonlyArray<Message>, content?: string) => ReadonlyArray<Message>;
/**
 * A limit of dollars, by what it limits: one agent's task, one review with all its attempts, one pull request; and in
 * one day (UTC) one repository, one author or everything.
 */
export declare const SpendLimit: Schema.Literals<readonly ["task", "review", "pull-request", "repository", "author", "day"]>;
export type SpendLimit = typeof SpendLimit.Type;
declare const Usage_base: Schema.Class<Usage, Schema.Struct<{
  readonly input: Schema.Natural;
  readonly output: Schema.Natural;
  readonly cacheRead: Schema.Natural;
  readonly cacheWrite: Schema.Natural;
}>, {}>;
/** Tokens of one or more model calls. The four counts do not overlap: `input` excludes what was cached. */
export declare class Usage extends Usage_base {
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
  /** Time that its calls waited for their turn, in milliseconds; absent: none. */
  readonly waitedMillis: Schema.optionalKey<Schema.Natural>;
}>, {}>;
/** Usage of a review. `costUsd` is absent when the model has no known price. */
export declare class UsageSummary extends UsageSummary_base {
  /** Sum with the usage of another agent, under this one's names. Without a price of both, it has no cost. */
  plus(that: UsageSummary): UsageSummary;
}
/** The supported model services. */
export declare const ProviderName: Schema.Literals<readonly ["anthropic", "openai", "google", "bedrock", "vertex", "azure", "openai-compatible", "deepseek", "groq", "together", "fireworks", "openrouter", "mistral", "xai", "ollama", "vllm", "lmstudio"]>;
export type ProviderName = typeof ProviderName.Type;
/** Runners of an agent: our own loop over a provider's API, or Claude Code. */
export declare const RunnerName: Schema.Literals<readonly ["api", "claude-code"]>;
export type RunnerName = typeof RunnerName.Type;
/** Effort that a model puts into its thoughts. */
export declare const Effort: Schema.Literals<readonly ["low", "medium", "high"]>;
export type Effort = typeof Effort.Type;
/** A model, and the service that has it. */
declare const ModelRef: Schema.Struct<{
  /** A model service, or `claude-code`. */
  readonly provider: Schema.String;
  readonly model: Schema.NonEmptyString;
}>;
type ModelRef = typeof ModelRef.Type;
/** Model of an agent and its limit of turns; 0: no limit. */
export declare const AgentSettings: Schema.Struct<{
  /** A model service, or `claude-code`. */
  readonly provider: Schema.String;
  readonly model: Schema.NonEmptyString;
  /** Models that go on in this order where the one before is away, in the middle of a review too. */
  readonly fallback: Schema.optionalKey<Schema.$Array<Schema.Struct<{
    /** A model service, or `claude-code`. */
    readonly provider: Schema.String;
    readonly model: Schema.NonEmptyString;
  }>>>;
  readonly maxTurns: Schema.Natural;
  /** `off`: the model is asked once, without tools. Absent: it has tools, unless it refuses them. */
  readonly tools: Schema.optionalKey<Schema.Literal<"off">>;
  /** Absent: as the service sets it for the model. */
  readonly effort: Schema.optionalKey<Schema.Literals<readonly ["low", "medium", "high"]>>;
  /** Size of the models' context windows in tokens. Absent: as the program knows it, or the service tells it. */
  readonly contextWindow: Schema.optionalKey<Schema.Natural>;
  /** Replaces the bundled role prompt. */
  readonly systemPrompt: Schema.optionalKey<Schema.String>;
}>;
export type AgentSettings = typeof AgentSettings.Type;
/**
 * Settings that decide what a review says, without secrets. They travel with a job, so that a pod reviews exactly as
 * the server would: every setting that is declared with `travels: "job"`, and what is resolved out of several others.
 */
export declare const ReviewSettings: Schema.Struct<{
  readonly prices: Schema.Codec<{
    readonly [x: string]: {
      readonly input: number;
      readonly output: number;
      readonly cacheRead?: number;
      readonly cacheWrite?: number;
    };
  }, unknown, never, never>;
  readonly summary: Schema.Codec<"each" | "sticky", unknown, never, never>;
  readonly ignorePatterns: Schema.Codec<readonly string[], unknown, never, never>;
  readonly ignoreLabel: Schema.Codec<string, unknown, never, never>;
  readonly minSeverity: Schema.Codec<"critical" | "high" | "low" | "medium", unknown, never, never>;
  readonly finders: Schema.Codec<"one" | "two", unknown, never, never>;
  readonly verify: Schema.Codec<boolean, unknown, never, never>;
  readonly maxFindings: Schema.Codec<number, unknown, never, never>;
  readonly nits: Schema.Codec<"fold" | "off" | "post", unknown, never, never>;
  readonly paths: Schema.Codec<{
    readonly [x: string]: {
      readonly maxFindings?: number;
      readonly minSeverity?: "critical" | "high" | "low" | "medium";
      readonly nits?: "fold" | "off" | "post";
    };
  }, unknown, never, never>;
  readonly language: Schema.Codec<import("effect/Option").Option<string>, unknown, never, never>;
  readonly inlineSuggestions: Schema.Codec<boolean, unknown, never, never>;
  readonly dryRun: Schema.Codec<boolean, unknown, never, never>;
  readonly ignoreExistingComments: Schema.Codec<boolean, unknown, never, never>;
  /** Empty where the bot has no name (a CI step, a terminal). */
  readonly botUsername: Schema.String;
  readonly reviewer: Schema.Struct<{
    /** A model service, or `claude-code`. */
    readonly provider: Schema.String;
    readonly model: Schema.NonEmptyString;
    /** Models that go on in this order where the one before is away, in the middle of a review too. */
    readonly fallback: Schema.optionalKey<Schema.$Array<Schema.Struct<{
      /** A model service, or `claude-code`. */
      readonly provider: Schema.String;
      readonly model: Schema.NonEmptyString;
    }>>>;
    readonly maxTurns: Schema.Natural;
    /** `off`: the model is asked once, without tools. Absent: it has tools, unless it refuses them. */
    readonly tools: Schema.optionalKey<Schema.Literal<"off">>;
    /** Absent: as the service sets it for the model. */
    readonly effort: Schema.optionalKey<Schema.Literals<readonly ["low", "medium", "high"]>>;
    /** Size of the models' context windows in tokens. Absent: as the program knows it, or the service tells it. */
    readonly contextWindow: Schema.optionalKey<Schema.Natural>;
    /** Replaces the bundled role prompt. */
    readonly systemPrompt: Schema.optionalKey<Schema.String>;
  }>;
  /** Agent that answers questions. Absent in the jobs of an older server: `answererOf` tells who does. */
  readonly answerer: Schema.optionalKey<Schema.Struct<{
    /** A model service, or `claude-code`. */
    readonly provider: Schema.String;
    readonly model: Schema.NonEmptyString;
    /** Models that go on in this order where the one before is away, in the middle of a review too. */
    readonly fallback: Schema.optionalKey<Schema.$Array<Schema.Struct<{
      /** A model service, or `claude-code`. */
      readonly provider: Schema.String;
      readonly model: Schema.NonEmptyString;
    }>>>;
    readonly maxTurns: Schema.Natural;
    /** `off`: the model is asked once, without tools. Absent: it has tools, unless it refuses them. */
    readonly tools: Schema.optionalKey<Schema.Literal<"off">>;
    /** Absent: as the service sets it for the model. */
    readonly effort: Schema.optionalKey<Schema.Literals<readonly ["low", "medium", "high"]>>;
    /** Size of the models' context windows in tokens. Absent: as the program knows it, or the service tells it. */
    readonly contextWindow: Schema.optionalKey<Schema.Natural>;
    /** Replaces the bundled role prompt. */
    readonly systemPrompt: Schema.optionalKey<Schema.String>;
  }>>;
  /** Agent that verifies findings. Absent in the jobs of an older server: `verifierOf` tells who does. */
  readonly verifier: Schema.optionalKey<Schema.Struct<{
    /** A model service, or `claude-code`. */
    readonly provider: Schema.String;
    readonly model: Schema.NonEmptyString;
    /** Models that go on in this order where the one before is away, in the middle of a review too. */
    readonly fallback: Schema.optionalKey<Schema.$Array<Schema.Struct<{
      /** A model service, or `claude-code`. */
      readonly provider: Schema.String;
      readonly model: Schema.NonEmptyString;
    }>>>;
    readonly maxTurns: Schema.Natural;
    /** `off`: the model is asked once, without tools. Absent: it has tools, unless it refuses them. */
    readonly tools: Schema.optionalKey<Schema.Literal<"off">>;
    /** Absent: as the service sets it for the model. */
    readonly effort: Schema.optionalKey<Schema.Literals<readonly ["low", "medium", "high"]>>;
    /** Size of the models' context windows in tokens. Absent: as the program knows it, or the service tells it. */
    readonly contextWindow: Schema.optionalKey<Schema.Natural>;
    /** Replaces the bundled role prompt. */
    readonly systemPrompt: Schema.optionalKey<Schema.String>;
  }>>;
  /** Agent that looks something up for the reviewer. */
  readonly explorer: Schema.Struct<{
    /** A model service, or `claude-code`. */
    readonly provider: Schema.String;
    readonly model: Schema.NonEmptyString;
    /** Models that go on in this order where the one before is away, in the middle of a review too. */
    readonly fallback: Schema.optionalKey<Schema.$Array<Schema.Struct<{
      /** A model service, or `claude-code`. */
      readonly provider: Schema.String;
      readonly model: Schema.NonEmptyString;
    }>>>;
    readonly maxTurns: Schema.Natural;
    /** `off`: the model is asked once, without tools. Absent: it has tools, unless it refuses them. */
    readonly tools: Schema.optionalKey<Schema.Literal<"off">>;
    /** Absent: as the service sets it for the model. */
    readonly effort: Schema.optionalKey<Schema.Literals<readonly ["low", "medium", "high"]>>;
    /** Size of the models' context windows in tokens. Absent: as the program knows it, or the service tells it. */
    readonly contextWindow: Schema.optionalKey<Schema.Natural>;
    /** Replaces the bundled role prompt. */
    readonly systemPrompt: Schema.optionalKey<Schema.String>;
  }>;
  /** Bounds of a review's explorers: their number at the same time, and the dollars of each. Absent: it has none. */
  readonly explorers: Schema.optionalKey<Schema.Struct<{
    readonly maxConcurrent: Schema.Int;
    readonly maxCostUsd: Schema.optionalKey<Schema.Finite>;
  }>>;
  /** Events that start a review by themselves. Absent: not known. */
  readonly triggers: Schema.optionalKey<Schema.$Array<Schema.Literals<readonly ["pr_opened", "pr_push", "pr_reopened", "pr_ready_for_review", "pr_labeled", "pr_retargeted", "pr_rerun"]>>>;
  /** Filters of what is reviewed by itself. Absent: none. */
  readonly filters: Schema.optionalKey<Schema.Struct<{
    authors: Schema.Codec<readonly string[], unknown, never, never>;
    baseBranches: Schema.Codec<readonly string[], unknown, never, never>;
    headBranches: Schema.Codec<readonly string[], unknown, never, never>;
    labels: Schema.Codec<readonly string[], unknown, never, never>;
    titles: Schema.Codec<readonly string[], unknown, never, never>;
    paths: Schema.Codec<readonly string[], unknown, never, never>;
    maxFiles: Schema.Codec<number, unknown, never, never>;
    maxLines: Schema.Codec<number, unknown, never, never>;
  }>>;
  readonly codingGuidelines: Schema.String;
  /** Language (`python`, `go`, …) → its guidelines. Absent: the lists that come with the program that reviews. */
  readonly languageGuidelines: Schema.optionalKey<Schema.$Record<Schema.String, Schema.String>>;
  /** The check on the commit fails while a finding of this severity or a worse one is open. Absent: it never fails. */
  readonly failOn: Schema.optionalKey<Schema.Literals<readonly ["critical", "high", "medium", "low"]>>;
  /** Cost cap of one review in US dollars, all calls and attempts included. Absent: no cap. */
  readonly maxCostUsd: Schema.optionalKey<Schema.Finite>;
  /** Limits of several reviews together. */
  readonly limits: Schema.optionalKey<Schema.Struct<{
    readonly pullRequestUsd: Schema.optionalKey<Schema.Finite>;
    readonly repositoryUsd: Schema.optionalKey<Schema.Finite>;
    readonly authorUsd: Schema.optionalKey<Schema.Finite>;
    readonly dayUsd: Schema.optionalKey<Schema.Finite>;
  }>>;
}>;
export type ReviewSettings = typeof ReviewSettings.Type;
/**
 * Reason why a call of a model service brought no usable answer. `unauthorized`: it does not accept the key.
 * `no-credit`: the key's account has no credit or quota left. `no-model`: it has no such model. `refused`: it declined the request, and will again.
 */
export declare const ModelFailureReason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "no-credit", "no-model", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded"]>;
export type ModelFailureReason = typeof ModelFailureReason.Type;
/**
 * The failure of a run: its stage, which is the tag, and its reason. What a pull request is told is a function of stage and
 * reason alone.
 */
export declare const Failure: Schema.TaggedUnion<{
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
    readonly reason: Schema.Literals<readonly ["rate-limited", "unavailable", "unauthorized", "forbidden", "not-found", "refused", "locked", "archived", "sso"]>;
    readonly detail: Schema.String;
  }>;
  readonly Installation: Schema.TaggedStruct<"Installation", {
    readonly detail: Schema.String;
  }>;
  readonly Lease: Schema.TaggedStruct<"Lease", {
    readonly detail: Schema.String;
  }>;
  readonly Model: Schema.TaggedStruct<"Model", {
    readonly reason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "no-credit", "no-model", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded", "no-review"]>;
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
  readonly Unsigned: Schema.TaggedStruct<"Unsigned", {
    readonly detail: Schema.String;
  }>;
}>;
export type Failure = typeof Failure.Type;
/** A failure as operators read it in logs and in `jobs list`: `model: anthropic (overloaded): …`. */
export declare const failureText: (failure: Failure) => string;
/**
 * A service that jobs wait for while it is away, limited or full: `forge:github`, `model:anthropic`, `cluster`, `store`,
 * and `disk`, the one that holds the process's mirrors.
 */
export declare const ServiceName: Schema.brand<Schema.String, "ServiceName">;
export type ServiceName = typeof ServiceName.Type;
/** Reason why a model did not answer. `refused`: it declined the request, and will again. */
export declare const LlmErrorReason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "no-credit", "no-model", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded"]>;
export type LlmErrorReason = ModelFailureReason;
declare const LlmError_base: Schema.Class<LlmError, Schema.TaggedStruct<"LlmError", {
  readonly provider: Schema.String;
  readonly reason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "no-credit", "no-model", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded"]>;
  readonly message: Schema.String;
  /** Wait that the service asked for. */
  readonly retryAfter: Schema.optionalKey<Schema.Duration>;
  /** True if the model takes no tools at all; the same conversation without them may pass. */
  readonly refusesTools: Schema.optionalKey<Schema.Boolean>;
  /** `no`: the service has not got the request, or refused it. Absent: what the reason says. */
  readonly billed: Schema.optionalKey<Schema.Literals<readonly ["no", "unknown"]>>;
}>, import("effect/Cause").YieldableError>;
/** A model call that failed, after its retries. */
export declare class LlmError extends LlmError_base {
  /** True if the same call may succeed later. */
  get retryable(): boolean;
  /** True if the service may bill what it was asked, although its answer did not arrive. */
  get mayBeBilled(): boolean;
  withBilled(billed: "no" | "unknown"): LlmError;
}
/** Time limits of one call. Every figure is well below a job's deadline, so that a call cannot outlive its job. */
interface CallLimits {
  /** Limit of time without a byte from the service. */
  readonly idle: Duration.Duration;
  /** Limit of one attempt. */
  readonly attempt: Duration.Duration;
  /** Limit of all attempts and the waits between them. */
  readonly total: Duration.Duration;
}
/** Description of a tool for a model. */
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
  /** `json`: without tools, the answer is to be one JSON object. A hint: not every service can promise it. */
  readonly format?: "json";
  /** Effort of the model's thoughts; absent: as the service sets it for the model. */
  readonly effort?: Effort;
}
/** The model's answer. `stop` is the reason for its end; `length`: it was cut off. */
interface LlmResponse {
  readonly content: ReadonlyArray<Block>;
  readonly stop: "end" | "tool-use" | "length" | "refusal";
  readonly usage: Usage;
  /** Time that the call waited for its turn, because the calls of its service keep to a rate. */
  readonly waitedMillis?: number;
}
/** Presence of a model at its service. */
interface ModelPresence {
  readonly isThere: boolean;
  /** Models that the service lists in its place. */
  readonly others: ReadonlyArray<string>;
}
/** Presence of a model; none: the service does not tell, or not to these credentials. */
type PresenceLookup = (model: string) => Effect.Effect<Option.Option<ModelPresence>, LlmError>;
declare const LlmProvider_base: Context.ServiceClass<LlmProvider, "@nominal-code/llm/LlmProvider", {
  readonly name: string;
  send(request: LlmRequest): Effect.Effect<LlmResponse, LlmError>;
  /** Size of a model's context window in tokens; none: it is not known. Absent: of no model. */
  readonly windowOf?: (model: string) => Effect.Effect<Option.Option<number>>;
  /** Absent: the service is asked by other means, or not at all. */
  readonly presenceOf?: PresenceLookup;
}>;
/** A model service: one typed request, one typed answer or one typed error. Retries and caching are inside. */
export declare class LlmProvider extends LlmProvider_base {}
declare const StoreError_base: Schema.Class<StoreError, Schema.TaggedStruct<"StoreError", {
  readonly operation: Schema.String;
  readonly message: Schema.String;
  readonly reason: Schema.Literals<readonly ["unavailable", "full", "failed"]>;
}>, import("effect/Cause").YieldableError>;
/** A failed call of a store. `message` is one line for operators. */
export declare class StoreError extends StoreError_base {
  stack: string;
  /** True if the same call may succeed later. */
  get retryable(): boolean;
}
/** Agents that a task's model may start beside itself, to look something up each. */
interface ExplorerSettings {
  readonly settings: AgentSettings;
  readonly system: string;
  /** Number of them that work at the same time. */
  readonly maxConcurrent: number;
  /** Cost cap of each in US dollars, within what the task may spend; absent: no cap of its own. */
  readonly maxCostUsd?: number | undefined;
}
/** Work of one explorer. */
interface Exploration {
  readonly prompt: string;
  readonly conversation: Conversation;
  readonly turns: number;
  readonly usage: UsageSummary;
  readonly stopped: AgentResult<unknown>["stopped"];
}
/** The answer that an agent has to submit, and the tool that submits it. */
interface Submission<A> {
  readonly toolName: string;
  readonly description: string;
  /** Schema of the answer. The model sees its JSON Schema. */
  readonly input: Schema.Top;
  /** The JSON Schema that the model sees in place of that one's. */
  readonly inputSchema?: JsonSchema.JsonSchema | undefined;
  /**
   * Decodes the model's input. The text of a failure goes back to the model, which may try again; with `lenient` (the
   * last chance) a partly usable input is accepted.
   */
  decode(input: unknown, options: {
    readonly lenient: boolean;
  }): Effect.Effect<A, string>;
  /** True if an answer in words alone ends the task as well. */
  readonly acceptsText?: boolean;
}
/** One task for an agent. */
interface AgentTask<A> {
  readonly settings: AgentSettings;
  readonly system: string;
  readonly prompt: string;
  /**
   * Shorter prompt, shorter still with each call, for a model that refuses the prompt as too long; none: it gets no
   * shorter.
   */
  readonly shorter?: Effect.Effect<Option.Option<string>> | undefined;
  /** The only tools that the agent has. None of them reaches a forge, the network or a shell. */
  readonly tools: ReadonlyArray<Tool>;
  /**
   * Tools that the model is shown and that do not run: those of another task, which has the same system prompt. A provider
   * reads from its cache what both begin with. Claude Code shows none.
   */
  readonly shown?: ReadonlyArray<ToolSpec> | undefined;
  /** Agents that the model may start beside itself; absent: none. Claude Code starts none. */
  readonly explorers?: ExplorerSettings | undefined;
  readonly history: Conversation;
  /** True if it goes on with work that was paid, and would be paid again if this task failed. */
  readonly isContinuation?: boolean;
  /** True if it ends with its turns: no further call, with other tools and so past the cache, demands the submission. */
  readonly endsWithTurns?: boolean;
  readonly submission: Submission<A>;
  /** Cost cap of the task in US dollars, beside the limits of its `SpendScope`; absent: no cap. */
  readonly maxCostUsd?: number | undefined;
}
/** Result of a task. */
interface AgentResult<A> {
  /** None if the turns, the retries or the budget ran out first. */
  readonly answer: Option.Option<A>;
  /** The last text that the model wrote. It may hold an answer that was not submitted. */
  readonly text: string;
  /** All messages, every tool call answered, so that a later task can continue the conversation. */
  readonly conversation: Conversation;
  readonly turns: number;
  /** Usage of all calls, those of explorers among them. */
  readonly usage: UsageSummary;
  /** Work of the explorers that came to an end, in the order of their ends. */
  readonly explorations?: ReadonlyArray<Exploration>;
  /** The limit of dollars that ended it, before its last call or with it; there may be an answer all the same. */
  readonly limit?: SpendLimit;
  /** Reason for the end: `submitted`, or why there is no answer (`turns`, `budget`, `prose`). */
  readonly stopped: "submitted" | "turns" | "budget" | "prose";
}
declare const AgentRunner_base: Context.ServiceClass<AgentRunner, "@nominal-code/agent/AgentRunner", {
  run<A>(task: AgentTask<A>): Effect.Effect<AgentResult<A>, LlmError | StoreError>;
}>;
/** Runner of agent tasks. It does not require `Forge`, so nothing that the model says can reach one. */
export declare class AgentRunner extends AgentRunner_base {}
/**
 * Type of a setting's value, with its two forms: a YAML value, and text in the environment and on a command line.
 * `expected` completes the message "… is not …".
 */
interface SettingType<out A> {
  readonly label: string;
  readonly expected: string;
  /** True for a secret, which is shown in no message and no log line. */
  readonly secret: boolean;
  readonly fromYaml: (value: unknown) => Option.Option<A>;
  readonly fromText: (text: string) => Option.Option<A>;
  /** JSON Schema of the YAML value. Made when it is asked for: a program that only reads its settings needs none. */
  readonly shape: () => JsonSchema.JsonSchema;
  /** Schema of the value within a job's JSON; none for one that cannot travel with a job. */
  readonly wire: Option.Option<Schema.Codec<A, unknown>>;
}
/**
 * The way of a setting's value to the process of a job. `job`: within the job's `ReviewSettings`. `pod`: in the
 * environment of its pod, or, if it is a secret, from the Secrets of `kubernetes.env_from_secrets`.
 */
type Travel = "job" | "pod" | "none";
/** A setting: its names, its type and its default. */
interface Setting<out A, out T extends Travel = Travel> {
  /** Paths in YAML, the canonical one first. Empty: environment only. */
  readonly yaml: ReadonlyArray<string>;
  /** Environment variables. The first one that is set counts. */
  readonly env: readonly [string, ...Array<string>];
  readonly kind: SettingType<A>;
  readonly absent: A;
  /** The default as YAML has it; `undefined` if the setting may stay unset. */
  readonly written: unknown;
  /** Markdown for the reference: the default, and one sentence on the purpose. */
  readonly byDefault: string;
  readonly doc: string;
  readonly travels: T;
}
/** Value of a setting. */
type ValueOf<S> = S extends Setting<infer A> ? A : never;
/** Values of a group, each with the type of its declaration. */
type ValuesOf<G> = { readonly [K in keyof G]: ValueOf<G[K]>; };
/** Settings of who may ask for a review, and where. */
declare const access: {
  allowedUsers: Setting<readonly string[], "none">;
  allowedAssociations: Setting<readonly string[], "none">;
  allowedAccessLevel: Setting<"developer" | "guest" | "maintainer" | "none" | "owner" | "reporter", "none">;
  require: Setting<"anyone" | "contributor" | "member", "none">;
  allowedRepos: Setting<readonly string[], "none">;
  titleIncludeTags: Setting<readonly string[], "none">;
  titleExcludeTags: Setting<readonly string[], "none">;
};
/** Settings of what is reviewed by itself. */
declare const filters: {
  authors: Setting<readonly string[], "job">;
  baseBranches: Setting<readonly string[], "job">;
  headBranches: Setting<readonly string[], "job">;
  labels: Setting<readonly string[], "job">;
  titles: Setting<readonly string[], "job">;
  paths: Setting<readonly string[], "job">;
  maxFiles: Setting<number, "job">;
  maxLines: Setting<number, "job">;
};
/**
 * Filters of the pull requests that are reviewed by themselves. In a list, an entry with `!` before it excludes; if
 * there are others, a pull request needs one of them. An empty list, and a limit of 0, filter nothing.
 */
type Filters = ValuesOf<typeof filters>;
/**
 * Kind of a lifecycle event: a trigger, or `pr_rerun`, with which somebody has asked on the forge for the check on the
 * commit to run again.
 */
export declare const LifecycleKind: Schema.Literals<readonly ["pr_opened", "pr_push", "pr_reopened", "pr_ready_for_review", "pr_labeled", "pr_retargeted", "pr_rerun"]>;
export type LifecycleKind = typeof LifecycleKind.Type;
/** Kind of a comment. `note` is GitLab's only kind. */
export declare const CommentKind: Schema.Literals<readonly ["issue_comment", "review_comment", "review", "note"]>;
export type CommentKind = typeof CommentKind.Type;
/**
 * A forge's delivery in normalized form, without secrets. `installationId` travels so that the process that runs the
 * job can mint its own token.
 */
export declare const PullRequestEvent: Schema.TaggedUnion<{
  readonly Comment: Schema.TaggedStruct<"Comment", {
    readonly kind: Schema.Literals<readonly ["issue_comment", "review_comment", "review", "note"]>;
    readonly pullRequest: typeof PullRequestRef;
    readonly title: Schema.String;
    readonly author: Schema.brand<Schema.NonEmptyString, "Login">;
    /** True if the forge says that a program wrote it. Such a comment is never answered. */
    readonly authorIsBot: Schema.Boolean;
    /** Association of the comment's author with the repository, and below the author's id. */
    readonly association: Schema.optionalKey<Schema.Literals<readonly ["OWNER", "MEMBER", "COLLABORATOR", "CONTRIBUTOR", "FIRST_TIME_CONTRIBUTOR", "FIRST_TIMER", "MANNEQUIN", "NONE"]>>;
    readonly authorId: Schema.optionalKey<Schema.Int>;
    readonly commentId: Schema.Int;
    /** First comment of the thread, which a reply must name. Absent if this is the first. */
    readonly threadId: Schema.optionalKey<Schema.String>;
    readonly body: Schema.String;
    /** File and hunk of a comment on the diff. */
    readonly filePath: Schema.optionalKey<Schema.brand<Schema.NonEmptyString, "RepoPath">>;
    readonly diffHunk: Schema.optionalKey<Schema.String>;
    /** Line of a comment on the diff, counted in the file of its `side`; the last one of a range. */
    readonly line: Schema.optionalKey<Schema.Int>;
    readonly side: Schema.optionalKey<Schema.Literals<readonly ["LEFT", "RIGHT"]>>;
    readonly installationId: Schema.optionalKey<Schema.Int>;
  }>;
  readonly Lifecycle: Schema.TaggedStruct<"Lifecycle", {
    readonly kind: Schema.Literals<readonly ["pr_opened", "pr_push", "pr_reopened", "pr_ready_for_review", "pr_labeled", "pr_retargeted", "pr_rerun"]>;
    readonly pullRequest: typeof PullRequestRef;
    readonly title: Schema.String;
    readonly author: Schema.brand<Schema.NonEmptyString, "Login">;
    readonly headSha: Schema.brand<Schema.String, "Sha">;
    readonly headBranch: Schema.String;
    readonly baseBranch: Schema.String;
    /** Relation of the author to the repository when the event was sent; on GitHub only. */
    readonly association: Schema.optionalKey<Schema.Literals<readonly ["OWNER", "MEMBER", "COLLABORATOR", "CONTRIBUTOR", "FIRST_TIME_CONTRIBUTOR", "FIRST_TIMER", "MANNEQUIN", "NONE"]>>;
    /** Number of the author's account; on GitLab only. */
    readonly authorId: Schema.optionalKey<Schema.Int>;
    /** True if the forge says that a program caused the event. */
    readonly byBot: Schema.optionalKey<Schema.Boolean>;
    /** Labels that the event has added. */
    readonly labels: Schema.optionalKey<Schema.$Array<Schema.String>>;
    /**
     * Present where the head is reviewed even if it was: names the request, so that two deliveries of it are one. Where
     * the job replaced that of the request, the ids of the replaced jobs follow, with blanks between them.
     */
    readonly again: Schema.optionalKey<Schema.String>;
    /** True where the job replaced one that a person had asked for, by a label or a check that is to run again. */
    readonly asked: Schema.optionalKey<Schema.Boolean>;
    readonly installationId: Schema.optionalKey<Schema.Int>;
  }>;
}>;
export type PullRequestEvent = typeof PullRequestEvent.Type;
/** Rules of who may ask for reviews, where, and which events start one by themselves. */
interface Policy extends ValuesOf<typeof access> {
  readonly botUsername: string;
  readonly triggers: ReadonlyArray<LifecycleKind>;
  readonly reviewLabel: string;
  /** Filters of what is reviewed by itself. Absent: none. */
  readonly filters?: Filters;
}
/** Settings of what all reviews together may cost, and of prices. */
declare const costs: {
  pullRequestUsd: Setting<number, "none">;
  repositoryUsd: Setting<number, "none">;
  authorUsd: Setting<number, "none">;
  dayUsd: Setting<number, "none">;
  allowUnpriced: Setting<boolean, "none">;
  prices: Setting<{
    readonly [x: string]: {
      readonly input: number;
      readonly output: number;
      readonly cacheRead?: number;
      readonly cacheWrite?: number;
    };
  }, "job">;
};
/** Settings of how many reviews are done in a day. */
declare const quotas: {
  authorPerDay: Setting<number, "none">;
  repositoryPerDay: Setting<number, "none">;
  perDay: Setting<number, "none">;
};
/** Settings of the bot's account and of what it reviews. */
declare const reviewer$1: {
  botUsername: Setting<import("effect/Option").Option<string & import("effect/Brand").Brand<"Login">>, "none">;
  triggers: Setting<readonly string[], "none">;
  reviewLabel: Setting<string, "none">;
  onPush: Setting<"finish" | "supersede", "none">;
  check: Setting<"auto" | "off", "pod">;
  failOn: Setting<"critical" | "high" | "low" | "medium" | "never", "none">;
  summary: Setting<"each" | "sticky", "job">;
  ignorePatterns: Setting<readonly string[], "job">;
  ignoreLabel: Setting<string, "job">;
  minSeverity: Setting<"critical" | "high" | "low" | "medium", "job">;
  finders: Setting<"one" | "two", "job">;
  verify: Setting<boolean, "job">;
  maxFindings: Setting<number, "job">;
  nits: Setting<"fold" | "off" | "post", "job">;
  paths: Setting<{
    readonly [x: string]: {
      readonly maxFindings?: number;
      readonly minSeverity?: "critical" | "high" | "low" | "medium";
      readonly nits?: "fold" | "off" | "post";
    };
  }, "job">;
  language: Setting<import("effect/Option").Option<string>, "job">;
  inlineSuggestions: Setting<boolean, "job">;
  dryRun: Setting<boolean, "job">;
  ignoreExistingComments: Setting<boolean, "job">;
};
/** Settings of the webhook listener. */
declare const webhook: {
  host: Setting<string, "none">;
  port: Setting<number, "none">;
  allowUnsigned: Setting<boolean, "none">;
};
/** Settings of the metrics. */
declare const metrics: {
  port: Setting<import("effect/Option").Option<number>, "none">;
};
/** Settings of the search for missed events. */
declare const reconcile: {
  every: Setting<import("effect/Duration").Duration, "none">;
  window: Setting<import("effect/Duration").Duration, "none">;
  maxRequests: Setting<number, "none">;
};
/** Settings of the mirrors. */
declare const workspace$1: {
  baseDir: Setting<import("effect/Option").Option<string>, "none">;
  maxBytes: Setting<number, "none">;
  maxAge: Setting<import("effect/Duration").Duration, "none">;
};
/** Settings of concurrency and time limits. */
declare const jobs: {
  maxConcurrent: Setting<import("effect/Option").Option<number>, "none">;
  maxAttempts: Setting<number, "none">;
  giveUpAfter: Setting<import("effect/Duration").Duration, "none">;
  deadline: Setting<import("effect/Duration").Duration, "none">;
  gracePeriod: Setting<import("effect/Duration").Duration, "none">;
  signingKey: Setting<import("effect/Option").Option<import("effect/Redacted").Redacted<string>>, "none">;
};
/** Settings of Redis, for the queue and the conversations. */
declare const redis$1: {
  url: Setting<import("effect/Option").Option<import("effect/Redacted").Redacted<string>>, "none">;
  sentinelPassword: Setting<import("effect/Option").Option<import("effect/Redacted").Redacted<string>>, "pod">;
  waitReplicas: Setting<number, "none">;
  shards: Setting<import("effect/Option").Option<number>, "none">;
  keyTtl: Setting<import("effect/Duration").Duration, "pod">;
};
/** Settings of Kubernetes, with one Job per review. */
declare const kubernetes$1: {
  labels: Setting<Readonly<Record<string, string>>, "none">;
  annotations: Setting<Readonly<Record<string, string>>, "none">;
  priorityClass: Setting<import("effect/Option").Option<string>, "none">;
  nodeSelector: Setting<Readonly<Record<string, string>>, "none">;
  tolerations: Setting<readonly {
    readonly key?: string;
    readonly operator?: "Equal" | "Exists";
    readonly value?: string;
    readonly effect?: "NoExecute" | "NoSchedule" | "PreferNoSchedule";
    readonly tolerationSeconds?: number;
  }[], "none">;
  affinity: Setting<import("effect/Option").Option<{
    readonly nodeAffinity?: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: {
        readonly nodeSelectorTerms: {
          readonly matchExpressions?: {
            readonly key: string;
            readonly operator: string;
            readonly values?: string[];
          }[];
          readonly matchFields?: {
            readonly key: string;
            readonly operator: string;
            readonly values?: string[];
          }[];
        }[];
      };
      readonly preferredDuringSchedulingIgnoredDuringExecution?: {
        readonly weight: number;
        readonly preference: {
          readonly matchExpressions?: {
            readonly key: string;
            readonly operator: string;
            readonly values?: string[];
          }[];
          readonly matchFields?: {
            readonly key: string;
            readonly operator: string;
            readonly values?: string[];
          }[];
        };
      }[];
    };
    readonly podAffinity?: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: {
        readonly topologyKey: string;
        readonly labelSelector?: {
          readonly matchLabels?: {
            readonly [x: string]: string;
          };
          readonly matchExpressions?: {
            readonly key: string;
            readonly operator: string;
            readonly values?: string[];
          }[];
        };
        readonly namespaces?: string[];
        readonly namespaceSelector?: {
          readonly matchLabels?: {
            readonly [x: string]: string;
          };
          readonly matchExpressions?: {
            readonly key: string;
            readonly operator: string;
            readonly values?: string[];
          }[];
        };
        readonly matchLabelKeys?: string[];
        readonly mismatchLabelKeys?: string[];
      }[];
      readonly preferredDuringSchedulingIgnoredDuringExecution?: {
        readonly weight: number;
        readonly podAffinityTerm: {
          readonly topologyKey: string;
          readonly labelSelector?: {
            readonly matchLabels?: {
              readonly [x: string]: string;
            };
            readonly matchExpressions?: {
              readonly key: string;
              readonly operator: string;
              readonly values?: string[];
            }[];
          };
          readonly namespaces?: string[];
          readonly namespaceSelector?: {
            readonly matchLabels?: {
              readonly [x: string]: string;
            };
            readonly matchExpressions?: {
              readonly key: string;
              readonly operator: string;
              readonly values?: string[];
            }[];
          };
          readonly matchLabelKeys?: string[];
          readonly mismatchLabelKeys?: string[];
        };
      }[];
    };
    readonly podAntiAffinity?: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: {
        readonly topologyKey: string;
        readonly labelSelector?: {
          readonly matchLabels?: {
            readonly [x: string]: string;
          };
          readonly matchExpressions?: {
            readonly key: string;
            readonly operator: string;
            readonly values?: string[];
          }[];
        };
        readonly namespaces?: string[];
        readonly namespaceSelector?: {
          readonly matchLabels?: {
            readonly [x: string]: string;
          };
          readonly matchExpressions?: {
            readonly key: string;
            readonly operator: string;
            readonly values?: string[];
          }[];
        };
        readonly matchLabelKeys?: string[];
        readonly mismatchLabelKeys?: string[];
      }[];
      readonly preferredDuringSchedulingIgnoredDuringExecution?: {
        readonly weight: number;
        readonly podAffinityTerm: {
          readonly topologyKey: string;
          readonly labelSelector?: {
            readonly matchLabels?: {
              readonly [x: string]: string;
            };
            readonly matchExpressions?: {
              readonly key: string;
              readonly operator: string;
              readonly values?: string[];
            }[];
          };
          readonly namespaces?: string[];
          readonly namespaceSelector?: {
            readonly matchLabels?: {
              readonly [x: string]: string;
            };
            readonly matchExpressions?: {
              readonly key: string;
              readonly operator: string;
              readonly values?: string[];
            }[];
          };
          readonly matchLabelKeys?: string[];
          readonly mismatchLabelKeys?: string[];
        };
      }[];
    };
  }>, "none">;
  runtimeClass: Setting<import("effect/Option").Option<string>, "none">;
  imagePullSecrets: Setting<readonly string[], "none">;
  queue: Setting<import("effect/Option").Option<string>, "none">;
  image: Setting<import("effect/Option").Option<string>, "none">;
  namespace: Setting<string, "none">;
  serviceAccount: Setting<import("effect/Option").Option<string>, "none">;
  imagePullPolicy: Setting<import("effect/Option").Option<"Always" | "IfNotPresent" | "Never">, "none">;
  isolation: Setting<"none" | "strict", "none">;
  backoffLimit: Setting<number, "none">;
  activeDeadline: Setting<import("effect/Duration").Duration, "none">;
  ttlAfterFinished: Setting<import("effect/Duration").Duration, "none">;
  envFromSecrets: Setting<readonly string[], "none">;
  caConfigMap: Setting<import("effect/Option").Option<string>, "none">;
  requestsCpu: Setting<import("effect/Option").Option<string>, "none">;
  requestsMemory: Setting<import("effect/Option").Option<string>, "none">;
  limitsCpu: Setting<import("effect/Option").Option<string>, "none">;
  limitsMemory: Setting<import("effect/Option").Option<string>, "none">;
};
/** CPU and memory in Kubernetes' notation; absent fields are not set. */
interface ResourceSettings {
  readonly cpu: Option.Option<string>;
  readonly memory: Option.Option<string>;
}
/** An entry of a Secret, and whether a pod cannot start without it. */
interface SecretVariable {
  readonly name: string;
  readonly required: boolean;
}
/** Names of variables by the part of a review that needs them. `network`: every part that connects to something. */
type VariablesByPart = Readonly<Record<"models" | "forges" | "network", ReadonlySet<string>>>;
/** Settings of a review's Kubernetes Job. */
interface KubernetesSettings extends Omit<ValuesOf<typeof kubernetes$1>, "image" | "requestsCpu" | "requestsMemory" | "limitsCpu" | "limitsMemory"> {
  readonly image: string;
  /** The entries of the Secrets that a review may need, each by the name of its variable. */
  readonly secretVariables: ReadonlyArray<SecretVariable>;
  readonly variablesByPart: VariablesByPart;
  /** Further settings for the pod, by variable. They hold no secret, and no URL with one. */
  readonly environment: Readonly<Record<string, string>>;
  readonly requests: ResourceSettings;
  readonly limits: ResourceSettings;
}
/** Settings of the traces. The variables are those of OpenTelemetry. */
declare const tracing: {
  endpoint: Setting<import("effect/Option").Option<string>, "pod">;
  headers: Setting<import("effect/Option").Option<import("effect/Redacted").Redacted<string>>, "pod">;
};
/**
 * Kind of process, which decides which settings are required. `part`: a container of a review's pod that has the models'
 * keys or none at all.
 */
type Mode = "serve" | "run-job" | "review" | "jobs" | "reconcile" | "part";
/** A GitHub App: it mints a token for each installation. */
interface GitHubAppSettings {
  /** The App's id or its client id. */
  readonly appId: string;
  /** A PEM, PKCS#1 or PKCS#8, with real line breaks. */
  readonly privateKey: Redacted.Redacted;
  /** The installation of deliveries that name none. Absent: GitHub is asked for the repository's installation. */
  readonly installationId: Option.Option<number>;
}
/** Identity for calls to GitHub: the owner of a token, or an App. */
type GitHubCredentials = {
  readonly _tag: "Token";
  readonly token: Redacted.Redacted;
} | ({
  readonly _tag: "App";
  /** Token for the repositories that no installation of the App has. */
  readonly token?: Redacted.Redacted;
} & GitHubAppSettings);
/** Addresses and credentials of GitHub. */
interface GitHubSettings {
  readonly credentials: GitHubCredentials;
  /**
   * Secret of the webhooks' signatures. Absent only if `webhook.allow_unsigned` is set, or if the process serves no
   * webhook.
   */
  readonly webhookSecret: Option.Option<Redacted.Redacted>;
  /** REST root without a trailing slash: `https://api.github.com`, or `https://ghe.example/api/v3`. */
  readonly apiBase: string;
  /** Root of clone URLs, derived from `apiBase`: `https://github.com`, `https://ghe.example`. */
  readonly cloneBase: string;
}
/** Address and credentials of GitLab. */
interface GitLabSettings {
  readonly token: Redacted.Redacted;
  /** The hook's secret token, which GitLab sends along. */
  readonly webhookSecret: Option.Option<Redacted.Redacted>;
  /** The key of the hook's signatures: `whsec_` and base64. Absent both: as for GitHub. */
  readonly signingToken: Option.Option<Redacted.Redacted>;
  /** Address of the instance, with or without `/api/v4`: `https://gitlab.com`. */
  readonly apiBase: string;
}
/** The HTTP listener. */
type WebhookSettings = ValuesOf<typeof webhook>;
/** The listener of the metrics. None: there is no listener. */
type MetricsSettings = ValuesOf<typeof metrics>;
/** The collector of the traces. None: there are none. */
type TracingSettings = ValuesOf<typeof tracing>;
/** Limits of concurrent jobs and of their durations. */
interface JobSettings extends Omit<ValuesOf<typeof jobs>, "maxConcurrent"> {
  readonly maxConcurrent: number;
}
/** Limits of the search for missed events. */
type ReconcileSettings = ValuesOf<typeof reconcile>;
/** Directory and size limits of the mirrors. */
interface WorkspaceSettings extends Omit<ValuesOf<typeof workspace$1>, "baseDir"> {
  readonly baseDir: string;
}
/** The Redis that several processes share. The URL may hold a password. */
interface RedisSettings extends Omit<ValuesOf<typeof redis$1>, "url" | "keyTtl"> {
  readonly url: Redacted.Redacted;
}
/** Identity that Microsoft Entra gives tokens: one token, an application with a proof, or that of the machine. */
type AzureIdentity = {
  readonly _tag: "Token";
  readonly token: Redacted.Redacted;
} | {
  readonly _tag: "ClientSecret";
  readonly tenantId: string;
  readonly clientId: string;
  readonly secret: Redacted.Redacted;
} | {
  readonly _tag: "Workload";
  readonly tenantId: string;
  readonly clientId: string;
  readonly tokenFile: string;
} | {
  readonly _tag: "Managed";
  readonly clientId?: string;
  readonly host?: {
    readonly endpoint: string;
    readonly header: Redacted.Redacted;
  };
};
/** Account of a cloud, whose credentials the models are asked with. */
type CloudSettings = {
  readonly _tag: "Bedrock";
  readonly region: string;
  /** None: those that AWS's SDK finds. */
  readonly credentials: Option.Option<{
    readonly accessKeyId: Redacted.Redacted;
    readonly secretAccessKey: Redacted.Redacted;
    readonly sessionToken: Option.Option<Redacted.Redacted>;
  }>;
} | {
  readonly _tag: "Vertex";
  readonly project: string;
  readonly location: string;
  readonly credentialsFile: Option.Option<string>;
} | {
  readonly _tag: "Azure";
  readonly apiVersion: Option.Option<string>;
  readonly identity: AzureIdentity;
  readonly authority: Option.Option<string>;
};
/** A model service's endpoint, and its key or its account. */
interface ProviderSettings {
  readonly name: ProviderName;
  /** None: a server without keys, or an account that has others. */
  readonly apiKey: Option.Option<Redacted.Redacted>;
  readonly baseUrl: Option.Option<string>;
  /** Absent: it is no model of a cloud. */
  readonly cloud?: CloudSettings;
}
/** Limits of the calls of a model service. */
interface CallRateSettings {
  readonly concurrent?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
}
/** Claude Code as this process can run it. */
interface ClaudeCodeSettings {
  /** Absolute path of the program; none: it was not found. */
  readonly program: Option.Option<string>;
  /** Key of Anthropic. Claude Code prefers it to its user's login. */
  readonly apiKey: Option.Option<Redacted.Redacted>;
  readonly baseUrl: Option.Option<string>;
}
declare const AppConfig_base: Context.ServiceClass<AppConfig, "@nominal-code/config/AppConfig", {
  readonly dataDir: string;
  /** `memory` loses everything at exit, and has to be asked for. */
  readonly storage: "sqlite" | "memory" | "redis";
  /** True if the transcripts of reviews are kept in `dataDir`. */
  readonly transcripts: boolean;
  /** Present where `storage` is `redis`. */
  readonly redis: Option.Option<RedisSettings>;
  /** If present, each review runs as a Kubernetes Job of its own, and `redis` is present too. */
  readonly kubernetes: Option.Option<KubernetesSettings>;
  readonly github: Option.Option<GitHubSettings>;
  readonly gitlab: Option.Option<GitLabSettings>;
  readonly webhook: WebhookSettings;
  readonly metrics: MetricsSettings;
  readonly tracing: TracingSettings;
  readonly policy: Policy;
  /** Numbers of reviews and answers in a day; 0: no limit. */
  readonly quotas: ValuesOf<typeof quotas>;
  /** The settings of the reviewer as they are written. Those that a review reads are resolved in `review`. */
  readonly reviewer: ValuesOf<typeof reviewer$1>;
  /** The settings of costs, likewise. */
  readonly costs: ValuesOf<typeof costs>;
  readonly jobs: JobSettings;
  readonly reconcile: ReconcileSettings;
  readonly workspace: WorkspaceSettings;
  /** Providers in use, with their keys; in a job's process, all whose keys are set. */
  readonly providers: ReadonlyArray<ProviderSettings>;
  /** Rates at which the models are asked, by provider. */
  readonly rates: Readonly<Record<string, CallRateSettings>>;
  readonly claudeCode: ClaudeCodeSettings;
  readonly review: ReviewSettings;
  /** Origins of the settings that are set, by their YAML paths, as the users of the server may read them. */
  readonly origins: Readonly<Record<string, string>>;
  /** Time for which a pull request's conversation is kept after its last review. */
  readonly conversationTtl: Duration.Duration;
  readonly logLevel: LogLevel.LogLevel;
  readonly logFormat: "text" | "json" | "pretty";
  /** Every secret that the process was given. Redaction hides them all. */
  readonly secrets: ReadonlyArray<Redacted.Redacted>;
  /** Warnings about odd but valid settings, to be logged at start. */
  readonly warnings: ReadonlyArray<string>;
}>;
/**
 * The whole configuration, resolved and checked: defaults, then YAML, then environment. Nothing else reads the
 * environment, and nothing changes it after start.
 */
export declare class AppConfig extends AppConfig_base {}
declare const RateLimited_base: Schema.Class<RateLimited, Schema.TaggedStruct<"RateLimited", {
  readonly retryAfter: Schema.Duration;
  /** True if the forge named no time: `retryAfter` is then its general advice, and grows from one try to the next. */
  readonly assumed: Schema.optionalKey<Schema.Literal<true>>;
}>, import("effect/Cause").YieldableError>;
/** Rate limit: the forge asks us to wait, and did not carry out the request. */
export declare class RateLimited extends RateLimited_base {
  get message(): string;
}
declare const Unauthorized_base: Schema.Class<Unauthorized, Schema.TaggedStruct<"Unauthorized", {
  readonly message: Schema.String;
}>, import("effect/Cause").YieldableError>;
/** The forge does not accept the credentials, whatever they are used for: they are wrong, expired or revoked. */
export declare class Unauthorized extends Unauthorized_base {}
declare const Forbidden_base: Schema.Class<Forbidden, Schema.TaggedStruct<"Forbidden", {
  readonly message: Schema.String;
}>, import("effect/Cause").YieldableError>;
/** The credentials are good, and lack a permission that this call needs. */
export declare class Forbidden extends Forbidden_base {}
declare const NotFound_base: Schema.Class<NotFound, Schema.TaggedStruct<"NotFound", {
  readonly message: Schema.String;
}>, import("effect/Cause").YieldableError>;
/** No such repository, pull request or comment, or none that the credentials may see. */
export declare class NotFound extends NotFound_base {}
/**
 * Reason of a refusal that is not about the request itself. `locked`: the pull request's conversation. `archived`: the
 * repository. `sso`: the organization wants the token authorised for single sign-on. `pending-review`: the account has
 * an unsubmitted review on the pull request, beside which the forge takes no other.
 */
export declare const RefusalReason: Schema.Literals<readonly ["locked", "archived", "sso", "pending-review"]>;
declare const Refused_base: Schema.Class<Refused, Schema.TaggedStruct<"Refused", {
  readonly status: Schema.Int;
  readonly because: Schema.optionalKey<Schema.Literals<readonly ["locked", "archived", "sso", "pending-review"]>>;
  readonly message: Schema.String;
}>, import("effect/Cause").YieldableError>;
/** The forge understood the request and refuses it. */
export declare class Refused extends Refused_base {}
declare const Unavailable_base: Schema.Class<Unavailable, Schema.TaggedStruct<"Unavailable", {
  readonly message: Schema.String;
}>, import("effect/Cause").YieldableError>;
/** No answer, a broken answer or a server error. The same request may succeed later. */
export declare class Unavailable extends Unavailable_base {}
declare const ForgeError_base: Schema.Class<ForgeError, Schema.TaggedStruct<"ForgeError", {
  /** Name and target of the operation: `GitHub.publish acme/shop#7`. */
  readonly operation: Schema.String;
  readonly reason: Schema.Union<readonly [typeof RateLimited, typeof Unauthorized, typeof Forbidden, typeof NotFound, typeof Refused, typeof Unavailable]>;
}>, import("effect/Cause").YieldableError>;
/** A failed call of the forge: its operation and its reason. */
export declare class ForgeError extends ForgeError_base {
  get message(): string;
  /** True if the same call may succeed later, with nothing changed on our side. */
  get retryable(): boolean;
}
declare const WebhookError_base: Schema.Class<WebhookError, Schema.TaggedStruct<"WebhookError", {
  readonly reason: Schema.Literals<readonly ["invalid-signature", "malformed"]>;
  readonly message: Schema.String;
}>, import("effect/Cause").YieldableError>;
/** A webhook request that is refused. `reason` chooses the status of the answer. */
export declare class WebhookError extends WebhookError_base {}
/** A tenant's name, empty where there is one tenant only. */
export declare const Namespace: Schema.brand<Schema.String, "Namespace">;
export type Namespace = typeof Namespace.Type;
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
export declare class Lane extends Lane_base {}
/**
 * `platform:repo:pr:bot`, after `namespace:` where there is one. No part can hold a colon, so distinct lanes have
 * distinct keys.
 */
export declare const LaneKey: Schema.decodeTo<typeof Lane, Schema.String, never, never>;
/** A lane's key as text, for logs and for stores. */
export declare const laneKey: (lane: Lane) => string;
/** The forge's own id of a webhook delivery. GitHub sends the same one when it delivers again. */
export declare const DeliveryId: Schema.brand<Schema.NonEmptyString, "DeliveryId">;
export type DeliveryId = typeof DeliveryId.Type;
/** Id of a job: lower-case hex, which fits a Kubernetes name, a file name and a log line. */
export declare const JobId: Schema.brand<Schema.String, "JobId">;
export type JobId = typeof JobId.Type;
/** Derives the job id of a delivery. A repeated delivery gets the same id, which is its idempotency key. */
export declare const jobIdOfDelivery: (platform: Platform, delivery: DeliveryId) => JobId;
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
      readonly association: Schema.optionalKey<Schema.Literals<readonly ["OWNER", "MEMBER", "COLLABORATOR", "CONTRIBUTOR", "FIRST_TIME_CONTRIBUTOR", "FIRST_TIMER", "MANNEQUIN", "NONE"]>>;
      readonly authorId: Schema.optionalKey<Schema.Int>;
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
      readonly kind: Schema.Literals<readonly ["pr_opened", "pr_push", "pr_reopened", "pr_ready_for_review", "pr_labeled", "pr_retargeted", "pr_rerun"]>;
      readonly pullRequest: typeof PullRequestRef;
      readonly title: Schema.String;
      readonly author: Schema.brand<Schema.NonEmptyString, "Login">;
      readonly headSha: Schema.brand<Schema.String, "Sha">;
      readonly headBranch: Schema.String;
      readonly baseBranch: Schema.String;
      readonly association: Schema.optionalKey<Schema.Literals<readonly ["OWNER", "MEMBER", "COLLABORATOR", "CONTRIBUTOR", "FIRST_TIME_CONTRIBUTOR", "FIRST_TIMER", "MANNEQUIN", "NONE"]>>;
      readonly authorId: Schema.optionalKey<Schema.Int>;
      readonly byBot: Schema.optionalKey<Schema.Boolean>;
      readonly labels: Schema.optionalKey<Schema.$Array<Schema.String>>;
      readonly again: Schema.optionalKey<Schema.String>;
      readonly asked: Schema.optionalKey<Schema.Boolean>;
      readonly installationId: Schema.optionalKey<Schema.Int>;
    }>;
  }>;
  /** Request beside the mention; empty for a lifecycle event. */
  readonly prompt: Schema.String;
  /** True if its author may ask only with a role that is still to be looked up. */
  readonly unverified: Schema.optionalKey<Schema.Boolean>;
  readonly delivery: Schema.brand<Schema.NonEmptyString, "DeliveryId">;
  /** Milliseconds since the epoch at which the webhook arrived. */
  readonly receivedAt: Schema.Int;
  /** Trace of the delivery, which its runs continue. */
  readonly traceparent: Schema.optionalKey<Schema.brand<Schema.String, "Traceparent">>;
  /** Number of the run that was under way when the servers got their first signing key: its result has no token. */
  readonly runBefore: Schema.optionalKey<Schema.Int>;
}>, {}>;
/** One accepted request for a review. It names things; it holds no secret and no URL with one. */
export declare class Job extends Job_base {}
/** Request of a job that no delivery asked for, and the account that reviews. */
interface HeadRequest {
  /** Empty: the change as a whole. */
  readonly prompt?: string;
  readonly bot?: Login;
  /** Milliseconds since the epoch. */
  readonly receivedAt?: number;
  /** True if a person wants the review: no filter holds then. */
  readonly asked?: boolean;
}
/** The job that reviews a pull request's head without a delivery. The same head and prompt give the same job. */
export declare const jobOfHead: ({ baseBranch, headBranch, headSha, ref, title }: Pick<PullRequest, "ref" | "title" | "headSha" | "headBranch" | "baseBranch">, { asked, bot, prompt, receivedAt }?: HeadRequest) => Job;
/**
 * Dedup key of an event within its pull request, whichever hook delivered it: the id of a comment, or the kind and the
 * head of a lifecycle event, the head last; between them what makes it a request of its own.
 */
export declare const eventKeyOf: (value: {
  readonly _tag: "Comment";
  readonly kind: "issue_comment" | "note" | "review" | "review_comment";
  readonly pullRequest: PullRequestRef;
  readonly title: string;
  readonly author: string & import("effect/Brand").Brand<"Login">;
  readonly authorIsBot: boolean;
  readonly association?: "COLLABORATOR" | "CONTRIBUTOR" | "FIRST_TIMER" | "FIRST_TIME_CONTRIBUTOR" | "MANNEQUIN" | "MEMBER" | "NONE" | "OWNER";
  readonly authorId?: number;
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
  readonly kind: "pr_labeled" | "pr_opened" | "pr_push" | "pr_ready_for_review" | "pr_reopened" | "pr_rerun" | "pr_retargeted";
  readonly pullRequest: PullRequestRef;
  readonly title: string;
  readonly author: string & import("effect/Brand").Brand<"Login">;
  readonly headSha: string & import("effect/Brand").Brand<"Sha">;
  readonly headBranch: string;
  readonly baseBranch: string;
  readonly association?: "COLLABORATOR" | "CONTRIBUTOR" | "FIRST_TIMER" | "FIRST_TIME_CONTRIBUTOR" | "MANNEQUIN" | "MEMBER" | "NONE" | "OWNER";
  readonly authorId?: number;
  readonly byBot?: boolean;
  readonly labels?: readonly string[];
  readonly again?: string;
  readonly asked?: boolean;
  readonly installationId?: number;
}) => string;
/** Reason why a job ended without a review. */
export declare const SkipReason: Schema.Literals<readonly ["closed", "merged", "draft", "nothing-to-review", "head-reviewed", "paused", "ignored", "filtered", "unauthorized", "awaits-maintainer", "quota-reached", "limit-reached"]>;
export type SkipReason = typeof SkipReason.Type;
/** Outcome of a run of a job. */
export declare const JobOutcome: Schema.TaggedUnion<{
  readonly Answered: Schema.TaggedStruct<"Answered", {
    readonly command: Schema.String;
    readonly usage: Schema.optionalKey<typeof UsageSummary>;
    /** The answer itself, redacted, where a dry run has not posted it. */
    readonly text: Schema.optionalKey<Schema.String>;
  }>;
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
        readonly reason: Schema.Literals<readonly ["rate-limited", "unavailable", "unauthorized", "forbidden", "not-found", "refused", "locked", "archived", "sso"]>;
        readonly detail: Schema.String;
      }>;
      readonly Installation: Schema.TaggedStruct<"Installation", {
        readonly detail: Schema.String;
      }>;
      readonly Lease: Schema.TaggedStruct<"Lease", {
        readonly detail: Schema.String;
      }>;
      readonly Model: Schema.TaggedStruct<"Model", {
        readonly reason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "no-credit", "no-model", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded", "no-review"]>;
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
      readonly Unsigned: Schema.TaggedStruct<"Unsigned", {
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
        readonly reason: Schema.Literals<readonly ["rate-limited", "unavailable", "unauthorized", "forbidden", "not-found", "refused", "locked", "archived", "sso"]>;
        readonly detail: Schema.String;
      }>;
      readonly Installation: Schema.TaggedStruct<"Installation", {
        readonly detail: Schema.String;
      }>;
      readonly Lease: Schema.TaggedStruct<"Lease", {
        readonly detail: Schema.String;
      }>;
      readonly Model: Schema.TaggedStruct<"Model", {
        readonly reason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "no-credit", "no-model", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded", "no-review"]>;
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
      readonly Unsigned: Schema.TaggedStruct<"Unsigned", {
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
        readonly reason: Schema.Literals<readonly ["rate-limited", "unavailable", "unauthorized", "forbidden", "not-found", "refused", "locked", "archived", "sso"]>;
        readonly detail: Schema.String;
      }>;
      readonly Installation: Schema.TaggedStruct<"Installation", {
        readonly detail: Schema.String;
      }>;
      readonly Lease: Schema.TaggedStruct<"Lease", {
        readonly detail: Schema.String;
      }>;
      readonly Model: Schema.TaggedStruct<"Model", {
        readonly reason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "no-credit", "no-model", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded", "no-review"]>;
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
      readonly Unsigned: Schema.TaggedStruct<"Unsigned", {
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
    /** Files that it has looked at. Absent where an earlier run has posted it. */
    readonly coverage: Schema.optionalKey<Schema.Struct<{
      readonly full: Schema.Natural;
      readonly part: Schema.Natural;
      readonly name: Schema.Natural;
      readonly none: Schema.Natural;
      readonly missed: Schema.$Array<Schema.brand<Schema.NonEmptyString, "RepoPath">>;
    }>>;
    /** The review itself, redacted, where a dry run has not posted it. */
    readonly text: Schema.optionalKey<Schema.String>;
  }>;
  readonly Skipped: Schema.TaggedStruct<"Skipped", {
    readonly reason: Schema.Literals<readonly ["closed", "merged", "draft", "nothing-to-review", "head-reviewed", "paused", "ignored", "filtered", "unauthorized", "awaits-maintainer", "quota-reached", "limit-reached"]>;
    readonly detail: Schema.String;
    readonly headSha: Schema.optionalKey<Schema.brand<Schema.String, "Sha">>;
  }>;
}>;
export type JobOutcome = typeof JobOutcome.Type;
/** Impact of a finding if it is right, worst first. */
export declare const Severity: Schema.Literals<readonly ["critical", "high", "medium", "low"]>;
export type Severity = typeof Severity.Type;
/** Probability of a finding, as the model judges it. */
export declare const Confidence: Schema.Literals<readonly ["high", "medium", "low"]>;
export type Confidence = typeof Confidence.Type;
/** Kind of defect. */
export declare const Category: Schema.Literals<readonly ["bug", "security", "data-loss", "performance", "concurrency", "error-handling", "tests", "readability", "documentation", "other"]>;
export type Category = typeof Category.Type;
declare const Finding_base: Schema.Class<Finding, Schema.Struct<{
  readonly path: Schema.brand<Schema.NonEmptyString, "RepoPath">;
  readonly line: Schema.Int;
  readonly startLine: Schema.optionalKey<Schema.Int>;
  readonly side: Schema.Literals<readonly ["LEFT", "RIGHT"]>;
  readonly body: Schema.NonEmptyString;
  readonly suggestion: Schema.optionalKey<Schema.String>;
  readonly severity: Schema.Literals<readonly ["critical", "high", "medium", "low"]>;
  readonly confidence: Schema.Literals<readonly ["high", "medium", "low"]>;
  readonly category: Schema.Literals<readonly ["bug", "security", "data-loss", "performance", "concurrency", "error-handling", "tests", "readability", "documentation", "other"]>;
  /** Id of the repository's rule that it is a breach of. */
  readonly rule: Schema.optionalKey<Schema.String>;
}>, {}>;
/**
 * A remark of the reviewer about one place. `line` counts in the file of its `side`; `startLine` opens a range that
 * ends at `line`. A suggestion replaces the lines of the range, and stands on the right side only.
 */
export declare class Finding extends Finding_base {}
/** A finding's identity across pushes: 16 hex digits over category, path, normalised code and claim; no line number. */
export declare const Fingerprint: Schema.brand<Schema.String, "Fingerprint">;
export type Fingerprint = typeof Fingerprint.Type;
/**
 * The identity of a finding: its category, its path, the code that it stands on and what it claims. `code` is the text
 * of its lines, `startLine` to `line`. The same defect keeps its fingerprint when lines shift or the code is indented
 * anew, and loses it when the code changes.
 *
 * The claim is the first paragraph of the body without case, order, repetition, punctuation, numbers and filler words:
 * it survives a sentence turned round or a number corrected, not one with other words.
 */
declare const fingerprint$1: (finding: {
  readonly category: string;
  readonly path: string;
  readonly body: string;
}, code: ReadonlyArray<string>) => Fingerprint;
declare const InlineComment_base: Schema.Class<InlineComment, Schema.Struct<{
  readonly finding: typeof Finding;
  readonly fingerprint: Schema.brand<Schema.String, "Fingerprint">;
}>, {}>;
/** A finding that has its place in the diff and its text as it will be posted: redacted and neutralised. */
export declare class InlineComment extends InlineComment_base {}
/** Scope of a review: the pull request at its head, or only what one comment asked about. */
export declare const ReviewScope: Schema.Literals<readonly ["head", "request"]>;
export type ReviewScope = typeof ReviewScope.Type;
declare const ReviewDraft_base: Schema.Class<ReviewDraft, Schema.Struct<{
  readonly jobId: Schema.brand<Schema.String, "JobId">;
  readonly pullRequest: typeof PullRequestRef;
  /** The reviewed commit. Comments are pinned to it. */
  readonly headSha: Schema.brand<Schema.String, "Sha">;
  readonly scope: Schema.Literals<readonly ["head", "request"]>;
  readonly summary: Schema.NonEmptyString;
  readonly comments: Schema.$Array<typeof InlineComment>;
  /** Findings that stand in the summary. */
  readonly folded: Schema.$Array<Schema.brand<Schema.String, "Fingerprint">>;
  /** Findings without a thread that the reviewed commit has fixed: its marker tells the next review. */
  readonly fixed: Schema.optionalKey<Schema.$Array<Schema.brand<Schema.String, "Fingerprint">>>;
  /** True if it may take the place of the newest review's summary: it has nothing new that somebody must be told. */
  readonly inPlace: Schema.optionalKey<Schema.Boolean>;
  /** Event of the job, so that a forge can answer in its thread. */
  readonly event: Schema.TaggedUnion<{
    readonly Comment: Schema.TaggedStruct<"Comment", {
      readonly kind: Schema.Literals<readonly ["issue_comment", "review_comment", "review", "note"]>;
      readonly pullRequest: typeof PullRequestRef;
      readonly title: Schema.String;
      readonly author: Schema.brand<Schema.NonEmptyString, "Login">;
      readonly authorIsBot: Schema.Boolean;
      readonly association: Schema.optionalKey<Schema.Literals<readonly ["OWNER", "MEMBER", "COLLABORATOR", "CONTRIBUTOR", "FIRST_TIME_CONTRIBUTOR", "FIRST_TIMER", "MANNEQUIN", "NONE"]>>;
      readonly authorId: Schema.optionalKey<Schema.Int>;
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
      readonly kind: Schema.Literals<readonly ["pr_opened", "pr_push", "pr_reopened", "pr_ready_for_review", "pr_labeled", "pr_retargeted", "pr_rerun"]>;
      readonly pullRequest: typeof PullRequestRef;
      readonly title: Schema.String;
      readonly author: Schema.brand<Schema.NonEmptyString, "Login">;
      readonly headSha: Schema.brand<Schema.String, "Sha">;
      readonly headBranch: Schema.String;
      readonly baseBranch: Schema.String;
      readonly association: Schema.optionalKey<Schema.Literals<readonly ["OWNER", "MEMBER", "COLLABORATOR", "CONTRIBUTOR", "FIRST_TIME_CONTRIBUTOR", "FIRST_TIMER", "MANNEQUIN", "NONE"]>>;
      readonly authorId: Schema.optionalKey<Schema.Int>;
      readonly byBot: Schema.optionalKey<Schema.Boolean>;
      readonly labels: Schema.optionalKey<Schema.$Array<Schema.String>>;
      readonly again: Schema.optionalKey<Schema.String>;
      readonly asked: Schema.optionalKey<Schema.Boolean>;
      readonly installationId: Schema.optionalKey<Schema.Int>;
    }>;
  }>;
}>, {}>;
/**
 * A review that is ready to be posted. Its texts are final: redacted, neutralised, within the forge's limits.
 * The forge adds the hidden marker and, for suggestions, its own fence.
 */
export declare class ReviewDraft extends ReviewDraft_base {}
declare const PostedReview_base: Schema.Class<PostedReview, Schema.Struct<{
  readonly url: Schema.optionalKey<Schema.String>;
  /** The commit that was reviewed. */
  readonly headSha: Schema.brand<Schema.String, "Sha">;
  /** Number of inline comments. */
  readonly inline: Schema.Natural;
  /** Number of comments whose place the forge refused. Their text is in the summary. */
  readonly folded: Schema.Natural;
  /** True if an earlier run of the same job had posted it. */
  readonly alreadyPosted: Schema.Boolean;
}>, {}>;
/** A review that is on the pull request. */
export declare class PostedReview extends PostedReview_base {}
declare const Discussion_base: Schema.Class<Discussion, Schema.Struct<{
  readonly author: Schema.String;
  /** True if an account of ours wrote it, as the forge says. */
  readonly own: Schema.optionalKey<Schema.Boolean>;
  readonly body: Schema.String;
  readonly path: Schema.optionalKey<Schema.brand<Schema.NonEmptyString, "RepoPath">>;
  readonly line: Schema.optionalKey<Schema.Int>;
  /** Line at the commit that was commented on. It stays when the code there has changed. */
  readonly originalLine: Schema.optionalKey<Schema.Int>;
  /** The commit that `originalLine` is a line of; absent: the one that was reviewed. */
  readonly commitId: Schema.optionalKey<Schema.brand<Schema.String, "Sha">>;
  /** Absent where its hunk shows it. */
  readonly side: Schema.optionalKey<Schema.Literals<readonly ["LEFT", "RIGHT"]>>;
  /** The diff from the head of its hunk to the line, as it was when the comment was made. */
  readonly diffHunk: Schema.optionalKey<Schema.String>;
  readonly resolved: Schema.Boolean;
  /** Id of its thread, as an event names it. Absent below a pull request of GitHub, which has no threads there. */
  readonly threadId: Schema.optionalKey<Schema.String>;
  /** ISO 8601, as the forge gives it. */
  readonly createdAt: Schema.String;
}>, {}>;
/** Somebody's comment on the pull request, ours included. */
export declare class Discussion extends Discussion_base {}
/** Output of a program. */
interface ProcessOutput {
  readonly exitCode: number;
  readonly stdout: Uint8Array;
  /** At most its last `STDERR_BYTES` bytes. */
  readonly stderr: string;
  /** True if the program was stopped because enough of its output had been read. `exitCode` is 0 then. */
  readonly cut: boolean;
}
/** Exchange with a program that answers each request before it reads the next. */
interface Dialogue<E> {
  say(request: string): Effect.Effect<void>;
  /**
   * Reads answers, each a line with bytes behind it: `bodyOf` tells by the line how many, and `take` is given both. Fails
   * when the program has ended. Everything that has come is read in one go: a search asks for thousands of files.
   */
  answers(count: number, bodyOf: (line: string) => Result.Result<number, E>, take: (line: string, body: Uint8Array) => void): Effect.Effect<void, E>;
}
/** A checked repository on a server: its URL has no credentials and an allowed transport. */
interface Remote {
  readonly url: string;
  readonly host: string;
  readonly protocol: "https" | "http";
  readonly repo: RepoName;
  /** `Authorization: Basic …`, or none for a repository that everyone may read. */
  readonly authorization: Redacted.Redacted | undefined;
  /** Secrets, in each form in which they are sent. */
  readonly secrets: ReadonlyArray<string>;
  /** A directory name for the mirror: distinct for every server and repository, also where case does not count. */
  readonly directoryName: string;
}
declare const GitError_base: Schema.Class<GitError, Schema.TaggedStruct<"GitError", {
  readonly message: Schema.String;
  readonly reason: Schema.Literals<readonly ["auth", "forbidden", "not-found", "missing", "redirected", "unreachable", "busy", "disk-full", "corrupt", "timeout", "too-large", "memory", "not-installed", "other"]>;
}>, import("effect/Cause").YieldableError>;
/** A failed git command. The message is one line without secrets. */
export declare class GitError extends GitError_base {
  toWorkspaceError(): WorkspaceError;
}
interface GitOptions {
  readonly gitDir: string;
  /** Directory for files; absent for commands that only read the object store. */
  readonly workTree?: string | undefined;
  readonly indexFile?: string | undefined;
  /** Directory for new objects, which names the repository's own as its alternate; absent: the repository's own. */
  readonly objectDirectory?: string | undefined;
  readonly stdin?: string | undefined;
  readonly timeoutSeconds?: number | undefined;
  readonly maxBytes?: number | undefined;
  /** Handling of output beyond `maxBytes`: `fail` (the default), or `cut` it. */
  readonly overflow?: "fail" | "cut" | undefined;
  /** True if paths after `--` may have magic, such as `:(exclude)`. Otherwise every path stands for itself. */
  readonly pathspecMagic?: boolean | undefined;
  /** Exit codes besides 0 that are answers, not failures. */
  readonly answers?: ReadonlyArray<number> | undefined;
  /** The only server that the command may talk to; without it every transport is closed. */
  readonly remote?: Remote | undefined;
}
declare const Git_base: Context.ServiceClass<Git, "@nominal-code/workspace/Git", {
  run(args: ReadonlyArray<string>, options: GitOptions): Effect.Effect<ProcessOutput, GitError>;
  /** Streams the output to `accept`; ends the command when that returns false. */
  consume(args: ReadonlyArray<string>, options: GitOptions, accept: (chunk: Uint8Array) => boolean): Effect.Effect<Omit<ProcessOutput, "stdout">, GitError>;
  /** Starts a command that answers requests until the scope closes. It only reads the object store. */
  open(args: ReadonlyArray<string>, options: Pick<GitOptions, "gitDir">): Effect.Effect<Dialogue<GitError>, GitError, Scope.Scope>;
}>;
/** Runner of git commands. Nothing else runs git. */
export declare class Git extends Git_base {}
/** A difference in a repository on this disk. */
interface LocalChanges {
  /** The directory that holds `.git`. */
  readonly repository: string;
  /**
   * Base of the changes: a branch, a tag or a commit. In a repository without a commit, what is not committed has the
   * base `HEAD`, too: nothing.
   */
  readonly base: string;
  /**
   * Head of the changes: a branch, a tag or a commit; `worktree`: everything uncommitted; `staged`: what is in the
   * index.
   */
  readonly head: string;
  /** A patch on top of the base, in place of the head. */
  readonly patch?: string;
  /**
   * Index of what is `staged`, if it is not the repository's own: for a hook, git names one in `GIT_INDEX_FILE`. A
   * relative path starts at the repository. Only a copy of it is written.
   */
  readonly indexFile?: string;
}
declare const ReviewedFinding_base: import("effect/Schema").Class<ReviewedFinding, import("effect/Schema").Struct<{
  readonly path: import("effect/Schema").brand<import("effect/Schema").NonEmptyString, "RepoPath">;
  readonly line: import("effect/Schema").Int;
  readonly startLine: import("effect/Schema").optionalKey<import("effect/Schema").Int>;
  readonly side: import("effect/Schema").Literals<readonly ["LEFT", "RIGHT"]>;
  readonly body: import("effect/Schema").NonEmptyString;
  readonly suggestion: import("effect/Schema").optionalKey<import("effect/Schema").String>;
  readonly severity: import("effect/Schema").Literals<readonly ["critical", "high", "medium", "low"]>;
  readonly confidence: import("effect/Schema").Literals<readonly ["high", "medium", "low"]>;
  readonly category: import("effect/Schema").Literals<readonly ["bug", "security", "data-loss", "performance", "concurrency", "error-handling", "tests", "readability", "documentation", "other"]>;
  readonly rule: import("effect/Schema").optionalKey<import("effect/Schema").String>;
  fingerprint: import("effect/Schema").brand<import("effect/Schema").String, "Fingerprint">;
}>, Finding> & Pick<{}, never>;
/** A finding with its identity, which stays when its lines shift. */
export declare class ReviewedFinding extends ReviewedFinding_base {}
/** A review of changes on this disk. */
interface ReviewedChanges {
  /** Markdown. Findings without a place in the diff are listed in it. */
  readonly summary: string;
  /** Findings that have their place in the diff, in its order. */
  readonly findings: ReadonlyArray<ReviewedFinding>;
  readonly headSha: Sha;
  readonly usage: Option.Option<UsageSummary>;
}
/** Changes to review, and a request of what to look at in particular. */
interface ReviewChangesOptions extends LocalChanges {
  readonly instructions?: string;
}
declare const NotReviewed_base: Schema.Class<NotReviewed, Schema.TaggedStruct<"NotReviewed", {
  readonly reason: Schema.Literals<readonly ["nothing-to-review", "failed"]>;
  readonly message: Schema.String;
}>, import("effect/Cause").YieldableError>;
/** End without a review: there is nothing to review, or the review failed. */
export declare class NotReviewed extends NotReviewed_base {
  static readonly failed: (failure: Failure) => NotReviewed;
}
/**
 * Reviews changes of a repository on this disk: a branch, a commit, what is staged or the whole working directory. It
 * posts nothing and needs no forge. The model is the `AgentRunner` of the context, with the settings of `AppConfig`.
 */
export declare const reviewChanges: (options: ReviewChangesOptions) => Effect.Effect<ReviewedChanges, NotReviewed | WorkspaceError, AgentRunner | AppConfig | import("effect/process/ChildProcessSpawner").ChildProcessSpawner | import("effect/FileSystem").FileSystem | import("effect/Path").Path>;
/** Code that a finding rests on. */
interface Evidence {
  readonly path: string;
  /** Number of its first line. */
  readonly line: number;
  /** The code, word for word. */
  readonly quote: string;
  /** Side on which the check has found it; absent before the check. */
  readonly side?: Side;
}
/** Reach of a finding: its own lines prove it, or code elsewhere does. */
export declare const Reach: Schema.Literals<readonly ["local", "reaching"]>;
export type Reach = typeof Reach.Type;
/** Claim of a finding. Whatever its finder did not say is absent. */
interface Claim {
  /** Input, state or order that makes it go wrong. */
  readonly trigger?: string;
  /** Consequence of that. */
  readonly effect?: string;
  /** Function, type or variable that it is about. */
  readonly symbol?: string;
  readonly reach?: Reach;
  readonly evidence?: ReadonlyArray<Evidence>;
}
/** The model's answer about an earlier finding of ours. */
interface EarlierAnswer {
  /** The finding's name in the prompt. */
  readonly id: string;
  readonly status: "open" | "fixed" | "withdrawn";
  /** The code that fixes it, as it stands at the reviewed commit. */
  readonly quote?: string;
  /** The file of the quote; absent: that of the finding. */
  readonly path?: string;
  /** Reason for which it does not hold. */
  readonly reason?: string;
}
/** A finding as the model wrote it: its path in whatever spelling, to be read by what the repository holds. */
interface ReportedFinding extends Omit<ConstructorParameters<typeof Finding>[0], "path">, Claim {
  readonly path: string;
}
/** A finding whose place could not be read. */
interface UnplacedFinding {
  /** Text that the model wrote for its place; may be empty. */
  readonly place: string;
  readonly body: string;
  readonly severity: Severity;
}
/** A review as the model hands it in. */
interface ReviewAnswer {
  /** Empty only where findings had to do without one. */
  readonly summary: string;
  readonly findings: ReadonlyArray<ReportedFinding>;
  /** Findings that say something, but of which no line can be told. */
  readonly unplaced: ReadonlyArray<UnplacedFinding>;
  /** Findings that could not be read. */
  readonly unreadable: number;
  /** Answers about our earlier findings. Absent: none. */
  readonly earlier?: ReadonlyArray<EarlierAnswer>;
}
/** Result of recovering a review's answer. */
interface RecoveredAnswer {
  readonly answer: Option.Option<ReviewAnswer>;
  readonly usage: UsageSummary;
}
/** Settings of the kept conversations. */
interface ConversationOptions {
  /** The time that a conversation is kept after it was last saved. */
  readonly ttl: Duration.Input;
}
declare const ConversationStore_base: Context.ServiceClass<ConversationStore, "@nominal-code/persistence/ConversationStore", {
  load(lane: Lane): Effect.Effect<Option.Option<Conversation>, StoreError>;
  save(lane: Lane, conversation: Conversation): Effect.Effect<void, StoreError>;
}>;
/**
 * Store of the conversations of pull requests' reviews, each kept until its pull request has rested for the configured
 * time.
 * What cannot be read any more is treated as absent: a review never fails for the lack of its history.
 */
export declare class ConversationStore extends ConversationStore_base {}
/** Class of a changed file. `generated` is what no person wrote here: lock files, snapshots, vendored and built code. */
export declare const FileKind: Schema.Literals<readonly ["source", "config", "test", "docs", "generated"]>;
export type FileKind = typeof FileKind.Type;
/** Mark by which a file is known to be generated. */
export declare const GeneratedMark: Schema.Literals<readonly ["attribute", "header", "lock", "minified", "snapshot", "vendored", "built"]>;
export type GeneratedMark = typeof GeneratedMark.Type;
/**
 * Reason why a review has not looked at all of a changed file: it is deleted, only moved, generated, has no text diff, or
 * is `too-large` for the review's prompts, or the review `ended-early`.
 */
export declare const OmissionReason: Schema.Literals<readonly ["deleted", "moved", "no-text", "too-large", "ended-early", "attribute", "header", "lock", "minified", "snapshot", "vendored", "built"]>;
export type OmissionReason = typeof OmissionReason.Type;
declare const FileCoverage_base: Schema.Class<FileCoverage, Schema.Struct<{
  readonly path: Schema.brand<Schema.NonEmptyString, "RepoPath">;
  readonly kind: Schema.Literals<readonly ["source", "config", "test", "docs", "generated"]>;
  readonly seen: Schema.Literals<readonly ["full", "part", "name", "none"]>;
  /** Absent for a file that was looked at in full. */
  readonly why: Schema.optionalKey<Schema.Literals<readonly ["deleted", "moved", "no-text", "too-large", "ended-early", "attribute", "header", "lock", "minified", "snapshot", "vendored", "built"]>>;
  /** Number of lines of its diff that were not looked at. */
  readonly leftOut: Schema.optionalKey<Schema.Natural>;
}>, {}>;
/** Share of a changed file's diff that a review has looked at. `name`: it was only told of the file. */
export declare class FileCoverage extends FileCoverage_base {}
/** Number of files by how much of them a review has looked at, and the names of those that it should have seen. */
export declare const CoverageCounts: Schema.Struct<{
  readonly full: Schema.Natural;
  readonly part: Schema.Natural;
  readonly name: Schema.Natural;
  readonly none: Schema.Natural;
  /** Written files that were looked at in part or not at all, fifty at most. */
  readonly missed: Schema.$Array<Schema.brand<Schema.NonEmptyString, "RepoPath">>;
}>;
export type CoverageCounts = typeof CoverageCounts.Type;
/** A changed file with its class, and whether the review is to see its diff. */
interface PlannedFile {
  readonly file: ChangedFile;
  readonly kind: FileKind;
  /** Reason to name the file without its diff; absent for one whose diff is shown as far as there is room. */
  readonly onlyNamed?: OmissionReason;
}
/** Decision about what of a change a review looks at, in the order of the forge's list. */
interface ReviewPlan {
  readonly files: ReadonlyArray<PlannedFile>;
}
/** A file's diff, or the rest of it, that no prompt has shown yet. */
interface Portion extends PlannedFile {
  /** The annotated diff. The rest of a hunk begins with the hunk's header again. */
  readonly text: string;
  /** Number of lines of the file's diff that an earlier prompt has shown. */
  readonly shownBefore: number;
  readonly tokens: number;
}
/** A file's diff as it goes into the prompt. */
interface ShownDiff {
  readonly file: ChangedFile;
  /** The annotated diff, or a part of it. */
  readonly text: string;
  /** Number of lines of the annotated diff that are shown before this part. */
  readonly shownBefore: number;
  /** Number of lines of the annotated diff that come after `text`. */
  readonly leftOut: number;
}
/** Diffs for one prompt, and what is left for others. */
interface FittedDiffs {
  readonly shown: ReadonlyArray<ShownDiff>;
  readonly rest: ReadonlyArray<Portion>;
}
/** Relation of an account to a repository, as its forge tells of it. */
export declare const Relation: Schema.TaggedUnion<{
  readonly Associated: Schema.TaggedStruct<"Associated", {
    readonly association: Schema.optionalKey<Schema.Literals<readonly ["OWNER", "MEMBER", "COLLABORATOR", "CONTRIBUTOR", "FIRST_TIME_CONTRIBUTOR", "FIRST_TIMER", "MANNEQUIN", "NONE"]>>;
  }>;
  readonly Member: Schema.TaggedStruct<"Member", {
    readonly level: Schema.Int;
  }>;
}>;
export type Relation = typeof Relation.Type;
/**
 * Check of a lease's fencing token: asks the queue if this run of a job is still wanted. Ask it right before each
 * effect outside of this process and again after every wait: a process that was suspended for longer than its lease
 * goes on unaware, while another one has taken the job over. By default a run is wanted: nobody else can take it.
 */
export declare const RunStillWanted: Context.Reference<Effect.Effect<boolean, never, never>>;
declare const RunNotWanted_base: Schema.Class<RunNotWanted, Schema.TaggedStruct<"RunNotWanted", {}>, import("effect/Cause").YieldableError>;
/** This run lost its lease or was cancelled: the run that holds the lease publishes. It says nothing about the job. */
export declare class RunNotWanted extends RunNotWanted_base {
  get message(): string;
}
/** Asks once, and fails where the queue does not want this run any more. */
export declare const ensureWanted: Effect.Effect<void, RunNotWanted>;
declare const CheckedCommit_base: Schema.Class<CheckedCommit, Schema.Struct<{
  readonly pullRequest: typeof PullRequestRef;
  readonly headSha: Schema.brand<Schema.String, "Sha">;
  readonly jobId: Schema.brand<Schema.String, "JobId">;
}>, {}>;
/** The commit that a check stands on, and the job that it tells of. */
export declare class CheckedCommit extends CheckedCommit_base {}
/** A finding at its lines of the commit, as plain text. */
export declare const CheckAnnotation: Schema.Struct<{
  readonly path: Schema.brand<Schema.NonEmptyString, "RepoPath">;
  readonly startLine: Schema.Int;
  readonly line: Schema.Int;
  readonly severity: Schema.Literals<readonly ["critical", "high", "medium", "low"]>;
  readonly title: Schema.String;
  readonly text: Schema.String;
}>;
export type CheckAnnotation = typeof CheckAnnotation.Type;
/** State of a check. */
export declare const CheckState: Schema.TaggedUnion<{
  readonly Done: Schema.TaggedStruct<"Done", {
    /**
     * `success`: the commit's review is on the pull request. `failure`: it is, and `reviewer.fail_on` fails the check.
     * `neutral`: the commit was not reviewed.
     */
    readonly conclusion: Schema.Literals<readonly ["success", "failure", "neutral"]>;
    /** One line. */
    readonly title: Schema.String;
    /** Markdown. */
    readonly summary: Schema.String;
    readonly annotations: Schema.$Array<Schema.Struct<{
      readonly path: Schema.brand<Schema.NonEmptyString, "RepoPath">;
      readonly startLine: Schema.Int;
      readonly line: Schema.Int;
      readonly severity: Schema.Literals<readonly ["critical", "high", "medium", "low"]>;
      readonly title: Schema.String;
      readonly text: Schema.String;
    }>>;
    /** Address of the review. */
    readonly url: Schema.optionalKey<Schema.String>;
  }>;
  readonly Queued: Schema.TaggedStruct<"Queued", {}>;
  readonly Running: Schema.TaggedStruct<"Running", {}>;
}>;
export type CheckState = typeof CheckState.Type;
/**
 * State of a pull request's reviews, as the answer to a command has set it. `paused`: none starts by itself; `ignored`:
 * none at all.
 */
export declare const ReviewMode: Schema.Literals<readonly ["active", "paused", "ignored"]>;
export type ReviewMode = typeof ReviewMode.Type;
declare const Marker_base: Schema.Class<Marker, Schema.Struct<{
  readonly jobId: Schema.brand<Schema.String, "JobId">;
  readonly headSha: Schema.optionalKey<Schema.brand<Schema.String, "Sha">>;
  readonly scope: Schema.optionalKey<Schema.Literal<"request">>;
  readonly fingerprint: Schema.optionalKey<Schema.brand<Schema.String, "Fingerprint">>;
  readonly mode: Schema.optionalKey<Schema.Literals<readonly ["active", "paused", "ignored"]>>;
  readonly dismissed: Schema.optionalKey<Schema.brand<Schema.String, "Fingerprint">>;
  readonly fixed: Schema.optionalKey<Schema.brand<Schema.String, "Fingerprint">>;
}>, {}>;
/**
 * The hidden line at the end of everything that we post. The forge keeps it for us: it says which job posted the text,
 * what commit was reviewed and, under a finding, which finding it is. It is the ledger that makes posting idempotent.
 * Under a review, `scope` is there when it covers only what one comment asked about: without it, and in the markers of
 * versions that did not have it, the review counts as the review of its head. Under an answer to a command, `mode` is the
 * mode that it has set, and `dismissed` the finding that somebody has dismissed. `fixed` is a finding that a later commit
 * has fixed: under the reply in its thread or, where it has none, under a review.
 */
export declare class Marker extends Marker_base {}
/** Clone URL of a repository, and the credentials for it. The URL holds no secret. */
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
/** Summary of a review, as it stands on the pull request. */
interface PostedSummary {
  readonly kind: "review" | "comment" | "thread";
  readonly id: number;
  readonly url: string;
  readonly body: string;
}
/** A discussion on a pull request, by the id that an event names it with. */
interface Thread {
  readonly pullRequest: PullRequestRef;
  readonly threadId: string;
}
/** Posts of our own account on a pull request, read at one time for one job. */
interface OwnPosts {
  /** The job's review. */
  readonly review: Option.Option<PostedReview>;
  /** URL of the job's plain answer or notice. */
  readonly answer: Option.Option<string>;
  /** Commits reviewed by any job, in the order of the posts. The review of a focused request does not count. */
  readonly reviewedHeads: ReadonlyArray<ReviewedHead>;
  /** Summary of the newest review of a head, if it can be edited. */
  readonly summary: Option.Option<PostedSummary>;
  /** Mode that our newest answer to `pause`, `ignore` or `resume` has set. */
  readonly mode: ReviewMode;
}
/** Facts that an answer records in its marker. */
type AnswerFacts = Pick<Marker, "mode" | "dismissed">;
/** An issue that a pull request closes, or names in its title or text. */
interface LinkedIssue {
  readonly number: number;
  readonly title: string;
  readonly body: string;
}
/** Facts about a pull request beside its change. People wrote them. */
interface PullRequestBackground {
  /** Those that our account may see; five at most. */
  readonly issues: ReadonlyArray<LinkedIssue>;
  /** Names of the checks of its head that have failed, without our own. */
  readonly failedChecks: ReadonlyArray<string>;
}
/** A pull request, read at one time for one job. */
interface PullRequestView {
  readonly pullRequest: PullRequest;
  /** Every comment on it, oldest first. */
  readonly discussions: ReadonlyArray<Discussion>;
  readonly posts: OwnPosts;
  /** Absent where the forge does not tell it in the same request. */
  readonly background?: PullRequestBackground;
}
declare const Forge_base: Context.ServiceClass<Forge, "@nominal-code/forge/Forge", {
  readonly platform: Platform;
  /** Acknowledges an event with an `eyes` reaction. */
  acknowledge(event: PullRequestEvent): Effect.Effect<void, ForgeError>;
  /** The pull request as it is now. */
  pullRequest(ref: PullRequestRef): Effect.Effect<PullRequest, ForgeError>;
  /** Present where positions of comments are made of the forge's own list of files. Else reviews take git's diff. */
  readonly reviewsOwnDiff?: true;
  /** All changed files; a file whose diff the forge leaves out has no `patch`. Fails rather than returning a part. */
  changedFiles(ref: PullRequestRef): Effect.Effect<ReadonlyArray<ChangedFile>, ForgeError>;
  /**
   * Everything that a run has to know at its begin, in as few requests as the forge allows. First it removes what
   * earlier runs left over, as `ownPosts` does. Each run of a job calls it first, and passes the posts to `publish` and
   * `reply`.
   */
  look(ref: PullRequestRef, jobId: JobId): Effect.Effect<PullRequestView, ForgeError | RunNotWanted>;
  /**
   * Issues of its own repository that a pull request names in its title and text, without the `known` ones, those that
   * our account may not see, and confidential ones. It asks nothing where none is named.
   */
  linkedIssues(pullRequest: PullRequest, known: ReadonlyArray<LinkedIssue>): Effect.Effect<ReadonlyArray<LinkedIssue>, ForgeError>;
  /** Names of the checks of a head that have failed, without our own, where `look` does not tell them: else none. */
  failedChecks(pullRequest: PullRequest): Effect.Effect<ReadonlyArray<string>, ForgeError>;
  /**
   * Posts of our own account. First it removes what earlier runs left over: unsubmitted drafts, and duplicates of a
   * post.
   */
  ownPosts(ref: PullRequestRef, jobId: JobId): Effect.Effect<OwnPosts, ForgeError | RunNotWanted>;
  /**
   * Posts a review once, pinned to the reviewed commit: as a draft, which is submitted if the queue still wants this
   * run. A comment whose place the forge refuses is folded into the summary. It lands whole or it fails. A review without
   * comments that may stand in place of the newest summary is written over that, and counts as posted there.
   */
  publish(draft: ReviewDraft, known: OwnPosts): Effect.Effect<PostedReview, ForgeError | RunNotWanted>;
  /**
   * Posts a plain answer to an event, once for each job, unless the job's review is there: then that is what it
   * returns, and no answer stands below it. `body` is final: redacted and neutralised.
   */
  reply(event: PullRequestEvent, jobId: JobId, body: string, known: OwnPosts, facts?: AnswerFacts): Effect.Effect<Option.Option<PostedReview>, ForgeError | RunNotWanted>;
  /**
   * Resolves a thread; one that is gone is left alone. Fails as forbidden where our account may not: GitHub lets an App
   * resolve threads only if it may write the repository's contents.
   */
  resolveThread(thread: Thread): Effect.Effect<void, ForgeError | RunNotWanted>;
  /**
   * Posts a reply in a thread that says what became of the finding there, once for each job and finding, which the marker
   * names. False if the thread is gone or takes no reply. `body` is final.
   */
  settle(thread: Thread, body: string, marker: Marker): Effect.Effect<boolean, ForgeError | RunNotWanted>;
  /**
   * Shows the state of a commit's review as a check on the commit, where the forge has such and lets us. It never fails,
   * takes ten seconds at most, and changes nothing else.
   */
  check(commit: CheckedCommit, state: CheckState): Effect.Effect<void>;
  cloneSource(repo: RepoName): Effect.Effect<CloneSource, ForgeError>;
  /**
   * Asks the forge's API for what git was refused: the repository's contents, with the same credentials. It fails as the
   * API does, which tells a limit from credentials that are refused or lack a permission. git's own 401 and 403 do not.
   */
  checkAccess(repo: RepoName): Effect.Effect<void, ForgeError>;
  /** Text of a file at the tip of a branch; none where there is no such file. */
  file(repo: RepoName, branch: string, path: RepoPath): Effect.Effect<Option.Option<string>, ForgeError>;
  /** Relation of an event's author to the repository, as the forge has it now. It may be five minutes old. */
  relation(event: PullRequestEvent): Effect.Effect<Relation, ForgeError>;
  /** The ref under which the forge keeps a pull request's head, forks included: `refs/pull/7/head`. */
  headRef(ref: PullRequestRef): string;
}>;
/** A code forge: reads pull requests and posts reviews. It knows nothing of queues, webhooks or models. */
export declare class Forge extends Forge_base {}
/** Paragraphs of a prompt, within their budget of tokens. */
type EvidenceText = ReadonlyArray<string>;
/** Parts of the change that evidence is wanted for. */
interface EvidenceInput {
  readonly checkout: Pick<Checkout, "lines" | "syntax" | "words">;
  /** The files of one prompt. */
  readonly files: ReadonlyArray<PlannedFile>;
  /** All files of the change: what stands in their hunks is no evidence. */
  readonly changed: ReadonlyArray<ChangedFile>;
  readonly background?: PullRequestBackground | undefined;
}
/** A finding that is on the pull request already. One whose place cannot be read has none. */
interface PriorFinding {
  readonly fingerprint: Fingerprint;
  /** True if somebody has dismissed it, or we have withdrawn it. */
  readonly dismissed?: boolean;
  readonly place?: PriorPlace;
}
/** The place of a finding that is on the pull request. */
interface PriorPlace {
  readonly path: string;
  readonly side: Side;
  /** Line where the forge shows it now; absent once the code there has changed. */
  readonly line?: number | undefined;
  readonly originalLine?: number | undefined;
  /** Lines that have taken its place; absent where it is still there, or where nobody can tell. */
  readonly replacedBy?: ReadonlyArray<number>;
  /** Lines of its side up to its own, as they were; empty where the forge does not tell. */
  readonly code: ReadonlyArray<string>;
  readonly category: string;
  readonly words: ReadonlyArray<string>;
}
/** Findings and changes that a new review is compared with. */
interface RepeatContext {
  readonly raised: ReadonlyArray<PriorFinding>;
  /** Changes since the last review; absent where nobody can tell. */
  readonly changed?: ReadonlyArray<ChangedFile> | undefined;
}
/** Difference between the commit that was reviewed last and the one that is reviewed now. */
interface ChangesSince {
  readonly headSha: Sha;
  readonly files: ReadonlyArray<ChangedFile>;
}
/** Guidelines of a review. */
interface Guidelines {
  /** The maintainers' texts, those of the nearest directory first. */
  readonly repository: string;
  /** Lists of common faults in the changed languages, where the repository has no text of its own. */
  readonly languages: string;
}
declare const ReviewRule: Schema.Struct<{
  /** Name by which a finding refers to it. */
  readonly id: Schema.String;
  /** Patterns of the files that it is for, as in a `.gitignore`. Absent: all. */
  readonly paths: Schema.optionalKey<Schema.$Array<Schema.String>>;
  /** Severity of a breach. Absent: the reviewer judges it. */
  readonly severity: Schema.optionalKey<Schema.Literals<readonly ["critical", "high", "medium", "low"]>>;
  readonly text: Schema.Trim;
}>;
/** A rule of a repository, a breach of which is a finding. */
type ReviewRule = typeof ReviewRule.Type;
/** Rules of a repository for the changed files, as its base branch has them. */
interface RepositoryRules {
  readonly rules: ReadonlyArray<ReviewRule>;
  /** Sentence that says why the file is not used; absent where it is, or where there is none. */
  readonly problem?: string;
}
/** Everything that a review is made from. */
interface ReviewContext {
  readonly pullRequest: PullRequest;
  readonly checkout: Checkout;
  /** The changed files, without the ignored ones. */
  readonly files: ReadonlyArray<ChangedFile>;
  /** Number of files that the ignore patterns took away. */
  readonly ignored: number;
  /** Changes since the last review of the head, if that can be told. */
  readonly since?: ChangesSince | undefined;
  /** Subjects of the commits, oldest first. */
  readonly commits: ReadonlyArray<string>;
  /** Every comment, ours included, oldest first; empty where they are not to be read. */
  readonly discussions: ReadonlyArray<Discussion>;
  readonly guidelines: Guidelines;
  /** Linked issues and failed checks; absent where the forge does not tell them. */
  readonly background?: PullRequestBackground;
  readonly rules: RepositoryRules;
}
declare const ReviewConfig_base: Context.ServiceClass<ReviewConfig, "@nominal-code/review/ReviewConfig", {
  /** Settings that decide what a review says. It travels with the job. */
  readonly settings: ReviewSettings;
  /** Origins of the settings that are set, by their YAML paths, in words for people. Absent: not known. */
  readonly origins?: Readonly<Record<string, string>>;
}>;
/**
 * The configuration that a review may read. It is not the whole configuration, so that the compiler keeps a review from
 * deciding by a setting that stays with the server: a pod has only what travels with its job.
 */
export declare class ReviewConfig extends ReviewConfig_base {}
/** The configuration of a process that reviews. */
declare const layer$4: (options: ReviewConfig["Service"]) => Layer.Layer<ReviewConfig>;
/** The agent's answer, with the diffs of the prompt that it answers. */
interface AskResult {
  readonly result: AgentResult<ReviewAnswer>;
  /** Diffs that its prompt showed, and those that it left; absent: all were shown. */
  readonly diffs?: FittedDiffs;
  /** Tokens of the diffs that the model took: fewer than planned if it refused them. */
  readonly budget?: number;
  /** Tokens that the model counted for one that was estimated. */
  readonly scale?: number;
}
/** Plan of a review, with what was looked up about it. */
interface PlannedReview {
  readonly plan: ReviewPlan;
  readonly evidence: EvidenceText;
  /** Number of this pass over the change, from 1. */
  readonly pass: number;
  /** True if what this pass leaves may have another one. */
  readonly mayFollow: boolean;
  /** Diffs that no pass has shown yet, and those that one has. */
  readonly portions: ReadonlyArray<Portion>;
  readonly shown: ReadonlyArray<ShownDiff>;
  /** Tokens of this pass's diffs. */
  readonly budget: number;
  /** Fits this pass's diffs into a number of tokens. */
  fit(budget: number): FittedDiffs;
}
/** A finding as the model wrote it, with its identity. */
interface FingerprintedFinding {
  readonly finding: Finding;
  readonly fingerprint: Fingerprint;
  /** Its claim, as far as it was said. */
  readonly claim?: Claim;
}
/** Places of a review's findings. Each finding is in one of the three lists. */
interface AnchoredFindings {
  /** Findings that are posted on their lines. */
  readonly inline: ReadonlyArray<FingerprintedFinding>;
  /** Findings for the summary, because their lines are not in the diff. */
  readonly folded: ReadonlyArray<FingerprintedFinding>;
  /** Findings that are on the pull request already, and are not repeated. */
  readonly repeated: ReadonlyArray<RepeatedFinding>;
}
/** A finding that says again what a prior one says. */
interface RepeatedFinding extends FingerprintedFinding {
  readonly prior: PriorFinding;
}
/** Context for placing the findings of a review. */
interface AnchorContext extends RepeatContext {
  readonly files: ReadonlyArray<ChangedFile>;
  readonly checkout: Checkout;
}
/** Code that claims are checked against: the head, and the base that it is compared with. */
interface CheckContext {
  readonly checkout: Checkout;
  readonly files: ReadonlyArray<ChangedFile>;
}
/** Findings whose claims hold as far as can be told without a model. */
interface CheckedFindings {
  /** Their evidence is what stands in the code, by its true lines. One that came with none is kept without. */
  readonly findings: ReadonlyArray<ReportedFinding>;
  /** Number of findings that came with quotes of which none stands in the code. */
  readonly unproven: number;
  /** Number of findings that said what another one says. */
  readonly merged: number;
}
/** Verdict about a claim. */
type Verdict = {
  readonly _tag: "Confirmed";
} |
/** The code of the quote shows that it does not hold. */
{
  readonly _tag: "Refuted";
  readonly counter: Evidence;
} |
/** End of a verification that could not tell; `dependsOn` may be empty. */
{
  readonly _tag: "Uncertain";
  readonly dependsOn: string;
};
/** A finding with its verdict. */
interface JudgedFinding {
  readonly found: FingerprintedFinding;
  /** True if its lines are in the diff. */
  readonly isInline: boolean;
  /** Absent if it was not verified. */
  readonly verdict?: Verdict | undefined;
}
/** Basis of a selection. */
interface SelectContext {
  readonly settings: Pick<ReviewSettings, "maxFindings" | "minSeverity" | "nits" | "paths">;
  readonly files: ReadonlyArray<ChangedFile>;
}
/** Findings by what becomes of them: confirmed ones first, else in the finder's order. */
interface Selection {
  readonly posted: ReadonlyArray<JudgedFinding>;
  /** Those that are worth a line in the summary only. */
  readonly cut: ReadonlyArray<JudgedFinding>;
}
/** Result of a verification. */
interface Verification {
  /** A finding that is not in it was not verified. */
  readonly verdicts: ReadonlyMap<FingerprintedFinding, Verdict>;
  /** True if findings were to be verified. */
  readonly wanted: boolean;
  readonly turns: number;
  /** Absent if no model was asked. */
  readonly usage?: UsageSummary;
}
/** Verification where there is nothing to verify, or it is switched off. */
export declare const noVerification: Verification;
/** An account that calls are charged to. */
interface SpendAccount {
  readonly kind: SpendLimit;
  /** `repository:github:acme/api` */
  readonly name: string;
  /** `day`: it starts at zero each day, in UTC by the store's clock. */
  readonly period: "day" | "life";
  /** In nanodollars. Absent: the account is only counted. */
  readonly limit?: number;
}
/** Names that costs are listed by. */
export declare const SpendSubject: Schema.Struct<{
  readonly repository: Schema.String;
  readonly author: Schema.String;
  readonly provider: Schema.String;
  readonly model: Schema.String;
}>;
export type SpendSubject = typeof SpendSubject.Type;
/** The task of an agent, which holds at most one reservation at a time. */
interface SpendTask {
  readonly id: string;
  readonly accounts: ReadonlyArray<SpendAccount>;
}
/** Smallest and largest amount that would do, in nanodollars. */
interface AmountRange {
  readonly least: number;
  readonly most: number;
}
/** Request for money for one call. */
interface SpendRequest {
  readonly task: SpendTask;
  readonly subject: SpendSubject;
  /** Number of the call within its task: the idempotency key. */
  readonly call: number;
  /** The first one that fits all accounts is taken, and as much of it as fits. */
  readonly ranges: ReadonlyArray<AmountRange>;
  /** Reservation that the task holds already, and that the new one replaces. */
  readonly held?: SpendReservation | undefined;
}
/** Reservation that a task has: the day that it is charged to, and the names that it is listed under. */
interface SpendReservation {
  readonly day: number;
  readonly subject: SpendSubject;
}
/** Money for a call, or the account that has too little left. */
type SpendGrant = {
  readonly _tag: "Granted";
  readonly amount: number;
  /** Index of the range. */
  readonly range: number;
  /** Day of the charge, in days since the epoch. */
  readonly day: number;
  /** The account that was the tightest, if a later range than the first was taken. */
  readonly tightest?: SpendAccount;
} | {
  readonly _tag: "Refused";
  readonly tightest: SpendAccount;
  readonly day: number;
};
/** Costs of calls, in nanodollars. */
declare const CallCosts: Schema.Struct<{
  readonly spent: Schema.Natural;
  /** The part of it that is only a reservation, because an answer never came. */
  readonly lost: Schema.Natural;
  readonly calls: Schema.Natural;
  /** Number of the calls of models without a known price. Their dollars are missing. */
  readonly unpriced: Schema.Natural;
  readonly usage: typeof Usage;
}>;
type CallCosts = typeof CallCosts.Type;
/** End of a call: its costs, and the nanodollars that its task still holds for the next one. */
interface SpendSettlement {
  readonly task: SpendTask;
  readonly subject: SpendSubject;
  readonly call: number;
  /** Day that the reservation was charged to. */
  readonly day: number;
  readonly costs: CallCosts;
  readonly keep: number;
}
/** Costs of one day and one subject. */
export declare const DailyCosts: Schema.Struct<{
  readonly spent: Schema.Natural;
  /** The part of it that is only a reservation, because an answer never came. */
  readonly lost: Schema.Natural;
  readonly calls: Schema.Natural;
  /** Number of the calls of models without a known price. Their dollars are missing. */
  readonly unpriced: Schema.Natural;
  readonly usage: typeof Usage;
  /** In days since the epoch. */
  readonly day: Schema.Int;
  readonly subject: Schema.Struct<{
    readonly repository: Schema.String;
    readonly author: Schema.String;
    readonly provider: Schema.String;
    readonly model: Schema.String;
  }>;
  /** Nanodollars reserved for calls in flight, and for those whose process died. */
  readonly held: Schema.Natural;
}>;
export type DailyCosts = typeof DailyCosts.Type;
declare const Spend_base: Context.ServiceClass<Spend, "@nominal-code/persistence/Spend", {
  /** Reserves money for a call, in place of the task's reservation. The same call may ask again: it gets the same. */
  reserve(request: SpendRequest): Effect.Effect<SpendGrant, StoreError>;
  /** Replaces the reservation of a call by its cost. Once for each call: a repetition does nothing. */
  settle(settlement: SpendSettlement): Effect.Effect<void, StoreError>;
  /** The account that has the least left, if that is less than an amount. Nothing is reserved. */
  exhausted(accounts: ReadonlyArray<SpendAccount>, amount: number): Effect.Effect<Option.Option<SpendAccount>, StoreError>;
  /** Releases the reservation of a task. */
  release(task: SpendTask, held: SpendReservation): Effect.Effect<void, StoreError>;
  /** True for the first that claims a notice, each time that it asks. A claim is kept for 400 days. */
  claimNotice(notice: string, claimant: string): Effect.Effect<boolean, StoreError>;
  /** All costs since a day, in days since the epoch. They are kept for 400 days. */
  costs(since: number): Effect.Effect<ReadonlyArray<DailyCosts>, StoreError>;
}>;
/**
 * Ledger of what models cost. Money is reserved before a call is sent and settled after it, so that a limit holds for any
 * number of calls at once; a reservation that is never settled counts as spent.
 */
export declare class Spend extends Spend_base {}
/**
 * Reviews a job's pull request, from the job to the posted result. The head is reviewed that the pull request has now,
 * whatever the job's event said; a lifecycle event's head is reviewed once. A review is posted once, however often its
 * job is run. Whatever goes wrong is in the outcome, in one line. A run that lost its lease posts nothing; on a dry run
 * nothing is posted and nothing is kept.
 */
declare const review$1: (args_0: Job) => Effect.Effect<{
  readonly _tag: "Answered";
  readonly command: string;
  readonly usage?: UsageSummary;
  readonly text?: string;
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
    readonly reason: "archived" | "forbidden" | "locked" | "not-found" | "rate-limited" | "refused" | "sso" | "unauthorized" | "unavailable";
    readonly detail: string;
  } | {
    readonly _tag: "Installation";
    readonly detail: string;
  } | {
    readonly _tag: "Lease";
    readonly detail: string;
  } | {
    readonly _tag: "Model";
    readonly reason: "budget-exceeded" | "context-too-long" | "invalid-request" | "malformed-response" | "no-credit" | "no-model" | "no-review" | "overloaded" | "rate-limited" | "refused" | "timeout" | "unauthorized" | "unavailable";
    readonly detail: string;
  } | {
    readonly _tag: "Pod";
    readonly reason: "deleted" | "evicted" | "killed" | "no-result" | "node-lost" | "out-of-memory" | "stopped";
    readonly detail: string;
  } | {
    readonly _tag: "Store";
    readonly reason: "full" | "unavailable";
    readonly detail: string;
  } | {
    readonly _tag: "Unsigned";
    readonly detail: string;
  };
  readonly retryable: boolean;
} | {
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
    readonly reason: "archived" | "forbidden" | "locked" | "not-found" | "rate-limited" | "refused" | "sso" | "unauthorized" | "unavailable";
    readonly detail: string;
  } | {
    readonly _tag: "Installation";
    readonly detail: string;
  } | {
    readonly _tag: "Lease";
    readonly detail: string;
  } | {
    readonly _tag: "Model";
    readonly reason: "budget-exceeded" | "context-too-long" | "invalid-request" | "malformed-response" | "no-credit" | "no-model" | "no-review" | "overloaded" | "rate-limited" | "refused" | "timeout" | "unauthorized" | "unavailable";
    readonly detail: string;
  } | {
    readonly _tag: "Pod";
    readonly reason: "deleted" | "evicted" | "killed" | "no-result" | "node-lost" | "out-of-memory" | "stopped";
    readonly detail: string;
  } | {
    readonly _tag: "Store";
    readonly reason: "full" | "unavailable";
    readonly detail: string;
  } | {
    readonly _tag: "Unsigned";
    readonly detail: string;
  };
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
    readonly reason: "archived" | "forbidden" | "locked" | "not-found" | "rate-limited" | "refused" | "sso" | "unauthorized" | "unavailable";
    readonly detail: string;
  } | {
    readonly _tag: "Installation";
    readonly detail: string;
  } | {
    readonly _tag: "Lease";
    readonly detail: string;
  } | {
    readonly _tag: "Model";
    readonly reason: "budget-exceeded" | "context-too-long" | "invalid-request" | "malformed-response" | "no-credit" | "no-model" | "no-review" | "overloaded" | "rate-limited" | "refused" | "timeout" | "unauthorized" | "unavailable";
    readonly detail: string;
  } | {
    readonly _tag: "Pod";
    readonly reason: "deleted" | "evicted" | "killed" | "no-result" | "node-lost" | "out-of-memory" | "stopped";
    readonly detail: string;
  } | {
    readonly _tag: "Store";
    readonly reason: "full" | "unavailable";
    readonly detail: string;
  } | {
    readonly _tag: "Unsigned";
    readonly detail: string;
  };
  readonly service: string & import("effect/Brand").Brand<"ServiceName">;
  readonly retryAfterMillis?: number;
} | {
  readonly _tag: "Reviewed";
  readonly headSha: string & import("effect/Brand").Brand<"Sha">;
  readonly findings: number;
  readonly url?: string;
  readonly alreadyPosted: boolean;
  readonly usage?: UsageSummary;
  readonly coverage?: {
    readonly full: number;
    readonly part: number;
    readonly name: number;
    readonly none: number;
    readonly missed: readonly (string & import("effect/Brand").Brand<"RepoPath">)[];
  };
  readonly text?: string;
} | {
  readonly _tag: "Skipped";
  readonly reason: "awaits-maintainer" | "closed" | "draft" | "filtered" | "head-reviewed" | "ignored" | "limit-reached" | "merged" | "nothing-to-review" | "paused" | "quota-reached" | "unauthorized";
  readonly detail: string;
  readonly headSha?: string & import("effect/Brand").Brand<"Sha">;
}, never, AgentRunner | ConversationStore | import("effect/FileSystem").FileSystem | Forge | ReviewConfig | Spend | Workspace>;
/** Error of an agent: that of the model that it asked, or of the ledger of its costs. */
type AgentError = Effect.Error<ReturnType<AgentRunner["Service"]["run"]>>;
/**
 * The steps of a review between its checkout and its post, in their order. A pipeline replaces one by its own, which may
 * call the usual one, and may use the same services.
 */
export interface ReviewSteps {
  /** Reads all that the review is made from: the changed files, the commits, the guidelines. */
  gather(view: PullRequestView, checkout: Checkout, settings: ReviewSettings): Effect.Effect<ReviewContext, ForgeError | WorkspaceError | PlatformError.PlatformError, FileSystem.FileSystem | Forge>;
  /** Decides without a model what of it is looked at. */
  plan(context: ReviewContext): Effect.Effect<ReviewPlan, WorkspaceError>;
  /** Looks up without a model what the code outside of the diff says of it. To leave it out: find nothing. */
  evidence(input: EvidenceInput): Effect.Effect<EvidenceText>;
  /** Has the agent review it. */
  ask(job: Job, context: ReviewContext, planned: PlannedReview): Effect.Effect<AskResult, AgentError | PlatformError.PlatformError, AgentRunner | ConversationStore | FileSystem.FileSystem | ReviewConfig>;
  /** Reads an answer out of a run that handed in none. */
  recover(result: AgentResult<ReviewAnswer>, settings: AgentSettings): Effect.Effect<RecoveredAnswer, AgentError | PlatformError.PlatformError, AgentRunner | FileSystem.FileSystem>;
  /** Compares what the findings claim with the code, without a model. To leave it out: keep them all. */
  check(findings: ReadonlyArray<ReportedFinding>, context: CheckContext): Effect.Effect<CheckedFindings>;
  /** Decides for each finding where it lands: inline, in the summary or nowhere. */
  place(findings: ReadonlyArray<ReportedFinding>, context: AnchorContext): Effect.Effect<AnchoredFindings>;
  /** Has a second call confirm or refute the findings. To leave it out: `noVerification`. */
  verify(found: ReadonlyArray<FingerprintedFinding>, context: ReviewContext): Effect.Effect<Verification, PlatformError.PlatformError, AgentRunner | FileSystem.FileSystem | ReviewConfig>;
  /** Selects what is posted of the findings that were not refuted. To leave it out: post them all, and cut none. */
  select(judged: ReadonlyArray<JudgedFinding>, context: SelectContext): Effect.Effect<Selection>;
}
/** The steps that reviews take, by default the usual ones. */
export declare const ReviewSteps: Context.Reference<ReviewSteps>;
/**
 * The files of a `git diff` between two commits, in its order. It reads what git writes with `--no-color`,
 * `--src-prefix=a/` and `--dst-prefix=b/`. A section whose path no repository can hold is left out.
 */
export declare const parseGitDiff: (text: string) => ReadonlyArray<ChangedFile>;
/** Message for a pull request about a job that brings no review. */
export declare const Notice: Schema.TaggedUnion<{
  readonly Busy: Schema.TaggedStruct<"Busy", {}>;
  readonly GivenUp: Schema.TaggedStruct<"GivenUp", {
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
        readonly reason: Schema.Literals<readonly ["rate-limited", "unavailable", "unauthorized", "forbidden", "not-found", "refused", "locked", "archived", "sso"]>;
        readonly detail: Schema.String;
      }>;
      readonly Installation: Schema.TaggedStruct<"Installation", {
        readonly detail: Schema.String;
      }>;
      readonly Lease: Schema.TaggedStruct<"Lease", {
        readonly detail: Schema.String;
      }>;
      readonly Model: Schema.TaggedStruct<"Model", {
        readonly reason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "no-credit", "no-model", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded", "no-review"]>;
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
      readonly Unsigned: Schema.TaggedStruct<"Unsigned", {
        readonly detail: Schema.String;
      }>;
    }>;
  }>;
}>;
export type Notice = typeof Notice.Type;
/** Outcome of an attempt to post a notice. */
export declare const NoticeOutcome: Schema.TaggedUnion<{
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
        readonly reason: Schema.Literals<readonly ["rate-limited", "unavailable", "unauthorized", "forbidden", "not-found", "refused", "locked", "archived", "sso"]>;
        readonly detail: Schema.String;
      }>;
      readonly Installation: Schema.TaggedStruct<"Installation", {
        readonly detail: Schema.String;
      }>;
      readonly Lease: Schema.TaggedStruct<"Lease", {
        readonly detail: Schema.String;
      }>;
      readonly Model: Schema.TaggedStruct<"Model", {
        readonly reason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "no-credit", "no-model", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded", "no-review"]>;
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
      readonly Unsigned: Schema.TaggedStruct<"Unsigned", {
        readonly detail: Schema.String;
      }>;
    }>;
    readonly service: Schema.brand<Schema.String, "ServiceName">;
    readonly retryAfterMillis: Schema.optionalKey<Schema.Int>;
  }>;
  readonly Refused: Schema.TaggedStruct<"Refused", {
    readonly detail: Schema.String;
  }>;
  readonly Reviewed: Schema.TaggedStruct<"Reviewed", {
    readonly outcome: Schema.TaggedStruct<"Reviewed", {
      readonly headSha: Schema.brand<Schema.String, "Sha">;
      readonly findings: Schema.Int;
      readonly url: Schema.optionalKey<Schema.String>;
      readonly alreadyPosted: Schema.Boolean;
      readonly usage: Schema.optionalKey<typeof UsageSummary>;
      readonly coverage: Schema.optionalKey<Schema.Struct<{
        readonly full: Schema.Natural;
        readonly part: Schema.Natural;
        readonly name: Schema.Natural;
        readonly none: Schema.Natural;
        readonly missed: Schema.$Array<Schema.brand<Schema.NonEmptyString, "RepoPath">>;
      }>>;
      readonly text: Schema.optionalKey<Schema.String>;
    }>;
  }>;
  readonly Told: Schema.TaggedStruct<"Told", {}>;
}>;
export type NoticeOutcome = typeof NoticeOutcome.Type;
declare const ConfigError_base: Schema.Class<ConfigError, Schema.TaggedStruct<"ConfigError", {
  readonly problems: Schema.$Array<Schema.String>;
}>, import("effect/Cause").YieldableError>;
/** A configuration that cannot be used, with everything that is wrong with it. No line of it holds a secret. */
export declare class ConfigError extends ConfigError_base {
  get message(): string;
}
/** Settings from the command line, by YAML path. They override the environment, which overrides the file. */
type Flags = Readonly<Record<string, string | number | boolean>>;
declare namespace AppConfigLayer_d_exports {
  export { layer$37 as layer, load };
}
/**
 * Reads the configuration for one kind of process: defaults, then the YAML file, then the environment, then `flags`
 * (by YAML path). Fails with everything that is wrong at once.
 */
declare const load: (mode: Mode, flags?: Readonly<Record<string, string | number | boolean>> | undefined) => Effect.Effect<{
  readonly dataDir: string;
  readonly storage: "sqlite" | "memory" | "redis";
  readonly transcripts: boolean;
  readonly redis: import("effect/Option").Option<RedisSettings>;
  readonly kubernetes: import("effect/Option").Option<KubernetesSettings>;
  readonly github: import("effect/Option").Option<GitHubSettings>;
  readonly gitlab: import("effect/Option").Option<GitLabSettings>;
  readonly webhook: WebhookSettings;
  readonly metrics: MetricsSettings;
  readonly tracing: TracingSettings;
  readonly policy: Policy;
  readonly quotas: ValuesOf<typeof quotas>;
  readonly reviewer: ValuesOf<typeof reviewer$1>;
  readonly costs: ValuesOf<typeof costs>;
  readonly jobs: JobSettings;
  readonly reconcile: ReconcileSettings;
  readonly workspace: WorkspaceSettings;
  readonly providers: ReadonlyArray<ProviderSettings>;
  readonly rates: Readonly<Record<string, CallRateSettings>>;
  readonly claudeCode: ClaudeCodeSettings;
  readonly review: ReviewSettings;
  readonly origins: Readonly<Record<string, string>>;
  readonly conversationTtl: import("effect/Duration").Duration;
  readonly logLevel: LogLevel.LogLevel;
  readonly logFormat: "text" | "json" | "pretty";
  readonly secrets: ReadonlyArray<import("effect/Redacted").Redacted>;
  readonly warnings: ReadonlyArray<string>;
}, ConfigError, FileSystem.FileSystem | Path.Path>;
/** The configuration of one kind of process. */
declare const layer$37: (mode: Mode, flags?: Flags) => Layer.Layer<AppConfig, ConfigError, FileSystem.FileSystem | Path.Path>;
/** A taint of nodes that a pod tolerates. */
export declare const Toleration: Schema.Struct<{
  readonly key: Schema.optionalKey<Schema.String>;
  readonly operator: Schema.optionalKey<Schema.Literals<readonly ["Exists", "Equal"]>>;
  readonly value: Schema.optionalKey<Schema.String>;
  readonly effect: Schema.optionalKey<Schema.Literals<readonly ["NoSchedule", "PreferNoSchedule", "NoExecute"]>>;
  readonly tolerationSeconds: Schema.optionalKey<Schema.Int>;
}>;
export type Toleration = typeof Toleration.Type;
/** The affinity of a pod: nodes that it needs or prefers, and pods that it is to run beside or apart from. */
export declare const Affinity: Schema.Struct<{
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
export type Affinity = typeof Affinity.Type;
declare const LlmProviders_base: Context.ServiceClass<LlmProviders, "@nominal-code/llm/LlmProviders", {
  readonly names: ReadonlyArray<string>;
  /** The provider of a name. A job may name one that this process does not have. */
  of(name: string): Effect.Effect<LlmProvider["Service"], LlmError>;
}>;
/** The model services that this process has, side by side. Each loads its SDK with its first call. */
export declare class LlmProviders extends LlmProviders_base {}
/** The providers of the given layers, by their names. Of several with the same name, the last one counts. */
declare const layer$2: <E, R>(providers: ReadonlyArray<Layer.Layer<LlmProvider, E, R>>) => Layer.Layer<LlmProviders, E, R>;
/** Key and address of Anthropic where Claude Code does not use its user's login. */
interface Account {
  readonly apiKey: Option.Option<Redacted.Redacted>;
  readonly baseUrl: Option.Option<string>;
}
declare namespace ClaudeCode_d_exports {
  export { ClaudeCodeOptions, check, layer$36 as layer };
}
/** The Claude Code of this machine, and the account that it uses. */
interface ClaudeCodeOptions extends Account {
  /** Absolute path of the program; none: there is none. */
  readonly program: Option.Option<string>;
  /** Its working directory, which stays empty. Its sessions belong to this directory. */
  readonly directory: string;
  /** Listener on the loopback, at a free port, for the tools of one task. */
  readonly listener: Layer.Layer<HttpServer.HttpServer, unknown>;
  /** Time without a sign of life after which a run is ended. */
  readonly idle?: Duration.Duration | undefined;
  /** Memory above which a run is ended, in bytes. It is looked at where there is `/proc`. */
  readonly memory?: number | undefined;
}
/** Fails if Claude Code is not there, is too old, or is not logged in. Tells its version. */
declare const check: (options: ClaudeCodeOptions) => Effect.Effect<string, LlmError, ChildProcessSpawner.ChildProcessSpawner | FileSystem.FileSystem>;
/**
 * The user's Claude Code as the runner of tasks, with its login or a key of Anthropic. It has our tools only, served
 * over MCP on the loopback: it never sees the mirror's directory.
 */
declare const layer$36: (options: ClaudeCodeOptions) => Layer.Layer<AgentRunner, never, FileSystem.FileSystem | Path.Path | ChildProcessSpawner.ChildProcessSpawner>;
declare const ForgeNotConfigured_base: Schema.Class<ForgeNotConfigured, Schema.TaggedStruct<"ForgeNotConfigured", {
  readonly platform: Schema.Literals<readonly ["github", "gitlab"]>;
}>, import("effect/Cause").YieldableError>;
/** This process has no credentials for the forge. */
export declare class ForgeNotConfigured extends ForgeNotConfigured_base {
  get message(): string;
}
declare const Forges_base: Context.ServiceClass<Forges, "@nominal-code/forge/Forges", {
  readonly platforms: ReadonlyArray<Platform>;
  of(platform: Platform): Effect.Effect<Forge["Service"], ForgeNotConfigured>;
}>;
/** The forges that this process has credentials for. */
export declare class Forges extends Forges_base {}
/** The forges of the given layers, by their platforms. */
declare const layer$1: <E, R>(forges: ReadonlyArray<Layer.Layer<Forge, E, R>>) => Layer.Layer<Forges, E, R>;
/** Runs an effect on the forge of a platform. */
declare const on: (platform: Platform) => <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E | ForgeNotConfigured, Forges | Exclude<R, Forge>>;
/**
 * Reason why a call of the Kubernetes API failed. `refused`: it will not do that, however often it is asked.
 * `forbidden`: the account may not do it; an API server that has just been started says so to everybody for a second or
 * two. `full`: admission turned a new object away, for want of quota for instance. `busy` and `unreachable` pass.
 * `exists` and `absent` are about the object; `expired`: a watch has missed too much, and has to begin anew with a
 * list.
 */
export declare const KubeErrorReason: Schema.Literals<readonly ["refused", "forbidden", "full", "busy", "unreachable", "exists", "absent", "expired"]>;
export type KubeErrorReason = typeof KubeErrorReason.Type;
declare const KubeError_base: Schema.Class<KubeError, Schema.TaggedStruct<"KubeError", {
  readonly operation: Schema.String;
  readonly reason: Schema.Literals<readonly ["refused", "forbidden", "full", "busy", "unreachable", "exists", "absent", "expired"]>;
  readonly detail: Schema.String;
  /** Wait that the server asked for. */
  readonly retryAfter: Schema.optionalKey<Schema.Duration>;
}>, import("effect/Cause").YieldableError>;
/** A call of the Kubernetes API that failed. `detail` is the server's own message. */
export declare class KubeError extends KubeError_base {
  get message(): string;
  /** True if the same call may succeed later. */
  get retryable(): boolean;
}
/** A variable of a container: its text, or the entry of a Secret that holds it. */
interface EnvironmentVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly secretKeyRef: {
      readonly name: string;
      readonly key: string;
      readonly optional?: boolean;
    };
  };
}
/** A container of a review's pod. */
interface ContainerManifest {
  readonly name: string;
  /** `Always`: of an init container that goes on beside the others, and is ended after them. */
  readonly restartPolicy?: "Always";
  readonly image: string;
  readonly imagePullPolicy?: string;
  readonly args: Array<string>;
  readonly terminationMessagePolicy: string;
  readonly env: Array<EnvironmentVariable>;
  /** CPU and memory, in Kubernetes' notation. */
  readonly resources: {
    readonly requests: Record<string, string>;
    readonly limits: Record<string, string>;
  };
  readonly securityContext: {
    readonly readOnlyRootFilesystem: boolean;
    readonly runAsNonRoot: boolean;
    readonly runAsUser: number;
    readonly allowPrivilegeEscalation: boolean;
    readonly capabilities: {
      readonly drop: Array<string>;
    };
    readonly seccompProfile: {
      readonly type: string;
    };
  };
  readonly volumeMounts: Array<{
    readonly name: string;
    readonly mountPath: string;
    readonly readOnly?: boolean;
  }>;
}
/** Fields of a pod about its nodes, its priority and its runtime. */
interface SchedulingManifest {
  readonly priorityClassName?: string;
  readonly runtimeClassName?: string;
  readonly affinity?: Affinity;
  readonly nodeSelector?: Record<string, string>;
  readonly tolerations?: Array<Toleration>;
  readonly imagePullSecrets?: Array<{
    readonly name: string;
  }>;
}
/** A review's pod. */
interface PodManifest extends SchedulingManifest {
  readonly restartPolicy: string;
  readonly automountServiceAccountToken: boolean;
  readonly enableServiceLinks: boolean;
  readonly serviceAccountName?: string;
  readonly securityContext: {
    readonly runAsNonRoot: boolean;
    readonly runAsUser: number;
    readonly runAsGroup: number;
    readonly fsGroup: number;
    readonly seccompProfile: {
      readonly type: string;
    };
  };
  readonly initContainers?: Array<ContainerManifest>;
  readonly containers: Array<ContainerManifest>;
  readonly volumes: Array<{
    readonly name: string;
  } & ({
    readonly emptyDir: {
      readonly sizeLimit: string;
      readonly medium?: "Memory";
    };
  } | {
    readonly configMap: {
      readonly name: string;
      readonly items: Array<{
        readonly key: string;
        readonly path: string;
      }>;
    };
  })>;
}
/** The manifest of a review's Kubernetes Job: the JSON that is sent to the API server. */
interface KubeJobManifest {
  readonly apiVersion: "batch/v1";
  readonly kind: "Job";
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Record<string, string>;
    readonly annotations: Record<string, string>;
  };
  readonly spec: {
    readonly suspend?: boolean;
    readonly backoffLimit: number;
    readonly activeDeadlineSeconds: number;
    readonly ttlSecondsAfterFinished: number;
    readonly podFailurePolicy: {
      readonly rules: Array<{
        readonly action: string;
        readonly onPodConditions: Array<{
          readonly type: string;
          readonly status: string;
        }>;
      }>;
    };
    readonly podReplacementPolicy: string;
    readonly template: {
      readonly metadata: {
        readonly labels: Record<string, string>;
        readonly annotations: Record<string, string>;
      };
      readonly spec: PodManifest;
    };
  };
}
/** A kube job as the cluster shows it now. */
interface KubeJob {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** True if it has been deleted, and exists until its pods are gone. */
  readonly deleting: boolean;
  /** True if it must have no pods: its queue has not admitted it yet, or has preempted it. */
  readonly suspended: boolean;
  /** True if the cluster has begun to make pods for it. */
  readonly started: boolean;
  /** Number of its pods that have not ended. */
  readonly active: number;
  /** True if a pod of it runs. */
  readonly running: boolean;
  /** End of the Job; none before. */
  readonly end: Option.Option<{
    readonly succeeded: boolean;
    readonly reason: string;
    readonly message: string;
  }>;
}
/** Reason and message of a pod that is not simply running. */
interface PodProblem {
  readonly reason: string;
  readonly message: string;
}
/** A pod as the cluster shows it now. */
interface KubePod {
  readonly name: string;
  /** Name of its Job. */
  readonly job: string;
  /** Node of the pod; none while it is not scheduled. */
  readonly node: Option.Option<string>;
  readonly phase: string;
  /** Reason why it failed as a whole, or was ended: evicted, deleted, its node shut down. */
  readonly failure: Option.Option<PodProblem>;
  /** Reason why no node takes it. */
  readonly unschedulable: Option.Option<string>;
  /** Reason why one of its containers does not start. */
  readonly waiting: Option.Option<PodProblem>;
  /** End of the container that reviews, and its last output. */
  readonly exit: Option.Option<PodProblem & {
    readonly code: number;
  }>;
}
/** A list of objects, and the version of the cluster's state that it shows, from which a watch continues. */
interface ObjectList<A> {
  readonly items: ReadonlyArray<A>;
  readonly version: string;
}
/** An event of a watch. `version`: the point from which another watch continues. */
type WatchEvent<A> =
/** The API server has taken the request, and tells what happens from now on. */
{
  readonly _tag: "Opened";
} | {
  readonly _tag: "Changed";
  readonly item: A;
  readonly version: string;
} | {
  readonly _tag: "Removed";
  readonly item: A;
  readonly version: string;
} |
/** Bookmark: nothing has happened up to this version. */
{
  readonly _tag: "Progress";
  readonly version: string;
};
/** List and watch of the objects of one kind, by labels. */
interface ListerWatcher<A> {
  /**
   * Lists objects. `cached`: from the API server's memory, which may be some seconds old and costs its store nothing.
   * Otherwise the present state, which reads the whole namespace.
   */
  list(selector: string, cached: boolean): Effect.Effect<ObjectList<A>, KubeError>;
  /** Watches the changes after `version`. The stream ends when the server closes it, which is no error. */
  watch(selector: string, version: string): Stream.Stream<WatchEvent<A>, KubeError>;
}
declare const KubeClient_base: Context.ServiceClass<KubeClient, "@nominal-code/kubernetes/KubeClient", {
  createJob(job: KubeJobManifest): Effect.Effect<KubeJob, KubeError>;
  findJob(name: string): Effect.Effect<Option.Option<KubeJob>, KubeError>;
  /** Deletes a Job, which exists until its pods are gone. An absent Job is no error. */
  deleteJob(name: string): Effect.Effect<void, KubeError>;
  /**
   * Time since a Job's deletion was requested, by the API server's clock; none if it was not requested, or the Job is
   * gone.
   */
  endingFor(name: string): Effect.Effect<Option.Option<Duration.Duration>, KubeError>;
  /** Warnings of the cluster about a Job: why its pods are refused; or about a pod. Requires the right to list events. */
  warningsOf(name: string, kind?: "Job" | "Pod"): Effect.Effect<ReadonlyArray<string>, KubeError>;
  readonly jobs: ListerWatcher<KubeJob>;
  readonly pods: ListerWatcher<KubePod>;
}>;
/** The Jobs of one namespace of a cluster. Each call is one request. */
export declare class KubeClient extends KubeClient_base {}
declare const KubeConfigError_base: Schema.Class<KubeConfigError, Schema.TaggedStruct<"KubeConfigError", {
  readonly message: Schema.String;
}>, import("effect/Cause").YieldableError>;
/** Raised if there is no cluster, or no access to it. */
export declare class KubeConfigError extends KubeConfigError_base {}
declare const PayloadTooLarge_base: Schema.Class<PayloadTooLarge, Schema.TaggedStruct<"PayloadTooLarge", {
  readonly message: Schema.String;
}>, import("effect/Cause").YieldableError>;
/** A payload that no store takes: it is larger than a payload may be. */
export declare class PayloadTooLarge extends PayloadTooLarge_base {}
declare const PayloadStore_base: Context.ServiceClass<PayloadStore, "@nominal-code/jobs/PayloadStore", {
  put(key: string, payload: string): Effect.Effect<void, StoreError | PayloadTooLarge>;
  get(key: string): Effect.Effect<Option.Option<string>, StoreError>;
}>;
/**
 * Store of payloads that are too large for a pod's environment variable. A payload with other settings has another key: a
 * pod that has not started yet finds the one that it was created for.
 */
export declare class PayloadStore extends PayloadStore_base {}
/** A service that jobs wait for. Instants are milliseconds since the epoch. */
export declare const ServiceOutage: Schema.Struct<{
  readonly service: Schema.brand<Schema.String, "ServiceName">;
  readonly since: Schema.Int;
  /** Instant of the next try. */
  readonly until: Schema.Int;
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
      readonly reason: Schema.Literals<readonly ["rate-limited", "unavailable", "unauthorized", "forbidden", "not-found", "refused", "locked", "archived", "sso"]>;
      readonly detail: Schema.String;
    }>;
    readonly Installation: Schema.TaggedStruct<"Installation", {
      readonly detail: Schema.String;
    }>;
    readonly Lease: Schema.TaggedStruct<"Lease", {
      readonly detail: Schema.String;
    }>;
    readonly Model: Schema.TaggedStruct<"Model", {
      readonly reason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "no-credit", "no-model", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded", "no-review"]>;
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
    readonly Unsigned: Schema.TaggedStruct<"Unsigned", {
      readonly detail: Schema.String;
    }>;
  }>;
}>;
export type ServiceOutage = typeof ServiceOutage.Type;
/** Observation of a run about the services that it needs. */
export declare const ServiceObservation: Schema.TaggedUnion<{
  readonly Answered: Schema.TaggedStruct<"Answered", {
    readonly services: Schema.$Array<Schema.brand<Schema.String, "ServiceName">>;
  }>;
  readonly Away: Schema.TaggedStruct<"Away", {
    readonly job: Schema.optionalKey<Schema.brand<Schema.String, "JobId">>;
    readonly service: Schema.brand<Schema.String, "ServiceName">;
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
        readonly reason: Schema.Literals<readonly ["rate-limited", "unavailable", "unauthorized", "forbidden", "not-found", "refused", "locked", "archived", "sso"]>;
        readonly detail: Schema.String;
      }>;
      readonly Installation: Schema.TaggedStruct<"Installation", {
        readonly detail: Schema.String;
      }>;
      readonly Lease: Schema.TaggedStruct<"Lease", {
        readonly detail: Schema.String;
      }>;
      readonly Model: Schema.TaggedStruct<"Model", {
        readonly reason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "no-credit", "no-model", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded", "no-review"]>;
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
      readonly Unsigned: Schema.TaggedStruct<"Unsigned", {
        readonly detail: Schema.String;
      }>;
    }>;
    readonly retryAfterMillis: Schema.optionalKey<Schema.Int>;
    /** Services that gave the run all that it needs of them before. */
    readonly served: Schema.optionalKey<Schema.$Array<Schema.brand<Schema.String, "ServiceName">>>;
  }>;
  readonly Nothing: Schema.TaggedStruct<"Nothing", {}>;
  readonly Reached: Schema.TaggedStruct<"Reached", {
    readonly services: Schema.$Array<Schema.brand<Schema.String, "ServiceName">>;
  }>;
}>;
export type ServiceObservation = typeof ServiceObservation.Type;
/** One run's use of its services. */
interface ServiceUse {
  /**
   * Ends the use, and returns the time to wait for the service that the run found away; zero after any other observation.
   * A job that a service failed again, and others not, waits for it alone from then on. After the first time it changes
   * nothing.
   */
  end(finding: ServiceObservation): Effect.Effect<Duration.Duration>;
}
declare const ServiceBreakers_base: Context.ServiceClass<ServiceBreakers, "@nominal-code/jobs/ServiceBreakers", {
  /** True if a run that needs these services may start now. */
  admits(services: ReadonlyArray<ServiceName>): boolean;
  /** Counts a run that needs these services. */
  begin(services: ReadonlyArray<ServiceName>): Effect.Effect<ServiceUse>;
  /** Emits when runs may start that could not start before. */
  readonly readmitted: Stream.Stream<void>;
  /** The services that are waited for. */
  readonly outages: Effect.Effect<ReadonlyArray<ServiceOutage>>;
}>;
/**
 * A circuit breaker for each service. While it is closed, any run may use the service. A run that finds the service away
 * opens it: nothing that needs the service starts for as long as the service asked, or for a backoff that doubles from 5
 * seconds to 5 minutes. Then it is half-open: one run tries, and a further one each 30 seconds while none has ended. The
 * first answer closes it; of a forge whose git is away, the first review; of a cluster without room, the first pod.
 */
export declare class ServiceBreakers extends ServiceBreakers_base {}
declare const layer$5: Layer.Layer<ServiceBreakers, never, never>;
/** Names one run of a job: a result of an earlier run is never taken for that of a later one. */
interface JobRun {
  readonly id: JobId;
  /** Its number over the job's whole life. */
  readonly run: number;
  /** Proof of whoever reports that it is this run. A server that has a signing key takes no outcome without it. */
  readonly token?: string | undefined;
  /** True for a run that was begun before the servers had a key: its process has no token. */
  readonly isTokenless?: boolean;
}
declare const JobResults_base: Context.ServiceClass<JobResults, "@nominal-code/jobs/JobResults", {
  /** Stores the outcome, then signals it. The first outcome is kept, except that a later success replaces a failure. */
  report(run: JobRun, outcome: JobOutcome): Effect.Effect<void, StoreError>;
  /**
   * Listens from when this effect has completed until the scope closes; to be called before the process that reports
   * is started. The inner effect waits for the outcome, which may also have been stored before.
   */
  listen(run: JobRun): Effect.Effect<Effect.Effect<JobOutcome, StoreError>, StoreError, Scope.Scope>;
  /** Signals the service that the run waits for, or that it goes on. It is not stored. */
  tellWait(run: JobRun, service: Option.Option<ServiceName>): Effect.Effect<void, StoreError>;
  /** Waits that the run tells of from when this effect has completed. Some of them may be lost. */
  waits(run: JobRun): Effect.Effect<Stream.Stream<Option.Option<ServiceName>, StoreError>, StoreError, Scope.Scope>;
  /** True while the queue wants this run: its job has not ended, was not cancelled, and has no later run. */
  isWanted(run: JobRun): Effect.Effect<boolean, StoreError>;
}>;
/**
 * Results of jobs that run in another process. A result is stored and then signalled: a lost signal loses nothing, and
 * a late or repeated one changes nothing.
 */
export declare class JobResults extends JobResults_base {}
declare const JobRunner_base: Context.ServiceClass<JobRunner, "@nominal-code/jobs/JobRunner", {
  /**
   * One run, within the job's deadline. Interrupted, it leaves nothing running in this process; what runs elsewhere
   * runs on, and is found by who takes the same run over. `run` is counted over the job's whole life: it names
   * the run wherever that leaves traces, and a run that takes over a lost one has the same.
   */
  run(job: Job, run: number): Effect.Effect<JobOutcome>;
  /**
   * Ends whatever still runs of a job, whichever run it is of, here or elsewhere; it is gone when this returns. `run` is
   * over by then, or its process dead. What cannot be ended is logged.
   */
  cancel(job: Job): Effect.Effect<void>;
  /** Posts the notice on the job's pull request, unless it or the job's review is there. */
  postNotice(job: Job, notice: Notice): Effect.Effect<NoticeOutcome>;
  /** The services that a run of the job cannot do without; of a lane's job that is not known yet, those of a review. */
  needs(lane: Lane, job?: Job): ReadonlyArray<ServiceName>;
  /** True if runs are outside this process, so that its death says nothing about a job. */
  readonly outOfProcess: boolean;
}>;
/** Runner of jobs, in this process or elsewhere. Every failure is an outcome. */
export declare class JobRunner extends JobRunner_base {}
/** Template of the Jobs of one server. */
interface KubeJobTemplate {
  readonly kubernetes: KubernetesSettings;
  readonly redis: {
    readonly url: Redacted.Redacted;
  };
}
declare namespace KubernetesRunner_d_exports {
  export { KubernetesOptions, KubernetesWork, layer$35 as layer };
}
/** Settings of the Jobs, and those that travel with each. */
interface KubernetesOptions extends KubeJobTemplate {
  readonly review: ReviewSettings;
}
/** The functions that the server runs itself. They are parameters, so that this package knows no reviews. */
interface KubernetesWork<R> {
  notice(job: Job, notice: Notice): Effect.Effect<NoticeOutcome, never, R>;
  /** Work of a job that is done in the server; none where it needs a pod. */
  command(job: Job): Option.Option<Effect.Effect<JobOutcome, never, R>>;
  /** The services that a pod needs for the job, or for a review. */
  needs(lane: Lane, job?: Job): ReadonlyArray<ServiceName>;
}
/**
 * Runner that makes each run a Kubernetes Job. Interrupted, it leaves the Job running: whoever takes the same run over
 * finds it. A Job that takes too long, or whose job is cancelled, is deleted, and gone, before its run ends.
 */
declare const layer$35: <R>(options: KubernetesOptions, { command, needs, notice }: KubernetesWork<R>) => Layer.Layer<JobRunner, never, JobResults | KubeClient | PayloadStore | ServiceBreakers | Exclude<R, import("effect/Scope").Scope>>;
/** Turn of a periodic task that a process asks for. */
interface LeaseRequest {
  readonly task: string;
  /** Name of the process, of its own. */
  readonly holder: string;
  /** Minimum time between the end of one turn and the begin of the next. */
  readonly interval: Duration.Duration;
  /** Time after which the lease of a holder that does not take it again has ended. */
  readonly lasts: Duration.Duration;
}
declare const PeriodicLease_base: Context.ServiceClass<PeriodicLease, "@nominal-code/persistence/PeriodicLease", {
  /** Takes the lease, or extends the holder's own. Some: the time until it is worth asking again; nothing was changed. */
  take(request: LeaseRequest): Effect.Effect<Option.Option<Duration.Duration>, StoreError>;
  /** Ends the holder's turn. The lease of another holder stays. */
  end(task: string, holder: string): Effect.Effect<void, StoreError>;
}>;
/** Leases of periodic tasks, which one process of a deployment does at a time. */
export declare class PeriodicLease extends PeriodicLease_base {}
/** Number of jobs that an account may have in a time: a day in UTC, or the last sixty minutes. */
interface Quota {
  /** Name of the account: `author:github:alice`. */
  readonly name: string;
  readonly limit: number;
  readonly period: "day" | "hour";
}
declare const Quotas_base: Context.ServiceClass<Quotas, "@nominal-code/persistence/Quotas", {
  /**
   * Counts a job under every quota, or, if one is used up, under none: that one is the result. A job counts once, however
   * often it asks, and keeps its place for two days.
   */
  take(job: string, quotas: ReadonlyArray<Quota>): Effect.Effect<Option.Option<Quota>, StoreError>;
  /** Uncounts a job. */
  giveBack(job: string, quotas: ReadonlyArray<Quota>): Effect.Effect<void, StoreError>;
}>;
/** Counts of jobs by account. They survive a restart where the store does, and are exact for any number of processes. */
export declare class Quotas extends Quotas_base {}
/** Address of a Redis. */
interface RedisTarget {
  readonly url: Redacted.Redacted;
  readonly sentinelPassword?: Option.Option<Redacted.Redacted>;
}
/** A Lua script, which Redis runs atomically. */
interface RedisScript {
  readonly text: string;
  /** Hash by which Redis knows a script that it has run before. */
  readonly sha: string;
}
/** Event of a subscription. */
export declare const ChannelEvent: Schema.TaggedUnion<{
  readonly Message: Schema.TaggedStruct<"Message", {
    readonly text: Schema.String;
  }>;
  readonly Missed: Schema.TaggedStruct<"Missed", {}>;
}>;
export type ChannelEvent = typeof ChannelEvent.Type;
/** Argument of a command. */
type Argument = string | number | Uint8Array;
/** A command and its arguments. */
type Command = readonly [name: string, ...args: ReadonlyArray<Argument>];
/** Encoding of the texts of a reply. `bytes`: each of their characters is one byte. */
type TextEncoding = "utf8" | "bytes";
/** The schema of a reply. */
type Reply = Schema.ConstraintDecoder<unknown>;
declare const Redis_base: Context.ServiceClass<Redis, "@nominal-code/persistence/Redis", {
  /** Sends a command and decodes the reply. `operation` names it in an error. It may have been done although it failed. */
  send<S extends Reply>(operation: string, reply: S, command: Command, texts?: TextEncoding): Effect.Effect<S["Type"], StoreError>;
  /** Runs a script. In a cluster all its keys need the same hash tag. */
  run<S extends Reply>(operation: string, reply: S, script: RedisScript, keys: ReadonlyArray<string>, args: ReadonlyArray<Argument>, texts?: TextEncoding): Effect.Effect<S["Type"], StoreError>;
  /** Subscribes to a channel, from the completion of this effect until the scope closes. */
  subscribe(channel: string): Effect.Effect<Stream.Stream<ChannelEvent, StoreError>, StoreError, Scope.Scope>;
  /**
   * Waits until the configured number of replicas have all earlier writes to the node of this key; fails after a
   * second.
   */
  replicated(operation: string, key: string): Effect.Effect<void, StoreError>;
  /** Succeeds if Redis answers. */
  readonly ping: Effect.Effect<void, StoreError>;
}>;
/**
 * Client of the shared Redis, and the only user of its driver: one connection for commands and one for subscriptions.
 * Both reconnect by themselves; meanwhile every call fails at once.
 */
export declare class Redis extends Redis_base {}
/** Address of a Redis, and the number of replicas that need to have an accepted job. */
interface RedisOptions extends RedisTarget {
  readonly waitReplicas?: number;
}
/** The Redis of a URL. */
declare const layer$3: (target: Redacted.Redacted | RedisOptions) => Layer.Layer<Redis, StoreError>;
/** The layer with its options from Effect's `Config`. */
declare const layerConfig: (options: Config.Wrap<Redacted.Redacted | RedisOptions>) => Layer.Layer<Redis, Config.ConfigError | StoreError>;
/** Values for the `:name` places of a statement. */
type Parameters = Readonly<Record<string, string | number | null | Uint8Array>>;
/** Values for the `?` places of a statement, in their order: binding them takes a third of the time. */
type Values = ReadonlyArray<Parameters[string]>;
/** The schema of a row. */
type Row = Schema.ConstraintDecoder<unknown>;
/** Statements of a transaction. They are invalid after it. */
interface Statements {
  /** Runs a statement, and returns the number of changed rows. */
  run(sql: string, parameters?: Parameters | Values): number;
  /** The first row, decoded; undefined if there is none. */
  get<S extends Row>(row: S, sql: string, parameters?: Parameters | Values): S["Type"] | undefined;
  /** Every row, decoded. */
  all<S extends Row>(row: S, sql: string, parameters?: Parameters | Values): ReadonlyArray<S["Type"]>;
}
declare const Sqlite_base: Context.ServiceClass<Sqlite, "@nominal-code/persistence/Sqlite", {
  /** Directory of the file. Related files may be beside it. */
  readonly directory: string;
  /**
   * Runs `body` in one write transaction, undone if it throws. It is synchronous on purpose: nothing else of this
   * process can come between its statements. `operation` names it in an error.
   */
  transaction<A>(operation: string, body: (statements: Statements) => A): Effect.Effect<A, StoreError>;
  /**
   * Runs `body` as `transaction` does, and does not wait for the disk, so that this process goes on meanwhile. Its writes
   * survive a kill, and a power cut once a later `synced` has succeeded.
   */
  unsynced<A>(operation: string, body: (statements: Statements) => A): Effect.Effect<A, StoreError>;
  /** Waits until every write of an earlier transaction is on the disk. Those that wait together share one call. */
  readonly synced: Effect.Effect<void, StoreError>;
  /** Runs a `body` that only reads, on a consistent snapshot and without blocking other processes. */
  read<A>(operation: string, body: (statements: Statements) => A): Effect.Effect<A, StoreError>;
  /**
   * Fails if the file is no longer at its path: it was moved or deleted, and what is written to it ends with this
   * process.
   */
  readonly inPlace: Effect.Effect<void, StoreError>;
}>;
/**
 * The database file of the data directory, and the only user of its driver. When a transaction's effect succeeds, its
 * writes are on the disk and survive a kill and a power cut. Any number of processes may use the file.
 */
export declare class Sqlite extends Sqlite_base {}
/** The database of a directory, which is made if it is missing. */
declare const layer$6: (directory: string) => Layer.Layer<Sqlite, StoreError, FileSystem.FileSystem | Path.Path>;
/** The layer with its options from Effect's `Config`. */
declare const layerConfig$1: (options: Config.Wrap<string>) => Layer.Layer<Sqlite, Config.ConfigError | StoreError, FileSystem.FileSystem | Path.Path>;
declare namespace Configured_d_exports {
  export { claudeCode, claudeCodeOptions, configured, conversations, conversationsIn, forgeLimits, forges, forgesAlone, git, kubernetesOptions, leasesIn, localWorkspace, markerKeys, models, ownModels, quotasIn, ratedModels, redis, reviewConfig, signingKeys, spend, spendIn, sqlite, workspace };
}
/** A part with its options. */
declare const configured: <A, E, R>(partOf: (config: AppConfig["Service"]) => Layer.Layer<A, E, R>) => Layer.Layer<A, E, R | AppConfig>;
/** The database of `data_dir`. */
declare const sqlite: Layer.Layer<Sqlite, StoreError, AppConfig | import("effect/FileSystem").FileSystem | import("effect/Path").Path>;
/** The Redis of `redis.url`. */
declare const redis: Layer.Layer<Redis, StoreError, AppConfig>;
/** Conversations in each kind of storage. */
declare const conversationsIn: {
  memory: Layer.Layer<ConversationStore, never, AppConfig>;
  sqlite: Layer.Layer<ConversationStore, StoreError, AppConfig | import("effect/FileSystem").FileSystem | import("effect/Path").Path>;
  redis: Layer.Layer<ConversationStore, StoreError, AppConfig | import("effect/FileSystem").FileSystem>;
};
/** The ledger of what models cost, in each kind of storage. */
declare const spendIn: {
  memory: Layer.Layer<Spend, never, never>;
  sqlite: Layer.Layer<Spend, StoreError, AppConfig | import("effect/FileSystem").FileSystem | import("effect/Path").Path>;
  redis: Layer.Layer<Spend, StoreError, AppConfig | import("effect/FileSystem").FileSystem>;
};
/** The configured store of conversations. */
declare const conversations: Layer.Layer<ConversationStore, StoreError, AppConfig | import("effect/FileSystem").FileSystem | import("effect/Path").Path>;
/** The configured ledger of what models cost. */
declare const spend: Layer.Layer<Spend, StoreError, AppConfig | import("effect/FileSystem").FileSystem | import("effect/Path").Path>;
/** Counts of the jobs of accounts, in each kind of storage. */
declare const quotasIn: {
  memory: Layer.Layer<Quotas, never, never>;
  sqlite: Layer.Layer<Quotas, StoreError, AppConfig | import("effect/FileSystem").FileSystem | import("effect/Path").Path>;
  redis: Layer.Layer<Quotas, StoreError, AppConfig | import("effect/FileSystem").FileSystem>;
};
/** Leases of periodic tasks, in each kind of storage. */
declare const leasesIn: {
  memory: Layer.Layer<PeriodicLease, never, never>;
  sqlite: Layer.Layer<PeriodicLease, StoreError, AppConfig | import("effect/FileSystem").FileSystem | import("effect/Path").Path>;
  redis: Layer.Layer<PeriodicLease, StoreError, AppConfig | import("effect/FileSystem").FileSystem>;
};
/** The keys of the installation's markers. A storage that forgets has none, and its posts have no seal. */
declare const markerKeys: (use: "make" | "read") => Layer.Layer<never, StoreError, AppConfig | import("effect/FileSystem").FileSystem | import("effect/Path").Path>;
/** Rate limits of the forges: all processes keep them where they share a Redis, else this one alone. */
declare const forgeLimits: Layer.Layer<never, StoreError, AppConfig>;
/** The forges that the configuration has credentials for, without rate limits that are kept. */
declare const forgesAlone: Layer.Layer<Forges, never, AppConfig>;
/** The configured forges, within the rate limits of `forgeLimits`. */
declare const forges: Layer.Layer<Forges, StoreError, AppConfig>;
/** Checkouts of a forge's repositories, under `workspace.base_dir`. */
declare const workspace: Layer.Layer<Workspace, WorkspaceError, AppConfig | import("effect/process/ChildProcessSpawner").ChildProcessSpawner | import("effect/FileSystem").FileSystem | import("effect/Path").Path>;
/** git, for a repository that is on this disk already. */
declare const git: Layer.Layer<Git, WorkspaceError, AppConfig | import("effect/process/ChildProcessSpawner").ChildProcessSpawner | import("effect/FileSystem").FileSystem | import("effect/Path").Path>;
/** Checkouts of a repository that is on this disk already. */
declare const localWorkspace: (repository: string) => Layer.Layer<Workspace, WorkspaceError, AppConfig | import("effect/process/ChildProcessSpawner").ChildProcessSpawner | import("effect/FileSystem").FileSystem | import("effect/Path").Path>;
/** All model services, with the keys of this process. One without a key fails the calls that need it. */
declare const ownModels: Layer.Layer<LlmProviders, never, AppConfig>;
/** All model services, of the container that has their keys where this one has none. */
declare const models: Layer.Layer<LlmProviders, import("effect/socket/Socket").SocketError, AppConfig>;
/** All model services, within their rates. */
declare const ratedModels: Layer.Layer<LlmProviders, import("effect/socket/Socket").SocketError | StoreError, AppConfig | import("effect/FileSystem").FileSystem>;
/** Settings of Claude Code. Its sessions are kept beside the database. */
declare const claudeCodeOptions: ({ claudeCode, dataDir }: AppConfig["Service"]) => ClaudeCodeOptions;
/** The Claude Code of this machine. */
declare const claudeCode: Layer.Layer<AgentRunner, never, AppConfig | import("effect/process/ChildProcessSpawner").ChildProcessSpawner | import("effect/FileSystem").FileSystem | import("effect/Path").Path>;
/** All that a review may read of the configuration; `settings`, where a job brought some, take the place of its own. */
declare const reviewConfig: (settings?: Option.Option<ReviewSettings>) => Layer.Layer<ReviewConfig, never, AppConfig>;
/** The keys that the servers sign with, the one for new jobs first. A pod has none. */
declare const signingKeys: Layer.Layer<never, never, AppConfig>;
/** Settings of the Jobs; none where reviews run in the server. */
declare const kubernetesOptions: ({ kubernetes, redis, review }: AppConfig["Service"]) => Option.Option<KubernetesOptions>;
/** One fact about the setup at a forge. `unknown`: the credentials may not see it, which is no mistake. */
interface SetupFact {
  readonly status: "ok" | "unknown" | "warning" | "problem";
  readonly text: string;
}
/** Reads of a forge that tell whether its account, permissions and webhooks are what reviews need. */
interface ForgeSetup {
  readonly platform: Platform;
  /** Login that the credentials belong to. */
  readonly account: Effect.Effect<string, ForgeError>;
  /** Scopes and expiry of the credentials, and the webhook of an App. */
  readonly credentials: Effect.Effect<ReadonlyArray<SetupFact>, ForgeError>;
  /** Permissions in a repository, and its webhook with its last delivery. */
  repository(repo: RepoName): Effect.Effect<ReadonlyArray<SetupFact>, ForgeError>;
}
/** Headers of a webhook request. Their names are lower-case. */
type WebhookHeaders = Readonly<Record<string, string | undefined>>;
/** A webhook request as it came over the wire. */
interface WebhookRequest {
  readonly headers: WebhookHeaders;
  readonly body: Uint8Array;
}
/** A parsed delivery: its id, and its event or the reason to ignore it. */
interface Delivery {
  readonly id: string;
  readonly event: Option.Option<PullRequestEvent>;
  /** Reason to ignore the delivery. */
  readonly ignored: string;
}
/**
 * The webhooks of one forge: how its deliveries are verified and read. All of it is synchronous, and a refusal is a
 * value: this is on the path of every delivery. `now` is in milliseconds since the epoch.
 */
interface ForgeWebhooks {
  readonly platform: Platform;
  /** Refuses a request whose headers alone show that the forge did not send it, before its body is read. */
  verifyHeaders(headers: WebhookHeaders, now: number): Result.Result<void, WebhookError>;
  /** Checks the signature over the raw bytes, in constant time; fails before anything is parsed. */
  verify(request: WebhookRequest, now: number): Result.Result<void, WebhookError>;
  /** Parses a payload into an event. Fails on a request that no forge would send; an irrelevant event is no failure. */
  parse(request: WebhookRequest): Result.Result<Delivery, WebhookError>;
}
declare const Webhooks_base: Context.ServiceClass<Webhooks, "@nominal-code/forge/Webhooks", readonly ForgeWebhooks[]>;
/** The webhooks of the forges that this process serves, each on a route of its own. */
export declare class Webhooks extends Webhooks_base {}
/** A repository that is reviewed, and the App installation that it is in. */
interface InventoryRepository {
  readonly repo: RepoName;
  readonly installationId?: number;
}
/** An open pull request as a list of its forge shows it. Instants are milliseconds since the epoch. */
interface OpenPullRequest {
  readonly ref: PullRequestRef;
  readonly title: string;
  readonly author: Login;
  /** Number of the author's account; on GitLab only. */
  readonly authorId?: number;
  readonly draft: boolean;
  readonly headSha: Sha;
  readonly headBranch: string;
  readonly baseBranch: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly labels: ReadonlyArray<string>;
  /** False if nobody has commented on it; absent where the list does not say. */
  readonly commented?: boolean;
}
/** State of a pull request's head, as its forge shows it. */
export declare const HeadState: Schema.TaggedUnion<{
  readonly Settled: Schema.TaggedStruct<"Settled", {
    readonly reason: Schema.String;
    readonly checkedAt: Schema.optionalKey<Schema.Int>;
  }>;
  readonly Unreviewed: Schema.TaggedStruct<"Unreviewed", {
    readonly reviewedBefore: Schema.Boolean;
    readonly pushedAt: Schema.Int;
  }>;
}>;
export type HeadState = typeof HeadState.Type;
/** A comment on a pull request. */
interface FoundComment {
  /** The event as a delivery would have told of it. */
  readonly event: typeof PullRequestEvent.cases.Comment.Type;
  /** Milliseconds since the epoch. */
  readonly writtenAt: number;
  /** True if our account has reacted to it or answered in its thread. */
  readonly isAnswered: Effect.Effect<boolean, ForgeError>;
}
/** A change of a pull request that a delivery would have told of. */
interface FoundChange {
  readonly kind: "pr_labeled" | "pr_reopened" | "pr_ready_for_review" | "pr_retargeted";
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Account that made it, with its number on GitLab. */
  readonly by: {
    readonly login: Login;
    readonly id?: number;
    readonly isBot: boolean;
  };
  /** Label that was added. */
  readonly label?: string;
}
/** A pull request, looked at more closely than its list shows it. */
interface PullRequestLook {
  /** State of the listed head. Absent: the pull request has another head now. */
  readonly headState: Effect.Effect<HeadState | undefined, ForgeError>;
  /** The last comments of others, in no order. */
  readonly comments: ReadonlyArray<FoundComment>;
  /** The last changes, in no order. */
  readonly changes: Effect.Effect<ReadonlyArray<FoundChange>, ForgeError>;
  /** Instant of our newest review of a head; 0 for none. */
  readonly reviewedAt: number;
}
/** A delivery that its forge could not deliver. */
interface FailedDelivery {
  /** The forge's number for this attempt. */
  readonly attempt: number;
  /** Id of the delivery, the same for all its attempts. */
  readonly id: string;
  /** `pull_request.opened`. */
  readonly event: string;
}
/** Page of failed deliveries. The first page has the newest. */
interface FailedDeliveries {
  /** Oldest first. */
  readonly deliveries: ReadonlyArray<FailedDelivery>;
  /** Cursor of the next page. None: there are no more within the time. */
  readonly next: Option.Option<string>;
}
/** Reads of a forge that find the work whose deliveries were missed. They change nothing there. */
interface ForgeInventory {
  readonly platform: Platform;
  /** Milliseconds by which the forge's clock is ahead of ours, by its last answer. `since` is always of our clock. */
  ahead(): number;
  /** Maximum number of pull requests that `look` takes. */
  readonly looksAtOnce: number;
  /**
   * Repositories to look into: the allowed ones; without any, those of the App's installations. An account that cannot
   * list its own has none then.
   */
  repositories(allowed: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<InventoryRepository>, ForgeError>;
  /** Open pull requests that changed since an instant, the last one first. Free, on GitHub, while nothing changes. */
  openPullRequests(repository: InventoryRepository, since: number): Effect.Effect<ReadonlyArray<OpenPullRequest>, ForgeError>;
  /** Looks at pull requests, in their order. Absent: it is gone. Instants of pushes are exact from `since` on. */
  look(repository: InventoryRepository, pulls: ReadonlyArray<OpenPullRequest>, since: number): Effect.Effect<ReadonlyArray<PullRequestLook | undefined>, ForgeError>;
  /** Deliveries since an instant that were not taken, of events that may start a review: one page. */
  failedDeliveries(since: number, cursor: Option.Option<string>): Effect.Effect<FailedDeliveries, ForgeError>;
  /** The event of a failed delivery, or the reason to ignore it. */
  delivery(failed: FailedDelivery): Effect.Effect<Delivery, ForgeError>;
}
declare const Inventories_base: Context.ServiceClass<Inventories, "@nominal-code/forge/Inventories", readonly ForgeInventory[]>;
/** Inventories of the forges that this process has credentials for. */
export declare class Inventories extends Inventories_base {}
/** A GitHub App: it mints a token for each repository of an installation. */
interface GitHubAppIdentity {
  /** The App's id or its client id. */
  readonly appId: string;
  /** A PEM, PKCS#1 or PKCS#8, with real line breaks. */
  readonly privateKey: Redacted.Redacted;
  /** The installation of deliveries that name none. None: GitHub is asked for the repository's installation. */
  readonly installationId: Option.Option<number>;
}
/** Identity for calls to GitHub: the owner of a token, or an App. */
type GitHubIdentity = {
  readonly _tag: "Token";
  readonly token: Redacted.Redacted;
} | ({
  readonly _tag: "App";
  /** Token for the repositories that no installation of the App has. Without one, they cannot be reviewed. */
  readonly token?: Redacted.Redacted;
} & GitHubAppIdentity);
/** Address of GitHub, and the credentials. */
interface GitHubOptions {
  readonly credentials: GitHubIdentity;
  /** REST root without a trailing slash, `https://ghe.example/api/v3`; `https://api.github.com` by default. */
  readonly apiBase?: string;
  /** True, by default, if a check on the commit tells of its review. */
  readonly checks?: boolean;
  /** Address that repositories are cloned from, `https://ghe.example`; `https://github.com` by default. */
  readonly cloneBase?: string;
}
/** Settings by which GitHub's deliveries are verified. */
interface GitHubWebhookOptions {
  /** The hook's secret. */
  readonly secret: Option.Option<Redacted.Redacted>;
  /** Without a secret, deliveries pass only where this says that unsigned ones may. */
  readonly allowUnsigned: boolean;
}
declare namespace GitHub_d_exports {
  export { inventory$1 as inventory, layer$34 as layer, layerConfig$14 as layerConfig, setup$1 as setup, webhooks$1 as webhooks };
}
/** GitHub and GitHub Enterprise, with a personal access token, as a GitHub App, or with both. */
declare const layer$34: (options: GitHubOptions) => Layer.Layer<Forge>;
/** The layer with its options from Effect's `Config`. */
declare const layerConfig$14: (options: Config.Wrap<GitHubOptions>) => Layer.Layer<Forge, Config.ConfigError>;
/** The reads of the setup at GitHub. */
declare const setup$1: (args_0: GitHubOptions) => Effect.Effect<ForgeSetup, never, never>;
/** The inventory of GitHub, which finds missed events. */
declare const inventory$1: (args_0: GitHubOptions) => Effect.Effect<ForgeInventory, never, never>;
/** GitHub's webhooks, signed with the secret of the hook. */
declare const webhooks$1: (options: GitHubWebhookOptions) => ForgeWebhooks;
/** Address of GitLab, and the credentials. */
interface GitLabOptions {
  /** Access token of a project, a group or a person, with the scope `api`. */
  readonly token: Redacted.Redacted;
  /** Address of the instance, `https://gitlab.example/base`, with or without `/api/v4`; `https://gitlab.com` by default. */
  readonly apiBase?: string;
  /** True, by default, if a status of the commit tells of its review. */
  readonly checks?: boolean;
}
/** Verification of GitLab's deliveries. Where both are configured, a delivery needs both. */
interface GitLabWebhookOptions {
  /** The hook's secret token, which GitLab sends along. */
  readonly secret: Option.Option<Redacted.Redacted>;
  /** The hook's signing token: `whsec_` and a key in base64. */
  readonly signingToken: Option.Option<Redacted.Redacted>;
  /** With neither, deliveries pass only where this says that unsigned ones may. */
  readonly allowUnsigned: boolean;
}
declare namespace GitLab_d_exports {
  export { inventory, layer$33 as layer, layerConfig$13 as layerConfig, setup, webhooks };
}
/** gitlab.com and self-managed GitLab, with the access token of a project, a group or a person. */
declare const layer$33: (options: GitLabOptions) => Layer.Layer<Forge>;
/** The layer with its options from Effect's `Config`. */
declare const layerConfig$13: (options: Config.Wrap<GitLabOptions>) => Layer.Layer<Forge, Config.ConfigError>;
/** The reads of the setup at GitLab. */
declare const setup: (options: GitLabOptions) => Effect.Effect<ForgeSetup, never, never>;
/** The inventory of GitLab, which finds missed events. */
declare const inventory: (options: GitLabOptions) => Effect.Effect<ForgeInventory, never, never>;
/** GitLab's webhooks, with the secret token of the hook or signed with its signing token. */
declare const webhooks: (options: GitLabWebhookOptions) => ForgeWebhooks;
declare namespace GitWorkspace_d_exports {
  export { layer$32 as layer, layerConfig$12 as layerConfig };
}
/** Checkouts by git, cached under `baseDir`. Fails at start when that directory cannot be written. */
declare const layer$32: (options: WorkspaceOptions) => Layer.Layer<Workspace, WorkspaceError, ChildProcessSpawner.ChildProcessSpawner | FileSystem.FileSystem | Path.Path>;
/** The layer with its options from Effect's `Config`. */
declare const layerConfig$12: (options: Config.Wrap<WorkspaceOptions>) => Layer.Layer<Workspace, Config.ConfigError | WorkspaceError, ChildProcessSpawner.ChildProcessSpawner | FileSystem.FileSystem | Path.Path>;
declare namespace LocalWorkspace_d_exports {
  export { LocalOptions, layer$31 as layer };
}
/** Directory for git's own files. */
type LocalOptions = Pick<WorkspaceOptions, "baseDir">;
/**
 * Checkouts of a repository that is on this disk already, without a network: `repository` is the directory that holds
 * its `.git`. It is only read.
 */
declare const layer$31: (repository: string, options: LocalOptions) => Layer.Layer<Workspace, WorkspaceError, ChildProcessSpawner.ChildProcessSpawner | import("effect/FileSystem").FileSystem | Path.Path>;
/** Runs each task with the runner that its settings name. */
declare const layer: <E, R>(runners: Readonly<Record<RunnerName, Layer.Layer<AgentRunner, E, R>>>) => Layer.Layer<AgentRunner, E, R>;
/** Rates of a model. Some models have other rates for all tokens of a call with a long prompt. */
export declare const ModelPrice: Schema.Struct<{
  readonly input: Schema.Finite;
  readonly output: Schema.Finite;
  /** Price of cache writes; absent: the same as for input. So for cache reads. */
  readonly cacheWrite: Schema.optionalKey<Schema.Finite>;
  readonly cacheRead: Schema.optionalKey<Schema.Finite>;
  readonly longPrompt: Schema.optionalKey<Schema.Struct<{
    readonly input: Schema.Finite;
    readonly output: Schema.Finite;
    /** Price of cache writes; absent: the same as for input. So for cache reads. */
    readonly cacheWrite: Schema.optionalKey<Schema.Finite>;
    readonly cacheRead: Schema.optionalKey<Schema.Finite>;
    readonly above: Schema.Natural;
  }>>;
}>;
export type ModelPrice = typeof ModelPrice.Type;
/** The call that is about to be made. */
interface NextCall {
  /** Usage of the call before. Its prompt is the beginning of this one's. */
  readonly previous: Usage;
  /** Bytes of the prompt that no call has sent before. */
  readonly newBytes: number;
  readonly maxOutputTokens: number;
  /** Time since the call before; absent: none to speak of. */
  readonly pause?: Duration.Duration;
}
/** One call of a task's model. */
interface TaskCall {
  /** The call, as far as its cost depends on it. */
  readonly next: Omit<NextCall, "pause">;
  /** True if no other call follows. */
  readonly closing: boolean;
  readonly system: string;
  readonly messages: ReadonlyArray<Message>;
  readonly tools: ReadonlyArray<ToolSpec>;
  /** Instruction to finish, which ends the conversation of a last call. The model then has to call a tool. */
  readonly demand: string;
  /** True if another model can take the call. */
  readonly hasSubstitute: boolean;
  /** Time that it has waited for models that were away. */
  readonly waitedMillis: number;
}
/** Answer to a call. */
interface TaskAnswer {
  readonly response: LlmResponse;
  /** True if no other call follows: the task said so, or a limit of dollars allows none. */
  readonly isLast: boolean;
  /** The limit that allows no other call. */
  readonly limit: Option.Option<SpendLimit>;
  /** Cost of the call in US dollars; none if the model has no known price. */
  readonly costUsd: Option.Option<number>;
}
/** Model that the calls of a task go to, and what the task has used of it. */
interface TaskModel {
  /** Name of its service. */
  readonly provider: string;
  readonly model: string;
  /** Size of its context window in tokens; absent: not known. */
  readonly contextWindow?: number | undefined;
  /** Calls it within what the task may spend. A limit that does not allow the call is a failure in a success. */
  call(call: TaskCall): Effect.Effect<Result.Result<TaskAnswer, SpendLimit>, LlmError | StoreError>;
  readonly usage: Effect.Effect<UsageSummary>;
}
/** Model that a task wants to call. */
interface TaskModelRequest extends ModelRef {
  readonly effort?: Effort | undefined;
  /** Size of its context window, where the settings say it. */
  readonly contextWindow?: number | undefined;
  /** Accounts that its calls are charged to, beside those of the `SpendScope`. */
  readonly caps: ReadonlyArray<SpendAccount>;
}
declare const TaskModels_base: Context.ServiceClass<TaskModels, "@nominal-code/agent/TaskModels", {
  open(request: TaskModelRequest): Effect.Effect<TaskModel, LlmError, Scope.Scope>;
}>;
/** The models that tasks may call. What one still holds of the money is given back when the scope closes. */
export declare class TaskModels extends TaskModels_base {}
declare namespace ApiAgent_d_exports {
  export { layer$30 as layer, layerOver };
}
/** The agent loop in this process, on models that may be elsewhere. */
declare const layerOver: Layer.Layer<AgentRunner, never, TaskModels>;
/** The agent loop in this process, on the API of the provider that a task names. */
declare const layer$30: Layer.Layer<AgentRunner, never, LlmProviders>;
/** The ledger and the accounts that an agent's calls are charged to, and the names that their costs are listed by. */
export interface SpendScope {
  readonly ledger: Spend["Service"];
  readonly accounts: ReadonlyArray<SpendAccount>;
  readonly subject: Pick<SpendSubject, "repository" | "author">;
  /** Prices by model, which take the place of those of the table. */
  readonly prices: Readonly<Record<string, ModelPrice>>;
}
/**
 * The scope of the agents that run now, which those that they start inherit. By default nothing is limited, and the
 * ledger ends with the process.
 */
export declare const SpendScope: Context.Reference<SpendScope>;
/** The services that speak OpenAI's Chat Completions. */
export declare const ChatServiceName: Schema.Literals<readonly ["openai-compatible", "deepseek", "groq", "together", "fireworks", "openrouter", "mistral", "xai", "ollama", "vllm", "lmstudio"]>;
export type ChatServiceName = typeof ChatServiceName.Type;
/** Address, key and time limits of a service. */
interface ServiceSettings {
  readonly apiKey: Redacted.Redacted;
  /** None: the official service. */
  readonly baseUrl: Option.Option<string>;
  readonly limits: CallLimits;
}
declare namespace Anthropic_d_exports {
  export { layer$29 as layer, layerConfig$11 as layerConfig, layerWithoutKey$6 as layerWithoutKey, make$9 as make };
}
/** Makes the service from settings, for a program with its own configuration. */
declare const make$9: (args_0: ServiceSettings) => Effect.Effect<{
  readonly name: string;
  send(request: LlmRequest): Effect.Effect<LlmResponse, LlmError>;
  readonly windowOf?: (model: string) => Effect.Effect<Option.Option<number>>;
  readonly presenceOf?: PresenceLookup;
}, never, never>;
/** Claude, over the official SDK. */
declare const layer$29: (settings: ServiceSettings) => Layer.Layer<LlmProvider>;
/** The layer with its options from Effect's `Config`. */
declare const layerConfig$11: (options: Config.Wrap<ServiceSettings>) => Layer.Layer<LlmProvider, Config.ConfigError>;
/** The service without a key: its calls fail, and say so. */
declare const layerWithoutKey$6: Layer.Layer<LlmProvider, never, never>;
/** Credentials of an AWS account or role. */
interface AwsCredentials {
  readonly accessKeyId: Redacted.Redacted;
  readonly secretAccessKey: Redacted.Redacted;
  /** Of temporary credentials only. */
  readonly sessionToken: Option.Option<Redacted.Redacted>;
}
/** Identity that Microsoft Entra knows. */
export declare const EntraIdentity: Schema.TaggedUnion<{
  readonly ClientSecret: Schema.TaggedStruct<"ClientSecret", {
    readonly tenantId: Schema.String;
    readonly clientId: Schema.String;
    readonly secret: Schema.Redacted<Schema.String>;
  }>;
  readonly Managed: Schema.TaggedStruct<"Managed", {
    readonly clientId: Schema.optionalKey<Schema.String>;
    readonly host: Schema.optionalKey<Schema.Struct<{
      readonly endpoint: Schema.String;
      readonly header: Schema.Redacted<Schema.String>;
    }>>;
  }>;
  readonly Token: Schema.TaggedStruct<"Token", {
    readonly token: Schema.Redacted<Schema.String>;
  }>;
  readonly Workload: Schema.TaggedStruct<"Workload", {
    readonly tenantId: Schema.String;
    readonly clientId: Schema.String;
    readonly tokenFile: Schema.String;
  }>;
}>;
export type EntraIdentity = typeof EntraIdentity.Type;
/** Addresses of the two services that give tokens. */
interface EntraAddresses {
  /** `https://login.microsoftonline.com`, or that of a national cloud. */
  readonly authority: string;
  /** Metadata service of a machine of Azure. */
  readonly metadata: string;
}
declare namespace Azure_d_exports {
  export { AzureSettings, layer$28 as layer, layerConfig$10 as layerConfig, layerWithoutKey$5 as layerWithoutKey, make$8 as make };
}
/** Endpoint and credentials of OpenAI's models in Azure. The model of a request is the name of a deployment. */
interface AzureSettings {
  /** `https://my-resource.openai.azure.com` */
  readonly endpoint: string;
  /** None: the API `v1`, which has no dated versions. */
  readonly apiVersion: Option.Option<string>;
  /** The resource's key. None: an identity of Microsoft Entra. */
  readonly apiKey: Option.Option<Redacted.Redacted>;
  readonly identity: EntraIdentity;
  readonly addresses?: Partial<EntraAddresses>;
  readonly limits: CallLimits;
}
/** Makes the service from settings, for a program with its own configuration. */
declare const make$8: (args_0: AzureSettings) => Effect.Effect<{
  name: string;
  send(request: LlmRequest): Effect.Effect<LlmResponse, LlmError>;
  windowOf?: (model: string) => Effect.Effect<Option.Option<number>>;
  presenceOf: PresenceLookup;
}, never, FileSystem.FileSystem>;
/** OpenAI's models in Azure, over OpenAI's SDK. */
declare const layer$28: (settings: AzureSettings) => Layer.Layer<LlmProvider, never, FileSystem.FileSystem>;
/** The layer with its options from Effect's `Config`. */
declare const layerConfig$10: (options: Config.Wrap<AzureSettings>) => Layer.Layer<LlmProvider, Config.ConfigError, FileSystem.FileSystem>;
/** The service without an endpoint: its calls fail, and say so. */
declare const layerWithoutKey$5: Layer.Layer<LlmProvider, never, never>;
declare namespace Bedrock_d_exports {
  export { BedrockSettings, layer$27 as layer, layerConfig$9 as layerConfig, layerWithoutKey$4 as layerWithoutKey, make$7 as make };
}
/** Region and credentials of Claude in Amazon Bedrock. */
interface BedrockSettings {
  readonly region: string;
  /** None: the endpoint `bedrock-runtime` of the region. */
  readonly baseUrl: Option.Option<string>;
  /** A Bedrock API key. None: requests are signed with the credentials. */
  readonly apiKey: Option.Option<Redacted.Redacted>;
  /** None: those that AWS's SDK finds: of the environment, a profile, a web identity, a container or an instance. */
  readonly credentials: Option.Option<AwsCredentials>;
  /** Address of the region's lists of models. Absent: the usual one, unless `baseUrl` is an endpoint of one's own. */
  readonly listUrl?: string;
  readonly limits: CallLimits;
}
/** Makes the service from settings, for a program with its own configuration. */
declare const make$7: (settings: BedrockSettings) => Effect.Effect<{
  name: string;
  send(request: LlmRequest): Effect.Effect<LlmResponse, LlmError>;
  windowOf?: (model: string) => Effect.Effect<Option.Option<number>>;
  presenceOf: PresenceLookup;
}, never, never>;
/** Claude in Amazon Bedrock, over Anthropic's SDK. */
declare const layer$27: (settings: BedrockSettings) => Layer.Layer<LlmProvider>;
/** The layer with its options from Effect's `Config`. */
declare const layerConfig$9: (options: Config.Wrap<BedrockSettings>) => Layer.Layer<LlmProvider, Config.ConfigError>;
/** The service without a region: its calls fail, and say so. */
declare const layerWithoutKey$4: Layer.Layer<LlmProvider, never, never>;
declare namespace Chat_d_exports {
  export { ChatSettings, layer$26 as layer, layerConfig$8 as layerConfig, layerWithoutKey$3 as layerWithoutKey, limitsWithin$2 as limitsWithin, make$6 as make };
}
/** Address, key and time limits of a service that speaks Chat Completions. */
interface ChatSettings extends Omit<ServiceSettings, "apiKey"> {
  readonly service: ChatServiceName;
  /** None: a server without keys. */
  readonly apiKey: Option.Option<Redacted.Redacted>;
}
/**
 * Makes the service from settings, for a program with its own configuration. A base URL goes up to and including the
 * version: `http://localhost:8000/v1`.
 */
declare const make$6: (args_0: ChatSettings) => Effect.Effect<{
  readonly name: string;
  send(request: LlmRequest): Effect.Effect<LlmResponse, LlmError>;
  readonly windowOf?: (model: string) => Effect.Effect<Option.Option<number>>;
  readonly presenceOf?: PresenceLookup;
}, never, never>;
/** Models of a service that speaks Chat Completions, over OpenAI's SDK. */
declare const layer$26: (settings: ChatSettings) => Layer.Layer<LlmProvider>;
/** The layer with its options from Effect's `Config`. */
declare const layerConfig$8: (options: Config.Wrap<ChatSettings>) => Layer.Layer<LlmProvider, Config.ConfigError>;
/** The service without a key: its calls fail, and say so. */
declare const layerWithoutKey$3: (service: ChatServiceName) => Layer.Layer<LlmProvider>;
/** Limits for the service's calls of a job that has to be done within `deadline`. */
declare const limitsWithin$2: (service: ChatServiceName, deadline: Duration.Duration) => CallLimits;
/** Limits for Gemini's calls of a job that has to be done within `deadline`. */
declare const limitsWithin$1: (deadline: Duration.Duration) => CallLimits;
declare namespace Google_d_exports {
  export { layer$25 as layer, layerConfig$7 as layerConfig, layerWithoutKey$2 as layerWithoutKey, limitsWithin$1 as limitsWithin, make$5 as make };
}
/** Makes the service from settings, for a program with its own configuration. */
declare const make$5: (args_0: ServiceSettings) => Effect.Effect<{
  readonly name: string;
  send(request: LlmRequest): Effect.Effect<LlmResponse, LlmError>;
  readonly windowOf?: (model: string) => Effect.Effect<Option.Option<number>>;
  readonly presenceOf?: PresenceLookup;
}, never, never>;
/** Gemini, over the official SDK. */
declare const layer$25: (settings: ServiceSettings) => Layer.Layer<LlmProvider>;
/** The layer with its options from Effect's `Config`. */
declare const layerConfig$7: (options: Config.Wrap<ServiceSettings>) => Layer.Layer<LlmProvider, Config.ConfigError>;
/** The service without a key: its calls fail, and say so. */
declare const layerWithoutKey$2: Layer.Layer<LlmProvider, never, never>;
declare namespace OpenAi_d_exports {
  export { layer$24 as layer, layerConfig$6 as layerConfig, layerWithoutKey$1 as layerWithoutKey, make$4 as make };
}
/**
 * Makes the service from settings, for a program with its own configuration. A base URL goes up to and including the
 * version: `https://gateway.example/v1`.
 */
declare const make$4: (args_0: ServiceSettings) => Effect.Effect<{
  readonly name: string;
  send(request: LlmRequest): Effect.Effect<LlmResponse, LlmError>;
  readonly windowOf?: (model: string) => Effect.Effect<Option.Option<number>>;
  readonly presenceOf?: PresenceLookup;
}, never, never>;
/** OpenAI's models, over the official SDK. */
declare const layer$24: (settings: ServiceSettings) => Layer.Layer<LlmProvider>;
/** The layer with its options from Effect's `Config`. */
declare const layerConfig$6: (options: Config.Wrap<ServiceSettings>) => Layer.Layer<LlmProvider, Config.ConfigError>;
/** The service without a key: its calls fail, and say so. */
declare const layerWithoutKey$1: Layer.Layer<LlmProvider, never, never>;
/**
 * Limits for the calls of a job that has to be done within `deadline`. A model that thinks for long is not interrupted as
 * long as bytes come, because the thought would be paid again.
 */
declare const limitsWithin: (deadline: Duration.Duration) => CallLimits;
declare namespace Vertex_d_exports {
  export { VertexSettings, layer$23 as layer, layerConfig$5 as layerConfig, layerWithoutKey, limitsWithin$1 as limitsWithin, make$3 as make };
}
/** Project, location and credentials of Gemini and Claude in Google Cloud. */
interface VertexSettings {
  /** A key of the express mode, which has its own project. None: the credentials. */
  readonly apiKey: Option.Option<Redacted.Redacted>;
  readonly project: string;
  /** A region, or `global`. */
  readonly location: string;
  /** None: the endpoint of the location. */
  readonly baseUrl: Option.Option<string>;
  /** File of the credentials. None: those that Google's library finds (Application Default Credentials). */
  readonly credentialsFile: Option.Option<string>;
  readonly limits: CallLimits;
}
/** Makes the service from settings, for a program with its own configuration. */
declare const make$3: (args_0: VertexSettings) => Effect.Effect<{
  readonly name: string;
  send(request: LlmRequest): Effect.Effect<LlmResponse, LlmError>;
  readonly windowOf?: (model: string) => Effect.Effect<Option.Option<number>>;
  readonly presenceOf?: PresenceLookup;
}, never, never>;
/** Gemini and Claude in Google Cloud, over the official SDKs. */
declare const layer$23: (settings: VertexSettings) => Layer.Layer<LlmProvider>;
/** The layer with its options from Effect's `Config`. */
declare const layerConfig$5: (options: Config.Wrap<VertexSettings>) => Layer.Layer<LlmProvider, Config.ConfigError>;
/** The service without a project: its calls fail, and say so. */
declare const layerWithoutKey: Layer.Layer<LlmProvider, never, never>;
declare namespace SpendMemory_d_exports {
  export { layer$22 as layer, make$2 as make };
}
/** Makes a ledger that ends with the process. */
declare const make$2: () => Spend["Service"];
/** A ledger that ends with the process. */
declare const layer$22: Layer.Layer<Spend>;
declare namespace SpendRedis_d_exports {
  export { layer$21 as layer };
}
/** The ledger that all servers and Jobs share. */
declare const layer$21: Layer.Layer<Spend, StoreError, import("effect/FileSystem").FileSystem | Redis>;
declare namespace SpendSqlite_d_exports {
  export { layer$20 as layer };
}
/** The ledger in the database file. */
declare const layer$20: Layer.Layer<Spend, never, Sqlite>;
declare namespace ConversationStoreMemory_d_exports {
  export { layer$19 as layer, layerConfig$4 as layerConfig };
}
/** Conversations that end with the process. */
declare const layer$19: (options: ConversationOptions) => Layer.Layer<ConversationStore, never, never>;
/** The layer with its options from Effect's `Config`. */
declare const layerConfig$4: (options: Config.Wrap<ConversationOptions>) => Layer.Layer<ConversationStore, Config.ConfigError>;
declare namespace ConversationStoreRedis_d_exports {
  export { layer$18 as layer, layerConfig$3 as layerConfig };
}
/** Conversations that every process of a cluster shares, jobs included. */
declare const layer$18: (options: ConversationOptions) => Layer.Layer<ConversationStore, StoreError, FileSystem.FileSystem | Redis>;
/** The layer with its options from Effect's `Config`. */
declare const layerConfig$3: (options: Config.Wrap<ConversationOptions>) => Layer.Layer<ConversationStore, Config.ConfigError | StoreError, FileSystem.FileSystem | Redis>;
declare namespace ConversationStoreSqlite_d_exports {
  export { layer$17 as layer, layerConfig$2 as layerConfig };
}
/** Conversations in the database file. */
declare const layer$17: (options: ConversationOptions) => Layer.Layer<ConversationStore, never, Sqlite>;
/** The layer with its options from Effect's `Config`. */
declare const layerConfig$2: (options: Config.Wrap<ConversationOptions>) => Layer.Layer<ConversationStore, Config.ConfigError, Sqlite>;
/** Result of an offer. */
export declare const OfferResult: Schema.TaggedUnion<{
  readonly Accepted: Schema.TaggedStruct<"Accepted", {
    readonly jobId: Schema.String;
    readonly superseded: Schema.optionalKey<Schema.String>;
  }>;
  readonly Duplicate: Schema.TaggedStruct<"Duplicate", {
    readonly jobId: Schema.String;
  }>;
  readonly Full: Schema.TaggedStruct<"Full", {
    readonly waiting: Schema.Int;
    readonly told: Schema.Boolean;
  }>;
}>;
export type OfferResult = typeof OfferResult.Type;
/** Task of a lease: the review that the job asks for, or a notice about the job. */
export declare const LeaseTask: Schema.TaggedUnion<{
  readonly Notice: Schema.TaggedStruct<"Notice", {
    readonly notice: Schema.TaggedUnion<{
      readonly Busy: Schema.TaggedStruct<"Busy", {}>;
      readonly GivenUp: Schema.TaggedStruct<"GivenUp", {
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
            readonly reason: Schema.Literals<readonly ["rate-limited", "unavailable", "unauthorized", "forbidden", "not-found", "refused", "locked", "archived", "sso"]>;
            readonly detail: Schema.String;
          }>;
          readonly Installation: Schema.TaggedStruct<"Installation", {
            readonly detail: Schema.String;
          }>;
          readonly Lease: Schema.TaggedStruct<"Lease", {
            readonly detail: Schema.String;
          }>;
          readonly Model: Schema.TaggedStruct<"Model", {
            readonly reason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "no-credit", "no-model", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded", "no-review"]>;
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
          readonly Unsigned: Schema.TaggedStruct<"Unsigned", {
            readonly detail: Schema.String;
          }>;
        }>;
      }>;
    }>;
  }>;
  readonly Review: Schema.TaggedStruct<"Review", {}>;
}>;
export type LeaseTask = typeof LeaseTask.Type;
/** Reason why the run under a lease has to stop: the job was cancelled, or a newer push is to be reviewed instead. */
export declare const StopReason: Schema.Literals<readonly ["cancelled", "superseded"]>;
export type StopReason = typeof StopReason.Type;
/** The right to run the head of a lane. `epoch` grows with every lease of the lane: an older one has no effect. */
interface Lease {
  readonly lane: Lane;
  readonly job: Job;
  readonly task: LeaseTask;
  readonly epoch: number;
  /** 1 for the first try. A try that was lost, released or that waited for a service does not count. */
  readonly attempt: number;
  /**
   * Numbers the run over the job's whole life, so that what an earlier run left behind is never taken for this one's.
   * Only a run that takes over a lost or released one has the same number.
   */
  readonly run: number;
  /** Number of lost runs of this job, mostly because a process died. */
  readonly losses: number;
  /** Reason not to run the job: the holder ends what is left of an earlier run, and settles the job as `Park`. */
  readonly stop: Option.Option<StopReason>;
  /** Time since the job was accepted, or queued again by `retry`, by the store's clock. */
  readonly age: Duration.Duration;
  /** True for a job that no server of this installation has stored: it must not run. */
  readonly isForged: boolean;
}
/**
 * Kind of a lane's first job: a notice or a command, which needs the forge alone; a comment that a model answers; or a
 * lifecycle event's review.
 */
type HeadWork = "notice" | "comment" | "lifecycle";
/** A lane that has something to run. */
interface ReadyLane {
  readonly lane: Lane;
  readonly work: HeadWork;
}
/** Location of a run: in the process that has the lease, or outside it, where the run outlives that process. */
type RunLocation = "in-process" | "out-of-process";
/**
 * Result of a renewal. `lost`: the lease has ended. `cancelled` and `superseded`: the lease lasts, but the work under
 * it must stop.
 */
export declare const RenewalResult: Schema.Literals<readonly ["kept", "lost", "cancelled", "superseded"]>;
export type RenewalResult = typeof RenewalResult.Type;
/**
 * Decision about the job under a lease. A job that was told to stop ends as `Done` or `Park` say; after any other
 * settlement it is given out again with its `stop`, until a holder parks it.
 */
export declare const Settlement: Schema.TaggedUnion<{
  readonly Done: Schema.TaggedStruct<"Done", {
    readonly outcome: Schema.TaggedUnion<{
      readonly Answered: Schema.TaggedStruct<"Answered", {
        readonly command: Schema.String;
        readonly usage: Schema.optionalKey<typeof UsageSummary>;
        readonly text: Schema.optionalKey<Schema.String>;
      }>;
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
            readonly reason: Schema.Literals<readonly ["rate-limited", "unavailable", "unauthorized", "forbidden", "not-found", "refused", "locked", "archived", "sso"]>;
            readonly detail: Schema.String;
          }>;
          readonly Installation: Schema.TaggedStruct<"Installation", {
            readonly detail: Schema.String;
          }>;
          readonly Lease: Schema.TaggedStruct<"Lease", {
            readonly detail: Schema.String;
          }>;
          readonly Model: Schema.TaggedStruct<"Model", {
            readonly reason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "no-credit", "no-model", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded", "no-review"]>;
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
          readonly Unsigned: Schema.TaggedStruct<"Unsigned", {
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
            readonly reason: Schema.Literals<readonly ["rate-limited", "unavailable", "unauthorized", "forbidden", "not-found", "refused", "locked", "archived", "sso"]>;
            readonly detail: Schema.String;
          }>;
          readonly Installation: Schema.TaggedStruct<"Installation", {
            readonly detail: Schema.String;
          }>;
          readonly Lease: Schema.TaggedStruct<"Lease", {
            readonly detail: Schema.String;
          }>;
          readonly Model: Schema.TaggedStruct<"Model", {
            readonly reason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "no-credit", "no-model", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded", "no-review"]>;
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
          readonly Unsigned: Schema.TaggedStruct<"Unsigned", {
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
            readonly reason: Schema.Literals<readonly ["rate-limited", "unavailable", "unauthorized", "forbidden", "not-found", "refused", "locked", "archived", "sso"]>;
            readonly detail: Schema.String;
          }>;
          readonly Installation: Schema.TaggedStruct<"Installation", {
            readonly detail: Schema.String;
          }>;
          readonly Lease: Schema.TaggedStruct<"Lease", {
            readonly detail: Schema.String;
          }>;
          readonly Model: Schema.TaggedStruct<"Model", {
            readonly reason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "no-credit", "no-model", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded", "no-review"]>;
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
          readonly Unsigned: Schema.TaggedStruct<"Unsigned", {
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
        readonly coverage: Schema.optionalKey<Schema.Struct<{
          readonly full: Schema.Natural;
          readonly part: Schema.Natural;
          readonly name: Schema.Natural;
          readonly none: Schema.Natural;
          readonly missed: Schema.$Array<Schema.brand<Schema.NonEmptyString, "RepoPath">>;
        }>>;
        readonly text: Schema.optionalKey<Schema.String>;
      }>;
      readonly Skipped: Schema.TaggedStruct<"Skipped", {
        readonly reason: Schema.Literals<readonly ["closed", "merged", "draft", "nothing-to-review", "head-reviewed", "paused", "ignored", "filtered", "unauthorized", "awaits-maintainer", "quota-reached", "limit-reached"]>;
        readonly detail: Schema.String;
        readonly headSha: Schema.optionalKey<Schema.brand<Schema.String, "Sha">>;
      }>;
    }>;
  }>;
  readonly GiveUp: Schema.TaggedStruct<"GiveUp", {
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
        readonly reason: Schema.Literals<readonly ["rate-limited", "unavailable", "unauthorized", "forbidden", "not-found", "refused", "locked", "archived", "sso"]>;
        readonly detail: Schema.String;
      }>;
      readonly Installation: Schema.TaggedStruct<"Installation", {
        readonly detail: Schema.String;
      }>;
      readonly Lease: Schema.TaggedStruct<"Lease", {
        readonly detail: Schema.String;
      }>;
      readonly Model: Schema.TaggedStruct<"Model", {
        readonly reason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "no-credit", "no-model", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded", "no-review"]>;
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
      readonly Unsigned: Schema.TaggedStruct<"Unsigned", {
        readonly detail: Schema.String;
      }>;
    }>;
  }>;
  readonly Lose: Schema.TaggedStruct<"Lose", {
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
        readonly reason: Schema.Literals<readonly ["rate-limited", "unavailable", "unauthorized", "forbidden", "not-found", "refused", "locked", "archived", "sso"]>;
        readonly detail: Schema.String;
      }>;
      readonly Installation: Schema.TaggedStruct<"Installation", {
        readonly detail: Schema.String;
      }>;
      readonly Lease: Schema.TaggedStruct<"Lease", {
        readonly detail: Schema.String;
      }>;
      readonly Model: Schema.TaggedStruct<"Model", {
        readonly reason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "no-credit", "no-model", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded", "no-review"]>;
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
      readonly Unsigned: Schema.TaggedStruct<"Unsigned", {
        readonly detail: Schema.String;
      }>;
    }>;
  }>;
  readonly Park: Schema.TaggedStruct<"Park", {
    readonly failure: Schema.optionalKey<Schema.TaggedUnion<{
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
        readonly reason: Schema.Literals<readonly ["rate-limited", "unavailable", "unauthorized", "forbidden", "not-found", "refused", "locked", "archived", "sso"]>;
        readonly detail: Schema.String;
      }>;
      readonly Installation: Schema.TaggedStruct<"Installation", {
        readonly detail: Schema.String;
      }>;
      readonly Lease: Schema.TaggedStruct<"Lease", {
        readonly detail: Schema.String;
      }>;
      readonly Model: Schema.TaggedStruct<"Model", {
        readonly reason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "no-credit", "no-model", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded", "no-review"]>;
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
      readonly Unsigned: Schema.TaggedStruct<"Unsigned", {
        readonly detail: Schema.String;
      }>;
    }>>;
  }>;
  readonly Release: Schema.TaggedStruct<"Release", {}>;
  readonly Rerun: Schema.TaggedStruct<"Rerun", {
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
        readonly reason: Schema.Literals<readonly ["rate-limited", "unavailable", "unauthorized", "forbidden", "not-found", "refused", "locked", "archived", "sso"]>;
        readonly detail: Schema.String;
      }>;
      readonly Installation: Schema.TaggedStruct<"Installation", {
        readonly detail: Schema.String;
      }>;
      readonly Lease: Schema.TaggedStruct<"Lease", {
        readonly detail: Schema.String;
      }>;
      readonly Model: Schema.TaggedStruct<"Model", {
        readonly reason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "no-credit", "no-model", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded", "no-review"]>;
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
      readonly Unsigned: Schema.TaggedStruct<"Unsigned", {
        readonly detail: Schema.String;
      }>;
    }>;
    readonly delay: Schema.Duration;
  }>;
  readonly Retry: Schema.TaggedStruct<"Retry", {
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
        readonly reason: Schema.Literals<readonly ["rate-limited", "unavailable", "unauthorized", "forbidden", "not-found", "refused", "locked", "archived", "sso"]>;
        readonly detail: Schema.String;
      }>;
      readonly Installation: Schema.TaggedStruct<"Installation", {
        readonly detail: Schema.String;
      }>;
      readonly Lease: Schema.TaggedStruct<"Lease", {
        readonly detail: Schema.String;
      }>;
      readonly Model: Schema.TaggedStruct<"Model", {
        readonly reason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "no-credit", "no-model", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded", "no-review"]>;
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
      readonly Unsigned: Schema.TaggedStruct<"Unsigned", {
        readonly detail: Schema.String;
      }>;
    }>;
    readonly delay: Schema.Duration;
  }>;
  readonly Wait: Schema.TaggedStruct<"Wait", {
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
        readonly reason: Schema.Literals<readonly ["rate-limited", "unavailable", "unauthorized", "forbidden", "not-found", "refused", "locked", "archived", "sso"]>;
        readonly detail: Schema.String;
      }>;
      readonly Installation: Schema.TaggedStruct<"Installation", {
        readonly detail: Schema.String;
      }>;
      readonly Lease: Schema.TaggedStruct<"Lease", {
        readonly detail: Schema.String;
      }>;
      readonly Model: Schema.TaggedStruct<"Model", {
        readonly reason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "no-credit", "no-model", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded", "no-review"]>;
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
      readonly Unsigned: Schema.TaggedStruct<"Unsigned", {
        readonly detail: Schema.String;
      }>;
    }>;
    readonly service: Schema.brand<Schema.String, "ServiceName">;
    readonly delay: Schema.Duration;
  }>;
}>;
export type Settlement = typeof Settlement.Type;
/** Result of a settlement, with the lease of the lane's next job, if there is one to run. */
interface SettledLease {
  /** False if the lease was lost: then nothing was changed, and there is no next one. */
  readonly settled: boolean;
  readonly next: Option.Option<Lease>;
}
declare const JobQueue_base: Context.ServiceClass<JobQueue, "@nominal-code/jobs/JobQueue", {
  /**
   * Stores a job in one durable write, unless its event is known. A lifecycle job replaces the one that waits in its
   * lane, and is never turned away. A parked job whose delivery comes again waits again.
   */
  offer(job: Job): Effect.Effect<OfferResult, StoreError>;
  /** Offers jobs together, for the price of one write. The results are in their order. */
  offerAll(jobs: ReadonlyArray<Job>): Effect.Effect<ReadonlyArray<Result.Result<OfferResult, StoreError>>>;
  /**
   * The lane's head under a new lease of `leaseDuration`; none if there is nothing to run yet, another holds it, or this
   * program cannot read it: then it is left to one that can. A lease of it that has run out is a loss of its run, unless
   * runs live outside the process.
   */
  take(lane: Lane, runs?: RunLocation): Effect.Effect<Option.Option<Lease>, StoreError>;
  /** Keeps the lease alive, unless it was lost, and notes the service that its run waits for, if any. */
  renew(lease: Lease, waitsFor?: ServiceName): Effect.Effect<RenewalResult, StoreError>;
  /**
   * Ends the lease; false if it was lost, and then nothing was changed. The effect is one request, however often it is
   * run: its next run after a failure tells what became of it.
   */
  settle(lease: Lease, settlement: Settlement): Effect.Effect<boolean, StoreError>;
  /**
   * Ends the lease as `settle` does, and takes the lane's head as `take` does, in one write. After a failure, the next run
   * of the effect gives the lease that this one was given, if nobody else has got the job since.
   */
  settleAndTake(lease: Lease, settlement: Settlement, runs?: RunLocation): Effect.Effect<SettledLease, StoreError>;
  /**
   * Lanes that have something to run: at first all of them, then each as it gets something, its lease expires or its
   * delay has passed. A lane may be named more than once.
   */
  readonly ready: Stream.Stream<ReadyLane, StoreError>;
}>;
/**
 * Durable queue of lanes, with at-least-once execution. An accepted job is kept until it is settled, whatever process
 * dies. Only the holder of a lane's lease runs its first job. In a lane notices and commands come first, then what people
 * asked a model for, then the one lifecycle job, each in the order of arrival. It has five operations: offer, take, renew,
 * settle and ready. `offerAll` and `settleAndTake` do several of them in one write.
 */
export declare class JobQueue extends JobQueue_base {}
/** Limits of a queue. */
export declare const QueueLimits: Context.Reference<{
  /** Duration of a lease that is not renewed. */
  readonly leaseDuration: Duration.Duration;
  readonly renewEvery: Duration.Duration;
  /** Maximum number of waiting comments in one lane. */
  readonly laneCapacity: number;
  /** Time for which an ended job is kept, and with it the dedup of its delivery. */
  readonly retention: Duration.Duration;
  /** Interval of the scan of the whole store for lanes to run, which finds the changes of other processes. */
  readonly sweepEvery: Duration.Duration;
  /** Effect of a push on the running review of its lane: it stops it, or lets it finish. */
  readonly onPush: "finish" | "supersede";
}>;
/** State of a job. */
export declare const JobState: Schema.Literals<readonly ["waiting", "running", "done", "superseded", "parked"]>;
export type JobState = typeof JobState.Type;
/** Kind of the event that the job answers. */
export declare const EventKind: Schema.Literals<readonly ["pr_opened", "pr_push", "pr_reopened", "pr_ready_for_review", "pr_labeled", "pr_retargeted", "pr_rerun", "issue_comment", "review_comment", "review", "note"]>;
export type EventKind = typeof EventKind.Type;
/**
 * The service that a job waits for; while it runs, for its turn there. Instants are milliseconds since the epoch, by the
 * store's clock.
 */
export declare const ServiceWait: Schema.Struct<{
  readonly service: Schema.brand<Schema.String, "ServiceName">;
  /** Instant of the next try; absent while it runs. */
  readonly until: Schema.optionalKey<Schema.Int>;
  readonly since: Schema.Int;
}>;
export type ServiceWait = typeof ServiceWait.Type;
/** A stored job, as `jobs list` shows it. Instants are milliseconds since the epoch, by the store's clock. */
export declare const JobRecord: Schema.Struct<{
  readonly id: Schema.brand<Schema.String, "JobId">;
  /** Position in the order of arrival. */
  readonly position: Schema.Int;
  readonly lane: typeof Lane;
  readonly delivery: Schema.brand<Schema.NonEmptyString, "DeliveryId">;
  readonly kind: Schema.Literals<readonly ["pr_opened", "pr_push", "pr_reopened", "pr_ready_for_review", "pr_labeled", "pr_retargeted", "pr_rerun", "issue_comment", "review_comment", "review", "note"]>;
  readonly state: Schema.Literals<readonly ["waiting", "running", "done", "superseded", "parked"]>;
  /** Task of the next or the present run. */
  readonly task: Schema.TaggedUnion<{
    readonly Notice: Schema.TaggedStruct<"Notice", {
      readonly notice: Schema.TaggedUnion<{
        readonly Busy: Schema.TaggedStruct<"Busy", {}>;
        readonly GivenUp: Schema.TaggedStruct<"GivenUp", {
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
              readonly reason: Schema.Literals<readonly ["rate-limited", "unavailable", "unauthorized", "forbidden", "not-found", "refused", "locked", "archived", "sso"]>;
              readonly detail: Schema.String;
            }>;
            readonly Installation: Schema.TaggedStruct<"Installation", {
              readonly detail: Schema.String;
            }>;
            readonly Lease: Schema.TaggedStruct<"Lease", {
              readonly detail: Schema.String;
            }>;
            readonly Model: Schema.TaggedStruct<"Model", {
              readonly reason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "no-credit", "no-model", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded", "no-review"]>;
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
            readonly Unsigned: Schema.TaggedStruct<"Unsigned", {
              readonly detail: Schema.String;
            }>;
          }>;
        }>;
      }>;
    }>;
    readonly Review: Schema.TaggedStruct<"Review", {}>;
  }>;
  /** Attempts since the job was accepted or last queued again. */
  readonly attempts: Schema.Int;
  readonly losses: Schema.Int;
  /** Failure of its last run. */
  readonly failure: Schema.OptionFromNullOr<Schema.TaggedUnion<{
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
      readonly reason: Schema.Literals<readonly ["rate-limited", "unavailable", "unauthorized", "forbidden", "not-found", "refused", "locked", "archived", "sso"]>;
      readonly detail: Schema.String;
    }>;
    readonly Installation: Schema.TaggedStruct<"Installation", {
      readonly detail: Schema.String;
    }>;
    readonly Lease: Schema.TaggedStruct<"Lease", {
      readonly detail: Schema.String;
    }>;
    readonly Model: Schema.TaggedStruct<"Model", {
      readonly reason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "no-credit", "no-model", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded", "no-review"]>;
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
    readonly Unsigned: Schema.TaggedStruct<"Unsigned", {
      readonly detail: Schema.String;
    }>;
  }>>;
  readonly waitsFor: Schema.OptionFromNullOr<Schema.Struct<{
    readonly service: Schema.brand<Schema.String, "ServiceName">;
    /** Instant of the next try; absent while it runs. */
    readonly until: Schema.optionalKey<Schema.Int>;
    readonly since: Schema.Int;
  }>>;
  /** End of a running job's lease unless its server renews it. If it has passed, no server runs the job any more. */
  readonly leaseUntil: Schema.OptionFromNullOr<Schema.Int>;
  /** True if it was cancelled: it is parked or, while it runs, has to stop. */
  readonly cancelled: Schema.Boolean;
  /** Newer job that replaces it. */
  readonly supersededBy: Schema.OptionFromNullOr<Schema.brand<Schema.String, "JobId">>;
  /** Superseded jobs that it replaces; the last 50. */
  readonly stoodFor: Schema.$Array<Schema.brand<Schema.String, "JobId">>;
  readonly outcome: Schema.OptionFromNullOr<Schema.TaggedUnion<{
    readonly Answered: Schema.TaggedStruct<"Answered", {
      readonly command: Schema.String;
      readonly usage: Schema.optionalKey<typeof UsageSummary>;
      readonly text: Schema.optionalKey<Schema.String>;
    }>;
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
          readonly reason: Schema.Literals<readonly ["rate-limited", "unavailable", "unauthorized", "forbidden", "not-found", "refused", "locked", "archived", "sso"]>;
          readonly detail: Schema.String;
        }>;
        readonly Installation: Schema.TaggedStruct<"Installation", {
          readonly detail: Schema.String;
        }>;
        readonly Lease: Schema.TaggedStruct<"Lease", {
          readonly detail: Schema.String;
        }>;
        readonly Model: Schema.TaggedStruct<"Model", {
          readonly reason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "no-credit", "no-model", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded", "no-review"]>;
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
        readonly Unsigned: Schema.TaggedStruct<"Unsigned", {
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
          readonly reason: Schema.Literals<readonly ["rate-limited", "unavailable", "unauthorized", "forbidden", "not-found", "refused", "locked", "archived", "sso"]>;
          readonly detail: Schema.String;
        }>;
        readonly Installation: Schema.TaggedStruct<"Installation", {
          readonly detail: Schema.String;
        }>;
        readonly Lease: Schema.TaggedStruct<"Lease", {
          readonly detail: Schema.String;
        }>;
        readonly Model: Schema.TaggedStruct<"Model", {
          readonly reason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "no-credit", "no-model", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded", "no-review"]>;
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
        readonly Unsigned: Schema.TaggedStruct<"Unsigned", {
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
          readonly reason: Schema.Literals<readonly ["rate-limited", "unavailable", "unauthorized", "forbidden", "not-found", "refused", "locked", "archived", "sso"]>;
          readonly detail: Schema.String;
        }>;
        readonly Installation: Schema.TaggedStruct<"Installation", {
          readonly detail: Schema.String;
        }>;
        readonly Lease: Schema.TaggedStruct<"Lease", {
          readonly detail: Schema.String;
        }>;
        readonly Model: Schema.TaggedStruct<"Model", {
          readonly reason: Schema.Literals<readonly ["rate-limited", "overloaded", "unavailable", "timeout", "unauthorized", "no-credit", "no-model", "context-too-long", "invalid-request", "malformed-response", "refused", "budget-exceeded", "no-review"]>;
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
        readonly Unsigned: Schema.TaggedStruct<"Unsigned", {
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
      readonly coverage: Schema.optionalKey<Schema.Struct<{
        readonly full: Schema.Natural;
        readonly part: Schema.Natural;
        readonly name: Schema.Natural;
        readonly none: Schema.Natural;
        readonly missed: Schema.$Array<Schema.brand<Schema.NonEmptyString, "RepoPath">>;
      }>>;
      readonly text: Schema.optionalKey<Schema.String>;
    }>;
    readonly Skipped: Schema.TaggedStruct<"Skipped", {
      readonly reason: Schema.Literals<readonly ["closed", "merged", "draft", "nothing-to-review", "head-reviewed", "paused", "ignored", "filtered", "unauthorized", "awaits-maintainer", "quota-reached", "limit-reached"]>;
      readonly detail: Schema.String;
      readonly headSha: Schema.optionalKey<Schema.brand<Schema.String, "Sha">>;
    }>;
  }>>;
  /** Head that it reviewed, or found reviewed. */
  readonly headSha: Schema.OptionFromNullOr<Schema.brand<Schema.String, "Sha">>;
  readonly receivedAt: Schema.Int;
  readonly endedAt: Schema.OptionFromNullOr<Schema.Int>;
  /** True if its stored form is that of another version of this program. It waits for a process that can read it. */
  readonly unreadable: Schema.Boolean;
  /** Request of the job; none if it is unreadable, or if it is done or superseded and its request is not kept. */
  readonly job: Schema.OptionFromNullOr<typeof Job>;
}>;
export type JobRecord = typeof JobRecord.Type;
/** A job that this program cannot read: another version has stored it, or its stored form is damaged. */
interface UnreadableJob {
  readonly id: string;
  readonly position: number;
  /** The fault in one line. */
  readonly reason: string;
}
/** Size of a queue. */
interface Depth {
  readonly waiting: number;
  readonly running: number;
  readonly parked: number;
  /** Waiting time of the oldest waiting job; 0 if none waits. */
  readonly oldestWaitMillis: number;
}
declare const JobRecords_base: Context.ServiceClass<JobRecords, "@nominal-code/jobs/JobRecords", {
  /** Finds a job. Fails if it cannot be read. */
  find(id: JobId): Effect.Effect<Option.Option<JobRecord>, StoreError>;
  /**
   * Lists records, newest first. `before`: only smaller positions, for the next page. A job that cannot be read is left
   * out, and `onUnreadable` is told of it.
   */
  list(page: {
    readonly state?: JobState;
    readonly limit: number;
    readonly before?: number;
    readonly onUnreadable?: (job: UnreadableJob) => void;
  }): Effect.Effect<ReadonlyArray<JobRecord>, StoreError>;
  /**
   * Lists the jobs that wait, oldest first. Those that met an absent service are among them, and those that cannot be read
   * are not.
   */
  oldestWaiting(limit: number): Effect.Effect<ReadonlyArray<JobRecord>, StoreError>;
  /** Size of the queue. The cost does not depend on the number of jobs. */
  readonly depth: Effect.Effect<Depth, StoreError>;
  jobOfDelivery(platform: string, delivery: DeliveryId): Effect.Effect<Option.Option<JobId>, StoreError>;
  /**
   * True if a head needs no other job: a lifecycle job of its lane waits or runs, or the job of one of its events has
   * reviewed it.
   */
  knowsHead(lane: Lane, headSha: Sha): Effect.Effect<boolean, StoreError>;
  /** True if a job of an event is kept, whatever became of it, unless it was refused. */
  hasJob(lane: Lane, event: PullRequestEvent): Effect.Effect<boolean, StoreError>;
}>;
/** Records of jobs, for people and for probes. */
export declare class JobRecords extends JobRecords_base {}
/** Limits after which a job is given up. */
interface SettlementOptions {
  /** The attempts of one job. */
  readonly maxAttempts: number;
  /** The age at which a job that waits for services is given up. */
  readonly giveUpAfter: Duration.Duration;
}
/** Limits of one run, and those after which its job is given up. */
interface LeasedRunOptions extends SettlementOptions {
  readonly deadline: Duration.Duration;
}
declare namespace Lane_d_exports {
  export { LaneOptions, layer$16 as layer };
}
/** Limits of the runs: their number at a time, and their duration. */
interface LaneOptions extends LeasedRunOptions {
  readonly maxConcurrent: number;
  /** Time that running jobs have to finish once the scope closes. */
  readonly gracePeriod: Duration.Duration;
}
/**
 * Works the lanes of the queue: one job of a lane at a time, at most `maxConcurrent` in all, each lane in its own
 * fiber while it has its turn, and none whose services are away. Closing the scope lets running jobs finish for
 * `gracePeriod`, and then gives their leases back.
 */
declare const layer$16: (options: LaneOptions) => Layer.Layer<never, never, JobQueue | JobRunner | ServiceBreakers>;
/** Result of a user's request about a job. */
export declare const JobRequestResult: Schema.TaggedUnion<{
  readonly Done: Schema.TaggedStruct<"Done", {}>;
  readonly Refused: Schema.TaggedStruct<"Refused", {
    readonly reason: Schema.String;
  }>;
  readonly Stopping: Schema.TaggedStruct<"Stopping", {}>;
  readonly Unknown: Schema.TaggedStruct<"Unknown", {}>;
}>;
export type JobRequestResult = typeof JobRequestResult.Type;
declare const QueueAdmin_base: Context.ServiceClass<QueueAdmin, "@nominal-code/jobs/QueueAdmin", {
  /**
   * Queues a parked job again as new, behind the lane's waiting jobs. With a signing key, it signs the job: whoever asks
   * for it here answers for the job.
   */
  retry(id: JobId): Effect.Effect<JobRequestResult, StoreError>;
  /**
   * Cancels a job. A waiting job is parked without a run. A running one is marked and keeps its place, so that no other
   * job of its lane runs before its run is over.
   */
  cancel(id: JobId): Effect.Effect<JobRequestResult, StoreError>;
  /** Writes to the store, and fails if it takes no writes now, or not from a process with these signing keys. */
  readonly check: Effect.Effect<void, StoreError>;
  /**
   * Makes the signing keys of this process those of the queue, before it takes a job: from then on, a process that signs
   * with none of them stores and takes nothing. Where the queue had none, its jobs are signed in place. Fails if its jobs
   * are signed with a key that this process lacks. Gives the number of jobs that it has signed.
   */
  readonly claimKeys: Effect.Effect<number, StoreError>;
}>;
/** Operations on a queue beside its work: what a person asks for about a job, and what a server asks of its store. */
export declare class QueueAdmin extends QueueAdmin_base {}
declare namespace MemoryQueue_d_exports {
  export { layer$15 as layer };
}
/** Queue in memory, which is lost when the process ends. */
declare const layer$15: Layer.Layer<JobQueue | JobRecords | QueueAdmin, never, never>;
declare namespace RedisQueue_d_exports {
  export { layer$14 as layer };
}
/**
 * Queue in Redis, shared by several processes. Accepted jobs survive the death of any of them and, if Redis writes to
 * its disk, of Redis.
 */
declare const layer$14: Layer.Layer<JobQueue | JobRecords | QueueAdmin, StoreError, import("effect/FileSystem").FileSystem | Redis>;
/** Number of shards of the queue; none: as stored, or 1 if it is new. */
export declare const RedisShards: Context.Reference<Option.Option<number>>;
declare namespace InProcessRunner_d_exports {
  export { InProcessWork, layer$13 as layer };
}
/** The functions that run jobs in this process. They are parameters, so that this package knows no reviews. */
interface InProcessWork<R, R2> {
  review(job: Job): Effect.Effect<JobOutcome, never, R>;
  notice(job: Job, notice: Notice): Effect.Effect<NoticeOutcome, never, R2>;
  needs(lane: Lane, job?: Job): ReadonlyArray<ServiceName>;
}
/** Runs jobs in this process. */
declare const layer$13: <R, R2>({ needs, notice, review }: InProcessWork<R, R2>) => Layer.Layer<JobRunner, never, R | R2>;
declare namespace SqliteQueue_d_exports {
  export { layer$12 as layer };
}
/** Queue in the database file. Accepted jobs survive the death of the process and of the machine. */
declare const layer$12: Layer.Layer<JobQueue | JobRecords | QueueAdmin, StoreError, import("effect/FileSystem").FileSystem | import("effect/Path").Path | Sqlite>;
/** Handler of the requests to one path. */
type DirectHandler = (request: IncomingMessage, response: ServerResponse) => void;
declare const DirectRoutes_base: Context.ServiceClass<DirectRoutes, "@nominal-code/server/DirectRoutes", {
  /** Hands the requests of a path to a handler until the scope closes. */
  add(path: string, handler: DirectHandler): Effect.Effect<void, never, Scope.Scope>;
}>;
/**
 * Paths whose `POST` requests go to a handler at once, without a fiber, a context and a span for each, which would cost
 * more than a delivery does. All other requests take the way of Effect's router.
 */
export declare class DirectRoutes extends DirectRoutes_base {}
/**
 * A server that does not listen yet, and its direct routes, which it looks for before it asks its listeners. It answers
 * 503 until Effect has attached a router.
 */
declare const make: () => {
  readonly server: Server;
  readonly routes: DirectRoutes["Service"];
};
/** An event whose delivery was missed. */
interface MissedEvent {
  readonly event: PullRequestEvent;
  /**
   * `delivery`: the forge has it as failed. `head`: an open pull request has a head without a review. `comment`: nobody
   * has answered a comment on an open pull request. `label`, `base`: no review has followed a label or another base.
   */
  readonly from: "delivery" | "head" | "comment" | "label" | "base";
}
/** Result of a round. */
interface ReconcileReport {
  readonly missed: ReadonlyArray<MissedEvent>;
  readonly requests: number;
  /** True if the requests were used up before everything was looked at. The next round goes on there. */
  readonly exhausted: boolean;
  /** Forges and repositories that refused, or did not answer. */
  readonly unread: ReadonlyArray<string>;
}
declare const Reconcile_base: Context.ServiceClass<Reconcile, "@nominal-code/server/Reconcile", {
  /** One round. What it finds is offered to the queue, like a delivery, or only reported. */
  round(use: "offer" | "report"): Effect.Effect<ReconcileReport, StoreError>;
}>;
/**
 * Search for missed events: deliveries that the forge could not deliver, and open pull requests with a head that has
 * neither a review of ours nor a stated reason, or with a comment that nobody has answered.
 */
export declare class Reconcile extends Reconcile_base {}
declare namespace MemoryJobResults_d_exports {
  export { layer$11 as layer };
}
/** Results in memory, for jobs in this process and for tests. */
declare const layer$11: Layer.Layer<JobResults, never, never>;
declare namespace MemoryPayloadStore_d_exports {
  export { layer$10 as layer };
}
/** Payloads in memory, which are lost when the process ends. */
declare const layer$10: Layer.Layer<PayloadStore, never, never>;
declare namespace RedisJobResults_d_exports {
  export { layer$9 as layer };
}
/** Results in Redis. Of a result only what is stored counts, and not the signal's content. */
declare const layer$9: Layer.Layer<JobResults, never, Redis>;
declare namespace RedisPayloadStore_d_exports {
  export { layer$8 as layer };
}
/** Payloads in Redis, compressed, where the pod fetches them. */
declare const layer$8: Layer.Layer<PayloadStore, never, Redis>;
declare namespace KubeClientNode_d_exports {
  export { KubeClientOptions, layer$7 as layer };
}
/** A namespace of a cluster. */
interface KubeClientOptions {
  readonly namespace: string;
  /** The file that names the cluster. Absent: the one that this process is in, or the usual kubeconfig's. */
  readonly kubeconfig?: string;
}
/** The client of a cluster's API. The SDK is loaded when the layer is built. */
declare const layer$7: (options: KubeClientOptions) => Layer.Layer<KubeClient, KubeConfigError, never>;
export { type AgentError, type AgentResult, type AgentTask, type AmountRange, type AnchorContext, type AnchoredFindings, type AnswerFacts, Anthropic_d_exports as Anthropic, ApiAgent_d_exports as ApiAgent, AppConfigLayer_d_exports as AppConfigLayer, type AskResult, type AwsCredentials, Azure_d_exports as Azure, type AzureIdentity, Bedrock_d_exports as Bedrock, type CallCosts, type CallLimits, type CallRateSettings, type ChangesSince, Chat_d_exports as Chat, type CheckContext, type CheckedFindings, type Checkout, type CheckoutRequest, type Claim, ClaudeCode_d_exports as ClaudeCode, type Account as ClaudeCodeAccount, type ClaudeCodeSettings, type CloneSource, type CloudSettings, Configured_d_exports as Configured, type ContainerManifest, type ConversationOptions, ConversationStoreMemory_d_exports as ConversationStoreMemory, ConversationStoreRedis_d_exports as ConversationStoreRedis, ConversationStoreSqlite_d_exports as ConversationStoreSqlite, type Definition, type Delivery, type Depth, type Dialogue, type DirectHandler, type EarlierAnswer, type EntraAddresses, type EnvironmentVariable, type Evidence, type EvidenceInput, type EvidenceText, type Exploration, type ExplorerSettings, type FailedDeliveries, type FailedDelivery, type Filters, type FingerprintedFinding, type FittedDiffs, type Flags, type ForgeInventory, type ForgeSetup, type ForgeWebhooks, type FoundChange, type FoundComment, GitHub_d_exports as GitHub, type GitHubAppIdentity, type GitHubAppSettings, type GitHubCredentials, type GitHubIdentity, type GitHubOptions, type GitHubSettings, type GitHubWebhookOptions, GitLab_d_exports as GitLab, type GitLabOptions, type GitLabSettings, type GitLabWebhookOptions, type GitOptions, GitWorkspace_d_exports as GitWorkspace, Google_d_exports as Google, type Guidelines, type HeadRequest, type HeadWork, InProcessRunner_d_exports as InProcessRunner, type InventoryRepository, type JobRun, type JobSettings, type JudgedFinding, KubeClientNode_d_exports as KubeClientNode, type KubeJob, type KubeJobManifest, type KubeJobTemplate, type KubePod, KubernetesRunner_d_exports as KubernetesRunner, type KubernetesSettings, type Lease, type LeaseRequest, type LeasedRunOptions, type LinkedIssue, type ListerWatcher, type LlmRequest, type LlmResponse, type LocalChanges, LocalWorkspace_d_exports as LocalWorkspace, MemoryJobResults_d_exports as MemoryJobResults, MemoryPayloadStore_d_exports as MemoryPayloadStore, MemoryQueue_d_exports as MemoryQueue, type MetricsSettings, type MissedEvent, type Mode, type ModelPresence, type ModelRef, type NextCall, type ObjectList, OpenAi_d_exports as OpenAi, type OpenPullRequest, type Outline, type OwnPosts, type PlannedFile, type PlannedReview, type PodManifest, type PodProblem, type Policy, type Portion, type PostedSummary, type PresenceLookup, type PriorFinding, type PriorPlace, type ProcessOutput, type ProviderSettings, type PullRequestBackground, type PullRequestLook, type PullRequestView, Lane_d_exports as QueueWorker, type Quota, type ReadyLane, type ReconcileReport, type ReconcileSettings, type RecoveredAnswer, type Argument as RedisArgument, type Command as RedisCommand, RedisJobResults_d_exports as RedisJobResults, type RedisOptions, RedisPayloadStore_d_exports as RedisPayloadStore, RedisQueue_d_exports as RedisQueue, type Reply as RedisReply, type RedisScript, type RedisSettings, type RedisTarget, type Remote, type RepeatContext, type RepeatedFinding, type ReportedFinding, type RepositoryRules, type ResourceSettings, type ReviewAnswer, type ReviewChangesOptions, type ReviewContext, type ReviewPlan, type ReviewRule, type ReviewedChanges, type ReviewedHead, type RunLocation, type SchedulingManifest, type SecretVariable, type SelectContext, type Selection, type ServiceSettings, type ServiceUse, type Setting, type SettingType, type SettledLease, type SettlementOptions, type SetupFact, type ShownDiff, type SpendAccount, type SpendGrant, SpendMemory_d_exports as SpendMemory, SpendRedis_d_exports as SpendRedis, type SpendRequest, type SpendReservation, type SpendSettlement, SpendSqlite_d_exports as SpendSqlite, type SpendTask, type Parameters as SqlParameters, type Row as SqlRow, type Statements as SqlStatements, type Values as SqlValues, SqliteQueue_d_exports as SqliteQueue, type Submission, type Syntax, type TaskAnswer, type TaskCall, type TaskModel, type TaskModelRequest, type TextEncoding, type Thread, type Tool, type ToolPlace, type ToolSpec, type TracingSettings, type Travel, type UnplacedFinding, type UnreadableJob, type ValueOf, type ValuesOf, type VariablesByPart, type Verdict, type Verification, Vertex_d_exports as Vertex, type WatchEvent, type WebhookHeaders, type WebhookRequest, type WebhookSettings, type WordHit, type WorkspaceOptions, type WorkspaceSettings, limitsWithin as callLimitsWithin, fingerprint$1 as fingerprint, layer as layerAgentRunners, layer$1 as layerForges, layer$2 as layerLlmProviders, layer$3 as layerRedis, layerConfig as layerRedisConfig, layer$4 as layerReviewConfig, layer$5 as layerServiceBreakers, layer$6 as layerSqlite, layerConfig$1 as layerSqliteConfig, make as makeDirectServer, make$1 as makeTool, on as onForge, review$1 as review };
