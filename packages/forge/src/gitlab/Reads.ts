import {
  PullRequest,
  type PullRequestRef,
  type RepoName,
  type RepoPath,
  Sha
} from "@nominal-code/domain/event/PullRequest"
import { Effect, Option, Schema } from "effect"
import { textOf } from "../FileContent.ts"
import { ForgeError, Refused } from "../ForgeError.ts"
import { makeChangedFiles } from "./ChangedFiles.ts"
import type { GitLabClient } from "./Client.ts"
import { HeadPipeline, makeFailedJobs } from "./FailedJobs.ts"
import { isForbidden, isNotFound } from "./Failure.ts"
import { KnownDiffs } from "./KnownDiffs.ts"
import { operationOf } from "./Operation.ts"

/** Username that GitLab's pages show for a deleted account. */
export const ghost = "ghost"

export const Author = Schema.NullOr(Schema.Struct({ id: Schema.Int, username: Schema.String }))

const MergeRequest = Schema.Struct({
  title: Schema.String,
  description: Schema.NullOr(Schema.String),
  author: Author,
  state: Schema.Literals(["opened", "closed", "locked", "merged"]),
  draft: Schema.optional(Schema.NullOr(Schema.Boolean)),
  labels: Schema.optional(Schema.Array(Schema.String)),
  source_branch: Schema.String,
  target_branch: Schema.String,
  /** `1000+` where GitLab keeps and lists no more of the files. */
  changes_count: Schema.optional(Schema.NullOr(Schema.String)),
  discussion_locked: Schema.optional(Schema.NullOr(Schema.Boolean)),
  diff_refs: Schema.NullOr(Schema.Struct({ base_sha: Sha, start_sha: Sha, head_sha: Sha })),
  /** Absent for an account that may not see the project's pipelines. */
  head_pipeline: Schema.optional(Schema.NullOr(HeadPipeline))
})

const Content = Schema.Struct({ content: Schema.String })

const Project = Schema.Struct({ archived: Schema.optional(Schema.NullOr(Schema.Boolean)) })

/** States by GitLab's names. A `locked` merge request is being merged. */
const states = { opened: "open", locked: "open", closed: "closed", merged: "merged" } as const

export const makeReads = (client: GitLabClient) => {
  const diffs = new KnownDiffs()
  const jobs = makeFailedJobs(client)
  const changedFiles = makeChangedFiles(client, diffs)

  const mergeRequest = (operation: string, ref: PullRequestRef) =>
    client.request({
      operation: operationOf(operation, ref),
      ask: (gitlab) => gitlab.MergeRequests.show(ref.repo, ref.number),
      answer: MergeRequest
    })

  const pullRequest = Effect.fn("GitLab.pullRequest")(function*(ref: PullRequestRef) {
    const found = yield* mergeRequest("pullRequest", ref)
    if (found.diff_refs === null) {
      const message = "the merge request has no commits, or GitLab has not prepared its diff yet"
      return yield* new ForgeError({
        operation: operationOf("pullRequest", ref),
        reason: new Refused({ status: 422, message })
      })
    }
    const { base_sha: baseSha, head_sha: headSha, start_sha: startSha } = found.diff_refs
    jobs.saw(ref, found.head_pipeline)
    diffs.sawRefs(ref, { baseSha, startSha, headSha }, found.changes_count?.endsWith("+") === true)
    return new PullRequest({
      ref,
      title: found.title,
      description: found.description ?? "",
      author: found.author?.username ?? ghost,
      state: states[found.state],
      draft: found.draft === true,
      labels: found.labels ?? [],
      headSha,
      headBranch: found.source_branch,
      baseSha,
      baseBranch: found.target_branch
    })
  })

  const checkAccess = Effect.fn("GitLab.checkAccess")((repo: RepoName) =>
    Effect.asVoid(client.request({
      operation: `GitLab.checkAccess ${repo}`,
      ask: (gitlab) => gitlab.Commits.all(repo, { page: 1, perPage: 1 }),
      answer: Schema.Unknown
    }))
  )

  const file = Effect.fn("GitLab.file")((repo: RepoName, branch: string, path: RepoPath) =>
    client.request({
      operation: `GitLab.file ${repo}`,
      ask: (gitlab) =>
        gitlab.Commits.requester.get(
          `projects/${encodeURIComponent(repo)}/repository/files/${encodeURIComponent(path)}`,
          { searchParams: { ref: branch } }
        ).then(({ body }) => body),
      answer: Content
    }).pipe(
      Effect.map((found) => Option.some(textOf(found))),
      Effect.catchIf(isNotFound, () => Effect.succeedNone)
    )
  )

  /**
   * Finds out why GitLab forbids a post: its answer is the same for a locked conversation, an archived project and a
   * missing role.
   */
  const explain = (operation: string, ref: PullRequestRef) => (error: ForgeError) =>
    Effect.gen(function*() {
      const refused = (because: "locked" | "archived", what: string) =>
        new ForgeError({
          operation: error.operation,
          reason: new Refused({ status: 403, because, message: `${what}: ${error.reason.message}` })
        })
      const { discussion_locked } = yield* mergeRequest(operation, ref)
      if (discussion_locked === true) return yield* refused("locked", "the conversation is locked")
      const { archived } = yield* client.request({
        operation: operationOf(operation, ref),
        ask: (gitlab) => gitlab.Projects.show(ref.repo),
        answer: Project
      })
      return yield* archived === true ? refused("archived", "the project is archived") : error
    })

  const explaining =
    (operation: string, ref: PullRequestRef) =>
    <A, E>(posting: Effect.Effect<A, E | ForgeError>): Effect.Effect<A, E | ForgeError> =>
      Effect.catchIf(posting, isForbidden, explain(operation, ref))

  return {
    pullRequest,
    changedFiles,
    failedChecks: jobs.failedChecks,
    checkAccess,
    file,
    explaining,
    knownDiff: diffs.at
  }
}
