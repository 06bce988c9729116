import { escapePath } from "@nominal-code/domain/file/RepoPathSpelling"
import { Effect, Schema } from "effect"
import { make as makeTool, type Tool, ToolError } from "../Tool.ts"
import { inOrder } from "./FileOrder.ts"
import * as FileSearch from "./FileSearch.ts"
import * as GlobPattern from "./GlobPattern.ts"
import { bounded, MAX_CHARACTERS, type ToolContext } from "./Reading.ts"
import * as SearchedFiles from "./SearchedFiles.ts"
import * as Spelling from "./Spelling.ts"

const withoutNul = Schema.isPattern(/^[^\0\n]*$/, { message: "Expected one line without NUL characters" })

const Input = Schema.Struct({
  pattern: Schema.NonEmptyString.check(withoutNul, Schema.isMaxLength(2000)).annotate({
    description: "A regular expression in Rust's syntax, for one line: `foo|bar`, `\\d+`, `(?i)todo`."
  }),
  path: Schema.optionalKey(
    Schema.String.annotate({
      description: "A file or directory. Default: the root."
    })
  ),
  include: Schema.optionalKey(
    Schema.NonEmptyString.check(withoutNul).annotate({
      description: "A glob for the files: `*.ts`, `src/**`."
    })
  ),
  context: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 })).annotate({
      description: "Lines before and after each match. Default: 0."
    })
  )
})

const options = [
  "--max-columns=500",
  "--max-columns-preview",
  // Memory of a pattern, which ripgrep would else let grow to a gigabyte.
  "--regex-size-limit=16M",
  "--dfa-size-limit=16M"
]

/** Shows the lines of a file with its path; lines around a match have dashes in place of colons. */
const shown = (lines: ReadonlyArray<FileSearch.FoundLine>, context = 0): string =>
  lines.flatMap(({ isMatch, line, path, text }, at) => {
    const mark = isMatch ? ":" : "-"
    const isApart = context > 0 && at > 0 && lines[at - 1]?.line !== line - 1
    return [...(isApart ? ["--"] : []), `${escapePath(path)}${mark}${line}${mark}${text}`]
  }).join("\n")

const filesIn = Effect.fnUntraced(function*(reading: ToolContext, inside: string, include: string | undefined) {
  const files = (yield* reading.listing).filter(({ path }) =>
    inside === "" || path === inside || path.startsWith(`${inside}/`)
  )
  if (include === undefined) return files
  const included = new Set(yield* GlobPattern.matchInclude("Grep", include, files.map(({ path }) => path)))
  return files.filter(({ path }) => included.has(path))
})

const grep = Effect.fnUntraced(function*(
  reading: ToolContext,
  searched: ReturnType<typeof SearchedFiles.make>,
  input: typeof Input.Type
) {
  const { inside } = yield* Spelling.locate(reading, "path", input.path ?? ".", "Either")
  const search = {
    tool: "Grep",
    args: [...options, "-e", input.pattern],
    context: input.context,
    maxBytes: 4 * MAX_CHARACTERS
  }
  const { cut, lines } = yield* filesIn(reading, inside, input.include).pipe(
    Effect.flatMap((files) => searched(files, { inside, pattern: input.pattern })),
    Effect.flatMap((files) => FileSearch.search(reading, files, search)),
    Effect.mapError(({ message }) => {
      const limits = /look-around|backreference/i.test(message) ? " Look-around and back-references do not exist." : ""
      return new ToolError({ message: `grep error: ${message}${limits}` })
    })
  )
  const sections = inOrder(Array.from(Map.groupBy(lines, ({ path }) => path), ([path, lines]) => ({ path, lines })))
  const text = sections.map(({ lines }) => shown(lines, input.context)).join(input.context ? "\n--\n" : "\n")
  return text === "" ? `No matches found for pattern: ${input.pattern}` : bounded(text, cut)
})

/** Searches the files' lines. */
export const make = (reading: ToolContext): Tool => {
  const searched = SearchedFiles.make(reading)
  return makeTool({
    name: "Grep",
    description: "Search the files. Answers `path:line:text`, code before tests and documents, at most " +
      `${MAX_CHARACTERS} characters. Binary files and files over 10 MB are skipped.`,
    input: Input,
    run: (input) => Effect.provide(grep(reading, searched, input), reading.services)
  })
}
