import { ChangedFile } from "@nominal-code/domain/diff/Patch"
import { type PullRequestRef, RepoPath } from "@nominal-code/domain/event/PullRequest"
import { Effect, Schema, Stream } from "effect"
import { ForgeError, Refused } from "../ForgeError.ts"
import { isOlderThan, pagedDiffs } from "./Account.ts"
import type { GitLabClient } from "./Client.ts"
import { isNotFound } from "./Failure.ts"
import type { KnownDiffs } from "./KnownDiffs.ts"
import { operationOf } from "./Operation.ts"

const File = Schema.Struct({
  old_path: RepoPath,
  new_path: RepoPath,
  new_file: Schema.Boolean,
  renamed_file: Schema.Boolean,
  deleted_file: Schema.Boolean,
  diff: Schema.String
})

const Changes = Schema.Struct({ changes: Schema.Array(File) })

/** A changed file, without a patch if GitLab has collapsed its diff or calls it too large. */
const changedFile = ({ deleted_file, diff, new_file, new_path, old_path, renamed_file }: typeof File.Type) =>
  new ChangedFile({
    path: new_path,
    status: new_file ? "added" : deleted_file ? "removed" : renamed_file ? "renamed" : "modified",
    ...(renamed_file ? { previousPath: old_path } : {}),
    ...(diff === "" ? {} : { patch: diff.replace(/\n$/, "") })
  })

/** Makes the read of the files that a merge request changes. */
export const makeChangedFiles = (client: GitLabClient, diffs: KnownDiffs) => {
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

  return Effect.fn("GitLab.changedFiles")((ref: PullRequestRef) =>
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
}
