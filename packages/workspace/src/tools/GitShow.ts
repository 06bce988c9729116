import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { Effect, Option, Schema } from "effect"
import * as Objects from "../Objects.ts"
import { make as makeTool, type Tool, ToolError } from "../Tool.ts"
import { answer, commitOf, ensureSmall, FilePath, pageFields, Revision } from "./GitQuery.ts"
import { type Page, paged, type ToolContext } from "./Reading.ts"
import * as Spelling from "./Spelling.ts"

const Input = Schema.Struct({
  revision: Revision.annotate({ description: "HEAD, HEAD~n, BASE, BASE~n, or a hash." }),
  path: Schema.optionalKey(
    FilePath.annotate({ description: "Only this file or directory." })
  ),
  content: Schema.optionalKey(
    Schema.Boolean.annotate({
      description: "With path: the whole file as it was, its lines numbered."
    })
  ),
  ...pageFields
})

const format = "--format=commit %H%nauthor %an%ndate   %ad%n%n%B"

const contentOf = Effect.fnUntraced(
  function*(reading: ToolContext, commit: Parameters<typeof Objects.file>[1], path: string, page: Page) {
    const missing = new ToolError({ message: `path: there is no text file ${path} at that commit.` })
    const file = yield* Effect.mapError(Schema.decodeEffect(RepoPath)(path), () => missing)
    const text = yield* Effect.mapError(
      Objects.file(reading.objects, commit, file),
      (error) => new ToolError({ message: error.message })
    )
    if (Option.isNone(text) || text.value.includes("\0")) return yield* missing
    if (text.value === "") return "(the file is empty)"
    const lines = text.value.replace(/\n$/, "").split("\n")
    return paged(lines, page, false, (line, at) => `${String(at + 1).padStart(6)}\t${line.replace(/\r$/, "")}`)
  }
)

const show = Effect.fnUntraced(function*(reading: ToolContext, input: typeof Input.Type) {
  const commit = yield* commitOf(reading, "revision", input.revision)
  const path = input.path === undefined ? "" : yield* Spelling.relative(reading, "path", input.path)
  if (input.content === true) {
    if (path === "") return yield* new ToolError({ message: "path: expected a file, because content is true." })
    return yield* contentOf(reading, commit, path, input)
  }
  if (path !== "") yield* ensureSmall(reading, commit, path)
  const args = [
    "show",
    format,
    "--date=short",
    "--no-decorate",
    "--stat",
    "--patch",
    ...Objects.diffOptions,
    commit,
    "--"
  ]
  return yield* answer(reading, path === "" ? args : [...args, path], "(the commit did not change that path)", input)
})

/** Shows one commit, or one file as it was. */
export const make = (reading: ToolContext): Tool =>
  makeTool({
    name: "GitShow",
    description: "Show a commit's message and what it changed, or with content: true a file as it was then.",
    input: Input,
    run: (input) => Effect.provide(show(reading, input), reading.services)
  })
