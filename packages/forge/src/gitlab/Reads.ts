import { ChangedFile } from "@nominal-code/domain/diff/Patch"
import { PullRequest, type PullRequestRef, type RepoName, RepoPath, Sha } from "@nominal-code/domain/event/PullRequest"
import { Effect, Option, Schema, Stream } from "effect"
import { textOf } from "../FileContent.ts"
import { ForgeError, Refused } from "../ForgeError.ts"
import { isOlderThan, pagedDiffs } from "./Account.ts"
import type { GitLabClient } from "./Client.ts"
import { HeadPipeline, makeFailedJobs } from "./FailedJobs.ts"
import { isForbidden, isNotFound } from "./Failure.ts"
import { KnownDiffs } from "./KnownDiffs.ts"

/** Operation's name in errors: `GitLab.publish acme/shop!7`. */
export const operationOf = (operation: string, { number, repo }: PullRequestRef) =>
  `GitLab.${operation} ${repo}!${number}`

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

const File = Schema.Struct({
  old_path: RepoPath,
  new_path: RepoPath,
  new_file: Schema.Boolean,
  renamed_file: Schema.Boolean,
  deleted_file: Schema.Boolean,
  diff: Schema.String
})

const Changes = Schema.Struct({ changes: Schema.Array(File) })

/** States by GitLab's names. A `locked` merge request is being merged. */
const states = { opened: "open", locked: "open", closed: "closed", merged: "merged" } as const

/** A changed file, without a patch if GitLab has collapsed its diff or calls it too large. */
const changedFile = ({ deleted_file, diff, new_file, new_path, old_path, renamed_file }: typeof File.Type) =>
  new ChangedFile({
    path: new_path,
    status: new_file ? "added" : deleted_file ? "removed" : renamed_file ? "renamed" : "modified",
    ...(renamed_file ? { previousPath: old_path } : {}),
    ...(diff === "" ? {} : { patch: diff.replace(/\n$/, "") })
  })

export const makeReads = (client: GitLabClient) => {
  const diffs = new KnownDiffs()
  const jobs = makeFailedJobs(client)

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

  const tooMany = (ref: PullRequestRef) =>
    new ForgeError({
      operation: operationOf("changedFiles", ref),
      reason: new Refused({
        status: 422,
        message: "GitLab does not list all of the changed files: split the merge request"
      })
    })

  const pagedFiles = (ref: PullRequestRef) =>
    client.pages({
      operation: operationOf("changedFiles", ref),
      ask: (gitlab, page) => gitlab.MergeRequests.allDiffs(ref.repo, ref.number, page),
      answer: File
    }).pipe(Stream.runCollect)

  /** The files of a GitLab that does not list them by page. */
  const allFiles = (ref: PullRequestRef) =>
    client.request({
      operation: operationOf("changedFiles", ref),
      ask: (gitlab) =>
        gitlab.MergeRequests.requester.get(
          `projects/${encodeURIComponent(ref.repo)}/merge_requests/${ref.number}/changes`
        ).then(({ body }) => body),
      answer: Changes
    }).pipe(Effect.map(({ changes }) => changes))

  const changedFiles = Effect.fn("GitLab.changedFiles")((ref: PullRequestRef) =>
    diffs.isCut(ref) ? Effect.fail(tooMany(ref)) : pagedFiles(ref).pipe(
      Effect.catchIf(isNotFound, (error) =>
        Effect.flatMap(
          isOlderThan(client, pagedDiffs),
          (older) => older ? allFiles(ref) : Effect.fail(error)
        )),
      Effect.map((files) => {
        diffs.sawFiles(
          ref,
          files.map(({ diff, new_path, old_path }) => ({ oldPath: old_path, newPath: new_path, diff }))
        )
        return files.map(changedFile)
      })
    )
  )

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
