import { Schema } from "effect"
import { Side } from "./Patch.ts"
import { Login, PullRequestRef, RepoPath, Sha } from "./PullRequest.ts"

/** What happened to a pull request's life. The names are those of `reviewer.triggers`. */
export const LifecycleKind = Schema.Literals(["pr_opened", "pr_push", "pr_reopened", "pr_ready_for_review"])
export type LifecycleKind = typeof LifecycleKind.Type

/** Where somebody wrote. `note` is GitLab's one kind for all of them. */
export const CommentKind = Schema.Literals(["issue_comment", "review_comment", "review", "note"])
export type CommentKind = typeof CommentKind.Type

/**
 * A forge's delivery, normalized: what a webhook says about a pull request, and nothing that is secret.
 * `installationId` travels so that the process that runs the job can mint its own token.
 */
export const PullRequestEvent = Schema.TaggedUnion({
  Lifecycle: {
    kind: LifecycleKind,
    pullRequest: PullRequestRef,
    title: Schema.String,
    author: Login,
    headSha: Sha,
    headBranch: Schema.String,
    baseBranch: Schema.String,
    installationId: Schema.optionalKey(Schema.Int)
  },
  Comment: {
    kind: CommentKind,
    pullRequest: PullRequestRef,
    title: Schema.String,
    author: Login,
    /** The forge says that a program wrote it: never answered, whatever the allow-list says. */
    authorIsBot: Schema.Boolean,
    commentId: Schema.Int,
    /** The comment that a reply must name: the thread's first one. Absent when this is the first. */
    threadId: Schema.optionalKey(Schema.String),
    body: Schema.String,
    /** Of a comment on the diff: the file and the hunk that it stands on. */
    filePath: Schema.optionalKey(RepoPath),
    diffHunk: Schema.optionalKey(Schema.String),
    /** The line that it stands on, counted in the file of its `side`; the last one of a range. */
    line: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0))),
    side: Schema.optionalKey(Side),
    installationId: Schema.optionalKey(Schema.Int)
  }
})
export type PullRequestEvent = typeof PullRequestEvent.Type
