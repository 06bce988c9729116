import type { ChangedFile, Side } from "@nominal-code/domain/diff/Patch"
import type { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { grammarOf } from "@nominal-code/workspace/syntax/Grammar"
import type { Outline } from "@nominal-code/workspace/syntax/Outline"
import { longest } from "@nominal-code/workspace/syntax/Syntax"
import type { Checkout } from "@nominal-code/workspace/Workspace"
import { Array, Effect, Option, Semaphore } from "effect"
import type { FileOutlines } from "./Symbols.ts"

/** Number of files whose outlines are made. */
const mostFiles = 60
/** Number of files whose texts wait for the parser, on both sides: it takes short ones together. */
const atOnce = 16
/** Number of texts that are read at once: each may take 16 MiB, of which the parser takes no large one. */
const readsAtOnce = 4

const empty: Outline = { definitions: [], mentions: {}, errors: 0 }

/** Checkout whose texts are read some at a time. */
interface Source extends Pick<Checkout, "lines" | "syntax"> {
  readonly reads: Semaphore.Semaphore
}

const outline = Effect.fnUntraced(function*({ lines, reads, syntax }: Source, side: Side, path: RepoPath) {
  const text = yield* lines(side, path).pipe(
    Effect.map(Option.map((found) => found.join("\n"))),
    Effect.map(Option.filter(({ length }) => length <= longest)),
    Effect.orElseSucceed(() => Option.none<string>()),
    Semaphore.withPermit(reads)
  )
  return Option.isNone(text) ? Option.none() : yield* syntax.outline(path, text.value)
})

const ofFile = Effect.fnUntraced(
  function*(source: Source, { path, previousPath = path, status }: ChangedFile) {
    const sides = yield* Effect.all({
      base: status === "added" ? Effect.succeedSome(empty) : outline(source, "LEFT", previousPath),
      head: status === "removed" ? Effect.succeedSome(empty) : outline(source, "RIGHT", path)
    }, { concurrency: 2 })
    const outlines: Option.Option<FileOutlines> = Option.all(sides)
    return outlines
  }
)

/** The outlines of changed files on both sides, of those in a language with a grammar. */
export const outlinesOf = Effect.fnUntraced(
  function*(checkout: Pick<Checkout, "lines" | "syntax">, files: ReadonlyArray<ChangedFile>) {
    const parsed = files.filter(({ patch, path }) => patch !== undefined && grammarOf(path) !== undefined)
    const source: Source = { ...checkout, reads: yield* Semaphore.make(readsAtOnce) }
    const found = yield* Effect.forEach(
      parsed.slice(0, mostFiles),
      (file) => Effect.map(ofFile(source, file), Option.map((outlines) => [file, outlines] as const)),
      { concurrency: atOnce }
    )
    return new Map(Array.getSomes(found))
  }
)
