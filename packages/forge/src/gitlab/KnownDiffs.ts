import type { PullRequestRef, Sha } from "@nominal-code/domain/event/PullRequest"
import type { DiffRefs, VersionFile } from "./Positions.ts"

/** Diff of one version of a merge request. */
export interface VersionDiff {
  readonly refs: DiffRefs
  readonly files: ReadonlyArray<VersionFile>
}

/** Reads of one merge request, in their order. `files` stands between the reads of its refs. */
interface SeenDiffs {
  readonly refs: DiffRefs
  /** True if GitLab does not list all of the files. */
  readonly isCut: boolean
  readonly files?: ReadonlyArray<VersionFile>
  /** True if the refs were the same before and after the read of the files. */
  readonly certain?: true
}

/** Number of merge requests whose diffs are remembered, and the most characters of a diff that is. */
const [mostRemembered, longestDiff] = [50, 500_000]

const isSame = (one: DiffRefs, other: DiffRefs): boolean =>
  one.baseSha === other.baseSha && one.startSha === other.startSha && one.headSha === other.headSha

/**
 * Diffs that a review has read already. GitLab does not say of which version the files of a merge request are: they are
 * of the version that the merge request had both before and after.
 */
export class KnownDiffs {
  readonly #seen = new Map<string, SeenDiffs>()

  sawRefs(ref: PullRequestRef, refs: DiffRefs, isCut: boolean): void {
    const before = this.#seen.get(String(ref))
    const stays = before?.files !== undefined && isSame(before.refs, refs)
    this.#remember(ref, stays ? { ...before, certain: true } : { refs, isCut })
  }

  sawFiles(ref: PullRequestRef, files: ReadonlyArray<VersionFile>): void {
    const before = this.#seen.get(String(ref))
    const length = files.reduce((sum, { diff }) => sum + diff.length, 0)
    if (before === undefined || length > longestDiff) return
    this.#remember(ref, { refs: before.refs, isCut: before.isCut, files })
  }

  /** True if the last read of the merge request said that GitLab does not list all of its files. */
  isCut(ref: PullRequestRef): boolean {
    return this.#seen.get(String(ref))?.isCut === true
  }

  /** Diff of the version with a head, and with the text of the files; undefined if it was not read. */
  readonly at = (ref: PullRequestRef, headSha: Sha, paths: ReadonlyArray<string>): VersionDiff | undefined => {
    const { certain, files = [], refs } = this.#seen.get(String(ref)) ?? {}
    if (certain !== true || refs?.headSha !== headSha) return undefined
    const shown = new Set(files.filter(({ diff }) => diff !== "").flatMap(({ newPath, oldPath }) => [newPath, oldPath]))
    return paths.every((path) => shown.has(path)) ? { refs, files } : undefined
  }

  #remember(ref: PullRequestRef, seen: SeenDiffs): void {
    this.#seen.delete(String(ref))
    this.#seen.set(String(ref), seen)
    const [oldest] = this.#seen.keys()
    if (this.#seen.size > mostRemembered && oldest !== undefined) this.#seen.delete(oldest)
  }
}
