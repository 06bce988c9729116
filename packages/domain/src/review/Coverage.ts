import { Schema } from "effect"
import { RepoPath } from "../event/PullRequest.ts"
import { FileKind, GeneratedMark } from "../file/FileKind.ts"

/**
 * Reason why a review has not looked at all of a changed file: it is deleted, only moved, generated, has no text diff, or
 * is `too-large` for the review's prompts, or the review `ended-early`.
 */
export const OmissionReason = Schema.Literals([
  "deleted",
  "moved",
  "no-text",
  "too-large",
  "ended-early",
  ...GeneratedMark.literals
])
export type OmissionReason = typeof OmissionReason.Type

/** Share of a changed file's diff that a review has looked at. `name`: it was only told of the file. */
export class FileCoverage extends Schema.Class<FileCoverage>("@nominal-code/domain/FileCoverage")({
  path: RepoPath,
  kind: FileKind,
  seen: Schema.Literals(["full", "part", "name", "none"]),
  /** Absent for a file that was looked at in full. */
  why: Schema.optionalKey(OmissionReason),
  /** Number of lines of its diff that were not looked at. */
  leftOut: Schema.optionalKey(Schema.Natural)
}) {}

/** Number of files by how much of them a review has looked at, and the names of those that it should have seen. */
export const CoverageCounts = Schema.Struct({
  full: Schema.Natural,
  part: Schema.Natural,
  name: Schema.Natural,
  none: Schema.Natural,
  /** Written files that were looked at in part or not at all, fifty at most. */
  missed: Schema.Array(RepoPath)
})
export type CoverageCounts = typeof CoverageCounts.Type

/** Number of names in the counts. */
const mostNames = 50

/** The files that people wrote and that a review has not looked at in full. */
export const missedIn = (coverage: ReadonlyArray<FileCoverage>): ReadonlyArray<FileCoverage> =>
  coverage.filter(({ kind, seen }) => kind !== "generated" && (seen === "part" || seen === "none"))

/** Counts the files of a review. */
export const countsOf = (coverage: ReadonlyArray<FileCoverage>): CoverageCounts => {
  const count = (seen: FileCoverage["seen"]) => coverage.filter((file) => file.seen === seen).length
  return {
    full: count("full"),
    part: count("part"),
    name: count("name"),
    none: count("none"),
    missed: missedIn(coverage).slice(0, mostNames).map(({ path }) => path)
  }
}
