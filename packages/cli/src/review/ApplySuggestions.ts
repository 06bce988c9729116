import { escapePath } from "@nominal-code/domain/file/RepoPathSpelling"
import { Console, Effect, FileSystem, Option, Path, Terminal } from "effect"
import process from "node:process"
import type { ReviewedFinding } from "../ReviewedFinding.ts"
import { placeOf, type ReviewReport } from "./ReviewReport.ts"
import { printable } from "./TerminalText.ts"

/** Suggestions to apply: all of them, or those that the person at the terminal agrees to. */
export type ApplyChoice = "ask" | "all"

type Answer = "yes" | "no" | "all" | "quit"

const answers: Readonly<Record<string, Answer>> = {
  y: "yes",
  yes: "yes",
  a: "all",
  all: "all",
  q: "quit",
  quit: "quit"
}

/** Asks on the terminal. The end of the input is `quit`. */
const ask = Effect.fnUntraced(function*(question: string) {
  const terminal = yield* Terminal.Terminal
  yield* Effect.sync(() => void process.stderr.write(question))
  const answer = yield* Effect.orElseSucceed(terminal.readLine, () => "quit")
  return answers[answer.trim().toLowerCase()] ?? "no"
})

const nameOf = (finding: ReviewedFinding): string => `${escapePath(finding.path)}:${placeOf(finding)}`

const firstLine = ({ line, startLine = line }: ReviewedFinding): number => startLine

const overlap = (one: ReviewedFinding, other: ReviewedFinding): boolean =>
  one.path === other.path && firstLine(one) <= other.line && firstLine(other) <= one.line

/** The findings whose suggestions are agreed to, and whose lines no earlier one of them replaces. */
const chosenOf = Effect.fnUntraced(function*(findings: ReadonlyArray<ReviewedFinding>, choice: ApplyChoice) {
  const chosen: Array<ReviewedFinding> = []
  let agreed = choice === "all"
  for (const finding of findings) {
    if (chosen.some((other) => overlap(other, finding))) {
      yield* Console.error(`Not applied: ${nameOf(finding)}: another suggestion replaces these lines`)
      continue
    }
    const answer = agreed
      ? "all"
      : yield* ask(`Apply the suggestion for ${nameOf(finding)}? [y]es, [N]o, [a]ll, [q]uit `)
    if (answer === "quit") break
    agreed = answer === "all"
    if (answer !== "no") chosen.push(finding)
  }
  return chosen
})

/** The lines of a file with the suggestions in place, from the last one up, so that line numbers hold. */
const replaced = (lines: ReadonlyArray<string>, findings: ReadonlyArray<ReviewedFinding>): ReadonlyArray<string> => {
  const lineEnd = lines[0]?.endsWith("\r") === true ? "\r" : ""
  return findings.toSorted((one, other) => other.line - one.line).reduce((text, finding) => {
    const { line, suggestion = "" } = finding
    const added = suggestion === "" ? [] : suggestion.replace(/\n$/, "").split("\n").map((one) => one + lineEnd)
    return [...text.slice(0, firstLine(finding) - 1), ...added, ...text.slice(line)]
  }, lines)
}

/** Text of a file of the repository; none if it is no regular file there, or is reached over a link. */
const textOf = Effect.fnUntraced(function*(repository: string, file: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const root = yield* fs.realPath(repository)
  const real = yield* fs.realPath(file)
  if (real !== path.join(root, path.relative(repository, file)) || (yield* fs.stat(real)).type !== "File") {
    return Option.none<string>()
  }
  return Option.some(yield* fs.readFileString(real))
}, Effect.orElseSucceed(() => Option.none<string>()))

/** Writes the suggestions of one file. Answers with false where the file is not the one that was reviewed. */
const write = Effect.fnUntraced(function*(
  repository: string,
  lines: ReadonlyArray<string>,
  findings: readonly [ReviewedFinding, ...Array<ReviewedFinding>]
) {
  const fs = yield* FileSystem.FileSystem
  const file = (yield* Path.Path).join(repository, findings[0].path)
  const text = Option.getOrElse(yield* textOf(repository, file), () => "")
  const end = text.endsWith("\n") ? "\n" : ""
  // What is not UTF-8 was read with replacement characters, and would be written with them.
  if (lines.length === 0 || text !== lines.join("\n") + end || text.includes("\uFFFD")) return false
  yield* fs.writeFileString(file, replaced(lines, findings).join("\n") + end)
  return true
})

/**
 * Applies suggestions of a review to the files of a repository, and tells of each on stderr. A file that is not as it
 * was reviewed stays as it is.
 */
export const applySuggestions = Effect.fn("ApplySuggestions.applySuggestions")(
  function*({ files, findings }: ReviewReport, repository: string, choice: ApplyChoice) {
    const suggested = findings.filter(({ side, suggestion }) => side === "RIGHT" && suggestion !== undefined)
    if (suggested.length === 0) return yield* Console.error("There is no suggestion to apply.")
    const chosen = yield* chosenOf(suggested, choice)
    for (const ofFile of Map.groupBy(chosen, ({ path }) => path).values()) {
      const [first, ...others] = ofFile
      if (first === undefined) continue
      const isWritten = yield* write(repository, files.get(`RIGHT ${first.path}`) ?? [], [first, ...others])
      for (const finding of ofFile) {
        const name = printable(nameOf(finding))
        yield* Console.error(
          isWritten
            ? `Applied: ${name}`
            : `Not applied: ${name}: the file on the disk is not the one that was reviewed`
        )
      }
    }
  }
)
