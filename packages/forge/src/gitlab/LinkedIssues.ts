import type { PullRequest } from "@nominal-code/domain/event/PullRequest"
import { Effect, Option, Schema } from "effect"
import { makeLinkedIssues } from "../IssueReferences.ts"
import type { GitLabClient } from "./Client.ts"
import { operationOf } from "./Operation.ts"

const Issue = Schema.Struct({
  iid: Schema.Int,
  title: Schema.String,
  description: Schema.NullOr(Schema.String),
  /** True for one that whoever wrote the merge request may not be allowed to read. */
  confidential: Schema.optional(Schema.NullOr(Schema.Boolean))
})

const Project = Schema.Struct({
  visibility: Schema.optional(Schema.String),
  issues_access_level: Schema.optional(Schema.String),
  merge_requests_access_level: Schema.optional(Schema.String)
})

/** False in a project whose issues are for its members, and whose merge requests are for others, too. */
const areOpen = (client: GitLabClient) => ({ ref }: PullRequest) =>
  client.request({
    operation: operationOf("linkedIssues", ref),
    ask: (gitlab) => gitlab.Projects.show(ref.repo),
    answer: Project
  }).pipe(
    Effect.map(({ issues_access_level: issues, merge_requests_access_level: mergeRequests, visibility }) =>
      issues !== "private" || visibility === "private" || mergeRequests === "private"
    )
  )

/** Makes the reader of the issues that a merge request names. `host`: address of GitLab's pages. */
export const makeReadIssues = (client: GitLabClient, host: string) =>
  makeLinkedIssues(host, ({ ref }: PullRequest, number) =>
    client.request({
      operation: operationOf("linkedIssues", ref),
      ask: (gitlab) =>
        gitlab.MergeRequests.requester.get(`projects/${encodeURIComponent(ref.repo)}/issues/${number}`)
          .then(({ body }) => body),
      answer: Issue
    }).pipe(
      Effect.map(({ confidential, description, iid, title }) =>
        iid === number && confidential !== true
          ? Option.some({ number, title, body: description ?? "" })
          : Option.none()
      )
    ), areOpen(client))
