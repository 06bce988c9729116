import { Schema } from "effect"
import { Side } from "../diff/Patch.ts"
import { Association } from "./Access.ts"
import { Login, PullRequestRef, RepoPath, Sha } from "./PullRequest.ts"

/** Names for `reviewer.triggers`. A check that is asked to run again always starts a review. */
export const Trigger = Schema.Literals([
  "pr_opened",
  "pr_push",
  "pr_reopened",
  "pr_ready_for_review",
  "pr_labeled",
  "pr_retargeted"
])

/**
 * Kind of a lifecycle event: a trigger, or `pr_rerun`, with which somebody has asked on the forge for the check on the
 * commit to run again.
 */
export const LifecycleKind = Schema.Literals([...Trigger.literals, "pr_rerun"])
export type LifecycleKind = typeof LifecycleKind.Type

/** Kind of a comment. `note` is GitLab's only kind. */
export const CommentKind = Schema.Literals(["issue_comment", "review_comment", "review", "note"])
export type CommentKind = typeof CommentKind.Type

/**
 * A forge's delivery in normalized form, without secrets. `installationId` travels so that the process that runs the
 * job can mint its own token.
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
    /** Relation of the author to the repository when the event was sent; on GitHub only. */
    association: Schema.optionalKey(Association),
    /** Number of the author's account; on GitLab only. */
    authorId: Schema.optionalKey(Schema.Int),
    /** True if the forge says that a program caused the event. */
    byBot: Schema.optionalKey(Schema.Boolean),
    /** Labels that the event has added. */
    labels: Schema.optionalKey(Schema.Array(Schema.String)),
    /**
     * Present where the head is reviewed even if it was: names the request, so that two deliveries of it are one. Where
     * the job replaced that of the request, the ids of the replaced jobs follow, with blanks between them.
     */
    again: Schema.optionalKey(Schema.String),
    /** True where the job replaced one that a person had asked for, by a label or a check that is to run again. */
    asked: Schema.optionalKey(Schema.Boolean),
    installationId: Schema.optionalKey(Schema.Int)
  },
  Comment: {
    kind: CommentKind,
    pullRequest: PullRequestRef,
    title: Schema.String,
    author: Login,
    /** True if the forge says that a program wrote it. Such a comment is never answered. */
    authorIsBot: Schema.Boolean,
    /** Association of the comment's author with the repository, and below the author's id. */
    association: Schema.optionalKey(Association),
    authorId: Schema.optionalKey(Schema.Int),
    commentId: Schema.Int,
    /** First comment of the thread, which a reply must name. Absent if this is the first. */
    threadId: Schema.optionalKey(Schema.String),
    body: Schema.String,
    /** File and hunk of a comment on the diff. */
    filePath: Schema.optionalKey(RepoPath),
    diffHunk: Schema.optionalKey(Schema.String),
    /** Line of a comment on the diff, counted in the file of its `side`; the last one of a range. */
    line: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0))),
    side: Schema.optionalKey(Side),
    installationId: Schema.optionalKey(Schema.Int)
  }
})
export type PullRequestEvent = typeof PullRequestEvent.Type

/**
 * True for an event that nobody asked a review with: no comment, no label and no check that is to run again, and none that
 * stands for one of these.
 */
export const isAutomatic = (event: PullRequestEvent): boolean =>
  event._tag === "Lifecycle" && event.kind !== "pr_labeled" && event.kind !== "pr_rerun" && event.asked !== true
