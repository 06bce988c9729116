import type { ChangedFile, Side } from "@nominal-code/domain/diff/Patch"
import type { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { grammarOf } from "@nominal-code/workspace/syntax/Grammar"
import type { Outline } from "@nominal-code/workspace/syntax/Outline"
import type { Checkout } from "@nominal-code/workspace/Workspace"
import { Effect, Option } from "effect"
import type { FileOutlines } from "./Symbols.ts"

/** Number of files whose outlines are made. */
const mostFiles = 60

const empty: Outline = { definitions: [], mentions: {}, errors: 0 }

const outline = Effect.fnUntraced(
  function*({ lines, syntax }: Pick<Checkout, "lines" | "syntax">, side: Side, path: RepoPath) {
    const found = yield* Effect.orElseSucceed(lines(side, path), () => Option.none())
    return Option.isNone(found) ? Option.none() : yield* syntax.outline(path, found.value.join("\n"))
  }
)

/** The outlines of changed files on both sides, of those in a language with a grammar. */
export const outlinesOf = Effect.fnUntraced(
  function*(checkout: Pick<Checkout, "lines" | "syntax">, files: ReadonlyArray<ChangedFile>) {
    const parsed = files.filter(({ patch, path }) => patch !== undefined && grammarOf(path) !== undefined)
    const found = new Map<ChangedFile, FileOutlines>()
    for (const file of parsed.slice(0, mostFiles)) {
      const { path, previousPath = path, status } = file
      const base = status === "added" ? Option.some(empty) : yield* outline(checkout, "LEFT", previousPath)
      const head = status === "removed" ? Option.some(empty) : yield* outline(checkout, "RIGHT", path)
      if (Option.isSome(base) && Option.isSome(head)) found.set(file, { base: base.value, head: head.value })
    }
    return found
  }
)
