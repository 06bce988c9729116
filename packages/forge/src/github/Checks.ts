import { type CheckAnnotation, type CheckedCommit, CheckState } from "@nominal-code/domain/review/CommitCheck"
import { Effect, Option, Schema } from "effect"
import { checkName, type CheckSender, descriptionOf } from "../Checks.ts"
import type { ForgeError } from "../ForgeError.ts"
import type { GitHubClient } from "./Client.ts"
import { pullRequestCall } from "./Reads.ts"

const Created = Schema.Struct({ id: Schema.Int })

/** Maximum number of annotations that GitHub takes in one request. */
const mostAnnotations = 50

const isLacking = ({ reason }: ForgeError) => reason._tag === "Forbidden" || reason._tag === "NotFound"

const annotation = ({ line, path, severity, startLine, text, title }: CheckAnnotation) => ({
  path,
  start_line: startLine,
  end_line: line,
  annotation_level: severity === "critical" || severity === "high" ? "warning" : "notice",
  title,
  message: text
})

const runStates = CheckState.match({
  Queued: () => ({ status: "queued" }),
  Running: () => ({ status: "in_progress" }),
  Done: ({ annotations, conclusion, summary, title, url }) => ({
    status: "completed",
    conclusion,
    output: {
      title,
      // The link is ours, and leads to the pull request itself.
      summary: url === undefined ? summary : `${summary}\n\n[The review](${url})`,
      ...(annotations.length === 0 ? {} : { annotations: annotations.slice(0, mostAnnotations).map(annotation) })
    },
    ...(url === undefined ? {} : { details_url: url })
  })
})

/**
 * Check runs, which only an App can make. The newest run of a name on a commit is the one that counts, so a run that
 * another process has left in progress is replaced by that of the next.
 */
export const checkRuns = (client: GitHubClient): CheckSender => ({
  permission: "the GitHub App the permission checks: write",
  isRefused: isLacking,
  send: ({ headSha, pullRequest }: CheckedCommit, state, id) => {
    const { names, ...call } = pullRequestCall("check", pullRequest)
    const fields = { ...names, ...runStates(state) }
    return Effect.map(
      Option.match(id, {
        onNone: () =>
          client.request({
            ...call,
            route: "POST /repos/{owner}/{repo}/check-runs",
            // A delivery about the check names its pull request by this, also for a fork.
            parameters: { ...fields, name: checkName, head_sha: headSha, external_id: String(pullRequest.number) },
            answer: Created
          }),
        onSome: (check_run_id) =>
          client.request({
            ...call,
            route: "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}",
            parameters: { ...fields, check_run_id },
            answer: Created
          })
      }),
      ({ id }) => Option.some(id)
    )
  }
})

/** State of a commit status for each check. A status has no neutral state, and one that is not `success` would hold up a merge for our own trouble. */
const statusState = CheckState.match({
  Queued: () => "pending",
  Running: () => "pending",
  Done: ({ conclusion }) => conclusion === "failure" ? "failure" : "success"
})

/** Statuses of a commit, for a token: `pending` until the review is over. The newest one of a context counts. */
export const commitStatuses = (client: GitHubClient): CheckSender => ({
  permission: "the token the permission commit statuses: write",
  runsAsQueued: true,
  isRefused: isLacking,
  send: ({ headSha, pullRequest }: CheckedCommit, state) => {
    const { names, ...call } = pullRequestCall("check", pullRequest)
    const url = state._tag === "Done" ? state.url : undefined
    return Effect.as(
      client.request({
        ...call,
        route: "POST /repos/{owner}/{repo}/statuses/{sha}",
        parameters: {
          ...names,
          sha: headSha,
          state: statusState(state),
          context: checkName,
          description: descriptionOf(state),
          ...(url === undefined ? {} : { target_url: url })
        },
        answer: Schema.Unknown
      }),
      Option.none<number>()
    )
  }
})
