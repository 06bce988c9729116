import { escapePath } from "@nominal-code/domain/RepoPathSpelling"
import { Effect, Path, Schema } from "effect"
import { decode } from "../Objects.ts"
import { make as makeTool, type Tool, ToolError } from "../Tool.ts"
import type { ToolContext } from "./Reading.ts"
import * as Ripgrep from "./Ripgrep.ts"
import * as Spelling from "./Spelling.ts"

const MAX_FILES = 200
const MAX_BYTES = 1024 * 1024

const Input = Schema.Struct({
  pattern: Schema.NonEmptyString.check(
    Schema.isPattern(/^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$))[^\0]*$/s, {
      message: "Expected a glob relative to path, without .. and without a leading slash"
    })
  ).annotate({ description: "A glob such as `src/**/*.ts` or `*.{json,yaml}`; `**` crosses directories." }),
  path: Schema.optionalKey(
    Schema.String.annotate({
      description: "The directory to look in, relative to the repository's root (the default)."
    })
  )
})

const glob = Effect.fnUntraced(function*(reading: ToolContext, input: typeof Input.Type) {
  const path = yield* Path.Path
  const base = yield* Spelling.real(reading, "path", input.path ?? ".", "Directory")
  // The leading slash ties the pattern to the directory, and keeps a leading `!` from turning it around.
  const list = (pattern: string) =>
    Ripgrep.run("Glob", base.absolute, ["--files", "--null", `--glob=/${pattern}`], MAX_BYTES)
  // The same letters can be written composed or decomposed, and a model cannot see which it was.
  const patterns = new Set([input.pattern, input.pattern.normalize("NFC"), input.pattern.normalize("NFD")])
  let found = yield* list(input.pattern)
  for (const pattern of patterns) if (found.stdout.length === 0) found = yield* list(pattern)
  if (found.exitCode === 2 && found.stdout.length === 0) {
    return yield* new ToolError({ message: `pattern: ${Ripgrep.complaint(found.stderr)}` })
  }
  const names = decode(found.stdout).split("\0")
  // What follows the last NUL is nothing, or the half of a name.
  names.pop()
  if (names.length === 0) return `No files matched pattern: ${input.pattern}`
  const shown = names.slice(0, MAX_FILES).map((name) => escapePath(path.join(base.inside, name)))
  return found.cut || names.length > MAX_FILES
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
