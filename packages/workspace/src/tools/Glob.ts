import { escapePath } from "@nominal-code/domain/file/RepoPathSpelling"
import { Effect, Path, Schema } from "effect"
import { make as makeTool, type Tool, ToolError } from "../Tool.ts"
import * as GlobPattern from "./GlobPattern.ts"
import type { ToolContext } from "./Reading.ts"
import * as Spelling from "./Spelling.ts"

const MAX_FILES = 200

const Input = Schema.Struct({
  pattern: Schema.NonEmptyString.check(
    Schema.isPattern(/^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$))[^\0]*$/s, {
      message: "Expected a glob relative to path, without .. and without a leading slash"
    })
  ).annotate({ description: "`src/**/*.ts`, `*.{json,yaml}`; `**` crosses directories." }),
  path: Schema.optionalKey(
    Schema.String.annotate({
      description: "A directory. Default: the root."
    })
  )
})

const inPattern = ({ message }: ToolError) => new ToolError({ message: `pattern: ${message}` })

const glob = Effect.fnUntraced(function*(reading: ToolContext, input: typeof Input.Type) {
  const path = yield* Path.Path
  const { inside } = yield* Spelling.locate(reading, "path", input.path ?? ".", "Directory")
  const prefix = inside === "" ? "" : `${inside}/`
  const files = yield* Effect.mapError(reading.listing, ({ message }) => new ToolError({ message }))
  const all = files.flatMap(({ mode, path }) =>
    mode !== "160000" && path.startsWith(prefix) ? [path.slice(prefix.length)] : []
  )
  // The same letters can be written composed or decomposed, and a model cannot see which it was.
  const patterns = new Set([input.pattern, input.pattern.normalize("NFC"), input.pattern.normalize("NFD")])
  let names: ReadonlyArray<string> = []
  for (const pattern of patterns) {
    if (names.length === 0) names = yield* Effect.mapError(GlobPattern.matchGlob("Glob", pattern, all), inPattern)
  }
  if (names.length === 0) return `No files matched pattern: ${input.pattern}`
  const shown = names.slice(0, MAX_FILES).map((name) => escapePath(path.join(inside, name)))
  return names.length > MAX_FILES
    ? `${shown.join("\n")}\n...(truncated: the first ${shown.length} files are shown)`
    : shown.join("\n")
})

/** Lists the files whose paths match a pattern. */
export const make = (reading: ToolContext): Tool =>
  makeTool({
    name: "Glob",
    description: `List the files whose paths match a glob, sorted, at most ${MAX_FILES}. Hidden files are included.`,
    input: Input,
    run: (input) => Effect.provide(glob(reading, input), reading.services)
  })
