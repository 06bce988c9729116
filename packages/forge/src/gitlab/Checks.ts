import { type CheckedCommit, CheckState } from "@nominal-code/domain/review/CommitCheck"
import { Effect, Option, Schema } from "effect"
import { checkName, type CheckSender, descriptionOf } from "../Checks.ts"
import type { ForgeError } from "../ForgeError.ts"
import type { GitLabClient } from "./Client.ts"
import { isForbidden, isNotFound } from "./Failure.ts"
import { operationOf } from "./Operation.ts"

/** GitLab's states. There is no neutral one: `canceled` and `skipped` would hold up a merge for our own trouble. */
const stateOf = CheckState.match({
  Queued: () => "pending",
  Running: () => "running",
  Done: ({ conclusion }) => conclusion === "failure" ? "failed" : "success"
})

/** True if the status has that state already, or has moved on. */
const isThere = ({ reason }: ForgeError) => reason._tag === "Refused" && /cannot transition/i.test(reason.message)

/** Branch of a merge request, and the project that has it: a fork's, say. */
const Source = Schema.Struct({ source_project_id: Schema.NullOr(Schema.Int), source_branch: Schema.String })

/** Project of a status, and its branch where GitLab could not tell. */
interface Target {
  readonly project: string | number
  readonly ref?: string
}

/**
 * Statuses of a commit. GitLab shows them as jobs of an external pipeline. It takes them in the project that has a branch
 * with the commit, and shows a merge request those of its source: for a fork, both are the fork.
 */
export const commitStatuses = (client: GitLabClient): CheckSender => {
  const post = ({ headSha, pullRequest }: CheckedCommit, state: CheckState, { project, ref }: Target) => {
    const url = state._tag === "Done" ? state.url : undefined
    return client.request({
      operation: operationOf("check", pullRequest),
      ask: (gitlab) =>
        gitlab.Commits.requester.post(`projects/${encodeURIComponent(project)}/statuses/${headSha}`, {
          body: {
            state: stateOf(state),
            name: checkName,
            description: descriptionOf(state),
            ...(ref === undefined ? {} : { ref }),
            ...(url === undefined ? {} : { target_url: url })
          }
        }).then(({ body }) => body),
      answer: Schema.Unknown
    }).pipe(Effect.catchIf(isThere, () => Effect.void))
  }

  /** The status in the fork. Who may not set it there may not be the fault of this project. */
  const inFork = Effect.fnUntraced(function*(commit: CheckedCommit, state: CheckState) {
    const { number, repo } = commit.pullRequest
    const { source_branch: ref, source_project_id: project } = yield* client.request({
      operation: operationOf("check", commit.pullRequest),
      ask: (gitlab) => gitlab.MergeRequests.show(repo, number),
      answer: Source
    })
    if (project === null) return yield* Effect.logInfo("no status is shown: the fork of the merge request was deleted")
    yield* post(commit, state, { project, ref }).pipe(
      Effect.catchIf(
        (error) => isForbidden(error) || isNotFound(error),
        ({ message }) =>
          Effect.logInfo(
            `no status is shown, because the commit is in a fork where our account may not set it: ${message}`
          )
      )
    )
  })

  return {
    permission: "the token's account the role Developer",
    isRefused: isForbidden,
    send: (commit, state) =>
      post(commit, state, { project: commit.pullRequest.repo }).pipe(
        Effect.catchIf(isNotFound, () => inFork(commit, state)),
        Effect.as(Option.none<number>())
      )
  }
}
