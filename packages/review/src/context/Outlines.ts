import type { ChangedFile, Side } from "@nominal-code/domain/diff/Patch"
import type { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { grammarOf } from "@nominal-code/workspace/syntax/Grammar"
import type { Outline } from "@nominal-code/workspace/syntax/Outline"
import type { Checkout } from "@nominal-code/workspace/Workspace"
import { Array, Effect, Option } from "effect"
import type { FileOutlines } from "./Symbols.ts"

/** Number of files whose outlines are made. */
const mostFiles = 60
/** Number of files that are read at once, on both sides, while the parser is at work on others. */
const atOnce = 2

const empty: Outline = { definitions: [], mentions: {}, errors: 0 }

const outline = Effect.fnUntraced(
  function*({ lines, syntax }: Pick<Checkout, "lines" | "syntax">, side: Side, path: RepoPath) {
    const found = yield* Effect.orElseSucceed(lines(side, path), () => Option.none())
    return Option.isNone(found) ? Option.none() : yield* syntax.outline(path, found.value.join("\n"))
  }
)

const ofFile = Effect.fnUntraced(
  function*(checkout: Pick<Checkout, "lines" | "syntax">, { path, previousPath = path, status }: ChangedFile) {
    const sides = yield* Effect.all({
      base: status === "added" ? Effect.succeedSome(empty) : outline(checkout, "LEFT", previousPath),
      head: status === "removed" ? Effect.succeedSome(empty) : outline(checkout, "RIGHT", path)
    }, { concurrency: 2 })
    const outlines: Option.Option<FileOutlines> = Option.all(sides)
    return outlines
  }
)

/** The outlines of changed files on both sides, of those in a language with a grammar. */
export const outlinesOf = Effect.fnUntraced(
  function*(checkout: Pick<Checkout, "lines" | "syntax">, files: ReadonlyArray<ChangedFile>) {
    const parsed = files.filter(({ patch, path }) => patch !== undefined && grammarOf(path) !== undefined)
    const found = yield* Effect.forEach(
      parsed.slice(0, mostFiles),
      (file) => Effect.map(ofFile(checkout, file), Option.map((outlines) => [file, outlines] as const)),
      { concurrency: atOnce }
    )
    return new Map(Array.getSomes(found))
  }
)
