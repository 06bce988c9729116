import { RepoPath, Sha } from "@nominal-code/domain/event/PullRequest"
import { Fingerprint } from "@nominal-code/domain/review/Finding"
import type { ReviewReport } from "../src/review/ReviewReport.ts"
import { ReviewedFinding } from "../src/ReviewedFinding.ts"

const path = RepoPath.make("src/pages.ts")

/** A finding with an identity. */
export const finding = (changes: Partial<ConstructorParameters<typeof ReviewedFinding>[0]> = {}) =>
  new ReviewedFinding({
    path,
    line: 3,
    startLine: 2,
    side: "RIGHT",
    body: "The last page is lost: 21 &gt; 20.",
    suggestion: "two\nand more",
    severity: "high",
    confidence: "medium",
    category: "bug",
    fingerprint: Fingerprint.make("0123456789abcdef"),
    ...changes
  })

/** A report of findings in files of these lines. */
export const report = (
  findings: ReadonlyArray<ReviewedFinding>,
  lines = ["one", "2", "three", "four"]
): ReviewReport => ({
  summary: "**1 finding**",
  findings,
  headSha: Sha.make("a".repeat(40)),
  usage: undefined,
  severities: findings.map(({ severity }) => severity),
  files: new Map(findings.map(({ path, side }) => [`${side} ${path}`, lines])),
  coverage: []
})
