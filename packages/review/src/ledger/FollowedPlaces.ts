import { parsePatch } from "@nominal-code/domain/diff/Hunk"
import type { ChangedFile } from "@nominal-code/domain/diff/Patch"
import { RepoPath, type Sha } from "@nominal-code/domain/event/PullRequest"
import type { Checkout } from "@nominal-code/workspace/Workspace"
import { Effect, Option, Schema } from "effect"
import type { LedgerFinding } from "./Ledger.ts"
import type { PriorPlace } from "./PriorFindings.ts"

type PatchLines = ReturnType<typeof parsePatch>[number]["lines"]

/** New lines of the block of changes that a deleted line is in: what has taken its place. */
const blockAround = (lines: PatchLines, at: number): ReadonlyArray<number> => {
  const isEnd = ({ kind }: PatchLines[number]) => kind === "context"
  const start = lines.slice(0, at).findLastIndex(isEnd) + 1
  const end = lines.findIndex((line, index) => index > at && isEnd(line))
  return lines.slice(start, end === -1 ? undefined : end).flatMap((line) => line.kind === "added" ? [line.newLine] : [])
}

const oldLineOf = (line: PatchLines[number]): number | undefined => line.kind === "added" ? undefined : line.oldLine

/** Follows a line of the old file through a patch: to its line in the new one, or to the lines that took its place. */
export const followLine = (patch: string, old: number): Pick<PriorPlace, "line" | "replacedBy"> => {
  let shift = 0
  for (const { lines } of parsePatch(patch)) {
    const first = lines.map(oldLineOf).find((line) => line !== undefined)
    if (first !== undefined && old < first) break
    const at = lines.findIndex((line) => oldLineOf(line) === old)
    const found = lines[at]
    if (found?.kind === "context") return { line: found.newLine }
    if (found !== undefined) return { replacedBy: blockAround(lines, at) }
    for (const { kind } of lines) shift += kind === "added" ? 1 : kind === "deleted" ? -1 : 0
  }
  return { line: old + shift }
}

const isPath = Schema.is(RepoPath)

const followPlace = (place: PriorPlace, files: ReadonlyArray<ChangedFile>): PriorPlace => {
  const { originalLine } = place
  if (originalLine === undefined) return place
  const file = files.find((one) => (one.previousPath ?? one.path) === place.path)
  if (file === undefined) return { ...place, line: originalLine }
  if (file.status === "removed") return { ...place, replacedBy: [] }
  return { ...place, path: file.path, ...followLine(file.patch ?? "", originalLine) }
}

/** Makes the reads of what has changed since a commit, each once. A commit that is gone, or cannot be read, gives none. */
export const makeChangedSince = (checkout: Checkout) => {
  const known = new Map<Sha, Option.Option<ReadonlyArray<ChangedFile>>>()
  return Effect.fnUntraced(function*(commit: Sha) {
    const there = known.get(commit)
    if (there !== undefined) return there
    const files = yield* Effect.orElseSucceed(checkout.since(commit), () => Option.none<ReadonlyArray<ChangedFile>>())
    known.set(commit, files)
    return files
  })
}

/**
 * Follows the findings of earlier commits to their present lines, where the forge has not: by what git knows of the
 * changes since the commit that each was raised on.
 */
export const followPlaces = Effect.fn("FollowedPlaces.followPlaces")(
  function*(ledger: ReadonlyArray<LedgerFinding>, checkout: Checkout) {
    const changedSince = makeChangedSince(checkout)
    return yield* Effect.forEach(ledger, (finding) =>
      Effect.gen(function*() {
        const { headSha, place, state } = finding
        if (place === undefined || headSha === undefined || state === "fixed") return finding
        if (place.side === "LEFT" || place.line !== undefined || !isPath(place.path)) return finding
        const changed = yield* changedSince(headSha)
        return Option.match(changed, {
          onNone: () => finding,
          onSome: (files): LedgerFinding => ({ ...finding, place: followPlace(place, files) })
        })
      }))
  }
)
