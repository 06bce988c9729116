import { Schema } from "effect"
import { PullRequestRef, RepoPath, Sha } from "../event/PullRequest.ts"
import { JobId } from "../job/Job.ts"
import { Severity } from "./Finding.ts"

/** The commit that a check stands on, and the job that it tells of. */
export class CheckedCommit extends Schema.Class<CheckedCommit>("@nominal-code/domain/CheckedCommit")({
  pullRequest: PullRequestRef,
  headSha: Sha,
  jobId: JobId
}) {}

/** A finding at its lines of the commit, as plain text. */
export const CheckAnnotation = Schema.Struct({
  path: RepoPath,
  startLine: Schema.Int,
  line: Schema.Int,
  severity: Severity,
  title: Schema.String,
  text: Schema.String
})
export type CheckAnnotation = typeof CheckAnnotation.Type

/** State of a check. */
export const CheckState = Schema.TaggedUnion({
  Queued: {},
  Running: {},
  Done: {
    /**
     * `success`: the commit's review is on the pull request. `failure`: it is, and `reviewer.fail_on` fails the check.
     * `neutral`: the commit was not reviewed.
     */
    conclusion: Schema.Literals(["success", "failure", "neutral"]),
    /** One line. */
    title: Schema.String,
    /** Markdown. */
    summary: Schema.String,
    annotations: Schema.Array(CheckAnnotation),
    /** Address of the review. */
    url: Schema.optionalKey(Schema.String)
  }
})
export type CheckState = typeof CheckState.Type
