import { Schema } from "effect"
import { RepoPath } from "../event/PullRequest.ts"

/** The side of a diff: `LEFT` is the base (deleted lines), `RIGHT` the head (added lines). GitHub's words. */
export const Side = Schema.Literals(["LEFT", "RIGHT"])
export type Side = typeof Side.Type

/** One file of a pull request's diff. */
export class ChangedFile extends Schema.Class<ChangedFile>("@nominal-code/domain/ChangedFile")({
  path: RepoPath,
  /** The path at the base, when the change renamed or copied the file. */
  previousPath: Schema.optionalKey(RepoPath),
  status: Schema.Literals(["added", "modified", "removed", "renamed", "copied", "changed", "unchanged"]),
  /** The unified hunks, from the first `@@`. Absent when there are none to show: binary, mode-only, submodule. */
  patch: Schema.optionalKey(Schema.String)
}) {}
