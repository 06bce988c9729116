import { escapePath } from "@nominal-code/domain/file/RepoPathSpelling"
import type { Finding, Severity } from "@nominal-code/domain/review/Finding"
import { closesFence, type Fence, fenceIn } from "@nominal-code/domain/text/Fence"
import { codeAround, placeOf, type ReviewReport, suggestedChange } from "./ReviewReport.ts"
import { columns, pieces, printable, printableCode, wrap } from "./TerminalText.ts"

/** SGR codes that begin and end each style. */
const styles = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  cyan: [36, 39]
} as const
type Style = keyof typeof styles

/** Colours a text with a terminal's escape sequences. */
export const paint = (style: Style, text: string): string => {
  const [begin, end] = styles[style]
  return `\u001b[${begin}m${text}\u001b[${end}m`
}

/** Width and colours of the place that shows a review. */
export interface Screen {
  readonly width: number
  readonly paint: typeof paint
}

const colours: Readonly<Record<Severity, Style>> = {
  critical: "red",
  high: "red",
  medium: "yellow",
  low: "blue"
}

const entities: ReadonlyArray<readonly [string, string]> = [
  ["&lt;", "<"],
  ["&gt;", ">"],
  ["&quot;", "\""],
  ["&nbsp;", " "],
  ["&amp;", "&"]
]

/** Takes back what keeps a forge from rendering a text as HTML, commands or links: a terminal renders none of them. */
export const unescaped = (text: string): string =>
  entities.reduce((all, [entity, character]) => all.replaceAll(entity, character), text)
    .replaceAll("]\\(", "](").replaceAll("]\\:", "]:").replaceAll(/^([\s>*+\-\d.)]*)\\\//gm, "$1/")

// Backticks and asterisks mean something on a page; on a terminal they become styles. They may hold several lines.
const marked = (lines: ReadonlyArray<string>, { paint }: Screen): ReadonlyArray<string> => {
  const painted = (style: Style) => (_: string, text: string) =>
    text.split("\n").map((line) => paint(style, line)).join("\n")
  return lines.join("\n").replaceAll(/`([^`]+)`/g, painted("cyan"))
    .replaceAll(/\*\*([^*]+)\*\*/g, painted("bold"))
    .replaceAll(/(?<!\w)\*([^*\s][^*]*)\*(?!\w)/g, painted("dim"))
    .split("\n")
}

const indented = (indent: string) => (line: string): string => line === "" ? "" : indent + line

/** Takes the folding off a text: a terminal folds nothing. */
const unfolded = (text: string): string =>
  text.replaceAll(/^<\/?details>\n*/gm, "").replaceAll(/^<summary>(.*)<\/summary>$/gm, "$1:")

/** Markdown in lines of the screen's width. Fenced code is broken anywhere, prose between words. */
const prose = (text: string, screen: Screen, indent = ""): string => {
  const width = Math.max(1, screen.width - indent.length)
  let fence: Fence | undefined
  const visible = printable(unescaped(unfolded(text).trim()))
  return visible.split("\n").flatMap((line) => {
    const opened = fence === undefined ? fenceIn(line) : undefined
    const isFence = opened !== undefined || fence !== undefined && closesFence(line, fence)
    if (isFence) fence = opened
    if (isFence) return []
    return fence !== undefined
      ? pieces(line, width).map((piece) => screen.paint("cyan", piece))
      : marked(wrap(line, width), screen)
  }).map(indented(indent)).join("\n")
}

/** Code after a margin, such as a line's number. A long line goes on below, beside an empty margin. */
const code = (margin: string, line: string, { width }: Screen): ReadonlyArray<string> =>
  pieces(printableCode(line), Math.max(1, width - columns(margin))).map((piece, at) =>
    `${at === 0 ? margin : " ".repeat(columns(margin))}${piece}`.trimEnd()
  )

const excerpt = (finding: Finding, lines: ReadonlyArray<string>, screen: Screen): ReadonlyArray<string> =>
  codeAround(finding, lines).flatMap(({ meant, number, text }) =>
    code(`  ${String(number).padStart(4)} ${meant ? "│" : " "} `, text, screen)
      .map((line) => meant ? line : screen.paint("dim", line))
  )

const signs = { "-": "red", "+": "green", " ": "dim" } as const

const change = (finding: Finding, lines: ReadonlyArray<string>, screen: Screen): ReadonlyArray<string> =>
  finding.suggestion === undefined ? [] : [
    "",
    screen.paint("dim", "  suggested change"),
    ...suggestedChange(finding, lines).flatMap(({ sign, text }) =>
      code(`  ${sign} `, text, screen).map((line) => screen.paint(signs[sign], line))
    )
  ]

const findingText = (finding: Finding, { files }: ReviewReport, screen: Screen): string => {
  const { body, category, confidence, path, rule, severity, side } = finding
  const place = wrap(
    `${escapePath(path)}:${placeOf(finding)}${side === "LEFT" ? " (before the change)" : ""}`,
    screen.width
  )
  const facts = [severity.toUpperCase(), category, `${confidence} confidence`, ...(rule === undefined ? [] : [rule])]
  const head = wrap(facts.join(" · "), screen.width)
  const lines = files.get(`${side} ${path}`) ?? []
  return [
    ...head.map((line) => screen.paint(colours[severity], line)),
    ...place.map((line) => screen.paint("bold", line)),
    ...excerpt(finding, lines, screen),
    "",
    prose(body, screen, "  "),
    ...change(finding, lines, screen)
  ].join("\n")
}

/** A review for a person at a terminal: the summary, then each finding with its code, worst first. */
export const reviewText = (report: ReviewReport, screen: Screen): string =>
  [prose(report.summary, screen), ...report.findings.map((finding) => findingText(finding, report, screen))].join(
    "\n\n"
  )
