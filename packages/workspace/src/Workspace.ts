import type { ChangedFile } from "@nominal-code/domain/diff/Patch"
import type { RepoName, RepoPath, Sha } from "@nominal-code/domain/event/PullRequest"
import { Context, type Duration, type Effect, type Option, type Redacted, Schema, type Scope } from "effect"
import { GitFailure, isRetryable } from "./GitFailure.ts"
import type { Syntax } from "./syntax/Syntax.ts"
import type { Tool } from "./Tool.ts"

/**
 * Reason why there is no checkout. Beside git's own reasons: `refused`, a request that is never sent to a server, and
 * `directory`, the workspace's directory cannot be used.
 */
const WorkspaceFailure = Schema.Literals([...GitFailure.literals, "refused", "directory"])

/** A checkout that could not be made, or git that could not answer. The message holds no secret. */
export class WorkspaceError extends Schema.TaggedError<WorkspaceError>()("WorkspaceError", {
  message: Schema.String,
  reason: WorkspaceFailure
}) {
  /** True if the same call may succeed later, with nothing changed by a person. */
  get retryable() {
    return this.reason === "directory" || this.reason !== "refused" && isRetryable(this.reason)
  }
}

/** Directory of the mirrors, and their share of the disk. */
export interface WorkspaceOptions {
  readonly baseDir: string
  /** Of all mirrors, in bytes. The mirrors that were not used for longest go first. */
  readonly maxBytes: number
  /** A mirror that was not used for so long is removed. */
  readonly maxAge: Duration.Input
}

/** Request for a checkout: commit, branch and credentials. */
export interface CheckoutRequest {
  readonly repo: RepoName
  readonly url: string
  readonly username: string
  readonly password: Redacted.Redacted
  /** `refs/pull/7/head`: also there for forks. */
  readonly headRef: string
  readonly headSha: Sha
  readonly baseBranch: string
  readonly baseSha: Sha
  /** Last commit of the base branch, if it is known: then the server is not asked for its references. */
  readonly baseTip?: Sha | undefined
}

/** A line of the reviewed commit in which a word stands. */
export interface WordHit {
  readonly path: RepoPath
  readonly line: number
  readonly text: string
}

/**
 * Checkout of one commit for the time of one job, with the only functions that may read it. They read git's objects: no
 * file of the repository is written to the disk.
 */
export interface Checkout {
  readonly headSha: Sha
  /** Commit where the pull request left its base branch. Its diff is against this commit. */
  readonly mergeBase: Sha
  /** The read-only tools: Read, Glob, Grep, Definition, References, GitLog, GitBlame, GitShow, GitDiff. */
  readonly tools: ReadonlyArray<Tool>
  /** The parser of its files. */
  readonly syntax: Syntax
  /** The pull request's own diff as git sees it, from the merge base to the head: every file, with its hunks. */
  readonly changedFiles: Effect.Effect<ReadonlyArray<ChangedFile>, WorkspaceError>
  /** Changes since a commit, such as the one that was reviewed last; none if that commit is not here any more. */
  since(commit: Sha): Effect.Effect<Option.Option<ReadonlyArray<ChangedFile>>, WorkspaceError>
  /** Subjects of the pull request's commits, from the merge base to the head, oldest first; the newest 250 at most. */
  readonly commits: Effect.Effect<ReadonlyArray<string>, WorkspaceError>
  /** Reads a file at the tip of the base branch, where maintainers decide and not the pull request. */
  baseFile(path: RepoPath): Effect.Effect<Option.Option<string>, WorkspaceError>
  /** The files in a directory at the tip of the base branch, by their full paths. */
  baseFiles(directory: RepoPath): Effect.Effect<ReadonlyArray<RepoPath>, WorkspaceError>
  /** The paths of all files at the reviewed commit (`RIGHT`) or the merge base (`LEFT`). */
  paths(side: "LEFT" | "RIGHT"): Effect.Effect<ReadonlyArray<RepoPath>, WorkspaceError>
  /** A file's lines at the reviewed commit (`RIGHT`) or the merge base (`LEFT`): what findings are anchored to. */
  lines(side: "LEFT" | "RIGHT", path: RepoPath): Effect.Effect<Option.Option<ReadonlyArray<string>>, WorkspaceError>
  /** The lines of the reviewed commit in which one of the words stands, forty of a file at most. */
  words(words: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<WordHit>, WorkspaceError>
}

/** Checkouts of pull requests, from one cached mirror for each repository. */
export class Workspace extends Context.Service<Workspace, {
  /** The checkout is gone when the scope closes. */
  checkout(request: CheckoutRequest): Effect.Effect<Checkout, WorkspaceError, Scope.Scope>
}>()("@nominal-code/workspace/Workspace") {}
