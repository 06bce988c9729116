import { Effect, Schema } from "effect"
import * as Objects from "../Objects.ts"
import { make as makeTool, type Tool } from "../Tool.ts"
import { answer, commitOf, ensureSmall, FilePath, pageFields, Revision } from "./GitQuery.ts"
import type { ToolContext } from "./Reading.ts"
import * as Spelling from "./Spelling.ts"

const Input = Schema.Struct({
  from: Schema.optionalKey(Revision.annotate({ description: "Default: BASE." })),
  to: Schema.optionalKey(Revision.annotate({ description: "Default: HEAD." })),
  path: Schema.optionalKey(FilePath.annotate({ description: "Only this file or directory." })),
  context: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100 })).annotate({
      description: "Unchanged lines around each change. Default: 3."
    })
  ),
  ...pageFields
})

const diff = Effect.fnUntraced(function*(reading: ToolContext, input: typeof Input.Type) {
  const from = yield* commitOf(reading, "from", input.from ?? "BASE")
  const to = yield* commitOf(reading, "to", input.to ?? "HEAD")
  const path = input.path === undefined ? "" : yield* Spelling.relative(reading, "path", input.path)
  if (path !== "") yield* Effect.forEach([from, to], (commit) => ensureSmall(reading, commit, path), { discard: true })
  const args = ["diff", ...Objects.diffOptions, `--unified=${input.context ?? 3}`, from, to, "--"]
  return yield* answer(reading, path === "" ? args : [...args, path], "(no differences)", input)
})

/** Compares two commits. */
export const make = (reading: ToolContext): Tool =>
  makeTool({
    name: "GitDiff",
    description: "Show what differs between two commits; by default all that the pull request changes.",
    input: Input,
    run: (input) => Effect.provide(diff(reading, input), reading.services)
  })
