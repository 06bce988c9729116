import type { PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import { type Effect, type Option, type Schema, Stream } from "effect"
import type { ForgeError } from "../ForgeError.ts"
import type { GitLabClient } from "./Client.ts"

/** Read of a merge request's versions, one for each push. */
interface VersionsRead<A> {
  readonly operation: string
  readonly ref: PullRequestRef
  readonly headSha: string
  /** Schema of a version. */
  readonly answer: Schema.ConstraintDecoder<A>
}

/** Finds the newest version of a merge request with this head. */
export const versionOf = <A extends { readonly head_commit_sha: string }>(
  client: GitLabClient,
  { answer, headSha, operation, ref }: VersionsRead<A>
): Effect.Effect<Option.Option<A>, ForgeError> =>
  client.pages({
    operation,
    ask: (gitlab, { page, perPage }) =>
      gitlab.MergeRequests.requester.get(
        `projects/${encodeURIComponent(ref.repo)}/merge_requests/${ref.number}/versions`,
        { searchParams: { page, per_page: perPage } }
      ).then(({ body }) => body),
    answer
  }).pipe(Stream.filter(({ head_commit_sha }) => head_commit_sha === headSha), Stream.runHead)
