import { RepoPath, Sha } from "@nominal-code/domain/event/PullRequest"
import type { ReviewDraft } from "@nominal-code/domain/review/Review"
import { Effect, Option, Schema } from "effect"
import type { GitLabClient } from "./Client.ts"
import { versionOf } from "./DiffVersions.ts"
import type { KnownDiffs, VersionDiff } from "./KnownDiffs.ts"
import { operationOf } from "./Operation.ts"

const Version = Schema.Struct({
  id: Schema.Int,
  base_commit_sha: Schema.String,
  start_commit_sha: Schema.String,
  head_commit_sha: Sha
})

const WholeVersion = Schema.Struct({
  diffs: Schema.Array(Schema.Struct({ old_path: RepoPath, new_path: RepoPath, diff: Schema.String }))
})

/**
 * Makes the read of the diff that the reviewed commit was part of: as it was read for the review, or else as GitLab keeps
 * it.
 */
export const makeReviewedDiff = (client: GitLabClient, knownDiff: KnownDiffs["at"]) =>
  Effect.fnUntraced(function*({ comments, headSha, pullRequest: ref }: ReviewDraft) {
    const known = knownDiff(ref, headSha, comments.map(({ finding }) => finding.path))
    if (known !== undefined) return Option.some(known)
    const operation = operationOf("publish", ref)
    const found = yield* versionOf(client, { operation, ref, headSha, answer: Version })
    if (Option.isNone(found)) return Option.none<VersionDiff>()
    const version = found.value
    const { diffs } = yield* client.request({
      operation,
      ask: (gitlab) => gitlab.MergeRequests.showDiffVersion(ref.repo, ref.number, version.id),
      answer: WholeVersion
    })
    return Option.some<VersionDiff>({
      refs: { baseSha: version.base_commit_sha, startSha: version.start_commit_sha, headSha },
      files: diffs.map(({ diff, new_path, old_path }) => ({ oldPath: old_path, newPath: new_path, diff }))
    })
  })
