import type { ReviewComment } from "@nominal-code/testing/GitHubState"
import { Console, type Effect } from "effect"
import { stdout } from "node:process"
import { styleText } from "node:util"
import { columns, cut, pieces, widthOf, wrap } from "../../packages/cli/src/review/TerminalText.ts"
import { type ChangedLine, codeAround, type PostedReview, readComment, severityOf, suggestedChange } from "./Posted.ts"
import type { Step } from "./Steps.ts"

type Style = Parameters<typeof styleText>[0]

/** Colours on a terminal only, and not where `NO_COLOR` is set. */
const paint = (style: Style, text: string): string => styleText(style, text, { stream: stdout })

const dim = (text: string) => paint("dim", text)
const bold = (text: string) => paint("bold", text)

/** Width of the text: that of the terminal, and no line too long to read. */
const longestLine = Math.min(100, stdout.isTTY ? widthOf(stdout) : 100)

/** Breaks lines between words, not within code, and keeps the text of a list's item under it. */
const wrapped = (text: string, indent: string): string =>
  text.split("\n").flatMap((line) => wrap(line, longestLine - indent.length)).map((line) =>
    `${indent}${line}`.trimEnd()
  )
    .join("\n")

/** A text beside what stands before it: further lines begin under its first one. */
const beside = (before: string, text: string): string => {
  const room = longestLine - columns(before)
  if (room < 32) return `${before.trimEnd()}\n${dim(wrapped(text, "      "))}`
  return before + dim(wrap(text, room).join(`\n${" ".repeat(columns(before))}`))
}

// Backticks and asterisks mean something on a page; on a terminal they become styles.
const marked = (text: string): string =>
  text.replaceAll(/`([^`\n]+)`/g, (_, code: string) => paint("cyan", code))
    .replaceAll(/\*\*([^*]+)\*\*/g, (_, strong: string) => bold(strong))
    .replaceAll(/\*([^*\s][^*\n]*)\*/g, (_, quiet: string) => dim(quiet))

/** A duration as people read it. */
export const seconds = (millis: number): string =>
  millis < 1000 ? `${Math.round(millis)} ms` : `${(millis / 1000).toFixed(1)} s`

export const title = (text: string) => Console.log(`\n${bold(wrapped(text, ""))}`)

export const note = (text: string) => Console.log(`\n${dim(wrapped(text, "  "))}`)

/** A result, in Markdown. */
export const outcome = (text: string) => Console.log(`\n${marked(wrapped(text, "  "))}`)

/** Columns of a table. */
export const tableWidth = longestLine - 2

/** A table, as it is. */
export const table = (text: string) => Console.log(`\n${text.replaceAll(/^(?=.)/gm, "  ")}`)

/** Something that is there: what, and where or how. */
export const fact = (name: string, text: string) => Console.log(beside(`  ${name.padEnd(20)} `, text))

/** Usage of the review. */
export const figures = (all: ReadonlyArray<readonly [name: string, value: string]>) =>
  Console.log(dim(wrapped(all.map(([name, value]) => `${name}: ${value}`).join(" · "), "  ")))

/** One step, with the time since the delivery and its own. */
export const step = ({ detail, endedAt, startedAt, what }: Step, deliveredAt: number): Effect.Effect<void> => {
  const since = `+${((endedAt - deliveredAt) / 1000).toFixed(2)} s`
  const took = seconds(endedAt - startedAt).padStart(7)
  const plain = `  ${since.padStart(9)}  ✓ ${what.padEnd(20)} ${took}  `
  if (columns(plain.trimEnd()) > longestLine) {
    const [first = "", ...rest] = wrap(`${what}, ${took.trim()} (${since})`, longestLine - 4)
    const lines = [`  ${paint("green", "✓")} ${first}`, ...rest.map((line) => `    ${line}`)]
    return Console.log([...lines, dim(wrapped(detail, "      "))].join("\n"))
  }
  const painted = `  ${dim(since.padStart(9))}  ${paint("green", "✓")} ${what.padEnd(20)} ${dim(took)}  `
  return Console.log(beside(plain, detail).replace(plain.trimEnd(), painted.trimEnd()))
}

const colours: Readonly<Record<string, Style>> = {
  critical: ["bold", "red"],
  high: "red",
  medium: "yellow",
  low: "blue"
}

const signColours: Readonly<Record<ChangedLine["sign"], Style>> = { "-": "red", "+": "green", " ": "dim" }

const printed = (comment: ReviewComment, { files }: PostedReview): string => {
  const { body, head, suggestion } = readComment(comment.body)
  const { line, path, side, startLine } = comment
  const place = `${path}:${startLine === undefined ? line : `${startLine}-${line}`}`
  const code = codeAround(comment, files)
  const removed = side === "LEFT" ? " (removed by this pull request)" : ""
  const fits = columns(`  ${place}${removed}  ${head}`) <= longestLine
  const lines = code.map(({ meant, number, text }) => {
    const shown = cut(`    ${String(number).padStart(4)} ${meant ? "│" : " "} ${text}`, longestLine)
    return meant ? shown : dim(shown)
  })
  const change = suggestion === undefined ? [] : [
    "",
    `    ${dim("suggested change")}`,
    // What differs may be at a line's end.
    ...suggestedChange(code.filter(({ meant }) => meant).map(({ text }) => text), suggestion).flatMap((
      { sign, text }
    ) =>
      pieces(text, longestLine - 6).map((piece, at) =>
        paint(signColours[sign], `    ${at === 0 ? sign : " "} ${piece}`)
      )
    )
  ]
  return [
    "",
    bold(wrapped(`${place}${removed}`, "  ")) + (fits ? "  " : "\n") +
    paint(colours[severityOf(comment)] ?? "dim", fits ? head : wrapped(head, "  ")),
    ...lines,
    "",
    marked(wrapped(body, "    ")),
    ...change
  ].join("\n")
}

/** The review as a person reads one: the summary, then every comment with its code. */
export const review = (posted: PostedReview): Effect.Effect<void> => {
  const { comments, pull, review: { author }, summary } = posted
  const heading = `@${author.login} reviewed ${pull.repository.fullName}#${pull.number} “${pull.title}”`
  return Console.log(
    [
      "",
      bold(wrapped(heading, "")),
      "",
      marked(wrapped(summary, "  ")),
      ...comments.map((comment) => printed(comment, posted)),
      ""
    ].join("\n")
  )
}
