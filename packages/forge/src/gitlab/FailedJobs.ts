import type { PullRequest, PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import { Effect, Schema } from "effect"
import { checkName } from "../Checks.ts"
import type { GitLabClient } from "./Client.ts"
import { isForbidden, isNotFound } from "./Failure.ts"

/** Newest pipeline of a merge request. It may be of an older head, or of the commit that a merge would make. */
export const HeadPipeline = Schema.Struct({
  id: Schema.Int,
  /** The fork's for a pipeline that runs there. */
  project_id: Schema.optional(Schema.Int),
  sha: Schema.String,
  ref: Schema.optional(Schema.NullOr(Schema.String)),
  status: Schema.String,
  /** `external`: the statuses that another CI has set, and no jobs. */
  source: Schema.optional(Schema.NullOr(Schema.String))
})
export type HeadPipeline = typeof HeadPipeline.Type

const Failed = Schema.Struct({
  name: Schema.String,
  status: Schema.String,
  allow_failure: Schema.optional(Schema.NullOr(Schema.Boolean)),
  commit: Schema.optional(
    Schema.NullOr(Schema.Struct({ parent_ids: Schema.optional(Schema.NullOr(Schema.Array(Schema.String))) }))
  )
})

/** Statuses of a pipeline in which something may have failed. */
const mayHaveFailed = new Set(["failed", "running"])

/** Number of failed jobs that are read, and of another CI's statuses: one page. */
const [mostFailed, mostStatuses] = [20, 100]

/** Ref of a pipeline of the commit that a merge would make, alone or in a merge train. */
const ofMerge = /^refs\/merge-requests\/\d+\/(?:merge|train)$/

/** Number of merge requests whose pipelines are remembered. */
const remembered = 50

/**
 * Makes the reader of the failed jobs of a merge request's head, ours and those that may fail left out. `saw`: told of the
 * pipeline that each read of a merge request names, which saves asking for it.
 */
export const makeFailedJobs = (client: GitLabClient) => {
  const pipelines = new Map<string, HeadPipeline>()

  const saw = (ref: PullRequestRef, pipeline: HeadPipeline | null | undefined): void => {
    pipelines.delete(String(ref))
    if (pipeline) pipelines.set(String(ref), pipeline)
    const [oldest] = pipelines.keys()
    if (pipelines.size > remembered && oldest !== undefined) pipelines.delete(oldest)
  }

  const failedChecks = Effect.fn("GitLab.failedChecks")(function*({ headSha, ref }: PullRequest) {
    const pipeline = pipelines.get(String(ref))
    if (pipeline === undefined || !mayHaveFailed.has(pipeline.status)) return []
    const { id, project_id: project = ref.repo, sha, source } = pipeline
    const isMerge = sha !== headSha && ofMerge.test(pipeline.ref ?? "")
    if (sha !== headSha && !isMerge) return []
    const place = `projects/${encodeURIComponent(project)}`
    const jobs = yield* client.request({
      operation: `GitLab.failedChecks ${ref.repo}!${ref.number}`,
      ask: (gitlab) =>
        (source === "external"
          ? gitlab.MergeRequests.requester.get(`${place}/repository/commits/${sha}/statuses`, {
            searchParams: { pipeline_id: id, per_page: mostStatuses }
          })
          : gitlab.MergeRequests.requester.get(`${place}/pipelines/${id}/jobs`, {
            searchParams: { scope: "failed", per_page: mostFailed }
          })).then(({ body }) => body),
      answer: Schema.Array(Failed)
    }).pipe(Effect.catchIf((error) => isForbidden(error) || isNotFound(error), () => Effect.succeed([])))
    const failed = jobs.filter(({ allow_failure, commit, name, status }) =>
      status === "failed" && allow_failure !== true && name !== checkName &&
      (!isMerge || commit?.parent_ids?.includes(headSha) === true)
    )
    return [...new Set(failed.map(({ name }) => name))]
  })

  return { failedChecks, saw }
}
