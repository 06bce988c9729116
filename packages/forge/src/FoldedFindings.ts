import { withoutCode } from "@nominal-code/domain/command/Mention"
import { escapePath, unescapePath } from "@nominal-code/domain/file/RepoPathSpelling"
import type { Finding } from "@nominal-code/domain/review/Finding"
import { closeFence, codeSpan, fenced } from "./Markdown.ts"

/**
 * Headings of the folded findings: those whose lines are not in the diff, those on whose lines the forge takes no comment,
 * and those that did not weigh enough for a comment.
 */
const headings = {
  "not-in-diff": "**Additional notes (not in diff)**",
  cut: "<details>\n<summary>Also noticed</summary>",
  refused: "**Additional notes (the forge took no comment on these lines)**"
}
const ends = { "not-in-diff": "", cut: "\n\n</details>", refused: "" }

const headingEnds = new Set(Object.values(headings).map((heading) => heading.split("\n").at(-1)))

/** A line of HTML that begins or ends a fold. */
const fold = /^[\s>*+-]*(?:<\/?details\b[^>]*>|<summary\b[^>]*>.*)\s*$/i

/**
 * A text that somebody else has written for a summary: its folds are open, as one without an end would hide what follows,
 * and none of its lines passes for one of our headings.
 */
export const withoutFolds = (text: string): string => {
  const seen = withoutCode(text).split("\n")
  return text.split("\n").flatMap((line, at) =>
    fold.test(seen[at] ?? "") ? [] : headingEnds.has(line) ? [`${line} `] : [line]
  ).join("\n")
}

const lineOf = ({ line, path, side, startLine }: Finding): string => {
  const lines = startLine === undefined || startLine === line ? `${line}` : `${startLine}-${line}`
  return `**${codeSpan(`${escapePath(path)}:${lines}`)}**${side === "LEFT" ? " (before the change)" : ""}`
}

const bullet = (finding: Finding): string => {
  const { body, suggestion } = finding
  // Nobody can apply a suggestion from here, so its code is shown as code.
  const text = suggestion === undefined ? body : `${closeFence(body)}\n\n${fenced("", suggestion)}`
  return `- ${lineOf(finding)} — ${closeFence(text).replaceAll("\n", "\n  ").replaceAll(/\n +(?=\n|$)/g, "\n")}`
}

/**
 * Adds findings without an inline comment to the summary, one bullet each, with the reason. A summary that ends with
 * such a section gets them at its end, so the function can be applied more than once.
 */
export const foldInto = (
  summary: string,
  findings: ReadonlyArray<Finding>,
  why: keyof typeof headings = "not-in-diff"
): string => {
  if (findings.length === 0) return summary
  const heading = headings[why]
  const bullets = findings.map(bullet).join("\n")
  return summary.includes(`\n${heading}\n`)
    ? `${summary}\n${bullets}`
    : `${closeFence(summary)}\n\n${heading}\n\n${bullets}${ends[why]}`
}

/** The folded findings in a summary, with their headings; empty if there are none. */
export const foldedIn = (summary: string): string => {
  const starts = Object.values(headings).map((heading) => summary.indexOf(`\n${heading}\n`)).filter((at) => at !== -1)
  return starts.length === 0 ? "" : summary.slice(Math.min(...starts) + 1).trimEnd()
}

/** A folded finding, as it stands in a summary. */
export interface FoldedFinding {
  readonly path: string
  readonly side: "LEFT" | "RIGHT"
  readonly line: number
  readonly body: string
}

const bulletHead = /^- \*\*`+ ?(.+?):(?:\d+-)?(\d+) ?`+\*\*( \(before the change\))? \u2014 /

/** Reads the folded findings of a summary, in their order. */
export const foldedFindings = (summary: string): ReadonlyArray<FoldedFinding> =>
  foldedIn(summary).split(/\n(?=- \*\*`)|\n(?=\*\*Additional notes |<\/?details>)/).flatMap((text) => {
    const [head, path = "", line = "", before] = bulletHead.exec(text) ?? []
    if (head === undefined) return []
    const body = text.slice(head.length).replaceAll(/\n {2}/g, "\n").trim()
    return [{
      path: unescapePath(path),
      side: before === undefined ? "RIGHT" as const : "LEFT" as const,
      line: Number(line),
      body
    }]
  })
