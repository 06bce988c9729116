import type { ChangedFile, Side } from "@nominal-code/domain/diff/Patch"
import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { makeSpellingsInTurns, type PathMatch } from "@nominal-code/domain/file/RepoPathSpelling"
import type { Checkout } from "@nominal-code/workspace/Workspace"
import { Effect, Option, Schema } from "effect"

/** The files of a checkout on both sides of its change, each read once. */
export interface SourceFiles {
  /** Finds the file that a written path means. */
  meant(side: Side, written: string): Effect.Effect<PathMatch>
  /** Reads the lines of a file; none of one that is not there or cannot be read. */
  lines(side: Side, path: string): Effect.Effect<Option.Option<ReadonlyArray<string>>>
}

const isPath = Schema.is(RepoPath)

/** Makes a reader of lines that reads each file once. What git cannot tell counts as not there. */
export const readingOnce = (checkout: Pick<Checkout, "lines">): SourceFiles["lines"] => {
  const texts = new Map<string, Option.Option<ReadonlyArray<string>>>()
  return Effect.fnUntraced(function*(side, path) {
    const key = `${side} ${path}`
    const known = texts.get(key)
    if (known !== undefined) return known
    const lines = isPath(path)
      ? yield* Effect.orElseSucceed(checkout.lines(side, path), () => Option.none<ReadonlyArray<string>>())
      : Option.none<ReadonlyArray<string>>()
    texts.set(key, lines)
    return lines
  })
}

/** Makes the files of a checkout. */
export const makeSourceFiles = Effect.fnUntraced(
  function*({ checkout, files }: { readonly checkout: Checkout; readonly files: ReadonlyArray<ChangedFile> }) {
    const changed = files.flatMap(({ path, previousPath }) =>
      previousPath === undefined ? [path] : [path, previousPath]
    )
    const spellings = (side: Side) =>
      Effect.cached(Effect.map(
        Effect.orElseSucceed(checkout.paths(side), (): ReadonlyArray<RepoPath> => []),
        (paths) => makeSpellingsInTurns([...paths, ...changed])
      ))
    const bySide = { LEFT: yield* spellings("LEFT"), RIGHT: yield* spellings("RIGHT") }
    const lines = readingOnce(checkout)
    const known = new Set<string>(changed)
    const sources: SourceFiles = {
      // The paths of 10,000 files are listed only for one that is written as none of them is.
      meant: Effect.fnUntraced(function*(side, written) {
        if (known.has(written) || Option.isSome(yield* lines(side, written))) {
          const exact: PathMatch = { _tag: "One", path: written }
          return exact
        }
        return yield* (yield* bySide[side])(written)
      }),
      lines
    }
    return sources
  }
)
