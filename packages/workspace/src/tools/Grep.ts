import { Effect, Schema } from "effect"
import { decode } from "../Objects.ts"
import { make as makeTool, type Tool, ToolError } from "../Tool.ts"
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
  )
})

const options = [
  "--line-number",
  "--with-filename",
  "--no-heading",
  "--crlf",
  "--max-columns=500",
  "--max-columns-preview",
  "--max-filesize=10M",
  // Memory of a pattern, which ripgrep would else let grow to a gigabyte.
  "--regex-size-limit=16M",
  "--dfa-size-limit=16M"
]

const grep = Effect.fnUntraced(function*(reading: ToolContext, input: typeof Input.Type) {
  const target = yield* Spelling.real(reading, "path", input.path ?? ".", "Either")
  const include = input.include === undefined ? [] : [`--glob=${input.include}`]
  const args = [...options, ...include, "-e", input.pattern, "--", `./${target.inside}`]
  const found = yield* Ripgrep.run("Grep", reading.directory, args, 4 * MAX_CHARACTERS)
  const text = decode(found.stdout).replace(/\r?\n$/, "").replace(/\r\n/g, "\n").replace(/^\.\/+/gm, "")
  if (text !== "") return bounded(text, found.cut)
  if (found.exitCode !== 2) return `No matches found for pattern: ${input.pattern}`
  const limits = /look-around|backreference/i.test(found.stderr) ? " Look-around and back-references do not exist." : ""
  return yield* new ToolError({ message: `grep error: ${Ripgrep.complaint(found.stderr)}${limits}` })
})

/** Searches the files' lines. */
export const make = (reading: ToolContext): Tool =>
  makeTool({
    name: "Grep",
    description: "Search the files of the reviewed commit by a regular expression. Answers `path:line:text`. " +
      `Binary files and files over 10 MB are skipped; at most ${MAX_CHARACTERS} characters are shown.`,
    input: Input,
    run: (input) => Effect.provide(grep(reading, input), reading.services)
  })
