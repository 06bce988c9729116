import type { Finding } from "@nominal-code/domain/Finding"
import { closeFence, codeSpan, fenced } from "./Markdown.ts"

const heading = "**Additional notes (not in diff)**"

const place = ({ line, path, side, startLine }: Finding): string => {
  const lines = startLine === undefined || startLine === line ? `${line}` : `${startLine}-${line}`
  return `**${codeSpan(`${path}:${lines}`)}**${side === "LEFT" ? " (before the change)" : ""}`
}

const bullet = (finding: Finding): string => {
  const { body, suggestion } = finding
  // Nobody can apply a suggestion from here, so its code is shown as code.
  const text = suggestion === undefined ? body : `${closeFence(body)}\n\n${fenced("", suggestion)}`
  return `- ${place(finding)} — ${closeFence(text).replaceAll("\n", "\n  ").replaceAll(/\n +(?=\n|$)/g, "\n")}`
}

/**
 * The summary with findings that have no place in the diff, one bullet for each: nothing that was found is lost.
 * A summary that has such a section already gets them at its end, so it can be folded into more than once.
 */
export const foldInto = (summary: string, findings: ReadonlyArray<Finding>): string => {
  if (findings.length === 0) return summary
  const bullets = findings.map(bullet).join("\n")
  return summary.includes(`\n${heading}\n`)
    ? `${summary}\n${bullets}`
    : `${closeFence(summary)}\n\n${heading}\n\n${bullets}`
}
