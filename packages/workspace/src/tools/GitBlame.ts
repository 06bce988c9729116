import { Effect, Schema } from "effect"
import { make as makeTool, type Tool } from "../Tool.ts"
import { answer, commitOf, ensureSmall, FilePath, Line, lineRange, Revision } from "./GitQuery.ts"
import type { ToolContext } from "./Reading.ts"
import * as Spelling from "./Spelling.ts"

const Input = Schema.Struct({
  path: FilePath,
  start_line: Schema.optionalKey(Line.annotate({ description: "Default: the whole file." })),
  end_line: Schema.optionalKey(Line.annotate({ description: "Default: start_line." })),
  revision: Schema.optionalKey(Revision.annotate({ description: "Default: HEAD." }))
})

const blame = Effect.fnUntraced(function*(reading: ToolContext, input: typeof Input.Type) {
  const commit = yield* commitOf(reading, "revision", input.revision ?? "HEAD")
  const path = yield* Spelling.relative(reading, "path", input.path)
  const range = yield* lineRange(input)
  yield* ensureSmall(reading, commit, path)
  return yield* answer(
    reading,
    ["blame", "--date=short", ...(range === undefined ? [] : ["-L", range]), commit, "--", path],
    "(the file is empty)"
  )
})

/** Tells which commit last changed each line. */
export const make = (reading: ToolContext): Tool =>
  makeTool({
    name: "GitBlame",
    description: "Show for each line of a file the commit, author and date that last changed it. " +
      "`^` before a commit: there or earlier, for older history is not here.",
    input: Input,
    run: (input) => Effect.provide(blame(reading, input), reading.services)
  })
