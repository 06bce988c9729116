import { Effect, Schema } from "effect"
import { decode } from "../Objects.ts"
import { make as makeTool, type Tool, ToolError } from "../Tool.ts"
import { inOrder } from "./FileOrder.ts"
import { bounded, MAX_CHARACTERS, type ToolContext } from "./Reading.ts"
import * as Ripgrep from "./Ripgrep.ts"
import * as Spelling from "./Spelling.ts"

const withoutNul = Schema.isPattern(/^[^\0\n]*$/, { message: "Expected one line without NUL characters" })

const Input = Schema.Struct({
  pattern: Schema.NonEmptyString.check(withoutNul, Schema.isMaxLength(2000)).annotate({
    description: "A regular expression in Rust's syntax, matched against each line: `foo|bar`, `\\d+`, `(?i)todo`."
  }),
  path: Schema.optionalKey(
    Schema.String.annotate({
      description: "A file or directory to search, relative to the repository's root (the default)."
    })
  ),
  include: Schema.optionalKey(
    Schema.NonEmptyString.check(withoutNul).annotate({
      description: "A glob for the files to search: `*.ts`, `src/**`."
    })
  ),
  context: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 })).annotate({
      description: "Lines before and after each match. Default: 0."
    })
  )
})

const options = [
  "--line-number",
  "--with-filename",
  "--heading",
  "--null",
  "--crlf",
  "--max-columns=500",
  "--max-columns-preview",
  "--max-filesize=10M",
  // Memory of a pattern, which ripgrep would else let grow to a gigabyte.
  "--regex-size-limit=16M",
  "--dfa-size-limit=16M"
]

/** The lines that were found in a file. */
interface Section {
  readonly path: string
  readonly lines: ReadonlyArray<string>
}

/** Reads ripgrep's answer: a file's path ends with NUL, and its lines follow. */
const sectionsIn = (text: string): ReadonlyArray<Section> => {
  const sections: Array<{ readonly path: string; readonly lines: Array<string> }> = []
  for (const line of text.split("\n")) {
    const end = line.indexOf("\0")
    if (end !== -1) sections.push({ path: line.slice(0, end).replace(/^\.\/+/, ""), lines: [line.slice(end + 1)] })
    else if (line !== "") sections.at(-1)?.lines.push(line)
  }
  return sections
}

/** A found line with its file's path; lines around a match have dashes in place of colons. */
const shownIn = (path: string) => (line: string): string =>
  line.replace(/^(\d+)([:-])/, (_, number: string, mark: string) => `${path}${mark}${number}${mark}`)

const grep = Effect.fnUntraced(function*(reading: ToolContext, input: typeof Input.Type) {
  const target = yield* Spelling.real(reading, "path", input.path ?? ".", "Either")
  const include = input.include === undefined ? [] : [`--glob=${input.include}`]
  const context = input.context === undefined ? [] : [`--context=${input.context}`]
  const args = [...options, ...context, ...include, "-e", input.pattern, "--", `./${target.inside}`]
  const found = yield* Ripgrep.run("Grep", reading.directory, args, 4 * MAX_CHARACTERS)
  const sections = sectionsIn(decode(found.stdout).replace(/\r\n/g, "\n"))
  const parts = inOrder(sections).map(({ lines, path }) => lines.map(shownIn(path)).join("\n"))
  const text = parts.join(input.context ? "\n--\n" : "\n")
  if (text !== "") return bounded(text, found.cut)
  if (found.exitCode !== 2) return `No matches found for pattern: ${input.pattern}`
  const limits = /look-around|backreference/i.test(found.stderr) ? " Look-around and back-references do not exist." : ""
  return yield* new ToolError({ message: `grep error: ${Ripgrep.complaint(found.stderr)}${limits}` })
})

/** Searches the files' lines. */
export const make = (reading: ToolContext): Tool =>
  makeTool({
    name: "Grep",
    description: "Search the files of the reviewed commit by a regular expression. Answers `path:line:text`, code " +
      "before tests, documents and translations. " +
      `Binary files and files over 10 MB are skipped; at most ${MAX_CHARACTERS} characters are shown.`,
    input: Input,
    run: (input) => Effect.provide(grep(reading, input), reading.services)
  })
