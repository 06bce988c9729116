import type { Severity } from "@nominal-code/domain/review/Finding"
import { printableJson, type ReviewReport } from "../review/ReviewReport.ts"
import { unescaped } from "../review/ReviewText.ts"
import type { ReviewedFinding } from "../ReviewedFinding.ts"

const severities: Readonly<Record<Severity, "blocker" | "critical" | "major" | "minor" | "info">> = {
  critical: "blocker",
  high: "critical",
  medium: "major",
  low: "minor"
}

const entryOf = (
  { body, category, fingerprint, line, path, severity, startLine = line }: ReviewedFinding,
  nth: number
) => ({
  description: unescaped(body),
  check_name: category,
  // Of entries with one value GitLab shows one.
  fingerprint: nth === 1 ? fingerprint : `${fingerprint}:${nth}`,
  severity: severities[severity],
  location: { path, lines: { begin: startLine, end: line } }
})

/** A review as GitLab's code quality report: the findings on lines that the files still have. */
export const codeQuality = ({ findings }: Pick<ReviewReport, "findings">): string => {
  const seen = new Map<string, number>()
  return printableJson(
    findings.filter(({ side }) => side === "RIGHT").map((finding) => {
      const nth = (seen.get(finding.fingerprint) ?? 0) + 1
      seen.set(finding.fingerprint, nth)
      return entryOf(finding, nth)
    })
  )
}
