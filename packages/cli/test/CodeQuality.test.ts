import { assert, describe, it } from "@effect/vitest"
import { Fingerprint, Severity } from "@nominal-code/domain/review/Finding"
import { codeQuality } from "../src/ci/CodeQuality.ts"
import type { ReviewedFinding } from "../src/ReviewedFinding.ts"
import { finding } from "./Reported.ts"

const entries = (...findings: ReadonlyArray<ReviewedFinding>) => JSON.parse(codeQuality({ findings }))

describe("a code quality report", () => {
  it("is an empty list without findings, which GitLab takes for a clean run", () => {
    assert.deepStrictEqual(entries(), [])
  })

  it("names the place, the category and the text as it reads", () => {
    assert.deepStrictEqual(entries(finding()), [{
      description: "The last page is lost: 21 > 20.",
      check_name: "bug",
      fingerprint: "0123456789abcdef",
      severity: "critical",
      location: { path: "src/pages.ts", lines: { begin: 2, end: 3 } }
    }])
  })

  it("has a severity of GitLab's for each of ours, the worst first", () => {
    const severities = entries(...Severity.literals.map((severity) => finding({ severity })))
    assert.deepStrictEqual(severities.map(({ severity }: { readonly severity: string }) => severity), [
      "blocker",
      "critical",
      "major",
      "minor"
    ])
  })

  it("gives two findings about the same code a fingerprint each, since GitLab shows one entry of a value", () => {
    const other = finding({ fingerprint: Fingerprint.make("fedcba9876543210") })
    const found = entries(finding(), finding({ line: 9, startLine: 8 }), other)
    assert.deepStrictEqual(found.map(({ fingerprint }: { readonly fingerprint: string }) => fingerprint), [
      "0123456789abcdef",
      "0123456789abcdef:2",
      "fedcba9876543210"
    ])
  })

  it("leaves out a finding on deleted lines: no file has them", () => {
    assert.deepStrictEqual(entries(finding({ side: "LEFT" })), [])
  })
})
