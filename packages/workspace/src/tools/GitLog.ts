import { Effect, Schema } from "effect"
import { make as makeTool, type Tool, ToolError } from "../Tool.ts"
import { answer, commitOf, ensureSmall, FilePath, Line, lineRange, Revision } from "./GitQuery.ts"
import type { ToolContext } from "./Reading.ts"
import * as Spelling from "./Spelling.ts"

const DEFAULT_COUNT = 20
const MAX_COUNT = 200

const Input = Schema.Struct({
  path: Schema.optionalKey(FilePath.annotate({ description: "Only commits of this file or directory." })),
  start_line: Schema.optionalKey(
    Line.annotate({ description: "With path: only commits of the lines from here…" })
  ),
  end_line: Schema.optionalKey(Line.annotate({ description: "…to here." })),
  revision: Schema.optionalKey(Revision.annotate({ description: "Where to start. Default: HEAD." })),
  max_count: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: MAX_COUNT })).annotate({
      description: `Default: ${DEFAULT_COUNT}.`
    })
  )
})

const log = Effect.fnUntraced(function*(reading: ToolContext, input: typeof Input.Type) {
  const commit = yield* commitOf(reading, "revision", input.revision ?? "HEAD")
  const path = input.path === undefined ? "" : yield* Spelling.relative(reading, "path", input.path)
  const range = yield* lineRange(input)
  if (range !== undefined && path === "") {
    return yield* new ToolError({ message: "path: expected a file, because start_line is given." })
  }
  if (range !== undefined) yield* ensureSmall(reading, commit, path)
  const args = ["log", "--no-color", "--no-decorate", "--no-patch", "--date=short", "--format=%h %ad %an: %s"]
  return yield* answer(
    reading,
    [
      ...args,
      `--max-count=${input.max_count ?? DEFAULT_COUNT}`,
      ...(range === undefined ? [] : [`-L${range}:${path}`]),
      commit,
      "--",
      ...(range === undefined && path !== "" ? [path] : [])
    ],
    "(no commits)"
  )
})

/** Lists commits. */
export const make = (reading: ToolContext): Tool =>
  makeTool({
    name: "GitLog",
    description: "List commits, newest first: hash, date, author, subject. Old history may not be there.",
    input: Input,
    run: (input) => Effect.provide(log(reading, input), reading.services)
  })
