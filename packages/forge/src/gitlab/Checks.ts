import { CheckState } from "@nominal-code/domain/CommitCheck"
import { Effect, Option, Schema } from "effect"
import { checkName, type CheckSender, descriptionOf } from "../Checks.ts"
import type { ForgeError } from "../ForgeError.ts"
import type { GitLabClient } from "./Client.ts"
import { isForbidden } from "./Failure.ts"
import { operationOf } from "./Reads.ts"

/** GitLab's states. There is no neutral one: `canceled` and `skipped` would hold up a merge for our own trouble. */
const stateOf = CheckState.match({
  Queued: () => "pending",
  Running: () => "running",
  Done: ({ conclusion }) => conclusion === "failure" ? "failed" : "success"
})

/** True if the status has that state already, or has moved on. */
const isThere = ({ reason }: ForgeError) => reason._tag === "Refused" && /cannot transition/i.test(reason.message)

/** Statuses of a commit. GitLab shows them as jobs of an external pipeline. */
export const commitStatuses = (client: GitLabClient): CheckSender => ({
  permission: "the token's account the role Developer",
  isRefused: isForbidden,
  send: ({ headSha, pullRequest }, state) => {
    const url = state._tag === "Done" ? state.url : undefined
    return client.request({
      operation: operationOf("check", pullRequest),
      ask: (gitlab) =>
        gitlab.Commits.requester.post(`projects/${encodeURIComponent(pullRequest.repo)}/statuses/${headSha}`, {
          body: {
            state: stateOf(state),
            name: checkName,
            description: descriptionOf(state),
            ...(url === undefined ? {} : { target_url: url })
          }
        }).then(({ body }) => body),
      answer: Schema.Unknown
    }).pipe(
      Effect.catchIf(isThere, () => Effect.void),
      Effect.as(Option.none<number>())
    )
  }
})
