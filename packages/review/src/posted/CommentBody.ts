import type { Finding, Severity } from "@nominal-code/domain/review/Finding"
import { withoutFolds } from "@nominal-code/forge/FoldedFindings"

/** Badges of the severities. */
export const badges: Readonly<Record<Severity, string>> = {
  critical: "🔴 **Critical**",
  high: "🟠 **High**",
  medium: "🟡 **Medium**",
  low: "🔵 **Low**"
}

// What runs in CI, or decides what is installed: a change there reaches further than the lines that it shows.
const farReaching = new RegExp(
  String.raw`(?:^|/)(?:\.github/(?:workflows|actions)/|\.circleci/|\.gitlab-ci|azure-pipelines|Jenkinsfile|Dockerfile` +
    String
      .raw`|Makefile$|\.npmrc$|package-lock\.json$|npm-shrinkwrap\.json$|yarn\.lock$|pnpm-lock\.yaml$|bun\.lockb?$` +
    String.raw`|Cargo\.lock$|go\.sum$|poetry\.lock$|uv\.lock$|Pipfile\.lock$|Gemfile\.lock$|composer\.lock$)`,
  "i"
)

const warning = "⚠️ This suggestion changes a file that runs in CI or pins dependencies: read it before you apply it."

/** Head of one comment: severity, category, confidence, and the rule that it is a breach of. */
export const commentHead = ({ category, confidence, rule, severity }: Finding): string =>
  [badges[severity], category, `${confidence} confidence`, ...(rule === undefined ? [] : [`\`${rule}\``])].join(" · ")

/** Text of one comment: severity, category and confidence, then the finding's text. */
export const commentBody = (finding: Finding): string => {
  const parts = [commentHead(finding), withoutFolds(finding.body).trim()]
  return [...parts, ...(finding.suggestion !== undefined && farReaching.test(finding.path) ? [warning] : [])].join(
    "\n\n"
  )
}
