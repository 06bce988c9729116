import type { ReviewComment } from "@nominal-code/testing/GitHubState"
import { Console, type Effect } from "effect"
import { stdout } from "node:process"
import { styleText } from "node:util"
import { type ChangedLine, codeAround, type PostedReview, readComment, severityOf, suggestedChange } from "./Posted.ts"
import type { Step } from "./Steps.ts"

type Style = Parameters<typeof styleText>[0]

/** Colours on a terminal only, and not where `NO_COLOR` is set. */
const paint = (style: Style, text: string): string => styleText(style, text, { stream: stdout })

const dim = (text: string) => paint("dim", text)
const bold = (text: string) => paint("bold", text)

/** Width of the text: that of the terminal, and no line too long to read. */
const longestLine = Math.min(100, stdout.isTTY && stdout.columns > 0 ? stdout.columns : 100)

/** Breaks lines between words, not within code, and keeps the text of a list's item under it. */
const wrap = (text: string, indent: string): string =>
  text.split("\n").map((paragraph) => {
    const [bullet = ""] = /^ *(?:- )?/.exec(paragraph) ?? []
    const lines: Array<string> = [`${indent}${bullet}`]
    let empty = true
    for (const word of paragraph.slice(bullet.length).match(/(?:`[^`]*`|\S)+/g) ?? []) {
      const line = lines.at(-1) ?? ""
      if (!empty && line.length + word.length >= longestLine) lines.push(`${indent}${" ".repeat(bullet.length)}${word}`)
      else lines[lines.length - 1] = `${line}${empty ? "" : " "}${word}`
      empty = false
    }
    return lines.map((line) => line.trimEnd()).join("\n")
  }).join("\n")

// Backticks and asterisks mean something on a page; on a terminal they become styles.
const marked = (text: string): string =>
  text.replaceAll(/`([^`\n]+)`/g, (_, code: string) => paint("cyan", code))
    .replaceAll(/\*\*([^*]+)\*\*/g, (_, strong: string) => bold(strong))
    .replaceAll(/\*([^*\s][^*\n]*)\*/g, (_, quiet: string) => dim(quiet))

const seconds = (millis: number): string =>
  millis < 1000 ? `${Math.round(millis)} ms` : `${(millis / 1000).toFixed(1)} s`

export const title = (text: string) => Console.log(`\n${bold(text)}`)

export const note = (text: string) => Console.log(`\n  ${dim(text)}`)

/** Something that is there: what, and where or how. */
export const fact = (name: string, text: string) => Console.log(`  ${name.padEnd(20)} ${dim(text)}`)

/** Usage of the review. */
export const figures = (all: ReadonlyArray<readonly [name: string, value: string]>) =>
  Console.log(dim(`  ${all.map(([name, value]) => `${name}: ${value}`).join(" · ")}`))

/** One step, with the time since the delivery and its own. */
export const step = ({ detail, endedAt, startedAt, what }: Step, deliveredAt: number): Effect.Effect<void> => {
  const since = `+${((endedAt - deliveredAt) / 1000).toFixed(2)} s`
  return Console.log(
    `  ${dim(since.padStart(9))}  ${paint("green", "✓")} ${what.padEnd(20)} ${
      dim(seconds(endedAt - startedAt).padStart(7))
    }`
      + `  ${dim(detail)}`
  )
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
  const lines = code.map(({ meant, number, text }) => {
    const shown = `    ${String(number).padStart(4)} ${meant ? "│" : " "} ${text}`
    return meant ? shown : dim(shown)
  })
  const change = suggestion === undefined ? [] : [
    "",
    `    ${dim("suggested change")}`,
    ...suggestedChange(code.filter(({ meant }) => meant).map(({ text }) => text), suggestion).map(({ sign, text }) =>
      paint(signColours[sign], `    ${sign} ${text}`)
    )
  ]
  return [
    "",
    `  ${bold(place)}${dim(removed)}  ${paint(colours[severityOf(comment)] ?? "dim", head)}`,
    ...lines,
    "",
    marked(wrap(body, "    ")),
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
      bold(heading),
      "",
      marked(wrap(summary, "  ")),
      ...comments.map((comment) => printed(comment, posted)),
      ""
    ].join("\n")
  )
}
